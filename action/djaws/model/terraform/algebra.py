"""Three-valued arithmetic on values: holes that know their guard and identity, joins, and functions lifted over alternatives."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from djaws.finding import Span
from djaws.model.value import (
    ALWAYS,
    MAX_ALTERNATIVES,
    Alternative,
    Guard,
    Map,
    Reference,
    Seq,
    Unknown,
    Value,
)

MAX_REFERENCES = 64
Scalar = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Hole(Unknown):
    """An unknown that the evaluator can reason about.

    `subject` is its identity in guards (`var.env`), `guard` the only branch on which it occurs. `failed` marks what Terraform
    would refuse, so that `try` can take its next argument. `address` names the resource or module whose attributes it stands
    for. `document` is the structure of a JSON text that is known in part.
    """

    subject: str = ""
    guard: Guard = ALWAYS
    failed: bool = False
    address: str = ""
    document: Value[Any] | None = None


class Wrong(Exception):
    """What Terraform itself would refuse: an index out of range, a missing key."""


class Unsupported(Exception):
    """What this evaluator does not compute."""


def hole(unknown: Unknown) -> Hole:
    if isinstance(unknown, Hole):
        return unknown
    return Hole(unknown.because, unknown.span, unknown.references, unknown.parts)


def not_known(because: str, span: Span, references: tuple[Reference, ...] = (), **more: Any) -> Value[Any]:
    return Value((), Hole(because, span, references, **more))


def failed(because: str, span: Span, guard: Guard = ALWAYS) -> Value[Any]:
    return Value((), Hole(because, span, guard=guard, failed=True))


def is_failed(unknown: Unknown | None) -> bool:
    return isinstance(unknown, Hole) and unknown.failed


def guard_of(unknown: Unknown | None) -> Guard:
    return unknown.guard if isinstance(unknown, Hole) else ALWAYS


def subject_of(unknown: Unknown | None) -> str:
    return unknown.subject if isinstance(unknown, Hole) else ""


def mixed(references: Iterable[Reference], more: Iterable[Reference]) -> tuple[Reference, ...]:
    """Both, each once, bounded."""
    return tuple(dict.fromkeys((*references, *more)))[:MAX_REFERENCES]


def join(first: Unknown | None, second: Unknown | None) -> Unknown | None:
    """Either of two unknowns, told as one. A failure gives way to what is truly unknown."""
    if first is None or second is None:
        return first or second
    if first is second or first == second:
        return first
    if is_failed(first) and not is_failed(second):
        first, second = second, first
    elif is_failed(second) and not is_failed(first):
        pass
    leader = hole(first)
    same = guard_of(second) == leader.guard
    return replace(
        leader,
        guard=leader.guard if same else ALWAYS,
        references=mixed(leader.references, second.references),
        subject="",
        parts=(),
        document=None,
        address="",
    )


def derived(unknown: Unknown, references: Iterable[Reference] = ()) -> Hole:
    """An unknown computed from another: same reason and guard, its identity lost."""
    source = hole(unknown)
    return Hole(
        source.because,
        source.span,
        mixed(source.references, references) if references else source.references,
        guard=source.guard,
        failed=source.failed,
    )


def narrowed(unknown: Unknown | None, guard: Guard) -> Unknown | None:
    """The unknown on a branch, None when it does not occur there."""
    if unknown is None or not guard:
        return unknown
    joined = guard_of(unknown) & guard
    return None if joined is None else replace(hole(unknown), guard=joined)


def under(value: Value[Any], guard: Guard) -> Value[Any]:
    """What remains possible on a branch, the unknown included."""
    if not guard:
        return value
    return Value(value.when(guard).alternatives, narrowed(value.unknown, guard))


def possible(value: Value[Any], guard: Guard) -> Value[Any]:
    """What can occur on a branch, guards as they are: for parts of something that carries the branch's guard itself."""
    if not guard:
        return value
    kept = tuple(alternative for alternative in value.alternatives if alternative.guard & guard is not None)
    unknown = value.unknown if narrowed(value.unknown, guard) is not None else None
    return Value(kept, unknown)


