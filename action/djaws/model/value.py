"""Three-valued values: what a setting or an attribute can be, where each possibility was written, and under which condition.

A `Value` is a set of alternatives plus, possibly, "or something unknown". Policies ask `always`, `never` and `sometimes`;
an unknown satisfies neither of the first two, so that it can never convict.

Data inside a value is plain Python for scalars (`str`, `int`, `float`, `bool`, `None`), `Map` for objects and `Seq` for lists,
whose parts are values again. `None` stands for absent, null and `AWS::NoValue` alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import product
from types import MappingProxyType
from typing import Any, Generic, TypeVar

from djaws.finding import Span

T = TypeVar("T")
U = TypeVar("U")

#: Past this many alternatives a value says "or something unknown" instead: no branch is lost, and none explodes.
MAX_ALTERNATIVES = 32

NOWHERE = Span("")


@dataclass(frozen=True, slots=True)
class Guard:
    """The condition under which an alternative holds: for each subject either the one value it has or those it does not.

    A subject is anything that was branched on: `("var.env", is "prod")`, `("tfvars", is "prod.tfvars")`,
    `("terraform.workspace", is not {"prod"})`, or a whole condition's text that is `True` or `False`.
    """

    terms: tuple[tuple[str, bool, frozenset[object]], ...] = ()

    @staticmethod
    def when(subject: str, value: object) -> Guard:
        return Guard(((subject, True, frozenset({value})),))

    @staticmethod
    def unless(subject: str, *values: object) -> Guard:
        return Guard(((subject, False, frozenset(values)),))

    def __bool__(self) -> bool:
        return bool(self.terms)

    def __and__(self, other: Guard) -> Guard | None:
        """Both at once, or None when they contradict each other."""
        if not self.terms or self == other:
            return other
        if not other.terms:
            return self
        joined = {subject: (equal, values) for subject, equal, values in self.terms}
        for subject, equal, values in other.terms:
            if subject not in joined:
                joined[subject] = (equal, values)
                continue
            merged = _both(joined[subject], (equal, values))
            if merged is None:
                return None
            joined[subject] = merged
        return Guard(tuple(sorted(((s, e, v) for s, (e, v) in joined.items()), key=lambda term: term[0])))

    def __str__(self) -> str:
        return " and ".join(_term_text(*term) for term in self.terms)


def _both(
    left: tuple[bool, frozenset[object]], right: tuple[bool, frozenset[object]]
) -> tuple[bool, frozenset[object]] | None:
    (left_is, left_values), (right_is, right_values) = left, right
    if left_is and right_is:
        return left if left_values == right_values else None
    if not left_is and not right_is:
        return (False, left_values | right_values)
    chosen, barred = (left_values, right_values) if left_is else (right_values, left_values)
    return None if chosen & barred else (True, chosen)


def _term_text(subject: str, equal: bool, values: frozenset[object]) -> str:
    if values == {True}:
        return subject if equal else f"not ({subject})"
    if values == {False}:
        return f"not ({subject})" if equal else subject
    listed = " or ".join(sorted(f'"{value}"' if isinstance(value, str) else str(value) for value in values))
    return f"{subject} is {'' if equal else 'not '}{listed}"


ALWAYS = Guard()


@dataclass(frozen=True, slots=True)
class Reference:
    """An edge of the graph: the address that an expression names, and the attribute it takes (`aws_sqs_queue.jobs`, `arn`).

    Terraform addresses carry their module path (`module.web.aws_lb.main`, `module.web.var.name`);
    CloudFormation ones are logical ids or parameter names.
    """

    address: str
    attribute: str = ""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Why something cannot be known, and the place that says so.

    `parts` are the literal pieces of a text that is known in part, with None for each hole: `("s3://", None, "/media")`.
    """

    because: str
    span: Span
    references: tuple[Reference, ...] = ()
    parts: tuple[str | None, ...] = ()

    def starts_with(self, text: str) -> bool:
        return bool(self.parts) and self.parts[0] is not None and self.parts[0].startswith(text)

    def ends_with(self, text: str) -> bool:
        return bool(self.parts) and self.parts[-1] is not None and self.parts[-1].endswith(text)


@dataclass(frozen=True, slots=True)
class Alternative(Generic[T]):
    """One possibility. `written` is false when nobody wrote it and a default holds."""

    value: T
    span: Span
    guard: Guard = ALWAYS
    written: bool = True
    references: tuple[Reference, ...] = ()


