"""The registry file: every feature flag with its owner and its end, as a team keeps it in `flags.yaml`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args

import msgspec
import yaml

from djaws.catalogue import nearest
from djaws.errors import Refused
from djaws.files import Tree
from djaws.finding import Span, Undecided
from djaws.model.flags.types import Declaration

UNPARSABLE = "gate/unparsable-file"

Kind = Literal["release", "experiment", "ops", "kill-switch", "permission", "config"]
State = Literal["on", "off", "released", "retired"]
_DATE = r"^\d{4}-\d{2}-\d{2}([T ].*)?$"
_DATE_OR_NEVER = r"^(\d{4}-\d{2}-\d{2}([T ].*)?|never)$"


class Flag(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is known of one flag.

    `backend` is the service that holds its state (`waffle.flag`, `waffle.switch`, `waffle.sample`, `django-flags`, `launchdarkly`,
    `unleash`, `flagsmith`, `openfeature`, `appconfig`). `created` and `expires` are ISO dates. `kind` release and experiment are
    meant to go, the others may last. `used_by` names readers in other repositories. `state` says what everybody gets once the flag
    is decided.
    """

    owner: str = ""
    created: Annotated[str, msgspec.Meta(pattern=_DATE)] = ""
    expires: Annotated[str, msgspec.Meta(pattern=_DATE_OR_NEVER)] = ""
    kind: Kind | None = None
    description: str = ""
    backend: str = ""
    used_by: str | tuple[str, ...] = ()
    state: State | bool | None = None


class NamedFlag(Flag, frozen=True, omit_defaults=True, kw_only=True):
    """A flag in a list names itself."""

    name: Annotated[str, msgspec.Meta(min_length=1)]


class Registry(msgspec.Struct, frozen=True):
    """The registry of feature flags: a mapping of names, or a list of flags that each have a `name`."""

    flags: dict[str, Flag | None] | tuple[NamedFlag, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a registry file says. `unreadable` says why nothing in it can be known; `is_own` is false for another tool's file."""

    declarations: tuple[Declaration, ...] = ()
    faults: tuple[Undecided, ...] = ()
    unreadable: Undecided | None = None
    is_own: bool = True


def read(tree: Tree, path: str) -> Reading:
    """The entries of the file, each with its line, and an entry of its own for every fault in it."""
    try:
        node = yaml.compose(tree.text(path), yaml.CSafeLoader)
    except Refused as refused:
        return _unreadable(path, refused.line, refused.because)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        return _unreadable(
            path, mark.line + 1 if mark else None, f"not YAML: {getattr(error, 'problem', error)}"
        )
    listed = _flags_node(node)
    if listed is None or _is_null(listed):
        return Reading()
    if not isinstance(listed, yaml.MappingNode | yaml.SequenceNode):
        return _unreadable(path, _line(listed), "a registry maps names of flags to their entries")
    return _reading(path, listed, is_top=listed is node)


def _unreadable(path: str, line: int | None, because: str) -> Reading:
    fault = Undecided(UNPARSABLE, Span(path, line), because)
    return Reading(faults=(fault,), unreadable=fault)


def _flags_node(node: yaml.Node | None) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == "flags":
                return value  # type: ignore[no-any-return]
    return node


def _reading(path: str, node: yaml.Node, *, is_top: bool) -> Reading:
    faults: list[Undecided] = []
    entries = list(_entries(path, node, faults, is_top))
    if entries and all(_FOREIGN & pairs.keys() for _, _, pairs in entries):
        return Reading(tuple(_foreign(path, name, at) for name, at, _ in entries), is_own=False)
    lines: dict[str, int] = {}
    for name, at, pairs in entries:
        if name in lines:
            because = f"flag {name!r} is declared in line {lines[name]} already"
            faults.append(Undecided(UNPARSABLE, _span(path, at), because))
        lines.setdefault(name, _line(at))
        faults += _faults(path, name, pairs)
    return Reading(tuple(_declaration(path, *entry) for entry in entries), tuple(faults))


_Pairs = dict[str, tuple[yaml.Node, yaml.Node]]
_Entry = tuple[str, yaml.Node, _Pairs]


def _entries(path: str, node: yaml.Node, faults: list[Undecided], is_top: bool) -> Iterator[_Entry]:
    """Name, place and keys of each flag. At the top of a file a text is no flag: it may be the file's version."""
    known: dict[int, _Pairs] = {}
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode) or _is_merge(key) or key.value.startswith((".", "x-")):
                continue
            is_entry = isinstance(value, yaml.MappingNode) or _is_null(value)
            if not is_entry:
                because = f"flag {key.value!r} has no keys: write owner, created, expires and kind below it"
                faults.append(Undecided(UNPARSABLE, _span(path, value), because))
            if is_entry or not is_top:
                yield key.value, key, _pairs(value, known)
        return
    for item in node.value:
        pairs = dict(_pairs(item, known))
        name = pairs.pop("name", None)
        if name and isinstance(name[1], yaml.ScalarNode) and name[1].value:
            yield name[1].value, name[1], pairs
        elif isinstance(item, yaml.ScalarNode) and not _is_null(item):
            yield item.value, item, {}
        else:
            faults.append(Undecided(UNPARSABLE, _span(path, item), "a flag without a name"))


