"""Module instances: what names mean inside one, and which resources and further modules it makes."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any

from djaws.finding import Span
from djaws.model.cloud import Provider, Resource, Unresolved
from djaws.model.terraform import calls, constraints
from djaws.model.terraform.algebra import (
    Hole,
    Unsupported,
    Wrong,
    derived,
    guard_of,
    join,
    not_known,
    number_of,
    referring,
    settle,
    shown_at,
    text_of,
    under,
    union,
)
from djaws.model.terraform.evaluate import SPARE_STEPS, Evaluator
from djaws.model.terraform.files import Directory, Files, Item
from djaws.model.terraform.scan import resolved_target
from djaws.model.terraform.scope import Scope
from djaws.model.terraform.syntax import (
    Attribute,
    Block,
    Literal,
    Node,
    ObjectExpr,
    TupleExpr,
    traversal,
)
from djaws.model.terraform.variables import Assignment, Assignments
from djaws.model.value import ALWAYS, Alternative, Guard, Map, Reference, Seq, Unknown, Value

MAX_INSTANCES = 20_000
MAX_MODULES = 2_000
MAX_MODULE_DEPTH = 30
MAX_WEIGHT = 20_000

_RESOURCE_META = frozenset({"count", "for_each", "provider", "depends_on"})
_RESOURCE_META_BLOCKS = frozenset({"lifecycle", "provisioner", "connection"})
_CALL_META = frozenset({"count", "for_each", "providers", "depends_on", "source", "version"})
_VERBATIM = frozenset({"ignore_changes", "replace_triggered_by", "depends_on"})


class Run:
    """What all module instances of one stack share."""

    def __init__(self, files: Files, root: str) -> None:
        self.files = files
        self.root = root
        self.evaluator = Evaluator()
        self.instances = 0
        self.modules = 0
        self.index = files.module_index(root)

    def directory(self, path: str) -> Directory:
        """The configuration of a directory; the larger it all is, the more steps evaluating it may take."""
        found = self.files.directory(path)
        self.evaluator.allowed_steps = SPARE_STEPS + self.files.size
        return found

    def admits(self, count: int) -> bool:
        self.instances += count
        return self.instances <= MAX_INSTANCES


@dataclass(eq=False, slots=True)
class Instance:
    """One of the things that a block with `count` or `for_each` makes. `names` are `each` or `count` in its body."""

    key: str | int | None = None
    names: Mapping[str, Value[Any]] = field(default_factory=dict)
    guard: Guard = ALWAYS
    uncertain: Unknown | None = None

    @property
    def suffix(self) -> str:
        if self.key is None:
            return ""
        if isinstance(self.key, int):
            return f"[{self.key}]"
        escaped = self.key.replace("\\", "\\\\").replace('"', '\\"')
        return f'["{escaped}"]'


@dataclass(eq=False, slots=True)
class Expansion:
    """The instances of a block. `shape` puts their objects into the list, map or single thing that the block's name means."""

    instances: list[Instance]
    shape: Callable[[Callable[[Instance], Value[Any]]], Value[Any]]


class _Memo:
    """Values computed once; one that needs itself is unknown."""

    def __init__(self) -> None:
        self.done: dict[object, Value[Any]] = {}
        self.busy: set[object] = set()

    def once(self, key: object, span: Span, compute: Callable[[], Value[Any]]) -> Value[Any]:
        found = self.done.get(key)
        if found is not None:
            return found
        if key in self.busy:
            return not_known("it refers to itself", span)
        self.busy.add(key)
        try:
            value = limited(compute(), span)
        except RecursionError:
            value = not_known("nested too deeply to follow", span)
        finally:
            self.busy.discard(key)
        self.done[key] = value
        return value


def limited(value: Value[Any], span: Span) -> Value[Any]:
    """The value, unless it is so large that whoever walks it would never end."""
    if value.unknown is None and not any(isinstance(alt.value, Map | Seq) for alt in value.alternatives):
        return value
    weight = 0
    waiting: list[Any] = [value]
    while waiting:
        current = waiting.pop()
        weight += 1
        if weight > MAX_WEIGHT:
            return not_known("too large to follow", span)
        if isinstance(current, Value):
            for alternative in current.alternatives:
                data = alternative.value
                if isinstance(data, Seq):
                    waiting += data.items
                elif type(data) is Map:
                    waiting += data.entries.values()
            if isinstance(current.unknown, Hole) and current.unknown.document is not None:
                waiting.append(current.unknown.document)
    return value


class Handle(Map):
    """A resource or module as a value: its attributes are computed when they are asked for. Equal to itself only."""

    __slots__ = ()

    def __hash__(self) -> int:
        return id(self)

    def __eq__(self, other: object) -> bool:
        return self is other


class _Lazy(Mapping[str, Value[Any]]):
    """Entries computed on demand."""

    __slots__ = ("keys_of", "read")

    def __init__(self, keys_of: Callable[[], list[str]], read: Callable[[str], Value[Any]]) -> None:
        self.keys_of = keys_of
        self.read = read

    def __getitem__(self, key: str) -> Value[Any]:
        if key not in self.keys_of():
            raise KeyError(key)
        return self.read(key)

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys_of())

    def __len__(self) -> int:
        return len(self.keys_of())


