"""Effective tags: what each resource carries in the end, from which layer, and what cannot be known about it."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Any, Literal
from weakref import WeakKeyDictionary

import msgspec

from djaws import data
from djaws.finding import Span
from djaws.model.cloud import Provider, Resource, Stack, descend
from djaws.model.system import System
from djaws.model.value import ALWAYS, Alternative, Guard, Map, Seq, Unknown, Value, combine

from ._deployments import deployments

#: One of each group tells for what, for which environment and for whom money is spent.
REQUIRED: tuple[tuple[str, ...], ...] = (
    ("Project", "Application", "App", "Service", "Product", "Workload"),
    ("Environment", "Env", "Stage"),
    ("Owner", "Team", "CostCenter"),
)

#: Below this many resources the resources themselves are named, from here on the provider or template they share.
FEW = 3
MOST = 0.8

Group = tuple[str, ...]
State = Literal["present", "absent", "unknown"]

_SEPARATORS = re.compile(r"[-_ .:/]")
_LEADING = re.compile(r"^.*[:/]")


class Scheme(msgspec.Struct, frozen=True, rename="kebab", forbid_unknown_fields=True):
    """Which tags are asked of which resources.

    `required` holds groups of keys, one of each group is enough. `types` is `costly` (what appears on the bill in its own
    right) or `all` (whatever takes tags). With `case-sensitive`, keys must be spelled exactly as required.
    """

    required: tuple[tuple[str, ...], ...] = REQUIRED
    case_sensitive: bool = False
    types: Literal["costly", "all"] = "costly"

    def asks(self, kind: str) -> bool:
        return self.types == "all" or kind in costly_types()

    def matches(self, key: str, group: Group) -> bool:
        """Whether a key counts for a group; `acme:cost-centre` does for `CostCenter`."""
        if self.case_sensitive:
            return key in group
        names = _folded_group(group)
        return fold(key) in names or fold(_LEADING.sub("", key)) in names

    def is_cost_key(self, key: str) -> bool:
        return any(self.matches(key, group) for group in self.required)


@cache
def fold(key: str) -> str:
    """What a key and its other spellings have in common."""
    return _SEPARATORS.sub("", key).casefold().replace("centre", "center")


@cache
def _folded_group(group: Group) -> frozenset[str]:
    return frozenset(fold(name) for name in group)


@cache
def costly_types() -> frozenset[str]:
    costly = data.taggability().costly
    return costly.cloudformation | costly.terraform


def tag_place(resource: Resource) -> data.TagPlace | None:
    """Where a resource of this type takes its tags, None when it takes none."""
    table = data.taggability()
    places = table.terraform if resource.dialect == "terraform" else table.cloudformation
    return places.get(resource.type)


@dataclass(frozen=True, slots=True)
class Presence:
    """Whether a resource carries a key of a group, under which condition it does not, or why that cannot be known."""

    state: State
    guard: Guard = ALWAYS
    unknown: Unknown | None = None


@dataclass(frozen=True, eq=False)
class Layer:
    """Tags from one origin. `origin` says which: `default_tags`, `stack`, `tagger` or `own`."""

    origin: str
    tags: Value[Map]


@dataclass(frozen=True, eq=False)
class Tagged:
    """One taggable resource with the layers of its tags, the lowest first."""

    stack: Stack
    resource: Resource
    layers: tuple[Layer, ...]

    @cached_property
    def tags(self) -> Value[Map]:
        """All layers over each other. Every alternative is a map, open where keys may be hidden."""
        maps = [layer.tags for layer in self.layers]
        if len(maps) == 1:
            return maps[0]
        return opened(combine(_laid, *maps, span=self.resource.span), self.resource.span)

    @property
    def span(self) -> Span:
        """Where the tags are written, else the resource."""
        own = next((layer.tags for layer in self.layers if layer.origin == "own"), None)
        written = [alt.span for alt in own.alternatives if alt.written] if own else []
        return written[0] if written else self.resource.span

    def presence(self, group: Group, scheme: Scheme) -> Presence:
        """Absent when a known possibility lacks the group, present when all have it, else unknown."""
        key = (group, scheme.case_sensitive)
        if key not in self._presences:
            self._presences[key] = self._asked(group, scheme)
        return self._presences[key]

    @cached_property
    def _presences(self) -> dict[tuple[Group, bool], Presence]:
        return {}

    def _asked(self, group: Group, scheme: Scheme) -> Presence:
        answers = [_presence(alt, group, scheme) for alt in self.tags.alternatives]
        absent = [answer for answer in answers if answer.state == "absent"]
        convincing = [answer for answer in absent if not _is_leftover(answer.guard, answers)]
        if convincing:
            branches = [alternative.guard for alternative in self.tags.alternatives]
            everywhere = len(answers) > 1 and [answer.guard for answer in absent] == branches
            return Presence("absent", ALWAYS if everywhere else convincing[0].guard)
        unknown = next((answer for answer in answers if answer.state == "unknown"), None)
        return unknown or Presence("present")

    def entries(self) -> Iterator[tuple[Layer, str, Value[Any]]]:
        """Every tag of every layer, in each of its possibilities."""
        for layer in self.layers:
            for alternative in layer.tags.alternatives:
                for key, value in alternative.value.entries.items():
                    yield layer, key, value.when(alternative.guard)


def _laid(*maps: Map) -> Map:
    lowest, *higher = maps
    for upper in higher:
        lowest = lowest.merge(upper)
    return lowest


def _presence(alternative: Alternative[Map], group: Group, scheme: Scheme) -> Presence:
    tags = alternative.value
    values = [value for key, value in tags.entries.items() if scheme.matches(key, group)]
    holes = [value.sometimes(lambda data: data is None) for value in values]
    if any(not hole for hole in holes):
        return Presence("present", alternative.guard)
    if tags.rest:
        return Presence("unknown", alternative.guard, tags.rest)
    guard: Guard | None = alternative.guard
    for hole in holes:
        guard = guard & hole[0].guard if guard is not None else None
    return Presence("present", alternative.guard) if guard is None else Presence("absent", guard)


def _is_leftover(guard: Guard, answers: list[Presence]) -> bool:
    """A branch that only holds when none of the known variable files is used, while such files exist."""
    if all(equal or subject != "tfvars" for subject, equal, _ in guard.terms):
        return False
    return any(
        equal and subject == "tfvars" for answer in answers for subject, equal, _ in answer.guard.terms
    )


# --- reading one layer


def opened(value: Value[Map], span: Span) -> Value[Map]:
    """The same maps, what is unknown as an open map: a key that another layer sets is there whatever the unknown is."""
    if value.unknown is None:
        return value
    return Value((*value.alternatives, Alternative(Map({}, value.unknown, span), value.unknown.span)))


def as_map(value: Value[Any], span: Span) -> Value[Map]:
    """Tags as a map, whether they were written as a map, as pairs of key and value, or as `tag` blocks."""
    maps = [_mapped(alternative, span).when(alternative.guard) for alternative in value.alternatives]
    return opened(Value.either(*maps, Value((), value.unknown)), span)


def _mapped(alternative: Alternative[Any], span: Span) -> Value[Map]:
    found, place = alternative.value, alternative.span
    if found is None:
        return Value((Alternative(Map({}, None, span), span, written=False),))
    if isinstance(found, Map):
        return Value.of(_listed(Seq((Value.of(found, place),))) if _pair(found) else found, place)
    if isinstance(found, Seq):
        return Value.of(_listed(found), place)
    return Value.not_known("the tags are neither a map nor a list", place)


def _listed(items: Seq) -> Map:
    """A map of a list of pairs. A pair that is there in some branches only leaves its key absent in the others."""
    entries: dict[str, Value[Any]] = {}
    rest = items.rest
    for item in items.items:
        rest = rest or item.unknown
        found: dict[str, list[Value[Any]]] = {}
        elsewhere: list[Alternative[Any]] = []
        for alternative in item.alternatives:
            pair = _pair(alternative.value)
            if pair is None:
                elsewhere.append(replace(alternative, value=None, written=False))
                continue
            key, value = pair
            rest = rest or key.unknown
            for spelled in key.alternatives:
                found.setdefault(str(spelled.value), []).append(
                    value.when(spelled.guard).when(alternative.guard).at(spelled.span)
                )
        for name, values in found.items():
            others = [] if len(found) == 1 and not elsewhere else elsewhere
            entries[name] = Value.either(*values, Value(tuple(others)))
    return Map(entries, rest)


def _pair(item: Any) -> tuple[Value[Any], Value[Any]] | None:
    if not isinstance(item, Map):
        return None
    for key, value in (("Key", "Value"), ("key", "value")):
        if key in item.entries and (value in item.entries or item.rest):
            return item.get(key), item.get(value)
    return None


# --- gathering the layers


class Tagging:
    """The effective tags of a whole repository."""

    def __init__(self, system: System) -> None:
        self.system = system

    @cached_property
    def resources(self) -> tuple[Tagged, ...]:
        """Every resource that takes tags."""
        return tuple(tagged for stack in self.system.stacks for tagged in self.of(stack))

    def of(self, stack: Stack) -> tuple[Tagged, ...]:
        if stack not in self._by_stack:
            gather = _terraform if stack.dialect == "terraform" else _cloudformation
            self._by_stack[stack] = tuple(gather(stack, self))
        return self._by_stack[stack]

    @cached_property
    def _by_stack(self) -> dict[Stack, tuple[Tagged, ...]]:
        return {}

    def find(self, resource: Resource) -> Tagged | None:
        return self._by_resource.get(id(resource))

    @cached_property
    def _by_resource(self) -> dict[int, Tagged]:
        return {id(tagged.resource): tagged for tagged in self.resources}


_known: WeakKeyDictionary[System, Tagging] = WeakKeyDictionary()


def tagging(system: System) -> Tagging:
    """The repository's effective tags, gathered once."""
    if system not in _known:
        _known[system] = Tagging(system)
    return _known[system]


