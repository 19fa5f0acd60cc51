"""What alarms look at, and whether they look at a resource: by reference first, by name second."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from djaws.data import Alarmable
from djaws.finding import Span
from djaws.model.cloud import Resource, Stack, descend, members
from djaws.model.system import System
from djaws.model.value import Map, Reference, Seq, Unknown, Value

from .model import Alarm, texts, variables, without_instance, words

_INSIGHTS = re.compile(
    r"\bSELECT\s+\w+\(\s*[\"']?(?P<metric>[\w.%-]+)[\"']?\s*\)\s+FROM\s+(?:SCHEMA\(\s*)?[\"']?(?P<namespace>[\w/]+)[\"']?"
    r"(?P<rest>.*)",
    re.IGNORECASE | re.DOTALL,
)
#: Namespaces that measure a kind of resource beside its own.
_OTHER_NAMESPACES = {
    "target-group": frozenset({"AWS/NetworkELB"}),
    "auto-scaling-group": frozenset({"AWS/EC2"}),
    "ecs-service": frozenset({"ECS/ContainerInsights"}),
}
_ARN_PARTS = re.compile(r"^(?:app|net|targetgroup)/([^/]+)/")
_WATCHES = frozenset(
    {"alarm", "alarms", "monitoring", "monitor", "observability", "alerting", "alerts", "cloudwatch"}
)


@dataclass(frozen=True)
class Dimension:
    name: Value[Any]
    value: Value[Any]


@dataclass(frozen=True)
class Sight:
    """One metric that an alarm looks at. `more` says why it may have other dimensions.

    `is_filtered` is true of a query over a whole namespace that takes only some of its resources.
    """

    alarm: Alarm
    namespace: Value[Any]
    metric: Value[Any]
    dimensions: tuple[Dimension, ...] = ()
    more: Unknown | None = None
    is_filtered: bool = False

    @property
    def stack(self) -> Stack:
        return self.alarm.stack

    def could_be_in(self, namespaces: frozenset[str]) -> bool:
        return bool(self.namespace.unknown) or bool(texts(self.namespace) & namespaces)

    @property
    def is_of_all(self) -> bool:
        """Whether it looks at the sum over everything in its namespace."""
        return not self.dimensions and self.more is None


def sights(alarm: Alarm) -> Iterator[Sight]:
    """Every metric that an alarm looks at: its own, those of its expressions, those of its queries."""
    if not alarm.metric.is_absent:
        body = alarm.resource.body
        is_terraform = alarm.resource.dialect == "terraform"
        given = body.get("dimensions" if is_terraform else "Dimensions")
        yield Sight(alarm, alarm.namespace, alarm.metric, *_dimensions(given))
    queries, more = members(alarm.queries)
    for query in queries:
        yield from _of_query(alarm, query)
    if more:
        unknown: Value[Any] = Value((), more)
        yield Sight(alarm, unknown, unknown, (), more)


def _of_query(alarm: Alarm, query: Map) -> Iterator[Sight]:
    if alarm.resource.dialect == "terraform":
        metrics, more = members(query.get("metric"))
        names = ("namespace", "metric_name", "dimensions")
        expression = query.get("expression")
    else:
        metrics, more = members(descend(query, ["MetricStat", "Metric"], query.span))
        names = ("Namespace", "MetricName", "Dimensions")
        expression = query.get("Expression")
    for metric in metrics:
        yield Sight(alarm, metric.get(names[0]), metric.get(names[1]), *_dimensions(metric.get(names[2])))
    if more:
        unknown: Value[Any] = Value((), more)
        yield Sight(alarm, unknown, unknown, (), more)
    for alternative in expression.alternatives:
        found = _INSIGHTS.search(alternative.value) if isinstance(alternative.value, str) else None
        if found:
            where = bool(re.search(r"\bWHERE\b", found["rest"], re.IGNORECASE))
            namespace, metric_name = Value.of(found["namespace"], alternative.span), found["metric"]
            yield Sight(
                alarm, namespace, Value.of(metric_name, alternative.span), (), None, is_filtered=where
            )
    if expression.unknown and not metrics:
        yield Sight(
            alarm, Value((), expression.unknown), Value((), expression.unknown), (), expression.unknown
        )


def _dimensions(value: Value[Any]) -> tuple[tuple[Dimension, ...], Unknown | None]:
    """Dimensions as a map, or as a list of names and values."""
    found: list[Dimension] = []
    more = value.unknown
    for alternative in value.alternatives:
        data = alternative.value
        if isinstance(data, Map):
            more = more or data.rest
            found += [Dimension(Value.of(name, entry.span), entry) for name, entry in data.entries.items()]
        elif isinstance(data, Seq):
            more = more or data.rest
            for item in data.items:
                named, unknown = members(item)
                more = more or unknown
                found += [Dimension(each.get("Name"), each.get("Value")) for each in named]
    return tuple(found), more


# --- linking

_Key = tuple[str, str]
#: A text known in part: its stack, its literal pieces, and the variables between them.
_Pattern = tuple[str, tuple[str | None, ...], frozenset[str]]


@dataclass
class _Index:
    """The sights on one metric (or on one that is not known), by what they look at."""

    by_reference: dict[_Key, list[Sight]] = field(default_factory=dict)
    by_name: dict[str, list[Sight]] = field(default_factory=dict)
    of_all: list[Sight] = field(default_factory=list)
    by_pattern: dict[_Pattern, list[Sight]] = field(default_factory=dict)
    #: Dimensions that name no resource for certain, by the variables that they are made of.
    loose: dict[frozenset[str], list[tuple[Sight, Unknown]]] = field(default_factory=dict)

    def add_loose(self, sight: Sight, unknown: Unknown) -> None:
        self.loose.setdefault(_variables(unknown), []).append((sight, unknown))

    def loose_for(self, names: Value[Any]) -> Iterator[tuple[Sight, Unknown]]:
        """Those that may be one of the names: other texts around the same variables never are."""
        ours = _variables(names.unknown) if names.unknown else frozenset()
        for theirs, all_ in self.loose.items():
            if not ours or theirs != ours:
                yield from all_


class Watch:
    """All alarms of the repository, asked whether they look at a metric of a resource."""

    def __init__(self, system: System) -> None:
        self._metrics: dict[str | None, _Index] = {}
        for stack in system.stacks:
            for alarm in stack.each(Alarm):
                for sight in sights(alarm):
                    self._add(sight)

    def _add(self, sight: Sight) -> None:
        names: set[str | None] = set(texts(sight.metric))
        if sight.metric.unknown:
            names.add(None)
        for name in names:
            _fill(self._metrics.setdefault(name, _Index()), sight)

    def sees(
        self, resources: Iterable[Resource], names: Value[Any], stack: Stack, kind: Alarmable, metric: str
    ) -> bool:
        """Whether an alarm looks at this metric of a resource: of any of `resources`, or of what is called one of `names`."""
        namespaces = _namespaces(kind)
        found = [
            sight
            for index in self._about(metric, None)
            for sight in _linked(index, tuple(resources), names, stack)
        ]
        return any(sight.could_be_in(namespaces) for sight in found) or any(
            sight.could_be_in(namespaces) and not sight.is_filtered
            for index in self._about(metric)
            for sight in index.of_all
        )

    def doubt(self, names: Value[Any], stack: Stack, kind: Alarmable, metric: str) -> tuple[Span, str] | None:
        """Where an alarm may look at this metric of a resource, and why that cannot be known."""
        namespaces = _namespaces(kind)
        for index in self._about(metric, None):
            for sight, unknown in index.loose_for(names):
                if sight.could_be_in(namespaces) and _could_mean(sight, unknown, names, stack):
                    return unknown.span, f"{sight.alarm.subject} may watch it: {unknown.because}"
            for sight in index.of_all:
                if sight.is_filtered and sight.could_be_in(namespaces):
                    return sight.metric.span, f"{sight.alarm.subject} watches some of its kind"
        return None

    def _about(self, *metrics: str | None) -> Iterator[_Index]:
        for metric in metrics:
            if metric in self._metrics:
                yield self._metrics[metric]


def _namespaces(kind: Alarmable) -> frozenset[str]:
    return _OTHER_NAMESPACES.get(kind.kind, frozenset()) | {kind.namespace}


def _fill(index: _Index, sight: Sight) -> None:
    if sight.is_of_all:
        index.of_all.append(sight)
    if sight.more:
        index.add_loose(sight, sight.more)
    for dimension in sight.dimensions:
        keys = [key for reference in dimension.value.references if (key := _key(reference, sight.stack))]
        for key in keys:
            index.by_reference.setdefault(key, []).append(sight)
        for text in texts(dimension.value):
            index.by_name.setdefault(_name_in(text), []).append(sight)
        unknown = dimension.value.unknown
        if unknown and variables(unknown):
            index.by_pattern.setdefault(_pattern(sight.stack, unknown), []).append(sight)
        if unknown and not keys and not _is_elsewhere(dimension.value, sight.stack):
            index.add_loose(sight, unknown)


def _key(reference: Reference, stack: Stack) -> _Key | None:
    """What a reference names: one instance, or all of a block's when it does not say which."""
    target = stack.find(reference.address)
    if target is None or target.is_data:
        return None
    return (
        stack.path,
        target.address if target.address == reference.address else f"{without_instance(target.address)}[*]",
    )


