"""Nobody is told when the bill grows."""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from djaws.finding import Span
from djaws.model.cloud import Resource, Stack
from djaws.model.system import System
from djaws.model.value import Map
from djaws.policy import Verdicts, finding, policy, undecided

from ._tags import costly_types
from .model import hidden_infrastructure, is_terraform


class Params(msgspec.Struct, frozen=True, rename="kebab", forbid_unknown_fields=True):
    """`account-stack` says that this repository holds the account's own infrastructure: then a budget belongs here.

    `min-resources` is how many resources on the bill make a repository large enough to be asked.
    """

    account_stack: bool = False
    min_resources: int = 25


_BUDGETS = ("aws_budgets_budget", "AWS::Budgets::Budget")
_MONITORS = ("aws_ce_anomaly_monitor", "AWS::CE::AnomalyMonitor")
_SUBSCRIPTIONS = ("aws_ce_anomaly_subscription", "AWS::CE::AnomalySubscription")


@policy(
    "No budget, or a budget that tells nobody",
    severity="low",
    confidence="medium",
    pillar="cost",
    languages=("terraform", "cloudformation"),
    default="advice",
    advice=("A4.1",),
    source="AWS Well-Architected Framework, COST02-BP05",
)
def missing_budget(system: System, params: Params) -> Verdicts:
    """There is no budget and no cost anomaly monitor, or there is one that notifies nobody.

    A budget is often kept with the account, in another repository: the lack of one is told only of repositories with 25 or more
    resources on the bill (`min-resources`), or with `account-stack = true` under
    `[tool.djaws.policies."cost/missing-budget"]`. A budget without a subscriber is told always.

    ## Why

    A loop that writes to S3, a forgotten test, stolen credentials: the first to notice should not be the invoice.

    ## Fix: Terraform

    ```hcl
    resource "aws_budgets_budget" "shop" {
      name         = "shop"
      budget_type  = "COST"
      limit_amount = "500"
      limit_unit   = "USD"
      time_unit    = "MONTHLY"

      notification {
        comparison_operator       = "GREATER_THAN"
        threshold                 = 80
        threshold_type            = "PERCENTAGE"
        notification_type         = "FORECASTED"
        subscriber_sns_topic_arns = [aws_sns_topic.operations.arn]
      }
    }
    ```

    ## Fix: CloudFormation

    An `AWS::Budgets::Budget` with `NotificationsWithSubscribers`.
    """
    budgets = list(system.of_type(*_BUDGETS))
    for budget in budgets:
        yield from _silent(budget)
    monitors = list(system.of_type(*_MONITORS))
    subscriptions = list(system.of_type(*_SUBSCRIPTIONS))
    hidden = hidden_infrastructure(system)
    if monitors and not subscriptions and not hidden:
        yield finding(
            monitors[0].span,
            f"nobody subscribes to the anomalies that {monitors[0].address} finds",
            subject=monitors[0].address,
        )
    if budgets or monitors:
        return
    stack, costly = _largest(system.stacks)
    if stack is None or (costly < params.min_resources and not params.account_stack):
        return
    if hidden:
        yield undecided(hidden[1], hidden[0])
        return
    yield finding(
        Span(stack.span.path),
        f"{costly} resources on the bill, and neither a budget nor a cost anomaly monitor",
        subject=stack.path or ".",
    )


def _largest(stacks: Collection[Stack]) -> tuple[Stack | None, int]:
    """The stack with most resources on the bill, and how many all have together."""
    counts = {
        stack: sum(each.type in costly_types() and not each.is_data for each in stack.resources)
        for stack in stacks
    }
    if not counts:
        return None, 0
    return max(counts, key=lambda stack: counts[stack]), sum(counts.values())


def _silent(budget: Resource) -> Verdicts:
    name = "notification" if is_terraform(budget) else "NotificationsWithSubscribers"
    notifications, more = budget.blocks(name)
    if more:
        yield undecided(more.span, more.because)
    elif not any(_tells_somebody(each) for each in notifications):
        yield finding(
            budget.span, f"{budget.address} notifies nobody", subject=budget.address, block=budget.block
        )


def _tells_somebody(notification: Map) -> bool:
    """Whether it has subscribers, or may have."""
    names = ("subscriber_email_addresses", "subscriber_sns_topic_arns", "Subscribers")
    return any(
        not notification.get(name).always(lambda data: data is None or not len(data)) for name in names
    )
