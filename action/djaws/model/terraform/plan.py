"""Reads plans (`terraform show -json`): what Terraform itself computed, on the lines of the source that says it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from djaws.errors import Refused
from djaws.files import Tree
from djaws.finding import Span, Undecided
from djaws.model.cloud import Resource, Stack
from djaws.model.terraform.files import UNPARSABLE
from djaws.model.terraform.scan import directory_of
from djaws.model.value import Alternative, Map, Reference, Seq, Unknown, Value

MAX_PLAN = 64 * 1024 * 1024
_KEYS = re.compile(r'\[(?:\d+|"(?:[^"\\]|\\.)*")\]')


def planned(tree: Tree, stacks: list[Stack], plans: tuple[str, ...]) -> tuple[list[Stack], list[Undecided]]:
    """The stacks, those that a plan describes replaced by what it says; a plan that fits none is a stack of its own."""
    found = list(stacks)
    problems: list[Undecided] = []
    for path in plans:
        try:
            data = _read(tree, path)
        except Refused as refused:
            problems.append(Undecided(UNPARSABLE, Span(path, refused.line), refused.because))
            continue
        plan = _Plan(path, data)
        source = max(found, key=plan.overlap, default=None)
        if source is None or not plan.overlap(source):
            found.append(plan.stack(None))
        else:
            found[found.index(source)] = plan.stack(source)
    return found, problems


def _read(tree: Tree, path: str) -> dict[str, Any]:
    try:
        data = json.loads(tree.read(path, MAX_PLAN))
    except (ValueError, RecursionError) as error:
        raise Refused(path, "cannot be parsed") from error
    if not isinstance(data, dict) or "planned_values" not in data:
        raise Refused(path, "it is no plan: write one with `terraform show -json PLAN`")
    return data


def _dict(data: Any) -> dict[str, Any]:
    return data if isinstance(data, dict) else {}


def _dicts(data: Any) -> list[dict[str, Any]]:
    return [item for item in data if isinstance(item, dict)] if isinstance(data, list) else []


class _Plan:
    """One plan file on its way to a stack."""

    def __init__(self, path: str, data: dict[str, Any]) -> None:
        self.path = path
        self.data = data
        self.unknown = {
            str(change.get("address")): _dict(change.get("change")).get("after_unknown")
            for change in _dicts(data.get("resource_changes"))
        }
        root = _dict(_dict(data.get("configuration")).get("root_module"))
        self.expressions = dict(_expressions(root, ""))

    def entries(self) -> Iterator[dict[str, Any]]:
        """Planned resources, then data sources that were read already."""
        seen: set[str] = set()
        prior = _dict(_dict(_dict(self.data.get("prior_state")).get("values")).get("root_module"))
        for module, is_prior in (
            (_dict(_dict(self.data["planned_values"]).get("root_module")), False),
            (prior, True),
        ):
            for entry in _resources(module):
                address = str(entry.get("address"))
                if address not in seen and (not is_prior or entry.get("mode") == "data"):
                    seen.add(address)
                    yield entry

    def overlap(self, stack: Stack) -> int:
        """How many of the plan's resources the stack declares."""
        declared = {_KEYS.sub("", resource.address) for resource in stack.resources}
        return sum(_KEYS.sub("", str(entry.get("address"))) in declared for entry in self.entries())

    def stack(self, source: Stack | None) -> Stack:
        written: dict[str, Resource] = {}
        for resource in source.resources if source else ():
            written.setdefault(_KEYS.sub("", resource.address), resource)
            written[resource.address] = resource
        resources = tuple(self.resource(entry, written) for entry in self.entries())
        if source is None:
            return Stack(
                "terraform", directory_of(self.path), resources, span=Span(self.path), files=(self.path,)
            )
        return Stack(
            "terraform",
            source.path,
            resources,
            span=source.span,
            providers=source.providers,
            parameters=source.parameters,
            outputs=source.outputs,
            meta=source.meta,
            environments=source.environments,
            files=tuple(sorted({*source.files, self.path})),
        )

    def resource(self, entry: dict[str, Any], written: Mapping[str, Resource]) -> Resource:
        address = str(entry.get("address"))
        source = written.get(address) or written.get(_KEYS.sub("", address))
        span = source.span if source else Span(self.path)
        return Resource(
            dialect="terraform",
            type=str(entry.get("type")),
            name=str(entry.get("name")),
            address=address,
            body=self.body(address, _dict(entry.get("values")), source, span),
            span=span,
            block=source.block if source else span,
            meta=source.meta if source else Map(),
            calls=source.calls if source else (),
            provider=source.provider if source else None,
            is_data=entry.get("mode") == "data",
        )

    def body(self, address: str, values: dict[str, Any], source: Resource | None, span: Span) -> Map:
        unknown = _dict(self.unknown.get(address))
        edges = self.expressions.get(_KEYS.sub("", address), {})
        entries = {}
        for name in dict.fromkeys((*values, *unknown)):
            given = source.body.entries.get(name) if source else None
            at = given.span if given is not None and given.span.path else span
            references = edges.get(name, ())
            entries[name] = _value(
                values.get(name), unknown.get(name), f"{address}.{name}", at, references, given
            )
        return Map(MappingProxyType(entries), None, span)