def _is_elsewhere(value: Value[Any], stack: Stack) -> bool:
    """Whether it names what a module out of sight makes, and so nothing that is here."""
    homes = [unresolved.address for unresolved in stack.unresolved if unresolved.address]
    return any(
        reference.address == home or reference.address.startswith(f"{home}.")
        for reference in value.references
        for home in homes
    )


def _name_in(text: str) -> str:
    """The resource's name in a dimension: load balancers and target groups are called by the end of their ARN."""
    found = _ARN_PARTS.match(text)
    return found[1] if found else text


def _linked(
    index: _Index, resources: tuple[Resource, ...], names: Value[Any], stack: Stack
) -> Iterator[Sight]:
    for resource in resources:
        yield from index.by_reference.get((stack.path, resource.address), ())
        yield from index.by_reference.get((stack.path, f"{without_instance(resource.address)}[*]"), ())
    for name in texts(names):
        yield from index.by_name.get(name, ())
    if names.unknown and variables(names.unknown):
        yield from index.by_pattern.get(_pattern(stack, names.unknown), ())


def _pattern(stack: Stack, unknown: Unknown) -> _Pattern:
    return stack.path, unknown.parts, variables(unknown)


def _variables(unknown: Unknown) -> frozenset[str]:
    """The variables of a text of which something is known; none of one that is wholly unknown."""
    return variables(unknown) if unknown.parts else frozenset()