class Module:
    """One instance of a directory of Terraform files: the root, or what a call makes."""

    def __init__(
        self,
        run: Run,
        directory: Directory,
        *,
        address: str = "",
        key: str = "",
        parent: Module | None = None,
        call: CallNode | None = None,
        instance: Instance | None = None,
        given: Assignments | None = None,
    ) -> None:
        self.run = run
        self.directory = directory
        self._address = address
        self.key = key
        self.parent = parent
        self.call = call
        self.instance = instance or Instance()
        self.given = given or Assignments()
        self.memo = _Memo()
        self.guard: Guard = ALWAYS
        self.uncertain: Unknown | None = self.instance.uncertain
        if parent is not None:
            joined = parent.guard & self.instance.guard
            self.guard = joined if joined is not None else self.instance.guard
            self.uncertain = self.uncertain or parent.uncertain

    @property
    def address(self) -> str:
        return self._address

    @property
    def prefix(self) -> str:
        return f"{self._address}." if self._address else ""

    @cached_property
    def calls(self) -> tuple[Span, ...]:
        """The calls that lead here, outermost first."""
        if self.parent is None or self.call is None:
            return ()
        return (*self.parent.calls, self.call.item.span)

    @cached_property
    def depth(self) -> int:
        return 0 if self.parent is None else self.parent.depth + 1

    def ancestry(self) -> Iterator[str]:
        module: Module | None = self
        while module is not None:
            yield module.directory.path
            module = module.parent

    def evaluate(self, node: Node, path: str) -> Value[Any]:
        return self.run.evaluator.evaluate(node, Scope(self, path))

    # --- what names mean

    def name(self, root: str, rest: tuple[str, ...], span: Span) -> tuple[Value[Any], int]:
        """What `root.rest…` names, and how many of `rest` were used up to name it."""
        if root == "var" and rest:
            return self.variable(rest[0], span), 1
        if root == "local" and rest:
            return self.local(rest[0], span), 1
        if root == "module" and rest:
            return self.called(rest[0], span), 1
        if root == "data" and len(rest) > 1:
            return self.resource(self.data, f"data.{rest[0]}.{rest[1]}", (rest[0], rest[1]), span), 2
        if root in _SPECIAL:
            return self.special(root, rest, span)
        if rest:
            return self.resource(self.resources, f"{root}.{rest[0]}", (root, rest[0]), span), 1
        return not_known(f"`{root}` means nothing here", span), len(rest)

    def special(self, root: str, rest: tuple[str, ...], span: Span) -> tuple[Value[Any], int]:
        if root == "path" and rest:
            return self.path_value(rest[0], span), 1
        if root == "terraform" and rest:
            subject = f"terraform.{rest[0]}"
            return not_known(
                f"{subject} is chosen at run time", span, (Reference(subject),), subject=subject
            ), 1
        return not_known(f"`{root}` is known only at run time", span), len(rest)

    def path_value(self, name: str, span: Span) -> Value[Any]:
        if name == "module":
            relative = posixpath.relpath(self.directory.path or ".", self.run.root or ".")
            return Value.of(relative, span)
        if name == "root":
            return Value.of(".", span)
        return not_known(f"path.{name} depends on the machine", span)

    def local(self, name: str, span: Span) -> Value[Any]:
        found = self.directory.locals.get(name)
        if found is None:
            return not_known(f"local.{name} is not declared", span)
        attribute, path = found
        return self.memo.once(("local", name), span, lambda: self.evaluate(attribute.value, path))

    def local_expression(self, name: str) -> tuple[Node, Scope] | None:
        found = self.directory.locals.get(name)
        return None if found is None else (found[0].value, Scope(self, found[1]))

    def resource(
        self, nodes: Mapping[tuple[str, str], ResourceNode], address: str, key: tuple[str, str], span: Span
    ) -> Value[Any]:
        node = nodes.get(key)
        if node is not None:
            return node.value(span)
        address = self.prefix + address
        return not_known(f"{address} is not declared", span, (Reference(address),))

    def called(self, name: str, span: Span) -> Value[Any]:
        node = self.call_nodes.get(name)
        if node is not None:
            return node.value(span)
        return not_known(f"{self.prefix}module.{name} is not declared", span)

    # --- variables

    def variable(self, name: str, span: Span) -> Value[Any]:
        item = self.directory.variables.get(name)
        reference = Reference(f"{self.prefix}var.{name}")
        if item is None:
            return not_known(f"{reference.address} is not declared", span, (reference,))
        return self.memo.once(
            ("var", name), span, lambda: referring(self.given_value(name, item), (reference,))
        )

    def given_value(self, name: str, item: Item) -> Value[Any]:
        kind = constraints.read(item.value("type"))
        value = self.assigned(name, item)
        if self.refuses_null(item) and "default" in item.attributes:
            value = _without_null(value, lambda: self.default(name, item))
        return constraints.conform(value, kind, item.span, lambda node: self.evaluate(node, item.path))

    def refuses_null(self, item: Item) -> bool:
        nullable = item.value("nullable")
        return isinstance(nullable, Literal) and nullable.value is False

    def assigned(self, name: str, item: Item) -> Value[Any]:
        if self.call is not None:
            return self.call.argument(name, self.instance) or self.default(name, item)
        values = [
            under(self.assignment(each), each.guard) for each in self.given.by_environment.get(name, ())
        ]
        automatic = self.given.automatic.get(name)
        others = self.elsewhere(name)
        if others is not None:
            beyond = self.assignment(automatic) if automatic else self.default(name, item)
            values.append(under(beyond, others))
        return union(values)

    def elsewhere(self, name: str) -> Guard | None:
        """The environments whose file does not set the variable, None when there are none."""
        setting = [next(iter(each.guard.terms))[2] for each in self.given.by_environment.get(name, ())]
        labels = {str(label) for group in setting for label in group}
        if not labels:
            return ALWAYS
        if self.given.is_closed and labels >= set(self.given.environments):
            return None
        return Guard.unless("tfvars", *labels)

    def assignment(self, assignment: Assignment) -> Value[Any]:
        attribute = assignment.attribute
        value = self.evaluate(attribute.value, assignment.path)
        return shown_at(value, attribute.place.span(assignment.path))

    def default(self, name: str, item: Item) -> Value[Any]:
        found = item.attributes.get("default")
        if found is not None:
            attribute, path = found
            return shown_at(self.evaluate(attribute.value, path), attribute.place.span(path))
        subject = f"{self.prefix}var.{name}"
        return not_known(f"{subject} has no default", item.span, (Reference(subject),), subject=subject)

    # --- content

    @cached_property
    def resources(self) -> dict[tuple[str, str], ResourceNode]:
        return {key: ResourceNode(self, item, False) for key, item in self.directory.resources.items()}

    @cached_property
    def data(self) -> dict[tuple[str, str], ResourceNode]:
        return {key: ResourceNode(self, item, True) for key, item in self.directory.data.items()}

    @cached_property
    def call_nodes(self) -> dict[str, CallNode]:
        return {name: CallNode(self, name, item) for name, item in self.directory.calls.items()}

    def output(self, name: str, span: Span) -> Value[Any]:
        item = self.directory.outputs.get(name)
        found = item.attributes.get("value") if item else None
        if found is None:
            return not_known(f"{self.prefix}output.{name} is not declared", span)
        attribute, path = found
        return self.memo.once(
            ("output", name),
            span,
            lambda: shown_at(self.evaluate(attribute.value, path), attribute.place.span(path)),
        )

    # --- providers

    @cached_property
    def own_providers(self) -> dict[str, Provider]:
        return {
            key: self._provider(key, item)
            for key, item in self.directory.providers.items()
            if self._configures(item)
        }

    def _configures(self, item: Item) -> bool:
        """An alias alone in a called module is a placeholder for what the caller passes."""
        return self.parent is None or bool(item.blocks) or bool(set(item.attributes) - {"alias", "version"})

    def _provider(self, key: str, item: Item) -> Provider:
        name, _, alias = key.partition(".")
        scope = Scope(self, item.path)
        names: dict[str, Value[Any]] = {}
        if "for_each" in item.attributes:
            names["each"] = not_known("a provider for each of several keys", item.span)
        body = Body(
            self.run, item, scope.binding("", **names) if names else scope, self.memo, ("provider", key)
        )
        entries = {
            name: body.attribute(name)
            for name in body.names()
            if name not in ("alias", "for_each", "version")
        }
        data = Map(MappingProxyType(entries), None, item.span)
        return Provider(name, alias, self.prefix + key, data, item.span, item.whole)

    def provider(self, key: str) -> Provider | None:
        """The configuration that `key` (`aws`, `aws.east`) means here: passed, own, or inherited."""
        if self.call is not None:
            passed = self.call.passed_provider(key)
            if passed is not None:
                assert self.parent is not None
                return self.parent.provider(passed)
        own = self.own_providers.get(key)
        if own is not None:
            return own
        if self.parent is not None and "." not in key:
            return self.parent.provider(key)
        return None

    # --- files

    def _tree_path(self, path: str) -> str | None:
        if path.startswith(("/", "~")):
            return None
        joined = posixpath.normpath(posixpath.join(self.run.root, path))
        return None if joined.startswith("../") or joined == ".." else joined

    def read_file(self, path: str) -> str | None:
        found = self._tree_path(path)
        return None if found is None else self.run.files.text(found)

    def has_file(self, path: str) -> bool:
        found = self._tree_path(path)
        return found is not None and found in self.run.files.tree

    def matching_files(self, folder: str, pattern: str) -> list[str] | None:
        base = self._tree_path(folder)
        if base is None or not os.path.isdir(self.run.files.tree.file(base)):
            return None
        return calls.fileset(self.run.files.tree.paths, "" if base == "." else base, pattern)