def scheme_of(system: System) -> Scheme:
    """The scheme that is configured for `cost/missing-tags`: the other tag policies share it."""
    return msgspec.convert(system.config.policies.get("cost/missing-tags", {}), Scheme)


def asked(system: System, stack: Stack, scheme: Scheme) -> list[Tagged]:
    """The resources of a stack that a scheme asks for tags."""
    return [tagged for tagged in tagging(system).of(stack) if scheme.asks(tagged.resource.type)]


def _terraform(stack: Stack, tagging: Tagging) -> Iterator[Tagged]:
    taggers = _taggers(stack)
    implicit = _implicit_default_tags(stack, tagging.system)
    by_provider = {provider: provider_tags(provider) for provider in stack.providers}
    for resource in stack.resources:
        place = None if resource.is_data else tag_place(resource)
        if place is None:
            continue
        planned = resource.attr("tags_all")
        if not planned.is_absent:
            yield Tagged(stack, resource, (Layer("own", as_map(planned, resource.span)),))
            continue
        layers = [Layer("default_tags", _default_tags(resource, by_provider, implicit))]
        layers += [Layer("own", own) for own in _own(resource, place)]
        layers += [Layer("tagger", tags) for tags in taggers.get(resource.address, ())]
        yield Tagged(stack, resource, tuple(layers))


