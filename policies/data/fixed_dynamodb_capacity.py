"""Tables whose capacity somebody has to change by hand."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from djaws.model.cloud import Resource, Stack, descend, members
from djaws.model.system import System
from djaws.model.value import Value
from djaws.policy import Verdicts, convict, policy, undecided

from ._environment import in_production, is_spared
from .model import ScalableTarget, Table, is_terraform, known_texts, may_hold, once, without_instance


class Params(msgspec.Struct, frozen=True, rename="kebab", forbid_unknown_fields=True):
    """Up to `small` units a table may have a fixed capacity: it costs next to nothing."""

    small: int = 5


@policy(
    "DynamoDB table with a fixed capacity",
    severity="low",
    pillar="performance",
    languages=("terraform", "cloudformation"),
    advice=("A8.2", "A4.2"),
    source="AWS Security Hub DynamoDB.1",
)
def fixed_dynamodb_capacity(system: System, params: Params) -> Verdicts:
    """A table of production, or one of its global secondary indexes, has a provisioned capacity of more than `small` units (5)
    that no scaling target changes.

    Global tables scale by definition. A target counts by reference, or by the table's name in its resource id; one that cannot
    be read, or a module that is told of the table, leaves it undecided.

    ## Why

    More requests than the capacity are refused, fewer are paid for all the same.

    ## Fix: Terraform

    ```hcl
    billing_mode = "PAY_PER_REQUEST"
    ```

    Or an `aws_appautoscaling_target` with `resource_id = "table/${aws_dynamodb_table.orders.name}"` and a policy for it.

    ## Fix: CloudFormation

    ```yaml
    BillingMode: PAY_PER_REQUEST
    ```
    """
    yield from once(_all(system, params.small))


def _all(system: System, small: int) -> Verdicts:
    for stack in system.stacks:
        targets = _Targets(stack)
        for table in stack.each(Table):
            billing = in_production(table.billing, system, stack)
            if billing.never(lambda mode: mode == "PROVISIONED") or is_spared(system, stack, table.resource):
                continue
            if billing.unknown:
                yield undecided(billing.unknown.span, billing.unknown.because)
                continue
            if billing.always(lambda mode: mode == "PROVISIONED"):
                yield from _table(system, stack, table, targets, small)


def _table(system: System, stack: Stack, table: Table, targets: _Targets, small: int) -> Verdicts:
    for what, capacity in _capacities(table):
        value = in_production(capacity, system, stack)
        if value.always(lambda units: units <= small) or targets.scales(table, what):
            continue
        perhaps = targets.perhaps or may_hold(stack, table.resource)
        if perhaps:
            yield undecided(perhaps.span, f"{perhaps.address} may scale {table.subject}")
            return
        before = f"index {what} of " if what else ""
        yield from convict(
            value,
            lambda units: units > small,
            lambda units, before=before: f"{before}{table.subject} has a fixed capacity of {units} units",  # type: ignore[misc]
            subject=table.subject,
            block=table.resource.block,
        )
        return


_INDEX_CAPACITY = {
    "terraform": ("read_capacity", "write_capacity"),
    "cloudformation": ("ProvisionedThroughput.ReadCapacityUnits", "ProvisionedThroughput.WriteCapacityUnits"),
}


def _capacities(table: Table) -> Iterator[tuple[str, Value[int]]]:
    """The reads and writes of the table, then of each index, which has a name."""
    yield "", table.reads
    yield "", table.writes
    is_tf = is_terraform(table.resource)
    for index in members(
        table.resource.attr("global_secondary_index" if is_tf else "GlobalSecondaryIndexes")
    )[0]:
        name = str(index.get("name" if is_tf else "IndexName").only("") or "of unknown name")
        for path in _INDEX_CAPACITY[table.resource.dialect]:
            yield name, _integer(descend(index, path.split("."), table.span))


def _integer(value: Value[object]) -> Value[int]:
    return value.or_default(0).map(lambda units: units if isinstance(units, int) else 0)


class _Targets:
    """The scaling targets of a stack by what they scale."""

    def __init__(self, stack: Stack) -> None:
        self._texts: list[str] = []
        self._tables: set[str] = set()
        self._indexed: set[str] = set()
        self.perhaps: Resource | None = None
        for target in stack.each(ScalableTarget):
            if target.namespace.always(lambda name: name != "dynamodb"):
                continue
            self._add(stack, target)

    def _add(self, stack: Stack, target: ScalableTarget) -> None:
        texts = known_texts(target.scaled)
        self._texts += texts
        tables = [each for each in stack.resolve(target.scaled) if each.type in Table.types]
        parts = target.scaled.unknown.parts if target.scaled.unknown else ()
        is_index = any("/index/" in text for text in (*texts, *(part or "" for part in parts)))
        for table in tables:
            (self._indexed if is_index else self._tables).add(without_instance(table.address))
        if target.scaled.unknown and not tables:
            self.perhaps = target.resource

    def scales(self, table: Table, index: str) -> bool:
        address = without_instance(table.subject)
        if index:
            return address in self._indexed or any(text.endswith(f"/index/{index}") for text in self._texts)
        return address in self._tables or any(
            f"table/{name}" in self._texts for name in known_texts(table.name)
        )