_SPECIAL = frozenset({"path", "terraform", "self", "each", "count", "tofu"})


def _without_null(value: Value[Any], default: Callable[[], Value[Any]]) -> Value[Any]:
    gaps = value.sometimes(lambda data: data is None)
    if not gaps:
        return value
    kept = Value(value.sometimes(lambda data: data is not None), value.unknown)
    return union([kept, *(under(default(), gap.guard) for gap in gaps)])


# --- bodies


class Body:
    """The arguments and nested blocks of a block, each evaluated once and when first asked for."""

    def __init__(self, run: Run, item: Item, scope: Scope, memo: _Memo, key: object) -> None:
        self.run = run
        self.item = item
        self.scope = scope
        self.memo = memo
        self.key = key

    def names(self) -> list[str]:
        """Arguments first, then blocks, in the order they were written."""
        found = dict.fromkeys(self.item.attributes)
        for block, _ in self.item.blocks:
            found[_block_name(block)] = None
        return list(found)

    def attribute(self, name: str) -> Value[Any]:
        found = self.item.attributes.get(name)
        if found is not None:
            attribute, path = found
            span = attribute.place.span(path)
            if isinstance(attribute.value, Literal) and name not in _VERBATIM:
                return Value.of(attribute.value.value, span)
            return self.memo.once((self.key, name), span, lambda: self.argument(attribute, path, span))
        blocks = [(block, path) for block, path in self.item.blocks if _block_name(block) == name]
        return self.memo.once((self.key, name), self.item.span, lambda: self.nested(blocks, self.scope))

    def argument(self, attribute: Attribute, path: str, span: Span) -> Value[Any]:
        scope = self.scoped(self.scope, path)
        if attribute.name in _VERBATIM:
            return verbatim(attribute.value, scope, span)
        return shown_at(self.run.evaluator.evaluate(attribute.value, scope), span)

    def scoped(self, scope: Scope, path: str) -> Scope:
        return scope if scope.path == path else replace(scope, path=path)

    def nested(self, blocks: list[tuple[Block, str]], scope: Scope) -> Value[Any]:
        """Blocks of one type as a list of objects. A dynamic one that cannot be expanded leaves the list open:
        its content is uncertain, so only its edges are kept.
        """
        branches: list[tuple[Guard, list[Value[Any]]]] = [(ALWAYS, [])]
        rest: Unknown | None = None
        first = blocks[0][0].place.span(blocks[0][1])
        for block, path in blocks:
            inner = self.scoped(scope, path)
            if block.type != "dynamic":
                content = self.content(block, path, inner)
                for _, items in branches:
                    items.append(content)
                continue
            options, unknown = self.dynamic(block, path, inner)
            rest = join(rest, unknown)
            grown = [
                (joined, [*items, *more])
                for guard, items in branches
                for condition, more in options
                if (joined := guard & condition) is not None
            ]
            if len(grown) > 32:
                rest = join(rest, Hole("more than 32 possible lists of blocks", first))
            else:
                branches = grown
        alternatives = [
            Alternative(Seq(tuple(items), rest), first, guard)
            if items or rest is not None
            else Alternative(None, first, guard, written=False)
            for guard, items in branches
        ]
        return Value(tuple(alternatives))

    def content(self, block: Block, path: str, scope: Scope) -> Value[Any]:
        span = block.place.span(path)
        entries: dict[str, Value[Any]] = {}
        if block.labels and block.type != "content":
            entries["type"] = Value.of(block.labels[0], span)
        for name, attribute in block.body.attributes.items():
            entries[name] = self.argument_in(attribute, path, scope)
        grouped: dict[str, list[tuple[Block, str]]] = {}
        for inner in block.body.blocks:
            grouped.setdefault(_block_name(inner), []).append((inner, path))
        for name, blocks in grouped.items():
            entries[name] = self.nested(blocks, scope)
        return Value.of(Map(MappingProxyType(entries), None, span), span)

    def argument_in(self, attribute: Attribute, path: str, scope: Scope) -> Value[Any]:
        span = attribute.place.span(path)
        if isinstance(attribute.value, Literal):
            return Value.of(attribute.value.value, span)
        if attribute.name in _VERBATIM:
            return verbatim(attribute.value, scope, span)
        return shown_at(self.run.evaluator.evaluate(attribute.value, scope), span)

    def dynamic(
        self, block: Block, path: str, scope: Scope
    ) -> tuple[list[tuple[Guard, list[Value[Any]]]], Unknown | None]:
        contents = [inner for inner in block.body.blocks if inner.type == "content"]
        source = block.body.attributes.get("for_each")
        span = block.place.span(path)
        if source is None or not contents:
            return [(ALWAYS, [])], Hole("a dynamic block without content", span)
        iterator = block.body.attributes.get("iterator")
        names = traversal(iterator.value) if iterator else None
        name = names[0] if names else block.labels[0]
        collection = settle(self.run.evaluator.evaluate(source.value, scope))
        options: list[tuple[Guard, list[Value[Any]]]] = []
        rest: Unknown | None = None
        for alternative in collection.alternatives:
            items, more = self.expanded(alternative.value, contents[0], path, scope, name)
            rest = join(rest, more)
            options.append((alternative.guard, items))
        if collection.unknown is not None:
            sample = self.sampled(collection.unknown, contents[0], path, scope, name)
            rest = join(rest, sample)
            options.append((guard_of(collection.unknown), []))
        return options, rest

    def expanded(
        self, data: Any, content: Block, path: str, scope: Scope, name: str
    ) -> tuple[list[Value[Any]], Unknown | None]:
        span = content.place.span(path)
        if isinstance(data, Map):
            pairs: list[tuple[Value[Any], Value[Any]]] = [
                (Value.of(key, span), data.entries[key]) for key in sorted(data.entries)
            ]
            rest = data.rest
        elif isinstance(data, Seq):
            pairs = [(Value.of(index, span), item) for index, item in enumerate(data.items)]
            rest = data.rest
        else:
            return [], None
        if not self.run.admits(len(pairs)):
            return [], Hole("too many blocks to follow", span)
        items = []
        for key, value in pairs:
            bound = Value.of(Map(MappingProxyType({"key": key, "value": value}), None, span), span)
            inner = scope.binding(f" ({name} #{key.only('?')})", **{name: bound})
            items.append(self.content(content, path, inner))
        if rest is not None:
            rest = self.sampled(rest, content, path, scope, name)
        return items, rest

    def sampled(self, unknown: Unknown, content: Block, path: str, scope: Scope, name: str) -> Unknown:
        """The unknown, with the edges that the content would have."""
        anything: Value[Any] = Value((), derived(unknown))
        span = content.place.span(path)
        bound = Value.of(Map(MappingProxyType({"key": anything, "value": anything}), None, span), span)
        sample = self.content(content, path, scope.binding(f" ({name} #?)", **{name: bound}))
        return derived(unknown, calls.edges([sample]))