@dataclass(frozen=True, slots=True)
class Value(Generic[T]):
    """All that something can be."""

    alternatives: tuple[Alternative[T], ...] = ()
    unknown: Unknown | None = None

    @staticmethod
    def of(
        value: U,
        span: Span,
        *,
        guard: Guard = ALWAYS,
        written: bool = True,
        references: tuple[Reference, ...] = (),
    ) -> Value[U]:
        """Exactly one known possibility."""
        return Value((Alternative(value, span, guard, written, references),))

    @staticmethod
    def absent(span: Span) -> Value[Any]:
        """Nobody wrote it; `span` is the place that would have."""
        return Value((Alternative(None, span, written=False),))

    @staticmethod
    def not_known(
        because: str,
        span: Span,
        references: tuple[Reference, ...] = (),
        parts: tuple[str | None, ...] = (),
    ) -> Value[Any]:
        return Value((), Unknown(because, span, references, parts))

    @staticmethod
    def either(*values: Value[U]) -> Value[U]:
        """The union: whatever any of them can be."""
        alternatives = tuple(dict.fromkeys(alt for value in values for alt in value.alternatives))
        unknown = next((value.unknown for value in values if value.unknown), None)
        return _bounded(alternatives, unknown)

    # --- questions

    @property
    def is_known(self) -> bool:
        return self.unknown is None

    @property
    def is_absent(self) -> bool:
        """Certainly nobody set it (or set it to null)."""
        return self.always(lambda value: value is None)

    @property
    def span(self) -> Span:
        """The place of the first alternative, else of what makes it unknown."""
        if self.alternatives:
            return self.alternatives[0].span
        return self.unknown.span if self.unknown else NOWHERE

    @property
    def references(self) -> tuple[Reference, ...]:
        """Every edge that any possibility carries."""
        found = [ref for alt in self.alternatives for ref in alt.references]
        if self.unknown:
            found += self.unknown.references
        return tuple(dict.fromkeys(found))

    def always(self, test: Callable[[T], bool]) -> bool:
        """Whether every possibility is known and satisfies `test`."""
        return (
            self.unknown is None
            and bool(self.alternatives)
            and all(test(alt.value) for alt in self.alternatives)
        )

    def never(self, test: Callable[[T], bool]) -> bool:
        """Whether every possibility is known and none satisfies `test`."""
        return self.unknown is None and not any(test(alt.value) for alt in self.alternatives)

    def sometimes(self, test: Callable[[T], bool]) -> tuple[Alternative[T], ...]:
        """The known possibilities that satisfy `test`; an unknown one is never among them."""
        return tuple(alt for alt in self.alternatives if test(alt.value))

    def only(self, fallback: U) -> T | U:
        """The value when exactly one is possible, else `fallback`."""
        if self.unknown is None and len(self.alternatives) == 1:
            return self.alternatives[0].value
        return fallback

    # --- derivations

    def map(self, function: Callable[[T], U]) -> Value[U]:
        """`function` applied to every alternative; places, guards and the unknown stay."""
        return Value(
            tuple(
                Alternative(function(alt.value), alt.span, alt.guard, alt.written, alt.references)
                for alt in self.alternatives
            ),
            self.unknown,
        )

    def bind(self, function: Callable[[T], Value[U]]) -> Value[U]:
        """Like `map` for a function that answers with a value: guards are joined, contradictions drop out."""
        results: list[Alternative[U]] = []
        unknown = self.unknown
        for alt in self.alternatives:
            inner = function(alt.value)
            unknown = unknown or inner.unknown
            for part in inner.alternatives:
                guard = alt.guard & part.guard
                if guard is not None:
                    results.append(replace(part, guard=guard))
        return _bounded(tuple(dict.fromkeys(results)), unknown)

    def when(self, guard: Guard) -> Value[T]:
        """What remains possible under `guard`, which every alternative then carries."""
        if not guard:
            return self
        kept = []
        for alt in self.alternatives:
            joined = alt.guard & guard
            if joined is not None:
                kept.append(replace(alt, guard=joined))
        return Value(tuple(kept), self.unknown)

    def at(self, span: Span) -> Value[T]:
        """The same possibilities, shown at `span` (a use instead of the definition)."""
        unknown = replace(self.unknown, span=span) if self.unknown else None
        return Value(tuple(replace(alt, span=span) for alt in self.alternatives), unknown)

    def or_default(self, default: U) -> Value[T | U]:
        """`default` in place of absence; it keeps `written` false."""
        filled: list[Alternative[Any]] = [
            Alternative(default, alt.span, alt.guard, False, alt.references) if alt.value is None else alt
            for alt in self.alternatives
        ]
        return Value(tuple(filled), self.unknown)


