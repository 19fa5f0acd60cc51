"""Work that could be interrupted, at the full price."""

from __future__ import annotations

import msgspec

from djaws.model.cloud import Resource
from djaws.model.system import System
from djaws.policy import Verdicts, finding, policy

from .model import ContainerService, is_terraform, once, words


class Params(msgspec.Struct, frozen=True, rename="kebab", forbid_unknown_fields=True):
    """`workers` are words in names of what takes interruptions, `keepers` those of what must not be interrupted."""

    workers: tuple[str, ...] = (
        "worker",
        "workers",
        "celery",
        "dramatiq",
        "rq",
        "huey",
        "batch",
        "runner",
        "runners",
        "ci",
    )
    keepers: tuple[str, ...] = ("beat", "scheduler", "broker", "web", "api", "flower", "payment", "payments")


@policy(
    "Interruptible work that never uses spot capacity",
    severity="info",
    confidence="low",
    pillar="cost",
    languages=("terraform", "cloudformation"),
    default="advice",
    advice=("A4.4",),
    source="AWS Well-Architected Framework, COST07-BP01",
)
def interruptible_on_demand(system: System, params: Params) -> Verdicts:
    """A service of Celery workers, a group of CI runners or a Batch environment runs on on-demand capacity only.

    Workers are known by their names. A base of on-demand tasks with spot tasks above it is fine. Celery's beat and whatever
    else must not stop (`keepers` in the parameters) is left alone.

    ## Why

    Spot capacity costs up to 70 % less. A task queue with late acknowledgement survives the two minutes' notice.

    ## Fix: Terraform

    ```hcl
    capacity_provider_strategy {
      capacity_provider = "FARGATE"
      base              = 1
      weight            = 1
    }

    capacity_provider_strategy {
      capacity_provider = "FARGATE_SPOT"
      weight            = 4
    }
    ```

    ## Fix: CloudFormation

    ```yaml
    CapacityProviderStrategy:
      - { CapacityProvider: FARGATE_SPOT, Weight: 1 }
    ```
    """
    yield from once(_all(system, params))


def _all(system: System, params: Params) -> Verdicts:
    for service in system.each(ContainerService):
        if _is_worker(service.resource, params) and _is_on_demand(service):
            yield from _told(service.resource)
    for environment in system.of_type("aws_batch_compute_environment", "AWS::Batch::ComputeEnvironment"):
        path = "compute_resources.type" if is_terraform(environment) else "ComputeResources.Type"
        if environment.attr(path).always(lambda kind: kind in ("EC2", "FARGATE")):
            yield from _told(environment)
    for group in system.of_type("aws_autoscaling_group"):
        if (
            _is_worker(group, params)
            and group.attr("mixed_instances_policy").is_absent
            and not _may_be_spot(system, group)
        ):
            yield from _told(group)


def _is_worker(resource: Resource, params: Params) -> bool:
    names = [resource.name, *resource.address.split(".")]
    for attribute in ("name", "ServiceName"):
        names += [
            str(alternative.value)
            for alternative in resource.attr(attribute).alternatives
            if alternative.value
        ]
    found = frozenset().union(*(words(name) for name in names))
    return not found.isdisjoint(params.workers) and found.isdisjoint(params.keepers)


def _is_on_demand(service: ContainerService) -> bool:
    """Whether it certainly has Fargate's on-demand capacity and no other."""
    providers = list(service.capacity_providers())
    if providers or not service.strategies.is_absent:
        return bool(providers) and all(each.always(lambda name: name == "FARGATE") for each in providers)
    return service.launch_type.always(lambda kind: kind == "FARGATE")


def _may_be_spot(system: System, group: Resource) -> bool:
    for stack in system.stacks:
        if stack.find(group.address) is group:
            paths = ("launch_template.id", "launch_template.name", "launch_configuration")
            sources = [source for path in paths for source in stack.resolve(group.attr(path))]
            return not sources or any(
                not source.attr(name).is_absent
                for source in sources
                for name in ("instance_market_options", "spot_price")
            )
    return True


def _told(resource: Resource) -> Verdicts:
    yield finding(
        resource.span,
        f"{resource.address} could be interrupted, and runs on on-demand capacity only",
        subject=resource.address,
        block=resource.block,
    )
