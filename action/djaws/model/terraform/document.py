"""JSON documents inside attributes (policies, container definitions) as structured values, known as far as they are."""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from djaws.finding import Span
from djaws.model.terraform.algebra import (
    Hole,
    Wrong,
    bind,
    derived,
    failed,
    guard_of,
    join,
    lift,
    referring,
    under,
    union,
    wrap,
)
from djaws.model.value import Alternative, Map, Seq, Unknown, Value

if TYPE_CHECKING:
    from djaws.model.terraform.module import Body

_HOLE = "DJAWS-HOLE"


def document(value: Value[Any]) -> Value[Any]:
    """What the JSON text in `value` says, as `Map` and `Seq`.

    Objects and lists (CloudFormation writes documents so) pass through. A text that is known in part, through `jsonencode`,
    a heredoc or an `aws_iam_policy_document`, is read as far as it goes: its unknown pieces are unknown strings inside.
    Text that is no JSON is unknown.
    """
    found = [_read(alternative) for alternative in value.alternatives]
    if value.unknown is not None:
        found.append(_inside(value.unknown))
    return union(found) if found else value


def _read(alternative: Alternative[Any]) -> Value[Any]:
    return bind(Value((alternative,)), lambda data: _parsed(data, alternative.span))


def _parsed(data: Any, span: Span) -> Value[Any]:
    if not isinstance(data, str):
        return Value.of(data, span)
    try:
        return Value.of(wrap(json.loads(data, strict=False), span), span)
    except (ValueError, RecursionError):
        return Value.not_known("it is no JSON", span)


def _inside(unknown: Unknown) -> Value[Any]:
    structure = unknown.document if isinstance(unknown, Hole) else None
    if structure is not None:
        return under(structure, guard_of(unknown))
    if any(unknown.parts):
        return under(_with_holes(unknown), guard_of(unknown))
    return Value((), unknown)


def _with_holes(unknown: Unknown) -> Value[Any]:
    """A template that spells JSON with holes: each is an unknown part of a string, or an unknown value where it stands alone."""
    text = ""
    is_inside = False
    for part in unknown.parts:
        if part is None:
            text += _HOLE if is_inside else f'"{_HOLE}"'
        else:
            text += part
            is_inside = _ends_in_string(part, is_inside)
    try:
        data = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return Value((), unknown)
    return _filled(data, unknown)


def _ends_in_string(text: str, is_inside: bool) -> bool:
    at = 0
    while at < len(text):
        if text[at] == "\\":
            at += 1
        elif text[at] == '"':
            is_inside = not is_inside
        at += 1
    return is_inside


def _filled(data: Any, unknown: Unknown) -> Value[Any]:
    span = unknown.span
    if isinstance(data, str) and _HOLE in data:
        return Value((), Hole(unknown.because, span, unknown.references, _parts(data)))
    if isinstance(data, dict):
        entries = {key: _filled(value, unknown) for key, value in data.items() if _HOLE not in key}
        rest = derived(unknown) if len(entries) < len(data) else None
        return Value.of(Map(MappingProxyType(entries), rest, span), span)
    if isinstance(data, list):
        return Value.of(Seq(tuple(_filled(item, unknown) for item in data)), span)
    return Value.of(data, span)


def _parts(text: str) -> tuple[str | None, ...]:
    """The text with None for each hole."""
    first, *others = text.split(_HOLE)
    parts: list[str | None] = [first] if first else []
    for piece in others:
        parts.append(None)
        if piece:
            parts.append(piece)
    return tuple(parts) if len(parts) > 1 else ()


# --- data.aws_iam_policy_document


_LISTS = {
    "actions": "Action",
    "not_actions": "NotAction",
    "resources": "Resource",
    "not_resources": "NotResource",
}
_MERGED = ("source_policy_documents", "override_policy_documents", "source_json", "override_json")


