"""Services and groups that nothing scales."""

from __future__ import annotations

import msgspec

from djaws.finding import Finding
from djaws.model.cloud import Resource, Stack
from djaws.model.system import System
from djaws.model.value import Value, combine
from djaws.policy import Verdicts, finding, policy, undecided

from ._environment import in_production, is_spared
from .model import Group, Scaling, Service, is_singleton, once


class Params(msgspec.Struct, frozen=True, rename="kebab", forbid_unknown_fields=True):
    """Services whose name is like one of `singletons` are meant to be alone."""

    singletons: tuple[str, ...] = (
        "*beat*",
        "*scheduler*",
        "*cron*",
        "*migrat*",
        "*flower*",
        "*bastion*",
        "*redis*",
        "*rabbit*",
        "*postgres*",
        "*mysql*",
        "*mongo*",
        "*prometheus*",
        "*grafana*",
    )


@policy(
    "Service or group that nothing scales",
    severity="medium",
    pillar="performance",
    languages=("terraform", "cloudformation"),
    advice=("A8.2",),
    source="AWS Well-Architected Framework, REL07-BP01 and PERF02-BP05",
)
def no_scaling_policy(system: System, params: Params) -> Verdicts:
    """An ECS service or an Auto Scaling group of production has no scaling policy and no schedule: somebody changes its size by
    hand, or nobody.

    A scaling target alone changes nothing. Meant to be alone, and left so: services called like one of `singletons`, those that
    run Celery's beat, those whose deployments never overlap (`deployment_maximum_percent = 100`), daemons, groups of a fixed
    size, and groups that a capacity provider or the cluster autoscaler manages. A module that is not here and is told of the
    service leaves it undecided.

    ## Why

    Twice the visitors meet the same number of workers, and all of them wait.

    ## Fix: Terraform

    ```hcl
    resource "aws_appautoscaling_target" "web" {
      service_namespace  = "ecs"
      scalable_dimension = "ecs:service:DesiredCount"
      resource_id        = "service/${aws_ecs_cluster.shop.name}/${aws_ecs_service.web.name}"
      min_capacity       = 2
      max_capacity       = 10
    }

    resource "aws_appautoscaling_policy" "web" {
      name               = "cpu"
      policy_type        = "TargetTrackingScaling"
      service_namespace  = aws_appautoscaling_target.web.service_namespace
      scalable_dimension = aws_appautoscaling_target.web.scalable_dimension
      resource_id        = aws_appautoscaling_target.web.resource_id

      target_tracking_scaling_policy_configuration {
        target_value = 60
        predefined_metric_specification {
          predefined_metric_type = "ECSServiceAverageCPUUtilization"
        }
      }
    }
    ```

    ## Fix: CloudFormation

    `AWS::ApplicationAutoScaling::ScalableTarget` and `AWS::ApplicationAutoScaling::ScalingPolicy` with the same properties.
    """
    yield from once(_all(system, params.singletons))


def _all(system: System, singletons: tuple[str, ...]) -> Verdicts:
    scalings = [Scaling(stack) for stack in system.stacks]
    for scaling in scalings:
        stack = scaling.stack
        for service in stack.each(Service):
            if is_spared(system, stack, service.resource) or is_singleton(system, service, singletons):
                continue
            yield from _service(system, stack, service, scaling, scalings)
        managed = _managed_groups(stack)
        for group in stack.each(Group):
            if group.subject not in managed and not is_spared(system, stack, group.resource):
                yield from _group(system, stack, group, scaling)


def _service(
    system: System, stack: Stack, service: Service, scaling: Scaling, scalings: list[Scaling]
) -> Verdicts:
    if service.controller.sometimes(lambda kind: kind == "EXTERNAL"):
        return
    if service.strategy.sometimes(lambda kind: kind == "DAEMON"):
        return
    if in_production(service.desired, system, stack).sometimes(lambda count: count == 0):
        return
    targets = [target for each in scalings for target in each.targets(service)]
    rules = [rule for each in scalings for rule in each.rules(service, *targets)]
    if rules:
        return
    perhaps = next(filter(None, (each.perhaps(service.resource) for each in scalings)), None)
    if perhaps:
        yield undecided(perhaps[1], perhaps[0])
        return
    if targets:
        target = targets[0]
        yield finding(
            target.span,
            f"{target.subject} may be scaled, but no policy and no schedule does",
            subject=target.subject,
            block=target.resource.block,
            related=[(service.span, service.subject)],
        )
        return
    yield _finding(service.resource)


def _finding(resource: Resource) -> Finding:
    return finding(
        resource.span,
        f"nothing scales {resource.address}: it has no scaling policy and no schedule",
        subject=resource.address,
        block=resource.block,
        guard=resource.guard,
    )


def _managed_groups(stack: Stack) -> frozenset[str]:
    """Groups that a capacity provider grows and shrinks."""
    providers = stack.of_type("aws_ecs_capacity_provider", "AWS::ECS::CapacityProvider")
    paths = {
        "aws_ecs_capacity_provider": "auto_scaling_group_provider.auto_scaling_group_arn",
        "AWS::ECS::CapacityProvider": "AutoScalingGroupProvider.AutoScalingGroupArn",
    }
    return frozenset(
        group.address
        for provider in providers
        for group in stack.resolve(provider.attr(paths[provider.type]))
    )


def _group(system: System, stack: Stack, group: Group, scaling: Scaling) -> Verdicts:
    least, most = (in_production(value, system, stack) for value in (group.least, group.most))
    if least.unknown or most.unknown:
        unknown = least.unknown or most.unknown
        if unknown and not scaling.rules(group):
            yield undecided(unknown.span, f"the size of {group.subject} may be fixed: {unknown.because}")
        return
    if not _can_grow(least, most) or _is_marked(group) or scaling.rules(group):
        return
    perhaps = scaling.perhaps(group.resource)
    if perhaps:
        yield undecided(perhaps[1], perhaps[0])
    else:
        yield _finding(group.resource)


def _can_grow(least: Value[int], most: Value[int]) -> bool:
    """Whether the bounds differ in every case: a group of a fixed size is replaced, not scaled."""
    return combine(lambda low, high: low < high, least, most, span=most.span).always(bool)


def _is_marked(group: Group) -> bool:
    """Whether the Kubernetes cluster autoscaler finds it by its tags, or it may for all that is known."""
    tags = group.resource.attr("tag" if group.resource.dialect == "terraform" else "Tags")
    return "cluster-autoscaler" in repr(tags) or "kubernetes" in repr(tags)
