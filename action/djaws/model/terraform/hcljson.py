"""Reads Terraform's JSON syntax into the same syntax tree as HCL; strings are templates."""

from __future__ import annotations

import json.decoder
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from djaws.model.terraform import hcl
from djaws.model.terraform.syntax import (
    Attribute,
    Block,
    Body,
    Literal,
    Node,
    ObjectExpr,
    Parsed,
    Place,
    Source,
    TupleExpr,
)

_scan_string: Callable[[str, int, bool], tuple[str, int]] = getattr(json.decoder, "scanstring")  # noqa: B009
_SPACE = re.compile(r"[ \t\n\r]*")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None}
_NESTED_BLOCKS = frozenset(
    {"dynamic", "lifecycle", "provisioner", "connection", "backend", "required_providers"}
)
_LABELLED = {"resource": 2, "data": 2, "ephemeral": 2, "variable": 1, "output": 1, "module": 1, "provider": 1}


@dataclass(slots=True, eq=False)
class _Json:
    """A JSON value with its place: a dict is a list of (key, key's place, value)."""

    data: Any
    place: Place


class _Malformed(Exception):
    def __init__(self, because: str, at: int) -> None:
        super().__init__(because)
        self.at = at


def parse(text: str) -> Parsed:
    """The tree of a `.tf.json` file."""
    reader = _JsonReader(text)
    try:
        top = reader.document()
    except _Malformed as error:
        return Parsed(Body(), ((reader.line(error.at), f"cannot be parsed: {error}"),))
    except (RecursionError, ValueError):
        return Parsed(Body(), ((1, "cannot be parsed"),))
    if not isinstance(top.data, list) or (top.data and not isinstance(top.data[0], tuple)):
        return Parsed(Body(), ((1, "cannot be parsed: an object is expected"),))
    return Parsed(Body({}, tuple(_top_blocks(top.data))))


def parse_attributes(text: str) -> Parsed:
    """The tree of a `.tfvars.json` file: attributes only."""
    reader = _JsonReader(text)
    try:
        top = reader.document()
    except _Malformed as error:
        return Parsed(Body(), ((reader.line(error.at), f"cannot be parsed: {error}"),))
    except (RecursionError, ValueError):
        return Parsed(Body(), ((1, "cannot be parsed"),))
    if not _is_object(top):
        return Parsed(Body(), ((1, "cannot be parsed: an object is expected"),))
    attributes = {key: Attribute(key, _literal(value), place) for key, place, value in top.data}
    return Parsed(Body(attributes))


class _JsonReader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.source = Source(text)

    def line(self, at: int) -> int:
        return self.source.position(at)[0]

    def place(self, start: int, end: int) -> Place:
        return Place(self.source, start, end)

    def document(self) -> _Json:
        value, at = self.value(self.skip(0))
        if self.skip(at) != len(self.text):
            raise _Malformed("text after the end", at)
        return value

    def skip(self, at: int) -> int:
        found = _SPACE.match(self.text, at)
        return found.end() if found else at

    def value(self, at: int) -> tuple[_Json, int]:
        first = self.text[at : at + 1]
        if first == "{":
            return self.object(at)
        if first == "[":
            return self.array(at)
        if first == '"':
            text, end = self.string(at)
            return _Json(text, self.place(at, end)), end
        found = _NUMBER.match(self.text, at)
        if found:
            return _Json(hcl.number(found[0]), self.place(at, found.end())), found.end()
        for word, constant in _WORDS.items():
            if self.text.startswith(word, at):
                return _Json(constant, self.place(at, at + len(word))), at + len(word)
        raise _Malformed("a value is expected", at)

    def string(self, at: int) -> tuple[str, int]:
        if self.text[at : at + 1] != '"':
            raise _Malformed("a key is expected", at)
        try:
            text, end = _scan_string(self.text, at + 1, False)
            return text, end
        except ValueError as error:
            raise _Malformed("a broken string", at) from error

    def object(self, start: int) -> tuple[_Json, int]:
        members: list[tuple[str, Place, _Json]] = []
        at = self.skip(start + 1)
        while self.text[at : at + 1] != "}":
            key_at = at
            key, at = self.string(at)
            at = self.expect(":", at)
            value, at = self.value(at)
            place = self.place(key_at, at)
            members.append((key, place, value))
            at = self.next(at, "}")
        return _Json(members or _EMPTY_OBJECT, self.place(start, at + 1)), at + 1

    def array(self, start: int) -> tuple[_Json, int]:
        items: list[_Json] = []
        at = self.skip(start + 1)
        while self.text[at : at + 1] != "]":
            value, at = self.value(at)
            items.append(value)
            at = self.next(at, "]")
        return _Json(tuple(items), self.place(start, at + 1)), at + 1

    def expect(self, mark: str, at: int) -> int:
        at = self.skip(at)
        if self.text[at : at + 1] != mark:
            raise _Malformed(f"`{mark}` is expected", at)
        return self.skip(at + 1)

    def next(self, at: int, closing: str) -> int:
        at = self.skip(at)
        if self.text[at : at + 1] == closing:
            return at
        at = self.expect(",", at)
        if self.text[at : at + 1] == closing:
            raise _Malformed("a comma too many", at)
        return at


