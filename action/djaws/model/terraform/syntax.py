"""The syntax tree of a Terraform file: what both the HCL and the JSON reader produce, and the evaluator walks.

Nodes know their place in the text but not in which file: equal contents share one tree.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field

from djaws.finding import Span


class Source:
    """The text that a tree was read from, as bytes or characters. Lines are counted only when someone asks.

    `first_line` is the number of lines before it; `origin` places all of a text that stands inside another.
    """

    __slots__ = ("_is_plain", "_starts", "data", "first_line", "origin")

    def __init__(self, data: bytes | str, first_line: int = 0, origin: Place | None = None) -> None:
        self.data = data
        self.first_line = first_line
        self.origin = origin
        self._starts: list[int] | None = None

    def position(self, at: int) -> tuple[int, int]:
        """The line and column of an offset, from 1; columns count characters."""
        if self.origin is not None:
            return self.origin.source.position(self.origin.start)
        if self._starts is None:
            newline = re.compile(b"\n") if isinstance(self.data, bytes) else re.compile("\n")
            self._is_plain = isinstance(self.data, str) or self.data.isascii()
            self._starts = [0, *(found.end() for found in newline.finditer(self.data))]  # type: ignore[arg-type]
        index = bisect_right(self._starts, at)
        start = self._starts[index - 1]
        return self.first_line + index, (at - start if self._is_plain else len(self.slice(start, at))) + 1

    def slice(self, start: int, end: int) -> str:
        part = self.data[start:end]
        return part.decode("utf-8", "replace") if isinstance(part, bytes) else part


@dataclass(slots=True, eq=False)
class Place:
    """Where something stands: from `start` up to `end` in the source."""

    source: Source
    start: int
    end: int

    @property
    def line(self) -> int:
        return self.source.position(self.start)[0]

    @property
    def end_line(self) -> int:
        return self.source.position(max(self.start, self.end - 1))[0]

    @property
    def column(self) -> int:
        return self.source.position(self.start)[1]

    @property
    def text(self) -> str:
        """The source text, white space collapsed."""
        return " ".join(self.source.slice(self.start, self.end).split())

    def span(self, path: str) -> Span:
        """The first line, for findings."""
        line, column = self.source.position(self.start)
        return Span(path, line, line, column)

    def block(self, path: str) -> Span:
        """All of it."""
        line, column = self.source.position(self.start)
        return Span(path, line, self.end_line, column)


@dataclass(slots=True, eq=False)
class Node:
    place: Place


@dataclass(slots=True, eq=False)
class Literal(Node):
    value: str | int | float | bool | None


@dataclass(slots=True, eq=False)
class Broken(Node):
    """An expression that cannot be parsed."""

    because: str


@dataclass(slots=True, eq=False)
class Template(Node):
    """Text with holes; a sole interpolation is its value unchanged."""

    parts: tuple[Node, ...]


@dataclass(slots=True, eq=False)
class TemplateIf(Node):
    condition: Node
    then: Template
    otherwise: Template


@dataclass(slots=True, eq=False)
class TemplateFor(Node):
    key: str | None
    value: str
    collection: Node
    body: Template


@dataclass(slots=True, eq=False)
class Name(Node):
    name: str


@dataclass(slots=True, eq=False)
class GetAttr:
    name: str


@dataclass(slots=True, eq=False)
class Index:
    key: Node


@dataclass(slots=True, eq=False)
class Splat:
    steps: tuple[Step, ...]


Step = GetAttr | Index | Splat


@dataclass(slots=True, eq=False)
class Access(Node):
    """A thing and the steps into it: `aws_lb.main.arn`, `f(x)[0]`."""

    root: Node
    steps: tuple[Step, ...]


@dataclass(slots=True, eq=False)
class Call(Node):
    name: str
    arguments: tuple[Node, ...]
    expands: bool


@dataclass(slots=True, eq=False)
class TupleExpr(Node):
    items: tuple[Node, ...]


@dataclass(slots=True, eq=False)
class ObjectExpr(Node):
    elements: tuple[tuple[Node, Node], ...]


@dataclass(slots=True, eq=False)
class ForExpr(Node):
    """A list comprehension, or with `key` an object one; `groups` for the `...` form."""

    key_name: str | None
    value_name: str
    collection: Node
    key: Node | None
    value: Node
    condition: Node | None
    groups: bool


@dataclass(slots=True, eq=False)
class Conditional(Node):
    condition: Node
    then: Node
    otherwise: Node


@dataclass(slots=True, eq=False)
class Binary(Node):
    operator: str
    left: Node
    right: Node


@dataclass(slots=True, eq=False)
class Unary(Node):
    operator: str
    operand: Node


@dataclass(slots=True, eq=False)
class Attribute:
    name: str
    value: Node
    place: Place


@dataclass(slots=True, eq=False)
class Body:
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    blocks: tuple[Block, ...] = ()


@dataclass(slots=True, eq=False)
class Block:
    type: str
    labels: tuple[str, ...]
    body: Body
    place: Place


@dataclass(slots=True, eq=False)
class Parsed:
    """A file's body, and the lines that could not be parsed with the reason."""

    body: Body
    errors: tuple[tuple[int, str], ...] = ()


def traversal(node: Node | None) -> tuple[str, ...] | None:
    """The names of a plain dotted path such as `aws.east`, a quoted one included; None when it is anything else."""
    if isinstance(node, Literal) and isinstance(node.value, str):
        return tuple(node.value.split("."))
    if isinstance(node, Name):
        return (node.name,)
    if isinstance(node, Access) and isinstance(node.root, Name):
        names = [step.name for step in node.steps if isinstance(step, GetAttr)]
        return (node.root.name, *names)
    return None
