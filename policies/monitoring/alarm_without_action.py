"""Alarms that ring where nobody listens."""

from __future__ import annotations

import re
from collections.abc import Iterator

from djaws.model.cloud import Resource, Stack
from djaws.model.system import System
from djaws.model.value import Unknown
from djaws.policy import Verdicts, finding, policy, undecided

from .model import (
    AnyAlarm,
    is_certainly_empty,
    is_chosen_elsewhere,
    is_library,
    mentions,
    once,
    per_stack,
    same,
    texts,
    written,
)

#: What shows alarms, or only names them, and acts on none.
_ONLOOKERS = frozenset(
    {
        *("aws_cloudwatch_dashboard", "AWS::CloudWatch::Dashboard"),
        *("aws_ssm_parameter", "AWS::SSM::Parameter"),
        *("aws_iam_policy", "aws_iam_role_policy", "AWS::IAM::Policy", "AWS::IAM::Role"),
    }
)
_RULES = ("aws_cloudwatch_event_rule", "AWS::Events::Rule", "AWS::Serverless::Function")
#: What acts on alarms that it names in a text, without a reference.
_NAMERS = (
    *("aws_cloudwatch_composite_alarm", "AWS::CloudWatch::CompositeAlarm"),
    *("aws_codedeploy_deployment_group", "AWS::CodeDeploy::DeploymentGroup"),
    *("aws_ecs_service", "AWS::ECS::Service"),
    *("aws_appconfig_environment", "AWS::AppConfig::Environment"),
    *("aws_route53_health_check", "AWS::Route53::HealthCheck"),
)


@policy(
    "Alarm without an action",
    severity="high",
    pillar="operations",
    languages=("terraform", "cloudformation"),
    advice=("A6.1",),
    source="AWS Security Hub CloudWatch.15 and CloudWatch.17",
)
def alarm_without_action(system: System) -> Verdicts:
    """An alarm has nothing to do when it rings, or its actions are switched off.

    Silent when something else acts on it: a composite alarm, a deployment (CodeDeploy, ECS, SAM, AppConfig) that rolls back,
    a health check, an EventBridge rule on alarm state changes. Undecided when a parameter gives the actions.

    ## Why

    The alarm turns red in a console that nobody has open. Whoever wrote it believes they would be told.

    ## Fix: Terraform

    ```hcl
    alarm_actions = [aws_sns_topic.operations.arn]
    ok_actions    = [aws_sns_topic.operations.arn]
    ```

    ## Fix: CloudFormation

    ```yaml
    AlarmActions: [!Ref OperationsTopic]
    ```
    """
    if any(_listens_to_alarms(rule) for rule in system.of_type(*_RULES)):
        return
    yield from once(verdict for alarm in system.each(AnyAlarm) for verdict in _judged(alarm))


def _listens_to_alarms(rule: Resource) -> bool:
    """Whether an event rule receives the changes of alarms; one whose pattern is unknown may."""
    return mentions(rule.body, lambda text: "CloudWatch Alarm State Change" in text)


def _judged(alarm: AnyAlarm) -> Verdicts:
    if is_certainly_empty(alarm.actions):
        yield from _without_actions(alarm)
    elif alarm.is_enabled.always(lambda enabled: enabled is False):
        if is_chosen_elsewhere(alarm.is_enabled, alarm.stack):
            yield undecided(alarm.is_enabled.span, "a parameter decides whether the alarm acts")
        elif not _is_used(alarm):
            yield finding(
                alarm.is_enabled.span,
                f"the actions of {alarm.subject} are switched off",
                subject=alarm.subject,
                block=alarm.resource.block,
            )
    elif alarm.actions.unknown and not alarm.stack.resolve(alarm.actions):
        yield undecided(alarm.actions.unknown.span, alarm.actions.unknown.because)


def _without_actions(alarm: AnyAlarm) -> Verdicts:
    if is_chosen_elsewhere(alarm.actions, alarm.stack) or (
        is_library(alarm.stack) and not alarm.actions.is_absent
    ):
        yield undecided(alarm.actions.span, "a parameter gives the alarm's actions")
        return
    if not is_certainly_empty(alarm.quiet_actions) or _is_used(alarm):
        return
    doubt = _may_be_used(alarm)
    if doubt:
        yield undecided(doubt.span, doubt.because)
        return
    yield finding(
        alarm.span,
        f"{alarm.subject} does nothing when it rings",
        subject=alarm.subject,
        block=alarm.resource.block,
    )


def _is_used(alarm: AnyAlarm) -> bool:
    """Whether anything else in the stack acts on the alarm."""
    if any(each.type not in _ONLOOKERS for each in alarm.stack.referrers(alarm.resource)):
        return True
    names = texts(alarm.name) - {""}
    if not names.isdisjoint(_names_used(alarm.stack)):
        return True
    unknown = alarm.name.unknown
    return unknown is not None and any(
        other.resource is not alarm.resource and same(other.rule, alarm.name)
        for other in _composites(alarm.stack)
    )


@per_stack
def _names_used(stack: Stack) -> frozenset[str]:
    """Every text in what acts on alarms by their names, and the names inside the rules of composite alarms."""
    found = [text for other in stack.of_type(*_NAMERS) for text in _inside(other)]
    return frozenset(found) | {name for text in found for name in _QUOTED.findall(text)}


def _inside(other: Resource) -> Iterator[str]:
    """The texts of a resource, its own name left out."""
    for key, entry in other.body.entries.items():
        if key not in ("alarm_name", "AlarmName"):
            yield from written(entry)


_QUOTED = re.compile(r"""\(\s*["']?([^"'()]+?)["']?\s*\)""")


@per_stack
def _composites(stack: Stack) -> tuple[AnyAlarm, ...]:
    return tuple(alarm for alarm in stack.each(AnyAlarm) if alarm.is_composite)


def _may_be_used(alarm: AnyAlarm) -> Unknown | None:
    """A composite alarm whose rule is unknown, and refers to nothing that is known."""
    for other in _composites(alarm.stack):
        if other.resource is alarm.resource:
            continue
        if other.rule.unknown and not alarm.stack.resolve(other.rule):
            return other.rule.unknown
    return None