def _resources(module: dict[str, Any]) -> Iterator[dict[str, Any]]:
    waiting = [module]
    while waiting:
        current = waiting.pop(0)
        yield from _dicts(current.get("resources"))
        waiting += _dicts(current.get("child_modules"))


def _value(
    known: Any,
    unknown: Any,
    name: str,
    span: Span,
    references: tuple[Reference, ...],
    given: Value[Any] | None,
) -> Value[Any]:
    """A planned value; its unknown parts, which `after_unknown` marks with true, are unknown."""
    if unknown is True:
        edges = references or (given.references if given is not None else ())
        parts = given.unknown.parts if given is not None and given.unknown is not None else ()
        return Value((), Unknown(f"{name} is known only after apply", span, edges, parts))
    data = _data(known, unknown, name, span, references)
    is_written = known is not None or (given is not None and not given.is_absent)
    return Value((Alternative(data, span, written=is_written, references=references),))


def _data(known: Any, unknown: Any, name: str, span: Span, references: tuple[Reference, ...]) -> Any:
    if isinstance(known, dict) or isinstance(unknown, dict):
        values, gaps = _dict(known), _dict(unknown)
        keys = dict.fromkeys((*values, *gaps))
        parts = {
            key: _value(values.get(key), gaps.get(key), f"{name}.{key}", span, references, None)
            for key in keys
        }
        return Map(MappingProxyType(parts), None, span)
    if isinstance(known, list) or isinstance(unknown, list):
        items = known if isinstance(known, list) else []
        gaps_ = unknown if isinstance(unknown, list) else []
        size = max(len(items), len(gaps_))
        pairs = zip(_padded(items, size), _padded(gaps_, size), strict=True)
        return Seq(tuple(_value(item, gap, name, span, references, None) for item, gap in pairs))
    return known


def _padded(items: list[Any], size: int) -> list[Any]:
    return items + [None] * (size - len(items))


def _expressions(
    module: dict[str, Any], prefix: str
) -> Iterator[tuple[str, dict[str, tuple[Reference, ...]]]]:
    """The edges of every argument, by address without instance keys."""
    for resource in _dicts(module.get("resources")):
        arguments = _dict(resource.get("expressions"))
        yield (
            prefix + str(resource.get("address")),
            {name: tuple(dict.fromkeys(_edges(argument, prefix))) for name, argument in arguments.items()},
        )
    for name, call in _dict(module.get("module_calls")).items():
        yield from _expressions(_dict(_dict(call).get("module")), f"{prefix}module.{name}.")


def _edges(argument: Any, prefix: str) -> Iterator[Reference]:
    waiting = [argument]
    while waiting:
        current = waiting.pop()
        if isinstance(current, list):
            waiting += current
        elif isinstance(current, dict):
            for key, value in current.items():
                if key == "references" and isinstance(value, list):
                    yield from (_edge(text, prefix) for text in value if isinstance(text, str))
                else:
                    waiting.append(value)


def _edge(text: str, prefix: str) -> Reference:
    """`data.aws_x.y.arn` to address and attribute."""
    names = _KEYS.sub("", text).split(".")
    size = 3 if names[0] == "data" else 2
    return Reference(prefix + ".".join(names[:size]), ".".join(names[size : size + 1]))
