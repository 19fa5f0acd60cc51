"""A project's settings as the processes that run it have them: evaluated with their environment, without the branches of a laptop."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

from djaws.finding import Span
from djaws.model.cloud import descend
from djaws.model.django.objects import UNSET
from djaws.model.django.operations import env_subject, env_unknown
from djaws.model.django.productionness import WORKPLACE, productionness
from djaws.model.django.project import Project
from djaws.model.django.settings import Settings
from djaws.model.processes import Process, Server
from djaws.model.system import System
from djaws.model.value import Alternative, Guard, Map, Unknown, Value

#: Where a stack says which variables there are; a host or a platform's console may set any other.
_STACKED = frozenset({"ecs", "lambda", "app-runner"})
_DEPLOYED = _STACKED | {"beanstalk", "copilot", "zappa", "systemd", "supervisor", "procfile"}
_PRODUCTION = frozenset({"prod", "production", "prd", "live"})
_LAPTOP = frozenset(
    {"debug", "dev", "devel", "develop", "development", "local", "localhost", "test", "tests", "testing"}
    | {"ci", "pytest", "docker", "runserver", "mypy"}
)
_FALSE = frozenset({"0", "false", "no", "off", "n", "f", ""})
#: Processes of one project beyond this many are copies of one another for all that settings say.
_MOST = 4


@dataclass(frozen=True)
class Deployed:
    """A project as one process runs it, or as far as its files say when nothing in the repository says what runs it.

    `provided` are the variables that the process certainly has, `is_closed` says that it has no others.
    """

    project: Project
    settings: Settings
    process: Process | None = None
    server: Server | None = None
    provided: Mapping[str, Value[Any]] = field(default_factory=dict)
    is_closed: bool = False

    @property
    def is_web(self) -> bool:
        """Whether it answers requests, as far as one knows."""
        return self.process is None or self.process.is_web

    @property
    def is_workplace(self) -> bool:
        """Whether the settings module is a laptop's or a test run's by its name: no production settings were found."""
        return productionness(self.project.settings_module) == WORKPLACE

    def get(self, name: str) -> Value[Any]:
        """What the setting can be in production. A branch that only an unknown variable would choose is unknown."""
        return self.likely(self.settings.get(name))

    def inside(self, value: Value[Any], *path: str) -> Value[Any]:
        """What stands at `path` inside a setting's value."""
        found = value.bind(
            lambda data: (
                descend(data, list(path), data.span) if isinstance(data, Map) else Value.absent(value.span)
            )
        )
        return self.likely(found)

    def entries(self, value: Value[Any]) -> Iterator[tuple[str, Value[Any]]]:
        """The entries of an object (`DATABASES`, `CACHES`, `STORAGES`), each with what it can be in production."""
        names: dict[str, None] = {}
        for alternative in value.alternatives:
            if isinstance(alternative.value, Map):
                names.update(dict.fromkeys(alternative.value.entries))
        for name in names:
            yield name, self.inside(value, name)

    def likely(self, value: Value[Any]) -> Value[Any]:
        """The possibilities that hold in production; those that may or may not are unknown."""
        kept: list[Alternative[Any]] = []
        doubt: Guard | None = None
        for alternative in value.alternatives:
            verdict = self.holds(alternative.guard)
            if verdict:
                kept.append(replace(alternative, guard=self._told(alternative.guard)))
            elif verdict is None:
                doubt = alternative.guard
        unknown = value.unknown
        if unknown is None and doubt is not None:
            unknown = Unknown(f"it holds only when {doubt}", value.span)
        return Value(tuple(kept), unknown)

    def holds(self, guard: Guard) -> bool | None:
        """Whether the condition holds in production, None when that cannot be told."""
        verdicts = [self._term(*term) for term in guard.terms]
        return False if False in verdicts else None if None in verdicts else True

    def is_fallback(self, guard: Guard, name: str | None = None) -> bool:
        """Whether it holds only while a variable (of that name) is not set."""
        return any(
            equal and UNSET in values and (name is None or _variable(subject) == name)
            for subject, equal, values in guard.terms
        )

    @cached_property
    def _certain(self) -> frozenset[str]:
        return frozenset(self.provided)

    def _told(self, guard: Guard) -> Guard:
        """The condition without the terms that the deployment decides: messages need not repeat them."""
        return Guard(tuple(term for term in guard.terms if not _variable(term[0]) or not self.is_closed))

    def _term(self, subject: str, equal: bool, values: frozenset[object]) -> bool | None:
        name = _variable(subject)
        if not name:
            return _of_condition(subject, equal, values)
        texts = {value for value in values if value is not UNSET}
        if equal and UNSET in values:
            is_laptop_switch = not _LAPTOP.isdisjoint(_words(name))
            return False if name in self._certain else True if self.is_closed or is_laptop_switch else None
        is_missing = self.is_closed and name not in self._certain
        if equal:
            return False if is_missing else _of_text(name, texts)
        if is_missing and UNSET in values:
            return False
        if not texts:
            return True
        denied = _of_text(name, texts)
        return None if denied is None else not denied