def _own(resource: Resource, place: data.TagPlace) -> Iterator[Value[Map]]:
    yield as_map(resource.attr(place.path), resource.span)
    if place.shape == "blocks" and not resource.attr("tags").is_absent:
        yield as_map(resource.attr("tags"), resource.span)
    ignored = _ignored(resource)
    if ignored:
        yield Value.of(Map({}, ignored, resource.span), resource.span, written=False)


def _ignored(resource: Resource) -> Unknown | None:
    """Why tags may be set by somebody else: Terraform was told to leave them alone."""
    changes = descend(resource.meta, ["lifecycle", "ignore_changes"], resource.span)
    for alternative in changes.alternatives:
        names = alternative.value.items if isinstance(alternative.value, Seq) else (changes,)
        for name in names:
            if name.sometimes(lambda text: str(text) in ("tags", "tags_all", "all", "tag")):
                return Unknown("ignore_changes leaves its tags to somebody else", name.span)
    return None


def _default_tags(
    resource: Resource, by_provider: dict[Provider, Value[Map]], implicit: Value[Map]
) -> Value[Map]:
    if resource.type in data.taggability().without_default_tags:
        return Value.of(Map(), resource.span, written=False)
    provider = resource.provider
    if provider is not None:
        return by_provider.get(provider) or provider_tags(provider)
    if any(each.address == "aws" for each in by_provider):
        because = "its provider is not known"
        return Value.of(Map({}, Unknown(because, resource.span)), resource.span, written=False)
    return implicit


