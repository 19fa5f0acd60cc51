"""Services that the settings need and the infrastructure code does not know."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from djaws.model.django import Project
from djaws.model.system import System
from djaws.model.value import Map, Value
from djaws.policy import Verdicts, finding, policy, undecided

from .model import other_tool


class Params(msgspec.Struct, frozen=True, rename="kebab", forbid_unknown_fields=True):
    """`external-services` are those that come from elsewhere: `database`, `redis`, `storage`, `queue`, `mail`."""

    external_services: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Service:
    """A family of services: how the report names it, and what its resource types contain."""

    name: str
    title: str
    types: tuple[str, ...]


_SERVICES = (
    _Service(
        "database",
        "a relational database",
        (
            "aws_db_instance",
            "aws_rds_",
            "aws_aurora",
            "AWS::RDS::",
            "aws_lightsail_database",
            "AWS::Lightsail::Database",
        ),
    ),
    _Service(
        "redis",
        "Redis",
        ("aws_elasticache_", "aws_memorydb_", "AWS::ElastiCache::", "AWS::MemoryDB::"),
    ),
    _Service("storage", "an S3 bucket", ("aws_s3_bucket", "AWS::S3::Bucket", "AWS::S3Express::")),
    _Service("queue", "an SQS queue", ("aws_sqs_queue", "AWS::SQS::Queue")),
    _Service("mail", "SES", ("aws_ses_", "aws_sesv2_", "AWS::SES::")),
)
#: Only a stack that runs something can be expected to hold what that needs.
_COMPUTE = (
    "aws_ecs_service",
    "aws_instance",
    "aws_lambda_function",
    "aws_elastic_beanstalk_environment",
    "aws_apprunner_service",
    "AWS::ECS::Service",
    "AWS::EC2::Instance",
    "AWS::Lambda::Function",
    "AWS::Serverless::Function",
    "AWS::ElasticBeanstalk::Environment",
    "AWS::AppRunner::Service",
)


@policy(
    "Service that the settings need and nothing declares",
    severity="info",
    confidence="low",
    pillar="operations",
    languages=("terraform", "cloudformation"),
    default="advice",
    advice=("A1.1", "A4.2"),
    source="AWS Well-Architected Framework, OPS04-BP01",
)
def undeclared_service(system: System, params: Params) -> Verdicts:
    """The settings use a database server, Redis, S3, SQS or SES, the repository declares where the project runs, and declares no such
    service.

    Name what comes from elsewhere in `external-services` under `[tool.djaws.policies."delivery/undeclared-service"]`. It does
    not decide where a module, a data source, a foreign container or another tool may hold the service.

    ## Why

    Whatever is not declared was made by hand, and is missing from the next environment, the backup plan and the bill's tags.

    ## Fix: Terraform

    Declare it, or look it up with a `data` source, which says where it comes from.

    ## Fix: CloudFormation

    Declare it, or import its name from the stack that exports it.
    """
    if not any(True for _ in system.of_type(*_COMPUTE)):
        return
    for project in system.projects:
        for service, value in _needs(project):
            if service.name in params.external_services or _is_declared(system, service):
                continue
            doubt = _doubt(system)
            if doubt:
                yield undecided(value.span, doubt)
            else:
                yield finding(
                    value.span,
                    f"the settings need {service.title}, and no stack declares one",
                    subject=f"{project.settings_module}:{service.name}",
                )


def _needs(project: Project) -> Iterator[tuple[_Service, Value[Any]]]:
    found: dict[str, Value[Any]] = {}
    for name, value in _uses(project):
        found.setdefault(name, value)
    by_name = {each.name: each for each in _SERVICES}
    for name, value in found.items():
        yield by_name[name], value


def _uses(project: Project) -> Iterator[tuple[str, Value[Any]]]:
    """What the settings certainly use, and where they say so."""
    settings = project.settings
    engine = _inside(settings.get("DATABASES"), "default", "ENGINE")
    if engine.always(lambda text: _has(text, "postgres", "postgis", "mysql", "mariadb", "oracle", "mssql")):
        host = _inside(settings.get("DATABASES"), "default", "HOST")
        if not host.always(
            lambda text: text in (None, "", "localhost", "127.0.0.1") or isinstance(text, str)
        ):
            yield "database", engine
    backend = _inside(settings.get("CACHES"), "default", "BACKEND")
    if backend.always(lambda text: _has(text, "redis")):
        yield "redis", backend
    broker = settings.get("CELERY_BROKER_URL")
    if broker.always(lambda text: _has(text, "rediss://", "redis://") and not _has(text, "localhost")):
        yield "redis", broker
    if broker.always(lambda text: isinstance(text, str) and text.startswith("sqs://")):
        yield "queue", broker
    storage = _inside(settings.get("STORAGES"), "default", "BACKEND")
    old = settings.get("DEFAULT_FILE_STORAGE")
    for each in (storage, old):
        if each.always(lambda text: _has(text, "s3boto3", "storages.backends.s3")):
            yield "storage", each
    mail = settings.get("EMAIL_BACKEND")
    if mail.always(lambda text: _has(text, "django_ses", "amazon_ses")):
        yield "mail", mail


def _has(text: object, *parts: str) -> bool:
    return isinstance(text, str) and any(part in text.lower() for part in parts)


def _inside(value: Value[Any], *keys: str) -> Value[Any]:
    for key in keys:
        value = value.bind(
            lambda data, key=key, at=value.span: (  # type: ignore[misc]
                data.get(key) if isinstance(data, Map) else Value.not_known("not a dictionary", at)
            )
        )
    return value


def _is_declared(system: System, service: _Service) -> bool:
    """Whether a resource, a data source or a container of the repository is such a service."""
    for stack in system.stacks:
        if any(each.type.startswith(service.types) for each in stack.resources):
            return True
    images = (process.image for process in system.processes if process.image is not None)
    return service.name in ("redis", "database") and any(
        _has(alternative.value, "redis", "valkey", "postgres", "mysql")
        for image in images
        for alternative in image.alternatives
    )


def _doubt(system: System) -> str:
    tool = other_tool(system)
    if tool:
        return f"{tool[0]} may declare it, which is not analysed"
    if system.unresolved:
        return f"{system.unresolved[0].source} is not in the repository, and may declare it"
    for stack in system.stacks:
        for each in stack.resources:
            if each.is_data and each.type in (
                "terraform_remote_state",
                "aws_ssm_parameter",
                "aws_secretsmanager_secret",
            ):
                return f"{each.address} looks up what another repository declares"
        if any(
            "ImportValue" in str(each.unknown.because) for each in stack.parameters.values() if each.unknown
        ):
            return "a stack of another repository may declare it"
    return ""
