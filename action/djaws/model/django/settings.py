"""The settings of a Django project, evaluated from their syntax trees: each a value, with the line that set it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from djaws.files import Tree
from djaws.finding import Span, Undecided
from djaws.model.django import defaults, libraries, operations
from djaws.model.django.expressions import EnvRead
from djaws.model.django.interpreter import Interpreter, evaluate_module
from djaws.model.django.objects import OPEN, Class, Instance, Library, Module, Scope, Slot, is_data
from djaws.model.django.productionness import productionness
from djaws.model.value import Guard, Map, Seq, Unknown, Value

__all__ = ["EnvRead", "Setting", "Settings", "evaluate"]


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting as the chain leaves it.

    `chain` holds the places that set or changed it, earliest first, the last one not included; `origins` those that its value
    came from (`SECRET_KEY = DEFAULT_KEY`). `unknown_when` says under which guards it is the unknown one, always when empty.
    """

    name: str
    value: Value[Any]
    chain: tuple[Span, ...] = ()
    origins: tuple[Span, ...] = ()
    unknown_when: tuple[Guard, ...] = ()


@dataclass(frozen=True)
class Settings:
    """What one settings module gives Django.

    `open` says why there may be further settings than `names`; `inputs` are the files that were read, `absent` the optional
    imports that this checkout does not satisfy, `reads` the environment variables asked for, `classes` the configuration
    classes (django-configurations) among which `configuration` was chosen.
    """

    module: str
    path: str
    names: Mapping[str, Setting] = field(default_factory=dict)
    open: Unknown | None = None
    open_when: tuple[Guard, ...] = ()
    inputs: tuple[str, ...] = ()
    undecided: tuple[Undecided, ...] = ()
    reads: tuple[EnvRead, ...] = ()
    absent: tuple[Span, ...] = ()
    classes: tuple[str, ...] = ()
    configuration: str = ""
    version: tuple[int, int] | None = None

    def get(self, name: str) -> Value[Any]:
        """What `name` can be; Django's default where nobody sets it, which is then not `written`."""
        return self.setting(name).value

    def setting(self, name: str) -> Setting:
        """The setting with its history. Unset ones are placed on the settings module as a whole."""
        place = Span(self.path)
        default = defaults.default(name, place, self.version)
        found = self.names.get(name)
        if found is not None:
            return replace(found, value=_shown_through(found.value, default))
        if self.open is None:
            return Setting(name, default or Value.absent(place))
        known = default.alternatives if default else ()
        return Setting(name, Value(known, self.open), unknown_when=self.open_when)

    def __iter__(self) -> Iterator[Setting]:
        return iter(self.names.values())


def evaluate(
    tree: Tree,
    module_path: str,
    *,
    source_roots: Sequence[str] = ("",),
    module: str = "",
    environment: Mapping[str, Value[Any]] | None = None,
    configuration: str = "",
    version: tuple[int, int] | None = None,
) -> Settings:
    """The settings that the file `module_path` gives, nothing imported and nothing run.

    `source_roots` are the directories that absolute imports start from, the project's first. `environment` holds the variables
    that the deployment is known to set; every other is unknown. `configuration` names the class to take the settings from when
    the file holds configuration classes; the most production-like one, when empty.
    """
    interpreter = Interpreter(tree, source_roots, environment)
    loaded = evaluate_module(interpreter, module_path)
    classes = _configuration_classes(loaded)
    chosen = _chosen(classes, configuration)
    if chosen is not None:
        names = _names_of_class(interpreter, classes[chosen])
        open_ = loaded.scope.slots.get(OPEN) if classes[chosen].open else None
        foreign = classes[chosen].open
        open_slot = open_ or (Slot(Value((), foreign)) if foreign else None)
    else:
        names = _names_of_module(interpreter, loaded.scope)
        open_slot = loaded.scope.slots.get(OPEN)
    modules = list(interpreter.modules.values())
    return Settings(
        module=module or module_path.removesuffix(".py").removesuffix("/__init__").replace("/", "."),
        path=module_path,
        names=names,
        open=open_slot.value.unknown if open_slot else None,
        open_when=open_slot.unknown_when if open_slot else (),
        inputs=tuple(sorted(interpreter.modules)),
        undecided=tuple(interpreter.undecided),
        reads=tuple(dict.fromkeys(interpreter.reads)),
        absent=tuple(dict.fromkeys(span for one in modules for span in one.absent)),
        classes=tuple(classes),
        configuration=chosen or "",
        version=version,
    )


