"""The Stack: what one Terraform root or one CloudFormation template puts into AWS, and views that read both dialects alike."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, ClassVar, Generic, Literal, TypeVar, overload

from djaws.finding import Span
from djaws.model.value import ALWAYS, NOWHERE, Alternative, Guard, Map, Reference, Seq, Unknown, Value

Dialect = Literal["terraform", "cloudformation"]
#: Terraform's instance keys: `[0]`, `["eu.west"]`.
_INSTANCE_KEY = re.compile(r'\[(?:\d+|"(?:[^"\\]|\\.)*")\]')
_LAST_KEY = re.compile(_INSTANCE_KEY.pattern + "$")
T = TypeVar("T")
V = TypeVar("V", bound="View")


@dataclass(frozen=True, slots=True)
class Unresolved:
    """A module, nested stack or macro whose content is not in the repository: presence questions it could answer are unknown."""

    source: str
    because: str
    span: Span
    address: str = ""
    arguments: Map = field(default_factory=Map)


@dataclass(frozen=True, slots=True, eq=False)
class Provider:
    """A Terraform provider configuration. `address` is unique in the root (`aws`, `aws.east`, `module.x.aws.y`)."""

    name: str
    alias: str
    address: str
    body: Map
    span: Span
    block: Span


@dataclass(frozen=True, slots=True, eq=False)
class Resource:
    """One resource (or Terraform data source) as it would be deployed.

    `span` is its header line, `block` the whole of it. `guard` is the condition of its existence; `uncertain` says why it may
    not exist at all (an unknown `count`). `calls` are the module calls that lead to it, outermost first.
    `meta` holds what is not an argument: Terraform's `lifecycle`, `depends_on`, `count`, `for_each`, `provider`;
    CloudFormation's `DependsOn`, `DeletionPolicy`, `UpdatePolicy`, `Condition`, `Metadata`, ….
    """

    dialect: Dialect
    type: str
    name: str
    address: str
    body: Map
    span: Span
    block: Span
    meta: Map = field(default_factory=Map)
    guard: Guard = ALWAYS
    uncertain: Unknown | None = None
    calls: tuple[Span, ...] = ()
    provider: Provider | None = None
    is_data: bool = False

    def attr(self, path: str) -> Value[Any]:
        """What the dotted attribute can be, absent when nobody set it. A single nested block counts as an object.

        Absence is placed on the innermost block that would have held the attribute.
        """
        return descend(self.body, path.split("."), self.span).when(self.guard)

    def blocks(self, name: str) -> tuple[tuple[Map, ...], Unknown | None]:
        """The nested blocks (or list items) called `name`, and why there may be more of them."""
        return members(self.attr(name))

    @property
    def short(self) -> str:
        """How messages name it."""
        return self.address


def descend(body: Map, path: list[str], span: Span) -> Value[Any]:
    """The value at `path` inside `body`; `span` is where absence is placed."""
    value = body.get(path[0])
    if value.is_absent and value.span == NOWHERE:
        value = Value.absent(span)
    for key in path[1:]:
        value = value.bind(lambda data, key=key, at=value.span: _step(data, key, at))  # type: ignore[misc]
    return value


def _step(data: Any, key: str, span: Span) -> Value[Any]:
    if data is None:
        return Value.absent(span)
    if isinstance(data, Map):
        found = data.get(key)
        return Value.absent(data.span if data.span != NOWHERE else span) if found.is_absent else found
    if isinstance(data, Seq):
        if len(data.items) == 1 and data.rest is None:
            return data.items[0].bind(lambda item: _step(item, key, span))
        if not data.items and data.rest is None:
            return Value.absent(span)
        return Value.not_known(f"there may be several blocks that hold `{key}`", span)
    return Value.not_known(f"`{key}` of a {type(data).__name__}", span)


def members(value: Value[Any]) -> tuple[tuple[Map, ...], Unknown | None]:
    """Every object that the list or object `value` can hold, over all alternatives, and why there may be more."""
    found: list[Map] = []
    unknown = value.unknown
    for alternative in value.alternatives:
        data = alternative.value
        if isinstance(data, Map):
            found.append(data)
        elif isinstance(data, Seq):
            unknown = unknown or data.rest
            for item in data.items:
                inner, more = members(item)
                found += inner
                unknown = unknown or more
    return tuple(found), unknown


class Stack:
    """What one Terraform root, or one CloudFormation template with its local nested stacks, puts into AWS.

    `path` is the root's directory or the template's path. `tags` are stack-level tags that reach every resource.
    """

    def __init__(
        self,
        dialect: Dialect,
        path: str,
        resources: tuple[Resource, ...],
        *,
        span: Span,
        providers: tuple[Provider, ...] = (),
        unresolved: tuple[Unresolved, ...] = (),
        parameters: Mapping[str, Value[Any]] | None = None,
        outputs: Mapping[str, Value[Any]] | None = None,
        meta: Map | None = None,
        tags: Map | None = None,
        environments: tuple[str, ...] = (),
        files: tuple[str, ...] = (),
    ) -> None:
        self.dialect = dialect
        self.path = path
        self.span = span
        self.resources = resources
        self.providers = providers
        self.unresolved = unresolved
        self.parameters = parameters or {}
        self.outputs = outputs or {}
        self.meta = meta or Map()
        self.tags = tags or Map()
        self.environments = environments
        self.files = files

    @cached_property
    def _by_type(self) -> dict[str, list[Resource]]:
        index: dict[str, list[Resource]] = {}
        for resource in self.resources:
            if not resource.is_data:
                index.setdefault(resource.type, []).append(resource)
        return index

    @cached_property
    def _by_address(self) -> dict[str, Resource]:
        return {resource.address: resource for resource in self.resources}

    def of_type(self, *types: str) -> Iterator[Resource]:
        """Resources (never data sources) of any of these types."""
        for name in types:
            yield from self._by_type.get(name, ())

    def each(self, view: type[V]) -> Iterator[V]:
        """Every resource that `view` reads."""
        for resource in self.of_type(*view.types):
            yield view(resource, self)

    def find(self, address: str) -> Resource | None:
        """The resource at this address; without an instance key it finds the only or first instance."""
        return self._by_address.get(address) or self._first_instance.get(address)

    @cached_property
    def _first_instance(self) -> dict[str, Resource]:
        index: dict[str, Resource] = {}
        for resource in self.resources:
            address = resource.address
            for shorter in (_LAST_KEY.sub("", address), _INSTANCE_KEY.sub("", address)):
                index.setdefault(shorter, resource)
        return index

    def resolve(self, value: Value[Any]) -> tuple[Resource, ...]:
        """The resources that a value's references name."""
        found = (self.find(reference.address) for reference in value.references)
        return tuple(dict.fromkeys(resource for resource in found if resource is not None))

    @cached_property
    def _referrers(self) -> dict[str, list[Resource]]:
        index: dict[str, list[Resource]] = {}
        for resource in self.resources:
            for reference in references_in(resource.body):
                target = self.find(reference.address)
                if target is not None and resource not in index.setdefault(target.address, []):
                    index[target.address].append(resource)
        return index

    def referrers(self, resource: Resource) -> tuple[Resource, ...]:
        """The resources whose arguments refer to `resource`."""
        return tuple(self._referrers.get(resource.address, ()))


