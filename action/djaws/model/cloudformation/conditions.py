"""Conditions: under which assignments of parameters each one is true.

A condition becomes branches, each a guard and an outcome, exhaustive and disjoint. `!Equals [!Ref Env, prod]` is true when
`Env is "prod"` and false when it is not; what cannot be traced to parameters is a guard on the condition's own name or on the
text of the compared expression. The branch that holds with default parameters comes first.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

from djaws.finding import Span
from djaws.model.cloudformation.parameters import spelled_as
from djaws.model.cloudformation.syntax import Call, Entry, Items, Leaf, Node, Table, names_in, text_of
from djaws.model.cloudformation.template import referred
from djaws.model.value import ALWAYS, Guard, Value

if TYPE_CHECKING:
    from djaws.model.cloudformation.scope import Scope

Branches: TypeAlias = tuple[tuple[Guard, bool], ...]

#: A condition with more branches than this is a guard on its own name.
MAX_BRANCHES = 16
#: Conditions that build on conditions, deeper than any reader follows.
MAX_CHAIN = 30


class Conditions:
    """The conditions of one instance of a template."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.decided: dict[str, Branches] = {}
        self.open: list[str] = []

    def branches(self, name: str) -> Branches:
        known = self.decided.get(name)
        if known is not None:
            return known
        subject = self.subject(name)
        entry = self.section.get(name)
        if entry is None or name in self.open or len(self.open) > MAX_CHAIN:
            return _opaque(subject)
        self.open.append(name)
        decided = self._decided(entry.node, subject)
        self.open.pop()
        self.decided[name] = _named(decided, subject)
        return self.decided[name]

    @cached_property
    def section(self) -> dict[str, Entry]:
        return {
            name: entry for name, entry, _ in self.scope.unrolled(self.scope.template.section("Conditions"))
        }

    def subject(self, name: str) -> str:
        """How guards name it: parameters may be called the same."""
        return self.scope.prefix + (f"condition {name}" if name in self.scope.parameters else name)

    def guard(self, name: str, outcome: bool) -> Guard | None:
        """One guard that covers every branch with this outcome, None when it cannot have it."""
        guards = [guard for guard, result in self.branches(name) if result is outcome]
        if not guards:
            return None
        return guards[0] if len(guards) == 1 else Guard.when(self.subject(name), outcome)

    # --- what a condition is made of

    def _decided(self, node: Node, subject: str, depth: int = 0) -> Branches:
        if depth > MAX_CHAIN:
            return _opaque(subject)
        if isinstance(node, Leaf):
            return ((ALWAYS, text_of(node.value).lower() == "true"),)
        name = _condition_name(node)
        if name is not None:
            return self.branches(name)
        arguments = node.argument.items if isinstance(node, Call) and isinstance(node.argument, Items) else []
        function = node.name if isinstance(node, Call) else ""
        if function == "Fn::Equals" and len(arguments) == 2:
            return self._equals(arguments[0], arguments[1])
        if function == "Fn::Not" and len(arguments) == 1:
            inner = self._decided(arguments[0], _spelled(arguments[0]), depth + 1)
            return tuple((guard, not outcome) for guard, outcome in inner)
        if function in ("Fn::And", "Fn::Or") and arguments:
            operands = (self._decided(argument, _spelled(argument), depth + 1) for argument in arguments)
            return self._combined(operands, absorbing=function == "Fn::Or") or _opaque(subject)
        return _opaque(_spelled(node))

    def _combined(self, operands: Iterable[Branches], absorbing: bool) -> Branches:
        """`And` (absorbing False) or `Or` (absorbing True); nothing when there are too many branches."""
        combined: list[tuple[Guard, bool]] = [(ALWAYS, not absorbing)]
        for operand in operands:
            crossed: dict[tuple[Guard, bool], None] = {}
            for guard, outcome in combined:
                if outcome is absorbing:
                    crossed[(guard, outcome)] = None
                    continue
                for other, result in operand:
                    both = self.scope.join(guard, other)
                    if both is not None:
                        crossed[(both, result)] = None
            combined = list(crossed)
            if len(combined) > MAX_BRANCHES:
                return ()
        return tuple(combined)

    def _equals(self, left: Node, right: Node) -> Branches:
        if isinstance(left, Leaf) and isinstance(right, Leaf):
            return ((ALWAYS, text_of(left.value) == text_of(right.value)),)
        for one, other in ((left, right), (right, left)):
            if isinstance(other, Leaf):
                return self._equals_text(one, text_of(other.value))
        exact = self._compared_exactly(left, right)
        return exact or _opaque(f"{_spelled(left)} == {_spelled(right)}", likely=False)

    def _equals_text(self, node: Node, text: str) -> Branches:
        name = referred(node)
        bound = self.scope.parameters.get(name) if name is not None else None
        if bound is None:
            exact = self._compared_exactly(node, Leaf(text, 1, 1, 1))
            return exact or _split(name or _spelled(node), text, likely=False)
        if bound.kind == "closed":
            text = spelled_as(text, bound.domain)
            if text not in bound.domain:
                return ((ALWAYS, False),)
            if len(bound.domain) == 1:
                return ((ALWAYS, True),)
        if bound.kind == "passed":
            known = self._alternatives_equal(bound.value, text)
            if known is not None:
                if bound.value.unknown:
                    known = (*known, *_split(bound.subject, text, likely=False))
                return known
        return self._normalised(_split(bound.subject, text, likely=_first_text(bound.value) == text))

    def _normalised(self, branches: Branches) -> Branches:
        joined = ((self.scope.join(ALWAYS, guard), outcome) for guard, outcome in branches)
        return tuple((guard, outcome) for guard, outcome in joined if guard is not None)

    def _alternatives_equal(self, value: Value[Any], text: str) -> Branches | None:
        found: dict[tuple[Guard, bool], None] = {}
        for alternative in value.alternatives:
            if not isinstance(alternative.value, str | int | float):
                return None
            passed = text_of(alternative.value)
            found[(alternative.guard, passed in (text, spelled_as(text, (passed,))))] = None
        if not value.unknown and len({outcome for _, outcome in found}) == 1:
            return ((ALWAYS, next(iter(found))[1]),)
        return tuple(found) or None if len(found) <= MAX_BRANCHES else None

    def _compared_exactly(self, left: Node, right: Node) -> Branches | None:
        """The branches of a comparison that only closed parameters, mappings and literals decide."""
        if not (self._is_closed(left) and self._is_closed(right)):
            return None
        values = [
            self.scope.value(node, Span(self.scope.template.path, node.line), ALWAYS)
            for node in (left, right)
        ]
        if any(value.unknown or not value.alternatives for value in values):
            return None
        found: dict[tuple[Guard, bool], None] = {}
        for one in values[0].alternatives:
            for other in values[1].alternatives:
                guard = self.scope.join(one.guard, other.guard)
                if not isinstance(one.value, str | int | float) or not isinstance(
                    other.value, str | int | float
                ):
                    return None
                if guard is not None:
                    found[(guard, text_of(one.value) == text_of(other.value))] = None
        if len({outcome for _, outcome in found}) == 1:
            return ((ALWAYS, next(iter(found))[1]),)
        return tuple(found) if 0 < len(found) <= MAX_BRANCHES else None

    def _is_closed(self, node: Node) -> bool:
        for name in names_in(node):
            bound = self.scope.parameters.get(name)
            if bound is None or bound.kind == "open":
                return False
        return True


