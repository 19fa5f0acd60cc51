"""From the text of a template, YAML or JSON, to a tree in which every part knows its line.

JSON is read by the same parser, which is forgiving about tabs and duplicate keys (the last one wins). Scalars are typed as
YAML 1.1 types them, with the exceptions that CloudFormation's users rely on: dates, sexagesimal numbers (`22:22`), numbers with
leading zeros (account ids), infinities and what is tagged `!!binary` stay text.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import yaml

from djaws.errors import Refused

Plain: TypeAlias = str | int | float | bool | None

#: Aliases and merge keys may make a tree this large, whatever the file's size. The largest official sample has 1,000 parts.
MAX_EXPANDED = 100_000

_STARTS_LIKE_JSON = re.compile(r"\s*+[{\[]")
_SURROGATES = re.compile(r"\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})")
_LONE_SURROGATE = re.compile(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
_COLON_ON_NEXT_LINE = re.compile(r"(?<=\")([ \t\r]*+\n\s*+):")
_UNPRINTABLE = re.compile(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9_]*)")
_HEXADECIMAL = re.compile(r"[-+]?0x[0-9a-fA-F_]+")
_DECIMAL = re.compile(
    r"[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+]?[0-9]+)?|[-+]?\.[0-9][0-9_]*(?:[eE][-+]?[0-9]+)?"
)
_TRUE = frozenset(("yes", "true", "on"))


@dataclass(slots=True)
class Leaf:
    """A scalar."""

    value: Plain
    line: int
    column: int
    end: int
    size: int = 1


@dataclass(slots=True)
class Items:
    """A list."""

    items: list[Node]
    line: int
    column: int
    end: int
    size: int = 1


@dataclass(slots=True)
class Entry:
    """The value of a key, and where the key stands."""

    node: Node
    line: int
    column: int


@dataclass(slots=True)
class Table:
    """A mapping that is no function."""

    entries: dict[str, Entry]
    line: int
    column: int
    end: int
    size: int = 1

    def get(self, key: str) -> Node | None:
        entry = self.entries.get(key)
        return entry.node if entry else None


@dataclass(slots=True)
class Call:
    """An intrinsic function: `Ref`, `Condition`, or the full `Fn::` name, whichever way it was written."""

    name: str
    argument: Node
    line: int
    column: int
    end: int
    size: int = 1


Node: TypeAlias = Leaf | Items | Table | Call


def parse(path: str, text: str) -> Node | None:
    """The document's tree, None when it is empty. `Refused` when it cannot be parsed or its aliases explode."""
    try:
        document = _composed(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        because = error.problem or error.context or "cannot be parsed"
        raise Refused(path, str(because), mark.line + 1 if mark else None) from error
    except (yaml.YAMLError, ValueError) as error:
        raise Refused(path, f"cannot be parsed: {str(error).splitlines()[0]}") from error
    except RecursionError as error:
        raise Refused(path, "nested too deeply") from error
    if document is None:
        return None
    try:
        return _Conversion(path, len(text)).convert(document)
    except RecursionError as error:
        raise Refused(path, "nested too deeply") from error


_Parser: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


_TEXT = "tag:yaml.org,2002:str"
_TAGS: dict[Any, str] = {
    yaml.SequenceNode: "tag:yaml.org,2002:seq",
    yaml.MappingNode: "tag:yaml.org,2002:map",
}


class _Loader(_Parser):  # type: ignore[misc]
    """PyYAML's safe loader, compiled where it can be, without the scalars that CloudFormation reads as text."""

    yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith((":timestamp", ":value"))]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def resolve(self, kind: type[yaml.Node], value: str | None, implicit: Any) -> str:
        """PyYAML's own, without its paths: half of the time that composing takes."""
        if kind is not yaml.ScalarNode:
            return _TAGS[kind]
        if implicit[0] and value is not None:
            for tag, pattern in self.yaml_implicit_resolvers.get(value[:1], ()):
                if pattern.match(value):
                    return tag  # type: ignore[no-any-return]
        return _TEXT


def _composed(text: str) -> yaml.Node | None:
    try:
        return _compose(text)
    except yaml.YAMLError:
        mended = _mended_json(text) if _STARTS_LIKE_JSON.match(text) else text
        if mended == text:
            raise
        return _compose(mended)


def _compose(text: str) -> yaml.Node | None:
    loader = _Loader(text)
    try:
        if not loader.check_node():
            return None
        document = loader.get_node()
        following = loader.get_node() if loader.check_node() else None
        if following is not None and following.value != "":
            raise yaml.MarkedYAMLError(
                problem="a template is one document", problem_mark=following.start_mark
            )
        return document  # type: ignore[no-any-return]
    finally:
        loader.dispose()


def _mended_json(text: str) -> str:
    """What is right in JSON and wrong in YAML, as YAML has it; lines stay where they are."""
    text = _SURROGATES.sub(_joined_surrogates, text)
    text = _LONE_SURROGATE.sub(r"\\ufffd", text)
    text = _COLON_ON_NEXT_LINE.sub(r":\1", text)
    return _UNPRINTABLE.sub("\ufffd", text)


def _joined_surrogates(pair: re.Match[str]) -> str:
    high, low = int(pair[1], 16), int(pair[2], 16)
    return f"\\U{0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00):08x}"


