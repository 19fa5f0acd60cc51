"""AppConfig environments that nothing rolls back."""

from __future__ import annotations

from djaws.model.cloud import Resource, Stack, members
from djaws.model.system import System
from djaws.model.value import Value
from djaws.policy import Verdicts, finding, policy, undecided

from .model import Environment, Profile, is_nonproduction


@policy(
    "AppConfig environment watches no alarm",
    severity="medium",
    pillar="reliability",
    languages=("terraform", "cloudformation"),
    advice=("A7.3", "A6.1"),
    source="AWS AppConfig user guide: automatic rollback by CloudWatch alarms",
)
def appconfig_without_rollback(system: System) -> Verdicts:
    """An AppConfig environment has no monitor, while its application has a profile of feature flags. Environments named as
    non-production (dev, test, staging, …) are left out. Undecided when the monitors, or the kind of the profile, cannot be known.

    ## Why

    With a monitor AppConfig takes a flag back by itself when the alarm goes off during its rollout. Without one, somebody has to notice.

    ## Fix: Terraform

        resource "aws_appconfig_environment" "prod" {
          monitor {
            alarm_arn      = aws_cloudwatch_metric_alarm.errors.arn
            alarm_role_arn = aws_iam_role.appconfig.arn
          }
        }

    ## Fix: CloudFormation

        Monitors:
          - AlarmArn: !GetAtt ErrorsAlarm.Arn
            AlarmRoleArn: !GetAtt AppConfigRole.Arn
    """
    for stack in system.stacks:
        profiles = list(stack.each(Profile))
        for environment in stack.each(Environment):
            if not environment.name.always(lambda name: is_nonproduction(name, system)):
                yield from _judged(stack, environment, profiles)


def _judged(stack: Stack, environment: Environment, profiles: list[Profile]) -> Verdicts:
    own = [each for each in profiles if _may_be_same(stack, each.application, environment.application)]
    flags = next((each for each in own if each.kind.sometimes(_is_flags)), None)
    unsure = next((each.kind.unknown for each in own if each.kind.unknown), None)
    found, unknown = members(environment.monitors)
    if found or not (flags or unsure):
        return
    unknown = unknown or (None if flags else unsure)
    if unknown:
        yield undecided(unknown.span, unknown.because)
        return
    yield finding(
        environment.span,
        f"{environment.subject} watches no alarm, so no flag is ever rolled back by itself",
        subject=environment.subject,
        block=environment.resource.block,
        related=[(flags.span, "its flags")] if flags else (),
    )


def _is_flags(kind: str) -> bool:
    return kind == "AWS.AppConfig.FeatureFlags"


def _may_be_same(stack: Stack, left: Value[str], right: Value[str]) -> bool:
    """Whether two application ids can be the same one: only two different resources, or two different texts, cannot."""
    ours, theirs = _applications(stack, left), _applications(stack, right)
    if ours and theirs:
        return not ours.isdisjoint(theirs)
    texts = [{each.value for each in value.alternatives} for value in (left, right) if value.is_known]
    return len(texts) < 2 or not texts[0].isdisjoint(texts[1])


def _applications(stack: Stack, value: Value[str]) -> set[Resource]:
    return {each for each in stack.resolve(value) if "ppconfig" in each.type or "AppConfig" in each.type}
