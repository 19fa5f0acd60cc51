"""Applications that log in to AWS with a key instead of their role."""

from __future__ import annotations

from collections.abc import Iterator

from djaws.finding import Span
from djaws.model.deployed import Deployed, deployments
from djaws.model.processes import Process
from djaws.model.system import System
from djaws.model.value import Value
from djaws.policy import Verdicts, finding, policy

from .model import once

_ID, _SECRET = "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"
_SETTINGS = (_ID, "AWS_S3_ACCESS_KEY_ID", "AWS_SES_ACCESS_KEY_ID")
#: Another store that speaks S3's language has no roles.
_ENDPOINTS = ("AWS_S3_ENDPOINT_URL", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3")


@policy(
    "Application uses stored AWS keys instead of its role",
    severity="medium",
    confidence="medium",
    pillar="security",
    languages=("terraform", "cloudformation", "django"),
    advice=("A2.2", "A2.3"),
    source="AWS Well-Architected SEC02-BP02; AWS Security Hub IAM.22",
)
def static_application_credentials(system: System) -> Verdicts:
    """A container or function gets `AWS_ACCESS_KEY_ID` or `AWS_SECRET_ACCESS_KEY`, in clear or from a secret; or the production
    settings cannot do without such a variable (`os.environ["AWS_ACCESS_KEY_ID"]`) and a stack runs them.

    Silent for settings that do without (`os.environ.get`), for stores of others (an endpoint is named), and where nothing says that
    the project runs on AWS.

    ## Why

    A task, a function and an instance have a role, whose credentials change by themselves every few hours and work nowhere else. A
    key has to be rotated by somebody, and has what its user has, wherever it ends up.

    ## Fix: Terraform

        task_role_arn = aws_iam_role.web.arn

    ## Fix: CloudFormation

        TaskRoleArn: !GetAtt WebRole.Arn

    ## Fix: Django

    Delete `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`: boto3 and django-storages find the role.
    """
    yield from once(_all(system))


def _all(system: System) -> Verdicts:
    given = [process for process in system.processes if process.origin in ("ecs", "lambda", "app-runner")]
    for process in given:
        for name, span in _passed(process):
            yield finding(
                span,
                f"{name} is passed instead of giving it a role",
                subject=process.name,
                related=[(process.span, "it runs here")],
            )
            break
    for each in deployments(system):
        if each.process is not None and each.process in given and not any(_passed(each.process)):
            yield from _required(each)


def _passed(process: Process) -> Iterator[tuple[str, Span]]:
    if any(name in process.environment or name in process.secrets for name in _ENDPOINTS):
        return
    for name in (_ID, _SECRET):
        if name in process.secrets:
            yield name, process.secrets[name]
        elif name in process.environment and not _is_empty(process.environment[name]):
            yield name, process.environment[name].span


def _is_empty(value: Value[object]) -> bool:
    return value.always(lambda text: not text or str(text).lower() in ("test", "dummy", "localstack"))


def _required(deployed: Deployed) -> Verdicts:
    if any(not deployed.settings.get(name).is_absent for name in _ENDPOINTS):
        return
    for read in deployed.project.settings.reads:
        if read.default is not None or read.name not in _SETTINGS:
            continue
        setting = next(
            (one for one in _SETTINGS if deployed.project.settings.get(one).span == read.span), None
        )
        if setting is not None and deployed.process is not None:
            yield finding(
                read.span,
                f"the settings cannot do without {read.name}, although the process can have a role",
                subject=setting,
                related=[(deployed.process.span, f"{deployed.process.name} runs with these settings")],
            )