_EMPTY_OBJECT: list[tuple[str, Place, _Json]] = []


def _is_object(value: _Json) -> bool:
    return isinstance(value.data, list)


def _several(value: _Json) -> list[_Json]:
    """JSON allows a list wherever a block may repeat."""
    return list(value.data) if isinstance(value.data, tuple) else [value]


def _top_blocks(members: list[tuple[str, Place, _Json]]) -> list[Block]:
    blocks: list[Block] = []
    for kind, place, value in members:
        if kind in ("locals", "terraform"):
            blocks += [Block(kind, (), _body(item, kind), place) for item in _several(value)]
        elif kind in _LABELLED:
            blocks += _labelled(kind, (), _LABELLED[kind], value, place)
    return blocks


def _labelled(kind: str, labels: tuple[str, ...], missing: int, value: _Json, place: Place) -> list[Block]:
    found: list[Block] = []
    for item in _several(value):
        if not missing:
            found.append(Block(kind, labels, _body(item, kind), place))
        elif _is_object(item):
            for key, at, inner in item.data:
                found += _labelled(kind, (*labels, key), missing - 1, inner, at)
    return found


def _body(value: _Json, kind: str) -> Body:
    if not _is_object(value):
        return Body()
    attributes: dict[str, Attribute] = {}
    blocks: list[Block] = []
    for key, place, inner in value.data:
        if key == "//":
            continue
        if key in _NESTED_BLOCKS and kind != "locals":
            blocks += _nested(key, inner, place)
        else:
            attributes.setdefault(key, Attribute(key, _expression(inner, key, kind), place))
    return Body(attributes, tuple(blocks))


def _nested(key: str, value: _Json, place: Place) -> list[Block]:
    if key in ("dynamic", "provisioner", "backend"):
        found = []
        for item in _several(value):
            if _is_object(item):
                for label, at, inner in item.data:
                    found += [Block(key, (label,), _dynamic(part, key), at) for part in _several(inner)]
        return found
    return [Block(key, (), _body(item, key), place) for item in _several(value)]


def _dynamic(value: _Json, key: str) -> Body:
    body = _body(value, key)
    if key != "dynamic" or not _is_object(value):
        return body
    content = [
        Block("content", (), _body(item, "content"), place)
        for name, place, inner in value.data
        if name == "content"
        for item in _several(inner)
    ]
    attributes = {name: attribute for name, attribute in body.attributes.items() if name != "content"}
    return Body(attributes, (*content, *body.blocks))


_TRAVERSALS = frozenset(
    {"provider", "depends_on", "ignore_changes", "replace_triggered_by", "iterator", "providers"}
)


def _expression(value: _Json, key: str, kind: str) -> Node:
    if key == "type" and kind == "variable" and isinstance(value.data, str):
        return hcl.parse_expression(value.data, value.place)
    if key in _TRAVERSALS and kind != "content":
        return _literal(value)
    return _node(value)


def _literal(value: _Json) -> Node:
    """Strings as they stand, for tfvars files and names of things."""
    return _build(value, lambda text, place: Literal(place, text))


def _node(value: _Json) -> Node:
    return _build(value, hcl.parse_template)


def _build(value: _Json, of_text: Any) -> Node:
    data, place = value.data, value.place
    if isinstance(data, str):
        node: Node = of_text(data, place)
        return node
    if isinstance(data, tuple):
        return TupleExpr(place, tuple(_build(item, of_text) for item in data))
    if isinstance(data, list):
        elements = ((of_text(key, at), _build(inner, of_text)) for key, at, inner in data)
        return ObjectExpr(place, tuple(elements))
    return Literal(place, data)
