"""The intrinsic functions, one function each.

Each takes the scope, its argument, the place of the expression, and the guard that holds there, and answers with all that the
expression can be. What cannot be computed is unknown and keeps its references. Two are read as people read them:
`Fn::Base64` is the text that it encodes, and dynamic references (`{{resolve:…}}`) are text.
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable, Sequence
from itertools import islice, product
from typing import TYPE_CHECKING, Any, TypeAlias

from djaws.finding import Span
from djaws.model.cloudformation.syntax import Items, Leaf, Node, Table, text_of
from djaws.model.cloudformation.template import referred
from djaws.model.cloudformation.text import Piece, joined
from djaws.model.value import (
    ALWAYS,
    MAX_ALTERNATIVES,
    Alternative,
    Guard,
    NotPlain,
    Reference,
    Seq,
    Unknown,
    Value,
    plain,
)

if TYPE_CHECKING:
    from djaws.model.cloudformation.scope import Scope

Function: TypeAlias = "Callable[[Scope, Node, Span, Guard], Value[Any]]"

MAX_SUBNETS = 256
_VARIABLE = re.compile(r"\$\{([^}]*)\}")


def _malformed(name: str, span: Span) -> Value[Any]:
    return Value.not_known(f"`{name}` is not written as the function needs it", span)


def _arguments(node: Node) -> Sequence[Node]:
    return node.items if isinstance(node, Items) else (node,)


def _own_line(scope: Scope, node: Node, span: Span) -> Span:
    """A branch that stands on a line of its own is shown there."""
    return span if node.line == span.line else scope.span(node)


# --- names


def _ref(scope: Scope, node: Node, span: Span, under: Guard) -> Value[Any]:
    if not isinstance(node, Leaf):
        return _malformed("Ref", span)
    return scope.ref(text_of(node.value), span, under)


def _get_att(scope: Scope, node: Node, span: Span, under: Guard) -> Value[Any]:
    if isinstance(node, Leaf):
        name, _, attribute = text_of(node.value).partition(".")
        return scope.attribute(name, attribute, span)
    values = [scope.value(item, span, under) for item in _arguments(node)]
    texts = [value.only(None) for value in values]
    if len(texts) < 2 or not isinstance(texts[0], str):
        return _malformed("Fn::GetAtt", span)
    if not all(isinstance(text, str) for text in texts):
        because = f"which attribute of {texts[0]} is meant is known at deployment"
        return Value.not_known(because, span, (Reference(scope.prefix + texts[0]),))
    return scope.attribute(texts[0], ".".join(map(str, texts[1:])), span)


def _import_value(scope: Scope, node: Node, span: Span, under: Guard) -> Value[Any]:
    name = scope.value(node, span, under)
    known = name.only(None)
    which = f" as {known}" if isinstance(known, str) else ""
    return Value.not_known(f"another stack exports it{which}", span, name.references)


def _get_azs(scope: Scope, node: Node, span: Span, under: Guard) -> Value[Any]:
    return Value.not_known("availability zones are known at deployment", span, (Reference("AWS::Region"),))


# --- branches


def _if(scope: Scope, node: Node, span: Span, under: Guard) -> Value[Any]:
    arguments = _arguments(node)
    if len(arguments) != 3 or not isinstance(arguments[0], Leaf):
        return _malformed("Fn::If", span)
    name = text_of(arguments[0].value)
    branches = scope.conditions.branches(name)
    possible: list[Value[Any]] = []
    for outcome in dict.fromkeys(outcome for _, outcome in branches):
        holds = scope.conditions.guard(name, outcome)
        context = scope.join(under, holds) if holds is not None else None
        if context is None:
            continue
        branch = arguments[1 if outcome else 2]
        value = scope.value(branch, _own_line(scope, branch, span), context)
        guards = [guard for guard, result in branches if result is outcome]
        possible += [_when(scope, value, guard) for guard in guards if scope.join(under, guard) is not None]
    return _either(possible, span)


def _when(scope: Scope, value: Value[Any], guard: Guard) -> Value[Any]:
    kept = []
    for alternative in value.alternatives:
        both = scope.join(alternative.guard, guard)
        if both is not None:
            kept.append(
                Alternative(
                    alternative.value, alternative.span, both, alternative.written, alternative.references
                )
            )
    return Value(tuple(kept), value.unknown)


def _either(possible: Sequence[Value[Any]], span: Span) -> Value[Any]:
    union: Value[Any] = Value.either(*possible)
    if union.alternatives or union.unknown:
        return union
    return Value.not_known("no branch is possible", span)


def _find_in_map(scope: Scope, node: Node, span: Span, under: Guard) -> Value[Any]:
    arguments = _arguments(node)
    if len(arguments) < 3:
        return _malformed("Fn::FindInMap", span)
    default = (
        arguments[3].entries.get("DefaultValue")
        if len(arguments) > 3 and isinstance(arguments[3], Table)
        else None
    )
    name = scope.value(arguments[0], span, under)
    table = scope.template.section("Mappings").get(text_of(name.only(None))) if name.is_known else None
    fallback = scope.value(default.node, span, under) if default else None
    if not isinstance(table, Table):
        return fallback or Value.not_known("the mapping is not known", span, name.references)
    return _looked_up(scope, table, arguments[1], arguments[2], fallback, span, under)


def _looked_up(
    scope: Scope,
    table: Table,
    first: Node,
    second: Node,
    fallback: Value[Any] | None,
    span: Span,
    under: Guard,
) -> Value[Any]:
    rows, no_row, row_edges = _keys(scope, first, list(table.entries), span, under)
    columns, no_column, column_edges = _keys(scope, second, _columns(scope, table, rows, second), span, under)
    unknown, edges = no_row or no_column, (*row_edges, *column_edges)
    possible: list[Value[Any]] = []
    for (key, guard), (column, condition) in product(rows, columns):
        if len(possible) > MAX_ALTERNATIVES or not scope.budget.spend():
            break
        row = table.get(key)
        cell = row.get(column) if isinstance(row, Table) else None
        both = scope.join(guard, condition) if cell is not None or fallback is not None else None
        if both is None or scope.join(under, both) is None:
            continue
        if isinstance(cell, Leaf):
            possible.append(Value.of(cell.value, span, guard=both))
        elif cell is not None:
            possible.append(_when(scope, scope.value(cell, span, under), both))
        elif fallback is not None:
            possible.append(_when(scope, fallback, both))
    if unknown:
        possible += [fallback] if fallback else []
        possible.append(Value((), unknown))
    if not possible:
        return fallback or Value.not_known("the mapping has no such key", span, tuple(dict.fromkeys(edges)))
    return _with_references(_either(possible, span), tuple(dict.fromkeys(edges)))


def _columns(scope: Scope, table: Table, rows: Sequence[tuple[str, Guard]], second: Node) -> Sequence[str]:
    """The keys that the second level of a mapping has, where they matter."""
    if isinstance(second, Leaf):
        return ()
    found: dict[str, None] = {}
    for key, _ in rows:
        row = table.get(key)
        if isinstance(row, Table) and scope.budget.spend(len(row.entries)):
            found.update(dict.fromkeys(row.entries))
    return tuple(found)


def _keys(
    scope: Scope, node: Node, available: Sequence[str], span: Span, under: Guard
) -> tuple[list[tuple[str, Guard]], Unknown | None, tuple[Reference, ...]]:
    """The keys that an expression can select, and why there may be others. A name that nothing is known of selects any key."""
    if isinstance(node, Leaf):
        return [(text_of(node.value), ALWAYS)], None, ()
    value = scope.value(node, span, under)
    found = [
        (text_of(alternative.value), alternative.guard)
        for alternative in value.alternatives
        if isinstance(alternative.value, str | int | float)
    ]
    name = referred(node)
    if value.unknown is None or name is None:
        return found, value.unknown, value.references
    bound = scope.parameters.get(name)
    subject = bound.subject if bound else name
    if bound is not None and bound.kind == "passed":
        return found, value.unknown, value.references
    return (
        found + [(key, Guard.when(subject, key)) for key in available],
        None if available else value.unknown,
        value.references,
    )


def _with_references(value: Value[Any], edges: tuple[Reference, ...]) -> Value[Any]:
    if not edges:
        return value
    alternatives = tuple(
        Alternative(alternative.value, alternative.span, alternative.guard, alternative.written, edges)
        for alternative in value.alternatives
    )
    return Value(alternatives, value.unknown)


# --- texts


def _sub(scope: Scope, node: Node, span: Span, under: Guard) -> Value[Any]:
    template: Node = node
    own: dict[str, Node] = {}
    if isinstance(node, Items) and node.items:
        template = node.items[0]
        if len(node.items) > 1 and isinstance(node.items[1], Table):
            own = {key: entry.node for key, entry in node.items[1].entries.items()}
    if not isinstance(template, Leaf):
        return _malformed("Fn::Sub", span)
    text = text_of(template.value)
    if "${" not in text:
        return Value.of(text, span)
    return joined(_pieces(scope, text, own, span, under), span, scope.join)


def _pieces(scope: Scope, text: str, own: dict[str, Node], span: Span, under: Guard) -> list[Piece]:
    pieces: list[Piece] = []
    seen: dict[str, Value[Any]] = {}
    # `re.split` with one group alternates literal text and names.
    for index, part in enumerate(_VARIABLE.split(text)):
        if index % 2 == 0:
            if part:
                pieces.append(part)
        elif part.startswith("!"):
            pieces.append(f"${{{part[1:]}}}")
        else:
            name = part.strip()
            if name not in seen:
                seen[name] = _variable(scope, name, own, span, under)
            pieces.append(seen[name])
    return pieces


def _variable(scope: Scope, name: str, own: dict[str, Node], span: Span, under: Guard) -> Value[Any]:
    if name in own:
        return scope.value(own[name], span, under)
    if "." in name and not name.startswith("AWS::"):
        resource, _, attribute = name.partition(".")
        return scope.attribute(resource, attribute, span)
    return scope.ref(name, span, under)


def _join(scope: Scope, node: Node, span: Span, under: Guard) -> Value[Any]:
    arguments = _arguments(node)
    if len(arguments) != 2 or not isinstance(arguments[0], Leaf):
        return _malformed("Fn::Join", span)
    delimiter = text_of(arguments[0].value)
    return scope.value(arguments[1], span, under).bind(
        lambda items: _joined_items(scope, items, delimiter, span),
    )


def _joined_items(scope: Scope, items: Any, delimiter: str, span: Span) -> Value[Any]:
    if not isinstance(items, Seq):
        return _malformed("Fn::Join", span)
    pieces: list[Piece] = [
        text_of(item.alternatives[0].value) if _is_plain_text(item) else item for item in items.items
    ]
    if items.rest:
        pieces.append(Value((), items.rest))
    return joined(pieces, span, scope.join, delimiter)


def _is_plain_text(value: Value[Any]) -> bool:
    if value.unknown or len(value.alternatives) != 1:
        return False
    only = value.alternatives[0]
    return not only.guard and not only.references and isinstance(only.value, str | int | float)


def _split(scope: Scope, node: Node, span: Span, under: Guard) -> Value[Any]:
    arguments = _arguments(node)
    delimiter = text_of(arguments[0].value) if len(arguments) == 2 and isinstance(arguments[0], Leaf) else ""
    if not delimiter:
        return _malformed("Fn::Split", span)

    def pieces(text: Any) -> Value[Any]:
        if not isinstance(text, str):
            return _malformed("Fn::Split", span)
        return Value.of(Seq(tuple(Value.of(piece, span) for piece in text.split(delimiter))), span)

    return _keeping_references(scope.value(arguments[1], span, under), pieces)


def _select(scope: Scope, node: Node, span: Span, under: Guard) -> Value[Any]:
    arguments = _arguments(node)
    if len(arguments) != 2:
        return _malformed("Fn::Select", span)
    index = scope.value(arguments[0], span, under)
    items = scope.value(arguments[1], span, under)
    return index.bind(lambda at: _keeping_references(items, lambda seq: _selected(seq, at, span)))


def _selected(items: Any, index: Any, span: Span) -> Value[Any]:
    if not isinstance(items, Seq) or not text_of(index).isdecimal() or len(text_of(index)) > 6:
        return _malformed("Fn::Select", span)
    at = int(text_of(index))
    # An item before it that may be absent moves all that follow.
    moved = any(item.sometimes(lambda value: value is None) for item in items.items[:at])
    if at >= len(items.items) or moved:
        return Value((), items.rest or Unknown("which item is meant is known at deployment", span))
    return items.items[at].at(span)


def _keeping_references(value: Value[Any], function: Callable[[Any], Value[Any]]) -> Value[Any]:
    """`bind`, and what comes out refers to what went in."""
    edges = value.references
    answer = value.bind(function)
    if not edges:
        return answer
    alternatives = tuple(
        Alternative(
            alternative.value,
            alternative.span,
            alternative.guard,
            alternative.written,
            tuple(dict.fromkeys((*alternative.references, *edges))),
        )
        for alternative in answer.alternatives
    )
    return Value(alternatives, answer.unknown)


def _same_text(scope: Scope, node: Node, span: Span, under: Guard) -> Value[Any]:
    """`Fn::Base64`: what a reader sees, not what the instance receives."""
    return scope.value(node, span, under)


def _to_json(scope: Scope, node: Node, span: Span, under: Guard) -> Value[Any]:
    value = scope.value(node, span, under)

    def spell(data: Any) -> Value[Any]:
        try:
            return Value.of(json.dumps(plain(data), separators=(",", ":")), span)
        except NotPlain as reason:
            return Value((), reason.unknown)

    return _keeping_references(value, spell)


# --- numbers


def _length(scope: Scope, node: Node, span: Span, under: Guard) -> Value[Any]:
    def count(items: Any) -> Value[Any]:
        if not isinstance(items, Seq) or any(
            item.sometimes(lambda value: value is None) for item in items.items
        ):
            return _malformed("Fn::Length", span)
        return Value((), items.rest) if items.rest else Value.of(len(items.items), span)

    return _keeping_references(scope.value(node, span, under), count)


def _cidr(scope: Scope, node: Node, span: Span, under: Guard) -> Value[Any]:
    values = [scope.value(argument, span, under) for argument in _arguments(node)]
    edges = tuple(dict.fromkeys(edge for value in values for edge in value.references))
    known = [value.only(None) for value in values]
    try:
        block, count, bits = known
        network = ipaddress.ip_network(str(block), strict=False)
        subnets = network.subnets(new_prefix=network.max_prefixlen - int(str(bits)))
        found = tuple(
            Value.of(str(subnet), span) for subnet in islice(subnets, min(int(str(count)), MAX_SUBNETS))
        )
    except ValueError:
        return Value.not_known("the address ranges are known at deployment", span, edges)
    guards = [value.alternatives[0].guard for value in values]
    guard: Guard | None = ALWAYS
    for other in guards:
        guard = scope.join(guard, other) if guard is not None else None
    if guard is None:
        return Value.not_known("no combination is possible", span, edges)
    return Value.of(Seq(found), span, guard=guard, references=edges)


# --- what only the deployment knows


def _transform(scope: Scope, node: Node, span: Span, under: Guard) -> Value[Any]:
    name = node.get("Name") if isinstance(node, Table) else None
    which = text_of(name.value) if isinstance(name, Leaf) else "a macro"
    return Value.not_known(f"{which} writes it at deployment", span)


def _condition(scope: Scope, node: Node, span: Span, under: Guard) -> Value[Any]:
    """A truth as a value: conditions written where values stand."""
    return _malformed("a condition", span)


FUNCTIONS: dict[str, Function] = {
    "Ref": _ref,
    "Condition": _condition,
    "Fn::Base64": _same_text,
    "Fn::Cidr": _cidr,
    "Fn::FindInMap": _find_in_map,
    "Fn::GetAtt": _get_att,
    "Fn::GetAZs": _get_azs,
    "Fn::If": _if,
    "Fn::ImportValue": _import_value,
    "Fn::Join": _join,
    "Fn::Length": _length,
    "Fn::Select": _select,
    "Fn::Split": _split,
    "Fn::Sub": _sub,
    "Fn::ToJsonString": _to_json,
    "Fn::Transform": _transform,
}