def provider_tags(provider: Provider) -> Value[Map]:
    """A provider's default_tags, an empty map when it has none."""
    return as_map(descend(provider.body, ["default_tags", "tags"], provider.span), provider.span)


def _implicit_default_tags(stack: Stack, system: System) -> Value[Map]:
    """What a root without a provider block gets: nothing, unless somebody else writes or calls it."""
    because = foreign_provider(stack, system)
    first = next((resource.span for resource in stack.resources), stack.span)
    rest = Unknown(because, first) if because else None
    return Value.of(Map({}, rest), stack.span, written=False)


def foreign_provider(stack: Stack, system: System) -> str:
    """Why a root's provider may be configured where djaws does not see it; empty when it is not."""
    if any(provider.name == "aws" for provider in stack.providers):
        return ""
    folder = f"{stack.path}/" if stack.path else ""
    above = {folder[: index + 1] for index, char in enumerate(folder) if char == "/"} | {""}
    generated = next(
        (f"{each}terragrunt.hcl" for each in above if f"{each}terragrunt.hcl" in system.tree), ""
    )
    if generated:
        return f"{generated} may generate the provider"
    deploys = any(not stack.meta.get(key).is_absent for key in ("backend", "cloud"))
    if not deploys and (stack.parameters or stack.outputs):
        return "a module that nobody here calls: its caller's provider may have default_tags"
    return ""


def _taggers(stack: Stack) -> dict[str, list[Value[Map]]]:
    """Tags that separate resources put on others, by the address of the other."""
    found: dict[str, list[Value[Map]]] = {}
    for kind, argument in data.taggability().taggers.items():
        for tagger in stack.of_type(kind):
            nested = tagger.attr("tag")
            pair = tagger.body if nested.is_absent else nested
            value = (
                Value.of(Seq((Value.of(pair, tagger.span),)), tagger.span) if pair is tagger.body else nested
            )
            tags = as_map(value, tagger.span).when(tagger.guard)
            for target in stack.resolve(tagger.attr(argument)):
                found.setdefault(target.address, []).append(tags)
    return found


def _cloudformation(stack: Stack, tagging: Tagging) -> Iterator[Tagged]:
    beneath = [Layer("stack", Value.of(stack.tags, stack.span, written=False))] if stack.tags.entries else []
    beneath += [Layer("stack", tags) for tags in deployments(tagging.system).tags(stack)]
    for resource in stack.resources:
        place = tag_place(resource)
        if place is None:
            continue
        layers = [*beneath, *_from_parents(resource, stack)]
        layers.append(Layer("own", as_map(resource.attr(place.path), resource.span)))
        yield Tagged(stack, resource, tuple(layers))


def _from_parents(resource: Resource, stack: Stack) -> Iterator[Layer]:
    """The tags of the nested stacks around a resource: they reach whatever these deploy."""
    parts = resource.address.split(".")[:-1]
    for depth in range(1, len(parts) + 1):
        parent = stack.find(".".join(parts[:depth]))
        if parent is not None:
            yield Layer("stack", as_map(parent.attr("Tags"), parent.span))


# --- what a scheme finds


