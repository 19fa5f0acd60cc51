"""Policies: how one is written, and how a folder of them is loaded.

A policy is a generator function in a module of its own, `policies/<topic>/<name>.py`; its id is `<topic>/<name>` with dashes.
Its first parameter says what it is asked about: a view (called once for each resource), a `Stack`, a `Project`, or the `System`.

    @policy("Log group keeps its logs for ever", severity="low", pillar="operations", advice=("A6.3",),
            languages=("terraform", "cloudformation"))
    def unbounded_log_retention(group: LogGroup, params: Params) -> Verdicts:
        \"\"\"…what it does…\"\"\"
        yield from convict(group.retention, lambda days: not days, "keeps its logs for ever", subject=group.subject)
"""

from __future__ import annotations

import hashlib
import importlib.util
import inspect
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar, get_type_hints

import msgspec

from djaws.finding import (
    Answer,
    Confidence,
    Default,
    Finding,
    Location,
    Related,
    Rule,
    Severity,
    Span,
    Undecided,
)
from djaws.model.value import Guard, Value

T = TypeVar("T")


class Measure(msgspec.Struct, frozen=True):
    """A count for the summary, added up over all policies: `Measure("alarms.alarmable", 1)`."""

    name: str
    amount: int = 1


Verdicts = Iterator[Finding | Undecided | Answer | Measure]


class NoParams(msgspec.Struct, frozen=True):
    """The parameters of a policy that has none."""


@dataclass(frozen=True)
class Policy:
    """A loaded policy. `subject` is the type of its first parameter, `languages` those that it needs examples for.

    `inline` holds examples that come with the policy itself: language, whether it must fail, text.
    """

    rule: Rule
    function: Callable[..., Verdicts]
    subject: type
    params: type[msgspec.Struct]
    languages: tuple[str, ...]
    module: ModuleType
    inline: tuple[tuple[str, bool, str], ...] = ()

    @property
    def id(self) -> str:
        return self.rule.id

    @property
    def is_about_judgement(self) -> bool:
        """Whether it is about the gate itself (waivers, the configuration), which is known only after judging."""
        return self.subject.__module__.startswith("djaws.judge.")

    def ask(self, subject: Any, params: msgspec.Struct) -> Verdicts:
        """What the policy says of one subject; one without parameters of its own takes none."""
        if self.params is NoParams:
            return self.function(subject)
        return self.function(subject, params)


@dataclass(frozen=True)
class _Declared:
    function: Callable[..., Verdicts]
    title: str
    severity: Severity
    confidence: Confidence
    pillar: str
    default: Default
    languages: tuple[str, ...]
    advice: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    replaces: tuple[str, ...] = ()
    source: str = ""
    extra: dict[str, Any] = field(default_factory=dict)


PILLARS = ("security", "reliability", "operations", "performance", "cost", "sustainability")
LANGUAGES = ("terraform", "cloudformation", "sam", "django", "pipeline")


def policy(
    title: str,
    *,
    severity: str,
    pillar: str,
    languages: Sequence[str],
    confidence: str = "high",
    default: Default = "on",
    advice: Sequence[str] = (),
    tags: Sequence[str] = (),
    replaces: Sequence[str] = (),
    source: str = "",
) -> Callable[[Callable[..., Verdicts]], Callable[..., Verdicts]]:
    """Declares the decorated generator a policy. `source` says where the rule or its severity comes from (a URL or a document)."""
    if pillar not in PILLARS:
        raise ValueError(f"unknown pillar {pillar!r}, known are {', '.join(PILLARS)}")
    unknown = set(languages) - set(LANGUAGES)
    if unknown:
        raise ValueError(f"unknown languages {sorted(unknown)}, known are {', '.join(LANGUAGES)}")

    def declare(function: Callable[..., Verdicts]) -> Callable[..., Verdicts]:
        function.__djaws_policy__ = _Declared(  # type: ignore[attr-defined]
            function,
            title,
            Severity(severity),
            Confidence(confidence),
            pillar,
            default,
            tuple(languages),
            tuple(advice),
            tuple(tags),
            tuple(replaces),
            source,
        )
        return function

    return declare


# --- what policies yield


def finding(
    at: Span,
    message: str,
    *,
    subject: str = "",
    block: Span | None = None,
    related: Iterable[tuple[Span, str]] = (),
    severity: str | None = None,
    confidence: str | None = None,
    guard: Guard | None = None,
) -> Finding:
    """A fault at `at`. `related` pairs other places with what they have to do with it.

    A `guard` becomes part of the message ("when …"), so that a fault that holds on one branch says on which.
    """
    if guard:
        message = f"{message} (when {guard})"
    return Finding(
        rule="",
        engine="djaws",
        message=message,
        location=Location(at, block),
        subject=subject,
        severity=Severity(severity) if severity else None,
        confidence=Confidence(confidence) if confidence else None,
        related=tuple(Related(span, note) for span, note in related),
        environment=_environment(guard),
    )