def _block_name(block: Block) -> str:
    return block.labels[0] if block.type == "dynamic" and block.labels else block.type


def verbatim(node: Node, scope: Scope, span: Span) -> Value[Any]:
    """Names of things as texts with an edge: `depends_on`, `ignore_changes`."""
    items = node.items if isinstance(node, TupleExpr) else (node,)
    prefix = f"{scope.module.address}." if scope.module.address else ""
    found = []
    for item in items:
        text = str(item.value) if isinstance(item, Literal) else item.place.text
        names = traversal(item) or ()
        size = 3 if names[:1] == ("data",) else 2
        edge = (Reference(prefix + ".".join(names[:size])),) if len(names) > 1 else ()
        found.append(Value.of(text, scope.span(item), references=edge))
    return Value.of(Seq(tuple(found)), span)


# --- expansion


def expand(run: Run, item: Item, scope: Scope, address: str) -> Expansion:
    """The instances that `count` or `for_each` makes; one uncertain instance when that cannot be known."""
    for name, by in (("count", _by_count), ("for_each", _by_key)):
        found = item.attributes.get(name)
        if found is not None:
            attribute, path = found
            inner = scope if scope.path == path else replace(scope, path=path)
            value = shown_at(run.evaluator.evaluate(attribute.value, inner), attribute.place.span(path))
            return by(run, value, item, address)
    return _single()


