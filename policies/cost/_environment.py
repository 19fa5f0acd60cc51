"""What certainly is not production, and whether anything turns it off."""

from __future__ import annotations

import re
from collections.abc import Iterator

from djaws.finding import Span
from djaws.model.cloud import Resource, Stack
from djaws.model.system import System
from djaws.model.value import Value

from ._tags import Scheme, tagging
from .model import is_nonproduction, words

_ENVIRONMENT = ("Environment", "Env", "Stage")
_STOPPING = frozenset(
    {
        "stop",
        "stopper",
        "start",
        "shutdown",
        "sleep",
        "night",
        "nightly",
        "off",
        "scheduler",
        "office",
        "hours",
    }
)
_COMMANDS = re.compile(
    r"\b(?:stop-instances|stop-db-(?:instance|cluster)|terraform destroy|delete-stack|pause-cluster)\b|--desired-count[ =]0"
)
_SCHEDULES = (
    "aws_autoscaling_schedule",
    "aws_appautoscaling_scheduled_action",
    "aws_ssm_maintenance_window",
    "AWS::AutoScaling::ScheduledAction",
    "AWS::SSM::MaintenanceWindow",
)
_CLOCKS = (
    "aws_scheduler_schedule",
    "aws_cloudwatch_event_rule",
    "aws_cloudwatch_event_target",
    "aws_lambda_function",
    "AWS::Scheduler::Schedule",
    "AWS::Events::Rule",
    "AWS::Lambda::Function",
    "AWS::Serverless::Function",
)


def is_certainly_nonproduction(system: System, stack: Stack, resource: Resource) -> bool:
    """Whether the path of the root says so, or a tag that is written out; what a variable decides is any environment."""
    if is_nonproduction(stack.path, system):
        return True
    tagged = tagging(system).find(resource)
    if tagged is None:
        return False
    scheme = Scheme()
    values = [
        value
        for alternative in tagged.tags.alternatives
        for key, value in alternative.value.entries.items()
        if scheme.matches(key, _ENVIRONMENT)
    ]
    return bool(values) and all(_is_written_nonproduction(value, system) for value in values)


def _is_written_nonproduction(value: Value[object], system: System) -> bool:
    return not value.references and value.always(lambda text: is_nonproduction(str(text), system))


def turned_off_by(system: System) -> Span | None:
    """Something in the repository that turns things off on a schedule, or looks like it."""
    for resource in system.of_type(*_SCHEDULES):
        return resource.span
    for target in system.of_type("AWS::ApplicationAutoScaling::ScalableTarget"):
        if not target.attr("ScheduledActions").is_absent:
            return target.span
    for clock in system.of_type(*_CLOCKS):
        if _stops(clock):
            return clock.span
    return next((span for text, span in _commands(system) if _COMMANDS.search(text)), None)


def _stops(clock: Resource) -> bool:
    if not words(clock.name).isdisjoint(_STOPPING):
        return True
    names = ("name", "FunctionName", "function_name", "Name", "description", "Description")
    texts = [str(alternative.value) for name in names for alternative in clock.attr(name).alternatives]
    targets = ("target.arn", "Target.Arn", "arn")
    arns = [str(alternative.value) for name in targets for alternative in clock.attr(name).alternatives]
    return any(not words(text).isdisjoint(_STOPPING) for text in texts) or any(
        "aws-sdk:" in arn or "AWS-Stop" in arn for arn in arns
    )


def _commands(system: System) -> Iterator[tuple[str, Span]]:
    for command, span in system.pipeline.commands():
        yield command.text, span
    for script in system.pipeline.scripts.values():
        for command in script.commands:
            yield command.text, script.at(command)