def _could_mean(sight: Sight, unknown: Unknown, names: Value[Any], stack: Stack) -> bool:
    """Whether an unknown dimension may be the resource's name, which is written differently at least."""
    if sight.stack is not stack and not _are_near(sight.stack, stack):
        return False
    if not unknown.parts:
        return True
    known = [_fits(unknown, text) for text in texts(names)]
    return any(known) or bool(names.unknown and _overlap(unknown, names.unknown))


def _fits(unknown: Unknown, text: str) -> bool:
    first, last = unknown.parts[0], unknown.parts[-1]
    return (first is None or text.startswith(first)) and (last is None or text.endswith(last))


def _overlap(one: Unknown, other: Unknown) -> bool:
    """Whether two texts that are known in part could be the same."""
    if not other.parts:
        return True
    heads, tails = (one.parts[0], other.parts[0]), (one.parts[-1], other.parts[-1])
    head = None in heads or heads[0].startswith(heads[1]) or heads[1].startswith(heads[0])  # type: ignore[union-attr,arg-type]
    tail = None in tails or tails[0].endswith(tails[1]) or tails[1].endswith(tails[0])  # type: ignore[union-attr,arg-type]
    return head and tail


def _are_near(one: Stack, other: Stack) -> bool:
    """Whether two stacks belong together: neighbours below a common folder, or one of them is there to watch."""
    if not words(one.path).isdisjoint(_WATCHES):
        return True
    heads = [
        stack.path.rpartition("/")[0] if stack.dialect == "cloudformation" else stack.path
        for stack in (one, other)
    ]
    return heads[0].partition("/")[0] == heads[1].partition("/")[0]
