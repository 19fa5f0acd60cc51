"""Databases that stop when their disk is full."""

from __future__ import annotations

from collections.abc import Iterator

from djaws.model.cloud import Resource, Stack, references_in
from djaws.model.system import System
from djaws.policy import Verdicts, convict, policy, undecided

from ._environment import in_production, is_spared
from .model import Alarm, Database, may_hold, once, without_instance


@policy(
    "Database storage that cannot grow and that nobody watches",
    severity="low",
    pillar="reliability",
    languages=("terraform", "cloudformation"),
    advice=("A3.3", "A8.2"),
    source="https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIOPS.Autoscaling.html",
)
def fixed_database_storage(system: System) -> Verdicts:
    """An RDS instance of production has no upper bound for its storage to grow to, and no alarm of its own on the free storage.

    Aurora grows by itself, magnetic storage cannot, and non-production may fill up. An alarm counts when it refers to the
    instance, or when it cannot be said which instance it watches.

    ## Why

    A database with a full disk refuses every write until somebody enlarges it.

    ## Fix: Terraform

    ```hcl
    allocated_storage     = 50
    max_allocated_storage = 200
    ```

    ## Fix: CloudFormation

    ```yaml
    AllocatedStorage: 50
    MaxAllocatedStorage: 200
    ```
    """
    yield from once(_all(system))


def _all(system: System) -> Verdicts:
    watched = _Watched(system)
    for stack in system.stacks:
        for database in stack.each(Database):
            if database.is_clustered or is_spared(system, stack, database.resource):
                continue
            if database.storage_type.sometimes(lambda kind: kind == "standard"):
                continue
            if not watched.covers(stack, database.resource):
                yield from _growth(system, stack, database)


def _growth(system: System, stack: Stack, database: Database) -> Verdicts:
    most = in_production(database.most_storage, system, stack)
    if most.always(bool):
        return
    told = may_hold(stack, database.resource)
    if most.sometimes(lambda size: not size) and told:
        yield undecided(told.span, f"{told.source} may watch the free storage of {database.subject}")
        return
    engine = database.engine.unknown
    if engine:
        yield undecided(
            engine.span, f"{database.subject} may be Aurora, which grows by itself: {engine.because}"
        )
        return
    yield from convict(
        most,
        lambda size: not size,
        f"the storage of {database.subject} cannot grow, and no alarm watches how much is free",
        subject=database.subject,
        block=database.resource.block,
    )


class _Watched:
    """Which instances the alarms on free storage watch."""

    def __init__(self, system: System) -> None:
        self._addresses: set[tuple[str, str]] = set()
        self._is_anyone = False
        for stack in system.stacks:
            for alarm in stack.each(Alarm):
                if alarm.metric.unknown or alarm.metric.sometimes(lambda name: name == "FreeStorageSpace"):
                    self._add(stack, list(_targets(stack, alarm.resource)))

    def _add(self, stack: Stack, targets: list[Resource]) -> None:
        self._is_anyone |= not targets
        self._addresses.update((stack.path, without_instance(target.address)) for target in targets)

    def covers(self, stack: Stack, database: Resource) -> bool:
        return self._is_anyone or (stack.path, without_instance(database.address)) in self._addresses


def _targets(stack: Stack, alarm: Resource) -> Iterator[Resource]:
    for reference in references_in(alarm.body):
        target = stack.find(reference.address)
        if target is not None and target.type in Database.types:
            yield target
