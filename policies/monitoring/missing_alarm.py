"""Resources that nobody is told about when they fail."""

from __future__ import annotations

import re

import msgspec

from djaws.data import AlarmedMetric
from djaws.finding import Span
from djaws.model.cloud import Stack
from djaws.model.system import System
from djaws.policy import Measure, Verdicts, finding, policy, undecided

from ._alarmable import Subject, alarmable, is_needless, kind_names
from ._alarms import Watch
from .model import could_watch, is_library, is_nonproduction, once, other_tool, without_instance

#: Providers and resource types of services that watch AWS from outside.
_EXTERNAL = re.compile(
    r"^(?:datadog|newrelic|grafana|dynatrace|signalfx|splunk|honeycombio|elastic|site24x7)(?:_|::|$)", re.I
)


class Params(msgspec.Struct, frozen=True, rename="kebab", forbid_unknown_fields=True):
    """`matrix` replaces the required metrics of a kind (`{queue = ["ApproximateNumberOfMessagesVisible"]}`).

    `external` says that something outside watches AWS; `any-is-enough` is content with one alarm for each resource.
    """

    matrix: dict[str, tuple[str, ...]] = {}
    external: bool = False
    any_is_enough: bool = False

    def __post_init__(self) -> None:
        unknown = sorted(set(self.matrix) - kind_names())
        if unknown:
            raise ValueError(f"unknown kind {unknown[0]!r}, known are {', '.join(sorted(kind_names()))}")


@policy(
    "Resource without an alarm on a metric that tells of its failure",
    severity="medium",
    confidence="medium",
    pillar="operations",
    languages=("terraform", "cloudformation", "sam"),
    advice=("A6.1",),
    source="https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Best_Practice_Recommended_Alarms_AWS_Services.html",
)
def missing_alarm(system: System, params: Params) -> Verdicts:
    """A database, balancer, queue, function, … has no CloudWatch alarm on a metric that tells of its failure. One finding for
    each resource, with the metrics that are missing.

    An alarm counts wherever it is, in called modules and other stacks too, when it names the resource by reference or by name;
    so do alarms on expressions, on anomalies, and queries over a namespace. Free storage needs none where storage grows by
    itself, CPU and memory none where target tracking follows them. Undecided when a module that is not here, another tool
    or whoever calls this module could hold the alarm, or an alarm's dimension is unknown. Where a provider of Datadog,
    New Relic, Grafana or the like is declared, the finding is only a remark.

    Which metrics, by kind of resource, is in djaws' own table, after the list that AWS recommends; set `matrix` under
    `[tool.djaws.policies."monitoring/missing-alarm"]` to ask for others. The summary counts each required metric of each
    resource: how many deserve an alarm, and how many are known to have one.

    ## Why

    Disks fill up, dead letters pile up, functions throttle. Without an alarm, customers are the first to know.

    ## Fix: Terraform

    ```hcl
    resource "aws_cloudwatch_metric_alarm" "orders_age" {
      alarm_name          = "orders-age"
      namespace           = "AWS/SQS"
      metric_name         = "ApproximateAgeOfOldestMessage"
      dimensions          = { QueueName = aws_sqs_queue.orders.name }
      statistic           = "Maximum"
      comparison_operator = "GreaterThanThreshold"
      threshold           = 600
      period              = 60
      evaluation_periods  = 5
      alarm_actions       = [aws_sns_topic.operations.arn]
    }
    ```

    ## Fix: CloudFormation

    ```yaml
    OrdersAge:
      Type: AWS::CloudWatch::Alarm
      Properties:
        Namespace: AWS/SQS
        MetricName: ApproximateAgeOfOldestMessage
        Dimensions: [{Name: QueueName, Value: !GetAtt Orders.QueueName}]
        Statistic: Maximum
        ComparisonOperator: GreaterThanThreshold
        Threshold: 600
        Period: 60
        EvaluationPeriods: 5
        AlarmActions: [!Ref OperationsTopic]
    ```

    ## Fix: SAM

    As in CloudFormation; the dimension of a function is `{Name: FunctionName, Value: !Ref Function}`.
    """
    watch = Watch(system)
    hidden = other_tool(system)
    is_external = params.external or any(_is_watched_from_outside(stack) for stack in system.stacks)
    for stack in system.stacks:
        if not is_nonproduction(stack.path, system):
            subjects = [
                subject
                for subject in alarmable(stack, params.matrix)
                if not is_nonproduction(subject.resource.address, system)
            ]
            yield from once(_of_subjects(subjects, watch, params, hidden, is_external))


def _is_watched_from_outside(stack: Stack) -> bool:
    return any(_EXTERNAL.match(provider.name) for provider in stack.providers) or any(
        _EXTERNAL.match(resource.type) for resource in stack.resources
    )


def _of_subjects(
    subjects: list[Subject], watch: Watch, params: Params, hidden: tuple[str, Span] | None, is_external: bool
) -> Verdicts:
    told: set[str] = set()
    for subject in subjects:
        wanted = [metric for metric in subject.kind.required if not is_needless(subject, metric)]
        absent = [metric for metric in wanted if not _is_seen(subject, metric, watch)]
        yield Measure("alarms.alarmable", len(wanted))
        yield Measure("alarms.alarmed", len(wanted) - len(absent))
        block = without_instance(subject.resource.address)
        if not absent or block in told or (params.any_is_enough and len(absent) < len(wanted)):
            continue
        told.add(block)
        yield from _judged(subject, absent, watch, hidden, is_external)


def _is_seen(subject: Subject, metric: AlarmedMetric, watch: Watch) -> bool:
    resources = (subject.resource, *subject.parts)
    return any(
        watch.sees(resources, subject.names, subject.stack, subject.kind, name) for name in metric.any_of
    )


def _judged(
    subject: Subject,
    absent: list[AlarmedMetric],
    watch: Watch,
    hidden: tuple[str, Span] | None,
    is_external: bool,
) -> Verdicts:
    elsewhere = _elsewhere(subject, hidden)
    doubts = {metric: elsewhere or _doubt(subject, metric, watch) for metric in absent}
    certain = [metric for metric in absent if not doubts[metric]]
    if not certain:
        yield undecided(subject.resource.span, str(doubts[absent[0]]))
        return
    yield finding(
        subject.resource.span,
        f"{subject.resource.address} has no alarm on {_listed(certain)}",
        subject=subject.resource.address,
        block=subject.resource.block,
        severity="info" if is_external else None,
    )


def _elsewhere(subject: Subject, hidden: tuple[str, Span] | None) -> str:
    """What could hold the alarm out of sight."""
    unresolved = could_watch(subject.stack, subject.resource)
    if unresolved:
        return f"{unresolved.source} may hold its alarms, and is not in the repository"
    if hidden:
        return hidden[0]
    if is_library(subject.stack):
        return "nothing here calls this module: whoever does may add the alarms"
    return ""


def _doubt(subject: Subject, metric: AlarmedMetric, watch: Watch) -> str:
    for name in metric.any_of:
        doubt = watch.doubt(subject.names, subject.stack, subject.kind, name)
        if doubt:
            return doubt[1]
    return ""


def _listed(metrics: list[AlarmedMetric]) -> str:
    names = list(dict.fromkeys(metric.any_of[0] for metric in metrics))
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