def union(values: Sequence[Value[Any]]) -> Value[Any]:
    """Whatever any of them can be."""
    if len(values) == 1:
        return values[0]
    unknown: Unknown | None = None
    alternatives: list[Alternative[Any]] = []
    for value in values:
        unknown = join(unknown, value.unknown)
        alternatives += value.alternatives
    return bounded(distinct(alternatives), unknown)


def distinct(alternatives: list[Alternative[Any]]) -> list[Alternative[Any]]:
    """Each possibility once: `1` and `true` stay apart although Python holds them equal."""
    if len(alternatives) < 2:
        return alternatives
    seen: dict[tuple[type, Any, Guard], Alternative[Any]] = {}
    for alternative in alternatives:
        data = alternative.value
        identity = id(data) if isinstance(data, list | dict) else data
        seen.setdefault((type(data), identity, alternative.guard), alternative)
    return list(seen.values())


def bounded(alternatives: Sequence[Alternative[Any]], unknown: Unknown | None) -> Value[Any]:
    if len(alternatives) <= MAX_ALTERNATIVES:
        return Value(tuple(alternatives), unknown)
    too_many = Hole(f"more than {MAX_ALTERNATIVES} possibilities", alternatives[0].span)
    return Value(
        tuple(alternatives[:MAX_ALTERNATIVES]), join(unknown if not is_failed(unknown) else None, too_many)
    )


def bind(value: Value[Any], function: Callable[[Any], Value[Any]]) -> Value[Any]:
    """`function` on every alternative; guards and references of the container travel to what is taken out of it."""
    alternatives = value.alternatives
    if len(alternatives) == 1 and value.unknown is None:
        only = alternatives[0]
        inner = function(only.value)
        return inner if not only.guard and not only.references else _carried(inner, only)
    parts = [_carried(function(alternative.value), alternative) for alternative in alternatives]
    if value.unknown is not None:
        parts.append(Value((), value.unknown))
    return union(parts) if parts else value


def _carried(inner: Value[Any], outer: Alternative[Any]) -> Value[Any]:
    if outer.references:
        inner = referring(inner, outer.references)
    return under(inner, outer.guard)


def referring(value: Value[Any], references: tuple[Reference, ...]) -> Value[Any]:
    """The same value, with these edges."""
    unknown = value.unknown
    if unknown is not None:
        unknown = replace(unknown, references=mixed(unknown.references, references))
    return Value(
        tuple(replace(alt, references=mixed(alt.references, references)) for alt in value.alternatives),
        unknown,
    )


def shown_at(value: Value[Any], span: Span) -> Value[Any]:
    """The known possibilities shown at `span`; an unknown keeps the place that explains it."""
    alternatives = value.alternatives
    if len(alternatives) == 1:
        only = alternatives[0]
        if only.span == span:
            return value
        return Value(
            (Alternative(only.value, span, only.guard, only.written, only.references),), value.unknown
        )
    return Value(tuple(replace(alt, span=span) for alt in alternatives), value.unknown)


Combination = tuple[Guard, tuple[Any, ...], tuple[Reference, ...]]


def combinations(values: Sequence[Value[Any]]) -> tuple[list[Combination], bool]:
    """Every compatible choice of one alternative each, and whether some were cut off."""
    found: list[Combination] = [(ALWAYS, (), ())]
    cut = False
    for value in values:
        grown: list[Combination] = []
        for guard, chosen, references in found:
            for alternative in value.alternatives:
                joined = guard & alternative.guard
                if joined is not None:
                    edges = (
                        mixed(references, alternative.references) if alternative.references else references
                    )
                    grown.append((joined, (*chosen, alternative.value), edges))
        if len(grown) > MAX_ALTERNATIVES:
            grown, cut = grown[:MAX_ALTERNATIVES], True
        found = grown
    return found, cut