def policy_document(body: Body) -> Value[Any]:
    """The JSON that `data.aws_iam_policy_document` renders, from its statement blocks."""
    from djaws.model.terraform.calls import edges

    span = body.item.span
    statements = body.attribute("statement") if "statement" in body.names() else Value.of(Seq(), span)
    listed = bind(statements, lambda data: _statements(data, span))
    for name in _MERGED:
        if name in body.item.attributes:
            given = body.attribute(name)
            beyond = Hole("other policy documents are merged into it", given.span, edges([given]))
            listed = bind(listed, lambda data, beyond=beyond: _opened(data, beyond, span))  # type: ignore[misc]
    entries = {"Version": Value.of("2012-10-17", span), "Statement": listed}
    whole = Value.of(Map(MappingProxyType(entries), None, span), span)
    return referring(whole, edges([whole]))


def _opened(data: Any, beyond: Unknown, span: Span) -> Value[Any]:
    return Value.of(Seq(data.items, join(data.rest, beyond)) if isinstance(data, Seq) else data, span)


def _statements(data: Any, span: Span) -> Value[Any]:
    blocks = Seq() if data is None else Seq((Value.of(data, data.span),)) if isinstance(data, Map) else data
    if not isinstance(blocks, Seq):
        return failed("statements are blocks", span)
    items = tuple(bind(item, lambda inner: _statement(inner, span)) for item in blocks.items)
    return Value.of(Seq(items, blocks.rest), span)


def _statement(data: Any, span: Span) -> Value[Any]:
    if not isinstance(data, Map):
        return failed("a statement is a block", span)
    at = data.span
    entries: dict[str, Value[Any]] = {"Effect": Value((Alternative("Allow", at, written=False),))}
    for name, written in {"sid": "Sid", "effect": "Effect", **_LISTS}.items():
        if name in data.entries:
            entries[written] = data.entries[name]
    for name, written in (("principals", "Principal"), ("not_principals", "NotPrincipal")):
        if name in data.entries:
            entries[written] = bind(data.entries[name], lambda blocks: _principals(blocks, at))
    if "condition" in data.entries:
        entries["Condition"] = bind(data.entries["condition"], lambda blocks: _conditions(blocks, at))
    return Value.of(Map(MappingProxyType(entries), data.rest, at), at)


def _blocks(data: Any) -> tuple[list[Map], Unknown | None]:
    if isinstance(data, Map):
        return [data], None
    if not isinstance(data, Seq):
        return [], None
    found = []
    rest = data.rest
    for item in data.items:
        inner = item.only(None)
        if isinstance(inner, Map):
            found.append(inner)
        else:
            rest = join(rest, item.unknown or Hole("a block that may differ", item.span))
    return found, rest


def _principals(data: Any, span: Span) -> Value[Any]:
    blocks, rest = _blocks(data)
    entries: dict[str, Value[Any]] = {}
    for block in blocks:
        kind = block.get("type").only(None)
        identifiers = block.get("identifiers")
        if not isinstance(kind, str):
            rest = join(rest, Hole("the principal's type is not certain", block.span, identifiers.references))
        elif kind == "*":
            return Value.of("*", block.span)
        elif kind in entries:
            entries[kind] = lift(_joined, (entries[kind], identifiers), span)
        else:
            entries[kind] = identifiers
    return Value.of(Map(MappingProxyType(entries), rest, span), span)


def _joined(left: Any, right: Any) -> Seq:
    if isinstance(left, Seq) and isinstance(right, Seq):
        return Seq(left.items + right.items, join(left.rest, right.rest))
    raise Wrong("identifiers are lists")


def _conditions(data: Any, span: Span) -> Value[Any]:
    blocks, rest = _blocks(data)
    operators: dict[str, dict[str, Value[Any]]] = {}
    for block in blocks:
        test, variable = block.get("test").only(None), block.get("variable").only(None)
        if isinstance(test, str) and isinstance(variable, str):
            operators.setdefault(test, {})[variable] = block.get("values")
        else:
            rest = join(rest, Hole("a condition that is not certain", block.span))
    entries = {
        test: Value.of(Map(MappingProxyType(inner), None, span), span) for test, inner in operators.items()
    }
    return Value.of(Map(MappingProxyType(entries), rest, span), span)
