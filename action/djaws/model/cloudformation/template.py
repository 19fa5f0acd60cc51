"""The sections of one template, and what is decided by its text alone: SAM's Globals, loops, and which values matter to whom."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from djaws.errors import Refused
from djaws.model.cloudformation.syntax import Call, Entry, Items, Leaf, Node, Table, parse, text_of

SAM_TRANSFORM = "AWS::Serverless-2016-10-31"

#: Transforms that add no resource which the template does not show.
HARMLESS_TRANSFORMS = frozenset(
    {SAM_TRANSFORM, "AWS::LanguageExtensions", "AWS::CodeDeployBlueGreen", "AWS::ServiceCatalog"}
)

#: Which property of a resource names another template.
NESTING = {"AWS::CloudFormation::Stack": "TemplateURL", "AWS::Serverless::Application": "Location"}

_GLOBAL_SECTIONS = frozenset(
    {
        "Api",
        "CapacityProvider",
        "Function",
        "HttpApi",
        "LayerVersion",
        "SimpleTable",
        "StateMachine",
        "WebSocketApi",
    }
)
_NOT_ALPHANUMERIC = re.compile(r"[^A-Za-z0-9]")
_LIST_TYPE = re.compile(r"CommaDelimitedList|(?:.*<)?List<.*>")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A declared parameter. `default` is its text, None without one; `allowed` are the texts that it is limited to."""

    name: str
    type: str
    default: str | None
    allowed: tuple[str, ...]
    is_secret: bool
    line: int
    column: int

    @property
    def is_list(self) -> bool:
        return bool(_LIST_TYPE.fullmatch(self.type))

    @property
    def is_looked_up(self) -> bool:
        """Whether its value is the name of an SSM parameter that is read at deployment."""
        return self.type.startswith("AWS::SSM::Parameter::Value")


@dataclass(slots=True)
class Template:
    """One parsed file. Sections that are missing or misshapen are empty."""

    path: str
    root: Table
    parameters: dict[str, Parameter] = field(default_factory=dict)
    #: For each name that is referred to: the texts it is compared with, and the mapping keys it selects.
    compared: dict[str, dict[str, None]] = field(default_factory=dict)

    def section(self, name: str) -> Table:
        node = self.root.get(name)
        return node if isinstance(node, Table) else Table({}, 1, 1, 1)

    @property
    def transforms(self) -> tuple[tuple[str, Node], ...]:
        """The names of the template's transforms, each with the node that names it."""
        node = self.root.get("Transform")
        listed = node.items if isinstance(node, Items) else [node] if node else []
        return tuple((_transform_name(item), item) for item in listed)


def parse_template(path: str, text: str) -> Template:
    """The sections of a template. `Refused` when the file cannot be parsed or is no mapping."""
    root = parse(path, text)
    if not isinstance(root, Table):
        raise Refused(path, "a template is a mapping", 1)
    template = Template(path, root)
    for name, entry in template.section("Parameters").entries.items():
        template.parameters[name] = _parameter(name, entry)
    template.compared = _compared(template)
    return template


def nested_paths(template: Template) -> Iterator[tuple[str, str]]:
    """The logical ids of nested stacks whose template is written as a path, each with that path."""
    for name, entry in template.section("Resources").entries.items():
        if isinstance(entry.node, Table):
            location = nested_location(entry.node)
            if location is not None:
                yield name, location


def nested_location(resource: Table) -> str | None:
    """The path that a nested stack's template is written as; None when it is an address or computed."""
    kind = resource.get("Type")
    key = NESTING.get(str(kind.value)) if isinstance(kind, Leaf) else None
    properties = resource.get("Properties")
    location = properties.get(key) if key and isinstance(properties, Table) else None
    if isinstance(location, Leaf) and isinstance(location.value, str) and "://" not in location.value:
        return location.value
    return None


def _parameter(name: str, entry: Entry) -> Parameter:
    body = entry.node if isinstance(entry.node, Table) else Table({}, entry.line, entry.column, entry.line)
    kind, default, allowed = body.get("Type"), body.get("Default"), body.get("AllowedValues")
    return Parameter(
        name,
        text_of(kind.value) if isinstance(kind, Leaf) else "String",
        text_of(default.value) if isinstance(default, Leaf) else None,
        tuple(text_of(item.value) for item in allowed.items if isinstance(item, Leaf))
        if isinstance(allowed, Items)
        else (),
        _says_yes(body.get("NoEcho")),
        entry.line,
        entry.column,
    )


def _says_yes(node: Node | None) -> bool:
    return isinstance(node, Leaf) and text_of(node.value).lower() == "true"


def _transform_name(node: Node) -> str:
    if isinstance(node, Table):
        name = node.get("Name")
        return text_of(name.value) if isinstance(name, Leaf) else "a transform"
    return text_of(node.value) if isinstance(node, Leaf) else "a transform"


