"""Databases that the team runs itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from djaws.model.cloud import Resource, Stack
from djaws.model.processes.containers import TASKS, containers
from djaws.model.system import System
from djaws.model.value import Value
from djaws.policy import Verdicts, finding, policy

from ._environment import is_nonproduction, is_spared, words
from .model import once


class Params(msgspec.Struct, frozen=True, rename="kebab", forbid_unknown_fields=True):
    """Images that begin with one of `allow-images` are left alone (`bitnami/redis`)."""

    allow_images: tuple[str, ...] = ()


_SERVERS = {
    "postgres": "PostgreSQL",
    "postgresql": "PostgreSQL",
    "postgis": "PostgreSQL",
    "timescaledb": "PostgreSQL",
    "mysql": "MySQL",
    "mariadb": "MariaDB",
    "mongo": "MongoDB",
    "mongodb": "MongoDB",
}
#: What keeps queues and caches: often for good, so told with low severity.
_BROKERS = {"redis": "Redis", "valkey": "Valkey", "rabbitmq": "RabbitMQ"}
#: `postgresql` is the server in Debian's packages and the client in Red Hat's.
_INSTALLS = re.compile(
    r"\b(?:apt-get|apt)\b[^\n;&|]*?\binstall\b[^\n;&|]*?\s(?P<debian>postgresql(?:-\d+)?|mysql-server|mariadb-server"
    r"|mongodb|mongodb-org|mongodb-server)(?=[\s;&|\\]|$)"
    r"|\b(?:yum|dnf)\b[^\n;&|]*?\binstall\b[^\n;&|]*?\s(?P<redhat>postgresql\d*-server|mysql-(?:community-)?server"
    r"|mariadb\d*-server|mongodb-org|mongodb-server)(?=[\s;&|\\]|$)"
)
_PACKAGES = {"postgresql": "PostgreSQL", "mysql": "MySQL", "mariadb": "MariaDB", "mongodb": "MongoDB"}
_PRODUCTION = frozenset({"prod", "production", "live", "prd"})
_USER_DATA = {
    "aws_instance": ("user_data", "user_data_base64"),
    "aws_launch_template": ("user_data",),
    "aws_launch_configuration": ("user_data", "user_data_base64"),
    "AWS::EC2::Instance": ("UserData",),
    "AWS::EC2::LaunchTemplate": ("LaunchTemplateData.UserData",),
    "AWS::AutoScaling::LaunchConfiguration": ("UserData",),
}


@policy(
    "Database server that is not a managed service",
    severity="high",
    confidence="medium",
    pillar="reliability",
    languages=("terraform", "cloudformation", "pipeline"),
    advice=("A3.3",),
    source="AWS Well-Architected Framework, REL09 and OPS",
)
def self_managed_database(system: System, params: Params) -> Verdicts:
    """Production runs its own database server: a container of an ECS task, a package that an instance's user data installs,
    or a service of a compose file whose name says production (`docker-compose.prod.yml`).

    PostgreSQL, MySQL, MariaDB and MongoDB are told with high severity; Redis, Valkey and RabbitMQ with low, and not at all
    beside another container of the same task, where they are a cache of its own. Development, tests and CI are left alone,
    poolers, exporters and clients too.

    ## Why

    Backups, failover, patches and full disks are work that RDS, Aurora and ElastiCache do. A container that moves to another
    host leaves its data behind.

    ## Fix: Terraform

    ```hcl
    resource "aws_db_instance" "shop" {
      engine                      = "postgres"
      instance_class              = "db.t4g.small"
      allocated_storage           = 50
      manage_master_user_password = true
    }
    ```

    ## Fix: CloudFormation

    An `AWS::RDS::DBInstance`, or `AWS::ElastiCache::ReplicationGroup` for Redis.

    ## Fix: compose

    Leave the service out of the production file, and give the address of the managed database in the environment.
    """
    yield from once(_all(system, params.allow_images))


def _all(system: System, allowed: tuple[str, ...]) -> Verdicts:
    for stack in system.stacks:
        for task in stack.of_type(*TASKS):
            if not is_spared(system, stack, task) and not _is_only_of_nonproduction(system, stack, task):
                yield from _containers(task, allowed)
        for machine in stack.of_type(*_USER_DATA):
            if not is_spared(system, stack, machine):
                yield from _installations(machine)
    yield from _composes(system, allowed)


def _is_only_of_nonproduction(system: System, stack: Stack, task: Resource) -> bool:
    services = [
        each for each in stack.referrers(task) if each.type in ("aws_ecs_service", "AWS::ECS::Service")
    ]
    return bool(services) and all(is_spared(system, stack, service) for service in services)


def _server(image: str, allowed: tuple[str, ...]) -> tuple[str, bool] | None:
    """The server that an image runs, and whether it is only a broker or cache."""
    if any(image.startswith(prefix) for prefix in allowed):
        return None
    name = image.partition("@")[0].rpartition("/")[2].partition(":")[0].lower()
    if name in _SERVERS:
        return _SERVERS[name], False
    return (_BROKERS[name], True) if name in _BROKERS else None


def _images(image: Value[Any] | None, allowed: tuple[str, ...]) -> Iterator[tuple[str, bool]]:
    for alternative in image.alternatives if image else ():
        server = _server(alternative.value, allowed) if isinstance(alternative.value, str) else None
        if server:
            yield server


def _containers(task: Resource, allowed: tuple[str, ...]) -> Verdicts:
    found, _ = containers(task)
    for container in found:
        for name, is_broker in _images(container.image, allowed):
            if is_broker and len({each.name for each in found}) > 1:
                continue
            place = container.placed(container.image)
            yield finding(
                place.span if place.span.path else container.span,
                f"{task.address} runs {name} in a container instead of a managed service",
                subject=task.address,
                block=task.block,
                severity="low" if is_broker else None,
                guard=container.guard,
            )
            break


def _installations(machine: Resource) -> Verdicts:
    for path in _USER_DATA[machine.type]:
        script = machine.attr(path)
        for text in _texts(script):
            match = _INSTALLS.search(text)
            if match:
                package = match["debian"] or match["redhat"]
                name = next(label for word, label in _PACKAGES.items() if package.startswith(word))
                yield finding(
                    script.span if script.span.path else machine.span,
                    f"{machine.address} installs a {name} server instead of using a managed service",
                    subject=machine.address,
                    block=machine.block,
                )
                return


def _texts(script: Value[object]) -> Iterator[str]:
    for alternative in script.alternatives:
        if isinstance(alternative.value, str):
            yield alternative.value
    if script.unknown:
        yield "\0".join(part or "" for part in script.unknown.parts)


def _composes(system: System, allowed: tuple[str, ...]) -> Verdicts:
    for compose in system.pipeline.composes:
        says = words(compose.path)
        if (
            says.isdisjoint(_PRODUCTION)
            or is_nonproduction(compose.path, system)
            or not _AWAY.isdisjoint(says)
        ):
            continue
        for service in compose.services:
            if service.profiles:
                continue
            for name, is_broker in _images(service.image, allowed):
                if is_broker:
                    continue
                yield finding(
                    service.image.span if service.image else service.span,
                    f"the service {service.name} runs {name} in production's compose file instead of a managed service",
                    subject=service.name,
                    block=service.block,
                )
                break


#: Words of a path that say that its production file is somebody's workplace all the same.
_AWAY = frozenset({"local", "ci", "test", "tests", "example", "examples", "github", "demo"})