#: Keys of flagd's and GO Feature Flag's own files: those are their services' truth, not a registry.
_FOREIGN = frozenset({"variants", "variations", "defaultVariant", "defaultRule", "targeting"})


def _pairs(node: yaml.Node | None, known: dict[int, _Pairs]) -> _Pairs:
    """Key and value nodes by the key's text, with `<<` merged in as YAML does.

    `known` keeps what a shared node holds: aliases of aliases are looked up, never unfolded anew.
    """
    if not isinstance(node, yaml.MappingNode):
        return {}
    if id(node) not in known:
        known[id(node)] = {}  # a node that merges itself holds nothing yet
        known[id(node)] = {**_merged(node, known), **_own(node)}
    return known[id(node)]


def _own(node: yaml.MappingNode) -> _Pairs:
    return {
        key.value: (key, value)
        for key, value in node.value
        if isinstance(key, yaml.ScalarNode) and not _is_merge(key)
    }


def _merged(node: yaml.MappingNode, known: dict[int, _Pairs]) -> _Pairs:
    found: _Pairs = {}
    for key, value in node.value:
        if _is_merge(key):
            for source in value.value if isinstance(value, yaml.SequenceNode) else [value]:
                found = {**_pairs(source, known), **found}
    return found


def _is_merge(key: yaml.Node) -> bool:
    return bool(key.tag == "tag:yaml.org,2002:merge")


def _is_null(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null"


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _span(path: str, node: yaml.Node) -> Span:
    return Span(path, _line(node))


# --- one entry

_FIELDS = {field.name: field for field in msgspec.structs.fields(Flag)}
_KINDS = {
    "killswitch": "kill-switch",
    "operation": "ops",
    "operations": "ops",
    "operational": "ops",
    "permanent": "config",
    "configuration": "config",
}
_STATES = {"true": "on", "released": "on", "false": "off", "retired": "off"}


def normal_kind(text: str) -> str:
    """The kind as the schema writes it: `Kill_Switch` is kill-switch."""
    kind = text.strip().lower().replace("_", "-").replace(" ", "-")
    return _KINDS.get(kind, kind)


def _faults(path: str, name: str, pairs: _Pairs) -> Iterator[Undecided]:
    for key, (at, node) in pairs.items():
        if key not in _FIELDS:
            close = nearest(key, list(_FIELDS))
            if close:
                because = f"flag {name!r} has an unknown key `{key}`; did you mean {close}?"
                yield Undecided(UNPARSABLE, _span(path, at), because)
        elif not _is_null(node):
            fault = _field_fault(key, _plain(key, node))
            if fault:
                yield Undecided(UNPARSABLE, _span(path, node), f"{key} of flag {name!r}: {fault}")


def _field_fault(key: str, data: Any) -> str:
    try:
        msgspec.convert(data, _FIELDS[key].type)
    except msgspec.ValidationError as error:
        said = f"{data!r:.60}"
        if key in ("kind", "state"):
            return f"{said} is none of {', '.join(get_args(Kind if key == 'kind' else State))}"
        if key in ("created", "expires"):
            return f"{said} is no date like 2027-01-31{' and not never' if key == 'expires' else ''}"
        return str(error)
    return ""


def _plain(key: str, node: yaml.Node) -> Any:
    """The node as data, one level deep: aliases are never unfolded further."""
    if isinstance(node, yaml.ScalarNode):
        text = node.value
        if key == "kind":
            return normal_kind(text)
        return _STATES.get(text.lower(), text.lower()) if key == "state" else text
    if isinstance(node, yaml.SequenceNode):
        return [item.value if isinstance(item, yaml.ScalarNode) else {} for item in node.value]
    return {}


def _declaration(
    path: str, name: str, at: yaml.Node, pairs: dict[str, tuple[yaml.Node, yaml.Node]]
) -> Declaration:
    texts = {
        key: str(_plain(key, node))
        for key, (_, node) in pairs.items()
        if key in _FIELDS and key != "used_by" and isinstance(node, yaml.ScalarNode) and not _is_null(node)
    }
    if texts.get("state") not in ("on", "off"):
        texts.pop("state", None)
    return Declaration(
        name,
        _span(path, at),
        "registry",
        used_by=tuple(_listed(pairs.get("used_by"))),
        fields=tuple(sorted(pairs)),
        **texts,  # type: ignore[arg-type]
    )


def _foreign(path: str, name: str, at: yaml.Node) -> Declaration:
    return Declaration(name, _span(path, at), "document", "openfeature")


def _listed(pair: Sequence[yaml.Node] | None) -> Iterator[str]:
    node = pair[1] if pair else None
    if isinstance(node, yaml.ScalarNode) and node.value and not _is_null(node):
        yield node.value
    elif isinstance(node, yaml.SequenceNode):
        yield from (item.value for item in node.value if isinstance(item, yaml.ScalarNode))