def _single() -> Expansion:
    alone = Instance()
    return Expansion([alone], lambda make: make(alone))


def _uncertain(run: Run, unknown: Unknown, item: Item, address: str, name: str) -> Expansion:
    run.admits(1)
    because = derived(unknown)
    nameless: Value[Any] = Value((), because)
    names = {"count": {"index": nameless}, "for_each": {"key": nameless, "value": nameless}}[name]
    bound = Value.of(Map(MappingProxyType(names), None, item.span), item.span)
    only = Instance(None, {"count" if name == "count" else "each": bound}, guard_of(unknown), because)
    stand_in = Hole(
        unknown.because, unknown.span, (Reference(address),), guard=guard_of(unknown), address=address
    )
    return Expansion([only], lambda make: Value((), stand_in))


def _by_count(run: Run, value: Value[Any], item: Item, address: str) -> Expansion:
    sizes: list[tuple[int, Guard]] = []
    for alternative in value.alternatives:
        size = _whole(alternative.value)
        if size is None:
            unknown = Hole("count is no whole number", alternative.span)
            return _uncertain(run, unknown, item, address, "count")
        sizes.append((size, alternative.guard))
    if value.unknown is not None:
        return _uncertain(run, value.unknown, item, address, "count")
    most = max((size for size, _ in sizes), default=0)
    if not run.admits(most):
        return _uncertain(run, Hole("too many instances to follow", value.span), item, address, "count")
    instances = [_counted(index, sizes, value.span) for index in range(most)]

    def shape(make: Callable[[Instance], Value[Any]]) -> Value[Any]:
        objects = [make(instance) for instance in instances]
        return Value(
            tuple(Alternative(Seq(tuple(objects[:size])), value.span, guard) for size, guard in sizes)
        )

    return Expansion(instances, shape)


def _whole(data: Any) -> int | None:
    try:
        size = number_of(data)
    except (Wrong, Unsupported):
        return None
    return size if isinstance(size, int) and size >= 0 else None


