"""The log groups that AWS creates for a resource by itself, and whether the repository declares them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from djaws.finding import Span
from djaws.model.cloud import Resource, Stack, references_in
from djaws.model.processes.containers import TASKS, containers
from djaws.model.processes.documents import field, members
from djaws.model.system import System
from djaws.model.value import Unknown, Value

from .model import Function, LogGroup, could_watch, is_certainly_empty, is_library, texts, variables, written

_LOGGING = re.compile(r"log|monitor|observ", re.IGNORECASE)


@dataclass(frozen=True)
class Implicit:
    """A log group that comes to be when the resource writes to it: `prefix`, the resource's own `name`, and perhaps more."""

    resource: Resource
    stack: Stack
    span: Span
    prefix: str
    name: Value[Any]
    has_suffix: bool = False


def implicit_groups(stack: Stack) -> Iterator[Implicit]:
    for function in stack.each(Function):
        if not function.is_for_the_stack_itself and not function.is_at_the_edge:
            yield from _of_function(function)
    for project in stack.of_type("aws_codebuild_project", "AWS::CodeBuild::Project"):
        yield from _of_build(project, stack)
    for type_, prefix, name, exports in _DATABASES:
        for database in stack.of_type(type_):
            if _is_certainly_filled(database.attr(exports)):
                yield Implicit(
                    database, stack, database.attr(exports).span, prefix, database.attr(name), True
                )
    for task in stack.of_type(*TASKS):
        yield from _of_task(task, stack)


_DATABASES = (
    ("aws_db_instance", "/aws/rds/instance/", "identifier", "enabled_cloudwatch_logs_exports"),
    ("aws_rds_cluster", "/aws/rds/cluster/", "cluster_identifier", "enabled_cloudwatch_logs_exports"),
    ("AWS::RDS::DBInstance", "/aws/rds/instance/", "DBInstanceIdentifier", "EnableCloudwatchLogsExports"),
    ("AWS::RDS::DBCluster", "/aws/rds/cluster/", "DBClusterIdentifier", "EnableCloudwatchLogsExports"),
)


def _is_certainly_filled(value: Value[Any]) -> bool:
    return (
        value.unknown is None
        and not value.sometimes(lambda data: data is None)
        and not is_certainly_empty(value)
    )


def _of_function(function: Function) -> Iterator[Implicit]:
    terraform = function.resource.dialect == "terraform"
    given = function.resource.attr("logging_config.log_group" if terraform else "LoggingConfig.LogGroup")
    if given.is_absent:
        yield Implicit(function.resource, function.stack, function.span, "/aws/lambda/", function.name)


def _of_build(project: Resource, stack: Stack) -> Iterator[Implicit]:
    terraform = project.dialect == "terraform"
    logs = "logs_config.cloudwatch_logs" if terraform else "LogsConfig.CloudWatchLogs"
    given = project.attr(f"{logs}.{'group_name' if terraform else 'GroupName'}")
    status = project.attr(f"{logs}.{'status' if terraform else 'Status'}")
    if given.is_absent and status.never(lambda text: text == "DISABLED"):
        yield Implicit(
            project, stack, project.span, "/aws/codebuild/", project.attr("name" if terraform else "Name")
        )


def _of_task(task: Resource, stack: Stack) -> Iterator[Implicit]:
    for container in containers(task)[0]:
        logs, _ = members(field(container.body, "logConfiguration"))
        for configuration in logs:
            options, _ = members(field(configuration, "options"))
            for each in options:
                creates = each.get("awslogs-create-group")
                if creates.always(lambda text: str(text).lower() == "true"):
                    yield Implicit(task, stack, container.placed(creates).span, "", each.get("awslogs-group"))


class LogGroups:
    """Every declared log group of the repository."""

    def __init__(self, system: System) -> None:
        self._groups = list(system.each(LogGroup))
        self._names = frozenset(name for group in self._groups for name in texts(group.name))
        self._named: set[tuple[str, str]] = set()
        self._patterns: set[tuple[tuple[str | None, ...], frozenset[str]]] = set()
        self._open: list[tuple[LogGroup, Unknown]] = []
        for group in self._groups:
            self._add(group)

    def _add(self, group: LogGroup) -> None:
        targets = group.stack.resolve(group.name)
        self._named |= {(group.stack.path, target.address) for target in targets}
        unknown = group.name.unknown
        if unknown is None:
            return
        self._patterns.add((unknown.parts, variables(unknown)))
        if not targets:
            self._open.append((group, unknown))

    def holds(self, implicit: Implicit) -> bool:
        """Whether one of them is it: by reference, by name, or because the resource waits for it."""
        if (implicit.stack.path, implicit.resource.address) in self._named:
            return True
        if any(self._is_called(f"{implicit.prefix}{name}", implicit) for name in texts(implicit.name)):
            return True
        unknown = implicit.name.unknown
        if unknown and (_after(implicit.prefix, unknown.parts), variables(unknown)) in self._patterns:
            return bool(variables(unknown))
        return _waits_for_a_group(implicit)

    def _is_called(self, name: str, implicit: Implicit) -> bool:
        if implicit.has_suffix:
            return any(each.startswith(f"{name}/") for each in self._names)
        return name in self._names

    def doubt(self, implicit: Implicit) -> str:
        """Why one that is not known by name may be it; empty when none may."""
        for group, unknown in self._open:
            if not unknown.parts or any(
                _fits(unknown, f"{implicit.prefix}{name}") for name in texts(implicit.name)
            ):
                return f"{group.subject} may be its log group: {unknown.because}"
            head = unknown.parts[0]
            if implicit.name.unknown and (head is None or head.startswith(implicit.prefix)):
                return f"{group.subject} may be its log group: {unknown.because}"
        unresolved = could_watch(implicit.stack, implicit.resource, _LOGGING)
        if unresolved:
            return f"{unresolved.source} may declare its log group, and is not in the repository"
        if is_library(implicit.stack):
            return "nothing here calls this module: whoever does may declare the log group"
        return ""


def _after(prefix: str, parts: tuple[str | None, ...]) -> tuple[str | None, ...]:
    """The parts of a text that begins with `prefix`."""
    if not parts:
        return (prefix, None) if prefix else ()
    if parts[0] is None:
        return (prefix, *parts) if prefix else parts
    return (f"{prefix}{parts[0]}", *parts[1:])


def _fits(unknown: Unknown, text: str) -> bool:
    first, last = unknown.parts[0], unknown.parts[-1]
    return (first is None or text.startswith(first)) and (last is None or text.endswith(last))


def _waits_for_a_group(implicit: Implicit) -> bool:
    """Whether the resource names a log group: among its arguments, or as what it depends on."""
    stack, resource = implicit.stack, implicit.resource
    found = [*references_in(resource.body), *references_in(resource.meta)]
    targets = [stack.find(reference.address) for reference in found]
    targets += [stack.find(name) for name in _dependencies(resource)]
    return any(target is not None and target.type in LogGroup.types for target in targets)


def _dependencies(resource: Resource) -> Iterator[str]:
    """The logical ids in CloudFormation's `DependsOn`."""
    yield from written(resource.meta.get("DependsOn"))