def combine(function: Callable[..., U], *values: Value[Any], span: Span) -> Value[U]:
    """`function` over every compatible combination of the values' alternatives, shown at `span`.

    Alternatives whose guards contradict each other never meet. When any value may be unknown, so may the answer.
    A `ValueError` or `TypeError` of `function` makes the answer unknown: it asked the impossible of these inputs.
    """
    unknown = next((value.unknown for value in values if value.unknown), None)
    results: list[Alternative[U]] = []
    for combination in _compatible(values):
        guard, alternatives = combination
        try:
            answer = function(*(alt.value for alt in alternatives))
        except (ValueError, TypeError, ArithmeticError, LookupError) as error:
            unknown = unknown or Unknown(f"cannot be computed: {error}", span)
            continue
        references = tuple(dict.fromkeys(ref for alt in alternatives for ref in alt.references))
        results.append(Alternative(answer, span, guard, True, references))
        if len(results) > MAX_ALTERNATIVES:
            break
    if unknown:
        references = tuple(dict.fromkeys(ref for value in values for ref in value.references))
        unknown = replace(unknown, references=references)
    return _bounded(tuple(_unique(results)), unknown)


def _compatible(values: tuple[Value[Any], ...]) -> Iterator[tuple[Guard, tuple[Alternative[Any], ...]]]:
    for alternatives in product(*(value.alternatives for value in values)):
        guard: Guard | None = ALWAYS
        for alt in alternatives:
            guard = guard & alt.guard if guard is not None else None
        if guard is not None:
            yield guard, alternatives


def _unique(alternatives: list[Alternative[U]]) -> Iterator[Alternative[U]]:
    seen = set()
    for alt in alternatives:
        # 1 == True in Python: the type keeps them apart.
        key = (type(alt.value), alt.value, alt.guard)
        if key not in seen:
            seen.add(key)
            yield alt


def _bounded(alternatives: tuple[Alternative[U], ...], unknown: Unknown | None) -> Value[U]:
    if len(alternatives) <= MAX_ALTERNATIVES:
        return Value(alternatives, unknown)
    span = alternatives[0].span
    return Value(
        alternatives[:MAX_ALTERNATIVES],
        unknown or Unknown(f"more than {MAX_ALTERNATIVES} possibilities", span),
    )


@dataclass(frozen=True, slots=True)
class Map:
    """An object. With `rest` it is open: there may be other keys, and why."""

    entries: Mapping[str, Value[Any]] = field(default_factory=dict)
    rest: Unknown | None = None
    span: Span = NOWHERE

    def __hash__(self) -> int:
        return hash((tuple(self.entries.items()), self.rest))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Map) and dict(self.entries) == dict(other.entries) and self.rest == other.rest
        )

    def get(self, key: str) -> Value[Any]:
        """The entry; when it is missing, absent, or unknown where the map is open."""
        if key in self.entries:
            return self.entries[key]
        if self.rest:
            return Value((), self.rest)
        return Value.absent(self.span)

    def merge(self, other: Map) -> Map:
        """`other` laid over this: its keys win; where it is open, ours may or may not be overridden."""
        entries = dict(self.entries)
        if other.rest:
            entries = {
                key: Value(value.alternatives, value.unknown or other.rest) for key, value in entries.items()
            }
        for key, value in other.entries.items():
            entries[key] = _overlay(entries.get(key), value, self.rest)
        return Map(
            MappingProxyType(entries), self.rest or other.rest, other.span if other.entries else self.span
        )


def _overlay(under: Value[Any] | None, over: Value[Any], rest: Unknown | None) -> Value[Any]:
    """`over`, except where it is absent: there what lies under shows through."""
    if not over.sometimes(lambda value: value is None):
        return over
    kept = Value(over.sometimes(lambda value: value is not None), over.unknown)
    if under is None:
        under = Value((), rest) if rest else Value(over.sometimes(lambda value: value is None))
    through = [under.when(alt.guard) for alt in over.sometimes(lambda value: value is None)]
    return Value.either(kept, *through)


@dataclass(frozen=True, slots=True)
class Seq:
    """A list. With `rest` it is open: there may be further items, and why."""

    items: tuple[Value[Any], ...] = ()
    rest: Unknown | None = None

    def __iter__(self) -> Iterator[Value[Any]]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)


class NotPlain(Exception):
    """A value that is not wholly known, so it has no plain form."""

    def __init__(self, unknown: Unknown) -> None:
        super().__init__(unknown.because)
        self.unknown = unknown


def plain(value: Any) -> Any:
    """The plain Python form of wholly known, unambiguous data: dicts, lists and scalars. `NotPlain` otherwise."""
    if isinstance(value, Value):
        if value.unknown:
            raise NotPlain(value.unknown)
        if len(value.alternatives) != 1:
            raise NotPlain(Unknown("it has several alternatives", value.span))
        return plain(value.alternatives[0].value)
    if isinstance(value, Map):
        if value.rest:
            raise NotPlain(value.rest)
        return {key: plain(entry) for key, entry in value.entries.items()}
    if isinstance(value, Seq):
        if value.rest:
            raise NotPlain(value.rest)
        return [plain(item) for item in value.items]
    return value