def lift(function: Callable[..., Any], values: Sequence[Value[Any]], span: Span) -> Value[Any]:
    """`function` over every compatible combination of alternatives. Unknown in, unknown among what comes out.

    `Wrong` becomes a failure on its branch, `Unsupported` and Python's own complaints an unknown.
    """
    unknown = unknown_among(values)
    if cut_off := (found := combinations(values))[1]:
        unknown = join(unknown, Hole(f"more than {MAX_ALTERNATIVES} possibilities", span))
    results: list[Alternative[Any]] = []
    for guard, chosen, references in found[0]:
        try:
            results.append(Alternative(function(*chosen), span, guard, True, references))
        except Wrong as error:
            unknown = join(unknown, Hole(str(error), span, references, guard=guard, failed=True))
        except Unsupported as error:
            unknown = join(unknown, Hole(str(error), span, references, guard=guard))
        except (ValueError, TypeError, ArithmeticError, LookupError, AttributeError) as error:
            unknown = join(unknown, Hole(f"cannot be computed: {error}", span, references, guard=guard))
    return Value(tuple(results if cut_off or len(results) < 2 else distinct(results)), unknown)


def unknown_among(values: Sequence[Value[Any]]) -> Unknown | None:
    """The unknown that a computation over `values` inherits, with every edge of all of them."""
    unknown: Unknown | None = None
    for value in values:
        if value.unknown is not None:
            unknown = join(unknown, derived(value.unknown))
    if unknown is None or len(values) == 1:
        return unknown
    return derived(unknown, (reference for value in values for reference in value.references))


# --- data


def is_missing(alternative: Alternative[Any]) -> bool:
    """Whether nobody wrote it (unlike an explicit null)."""
    return alternative.value is None and not alternative.written


def settled(data: Map) -> tuple[list[tuple[Guard, Map]], bool]:
    """A map whose keys exist on some branches only, as one map for each branch; and whether some were cut off."""
    if not any(is_missing(alt) for entry in data.entries.values() for alt in entry.alternatives):
        return [(ALWAYS, data)], False
    branches: list[tuple[Guard, dict[str, Value[Any]]]] = [(ALWAYS, {})]
    for key, entry in data.entries.items():
        grown = [step for guard, entries in branches for step in _with_entry(guard, entries, key, entry)]
        if len(grown) > MAX_ALTERNATIVES:
            return [], True
        branches = grown
    return [
        (guard, Map(MappingProxyType(entries), data.rest, data.span)) for guard, entries in branches
    ], False


def _with_entry(
    guard: Guard, entries: dict[str, Value[Any]], key: str, entry: Value[Any]
) -> Iterable[tuple[Guard, dict[str, Value[Any]]]]:
    missing = [alt for alt in entry.alternatives if is_missing(alt)]
    present = Value(tuple(alt for alt in entry.alternatives if not is_missing(alt)), entry.unknown)
    if not missing:
        yield guard, {**entries, key: present}
        return
    for alternative in present.alternatives:
        joined = guard & alternative.guard
        if joined is not None:
            yield joined, {**entries, key: Value((alternative,))}
    if present.unknown is not None:
        joined = guard & guard_of(present.unknown)
        if joined is not None:
            yield joined, {**entries, key: Value((), present.unknown)}
    for alternative in missing:
        joined = guard & alternative.guard
        if joined is not None:
            yield joined, entries


def settle(value: Value[Any]) -> Value[Any]:
    """The same value, every map in its top level with keys that certainly exist."""
    return bind(value, _settle)


def _settle(data: Any) -> Value[Any]:
    if not isinstance(data, Map):
        return Value.of(data, Span(""))
    branches, cut = settled(data)
    if cut:
        return not_known(f"more than {MAX_ALTERNATIVES} possible sets of keys", data.span)
    return Value(tuple(Alternative(map_, data.span, guard) for guard, map_ in branches))


