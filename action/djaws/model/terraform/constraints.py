"""Type constraints of variables: conversions of scalars, and the defaults of optional attributes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from djaws.finding import Span
from djaws.model.terraform.algebra import Hole, Wrong, bool_of, join, number_of, text_of, under, union
from djaws.model.terraform.functions import as_set
from djaws.model.terraform.syntax import Call, Literal, Name, Node, ObjectExpr, TupleExpr
from djaws.model.value import Alternative, Map, Seq, Unknown, Value


@dataclass(frozen=True, slots=True)
class Constraint:
    """`kind` is any, string, number, bool, list, set, map, object or tuple; `of` the element type.

    `attributes` gives an object's: type, whether optional, and the default's expression.
    """

    kind: str = "any"
    of: Constraint | None = None
    attributes: dict[str, tuple[Constraint, bool, Node | None]] = field(default_factory=dict)


ANY = Constraint()
_SCALARS = ("string", "number", "bool")


def read(node: Node | None) -> Constraint:
    """The constraint that a `type` argument spells; anything unusual is `any`."""
    if isinstance(node, Name):
        return Constraint(node.name) if node.name in _SCALARS else _bare(node.name)
    if isinstance(node, Literal) and isinstance(node.value, str):
        return Constraint(node.value) if node.value in _SCALARS else _bare(node.value)
    if isinstance(node, Call) and node.arguments:
        if node.name in ("list", "set", "map"):
            return Constraint(node.name, read(node.arguments[0]))
        if node.name == "object" and isinstance(node.arguments[0], ObjectExpr):
            return Constraint("object", attributes=_attributes(node.arguments[0]))
        if node.name == "tuple" and isinstance(node.arguments[0], TupleExpr):
            return Constraint("tuple")
    return ANY


def _bare(name: str) -> Constraint:
    """The old spellings `list` and `map` without an element type."""
    return Constraint(name, ANY) if name in ("list", "map") else ANY


def _attributes(node: ObjectExpr) -> dict[str, tuple[Constraint, bool, Node | None]]:
    found = {}
    for key, value in node.elements:
        if not (isinstance(key, Literal) and isinstance(key.value, str)):
            continue
        if isinstance(value, Call) and value.name == "optional" and value.arguments:
            default = value.arguments[1] if len(value.arguments) > 1 else None
            found[key.value] = (read(value.arguments[0]), True, default)
        else:
            found[key.value] = (read(value), False, None)
    return found


Default = Callable[[Node], Value[Any]]


def conform(value: Value[Any], to: Constraint, span: Span, default: Default) -> Value[Any]:
    """The value as Terraform converts it for a variable of this type. What cannot be converted becomes a failure."""
    if to.kind == "any":
        return value
    converted = [_conformed(alternative, to, span, default) for alternative in value.alternatives]
    unknown: Unknown | None = value.unknown
    alternatives: list[Alternative[Any]] = []
    for item in converted:
        alternatives += item.alternatives
        unknown = join(unknown, item.unknown) if item.unknown is not None else unknown
    return Value(tuple(alternatives), unknown)


def _conformed(alternative: Alternative[Any], to: Constraint, span: Span, default: Default) -> Value[Any]:
    data = alternative.value
    if data is None or (type(data) not in (Map, Seq) and isinstance(data, Map | Seq)):
        return Value((alternative,))
    try:
        made = _converted(data, to, span, default)
    except (Wrong, ValueError) as error:
        return Value((), Hole(str(error), alternative.span, guard=alternative.guard, failed=True))
    return Value((alternative if made is data else replace(alternative, value=made),))


def _converted(data: Any, to: Constraint, span: Span, default: Default) -> Any:
    if to.kind in _SCALARS:
        if isinstance(data, Map | Seq):
            raise Wrong(f"a {to.kind} is required")
        return {"string": text_of, "number": number_of, "bool": bool_of}[to.kind](data)
    if to.kind in ("list", "set"):
        return _list(data, to, span, default)
    if to.kind == "map":
        return _map(data, to, span, default)
    if to.kind == "object":
        return _object(data, to, span, default)
    return data


def _list(data: Any, to: Constraint, span: Span, default: Default) -> Any:
    if not isinstance(data, Seq):
        raise Wrong("a list is required")
    of = to.of or ANY
    items = (
        unified(data).items
        if of.kind == "any"
        else tuple(conform(item, of, span, default) for item in data.items)
    )
    return _as_set(Seq(items, data.rest), span) if to.kind == "set" and items else Seq(items, data.rest)


def _as_set(data: Seq, span: Span) -> Seq:
    plain = [item.only(None) for item in data.items]
    known = zip(plain, data.items, strict=True)
    if not all(isinstance(value, str | int | float) and item.is_known for value, item in known):
        return maybe_equal(data, span)
    by_value = {
        (type(value), value): item for value, item in zip(reversed(plain), reversed(data.items), strict=True)
    }
    items = (by_value.get((type(value), value), data.items[0]) for value in as_set(plain))
    return Seq(tuple(items), data.rest)


def maybe_equal(data: Seq, span: Span) -> Seq:
    """A set with uncertain members: all are in it, but two may be one, so that its size is open."""
    if data.rest is not None or len(data.items) < 2:
        return data
    return Seq(data.items, Hole("two of its members may be equal", span))


def unified(data: Any) -> Any:
    """The collection with its scalars made texts where their types differ, as a list or map of `any` is."""
    parts = data.items if isinstance(data, Seq) else tuple(data.entries.values()) if type(data) is Map else ()
    kinds = {_kind(alternative.value) for part in parts for alternative in part.alternatives} - {None}
    if len(kinds) < 2 or not kinds <= {"text", "number", "bool"}:
        return data
    return _each_part(data, lambda part: part.map(lambda value: value if value is None else text_of(value)))


def _kind(data: Any) -> str | None:
    if isinstance(data, Map | Seq):
        return "collection"
    if isinstance(data, bool):
        return "bool"
    return None if data is None else "text" if isinstance(data, str) else "number"


def _each_part(data: Any, change: Callable[[Value[Any]], Value[Any]]) -> Any:
    if isinstance(data, Seq):
        return Seq(tuple(map(change, data.items)), data.rest)
    entries = {key: change(entry) for key, entry in data.entries.items()}
    return Map(MappingProxyType(entries), data.rest, data.span)


def _map(data: Any, to: Constraint, span: Span, default: Default) -> Any:
    if not isinstance(data, Map):
        raise Wrong("a map is required")
    of = to.of or ANY
    if of.kind == "any":
        return unified(data)
    entries = {key: conform(entry, of, span, default) for key, entry in data.entries.items()}
    return Map(MappingProxyType(entries), data.rest, data.span)


def _object(data: Any, to: Constraint, span: Span, default: Default) -> Any:
    if not isinstance(data, Map):
        raise Wrong("an object is required")
    entries: dict[str, Value[Any]] = {}
    for name, (kind, is_optional, node) in to.attributes.items():
        given = data.entries.get(name)
        if given is not None:
            entries[name] = _with_default(conform(given, kind, span, default), node, kind, span, default)
        elif data.rest is not None:
            entries[name] = Value((), data.rest)
        elif is_optional:
            entries[name] = _default(node, kind, span, default)
    return Map(MappingProxyType(entries), None, data.span)


def _default(node: Node | None, kind: Constraint, span: Span, default: Default) -> Value[Any]:
    """The default of an optional attribute; nobody wrote it at the call. Null counts as set, so that it can be read."""
    if node is None:
        return Value.of(None, span)
    return conform(default(node), kind, span, default)


def _with_default(
    value: Value[Any], node: Node | None, kind: Constraint, span: Span, default: Default
) -> Value[Any]:
    """A null takes the default too."""
    if node is None or not value.sometimes(lambda data: data is None):
        return value
    made = _default(node, kind, span, default)
    kept = Value(
        tuple(alternative for alternative in value.alternatives if alternative.value is not None),
        value.unknown,
    )
    return union([kept, *(under(made, alt.guard) for alt in value.alternatives if alt.value is None)])
