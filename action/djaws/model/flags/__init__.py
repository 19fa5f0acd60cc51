"""Feature flags: where they are evaluated, where they are declared, and where else their names appear.

Evaluations are calls of the flag libraries, their decorators, mixins, URL functions and template tags, functions of the
project that hand a parameter on to one of them, and functions that the configuration names. Names are followed through
constants, enums and class attributes; a name that cannot be followed is dynamic, never guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from djaws.errors import Refused
from djaws.files import Tree
from djaws.finding import Span, Undecided
from djaws.model import code
from djaws.model.cloud import Stack
from djaws.model.code import CodeFacts
from djaws.model.flags import registry as registry_file
from djaws.model.flags.declarations import all_declarations
from djaws.model.flags.evaluations import in_code, of_settings, overrides, unknown_settings
from djaws.model.flags.evaluators import PACKAGES, Evaluators
from djaws.model.flags.names import Names
from djaws.model.flags.references import references
from djaws.model.flags.templates import in_templates
from djaws.model.flags.types import Declaration, Dynamic, Evaluation, Flags, Override, Reference
from djaws.model.value import Value

if TYPE_CHECKING:
    from djaws.model.system import System

__all__ = ["Declaration", "Dynamic", "Evaluation", "Flags", "Override", "Reference", "flags", "load"]


def load(system: System) -> Flags:
    """The flags of a system, with the registry and the wrappers that `[tool.djaws.flags]` names."""
    found = flags(
        system.tree,
        system.code,
        system.config.flags.registry,
        system.config.flags.wrappers,
        roots=[project.root for project in system.projects],
        flags_setting=_flags_setting(system),
        stacks=system.stacks,
    )
    system.undecided += found.undecided
    return found


def _flags_setting(system: System) -> Value[Any] | None:
    values = [project.settings.get("FLAGS") for project in system.projects]
    return Value.either(*values) if values else None


def flags(
    tree: Tree,
    facts_by_path: Mapping[str, CodeFacts],
    registry_path: str = "flags.yaml",
    wrappers: Mapping[str, int | str] | None = None,
    *,
    roots: Sequence[str] = (),
    flags_setting: Value[Any] | None = None,
    stacks: Sequence[Stack] = (),
) -> Flags:
    """Join the facts of all files.

    `wrappers` maps functions of the project to where they take the flag's name: a position (not counting `self`), or a
    keyword's name. A registry of the same name beside a project, in one of `roots`, lists that project's flags.
    `flags_setting` is what django-flags' `FLAGS` can be.
    """
    names = Names(facts_by_path, lambda path: _parse(tree, path))
    evaluators = Evaluators(names, wrappers or {})
    _read_callers(tree, names, evaluators)
    names.subclasses = names.find_subclasses()
    asked = [*in_code(names, evaluators), *in_templates(tree, _builtins(names))]
    places = _registries(tree, registry_path, roots)
    readings = {path: registry_file.read(tree, path) for path in places}
    listed = [each for reading in readings.values() for each in reading.declarations]
    declarations = all_declarations(tree, names, listed, flags_setting, stacks)
    booleans = frozenset(each.name for each in declarations if each.source == "boolean-setting")
    evaluations = [
        *(each for each in asked if isinstance(each, Evaluation)),
        *of_settings(names, booleans),
    ]
    return Flags(
        tuple(dict.fromkeys(evaluations)),
        declarations,
        tuple(references(tree, declarations, evaluations, _settings_files(names))),
        tuple(
            dict.fromkeys([*(each for each in asked if isinstance(each, Dynamic)), *unknown_settings(names)])
        ),
        tuple(overrides(names)),
        {path: root for path, root in places.items() if readings[path].is_own},
        next((reading.unreadable for reading in readings.values() if reading.unreadable), None),
        frozenset(_backends(names)),
        {name: evaluator.backend for name, evaluator in evaluators.found.items()},
        (
            *(fault for reading in readings.values() for fault in reading.faults),
            *_missing(tree, registry_path),
        ),
    )


def _registries(tree: Tree, configured: str, roots: Sequence[str]) -> dict[str, str]:
    """The registry files by path, with the folder that each speaks for."""
    beside = {f"{root}/{configured.rpartition('/')[2]}".lstrip("/"): root for root in roots}
    return {path: root for path, root in {**beside, configured: ""}.items() if path in tree}


def _missing(tree: Tree, configured: str) -> Iterator[Undecided]:
    """A registry that the configuration names and the repository lacks; the usual name needs no file."""
    if configured not in tree and configured.rpartition("/")[2] != "flags.yaml":
        because = "the configuration calls this the registry of flags, and it is not there"
        yield Undecided(registry_file.UNPARSABLE, Span(configured), because)


def _settings_files(names: Names) -> frozenset[str]:
    return frozenset(path for path, facts in names.files.items() if facts.is_settings)


def _read_callers(tree: Tree, names: Names, evaluators: Evaluators) -> None:
    """Files that the screen of code facts left out, but that name one of the wrappers, are read after all."""
    words = [word.rpartition(".")[2].encode() for word in evaluators.words]
    for path, facts in tuple(names.files.items()) if words else ():
        if not facts.is_parsed and not facts.fault and _holds(tree, path, words):
            names.parse(path)


def _holds(tree: Tree, path: str, words: Iterable[bytes]) -> bool:
    try:
        data = tree.read(path)
    except Refused:
        return False
    return any(word in data for word in words)


def _parse(tree: Tree, path: str) -> CodeFacts | None:
    try:
        facts = code.parse(path, tree.read(path))
    except Refused:
        return None
    return facts if facts.is_parsed else None


def _builtins(names: Names) -> frozenset[str]:
    """Tag libraries that settings make available to every template."""
    found = {
        text.rpartition(".")[2]
        for facts in tuple(names.files.values())
        if facts.is_settings
        for text in facts.texts
        if "templatetags." in text
    }
    return frozenset(found)


def _backends(names: Names) -> Iterator[str]:
    """The flag services that code outside tests uses."""
    for facts in tuple(names.files.values()):
        if facts.is_test:
            continue
        for package, backend in PACKAGES.items():
            if facts.does_import(package) and not _is_own(names, facts, package):
                yield backend
        for call in facts.calls_to("boto3.client", "boto3.resource"):
            service = call.argument(0, "service_name")
            if service and service.text in ("appconfig", "appconfigdata"):
                yield "appconfig"


def _is_own(names: Names, facts: CodeFacts, package: str) -> bool:
    """Whether what looks like a flag library is a module of this repository."""
    modules = {each.module for each in facts.imports if f"{each.module}.".startswith(f"{package}.")}
    return any(names.module(module) is not None for module in modules)
