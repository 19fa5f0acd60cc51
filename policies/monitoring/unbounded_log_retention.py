"""Logs that are kept, and paid for, for ever."""

from __future__ import annotations

import msgspec

from djaws.model.system import System
from djaws.policy import Verdicts, convict, finding, policy, undecided

from ._log_groups import LogGroups, implicit_groups
from .model import LogGroup, is_chosen_elsewhere, is_library, once, other_tool


class Params(msgspec.Struct, frozen=True, rename="kebab", forbid_unknown_fields=True):
    """`max-days` also reports groups that keep their logs longer than that; 0 sets no limit.

    `implicit` also asks for groups that AWS creates by itself when nothing declares them.
    """

    max_days: int = 0
    implicit: bool = True


@policy(
    "Logs are kept for ever",
    severity="low",
    pillar="operations",
    languages=("terraform", "cloudformation", "sam"),
    advice=("A6.3", "A4.2"),
    source="AWS Security Hub CloudWatch.16",
)
def unbounded_log_retention(system: System, params: Params) -> Verdicts:
    """A log group has no retention, so that it keeps its logs for ever; or a function, a build project, a database with exports
    or a container that creates its group writes into a group that nothing declares, and AWS creates that one without retention.

    Under `[tool.djaws.policies."monitoring/unbounded-log-retention"]`, `max-days` reports long retention too, and
    `implicit = false` leaves out the groups that AWS creates.

    ## Why

    Storage is paid for every month, personal data in logs must not be kept for ever, and nobody reads what is three years old.

    ## Fix: Terraform

    ```hcl
    resource "aws_cloudwatch_log_group" "thumbnails" {
      name              = "/aws/lambda/${aws_lambda_function.thumbnails.function_name}"
      retention_in_days = 90
    }
    ```

    ## Fix: CloudFormation

    ```yaml
    Type: AWS::Logs::LogGroup
    Properties:
      RetentionInDays: 90
    ```

    ## Fix: SAM

    ```yaml
    ThumbnailsLogs:
      Type: AWS::Logs::LogGroup
      Properties:
        LogGroupName: !Sub /aws/lambda/${Thumbnails}
        RetentionInDays: 90
    ```
    """
    yield from once(verdict for group in system.each(LogGroup) for verdict in _declared(group, params))
    if params.implicit:
        yield from once(_undeclared(system))


def _declared(group: LogGroup, params: Params) -> Verdicts:
    if group.kind.sometimes(lambda kind: kind == "DELIVERY"):
        return
    if group.retention.sometimes(lambda days: not days) and _is_given(group):
        yield undecided(group.retention.span, "whoever deploys it gives the retention")
        return
    yield from convict(
        group.retention,
        lambda days: not days or bool(params.max_days and days > params.max_days),
        lambda days: f"{group.subject} keeps its logs {f'{days} days' if days else 'for ever'}",
        subject=group.subject,
        block=group.resource.block,
    )


def _is_given(group: LogGroup) -> bool:
    return is_library(group.stack) and is_chosen_elsewhere(group.retention, group.stack)


def _undeclared(system: System) -> Verdicts:
    groups = LogGroups(system)
    hidden = other_tool(system)
    for stack in system.stacks:
        for implicit in implicit_groups(stack):
            if groups.holds(implicit):
                continue
            doubt = groups.doubt(implicit) or (hidden[0] if hidden else "")
            if doubt:
                yield undecided(implicit.resource.span, doubt)
                continue
            yield finding(
                implicit.span,
                f"nothing declares the log group of {implicit.resource.address}: AWS creates it, and keeps the logs for ever",
                subject=implicit.resource.address,
                block=implicit.resource.block,
                confidence="medium",
            )
