"""From what deploys the project to the servers that run, through image, entry point and shell."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from djaws.files import Tree
from djaws.finding import Span
from djaws.model import pipeline
from djaws.model.cloud import Dialect, Resource, Stack
from djaws.model.processes import Process, Server, processes
from djaws.model.value import Map, Reference, Seq, Value

HERE = Span("main.tf", 7)
Run = Callable[..., dict[str, Process]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    def build(files: Mapping[str, str], *stacks: Stack) -> dict[str, Process]:
        for name, source in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(textwrap.dedent(source).lstrip("\n"))
        tree = Tree(tmp_path, tuple(sorted(files)))
        return {each.name: each for each in processes(stacks, pipeline.load(tree), tree)}

    return build


def value(data: Any) -> Value[Any]:
    if isinstance(data, Value):
        return data
    if isinstance(data, dict):
        return Value.of(Map({key: value(each) for key, each in data.items()}), HERE)
    if isinstance(data, list):
        return Value.of(Seq(tuple(value(each) for each in data)), HERE)
    return Value.of(data, HERE)


def reference(address: str) -> Value[Any]:
    return Value.not_known("known after apply", HERE, (Reference(address),))


def resource(kind: str, name: str, dialect: Dialect = "terraform", **body: Any) -> Resource:
    address = f"{kind}.{name}" if dialect == "terraform" else name
    return Resource(
        dialect, kind, name, address, Map({key: value(each) for key, each in body.items()}), HERE, HERE
    )


def stack(*resources: Resource) -> Stack:
    return Stack(resources[0].dialect, "infra", resources, span=HERE)


def one(found: Mapping[str, Process], kind: str) -> Server:
    (server,) = [server for each in found.values() for server in each.servers if server.kind == kind]
    return server


def options(server: Server) -> dict[str, object]:
    return {name: each.only("?") for name, each in server.options.items()}


DOCKERFILE = """
    FROM python:3.12-slim
    WORKDIR /app
    COPY . .
    ENV DJANGO_SETTINGS_MODULE=shop.settings.production WORKERS=4
    ENTRYPOINT ["/app/docker/entrypoint.sh"]
    CMD ["gunicorn", "shop.wsgi"]
"""
ENTRYPOINT = """
    #!/bin/sh
    set -e
    if [ "$RUN_MIGRATIONS" = "true" ]; then
        python manage.py migrate --noinput
    fi
    exec "$@" --workers "${WORKERS:-2}" --timeout ${TIMEOUT:-30}