def _opaque(subject: str, likely: bool = True) -> Branches:
    true, false = (Guard.when(subject, True), True), (Guard.when(subject, False), False)
    return (true, false) if likely else (false, true)


def _split(subject: str, text: str, likely: bool) -> Branches:
    true, false = (Guard.when(subject, text), True), (Guard.unless(subject, text), False)
    return (true, false) if likely else (false, true)


def _named(branches: Branches, subject: str) -> Branches:
    """Branches that other uses of the same condition never meet wrongly: where one guard cannot stand for all branches with
    an outcome, each says the outcome too."""
    outcomes = [outcome for _, outcome in branches]
    if not branches or len(branches) > MAX_BRANCHES:
        return _opaque(subject)
    if len(set(outcomes)) == 1:
        return ((ALWAYS, outcomes[0]),)
    if len(outcomes) == 2:
        return branches
    return tuple((guard & Guard.when(subject, outcome) or guard, outcome) for guard, outcome in branches)


def _condition_name(node: Node) -> str | None:
    if isinstance(node, Call) and node.name == "Condition":
        return text_of(node.argument.value) if isinstance(node.argument, Leaf) else None
    if isinstance(node, Table) and len(node.entries) == 1:
        inner = node.get("Condition")
        return text_of(inner.value) if isinstance(inner, Leaf) else None
    return None


def _first_text(value: Value[Any]) -> str | None:
    first = value.alternatives[0].value if value.alternatives else None
    return text_of(first) if isinstance(first, str | int | float) else None


def _spelled(node: Node) -> str:
    """The text of an expression, as guards name it."""
    text = _spelling(node, 0)
    if len(text) <= 100:
        return text
    return f"{text[:80]}…{hashlib.blake2b(text.encode('utf-8', 'surrogatepass'), digest_size=4).hexdigest()}"


def _spelling(node: Node, depth: int) -> str:
    if isinstance(node, Leaf):
        return text_of(node.value)
    if depth > MAX_CHAIN or node.size > 500:
        return f"<line {node.line}>"
    if isinstance(node, Items):
        return f"[{', '.join(_spelling(item, depth + 1) for item in node.items)}]"
    if isinstance(node, Call):
        return f"!{node.name.removeprefix('Fn::')} {_spelling(node.argument, depth + 1)}"
    return (
        "{"
        + ", ".join(f"{key}: {_spelling(entry.node, depth + 1)}" for key, entry in node.entries.items())
        + "}"
    )