def _compared(template: Template) -> dict[str, dict[str, None]]:
    found: dict[str, dict[str, None]] = {}
    looked_up: set[tuple[str, str, bool]] = set()
    mappings = template.section("Mappings")
    stack: list[Node] = [template.root]
    while stack:
        node = stack.pop()
        if isinstance(node, Table):
            stack.extend([entry.node for entry in node.entries.values() if type(entry.node) is not Leaf])
        elif isinstance(node, Items):
            stack.extend([item for item in node.items if type(item) is not Leaf])
        elif isinstance(node, Call):
            stack.append(node.argument)
            if isinstance(node.argument, Items):
                arguments = node.argument.items
                if node.name == "Fn::Equals" and len(arguments) == 2:
                    for one, other in (arguments, arguments[::-1]):
                        name = referred(one)
                        if name and isinstance(other, Leaf):
                            found.setdefault(name, {})[text_of(other.value)] = None
                elif node.name == "Fn::FindInMap":
                    for use in _looked_up(arguments):
                        if use not in looked_up:
                            looked_up.add(use)
                            found.setdefault(use[0], {}).update(dict.fromkeys(_keys(mappings, *use[1:])))
    return found


def _looked_up(arguments: list[Node]) -> Iterator[tuple[str, str, bool]]:
    """Which names choose in which mapping, and whether they choose the second key."""
    if len(arguments) >= 3 and isinstance(arguments[0], Leaf):
        for node, is_second in ((arguments[1], False), (arguments[2], True)):
            name = referred(node)
            if name:
                yield name, text_of(arguments[0].value), is_second


def _keys(mappings: Table, name: str, is_second: bool) -> list[str]:
    table = mappings.get(name)
    if not isinstance(table, Table):
        return []
    if not is_second:
        return list(table.entries)
    rows = [entry.node for entry in table.entries.values()]
    return [key for row in rows if isinstance(row, Table) for key in row.entries]


def referred(node: Node) -> str | None:
    """The name that a plain `Ref` names."""
    if isinstance(node, Call) and node.name == "Ref" and isinstance(node.argument, Leaf):
        return text_of(node.argument.value)
    return None


# --- SAM's Globals


def with_globals(template: Template, kind: str, resource: Table) -> Node | None:
    """The `Properties` of a resource with SAM's Globals laid under them, as SAM does it:

    mappings are merged, lists are joined (the global items first), everything else of the resource wins.
    """
    own = resource.get("Properties")
    section = kind.removeprefix("AWS::Serverless::")
    if section == kind or section not in _GLOBAL_SECTIONS:
        return own
    shared = template.section("Globals").get(section)
    ignored = resource.get("IgnoreGlobals")
    if not isinstance(shared, Table) or (isinstance(ignored, Leaf) and ignored.value == "*"):
        return own
    if isinstance(ignored, Items):
        left_out = {item.value for item in ignored.items if isinstance(item, Leaf)}
        kept = {key: entry for key, entry in shared.entries.items() if key not in left_out}
        shared = Table(kept, shared.line, shared.column, shared.end, shared.size)
    if own is None or (isinstance(own, Leaf) and own.value is None):
        return shared
    return laid_over(shared, own)


def laid_over(under: Node, over: Node) -> Node:
    size = under.size + over.size
    if isinstance(under, Table) and isinstance(over, Table):
        entries = dict(under.entries)
        for key, entry in over.entries.items():
            below = entries.get(key)
            node = laid_over(below.node, entry.node) if below else entry.node
            entries[key] = Entry(node, entry.line, entry.column)
        return Table(entries, over.line, over.column, over.end, size)
    if isinstance(under, Items) and isinstance(over, Items):
        return Items([*under.items, *over.items], over.line, over.column, over.end, size)
    return over


# --- loops


@dataclass(frozen=True, slots=True)
class Loop:
    """A well-formed `Fn::ForEach`."""

    identifier: str
    collection: Node
    body: Table

    @staticmethod
    def read(node: Node) -> Loop | None:
        if not isinstance(node, Items) or len(node.items) != 3:
            return None
        identifier, collection, body = node.items
        if not isinstance(identifier, Leaf) or not isinstance(body, Table):
            return None
        return Loop(text_of(identifier.value), collection, body)

    def turn(self, value: str) -> Table:
        """The body with `value` in place of the identifier."""
        replaced = _Substitution(self.identifier, value).apply(self.body)
        return replaced if isinstance(replaced, Table) else self.body


@dataclass(frozen=True, slots=True)
class _Substitution:
    identifier: str
    value: str

    def text(self, text: str) -> str:
        if "{" not in text:
            return text
        text = text.replace(f"${{{self.identifier}}}", self.value)
        return text.replace(f"&{{{self.identifier}}}", _NOT_ALPHANUMERIC.sub("", self.value))

    def apply(self, node: Node) -> Node:
        if isinstance(node, Leaf):
            if not isinstance(node.value, str):
                return node
            return Leaf(self.text(node.value), node.line, node.column, node.end)
        if isinstance(node, Items):
            items = [self.apply(item) for item in node.items]
            return Items(items, node.line, node.column, node.end, node.size)
        if isinstance(node, Call):
            if referred(node) == self.identifier:
                return Leaf(self.value, node.line, node.column, node.end)
            return Call(node.name, self.apply(node.argument), node.line, node.column, node.end, node.size)
        entries = {
            self.text(key): Entry(self.apply(entry.node), entry.line, entry.column)
            for key, entry in node.entries.items()
        }
        return Table(entries, node.line, node.column, node.end, node.size)
