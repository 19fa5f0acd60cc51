"""Audit trails with gaps, or that can be changed unseen."""

from __future__ import annotations

import msgspec

from djaws.finding import Span
from djaws.model.cloud import Attr, View, members
from djaws.model.system import System
from djaws.model.value import Value
from djaws.policy import Verdicts, finding, policy, undecided

from .model import once, other_tool


class Trail(View):
    types = ("aws_cloudtrail", "AWS::CloudTrail::Trail")
    is_multi_region = Attr(bool, tf="is_multi_region_trail", cfn="IsMultiRegionTrail", default=False)
    is_validated = Attr(bool, tf="enable_log_file_validation", cfn="EnableLogFileValidation", default=False)
    has_global_events = Attr(
        bool, tf="include_global_service_events", cfn="IncludeGlobalServiceEvents", default=True
    )
    is_logging = Attr(bool, tf="enable_logging", cfn="IsLogging", default=True)
    log_group = Attr(object, tf="cloud_watch_logs_group_arn", cfn="CloudWatchLogsLogGroupArn")
    selectors = Attr(object, tf="event_selector", cfn="EventSelectors")

    @property
    def is_of_data_only(self) -> bool:
        """Whether it leaves management events to another trail."""
        key = (
            "include_management_events" if self.resource.dialect == "terraform" else "IncludeManagementEvents"
        )
        chosen, more = members(self.selectors)
        return bool(chosen) and not more and all(each.get(key).always(_is_no) for each in chosen)


def _is_no(value: object) -> bool:
    return str(value).lower() == "false"


class Params(msgspec.Struct, frozen=True, rename="kebab", forbid_unknown_fields=True):
    """`require` is what a trail needs: any of multi-region, validation, global-events, logging, log-group.

    `account-stack` says that this repository holds the account's own infrastructure: then a trail belongs here.
    """

    require: tuple[str, ...] = ("multi-region", "validation", "global-events", "logging")
    account_stack: bool = False


@policy(
    "Audit trail with gaps",
    severity="high",
    pillar="security",
    languages=("terraform", "cloudformation"),
    advice=("A6.4",),
    source="AWS Security Hub CloudTrail.1 and CloudTrail.4",
)
def weak_cloudtrail(system: System, params: Params) -> Verdicts:
    """A CloudTrail trail covers one region only, leaves out the global services, is switched off, or writes log files
    without the digests that show whether somebody changed them. One finding for each trail.

    Trails that take data events only, beside another one, are left alone. A trail belongs to the account and is often kept in
    another repository: the lack of one is reported only with `account-stack = true` under
    `[tool.djaws.policies."monitoring/weak-cloudtrail"]`. There `require` also takes `log-group`, so that alarms can watch it.

    ## Why

    Whoever steals a key works in the region that nobody watches, and tidies up the logs afterwards.

    ## Fix: Terraform

    ```hcl
    resource "aws_cloudtrail" "audit" {
      name                       = "audit"
      s3_bucket_name             = aws_s3_bucket.audit.id
      is_multi_region_trail      = true
      enable_log_file_validation = true
    }
    ```

    ## Fix: CloudFormation

    ```yaml
    Type: AWS::CloudTrail::Trail
    Properties:
      IsLogging: true
      S3BucketName: !Ref AuditLogs
      IsMultiRegionTrail: true
      EnableLogFileValidation: true
    ```
    """
    trails = list(system.each(Trail))
    yield from once(verdict for trail in trails for verdict in _judged(trail, params))
    if params.account_stack and not trails:
        yield from _absent(system)


def _judged(trail: Trail, params: Params) -> Verdicts:
    if trail.is_of_data_only:
        return
    questions = [each for each in _questions(trail) if each[0] in params.require]
    weak = [(value, says) for _, value, says in questions if value.always(lambda answer: not answer)]
    if weak:
        first = next((value for value, _ in weak if _is_written(value)), None)
        yield finding(
            first.span if first else trail.span,
            f"{trail.subject} {' and '.join(says for _, says in weak)}",
            subject=trail.subject,
            block=trail.resource.block,
        )
        return
    unknown = next((value.unknown for _, value, _ in questions if value.unknown), None)
    if unknown:
        yield undecided(unknown.span, unknown.because)


def _questions(trail: Trail) -> list[tuple[str, Value[bool], str]]:
    return [
        ("multi-region", trail.is_multi_region, "covers one region only"),
        ("validation", trail.is_validated, "does not validate its log files"),
        ("global-events", trail.has_global_events, "leaves out global services"),
        ("logging", trail.is_logging, "is switched off"),
        ("log-group", trail.log_group.map(bool), "sends its events to no log group"),
    ]


def _is_written(value: Value[bool]) -> bool:
    return any(alternative.written for alternative in value.alternatives)


def _absent(system: System) -> Verdicts:
    hidden = other_tool(system)
    if hidden:
        yield undecided(hidden[1], hidden[0])
        return
    for stack in system.stacks:
        if stack.unresolved:
            yield undecided(stack.unresolved[0].span, f"{stack.unresolved[0].source} may hold the trail")
            return
    for stack in system.stacks[:1]:
        yield finding(Span(stack.span.path), "the account has no audit trail", subject=stack.path or ".")
