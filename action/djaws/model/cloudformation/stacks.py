"""From templates to stacks: which template nests which, and what each one deploys."""

from __future__ import annotations

import gc
import posixpath
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from djaws.errors import Refused
from djaws.files import Tree
from djaws.finding import Span, Undecided
from djaws.model.cloud import Resource, Stack, Unresolved
from djaws.model.cloudformation.parameters import Bound, bind, bind_passed
from djaws.model.cloudformation.samconfig import (
    DEFAULT_TEMPLATES,
    Environment,
    overrides_of,
    read_environments,
    tags_of,
)
from djaws.model.cloudformation.scope import BASE_WORK, WORK_PER_PART, Budget, Scope
from djaws.model.cloudformation.syntax import Call, Entry, Items, Leaf, Table, text_of
from djaws.model.cloudformation.template import (
    HARMLESS_TRANSFORMS,
    NESTING,
    Template,
    nested_location,
    nested_paths,
    parse_template,
    with_globals,
)
from djaws.model.value import ALWAYS, Guard, Map, Unknown, Value
from djaws.recognise import find_templates

UNPARSABLE = "gate/unparsable-file"

#: Nested stacks in nested stacks, deeper than any real one.
MAX_LEVELS = 10
#: What one instance of a nested stack costs beside its parts.
INSTANCE_WORK = 100


@dataclass
class Loading:
    """What one call of `load` has read so far, and what it could not."""

    tree: Tree
    templates: dict[str, Template | None] = field(default_factory=dict)
    configurations: dict[str, tuple[Environment, ...]] = field(default_factory=dict)
    undecided: list[Undecided] = field(default_factory=list)

    def template(self, path: str) -> Template | None:
        """The parsed template, None when it cannot be parsed, which is then on record."""
        if path not in self.templates:
            self.templates[path] = self._parsed(path)
        return self.templates[path]

    def _parsed(self, path: str) -> Template | None:
        try:
            return parse_template(path, self.tree.text(path))
        except Refused as refused:
            self.doubt(Span(path, refused.line), refused.because)
            return None

    def doubt(self, span: Span, because: str) -> None:
        self.undecided.append(Undecided(UNPARSABLE, span, because))

    def nested(self, path: str, location: str) -> str | None:
        """The path of the template that a location in `path` names, None when it is not in the tree."""
        target = posixpath.normpath(posixpath.join(posixpath.dirname(path), location))
        return target if target in self.tree else None

    def children(self, path: str) -> Iterator[str]:
        template = self.template(path)
        for _, location in nested_paths(template) if template else ():
            target = self.nested(path, location)
            if target is not None:
                yield target

    def environments(self, path: str) -> tuple[Environment, ...]:
        """The environments that deploy the template at `path`."""
        folder = posixpath.dirname(path)
        config = posixpath.join(folder, "samconfig.toml")
        if config not in self.configurations:
            self.configurations[config] = self._environments(config)
        name = posixpath.basename(path)
        return tuple(
            environment
            for environment in self.configurations[config]
            if (
                posixpath.normpath(environment.template) == name
                if environment.template
                else name in DEFAULT_TEMPLATES
            )
        )

    def _environments(self, config: str) -> tuple[Environment, ...]:
        if config not in self.tree:
            return ()
        try:
            return read_environments(config, self.tree.text(config))
        except Refused as refused:
            self.doubt(Span(config, refused.line), refused.because)
            return ()


def load(
    tree: Tree, templates: tuple[str, ...] | None = None
) -> tuple[tuple[Stack, ...], tuple[Undecided, ...]]:
    """One stack for each template that no other one nests, and what could not be read.

    `templates` are the paths to load, by default all that `recognise.find_templates` finds. A nested stack whose template is
    written as a path of the tree becomes part of its parent's stack: its resources are called `Nested.Resource`, its
    parameters are what the parent passes.
    """
    loading = Loading(tree)
    paths = find_templates(tree) if templates is None else templates
    with _without_collecting():
        stacks = [_stack(loading, template) for template in _roots(loading, paths)]
    undecided = sorted(
        set(loading.undecided), key=lambda entry: (entry.span.path, entry.span.line or 0, entry.because)
    )
    return tuple(stack for stack in stacks if stack is not None), tuple(undecided)