def references_in(data: Any) -> Iterator[Reference]:
    """Every reference anywhere inside a value, map or list."""
    if isinstance(data, Value):
        yield from data.references
        for alternative in data.alternatives:
            yield from references_in(alternative.value)
    elif isinstance(data, Map):
        for entry in data.entries.values():
            yield from references_in(entry)
        if data.rest:
            yield from data.rest.references
    elif isinstance(data, Seq):
        for item in data.items:
            yield from references_in(item)
        if data.rest:
            yield from data.rest.references


class Attr(Generic[T]):
    """One attribute of a view, named in both dialects: `Attr(bool, tf="storage_encrypted", cfn="StorageEncrypted", default=False)`.

    Reads a `Value[T]`: strings that spell a bool or a number are converted as AWS converts them, anything else of the wrong
    type is unknown. A dialect without the attribute (`tf=None`) reads as unknown. Absence reads as `default`.
    """

    def __init__(
        self, kind: type[T], *, tf: str | None = None, cfn: str | None = None, default: T | None = None
    ) -> None:
        self.kind = kind
        self.tf = tf
        self.cfn = cfn
        self.default = default

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, view: None, owner: type) -> Attr[T]: ...
    @overload
    def __get__(self, view: View, owner: type) -> Value[T]: ...
    def __get__(self, view: View | None, owner: type) -> Attr[T] | Value[T]:
        if view is None:
            return self
        resource = view.resource
        path = self.tf if resource.dialect == "terraform" else self.cfn
        if path is None:
            return Value.not_known(f"{resource.type} has no {self.name}", resource.span)
        return self._typed(resource.attr(path).or_default(self.default))

    def _typed(self, value: Value[Any]) -> Value[T]:
        kept: list[Alternative[T]] = []
        unknown = value.unknown
        for alt in value.alternatives:
            converted = convert(alt.value, self.kind)
            if converted is None and alt.value is not None:
                unknown = unknown or Unknown(f"`{alt.value!r:.80}` is not a {self.kind.__name__}", alt.span)
            else:
                kept.append(replace(alt, value=converted))
        return Value(tuple(kept), unknown)


def convert(data: Any, kind: type[T]) -> T | None:
    """`data` as `kind` in the way AWS reads it, or None when it cannot be."""
    if data is None or kind is object:
        return data  # type: ignore[no-any-return]
    result: Any = None
    if kind is bool:
        result = (
            {"true": True, "false": False}.get(str(data).lower()) if isinstance(data, bool | str) else None
        )
    elif kind in (int, float):
        try:
            result = None if isinstance(data, bool) else kind(data)  # type: ignore[call-arg]
        except (TypeError, ValueError):
            result = None
    elif kind is str:
        if isinstance(data, bool):
            result = "true" if data else "false"
        elif isinstance(data, str | int | float):
            result = str(data)
    elif isinstance(data, kind):
        result = data
    return result  # type: ignore[no-any-return]


class View:
    """A resource read through names that hold in every dialect. Subclasses give `types` and attributes."""

    types: ClassVar[tuple[str, ...]] = ()

    def __init__(self, resource: Resource, stack: Stack) -> None:
        self.resource = resource
        self.stack = stack

    @property
    def span(self) -> Span:
        return self.resource.span

    @property
    def subject(self) -> str:
        return self.resource.address