@dataclass
class _Conversion:
    """One walk over a composed document. What aliases share is converted once and stays shared; its size counts each time."""

    path: str
    #: How many parts the file's own length can account for.
    bound: int
    done: dict[int, Node] = field(default_factory=dict)
    open: set[int] = field(default_factory=set)
    merged: int = 0

    def convert(self, node: yaml.Node) -> Node:
        if type(node) is yaml.ScalarNode and node.tag[0] != "!":
            return _leaf(node)
        key = id(node)
        known = self.done.get(key)
        if known is not None:
            return known
        if key in self.open:
            raise Refused(self.path, "an alias contains itself", node.start_mark.line + 1)
        self.open.add(key)
        result = self._converted(node)
        self.open.discard(key)
        self.done[key] = result
        if result.size > MAX_EXPANDED and result.size > self.bound:
            raise Refused(
                self.path, f"its aliases expand to more than {MAX_EXPANDED} parts", node.start_mark.line + 1
            )
        return result

    def _converted(self, node: Any) -> Node:
        start, tag = node.start_mark, node.tag
        line, column = start.line + 1, start.column + 1
        result: Node
        if isinstance(node, yaml.ScalarNode):
            result = _leaf(node)
        elif isinstance(node, yaml.SequenceNode):
            items = [self.convert(item) for item in node.value]
            end = max((item.end for item in items), default=line)
            result = Items(items, line, column, _end_of(node, end), 1 + sum(item.size for item in items))
        else:
            result = _as_call(self._table(node, line, column))
        if tag[0] == "!" and len(tag) > 1:
            name = tag[1:]
            name = name if name in ("Ref", "Condition") else f"Fn::{name}"
            return Call(name, result, line, column, result.end, result.size + 1)
        return result

    def _table(self, node: yaml.MappingNode, line: int, column: int) -> Table:
        entries: dict[str, Entry] = {}
        merges: list[Table] = []
        end, size = line, 1
        for key, value in node.value:
            converted = self.convert(value)
            if converted.end > end:
                end = converted.end
            if key.tag == "tag:yaml.org,2002:merge":
                merges += _merged_tables(converted)
                continue
            name = key.value if type(key) is yaml.ScalarNode else f"<{key.id}>"
            if name in entries:
                size -= entries.pop(name).node.size
            size += converted.size
            mark = key.start_mark
            entries[name] = Entry(converted, mark.line + 1, mark.column + 1)
        if merges:
            entries = self._merged(merges, entries, line)
            size = 1 + sum(entry.node.size for entry in entries.values())
        return Table(entries, line, column, _end_of(node, end), size)

    def _merged(self, merges: list[Table], own: dict[str, Entry], line: int) -> dict[str, Entry]:
        entries = own
        for table in merges:
            self.merged += len(table.entries) + len(entries)
            if self.merged > MAX_EXPANDED:
                raise Refused(self.path, f"its merge keys copy more than {MAX_EXPANDED} parts", line)
            entries = {**table.entries, **entries}
        return entries


def _leaf(node: yaml.ScalarNode) -> Leaf:
    start, stop, tag = node.start_mark, node.end_mark, node.tag
    # A block scalar ends where the next token begins, at the start of a line.
    end = stop.line if stop.column == 0 and stop.line > start.line else stop.line + 1
    value = node.value if tag == _TEXT or tag[0] == "!" else _scalar(tag, node.value)
    return Leaf(value, start.line + 1, start.column + 1, end)


def _end_of(node: yaml.CollectionNode, last: int) -> int:
    """The line a collection ends on: its closing bracket's, or the last line of its last part (`last`)."""
    return node.end_mark.line + 1 if node.flow_style else last


def _merged_tables(node: Node) -> list[Table]:
    """The mappings that a merge key names; of several the earlier win."""
    if isinstance(node, Items):
        return [item for item in node.items if isinstance(item, Table)]
    return [node] if isinstance(node, Table) else []


def _as_call(table: Table) -> Node:
    if len(table.entries) != 1:
        return table
    ((name, entry),) = table.entries.items()
    if name == "Ref" or (name.startswith("Fn::") and not name.startswith("Fn::ForEach::")):
        return Call(name, entry.node, table.line, table.column, table.end, table.size)
    return table


def _scalar(tag: str, text: str) -> Plain:
    kind = tag.rpartition(":")[2]
    if kind == "str":
        return text
    if kind == "null":
        return None
    if kind == "bool":
        return text.lower() in _TRUE
    if kind == "int":
        return _integer(text)
    if kind == "float" and _DECIMAL.fullmatch(text):
        number = float(text.replace("_", ""))
        return number if math.isfinite(number) else text
    return text


def _integer(text: str) -> int | str:
    if len(text) > 300:
        return text
    if _INTEGER.fullmatch(text):
        return int(text.replace("_", ""))
    if _HEXADECIMAL.fullmatch(text):
        return int(text.replace("_", ""), 16)
    return text


def text_of(value: Plain) -> str:
    """A scalar as CloudFormation writes it where it needs text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def names_in(node: Node) -> Iterator[str]:
    """Every name that references below `node` mention: `Queue` for `!Ref Queue`, `Queue.Arn` for `!GetAtt Queue.Arn`."""
    stack: list[Node] = [node]
    while stack:
        part = stack.pop()
        if isinstance(part, Call):
            yield from _mentioned(part)
            stack.append(part.argument)
        elif isinstance(part, Items):
            stack.extend(part.items)
        elif isinstance(part, Table):
            stack.extend(entry.node for entry in part.entries.values())


_PLACEHOLDER = re.compile(r"\$\{([^!}][^}]*)\}")


def _mentioned(call: Call) -> Iterator[str]:
    argument = call.argument
    if call.name == "Fn::Sub":
        template = argument.items[0] if isinstance(argument, Items) and argument.items else argument
        if isinstance(template, Leaf) and isinstance(template.value, str):
            yield from (name.strip() for name in _PLACEHOLDER.findall(template.value))
    elif call.name in ("Ref", "Condition", "Fn::GetAtt"):
        if isinstance(argument, Leaf):
            yield text_of(argument.value)
        elif isinstance(argument, Items):
            yield ".".join(text_of(item.value) for item in argument.items if isinstance(item, Leaf))
