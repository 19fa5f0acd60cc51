"""The pipeline files of a repository, read together."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from djaws.files import Tree
from djaws.finding import Span
from djaws.model.pipeline import Pipeline, load, servers
from djaws.model.pipeline.requirements import normalise, parse_requirement

Read = Callable[[Mapping[str, str]], Pipeline]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def build(files: Mapping[str, str]) -> Pipeline:
        for name, source in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(textwrap.dedent(source).lstrip("\n"))
        return load(Tree(tmp_path, tuple(sorted(files))))

    return build


WORKFLOW = """
    name: deploy
    on:
      push:
        branches: [main]
        tags: ["v*"]
      pull_request_target:
    permissions: read-all
    env:
      REGION: eu-west-1
    jobs:
      test:
        runs-on: ubuntu-latest
        strategy:
          matrix:
            python: ["3.11", "3.12"]
        services:
          db: {image: "postgres:16"}
        steps:
          - uses: actions/checkout@v4
          - name: test
            run: |
              pip install -e .
              pytest
            env: {TOKEN: "${{ secrets.TOKEN }}"}
      release:
        needs: test
        environment: {name: production}
        permissions: {id-token: write}
        if: github.ref == 'refs/heads/main'
        steps:
          - uses: ./.github/actions/deploy
            with: {role: "arn:${{ vars.ACCOUNT }}"}
          - run: aws ecs update-service
            continue-on-error: true
      call:
        needs: [release]
        uses: ./.github/workflows/other.yml
        secrets: inherit