def _counted(index: int, sizes: list[tuple[int, Guard]], span: Span) -> Instance:
    guard, uncertain = _existence([size > index for size, _ in sizes], [guard for _, guard in sizes], span)
    number = Value.of(Map(MappingProxyType({"index": Value.of(index, span)}), None, span), span)
    return Instance(index, {"count": number}, guard, uncertain)


def _existence(holds: list[bool], guards: list[Guard], span: Span) -> tuple[Guard, Unknown | None]:
    """The guard of something that exists on some branches; uncertain where one guard cannot say on which."""
    if all(holds):
        return ALWAYS, None
    where = [guard for held, guard in zip(holds, guards, strict=True) if held]
    if len(where) == 1:
        return where[0], None
    shared = set(where[0].terms).intersection(*(guard.terms for guard in where[1:]))
    return Guard(tuple(sorted(shared, key=lambda term: term[0]))), Unknown(
        f"it exists when {' or when '.join(map(str, where))}", span
    )


def _by_key(run: Run, value: Value[Any], item: Item, address: str) -> Expansion:
    settled = settle(value)
    branches: list[tuple[Guard, dict[str, Value[Any]], Unknown | None]] = []
    for alternative in settled.alternatives:
        entries, rest = _keyed(alternative.value, value.span)
        if entries is None:
            return _uncertain(run, Hole("for_each is no map or set", value.span), item, address, "for_each")
        branches.append((alternative.guard, entries, rest))
    if settled.unknown is not None:
        return _uncertain(run, settled.unknown, item, address, "for_each")
    keys = list(dict.fromkeys(key for _, entries, _ in branches for key in entries))
    if not run.admits(len(keys)):
        return _uncertain(run, Hole("too many instances to follow", value.span), item, address, "for_each")
    instances = {key: _for_key(key, branches, value.span) for key in keys}
    rest = next((more for _, _, more in branches if more is not None), None)
    others = [] if rest is None else _uncertain(run, rest, item, address, "for_each").instances

    def shape(make: Callable[[Instance], Value[Any]]) -> Value[Any]:
        objects = {key: make(instance) for key, instance in instances.items()}
        found = []
        for guard, entries, more in branches:
            beyond = more and Hole(more.because, more.span, (Reference(address),), address=address)
            inside = Map(MappingProxyType({key: objects[key] for key in entries}), beyond, value.span)
            found.append(Alternative(inside, value.span, guard))
        return Value(tuple(found))

    return Expansion([*instances.values(), *others], shape)


def _keyed(data: Any, span: Span) -> tuple[dict[str, Value[Any]] | None, Unknown | None]:
    if isinstance(data, Map):
        return {key: data.entries[key] for key in sorted(data.entries)}, data.rest
    if not isinstance(data, Seq):
        return None, None
    found: dict[str, Value[Any]] = {}
    rest = data.rest
    for item in data.items:
        key = item.only(None)
        if isinstance(key, str | int | float):
            found[text_of(key)] = item
        else:
            unknown = (
                derived(item.unknown) if item.unknown is not None else Hole("a key is not certain", span)
            )
            rest = join(rest, unknown)
    return dict(sorted(found.items())), rest


def _for_key(
    key: str, branches: list[tuple[Guard, dict[str, Value[Any]], Unknown | None]], span: Span
) -> Instance:
    holds = [key in entries for _, entries, _ in branches]
    open_elsewhere = any(rest is not None and key not in entries for _, entries, rest in branches)
    guard, uncertain = _existence(holds, [guard for guard, _, _ in branches], span)
    if open_elsewhere:
        guard, uncertain = ALWAYS, Unknown("its key may come from elsewhere", span)
    item = union([under(entries[key], at) for at, entries, _ in branches if key in entries])
    each = Map(MappingProxyType({"key": Value.of(key, span), "value": item}), None, span)
    return Instance(key, {"each": Value.of(each, span)}, guard, uncertain)


# --- resources