@dataclass(frozen=True, eq=False)
class Share:
    """The resources that get their default tags from one place: a provider block, or a template.

    `provider` is None for a template and for a root without a provider block.
    """

    stack: Stack
    provider: Provider | None
    resources: tuple[Tagged, ...]

    @property
    def span(self) -> Span:
        return self.provider.span if self.provider else self.stack.span


def shares(system: System, stack: Stack, scheme: Scheme) -> list[Share]:
    """The stack's resources by where their default tags come from; those that never get any are in none."""
    found: dict[str, list[Tagged]] = {}
    providers: dict[str, Provider | None] = {}
    without = data.taggability().without_default_tags
    for tagged in asked(system, stack, scheme):
        if tagged.resource.type in without:
            continue
        provider = tagged.resource.provider
        address = provider.address if provider else ""
        providers[address] = provider
        found.setdefault(address, []).append(tagged)
    return [Share(stack, providers[address], tuple(each)) for address, each in found.items()]


def in_force(system: System, stack: Stack, scheme: Scheme) -> tuple[tuple[Group, ...], Layer | None]:
    """The groups that a stack is asked for, and the default tags that settled them, if any did.

    Where nobody configured the groups, and default tags carry most of them, the team has settled its keys: a group that
    nothing in the root ever uses is then none of them.
    """
    if scheme.required != REQUIRED:
        return scheme.required, None
    resources = tagging(system).of(stack)
    layers = (layer for tagged in resources for layer in tagged.layers)
    settled = next((layer for layer in layers if _is_settled(layer, scheme)), None)
    if settled is None:
        return scheme.required, None
    keys = {key for tagged in resources for _, key, _ in tagged.entries()}
    used = tuple(group for group in scheme.required if any(scheme.matches(key, group) for key in keys))
    return used, settled


def _is_settled(layer: Layer, scheme: Scheme) -> bool:
    if layer.origin not in ("default_tags", "stack"):
        return False
    return any(
        2 * sum(_has(alternative.value, group, scheme) for group in scheme.required) > len(scheme.required)
        for alternative in layer.tags.alternatives
        if alternative.value.rest is None
    )


def _has(tags: Map, group: Group, scheme: Scheme) -> bool:
    return any(scheme.matches(key, group) for key in tags.entries)


def lacking(resources: Collection[Tagged], group: Group, scheme: Scheme) -> list[Tagged]:
    return [tagged for tagged in resources if tagged.presence(group, scheme).state == "absent"]


def is_shared(lacking: int, all_of_them: int) -> bool:
    """Whether so many lack a key that its place is the default tags."""
    return all_of_them >= FEW and lacking >= MOST * all_of_them


def listed(groups: Collection[Group]) -> str:
    """How messages name groups: by the first key of each."""
    names = [group[0] for group in groups]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def without_key(address: str) -> str:
    """An address without instance keys: all instances of a block share it."""
    return re.sub(r"\[[^\]]*\]", "", address)


def each_block(resources: Collection[Tagged], key: Callable[[Tagged], object]) -> list[list[Tagged]]:
    """Resources of one block (instances, calls of one module) with one answer, together."""
    found: dict[object, list[Tagged]] = {}
    for tagged in resources:
        found.setdefault((tagged.resource.span, key(tagged)), []).append(tagged)
    return list(found.values())


@dataclass(frozen=True)
class Blocked:
    """Why tags cannot be known, and of how many resources."""

    unknown: Unknown
    resources: int


def blocked(resources: Collection[Tagged], groups: Collection[Group], scheme: Scheme) -> Blocked | None:
    """The expression that keeps most resources' tags from being known, None when all are known."""
    reasons: dict[tuple[str, Span], tuple[Unknown, set[int]]] = {}
    for tagged in resources:
        for group in groups:
            unknown = tagged.presence(group, scheme).unknown
            if unknown is not None:
                key = (unknown.because, unknown.span)
                reasons.setdefault(key, (unknown, set()))[1].add(id(tagged))
    if not reasons:
        return None
    unknown, blocked_by_it = max(reasons.values(), key=lambda reason: len(reason[1]))
    return Blocked(unknown, len(blocked_by_it))