def _variable(subject: str) -> str:
    return subject[4:].partition(" ")[0] if subject.startswith("env ") else ""


def _words(text: object) -> frozenset[str]:
    return frozenset(re.split(r"[^a-z0-9]+", str(text).lower())) - {""}


def _of_text(name: str, texts: set[object]) -> bool | None:
    """Whether production's variable is one of these texts."""
    if any(not _PRODUCTION.isdisjoint(_words(text)) for text in texts):
        return True
    if all(not _LAPTOP.isdisjoint(_words(text)) for text in texts):
        return False
    if not _LAPTOP.isdisjoint(_words(name)) and len(texts) == 1:
        return str(next(iter(texts))).lower() in _FALSE
    return None


def _of_condition(subject: str, equal: bool, values: frozenset[object]) -> bool | None:
    """Whether a condition that names no variable holds in production: `DEBUG`, `TESTING`, `"test" in sys.argv`."""
    if not values <= {True, False}:
        return None
    if _LAPTOP.isdisjoint(_words(subject)):
        return None if re.fullmatch(r"[A-Z0-9_.]+", subject) else True
    is_true = (True in values) == equal
    is_negated = subject.startswith("not ")
    return is_true == is_negated


_known: WeakKeyDictionary[System, tuple[Deployed, ...]] = WeakKeyDictionary()


def deployments(system: System) -> tuple[Deployed, ...]:
    """Every project as each of its processes runs it, web servers first; one that nothing here runs appears once, alone.

    Processes that only prepare (`migrate`) count where no other is known.
    """
    if system not in _known:
        _known[system] = tuple(each for project in system.projects for each in _of_project(project, system))
    return _known[system]


def _of_project(project: Project, system: System) -> Iterator[Deployed]:
    running = _production_only([each for each in system.processes if _runs(each, project, system)], system)
    staying = [each for each in running if any(server.stays for server in each.servers)]
    running = sorted(staying or running, key=lambda process: not process.is_web)
    seen: dict[tuple[object, ...], Settings] = {}
    for process in running[:_MOST]:
        server = next((each for each in process.servers if each.is_web or each.kind == "handler"), None)
        server = server or next((each for each in process.servers if each.stays), None)
        environment = {**process.environment, **(server.environment if server else {})}
        provided = {
            name: value for name, value in environment.items() if value.never(lambda data: data is None)
        }
        provided |= {name: value for name, value in environment.items() if value.unknown}
        provided |= {name: process.variable(name) for name in process.secrets}
        is_closed = _is_closed(process)
        given = _given(project.settings, process, environment, is_closed)
        key = tuple(sorted((name, repr(value)) for name, value in given.items()))
        if key not in seen:
            seen[key] = Project(project.tree, project.place, given).settings if given else project.settings
        yield Deployed(project, seen[key], process, server, provided, is_closed)
    if not running:
        yield Deployed(project, project.settings)


def _runs(process: Process, project: Project, system: System) -> bool:
    """Whether the process uses the project's settings module, and no other project has one of that name."""
    if process.origin not in _DEPLOYED:
        return False
    module = project.settings_module
    if not process.settings_module.sometimes(lambda name: name == module):
        return False
    namesakes = [each for each in system.projects if each.settings_module == module]
    return len(namesakes) == 1


def _production_only(running: list[Process], system: System) -> list[Process]:
    words = frozenset(system.config.nonproduction)
    kept = [
        each
        for each in running
        if each.stack is None
        or words.isdisjoint(_words(each.stack.path))
        or _PRODUCTION & _words(each.stack.path)
    ]
    return kept or running


def _is_closed(process: Process) -> bool:
    if process.origin not in _STACKED or process.rest or process.unknown:
        return False
    return process.image is None or process.image.is_absent or process.dockerfile is not None


def _given(
    settings: Settings, process: Process, environment: Mapping[str, Value[Any]], is_closed: bool
) -> dict[str, Value[Any]]:
    """What each variable that the settings ask for is in the process."""
    given: dict[str, Value[Any]] = {}
    for read in settings.reads:
        if read.name in process.secrets:
            given[read.name] = Value((), env_unknown(read.name, process.secrets[read.name]))
        elif read.name in environment:
            given[read.name] = environment[read.name]
        elif is_closed:
            # The guard tells readers that cast what they read that the default is no text of the environment.
            unset = Guard.when(env_subject(read.name), UNSET)
            given[read.name] = Value((Alternative(None, process.span, unset, written=False),))
    return given


def where(deployed: Deployed) -> Iterator[tuple[Span, str]]:
    """The process, for a finding's `related`."""
    if deployed.process is not None:
        yield deployed.process.span, f"{deployed.process.name} runs with these settings"