class ResourceNode:
    """A resource or data block inside one module instance."""

    def __init__(self, module: Module, item: Item, is_data: bool) -> None:
        self.module = module
        self.item = item
        self.is_data = is_data
        self.type, self.name = item.block.labels[0], item.block.labels[1]
        kind = "data." if is_data else ""
        self.address = f"{module.prefix}{kind}{self.type}.{self.name}"
        self._bodies: dict[int, Body] = {}
        self._expansion: Expansion | None = None
        self._is_expanding = False
        self._values: dict[int, Value[Any]] = {}

    def expansion(self) -> Expansion:
        if self._expansion is None:
            if self._is_expanding:
                unknown = Hole("it refers to itself", self.item.span)
                return _uncertain(self.module.run, unknown, self.item, self.address, "count")
            self._is_expanding = True
            try:
                scope = Scope(self.module, self.item.path)
                self._expansion = expand(self.module.run, self.item, scope, self.address)
            except RecursionError:
                unknown = Hole("nested too deeply to follow", self.item.span)
                self._expansion = _uncertain(self.module.run, unknown, self.item, self.address, "count")
            finally:
                self._is_expanding = False
        return self._expansion

    def body(self, instance: Instance) -> Body:
        found = self._bodies.get(id(instance))
        if found is None:
            label = f" ({instance.suffix})" if instance.suffix else ""
            scope = Scope(self.module, self.item.path).binding(label, **instance.names)
            found = Body(self.module.run, self.item, scope, self.module.memo, (id(self), id(instance)))
            self._bodies[id(instance)] = found
        return found

    def value(self, span: Span) -> Value[Any]:
        """What the resource's name means in an expression."""
        return self.expansion().shape(lambda instance: self.handle(instance, span))

    def handle(self, instance: Instance, span: Span) -> Value[Any]:
        found = self._values.get(id(instance))
        if found is None:
            address = self.address + instance.suffix
            body = self.body(instance)
            beyond = Hole(
                f"{address} is known only after apply", span, (Reference(address),), address=address
            )
            read = lambda name: self.readable(name, instance, address)  # noqa: E731
            lazy = _Lazy(lambda: self.readable_names(body), read)
            found = Value.of(Handle(lazy, beyond, self.item.span), self.item.span)
            self._values[id(instance)] = found
        return found

    def readable_names(self, body: Body) -> list[str]:
        hidden = _RESOURCE_META | _RESOURCE_META_BLOCKS
        names = [name for name in body.names() if name not in hidden]
        return names + [name for name in _COMPUTED.get(self.type, ()) if self.is_data]

    def readable(self, name: str, instance: Instance, address: str) -> Value[Any]:
        """An attribute as other expressions see it: a null one is computed by the provider."""
        edge = (Reference(address, name),)
        body = self.body(instance)
        if self.is_data and name in _COMPUTED.get(self.type, ()):
            return self.computed(name, body, address, edge)
        value = referring(body.attribute(name), edge)
        if not value.sometimes(lambda data: data is None):
            return value
        gap = Hole(f"{address}.{name} is known only after apply", self.item.span, edge)
        return Value(value.sometimes(lambda data: data is not None), join(value.unknown, gap))

    def computed(self, name: str, body: Body, address: str, edge: tuple[Reference, ...]) -> Value[Any]:
        if self.type == "template_file":
            return self.rendered(body, address, edge)
        from djaws.model.terraform.document import policy_document

        structure = policy_document(body)
        because = f"{address}.{name} is rendered by the provider"
        edges = (*edge, *(ref for ref in structure.references if ref not in edge))
        return Value((), Hole(because, self.item.span, edges, document=structure))

    def rendered(self, body: Body, address: str, edge: tuple[Reference, ...]) -> Value[Any]:
        """`data.template_file.x.rendered`, as the template provider makes it."""
        if "template" not in body.item.attributes:
            return not_known(f"{address}.rendered is known only after apply", self.item.span, edge)
        given = body.attribute("vars") if "vars" in body.item.attributes else Value.of(Map(), self.item.span)
        template = body.attribute("template")
        evaluator = self.module.run.evaluator
        scope = body.scope
        results = [
            under(evaluator.rendered(alt.value, given, scope, self.item.span), alt.guard)
            for alt in template.alternatives
            if isinstance(alt.value, str)
        ]
        if template.unknown is not None:
            results.append(Value((), derived(template.unknown)))
        return referring(union(results), edge) if results else not_known("no template", self.item.span, edge)

    def build(self) -> Iterator[Resource]:
        """The resources, as they would be deployed."""
        for instance in self.expansion().instances:
            guard = self.module.guard & instance.guard
            if guard is None:
                continue
            body = self.body(instance)
            yield self.resource(instance, body, guard)

    def resource(self, instance: Instance, body: Body, guard: Guard) -> Resource:
        entries: dict[str, Value[Any]] = {}
        meta: dict[str, Value[Any]] = {}
        for name in body.names():
            value = under(body.attribute(name), guard) if guard else body.attribute(name)
            is_meta = name in _RESOURCE_META or name in _RESOURCE_META_BLOCKS
            (meta if is_meta else entries)[name] = value
        provider_key = self.provider_key()
        if "provider" in meta:
            meta["provider"] = Value.of(provider_key, meta["provider"].span)
        item = self.item
        return Resource(
            dialect="terraform",
            type=self.type,
            name=self.name,
            address=self.address + instance.suffix,
            body=Map(MappingProxyType(entries), None, item.span),
            span=item.span,
            block=item.whole,
            meta=Map(MappingProxyType(meta), None, item.span),
            guard=guard,
            uncertain=instance.uncertain or self.module.uncertain,
            calls=self.module.calls,
            provider=self.module.provider(provider_key),
            is_data=self.is_data,
        )

    def provider_key(self) -> str:
        named = traversal(self.item.value("provider"))
        if named:
            return ".".join(named[:2])
        return self.type.partition("_")[0]


#: Attributes of data sources that follow from their arguments alone.
_COMPUTED = {"template_file": ("rendered",), "aws_iam_policy_document": ("json", "minified_json")}


# --- module calls