@contextmanager
def _without_collecting() -> Iterator[None]:
    """The garbage collector finds nothing in a model under construction, and its searches take as long as the rest."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _stack(loading: Loading, template: Template) -> Stack | None:
    try:
        return _Assembly(loading, template, Budget(BASE_WORK + WORK_PER_PART * template.root.size)).stack()
    except RecursionError:
        loading.doubt(Span(template.path, 1), "nested too deeply to be followed")
        return None


def _roots(loading: Loading, paths: Sequence[str]) -> list[Template]:
    """The templates nobody nests; of templates that only nest each other the first."""
    nested = {child for path in paths for child in loading.children(path) if child != path}
    roots = [path for path in paths if path not in nested]
    reached: set[str] = set()
    for path in roots:
        _reach(loading, path, reached)
    for path in paths:
        if path not in reached:
            roots.append(path)
            _reach(loading, path, reached)
    found = (loading.template(path) for path in sorted(roots))
    return [template for template in found if template is not None]


def _reach(loading: Loading, path: str, reached: set[str]) -> None:
    waiting = [path]
    while waiting:
        current = waiting.pop()
        if current not in reached:
            reached.add(current)
            waiting.extend(loading.children(current))


@dataclass
class _Assembly:
    """The making of one stack."""

    loading: Loading
    template: Template
    budget: Budget
    domains: dict[str, frozenset[str]] = field(default_factory=dict)
    resources: list[Resource] = field(default_factory=list)
    unresolved: list[Unresolved] = field(default_factory=list)
    files: dict[str, None] = field(default_factory=dict)

    def stack(self) -> Stack:
        template, path = self.template, self.template.path
        environments = self.loading.environments(path)
        scope = Scope(
            template,
            parameters=self._parameters(template, "", environments),
            chain=(path,),
            budget=self.budget,
            domains=self.domains,
            nest=self._instance,
        )
        self._deploy(scope)
        outputs = {name: scope.output(name) for name in scope.output_names}
        if environments:
            self.files.setdefault(environments[0].tags_span.path)
        meta = self._meta(scope)
        if self.budget.left <= 0:
            self.loading.doubt(Span(path, 1), "the template is too large to be followed wholly")
        return Stack(
            "cloudformation",
            path,
            tuple(self.resources),
            span=Span(path, 1),
            unresolved=tuple(self.unresolved),
            parameters={name: bound.value for name, bound in scope.parameters.items()},
            outputs=outputs,
            meta=meta,
            tags=tags_of(environments),
            environments=tuple(environment.name for environment in environments),
            files=tuple(self.files),
        )

    def _parameters(
        self, template: Template, prefix: str, environments: tuple[Environment, ...] = ()
    ) -> dict[str, Bound]:
        return {
            name: bind(
                declared,
                prefix + name,
                Span(template.path, declared.line, None, declared.column),
                tuple(template.compared.get(name, ())),
                overrides_of(environments, name),
            )
            for name, declared in template.parameters.items()
        }

    def _meta(self, scope: Scope) -> Map:
        """Top-level sections that say something of the template as a whole, as they are written."""
        entries = {}
        for key in ("AWSTemplateFormatVersion", "Description", "Transform", "Metadata", "Parameters"):
            entry = scope.template.root.entries.get(key)
            if entry is not None:
                entries[key] = scope.value(entry.node, scope.key_span(entry), ALWAYS)
        return Map(entries, None, Span(scope.template.path, 1))

    # --- one instance of a template

    def _deploy(self, scope: Scope) -> None:
        """Adds what an instance deploys, then what the stacks nested in it do."""
        self.files.setdefault(scope.template.path)
        self._note_transforms(scope)
        nested: list[Scope] = []
        for name, (entry, uncertain) in scope.resources.items():
            if name.startswith("Fn::"):
                because = uncertain.because if uncertain else f"`{name}` adds resources at deployment"
                self.unresolved.append(Unresolved(name, because, scope.key_span(entry), scope.prefix + name))
                continue
            resource = self._resource(scope, name, entry, uncertain)
            if resource is not None:
                self.resources.append(resource)
                child = scope.child(name) if resource.type in NESTING else None
                if child is not None:
                    nested.append(child)
                else:
                    self._note_unresolved(resource)
        for child in nested:
            self._deploy(child)

    def _note_transforms(self, scope: Scope) -> None:
        for name, node in scope.template.transforms:
            if name not in HARMLESS_TRANSFORMS:
                because = f"the transform {name} rewrites the template at deployment"
                self.unresolved.append(Unresolved(name, because, scope.span(node), scope.prefix.rstrip(".")))
        for name, entry in scope.template.section("Modules").entries.items():
            because = "what a module holds is not followed"
            self.unresolved.append(Unresolved(name, because, scope.key_span(entry), scope.prefix + name))

    def _resource(self, scope: Scope, name: str, entry: Entry, uncertain: Unknown | None) -> Resource | None:
        node = entry.node
        kind = node.get("Type") if isinstance(node, Table) else None
        if isinstance(kind, Call | Table):
            because = "another tool decides what it is before deployment"
            self.unresolved.append(
                Unresolved(_written(kind), because, scope.key_span(entry), scope.prefix + name)
            )
            return None
        if not isinstance(node, Table) or not isinstance(kind, Leaf) or kind.value is None:
            self.loading.doubt(scope.key_span(entry), f"resource `{name}` has no type")
            return None
        guard = self._guard(scope, node)
        if guard is None:
            return None
        span = scope.key_span(entry)
        path = scope.template.path
        kind_name = text_of(kind.value)
        return Resource(
            "cloudformation",
            kind_name,
            name,
            scope.prefix + name,
            self._body(scope, kind_name, node, span, guard),
            span,
            Span(path, entry.line, max(node.end, entry.line), entry.column),
            self._attributes(scope, node, span, guard),
            guard,
            uncertain,
            scope.calls,
        )

    def _guard(self, scope: Scope, node: Table) -> Guard | None:
        """The condition of a resource's existence, None when it certainly does not exist."""
        condition = node.get("Condition")
        if not isinstance(condition, Leaf):
            return scope.under
        holds = scope.conditions.guard(text_of(condition.value), True)
        return None if holds is None else scope.join(scope.under, holds)

    def _body(self, scope: Scope, kind: str, node: Table, span: Span, guard: Guard) -> Map:
        properties = with_globals(scope.template, kind, node)
        body = Map({}, None, span)
        if isinstance(properties, Table):
            body = scope.map(properties, span, guard)
        rewriting = node.get("Fn::Transform")
        computed = properties if isinstance(properties, Call | Items) else rewriting
        if computed is None or body.rest:
            return body
        return Map(
            body.entries, Unknown("the properties are written at deployment", scope.span(computed)), span
        )

    def _attributes(self, scope: Scope, node: Table, span: Span, guard: Guard) -> Map:
        entries = {
            key: scope.value(entry.node, scope.key_span(entry), guard)
            for key, entry in node.entries.items()
            if key not in ("Type", "Properties")
        }
        return Map(entries, None, span)

    def _note_unresolved(self, resource: Resource) -> None:
        """Notes a resource that stands for others which the repository does not show."""
        if resource.type.endswith("::MODULE"):
            because = "what a registry module holds is not in the repository"
            source, arguments = resource.type, resource.body
        elif resource.type in NESTING:
            because = "the nested stack's template is not in the repository, or cannot be followed"
            source = _source(resource.body.get(NESTING[resource.type]))
            passed = resource.body.get("Parameters").only(None)
            arguments = passed if isinstance(passed, Map) else Map()
        else:
            return
        self.unresolved.append(Unresolved(source, because, resource.span, resource.address, arguments))

    # --- nested stacks

    def _instance(self, scope: Scope, name: str) -> Scope | None:
        """The instance of a nested stack whose template is in the tree, None for any other resource."""
        entry, uncertain = scope.resources[name]
        node = entry.node
        location = nested_location(node) if isinstance(node, Table) else None
        path = self.loading.nested(scope.template.path, location) if location is not None else None
        if (
            path is None
            or path in scope.chain
            or len(scope.chain) > MAX_LEVELS
            or not isinstance(node, Table)
        ):
            return None
        template = self.loading.template(path)
        guard = self._guard(scope, node)
        if template is None or guard is None or not self.budget.spend(INSTANCE_WORK + template.root.size):
            return None
        prefix = f"{scope.prefix}{name}."
        return Scope(
            template,
            prefix=prefix,
            under=guard,
            parameters=self._passed(scope, node, guard, self._parameters(template, prefix)),
            calls=(*scope.calls, scope.key_span(entry)),
            uncertain=uncertain,
            chain=(*scope.chain, path),
            budget=self.budget,
            domains=self.domains,
            nest=self._instance,
        )

    def _passed(self, scope: Scope, node: Table, guard: Guard, own: dict[str, Bound]) -> dict[str, Bound]:
        properties = node.get("Properties")
        passed = properties.entries.get("Parameters") if isinstance(properties, Table) else None
        given: Mapping[str, Value[Any]] = {}
        if passed is not None:
            if not isinstance(passed.node, Table):
                return own
            given = scope.map(passed.node, scope.key_span(passed), guard).entries
        return {name: bind_passed(bound, given.get(name), bound.value.span) for name, bound in own.items()}


def _written(kind: Call | Table) -> str:
    """How a type that another tool replaces is written: `!Rain::Module "network.yaml"`."""
    argument = (
        kind.argument if isinstance(kind, Call) else next((e.node for e in kind.entries.values()), None)
    )
    return text_of(argument.value) if isinstance(argument, Leaf) else "a generated resource"


def _source(value: Value[Any]) -> str:
    """How a nested stack's template is named: its address, with … for what is not known of it."""
    if value.unknown:
        return "".join("…" if part is None else part for part in value.unknown.parts) or value.unknown.because
    data = value.alternatives[0].value if value.alternatives else None
    if isinstance(data, Map):
        return _source(data.get("ApplicationId"))
    return data if isinstance(data, str) else "a nested stack"
