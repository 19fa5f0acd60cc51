"""What the delivery policies take for a test, a deployment and a predecessor, over many spellings."""

from __future__ import annotations

import datetime
import sys
from pathlib import Path
from types import ModuleType

import pytest

from djaws.config import FileConfig
from djaws.files import discover_plain
from djaws.finding import Span
from djaws.model.system import System
from djaws.policy import load, own_folder


@pytest.fixture(scope="module")
def pipelines() -> ModuleType:
    """The module of the policies' own that reads jobs."""
    policy = next(
        iter(load(own_folder(), ["delivery/deploy-without-tests", "delivery/missing-django-checks"]))
    )
    return sys.modules[policy.module.__name__.rpartition(".")[0] + "._pipelines"]


@pytest.mark.parametrize(
    "command",
    [
        "pytest -x",
        "python manage.py test",
        "poetry run pytest",
        "uv run pytest",
        "docker compose run --rm web pytest",
        "tox -e py313",
        "coverage run -m unittest",
        "make test",
        "just check",
        "./scripts/run-tests.sh",
        "hatch run test",
    ],
)
def test_every_usual_way_to_run_a_test_suite_counts(pipelines: ModuleType, command: str) -> None:
    assert pipelines.tests(pipelines.Act(Span("ci.yml", 1), command))


@pytest.mark.parametrize(
    "command",
    [
        "pip install pytest",
        "uv pip install tox",
        "poetry add pytest",
        "apt-get install -y python3-pytest",
        "echo testing",
        "test -f manage.py",
        "[ -n $ ]",
        "docker build -t shop:latest .",
        "docker push shop/tests:1",
        "python manage.py check --deploy",
        "./ci/deploy.sh",
        "aws ecs update-service --cluster shop --service latest",
    ],
)
def test_neither_installing_a_test_runner_nor_the_shells_own_test_counts(
    pipelines: ModuleType, command: str
) -> None:
    assert not pipelines.tests(pipelines.Act(Span("ci.yml", 1), command))


@pytest.mark.parametrize(
    "command",
    [
        "aws ecs update-service --cluster shop --service web --force-new-deployment",
        "aws --region eu-west-1 ecs update-service --service web",
        "aws lambda update-function-code --function-name web",
        "sam deploy --no-confirm-changeset",
        "poetry run zappa update production",
        "eb deploy shop",
        "copilot svc deploy --name web",
        "npx serverless deploy",
    ],
)
def test_every_usual_way_to_deploy_an_application_to_aws_counts(pipelines: ModuleType, command: str) -> None:
    assert pipelines.deploys_application(pipelines.Act(Span("ci.yml", 1), command))


@pytest.mark.parametrize(
    "command",
    [
        "aws ecs describe-services --cluster shop",
        "sam build",
        "sam validate",
        "zappa status",
        "terraform plan",
    ],
)
def test_looking_at_a_deployment_is_no_deployment(pipelines: ModuleType, command: str) -> None:
    act = pipelines.Act(Span("ci.yml", 1), command)
    assert not pipelines.deploys_application(act)
    assert not pipelines.deploys_infrastructure(act)


def _system(root: Path, files: dict[str, str]) -> System:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return System(discover_plain(root), FileConfig(), datetime.date(2026, 11, 1))


def test_jobs_that_need_each_other_in_a_circle_are_read_once(pipelines: ModuleType, tmp_path: Path) -> None:
    text = "on: push\njobs:\n  a: {needs: b, steps: [{run: pytest}]}\n  b: {needs: a, steps: [{run: eb deploy}]}\n"
    found = pipelines.runs(_system(tmp_path, {".github/workflows/x.yml": text}))
    assert sorted(run.name for run in found) == ["a", "b"]
    assert all(run not in run.everything_before for run in found)


def test_a_reusable_workflow_that_calls_itself_ends(pipelines: ModuleType, tmp_path: Path) -> None:
    text = "on: workflow_call\njobs:\n  again:\n    uses: ./.github/workflows/x.yml\n"
    (run,) = pipelines.runs(_system(tmp_path, {".github/workflows/x.yml": text}))
    assert run.hidden is not None


def test_a_scripts_commands_stand_where_the_pipeline_runs_the_script(
    pipelines: ModuleType, tmp_path: Path
) -> None:
    flow = "on: push\njobs:\n  a:\n    steps:\n      - run: ./ci/all.sh\n"
    system = _system(tmp_path, {".github/workflows/x.yml": flow, "ci/all.sh": "#!/bin/sh\n\npytest\n"})
    (run,) = pipelines.runs(system)
    assert ("pytest", Span(".github/workflows/x.yml", 5)) in [(act.text, act.span) for act in run.acts]


def test_a_later_stage_comes_after_all_jobs_of_the_earlier_ones(
    pipelines: ModuleType, tmp_path: Path
) -> None:
    text = "stages: [test, deploy]\nd:\n  stage: deploy\n  script: [eb deploy]\nt:\n  stage: test\n  script: [pytest]\n"
    found = {run.name: run for run in pipelines.runs(_system(tmp_path, {".gitlab-ci.yml": text}))}
    assert [run.name for run in found["d"].everything_before] == ["t"]
    assert found["t"].everything_before == ()


def test_a_file_of_nothing_but_beginnings_is_searched_in_linear_steps(
    pipelines: ModuleType, tmp_path: Path
) -> None:
    """A pattern that scanned the rest of the line from every beginning would not come back."""
    checks = sys.modules[pipelines.__name__.replace("_pipelines", "missing_django_checks")]
    model = sys.modules[pipelines.__name__.replace("_pipelines", "model")]
    system = _system(tmp_path, {"x.sh": "check makemigrations " * 15_000})
    assert model.mentioned(system, checks._DEPLOY_CHECK) is None
    assert model.mentioned(system, checks._MIGRATION_CHECK) is None
