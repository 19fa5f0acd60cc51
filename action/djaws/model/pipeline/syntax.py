"""YAML and JSON as a tree in which every part knows its line. Aliases are followed up to a bound on the whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml

from djaws.errors import Refused
from djaws.files import Tree
from djaws.finding import Span

#: What aliases may make of a file, in parts. Real pipelines stay under a few thousand.
MAX_PARTS = 100_000
_MERGE = "tag:yaml.org,2002:merge"


@dataclass(slots=True)
class Node:
    """A scalar (`text`), a list (`items`) or a mapping (`entries`); every other accessor is empty.

    `is_quoted` tells `"true"` from `true`. `key_line` is the line of the key that holds the node in a mapping.
    """

    path: str
    line: int
    end_line: int
    kind: str
    text: str = ""
    is_quoted: bool = False
    is_block: bool = False
    items: tuple[Node, ...] = ()
    entries: dict[str, Node] = field(default_factory=dict)
    key_lines: dict[str, int] = field(default_factory=dict)
    tag: str = ""
    size: int = 1

    @property
    def span(self) -> Span:
        return Span(self.path, self.line)

    @property
    def is_null(self) -> bool:
        return self.kind == "scalar" and not self.is_quoted and self.text in ("", "~", "null", "Null", "NULL")

    @property
    def is_true(self) -> bool:
        return self.kind == "scalar" and self.text.lower() in ("true", "yes", "on")

    def get(self, *keys: str) -> Node | None:
        """The node at a path of keys."""
        node: Node | None = self
        for key in keys:
            node = node.entries.get(key) if node else None
        return node

    def scalar(self, *keys: str) -> str:
        """The text at a path of keys, empty when there is none."""
        node = self.get(*keys)
        return node.text if node and node.kind == "scalar" and not node.is_null else ""

    def list(self, *keys: str) -> tuple[Node, ...]:
        """The list at a path of keys; a lone scalar or mapping counts as a list of one."""
        node = self.get(*keys)
        if node is None or node.is_null:
            return ()
        return node.items if node.kind == "list" else (node,)

    def texts(self, *keys: str) -> tuple[str, ...]:
        """The scalars at a path of keys."""
        return tuple(node.text for node in self.list(*keys) if node.kind == "scalar")

    def key_span(self, key: str) -> Span:
        return Span(self.path, self.key_lines.get(key, self.line))

    @property
    def text_line(self) -> int:
        """The line on which the text of a scalar begins: below the indicator of a block scalar."""
        return self.line + self.is_block


def read(tree: Tree, path: str) -> Node | None:
    """The first document of a file, None when it is empty. `Refused` when it is no YAML."""
    return next(documents(tree, path), None)


def documents(tree: Tree, path: str) -> Iterator[Node]:
    """Every document of a file."""
    try:
        for root in yaml.compose_all(tree.text(path), yaml.CSafeLoader):
            if root is not None:
                yield _Builder(path).build(root)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error).partition("\n")[0]
        raise Refused(path, f"not YAML: {problem}", mark.line + 1 if mark else None) from error
    except RecursionError as error:
        raise Refused(path, "nested too deeply") from error


class _Builder:
    def __init__(self, path: str) -> None:
        self.path = path
        self.built: dict[int, Node] = {}
        self.open: set[int] = set()

    def build(self, node: yaml.Node) -> Node:
        known = self.built.get(id(node))
        if known:
            return known
        if id(node) in self.open:
            raise Refused(self.path, "an alias that holds itself", node.start_mark.line + 1)
        self.open.add(id(node))
        made = self._made(node)
        self.open.discard(id(node))
        if made.size > MAX_PARTS:
            raise Refused(self.path, f"aliases make it larger than {MAX_PARTS} parts", made.line)
        self.built[id(node)] = made
        return made

    def _made(self, node: yaml.Node) -> Node:
        start = node.start_mark.line + 1
        end = node.end_mark.line + (1 if node.end_mark.column else 0)
        made = Node(self.path, start, max(start, end), "scalar", tag=node.tag)
        if isinstance(node, yaml.ScalarNode):
            made.text = node.value
            made.is_quoted = node.style in ("'", '"', "|", ">")
            made.is_block = node.style in ("|", ">")
        elif isinstance(node, yaml.SequenceNode):
            made.kind = "list"
            made.items = tuple(self.build(item) for item in node.value)
            made.size += sum(item.size for item in made.items)
        else:
            made.kind = "mapping"
            self._fill(made, node)
        return made

    def _fill(self, made: Node, node: yaml.Node) -> None:
        merged: list[Node] = []
        for key, value in node.value:
            if key.tag == _MERGE:
                source = self.build(value)
                merged += source.items if source.kind == "list" else [source]
            elif isinstance(key, yaml.ScalarNode):
                child = self.build(value)
                made.entries[key.value] = child
                made.key_lines[key.value] = key.start_mark.line + 1
                made.size += child.size
        for source in merged:
            for name, child in source.entries.items():
                if name not in made.entries:
                    made.entries[name] = child
                    made.key_lines[name] = source.key_lines[name]
                    made.size += child.size