def _environment(guard: Guard | None) -> str:
    for subject, equal, values in guard.terms if guard else ():
        if equal and subject in ("tfvars", "terraform.workspace", "samconfig"):
            return ", ".join(sorted(str(value) for value in values))
    return ""


def undecided(at: Span, because: str) -> Undecided:
    return Undecided(rule="", span=at, because=because)


def answer(
    rules: Sequence[str],
    because: str,
    proof: Span,
    *,
    paths: Sequence[str] = (),
    subjects: Sequence[str] = (),
) -> Answer:
    """A proof that findings of other rules are moot; they stay in the report with this reason."""
    return Answer(tuple(rules), because, proof, tuple(paths), tuple(subjects))


def convict(
    value: Value[T],
    bad: Callable[[T], bool],
    message: str | Callable[[T], str],
    *,
    subject: str = "",
    at: Span | None = None,
    block: Span | None = None,
    related: Iterable[tuple[Span, str]] = (),
    severity: str | None = None,
    confidence: str | None = None,
) -> Verdicts:
    """A finding for the first possibility of `value` that is `bad`, else an undecided entry when it may be something unknown.

    When only some branches are bad, the finding says which.
    """
    faults = value.sometimes(bad)
    if faults:
        first = faults[0]
        text = message if isinstance(message, str) else message(first.value)
        everywhere = value.always(bad)
        yield finding(
            at or first.span,
            text,
            subject=subject,
            block=block,
            related=related,
            severity=severity,
            confidence=confidence,
            guard=None if everywhere and len(faults) > 1 else first.guard,
        )
    elif value.unknown:
        yield undecided(value.unknown.span, value.unknown.because)


# --- loading


class PolicyError(Exception):
    """A policy module that cannot be loaded; names the file and what is wrong with it."""


def modules(folder: Path) -> Iterator[tuple[str, Path]]:
    """The id and file of every policy module in `folder`, without importing any."""
    for path in sorted(folder.glob("*/*.py")):
        if path.stem not in ("model", "__init__", "conftest") and not path.stem.startswith("_"):
            yield f"{path.parent.name}/{path.stem.replace('_', '-')}", path


def load(folder: Path, only: Iterable[str] | None = None) -> tuple[Policy, ...]:
    """Every policy in `folder` (those of `only`, when given), in order of ids.

    Modules are loaded into a synthetic package of their own, so that `from .model import …` works and two folders never clash.
    """
    wanted = None if only is None else set(only)
    package = _package(folder)
    return tuple(
        _load(package, policy_id, path)
        for policy_id, path in modules(folder)
        if wanted is None or policy_id in wanted
    )


def own_folder() -> Path:
    """Where the shipped policies are: inside the wheel, or beside `action/` in a checkout."""
    here = Path(__file__).resolve().parent
    inside = here / "policies"
    return inside if inside.is_dir() else here.parent.parent / "policies"


def _package(folder: Path) -> str:
    name = f"djaws_policies_{hashlib.blake2b(str(folder.resolve()).encode(), digest_size=4).hexdigest()}"
    _synthesise(name, folder)
    for topic in sorted(path for path in folder.iterdir() if path.is_dir() and path.name.isidentifier()):
        _synthesise(f"{name}.{topic.name}", topic)
    return name


def _synthesise(name: str, folder: Path) -> None:
    if name not in sys.modules:
        module = ModuleType(name)
        module.__path__ = [str(folder)]
        sys.modules[name] = module


def _load(package: str, policy_id: str, path: Path) -> Policy:
    name = f"{package}.{path.parent.name}.{path.stem}"
    module = sys.modules.get(name) or _import(name, path)
    declared = [
        value.__djaws_policy__
        for value in vars(module).values()
        if inspect.isfunction(value) and hasattr(value, "__djaws_policy__") and value.__module__ == name
    ]
    if len(declared) != 1:
        raise PolicyError(
            f"{path}: a policy module declares exactly one @policy function, this one {len(declared)}"
        )
    return _built(declared[0], policy_id, module)


def _import(name: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise PolicyError(f"{path}: cannot be imported")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _built(declared: _Declared, policy_id: str, module: ModuleType) -> Policy:
    hints = get_type_hints(declared.function)
    names = list(inspect.signature(declared.function).parameters)
    if not names or names[0] not in hints:
        raise PolicyError(
            f"{module.__file__}: the first parameter needs a type: a view, Stack, Project or System"
        )
    rule = Rule(
        id=policy_id,
        engine="djaws",
        title=declared.title,
        severity=declared.severity,
        confidence=declared.confidence,
        topic=policy_id.partition("/")[0],
        pillar=declared.pillar,
        help=inspect.getdoc(declared.function) or "",
        default=declared.default,
        advice=declared.advice,
        severity_source=declared.source,
        tags=declared.tags,
        replaces=declared.replaces,
    )
    params = hints[names[1]] if len(names) > 1 else NoParams
    return Policy(rule, declared.function, hints[names[0]], params, declared.languages, module)
