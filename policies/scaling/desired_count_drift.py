"""Deployments that undo what scaling did."""

from __future__ import annotations

from djaws.model.cloud import Resource, members
from djaws.model.system import System
from djaws.model.value import Seq, Unknown
from djaws.policy import Verdicts, finding, policy, undecided

from .model import Group, Scaling, Service, once


@policy(
    "Terraform resets the size that scaling chose",
    severity="low",
    pillar="performance",
    languages=("terraform",),
    advice=("A8.2", "A5.1"),
    source="https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/ecs_service",
)
def desired_count_drift(system: System) -> Verdicts:
    """An ECS service with a scaling target, or an Auto Scaling group with a scaling policy, has its size written down too, and
    its `lifecycle` does not ignore changes of it.

    ## Why

    Scaling went up to eight, and the next `apply` goes back to the two that are written: in the middle of the rush.

    ## Fix: Terraform

    ```hcl
    lifecycle {
      ignore_changes = [desired_count] # desired_capacity of an Auto Scaling group
    }
    ```
    """
    yield from once(_all(system))


def _all(system: System) -> Verdicts:
    for stack in system.stacks:
        if stack.dialect != "terraform":
            continue
        scaling = Scaling(stack)
        for service in stack.each(Service):
            for target in scaling.targets(service)[:1]:
                yield from _size(service.resource, "desired_count", target.resource)
        for group in stack.each(Group):
            for rule in scaling.rules(group)[:1]:
                yield from _size(group.resource, "desired_capacity", rule)


def _size(resource: Resource, attribute: str, scaler: Resource) -> Verdicts:
    guard = resource.guard & scaler.guard
    if guard is None or scaler.uncertain:
        return
    size = resource.attr(attribute)
    written = size.sometimes(lambda count: count is not None)
    ignored = _ignored(resource)
    if isinstance(ignored, Unknown):
        yield undecided(ignored.span, ignored.because)
    elif attribute in ignored or "all" in ignored:
        return
    elif not written and size.unknown:
        yield undecided(size.unknown.span, f"`{attribute}` may be null: {size.unknown.because}")
    elif written:
        yield finding(
            written[0].span,
            f"{resource.address} is scaled, and the next apply sets it back to the {attribute} that is written",
            subject=resource.address,
            block=resource.block,
            related=[(scaler.span, "what scales it")],
            guard=guard,
        )


def _ignored(resource: Resource) -> frozenset[str] | Unknown:
    """The arguments whose changes Terraform ignores."""
    found: set[str] = set()
    for lifecycle in members(resource.meta.get("lifecycle"))[0]:
        value = lifecycle.get("ignore_changes")
        if value.unknown:
            return value.unknown
        for alternative in value.alternatives:
            items = alternative.value.items if isinstance(alternative.value, Seq) else ()
            found.update(str(item.only("")) for item in items)
            if isinstance(alternative.value, str):
                found.add(alternative.value)
    return frozenset(found)
