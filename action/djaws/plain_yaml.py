"""YAML as plain data with the line of each part, for files that anybody may have written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

#: Aliases are unfolded up to this many parts; no file written by hand comes near.
MAX_PARTS = 50_000

_TEXTS = ("tag:yaml.org,2002:str", "tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:value")
_SCALARS = ("bool", "int", "float", "null")


class Fault(Exception):
    """Why a text gives no data, and the line that says so."""

    def __init__(self, because: str, line: int) -> None:
        super().__init__(because)
        self.because = because
        self.line = line


def read(text: str) -> tuple[Any, dict[str, int]]:
    """Dicts with text keys, lists and scalars, and the line of each part by its path (`$.policies[0].id`).

    Dates stay texts. A key that is there twice, a tag of its own, an alias inside of itself, and aliases that unfold to more than
    `MAX_PARTS` parts are faults. The text must have passed `djaws.files.refusal`: deep nesting is not looked for here.
    """
    try:
        node = yaml.compose(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise Fault(f"not YAML: {getattr(error, 'problem', error)}", mark.line + 1 if mark else 1) from error
    reader = _Reader()
    return (None if node is None else reader.plain(node, "$")), reader.lines


class _Reader:
    def __init__(self) -> None:
        self.lines: dict[str, int] = {}
        self.parts = 0
        self.around: set[int] = set()

    def plain(self, node: yaml.Node, path: str) -> Any:
        line = node.start_mark.line + 1
        self.parts += 1
        if self.parts > MAX_PARTS:
            raise Fault(f"its aliases unfold to more than {MAX_PARTS} parts", line)
        if id(node) in self.around:
            raise Fault("an alias stands inside of what it names", line)
        self.lines[path] = line
        self.around.add(id(node))
        try:
            if isinstance(node, yaml.MappingNode):
                return self._mapping(node, path)
            if isinstance(node, yaml.SequenceNode):
                return [self.plain(item, f"{path}[{index}]") for index, item in enumerate(node.value)]
            return _scalar(node, line)
        finally:
            self.around.discard(id(node))

    def _mapping(self, node: yaml.MappingNode, path: str) -> dict[str, Any]:
        merged: dict[str, Any] = {}
        own: dict[str, Any] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                raise Fault("a key is a text", line)
            if key.tag == "tag:yaml.org,2002:merge":
                for data in self._sources(value, path, line):
                    merged = {**data, **merged}
                continue
            if key.value in own:
                raise Fault(f"`{key.value}` is there twice", line)
            own[key.value] = self.plain(value, f"{path}.{key.value}")
            self.lines[f"{path}.{key.value}"] = line
        return {**merged, **own}

    def _sources(self, value: yaml.Node, path: str, line: int) -> Iterator[dict[str, Any]]:
        for source in value.value if isinstance(value, yaml.SequenceNode) else [value]:
            data = self.plain(source, path)
            if not isinstance(data, dict):
                raise Fault("`<<` takes mappings", line)
            yield data


def _scalar(node: yaml.Node, line: int) -> Any:
    if node.tag in _TEXTS:
        return node.value
    kind = node.tag.removeprefix("tag:yaml.org,2002:")
    if kind not in _SCALARS:
        raise Fault(f"the tag {node.tag} means nothing here", line)
    try:
        return yaml.constructor.SafeConstructor().construct_object(node)
    except (ValueError, yaml.YAMLError) as error:
        raise Fault(f"`{node.value[:40]}` is no {kind}", line) from error
