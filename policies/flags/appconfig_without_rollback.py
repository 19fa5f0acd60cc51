"""AppConfig environments that nothing rolls back."""

from __future__ import annotations

from djaws.model.cloud import Stack, members
from djaws.policy import Verdicts, finding, policy, undecided

from .model import Environment, Profile


@policy(
    "AppConfig environment watches no alarm",
    severity="medium",
    pillar="reliability",
    languages=("terraform", "cloudformation"),
    advice=("A7.3", "A6.1"),
    source="AWS AppConfig user guide: automatic rollback by CloudWatch alarms",
)
def appconfig_without_rollback(stack: Stack) -> Verdicts:
    """An AppConfig environment has no monitor, while the stack holds a profile of feature flags. Environments named as
    non-production (dev, test, staging, …) are left out.

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
    flags = [
        p for p in stack.each(Profile) if p.kind.sometimes(lambda kind: kind == "AWS.AppConfig.FeatureFlags")
    ]
    if not flags:
        return
    for environment in stack.each(Environment):
        if _is_nonproduction(environment):
            continue
        found, unknown = members(environment.monitors)
        if found:
            continue
        if unknown:
            yield undecided(unknown.span, unknown.because)
            continue
        yield finding(
            environment.span,
            f"{environment.subject} watches no alarm, so no flag is ever rolled back by itself",
            subject=environment.subject,
            block=environment.resource.block,
            related=[(flags[0].span, "its flags")],
        )


_NONPRODUCTION = ("dev", "test", "qa", "sandbox", "stag", "preview", "local", "demo")


def _is_nonproduction(environment: Environment) -> bool:
    return environment.name.always(
        lambda name: isinstance(name, str) and any(word in name.lower() for word in _NONPRODUCTION)
    )