def _shown_through(value: Value[Any], default: Value[Any] | None) -> Value[Any]:
    """Where some branch leaves the setting alone, Django's default shows through."""
    if default is None or not value.sometimes(lambda data: data is None):
        return value
    found = []
    for alt in value.alternatives:
        if alt.value is None and not alt.written:
            found.append(default.when(alt.guard))
        else:
            found.append(Value((alt,)))
    return Value.either(*found, Value((), value.unknown))


# --- names


def _names_of_module(interpreter: Interpreter, scope: Scope) -> dict[str, Setting]:
    return {
        name: _setting(interpreter, name, slot)
        for name, slot in list(scope.slots.items())
        if name.isupper() and name != OPEN
    }


def _setting(interpreter: Interpreter, name: str, slot: Slot) -> Setting:
    value = _as_data(slot.value, slot.value.span)
    return Setting(name, value, slot.chain, slot.origins, slot.unknown_when)


def _as_data(value: Value[Any], span: Span) -> Value[Any]:
    """`value` without the objects that mean something to the evaluation only, deep inside too."""
    if all(_is_plain(alt.value) for alt in value.alternatives):
        return value
    kept = []
    unknown = value.unknown
    for alt in value.alternatives:
        if not is_data(alt.value):
            unknown = unknown or Unknown(libraries.described(alt.value), alt.span)
        else:
            kept.append(replace(alt, value=_plain(alt.value, alt.span)))
    return Value(tuple(kept), unknown)


def _is_plain(data: object) -> bool:
    return data is None or type(data) in (str, int, float, bool)


def _plain(data: Any, span: Span) -> Any:
    if isinstance(data, Seq):
        return Seq(tuple(_as_data(item, span) for item in data.items), data.rest)
    if isinstance(data, Map):
        entries = {key: _as_data(entry, span) for key, entry in data.entries.items()}
        return Map(entries, data.rest, data.span)
    if isinstance(data, bytes):
        return data.decode("latin-1")
    return str(data) if isinstance(data, str) else data


# --- configuration classes


def _configuration_classes(module: Module) -> dict[str, Class]:
    found = {}
    for name, slot in module.scope.slots.items():
        data = slot.value.only(None)
        if isinstance(data, Class) and any(
            isinstance(base, Library) and base.name.startswith("configurations.") for base in data.order()
        ):
            found[name] = data
    return found


def _chosen(classes: Mapping[str, Class], wanted: str) -> str | None:
    if wanted in classes:
        return wanted
    return min(classes, key=lambda name: (productionness(name), name), default=None)


def _names_of_class(interpreter: Interpreter, chosen: Class) -> dict[str, Setting]:
    instance = Instance(chosen)
    names: dict[str, Setting] = {}
    places: dict[str, tuple[Span, ...]] = {}
    for one in reversed(chosen.order()):
        if isinstance(one, Library):
            continue
        for name, slot in list(one.scope.slots.items()):
            if not name.isupper() or name == OPEN:
                continue
            chain = (*places.get(name, ()), *slot.chain)
            places[name] = (*chain, slot.value.span)
            value = interpreter.class_attribute(instance, name, slot.value.span)
            names[name] = Setting(name, _as_data(value, slot.value.span), chain, slot.origins)
    return names


def env_of(value: Value[Any]) -> str | None:
    """The environment variable that a value is read from, None when it is from none or from several."""
    return operations.env_name(value.unknown)