"""


def test_a_task_is_followed_through_image_entry_point_and_shell(run: Run) -> None:
    task = resource(
        "aws_ecs_task_definition",
        "web",
        container_definitions=value(
            '[{"name": "web", "image": "123.dkr.ecr.eu-west-1.amazonaws.com/shop:1",'
            ' "environment": [{"name": "RUN_MIGRATIONS", "value": "true"}],'
            ' "secrets": [{"name": "SECRET_KEY", "valueFrom": "arn:x"}],'
            ' "portMappings": [{"containerPort": 8000}]}]'
        ),
    )
    group = resource("aws_lb_target_group", "web")
    service = resource(
        "aws_ecs_service",
        "web",
        task_definition=reference("aws_ecs_task_definition.web"),
        desired_count=3,
        load_balancer=[{"container_name": "web", "target_group_arn": reference("aws_lb_target_group.web")}],
    )
    found = run({"Dockerfile": DOCKERFILE, "docker/entrypoint.sh": ENTRYPOINT}, stack(task, group, service))
    web = found["aws_ecs_task_definition.web/web"]
    migrate, gunicorn = web.servers
    assert (migrate.kind, migrate.subcommand, migrate.span) == (
        "manage",
        "migrate",
        Span("docker/entrypoint.sh", 4),
    )
    assert (gunicorn.application, options(gunicorn)) == ("shop.wsgi", {"workers": "4", "timeout": "30"})
    assert not migrate.conditions
    assert web.settings_module.only(None) == "shop.settings.production"
    assert web.settings_module.span == Span("Dockerfile", 4)
    assert web.variable("SECRET_KEY").unknown is not None
    assert web.variable("NOTHING").is_absent
    assert web.replicas.only(None) == 3
    assert (web.hop.kind, web.hop.is_local) == ("balancer", False)
    assert web.hop.resource is group
    assert web.dockerfile is not None
    assert web.unknown is None


def test_a_test_that_cannot_be_decided_stays_with_the_command(run: Run) -> None:
    found = run({"Dockerfile": DOCKERFILE, "docker/entrypoint.sh": ENTRYPOINT})
    migrate, gunicorn = found["Dockerfile"].servers
    (condition,) = migrate.conditions
    assert (condition.text, condition.holds) == ('[ "$RUN_MIGRATIONS" = "true" ]', True)
    assert migrate.guard
    assert list(migrate.depends_on) == ["RUN_MIGRATIONS"]
    assert not gunicorn.guard


def test_a_test_that_certainly_fails_leaves_the_command_out(run: Run) -> None:
    compose = """
        services:
          web:
            build: .
            environment: {RUN_MIGRATIONS: "false"}
    """
    found = run({"Dockerfile": DOCKERFILE, "docker/entrypoint.sh": ENTRYPOINT, "compose.yml": compose})
    assert [server.kind for server in found["compose.yml/web"].servers] == ["gunicorn"]


def test_a_command_of_the_task_replaces_the_images(run: Run) -> None:
    definitions = [
        {"name": "worker", "image": "shop", "command": ["celery", "-A", "shop", "worker", "-B", "-c", "2"]}
    ]
    found = run(
        {"Dockerfile": DOCKERFILE, "docker/entrypoint.sh": '#!/bin/sh\nexec "$@"\n'},
        stack(resource("aws_ecs_task_definition", "w", container_definitions=definitions)),
    )
    celery = one({"": found["aws_ecs_task_definition.w/worker"]}, "celery")
    assert (celery.application, celery.subcommand, celery.is_worker, celery.is_beat) == (
        "shop",
        "worker",
        True,
        True,
    )
    assert options(celery)["concurrency"] == "2"


def test_cloudformation_tasks_are_read_by_their_own_names(run: Run) -> None:
    task = resource(
        "AWS::ECS::TaskDefinition",
        "Task",
        "cloudformation",
        ContainerDefinitions=[
            {
                "Name": "web",
                "Image": "shop",
                "Command": ["gunicorn", "shop.wsgi", "-b", "0.0.0.0:8000"],
                "EntryPoint": [],
                "Environment": [{"Name": "DJANGO_SETTINGS_MODULE", "Value": "shop.prod"}],
            },
            {"Name": "proxy", "Image": "nginx:1.27"},
        ],
    )
    service = resource(
        "AWS::ECS::Service",
        "Service",
        "cloudformation",
        TaskDefinition=reference("Task"),
        DesiredCount="2",
        LoadBalancers=[{"ContainerName": "proxy", "TargetGroupArn": reference("Group")}],
    )
    group = resource("AWS::ElasticLoadBalancingV2::TargetGroup", "Group", "cloudformation")
    files = {"nginx/nginx.conf": "server { listen 80; location / { proxy_pass http://localhost:8000; } }"}
    found = run(files, stack(task, service, group))
    web = found["Task/web"]
    assert web.settings_module.only(None) == "shop.prod"
    assert web.replicas.only(None) == 2
    assert [(hop.kind, hop.is_local) for hop in web.hops] == [("nginx", True), ("balancer", False)]
    assert [hop.kind for hop in found["Task/proxy"].hops] == ["balancer"]


def test_a_service_without_a_balancer_has_nothing_in_front(run: Run) -> None:
    task = resource(
        "aws_ecs_task_definition", "w", container_definitions=[{"name": "w", "command": ["uvicorn", "a:b"]}]
    )
    service = resource("aws_ecs_service", "w", task_definition=reference("aws_ecs_task_definition.w"))
    assert run({}, stack(task, service))["aws_ecs_task_definition.w/w"].hop.kind == "none"
    assert run({}, stack(task))["aws_ecs_task_definition.w/w"].hop.kind == "unknown"


def test_unknown_stays_unknown(run: Run) -> None:
    unknown = Value.not_known("var.x has no default", HERE)
    definitions = [{"name": "a", "image": unknown, "environment": unknown}, {"name": "b", "image": "redis:7"}]
    found = run(
        {"a/Dockerfile": "FROM python:3\nCMD gunicorn a", "b/Dockerfile": "FROM python:3\nCMD gunicorn b"},
        stack(resource("aws_ecs_task_definition", "w", container_definitions=definitions)),
        stack(resource("aws_ecs_task_definition", "v", container_definitions=unknown)),
    )
    first, other = found["aws_ecs_task_definition.w/a"], found["aws_ecs_task_definition.w/b"]
    assert first.unknown is not None
    assert first.dockerfile is None
    assert first.variable("X").unknown is not None
    assert first.settings_module.unknown is not None
    assert not other.servers
    assert found["aws_ecs_task_definition.v"].unknown is not None


def test_text_with_holes_is_known_as_far_as_it_goes(run: Run) -> None:
    template = Value.not_known(
        "var.image has no default",
        Span("variables.tf", 1),
        parts=('[{"name": "web", "image": "', None, '", "command": ["gunicorn", "shop.wsgi", "-w", "3"]}]'),
    )
    task = resource("aws_ecs_task_definition", "w", container_definitions=template)
    found = run({"Dockerfile": "FROM python:3\n"}, stack(task))["aws_ecs_task_definition.w/web"]
    assert options(found.servers[0])["workers"] == "3"
    assert found.servers[0].span == HERE
    assert found.dockerfile is not None


@pytest.mark.parametrize(
    ("image", "dockerfile"),
    [
        ("registry/acme/api:1", "api/Dockerfile"),
        ("acme-worker:1", "docker/Dockerfile.worker"),
        ("named:2", "web/Dockerfile"),
        ("built:3", "docker/Dockerfile.worker"),
        ("something:1", None),
        ("postgres:16", None),
    ],
)
def test_images_are_told_by_their_builds(run: Run, image: str, dockerfile: str | None) -> None:
    files = {
        "api/Dockerfile": "FROM python:3\n",
        "web/Dockerfile": "FROM python:3\n",
        "docker/Dockerfile.worker": "FROM python:3\n",
        ".github/workflows/a.yml": """
            jobs:
              a:
                steps:
                  - uses: docker/build-push-action@v6
                    with: {context: web, tags: "${{ env.REGISTRY }}/named:latest"}
                  - run: docker build -t built:$SHA -f docker/Dockerfile.worker .
        """,
    }
    task = resource("aws_ecs_task_definition", "t", container_definitions=[{"name": "c", "image": image}])
    found = run(files, stack(task))["aws_ecs_task_definition.t/c"]
    assert (found.dockerfile.path if found.dockerfile else None) == dockerfile


def test_gunicorn_options_come_from_line_variable_file_and_environment(run: Run) -> None:
    compose = """
        services:
          web:
            build: .
            command: gunicorn -w 2 --reload shop.wsgi:application
            environment:
              GUNICORN_CMD_ARGS: "--timeout=40 --workers=9"
              WEB_CONCURRENCY: 7
              FORWARDED_ALLOW_IPS: "*"
    """
    config = 'workers = 5\ntimeout = 90\nkeepalive = 65\nraw_env = "DJANGO_SETTINGS_MODULE=shop.prod"\n'
    found = run(
        {
            "compose.yml": compose,
            "Dockerfile": "FROM python:3\nWORKDIR /a\nCOPY . .\n",
            "gunicorn.conf.py": config,
        }
    )
    web = found["compose.yml/web"]
    server = one({"": web}, "gunicorn")
    assert server.application == "shop.wsgi:application"
    assert options(server) == {
        "workers": "2",
        "reload": True,
        "timeout": "40",
        "keep-alive": 65,
        "raw-env": "DJANGO_SETTINGS_MODULE=shop.prod",
        "forwarded-allow-ips": "*",
    }
    assert web.settings_module.only(None) == "shop.prod"


def test_a_configuration_file_that_is_not_there_leaves_options_open(run: Run) -> None:
    server = one(run({"Procfile": "web: gunicorn -c /etc/g.py -w 2 shop.wsgi\n"}), "gunicorn")
    assert server.option("timeout").unknown is not None
    assert server.option("workers").only(None) == "2"


@pytest.mark.parametrize(
    ("line", "kind", "expected"),
    [
        ("exec gosu app tini -- gunicorn a", "gunicorn", {}),
        (
            "poetry run uvicorn a:b --workers 2 --proxy-headers",
            "uvicorn",
            {"workers": "2", "proxy-headers": True},
        ),
        ("env A=1 python -m gunicorn a -b=:80", "gunicorn", {"bind": ":80"}),
        ("newrelic-admin run-program hypercorn a:b --bind x", "hypercorn", {"bind": "x"}),
        ("opentelemetry-instrument daphne -b 0.0.0.0 -p 80 a:b", "daphne", {"bind": "0.0.0.0", "port": "80"}),
        (
            "bash -c 'cd src && exec uwsgi --http :80 --module a.wsgi'",
            "uwsgi",
            {"http": ":80", "module": "a.wsgi"},
        ),
        ("python -Wd manage.py runserver 0.0.0.0:80 --noreload", "manage", {"noreload": True}),
        ("./wait-for-it.sh db:5432 -- celery --app=a beat", "celery", {"app": "a"}),
        ("uv run --frozen python manage.py qcluster", "manage", {}),
        ("ddtrace-run gunicorn a --max-requests=5", "gunicorn", {"max-requests": "5"}),
    ],
)
def test_wrappers_are_seen_through(run: Run, line: str, kind: str, expected: dict[str, object]) -> None:
    server = one(run({"Procfile": f"web: {line}\n"}), kind)
    known = {name: data for name, data in options(server).items() if data != "?"}
    assert known == expected


def test_an_unquoted_unknown_variable_opens_the_options(run: Run) -> None:
    server = one(run({"Procfile": "web: gunicorn a $GUNICORN_OPTS --workers=$WEB_WORKERS\n"}), "gunicorn")
    assert server.is_open is not None
    assert server.option("workers").unknown is not None


def test_what_follows_a_server_that_stays_never_runs(run: Run) -> None:
    found = run({"Procfile": 'web: sh -c "gunicorn a; python manage.py migrate"\n'})
    assert [server.kind for server in found["Procfile/web"].servers] == ["gunicorn"]
    found = run({"Procfile": 'web: sh -c "celery -A a worker & gunicorn a"\n'})
    assert [server.kind for server in found["Procfile/web"].servers] == ["celery", "gunicorn"]


def test_functions_arguments_defaults_and_case_arms_are_followed(run: Run) -> None:
    script = """
        #!/bin/bash
        start() {
            python manage.py migrate
            exec gunicorn shop.wsgi --workers "$1"
        }
        MODE=${1:-web}
        export DJANGO_SETTINGS_MODULE=shop.prod
        case "$MODE" in
            web) start "${N:-3}" ;;
            worker) exec celery -A shop worker ;;
            *) exec "$@" ;;
        esac
    """
    files = {
        "Dockerfile": 'FROM python:3\nWORKDIR /a\nCOPY . .\nENTRYPOINT ["./start.sh"]\n',
        "start.sh": script,
    }
    compose = "services: {web: {build: .}, worker: {build: ., command: worker}, shell: {build: ., command: python manage.py shell}}"
    found = run({**files, "compose.yml": compose})
    web = found["compose.yml/web"]
    assert [server.kind for server in web.servers] == ["manage", "gunicorn"]
    assert options(web.servers[1]) == {"workers": "3"}
    assert web.settings_module.only(None) == "shop.prod"
    assert [server.kind for server in found["compose.yml/worker"].servers] == ["celery"]
    assert [server.subcommand for server in found["compose.yml/shell"].servers] == ["shell"]


def test_supervisor_and_nginx_in_one_image(run: Run) -> None:
    found = run(
        {
            "Dockerfile": "FROM python:3\nCOPY supervisord.conf /etc/supervisord.conf\nCMD supervisord -c /etc/supervisord.conf\n",
            "supervisord.conf": """
                [program:nginx]
                command=nginx -g "daemon off;"
                [program:web]
                command=gunicorn shop.wsgi --bind unix:/run/g.sock
                [program:beat]
                command=celery -A shop beat
            """,
            "nginx.conf": "server { listen 80; location / { proxy_pass http://unix:/run/g.sock; } }",
        }
    )["Dockerfile"]
    assert [server.kind for server in found.servers] == ["nginx", "gunicorn", "celery"]
    assert (found.hop.kind, found.hop.is_local) == ("nginx", True)


def test_the_settings_module_comes_from_where_django_takes_it(run: Run) -> None:
    wsgi = 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.base")\n'
    found = run(
        {
            "src/shop/wsgi.py": wsgi,
            "Procfile": "web: gunicorn shop.wsgi\nclock: python manage.py x --settings=shop.clock\n",
        }
    )
    web = found["Procfile/web"].settings_module
    assert [(each.value, each.span) for each in web.alternatives] == [
        ("shop.base", Span("src/shop/wsgi.py", 2))
    ]
    assert web.unknown is not None
    assert found["Procfile/clock"].settings_module.only(None) == "shop.clock"


def test_functions_have_handlers_and_apis(run: Run) -> None:
    function = resource(
        "aws_lambda_function",
        "web",
        handler="shop.lambda_handler.handler",
        environment=[{"variables": {"DJANGO_SETTINGS_MODULE": "shop.prod"}}],
    )
    integration = resource(
        "aws_apigatewayv2_integration", "web", integration_uri=reference("aws_lambda_function.web")
    )
    found = run({}, stack(function, integration))["aws_lambda_function.web"]
    assert found.servers[0].application == "shop.lambda_handler.handler"
    assert found.settings_module.only(None) == "shop.prod"
    assert found.hop.kind == "api-gateway"


def test_beanstalk_runs_nginx_before_the_procfile(run: Run) -> None:
    found = run(
        {
            "Procfile": "web: gunicorn shop.wsgi\n",
            ".ebextensions/a.config": """
                option_settings:
                  aws:elasticbeanstalk:application:environment: {DJANGO_SETTINGS_MODULE: shop.eb}
            """,
        }
    )["Procfile/web"]
    assert (found.origin, found.hop.kind, found.hop.is_local) == ("beanstalk", "nginx", True)
    assert found.settings_module.only(None) == "shop.eb"


def test_platform_manifests_are_processes(run: Run) -> None:
    found = run(
        {
            "copilot/web/manifest.yml": "name: web\ntype: Load Balanced Web Service\nimage: {build: Dockerfile}\ncount: 2\n",
            "Dockerfile": "FROM python:3\nCMD gunicorn shop.wsgi\n",
            "zappa_settings.json": '{"prod": {"django_settings": "shop.prod"}}',
        }
    )
    web, zappa = found["copilot/web/manifest.yml"], found["zappa_settings.json/prod"]
    assert (one({"": web}, "gunicorn").application, web.replicas.only(None), web.hop.kind) == (
        "shop.wsgi",
        2,
        "balancer",
    )
    assert (zappa.settings_module.only(None), zappa.hop.kind) == ("shop.prod", "api-gateway")


def test_a_host_with_nginx_is_a_local_hop(run: Run) -> None:
    unit = "[Service]\nEnvironment=A=1\nExecStart=/venv/bin/gunicorn --bind 127.0.0.1:8001 shop.wsgi\n"
    config = "upstream a { server 127.0.0.1:8001; }\nserver { location / { proxy_pass http://a; } }"
    found = run({"deploy/web.service": unit, "deploy/nginx.conf": config})["deploy/web.service/web"]
    assert (found.hop.kind, found.hop.is_local, found.variable("A").only(None)) == ("nginx", True, "1")


def test_scripts_that_call_each_other_end(run: Run) -> None:
    found = run({"a.sh": "#!/bin/sh\n./b.sh\n", "b.sh": "#!/bin/sh\n./a.sh\n", "Procfile": "web: ./a.sh\n"})
    assert not found["Procfile/web"].servers


def test_a_script_that_is_not_there_is_unknown(run: Run) -> None:
    found = run({"Dockerfile": 'FROM python:3\nENTRYPOINT ["/opt/start.sh"]\n'})
    assert found["Dockerfile"].unknown is not None


def test_the_number_of_tasks_includes_the_bounds_it_scales_between(run: Run) -> None:
    task = resource("aws_ecs_task_definition", "w", container_definitions=[{"name": "w"}])
    service = resource(
        "aws_ecs_service", "w", task_definition=reference("aws_ecs_task_definition.w"), desired_count=1
    )
    target = resource(
        "aws_appautoscaling_target",
        "w",
        resource_id=reference("aws_ecs_service.w"),
        min_capacity=1,
        max_capacity=5,
    )
    replicas = run({}, stack(task, service, target))["aws_ecs_task_definition.w/w"].replicas
    assert [each.value for each in replicas.alternatives] == [1, 5]
    assert replicas.is_known