"""


def test_a_workflow_is_read_with_jobs_steps_and_lines(read: Read) -> None:
    found = read({".github/workflows/deploy.yml": WORKFLOW}).workflows[0]
    test, release, call = found.jobs
    assert [(each.event, each.branches, each.tags) for each in found.triggers] == [
        ("push", ("main",), ("v*",)),
        ("pull_request_target", (), ()),
    ]
    assert found.permissions == {"*": "read-all"}
    assert found.effective_permissions(release) == {"id-token": "write"}
    assert (release.environment, release.condition) == ("production", "github.ref == 'refs/heads/main'")
    assert [(command.text, span.line) for command, span in test.commands] == [
        ("pip install -e .", 22),
        ("pytest", 23),
    ]
    assert test.matrix == {"python": ("3.11", "3.12")}
    assert test.services == {"db": "postgres:16"}
    token = test.steps[1].variables["TOKEN"]
    assert token.unknown is not None
    deploy, update = release.steps
    assert (deploy.local, update.may_fail) == (".github/actions/deploy", True)
    assert deploy.inputs["role"].unknown is not None
    assert deploy.inputs["role"].unknown.starts_with("arn:")
    assert (test.steps[0].action, test.steps[0].version) == ("actions/checkout", "v4")
    assert [each.id for each in found.before(call)] == ["release", "test"]
    assert call.local == ".github/workflows/other.yml"


def test_composite_actions_are_found_by_folder(read: Read) -> None:
    found = read(
        {
            ".github/actions/deploy/action.yml": """
                runs:
                  using: composite
                  steps:
                    - run: sam deploy
                      shell: bash
            """
        }
    )
    action = found.action(".github/actions/deploy")
    assert action is not None
    assert [command.text for command, _ in found.commands()] == ["sam deploy"]


def test_a_buildspec_has_its_phases_in_order(read: Read) -> None:
    found = read(
        {
            "buildspec.yml": """
                version: 0.2
                env: {variables: {A: b}}
                phases:
                  build:
                    commands:
                      - pytest
                      - |
                        make
                        make install
                    finally: [echo done]
                  pre_build: {commands: [aws ecr get-login-password]}
            """
        }
    ).configurations[0]
    assert [(job.name, [command.text for command, _ in job.commands]) for job in found.jobs] == [
        ("pre_build", ["aws ecr get-login-password"]),
        ("build", ["pytest", "make", "make install", "echo done"]),
    ]
    assert [span.line for _, span in found.jobs[1].commands] == [6, 8, 9, 10]


def test_gitlab_jobs_inherit_and_templates_are_no_jobs(read: Read) -> None:
    found = read(
        {
            ".gitlab-ci.yml": """
                stages: [test, deploy]
                default: {image: "python:3.12"}
                before_script: [pip install x]
                .base: &base
                  stage: deploy
                  script: [terraform apply]
                prod:
                  extends: .base
                  environment: {name: production}
                  when: manual
                unit:
                  script: [pytest]
                  allow_failure: true
            """
        }
    ).configurations[0]
    prod, unit = found.jobs
    assert (prod.stage, prod.environment, prod.is_manual, prod.image) == (
        "deploy",
        "production",
        True,
        "python:3.12",
    )
    assert [command.text for command, _ in prod.commands] == ["pip install x", "terraform apply"]
    assert (unit.stage, unit.may_fail) == ("test", True)
    assert found.is_complete


def test_circleci_jobs_know_what_they_require(read: Read) -> None:
    found = read(
        {
            ".circleci/config.yml": """
                commands:
                  setup: {steps: [{run: make setup}]}
                jobs:
                  test:
                    docker: [{image: "cimg/python:3.12"}]
                    steps: [checkout, setup, {run: {name: t, command: pytest}}]
                  deploy: {steps: [{run: cdk deploy}]}
                workflows:
                  main:
                    jobs: [test, {hold: {type: approval}}, {deploy: {requires: [test, hold], context: prod}}]
            """
        }
    ).configurations[0]
    test, deploy = found.jobs
    assert [command.text for command, _ in test.commands] == ["make setup", "pytest"]
    assert (deploy.needs, deploy.environment, deploy.is_manual) == (("test", "hold"), "prod", True)


def test_other_systems_give_their_commands_and_say_they_are_incomplete(read: Read) -> None:
    found = read(
        {
            "Jenkinsfile": "pipeline { steps { sh 'pytest'\n sh '''\n make a\n''' } }",
            "bitbucket-pipelines.yml": "pipelines: {default: [{step: {script: [tox]}}]}",
        }
    )
    assert sorted(command.text for command, _ in found.commands()) == ["make a", "pytest", "tox"]
    assert not any(each.is_complete for each in found.configurations)


def test_compose_services_are_read_with_unknown_host_variables(read: Read) -> None:
    found = read(
        {
            "docker-compose.prod.yml": """
                services:
                  web:
                    build: {context: ./app, dockerfile: Dockerfile.prod, target: web}
                    command: gunicorn app
                    environment:
                      - A=1
                      - B=${B:-2}
                      - C
                    env_file: .env
                    ports: ["80:8000"]
                    deploy: {replicas: 3}
                  worker:
                    extends: {service: web}
                    image: "app:${TAG}"
                    command: ["celery", "worker"]
            """
        }
    ).composes[0]
    web, worker = found.services
    assert found.environment == "prod"
    assert (web.context, web.dockerfile, web.target) == ("./app", "Dockerfile.prod", "web")
    assert (web.command, worker.command) == ("gunicorn app", ("celery", "worker"))
    assert web.environment["A"].only(None) == "1"
    assert [each.value for each in web.environment["B"].alternatives] == ["2"]
    assert web.environment["B"].unknown is not None
    assert not web.environment["C"].alternatives
    assert web.replicas is not None
    assert web.replicas.only(None) == 3
    assert worker.extends == ("", "web")
    assert worker.image is not None
    assert worker.image.unknown is not None
    assert worker.image.unknown.starts_with("app:")


def test_programs_of_procfile_supervisor_systemd_and_s6(read: Read) -> None:
    found = read(
        {
            "Procfile": "web: gunicorn app\nrelease: python manage.py migrate\n",
            "deploy/supervisord.conf": """
                [program:worker]
                command=celery -A app worker
                  --concurrency 2
                numprocs=4
                environment=A="x,y",B=%(ENV_B)s
            """,
            "deploy/web.service": """
                [Service]
                Environment="A=1" B=2
                ExecStartPre=/bin/migrate
                ExecStart=/bin/bash -c 'exec gunicorn \\
                  --workers 2 app'
            """,
            "docker/s6-rc.d/web/run": "#!/command/with-contenv sh\nexec gunicorn app\n",
            "docker/s6-rc.d/init/up": "/etc/s6-overlay/s6-rc.d/init/init.sh\n",
            "docker/s6-rc.d/init/init.sh": "#!/bin/sh\npython manage.py migrate\n",
            "docker/s6-rc.d/init/type": "oneshot\n",
        }
    )
    by_name = {f"{each.kind}.{each.name}": each for each in found.programs if each.script.commands}
    assert by_name["procfile.release"].is_oneshot
    assert by_name["procfile.web"].span == Span("Procfile", 1)
    worker = by_name["supervisor.worker"]
    assert worker.script.commands[0].literals == ("celery", "-A", "app", "worker", "--concurrency", "2")
    assert (worker.processes, worker.environment["A"].only(None)) == (4, "x,y")
    assert worker.environment["B"].unknown is not None
    unit = [each for each in found.programs if each.kind == "systemd"]
    assert [each.is_oneshot for each in unit] == [True, False]
    assert unit[1].script.commands[0].literals[:2] == ("/bin/bash", "-c")
    assert {name: each.only(None) for name, each in unit[1].environment.items()} == {"A": "1", "B": "2"}
    assert by_name["s6.web"].script.commands[0].text == "exec gunicorn app"
    assert by_name["s6.init"].is_oneshot
    assert by_name["s6.init"].span.path == "docker/s6-rc.d/init/init.sh"


def test_servers_options_are_literal_conditional_or_unknown() -> None:
    found = servers.gunicorn(
        "gunicorn.conf.py",
        textwrap.dedent("""
            import os, multiprocessing
            timeout = 30
            workers = multiprocessing.cpu_count()
            threads = int(os.environ.get("THREADS", "4"))
            if os.environ.get("X"):
                timeout = 60
            def post_fork(server, worker): ...
        """).encode(),
    )
    assert sorted(each.value for each in found.settings["timeout"].alternatives) == [30, 60]
    assert found.settings["workers"].unknown is not None
    assert [each.value for each in found.settings["threads"].alternatives] == [4]
    assert found.settings["threads"].unknown is not None
    assert found.is_open is None
    computed = servers.gunicorn("g.py", b"for k in x:\n    locals()[k] = 1\n")
    assert computed.is_open == Span("g.py", 2)
    uwsgi = servers.uwsgi("uwsgi.ini", "[uwsgi]\nprocesses = 8 ; eight\nmaster\nhttp=%(port)\n")
    assert uwsgi is not None
    assert {name: each.only("?") for name, each in uwsgi.settings.items()} == {
        "processes": "8",
        "master": "true",
        "http": "?",
    }


def test_nginx_says_what_it_listens_on_and_passes_to(read: Read) -> None:
    found = read(
        {
            "nginx/nginx.conf": """
                upstream app { server 127.0.0.1:8000; server web:8000; }
                server {
                    listen 80;
                    location / {
                        proxy_set_header X-Forwarded-Proto $scheme; # comment { }
                        proxy_pass http://app;
                    }
                    location /ws { proxy_pass http://unix:/run/x.sock; }
                }
            """
        }
    ).nginx[0]
    assert [each.arguments for each in found.listens] == [("80",)]
    assert found.targets() == ("127.0.0.1:8000", "web:8000", "unix:/run/x.sock")
    assert found.headers() == (("X-Forwarded-Proto", "$scheme", Span("nginx/nginx.conf", 5)),)


def test_platform_files_are_read(read: Read) -> None:
    found = read(
        {
            ".ebextensions/01.config": """
                option_settings:
                  aws:elasticbeanstalk:application:environment:
                    DJANGO_SETTINGS_MODULE: shop.settings
                container_commands:
                  01_migrate: {command: python manage.py migrate, leader_only: true}
                  02_static: {command: python manage.py collectstatic}
            """,
            "copilot/api/manifest.yml": """
                name: api
                type: Load Balanced Web Service
                image: {build: ./Dockerfile, port: 8000}
                count: {range: 1-10}
                secrets: {KEY: /ssm/key}
                variables: {A: b}
            """,
            "apprunner.yaml": "run: {command: gunicorn app, env: [{name: A, value: b}]}",
            "zappa_settings.json": '{"dev": {"django_settings": "shop.dev"},\n "prod": {"extends": "dev", "aws_environment_variables": {"A": "b"}}}',
        }
    )
    eb, copilot, runner = found.beanstalk[0], found.copilot[0], found.app_runner[0]
    assert eb.environment["DJANGO_SETTINGS_MODULE"].only(None) == "shop.settings"
    assert [each.text for each in eb.leader] == ["python manage.py migrate"]
    assert [each.text for each in eb.commands] == ["python manage.py collectstatic"]
    assert (copilot.dockerfile, copilot.port, copilot.secrets) == ("./Dockerfile", "8000", ("KEY",))
    assert copilot.count is not None
    assert copilot.count.unknown is not None
    assert runner.command is not None
    prod = found.zappa[1]
    assert prod.settings_module.only(None) == "shop.dev"
    assert prod.settings_module.span == Span("zappa_settings.json", 1)
    assert prod.variables["A"].only(None) == "b"


def test_requirements_are_read_from_every_kind_of_file(read: Read) -> None:
    found = read(
        {
            "requirements.txt": "Django==4.2.1 --hash=sha256:aa\n-r more/base.pip\n# c\nboto3>=1,<2 ; python_version>'3'\n-e git+https://x/y#egg=My_Pkg\n",
            "more/base.pip": "celery[redis,SQS]==5.3.0\n",
            "requirements-dev.txt": "pytest\n",
            "pyproject.toml": """
                [project]
                requires-python = ">=3.11"
                dependencies = ["gunicorn>=21", "django-waffle==4.1"]
                [dependency-groups]
                dev = ["ruff", {include-group = "x"}]
                [tool.poetry.dependencies]
                redis = "^5.0"
                psycopg = {version = "3.1.0", extras = ["binary"]}
            """,
            "uv.lock": '[[package]]\nname = "django"\nversion = "4.2.1"\n',
            "Pipfile.lock": '{"default": {\n"flask": {"version": "==3.0"}}, "develop": {}}',
            "setup.cfg": "[options]\ninstall_requires =\n    kombu>=5\n",
            ".python-version": "3.12.1\n",
        }
    )
    rows = {
        (each.name, each.version, each.group, each.is_locked, each.span.path, each.span.line)
        for all_ in found.requirements.values()
        for each in all_
    }
    assert rows == {
        ("django", "4.2.1", "", True, "requirements.txt", 1),
        ("boto3", None, "", True, "requirements.txt", 4),
        ("my-pkg", None, "", True, "requirements.txt", 5),
        ("celery", "5.3.0", "", False, "more/base.pip", 1),
        ("pytest", None, "dev", False, "requirements-dev.txt", 1),
        ("gunicorn", None, "", False, "pyproject.toml", 3),
        ("django-waffle", "4.1", "", False, "pyproject.toml", 3),
        ("ruff", None, "dev", False, "pyproject.toml", 5),
        ("redis", None, "", False, "pyproject.toml", 7),
        ("psycopg", "3.1.0", "", False, "pyproject.toml", 8),
        ("django", "4.2.1", "", True, "uv.lock", 3),
        ("flask", "3.0", "", True, "Pipfile.lock", 2),
        ("kombu", None, "", False, "setup.cfg", 3),
    }
    assert found.requirements["celery"][0].extras == ("redis", "sqs")
    assert found.pythons == (("3.12.1", Span(".python-version", 1)),)


@pytest.mark.parametrize("text", ["", "==1", "a b", "https://x", "-r x", "{{ templated }}"])
def test_what_is_no_requirement_is_none(text: str) -> None:
    assert parse_requirement(text, Span("r.txt", 1)) is None


def test_names_are_normalised() -> None:
    assert normalise("Django_REST.framework") == "django-rest-framework"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (".github/workflows/a.yml", "a: [\n"),
        ("docker-compose.yml", "a: &x [*x]\nservices: *x\n"),
        ("pyproject.toml", "= nothing"),
        ("gunicorn.conf.py", "print 'x'"),
        ("poetry.lock", "[[package"),
        ("buildspec.yml", "\0binary"),
    ],
)
def test_a_file_that_cannot_be_parsed_is_undecided(read: Read, path: str, text: str) -> None:
    found = read({path: text})
    assert [(entry.rule, entry.span.path) for entry in found.undecided] == [("gate/unparsable-file", path)]


def test_aliases_are_bounded(read: Read) -> None:
    bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 9)
    )
    assert read({"docker-compose.yml": bomb}).undecided


def test_scripts_that_commands_run_are_reached(read: Read) -> None:
    found = read(
        {
            "ci/test.sh": "#!/bin/bash\npytest\n",
            ".github/workflows/a.yml": "jobs: {a: {steps: [{run: bash ./ci/test.sh}]}}",
        }
    )
    ((command, _),) = found.commands()
    assert [each.text for each in found.reached(command)] == ["pytest"]
