"""One instance of a template: its names bound, its expressions evaluated.

Everything is evaluated under a guard: what is already known where the expression stands (the resource's condition, the branch
of an `Fn::If`). There, a parameter is only what that guard leaves of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeAlias

from djaws.finding import Span
from djaws.model.cloudformation.conditions import Conditions
from djaws.model.cloudformation.functions import FUNCTIONS
from djaws.model.cloudformation.names import ATTRIBUTES, NAMES
from djaws.model.cloudformation.parameters import Bound
from djaws.model.cloudformation.syntax import Call, Entry, Items, Leaf, Node, Table, text_of
from djaws.model.cloudformation.template import Loop, Template, with_globals
from djaws.model.value import ALWAYS, Guard, Map, Reference, Seq, Unknown, Value

#: Expressions nested deeper than this, names that lead to names included, are unknown.
MAX_NESTING = 100
#: Parts that one stack may make, loops, Globals and nested stacks included: so many, and so many for each part of its template.
BASE_WORK = 200_000
WORK_PER_PART = 10
#: What following a name costs in nesting: as many calls as that many brackets.
NAME_NESTING = 4


@dataclass
class Budget:
    """How much work is left for one stack, and how deep it is in nested expressions."""

    left: int
    depth: int = 0

    def spend(self, amount: int = 1) -> bool:
        """Whether there is still some."""
        self.left -= amount
        return self.left > 0


#: Makes the instance of a nested stack, None when its template is not at hand.
Nesting: TypeAlias = "Callable[[Scope, str], Scope | None]"


class Scope:
    """`prefix` is what addresses in here begin with (`Network.`), `under` the condition of the whole instance, `uncertain` why
    it may not exist at all, `chain` the templates that lead to it, itself last."""

    def __init__(
        self,
        template: Template,
        *,
        prefix: str = "",
        under: Guard = ALWAYS,
        parameters: Mapping[str, Bound],
        calls: tuple[Span, ...] = (),
        uncertain: Unknown | None = None,
        chain: tuple[str, ...] = (),
        budget: Budget,
        domains: dict[str, frozenset[str]],
        nest: Nesting,
    ) -> None:
        self.template = template
        self.prefix = prefix
        self.under = under
        self.parameters = parameters
        self.calls = calls
        self.uncertain = uncertain
        self.chain = chain
        self.budget = budget
        self.domains = domains
        self.conditions = Conditions(self)
        self._nest = nest
        self._children: dict[str, Scope | None] = {}
        self._identifiers: dict[tuple[str, str], Value[Any] | None] = {}
        self._outputs: dict[str, Value[Any]] = {}
        self._busy: set[tuple[str, str]] = set()
        domains.update({bound.subject: bound.domain for bound in parameters.values() if bound.domain})
        self.resources: dict[str, tuple[Entry, Unknown | None]] = {}
        self.resources = {
            name: (entry, because or uncertain)
            for name, entry, because in self.unrolled(template.section("Resources"))
        }

    # --- places and guards

    def span(self, node: Node) -> Span:
        return Span(self.template.path, node.line, None, node.column)

    def key_span(self, entry: Entry) -> Span:
        return Span(self.template.path, entry.line, None, entry.column)

    def join(self, left: Guard, right: Guard) -> Guard | None:
        """Both at once; a parameter that is barred from all its allowed values but one has that one."""
        if not self.budget.spend():
            return None
        both = left & right
        if both is None or not self.domains:
            return both
        for subject, equal, values in both.terms:
            domain = None if equal else self.domains.get(subject)
            if domain:
                remaining = domain - values
                if not remaining:
                    return None
                if len(remaining) == 1:
                    rest = Guard(tuple(term for term in both.terms if term[0] != subject))
                    both = rest & Guard.when(subject, next(iter(remaining)))
                    if both is None:
                        return None
        return both

    # --- values

    def value(self, node: Node, span: Span, under: Guard) -> Value[Any]:
        """What `node` can be where `under` holds; `span` is the place of its key or list item."""
        if type(node) is Leaf:
            return Value.of(node.value, span)
        if self.budget.depth > MAX_NESTING:
            return Value.not_known("nested too deeply to be followed", span)
        if not self.budget.spend():
            return Value.not_known("the template is too large to be followed wholly", span)
        self.budget.depth += 1
        try:
            if type(node) is Table:
                return Value.of(self.map(node, span, under), span)
            if type(node) is Items:
                return Value.of(self.seq(node, under), span)
            assert type(node) is Call
            return self.call(node, span, under)
        finally:
            self.budget.depth -= 1

    def map(self, table: Table, span: Span, under: Guard) -> Map:
        path = self.template.path
        entries: dict[str, Value[Any]] = {}
        rest: Unknown | None = None
        special = False
        for key, entry in table.entries.items():
            if key.startswith("Fn::"):
                special = True
                continue
            place = Span(path, entry.line, None, entry.column)
            node = entry.node
            entries[key] = (
                Value.of(node.value, place) if type(node) is Leaf else self.value(node, place, under)
            )
        if special:
            rest = self._special_entries(table, entries, under)
        return Map(entries, rest, span)

    def _special_entries(self, table: Table, entries: dict[str, Value[Any]], under: Guard) -> Unknown | None:
        """Adds what loops make; answers why there may be more keys."""
        rest: Unknown | None = None
        looped = {key: entry for key, entry in table.entries.items() if key.startswith("Fn::ForEach::")}
        for key, entry, uncertain in self.unrolled(Table(looped, table.line, table.column, table.end)):
            if uncertain:
                rest = rest or uncertain
            else:
                entries[key] = self.value(entry.node, self.key_span(entry), under)
        for key, entry in table.entries.items():
            if key.startswith("Fn::") and key not in looped:
                rest = rest or Unknown(f"`{key}` adds keys at deployment", self.key_span(entry))
        return rest

    def seq(self, items: Items, under: Guard) -> Seq:
        found = []
        for item in items.items:
            value = self.value(item, self.span(item), under)
            if not (type(item) is Call and value.is_absent):
                found.append(value)
        return Seq(tuple(found))

    def call(self, call: Call, span: Span, under: Guard) -> Value[Any]:
        function = FUNCTIONS.get(call.name)
        if function is None:
            return Value.not_known(f"`{call.name}` is not understood", span)
        return function(self, call.argument, span, under)

    # --- names

    def ref(self, name: str, span: Span, under: Guard) -> Value[Any]:
        if name == "AWS::NoValue":
            return Value.absent(span)
        if name.startswith("AWS::"):
            pinned = _pinned(under, name)
            if pinned is not None:
                return Value.of(pinned, span, references=(Reference(name),))
            return Value.not_known(f"{name} is known at deployment", span, (Reference(name),))
        if name in self.parameters:
            return self.parameter(self.parameters[name], span, under)
        if name in self.resources:
            return self.identifier(name, "", span)
        edge = (Reference(self.prefix + name),)
        return Value.not_known(f"`{name}` is declared nowhere in the template", span, edge)

    def parameter(self, bound: Bound, span: Span, under: Guard) -> Value[Any]:
        pinned = _pinned(under, bound.subject)
        if pinned is not None and bound.kind in ("open", "unknown") and not bound.declared.is_secret:
            return bound.pinned(pinned, span)
        possible = tuple(
            replace(alternative, span=span)
            for alternative in bound.value.alternatives
            if not alternative.guard or self.join(alternative.guard, under) is not None
        )
        unknown = replace(bound.value.unknown, span=span) if bound.value.unknown else None
        if not possible and not unknown:
            because = f"parameter {bound.subject} is set to something else at deployment"
            unknown = Unknown(because, span, (bound.edge,))
        return Value(possible, unknown)

    def identifier(self, name: str, attribute: str, span: Span) -> Value[Any]:
        """What `Ref` (no `attribute`) or `Fn::GetAtt` gives: known where it is a name that a property sets."""
        edge = Reference(self.prefix + name, attribute)
        what = f"the identifier of {edge.address}" if not attribute else f"{edge.address}.{attribute}"
        named = self._named(name, attribute)
        because = f"{what} is known after deployment"
        if named is None:
            return Value.not_known(because, span, (edge,))
        possible = tuple(
            replace(alternative, span=span, references=(edge,))
            for alternative in named.alternatives
            if isinstance(alternative.value, str | int | float)
        )
        if named.unknown or len(possible) < len(named.alternatives) or not possible:
            parts = named.unknown.parts if named.unknown else ()
            return Value(possible, Unknown(because, span, (edge,), parts))
        return Value(possible)

    def _named(self, name: str, attribute: str) -> Value[Any] | None:
        """The value of the property that sets this identifier."""
        key = (name, attribute)
        if key in self._identifiers:
            return self._identifiers[key]
        if key in self._busy:
            return None
        self._busy.add(key)
        self.budget.depth += NAME_NESTING
        try:
            self._identifiers[key] = self._read_name(name, attribute)
        finally:
            self._busy.discard(key)
            self.budget.depth -= NAME_NESTING
        return self._identifiers[key]

    def _read_name(self, name: str, attribute: str) -> Value[Any] | None:
        found = self.resources.get(name)
        if found is None or not isinstance(found[0].node, Table):
            return None
        resource = found[0].node
        kind = resource.get("Type")
        kind_name = str(kind.value) if isinstance(kind, Leaf) else ""
        wanted = ATTRIBUTES.get((kind_name, attribute)) if attribute else NAMES.get(kind_name)
        properties = with_globals(self.template, kind_name, resource)
        if wanted is None or not isinstance(properties, Table) or wanted not in properties.entries:
            return None
        entry = properties.entries[wanted]
        return self.value(entry.node, self.key_span(entry), self.under)

    def attribute(self, name: str, attribute: str, span: Span) -> Value[Any]:
        """`Fn::GetAtt`; outputs of a nested stack in the repository are followed."""
        if attribute.startswith("Outputs."):
            child = self.child(name)
            if child is not None:
                return child.output(attribute.removeprefix("Outputs.")).at(span)
        return self.identifier(name, attribute, span)

    def child(self, name: str) -> Scope | None:
        """The instance of a nested stack; None for other resources and while it is being made."""
        key = ("Children", name)
        if name not in self.resources or key in self._busy:
            return None
        if name not in self._children:
            self._busy.add(key)
            self.budget.depth += NAME_NESTING
            try:
                self._children[name] = self._nest(self, name)
            finally:
                self._busy.discard(key)
                self.budget.depth -= NAME_NESTING
        return self._children[name]

    @cached_property
    def _outputs_section(self) -> dict[str, Entry]:
        section = self.template.section("Outputs")
        return {name: entry for name, entry, _ in self.unrolled(section) if not name.startswith("Fn::")}

    @property
    def output_names(self) -> tuple[str, ...]:
        return tuple(self._outputs_section)

    def output(self, name: str) -> Value[Any]:
        known = self._outputs.get(name)
        if known is not None:
            return known
        key = ("Outputs", name)
        entry = self._outputs_section.get(name)
        span = self.key_span(entry) if entry else Span(self.template.path, 1)
        if key in self._busy or entry is None or not isinstance(entry.node, Table):
            return Value.not_known(f"output {self.prefix}{name} cannot be followed", span)
        self._busy.add(key)
        self.budget.depth += NAME_NESTING
        try:
            self._outputs[name] = self._read_output(entry.node, span)
        finally:
            self._busy.discard(key)
            self.budget.depth -= NAME_NESTING
        return self._outputs[name]

    def _read_output(self, table: Table, span: Span) -> Value[Any]:
        condition = table.get("Condition")
        under = self.under
        if isinstance(condition, Leaf):
            holds = self.conditions.guard(text_of(condition.value), True)
            joined = None if holds is None else self.join(under, holds)
            if joined is None:
                return Value.absent(span)
            under = joined
        entry = table.entries.get("Value")
        return self.value(entry.node, self.key_span(entry), under) if entry else Value.absent(span)

    # --- loops

    def unrolled(self, table: Table) -> Iterator[tuple[str, Entry, Unknown | None]]:
        """The entries of a table with its loops unrolled. An entry of a loop over something unknown comes once, with the reason."""
        for key, entry in table.entries.items():
            if not key.startswith("Fn::ForEach::"):
                yield key, entry, None
                continue
            loop = Loop.read(entry.node)
            if loop is None:
                yield key, entry, Unknown(f"`{key}` is no loop that can be read", self.key_span(entry))
                continue
            yield from self._turns(loop, entry)

    def _turns(self, loop: Loop, entry: Entry) -> Iterator[tuple[str, Entry, Unknown | None]]:
        values, because = self._collection(loop, entry)
        if values is None:
            for key, inner, uncertain in self.unrolled(loop.body):
                yield key, inner, uncertain or because
            return
        for value in values:
            if not self.budget.spend(loop.body.size):
                yield (
                    "Fn::ForEach",
                    entry,
                    Unknown("the loop makes too much to be followed", self.key_span(entry)),
                )
                return
            yield from self.unrolled(loop.turn(value))

    def _collection(self, loop: Loop, entry: Entry) -> tuple[tuple[str, ...] | None, Unknown | None]:
        span = self.key_span(entry)
        value = self.value(loop.collection, span, self.under)
        seq = value.only(None)
        items = (
            [item.only(None) for item in seq.items] if isinstance(seq, Seq) and seq.rest is None else [None]
        )
        texts = tuple(text_of(item) for item in items if isinstance(item, str | int | float))
        if len(texts) == len(items):
            return texts, None
        reason = value.unknown.because if value.unknown else "it has several possibilities"
        return None, Unknown(f"what the loop over {loop.identifier} runs over is not known: {reason}", span)


def _pinned(under: Guard, subject: str) -> str | None:
    """The one text that a guard gives to a subject."""
    for name, equal, values in under.terms:
        if name == subject and equal:
            value = next(iter(values))
            return value if isinstance(value, str) else None
    return None
