"""Scaling that cannot scale."""

from __future__ import annotations

import msgspec

from djaws.model.cloud import Resource, Stack
from djaws.model.system import System
from djaws.model.value import Value, combine
from djaws.policy import Verdicts, finding, policy

from ._environment import in_production, is_spared
from .model import Group, Scaling, Service, Target, is_singleton, once


class Params(msgspec.Struct, frozen=True, rename="kebab", forbid_unknown_fields=True):
    """Services whose name is like one of `singletons` are meant to be alone."""

    singletons: tuple[str, ...] = ("*beat*", "*scheduler*", "*cron*", "*migrat*", "*flower*", "*bastion*")


@policy(
    "Scaling between equal bounds, or one task for all visitors",
    severity="low",
    pillar="performance",
    languages=("terraform", "cloudformation"),
    advice=("A8.2",),
    source="AWS Well-Architected Framework, REL07-BP01",
)
def degenerate_range(system: System, params: Params) -> Verdicts:
    """A scaling target, or an Auto Scaling group with a scaling policy, has bounds that are equal; or a service of production
    behind a load balancer has one task and nothing that scales it.

    Services that are meant to be alone (`singletons`, Celery's beat, deployments that never overlap) and non-production are
    left alone. A size of 0 is off.

    ## Why

    The policy computes a new size, and the bounds take it back. One task is an outage when its host goes.

    ## Fix: Terraform

    ```hcl
    min_capacity = 2
    max_capacity = 10
    ```

    ## Fix: CloudFormation

    ```yaml
    MinCapacity: 2
    MaxCapacity: 10
    ```
    """
    yield from once(_all(system, params.singletons))


def _all(system: System, singletons: tuple[str, ...]) -> Verdicts:
    scalings = [Scaling(stack) for stack in system.stacks]
    for scaling in scalings:
        stack = scaling.stack
        for target in stack.each(Target):
            if not is_spared(system, stack, target.resource) and not _is_for_singleton(
                system, stack, target, singletons
            ):
                yield from _bounds(system, stack, target.resource, target.least, target.most)
        for group in stack.each(Group):
            if scaling.rules(group) and not is_spared(system, stack, group.resource):
                yield from _bounds(system, stack, group.resource, group.least, group.most)
        for service in stack.each(Service):
            if not is_spared(system, stack, service.resource) and not is_singleton(
                system, service, singletons
            ):
                yield from _alone(system, stack, service, scalings)


def _is_for_singleton(system: System, stack: Stack, target: Target, singletons: tuple[str, ...]) -> bool:
    services = [Service(each, stack) for each in stack.resolve(target.scaled) if each.type in Service.types]
    return any(
        is_spared(system, stack, service.resource) or is_singleton(system, service, singletons)
        for service in services
    )


def _bounds(
    system: System, stack: Stack, resource: Resource, least: Value[int], most: Value[int]
) -> Verdicts:
    low, high = in_production(least, system, stack), in_production(most, system, stack)
    pairs = combine(lambda a, b: (a, b), low, high, span=high.span)
    for pair in pairs.sometimes(lambda bounds: None not in bounds and bounds[0] == bounds[1] > 0)[:1]:
        yield finding(
            high.span,
            f"{resource.address} scales between {pair.value[0]} and {pair.value[1]}: it cannot scale",
            subject=resource.address,
            block=resource.block,
            related=[(low.span, "the lower bound")],
            guard=pair.guard,
        )


def _alone(system: System, stack: Stack, service: Service, scalings: list[Scaling]) -> Verdicts:
    if service.balancers.is_absent or not service.balancers.is_known:
        return
    if any(each.targets(service) or each.perhaps(service.resource) for each in scalings):
        return
    desired = in_production(service.desired, system, stack)
    for one in desired.sometimes(lambda count: count == 1)[:1]:
        yield finding(
            one.span,
            f"{service.subject} answers all visitors with one task",
            subject=service.subject,
            block=service.resource.block,
            guard=one.guard,
        )