def spread(value: Value[Any]) -> Value[Any]:
    """The value with its data as plain Python all the way down, one alternative for each combination of what is inside."""
    if value.unknown is None and all(not isinstance(alt.value, Map | Seq) for alt in value.alternatives):
        return value
    return bind(value, _spread)


def _spread(data: Any) -> Value[Any]:
    if isinstance(data, Seq):
        return _spread_parts(list(data.items), data.rest, lambda *items: list(items))
    if isinstance(data, Map):
        keys = list(data.entries)
        parts = [data.entries[key] for key in keys]
        missing = any(is_missing(alt) for part in parts for alt in part.alternatives)
        if missing:
            branches, cut = settled(data)
            if cut:
                return not_known(f"more than {MAX_ALTERNATIVES} possible sets of keys", data.span)
            return union([under(_spread(inner), guard) for guard, inner in branches])
        return _spread_parts(parts, data.rest, lambda *items: dict(zip(keys, items, strict=True)))
    return Value.of(data, Span(""))


def _spread_parts(parts: list[Value[Any]], rest: Unknown | None, build: Callable[..., Any]) -> Value[Any]:
    plain_parts = [spread(part) for part in parts]
    if rest is not None:
        return Value((), derived(rest, (ref for part in plain_parts for ref in part.references)))
    unknown = unknown_among(plain_parts)
    found, cut = combinations(plain_parts)
    if cut:
        unknown = join(unknown, Hole(f"more than {MAX_ALTERNATIVES} possibilities", Span("")))
    built = [Alternative(build(*chosen), Span(""), guard, True, refs) for guard, chosen, refs in found]
    return Value(tuple(built), unknown)


def wrap(data: Any, span: Span) -> Any:
    """Plain Python as the data of a value: dicts become maps, lists sequences, each part shown at `span`."""
    if isinstance(data, dict):
        return Map(
            MappingProxyType({str(k): Value.of(wrap(v, span), span) for k, v in data.items()}), None, span
        )
    if isinstance(data, list | tuple):
        return Seq(tuple(Value.of(wrap(item, span), span) for item in data))
    return data


def wrapped(value: Value[Any], span: Span) -> Value[Any]:
    return Value(
        tuple(replace(alt, value=wrap(alt.value, span)) for alt in value.alternatives), value.unknown
    )


def text_of(data: Scalar) -> str:
    """A scalar as it appears inside a template."""
    if isinstance(data, bool):
        return "true" if data else "false"
    if isinstance(data, float):
        return str(int(data)) if data.is_integer() else repr(data)
    if isinstance(data, int):
        if data.bit_length() > 4096:
            raise Unsupported("a number too large to print")
        return str(data)
    if isinstance(data, str):
        return data
    raise Wrong(f"{'null' if data is None else type(data).__name__} cannot stand in a text")


def number_of(data: Any) -> int | float:
    """A scalar as a number, as Terraform converts it."""
    if isinstance(data, bool) or not isinstance(data, int | float | str):
        raise Wrong("a number is required")
    if not isinstance(data, str):
        return data
    try:
        return int(data)
    except ValueError:
        pass
    try:
        return tidy(float(data))
    except ValueError as error:
        raise Wrong(f'"{data[:40]}" is not a number') from error


def tidy(value: float | int) -> int | float:
    """Whole numbers as ints."""
    if isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")):
            raise Unsupported("a number out of range")
        return int(value) if value.is_integer() else value
    if value.bit_length() > 4096:
        raise Unsupported("a number out of range")
    return value


def bool_of(data: Any) -> bool:
    if isinstance(data, bool):
        return data
    if data in ("true", "1"):
        return True
    if data in ("false", "0"):
        return False
    raise Wrong("true or false is required")


def same(left: Any, right: Any) -> bool:
    """Terraform's `==` on plain data: types must agree."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, int | float) and isinstance(right, int | float):
        return left == right
    return type(left) is type(right) and bool(left == right)
