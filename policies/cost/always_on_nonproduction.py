"""Test systems that run while everybody sleeps."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from djaws.finding import Finding
from djaws.model.cloud import Resource, Stack
from djaws.model.system import System
from djaws.model.value import Value
from djaws.policy import Verdicts, finding, policy, undecided

from ._environment import is_certainly_nonproduction, turned_off_by
from ._tags import FEW, Tagged, fold, tagging
from .model import hidden_infrastructure


class Params(msgspec.Struct, frozen=True, rename="kebab", forbid_unknown_fields=True):
    """`schedule-tag` is the tag by which an instance scheduler of the account finds what to stop."""

    schedule_tag: str = "Schedule"


#: What can be stopped, with the attribute that is 0 when it is off.
_STOPPABLE = {
    "aws_instance": "",
    "aws_autoscaling_group": "desired_capacity",
    "aws_ecs_service": "desired_count",
    "aws_db_instance": "",
    "aws_rds_cluster": "serverlessv2_scaling_configuration.min_capacity",
    "aws_redshift_cluster": "",
    "AWS::EC2::Instance": "",
    "AWS::AutoScaling::AutoScalingGroup": "MinSize",
    "AWS::ECS::Service": "DesiredCount",
    "AWS::RDS::DBInstance": "",
    "AWS::RDS::DBCluster": "ServerlessV2ScalingConfiguration.MinCapacity",
    "AWS::Redshift::Cluster": "",
}


@policy(
    "Non-production that never sleeps",
    severity="low",
    confidence="medium",
    pillar="cost",
    languages=("terraform", "cloudformation"),
    advice=("A4.3",),
    source="AWS Well-Architected Framework, COST09-BP03",
)
def always_on_nonproduction(system: System, params: Params) -> Verdicts:
    """A server, service or database of non-production runs day and night: nothing in the repository turns it off.

    Non-production is what the root's path (`envs/dev`) or a written `Environment` tag says; where a variable decides, the code
    is production's too, and nothing is told. Any scheduled action, schedule, stopping function or command, the tag `Schedule`
    (`schedule-tag` in the parameters) or a size of 0 counts as turning off. Three or more in one root are told once.

    ## Why

    A week has 168 hours, and people work for 40 to 50 of them.

    ## Fix: Terraform

    ```hcl
    resource "aws_appautoscaling_scheduled_action" "night" {
      name               = "night"
      service_namespace  = "ecs"
      resource_id        = aws_appautoscaling_target.web.resource_id
      scalable_dimension = "ecs:service:DesiredCount"
      schedule           = "cron(0 19 ? * MON-FRI *)"

      scalable_target_action {
        min_capacity = 0
        max_capacity = 0
      }
    }
    ```

    For instances and databases: an `aws_scheduler_schedule` with the target
    `arn:aws:scheduler:::aws-sdk:rds:stopDBInstance`.

    ## Fix: CloudFormation

    An `AWS::Scheduler::Schedule` with the same target, or `AWS::AutoScaling::ScheduledAction` for a group.
    """
    candidates = [
        (stack, sorted(_awake(system, stack, params), key=lambda each: each.span)) for stack in system.stacks
    ]
    if not any(resources for _, resources in candidates) or turned_off_by(system):
        return
    for stack, resources in candidates:
        if not resources:
            continue
        hidden = hidden_infrastructure(system, stack)
        if hidden:
            yield undecided(hidden[1], f"{hidden[0]}, and may turn things off")
        elif len(resources) >= FEW:
            yield _of_many(resources)
        else:
            yield from map(_of_one, resources)


def _awake(system: System, stack: Stack, params: Params) -> Iterator[Resource]:
    for resource in stack.of_type(*_STOPPABLE):
        attribute = _STOPPABLE[resource.type]
        if attribute and _may_be_zero(resource.attr(attribute), attribute):
            continue
        if not resource.attr("cluster_identifier").is_absent and resource.type == "aws_db_instance":
            continue
        tagged = tagging(system).find(resource)
        if tagged is not None and _is_scheduled(tagged, params.schedule_tag):
            continue
        if is_certainly_nonproduction(system, stack, resource):
            yield resource


def _may_be_zero(value: Value[object], attribute: str) -> bool:
    """Whether the size is 0 or unknown. ECS starts no task of a service that says nothing."""
    if value.is_absent:
        return attribute == "desired_count"
    return bool(value.unknown) or bool(value.sometimes(lambda size: str(size) in ("0", "0.0")))


def _is_scheduled(tagged: Tagged, schedule_tag: str) -> bool:
    return any(
        alternative.value.rest is not None
        or any(
            fold(key) == fold(schedule_tag) or "schedule" in key.lower() for key in alternative.value.entries
        )
        for alternative in tagged.tags.alternatives
    )


def _of_one(resource: Resource) -> Finding:
    return finding(
        resource.span,
        f"{resource.address} is not production and runs day and night: nothing turns it off",
        subject=resource.address,
        block=resource.block,
        guard=resource.guard,
    )


def _of_many(resources: list[Resource]) -> Finding:
    first = resources[0]
    return finding(
        first.span,
        f"{len(resources)} resources of this non-production root run day and night: nothing turns them off",
        subject=first.address,
        block=first.block,
        related=[(each.span, each.address) for each in resources[1:4]],
    )