class CallNode:
    """A module block inside one module instance."""

    def __init__(self, module: Module, name: str, item: Item) -> None:
        self.module = module
        self.name = name
        self.item = item
        self.address = f"{module.prefix}module.{name}"
        self.key = f"{module.key}.{name}" if module.key else name
        self._expansion: Expansion | None = None
        self._is_expanding = False
        self._modules: dict[int, Module] = {}

    @cached_property
    def source(self) -> str:
        node = self.item.value("source")
        if isinstance(node, Literal) and isinstance(node.value, str):
            return node.value
        return node.place.text if node is not None else ""

    @cached_property
    def target(self) -> tuple[str | None, str]:
        """The directory that is called, or None and why not."""
        files = self.module.run.files
        if not isinstance(self.item.value("source"), Literal):
            return None, "its source is no literal"
        directory = resolved_target(files.tree, self.module.directory.path, self.source, _Known(files))
        if self.source in (".", "..") or self.source.startswith(("./", "../")):
            if directory is None or not files.has(directory):
                return None, "its directory is not in the repository"
        else:
            directory = self.module.run.index.get(self.key)
            if directory is None or not files.has(directory):
                return None, "its source is not in the repository"
        if directory in self.module.ancestry():
            return None, "it calls itself"
        if self.module.depth >= MAX_MODULE_DEPTH or self.module.run.modules >= MAX_MODULES:
            return None, "too many modules to follow"
        return directory, ""

    def expansion(self) -> Expansion:
        if self._expansion is None:
            if self._is_expanding:
                unknown = Hole("it refers to itself", self.item.span)
                return _uncertain(self.module.run, unknown, self.item, self.address, "count")
            self._is_expanding = True
            try:
                scope = Scope(self.module, self.item.path)
                self._expansion = expand(self.module.run, self.item, scope, self.address)
            except RecursionError:
                unknown = Hole("nested too deeply to follow", self.item.span)
                self._expansion = _uncertain(self.module.run, unknown, self.item, self.address, "count")
            finally:
                self._is_expanding = False
        return self._expansion

    def modules(self) -> Iterator[Module]:
        if self.target[0] is not None:
            for instance in self.expansion().instances:
                if self.module.guard & instance.guard is not None:
                    yield self.instance_module(instance)

    def instance_module(self, instance: Instance) -> Module:
        found = self._modules.get(id(instance))
        if found is None:
            run = self.module.run
            run.modules += 1
            directory = run.directory(self.target[0] or "")
            found = Module(
                run,
                directory,
                address=self.address + instance.suffix,
                key=self.key,
                parent=self.module,
                call=self,
                instance=instance,
            )
            self._modules[id(instance)] = found
        return found

    def scope(self, instance: Instance, path: str) -> Scope:
        label = f" ({instance.suffix})" if instance.suffix else ""
        return Scope(self.module, path).binding(label, **instance.names)

    def argument(self, name: str, instance: Instance) -> Value[Any] | None:
        """What the call passes, None when it passes nothing."""
        found = self.item.attributes.get(name)
        if found is None or name in _CALL_META:
            return None
        attribute, path = found
        span = attribute.place.span(path)
        return self.module.memo.once(
            ("argument", id(self), id(instance), name),
            span,
            lambda: shown_at(
                self.module.run.evaluator.evaluate(attribute.value, self.scope(instance, path)), span
            ),
        )

    def passed_provider(self, key: str) -> str | None:
        node = self.item.value("providers")
        if not isinstance(node, ObjectExpr):
            return None
        for name, value in node.elements:
            inner = ".".join(traversal(name) or ())
            if inner == key:
                return ".".join((traversal(value) or ())[:2]) or None
        return None

    def value(self, span: Span) -> Value[Any]:
        """What `module.x` means in an expression."""
        if self.target[0] is None:
            because = f"{self.address} is not in the repository"
            stand_in = Hole(because, self.item.span, (Reference(self.address),), address=self.address)
            return self.expansion().shape(lambda instance: Value((), replace(stand_in, guard=instance.guard)))
        return self.expansion().shape(lambda instance: self.handle(instance, span))

    def handle(self, instance: Instance, span: Span) -> Value[Any]:
        module = self.instance_module(instance)
        lazy = _Lazy(lambda: list(module.directory.outputs), lambda name: module.output(name, span))
        beyond = Hole("a part of it cannot be parsed", self.item.span) if module.directory.problems else None
        return Value.of(Handle(lazy, beyond, self.item.span), self.item.span)

    def unresolved(self) -> Unresolved:
        path = self.item.path
        entries = {}
        for name, (attribute, at) in self.item.attributes.items():
            if name not in _CALL_META:
                span = attribute.place.span(at)
                entries[name] = shown_at(self.module.evaluate(attribute.value, at), span)
        arguments = Map(MappingProxyType(entries), None, self.item.span)
        return Unresolved(
            self.source, self.target[1], self.item.block.place.span(path), self.address, arguments
        )


class _Known(Mapping[str, object]):
    """The directories that hold Terraform files."""

    def __init__(self, files: Files) -> None:
        self.files = files

    def __getitem__(self, key: str) -> object:
        if not self.files.has(key):
            raise KeyError(key)
        return key

    def __iter__(self) -> Iterator[str]:
        return iter(self.files.directories)

    def __len__(self) -> int:
        return len(self.files.directories)
