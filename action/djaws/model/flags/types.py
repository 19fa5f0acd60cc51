"""The words of the flag model: evaluations, declarations, references, and names that cannot be known."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from djaws.finding import Span, Undecided
from djaws.model.code import Operand

Form = Literal[
    "call", "decorator", "mixin", "attribute", "template", "javascript", "wrapper", "row", "url", "setting"
]
Source = Literal[
    "registry",
    "setting",
    "code",
    "migration",
    "fixture",
    "command",
    "appconfig",
    "document",
    "boolean-setting",
]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One place that asks for a flag.

    `backend` is `waffle.flag`, `waffle.switch`, `waffle.sample`, `django-flags`, `launchdarkly`, `unleash`, `flagsmith`,
    `openfeature`, `appconfig`, `gargoyle`, `setting`, or `custom` behind a configured wrapper. `through` names the wrapper.
    `default` is the value given for when the backend does not answer.
    """

    name: str
    backend: str
    span: Span
    form: Form = "call"
    through: str = ""
    is_negated: bool = False
    at_import: bool = False
    is_test: bool = False
    default: Operand | None = None
    scope: str = ""


@dataclass(frozen=True, slots=True)
class Declaration:
    """One place that says a flag exists. Dates are ISO texts as written; `never` is allowed for `expires`.

    `state` is what the declaration itself fixes: `on`, `off`, or empty when the flag can still vary.
    `fields` are the keys that a registry entry writes out.
    """

    name: str
    span: Span
    source: Source
    backend: str = ""
    owner: str = ""
    created: str = ""
    expires: str = ""
    kind: str = ""
    description: str = ""
    used_by: tuple[str, ...] = ()
    state: str = ""
    is_test: bool = False
    fields: tuple[str, ...] = ()
    #: For a boolean setting: whether its name says that it is a flag (`FEATURE_X`, `ENABLE_X`) and not only `X_ENABLED`.
    is_named_so: bool = True


@dataclass(frozen=True, slots=True)
class Reference:
    """A declared name that appears somewhere else: a script, a template, JavaScript, a settings file, a string."""

    name: str
    span: Span


@dataclass(frozen=True, slots=True)
class Dynamic:
    """An evaluation whose name is not a constant. `pattern` is its literal part with `{}` for holes (`beta_{}`).

    `is_exhaustive` says that it walks over all flags there are, as a list of flags for the front-end does.
    """

    backend: str
    span: Span
    text: str
    pattern: str = ""
    is_exhaustive: bool = False
    is_test: bool = False
    through: str = ""

    def may_be(self, name: str) -> bool:
        """Whether `name` fits the pattern."""
        if not self.pattern.strip("{}"):
            return True
        return re.fullmatch(".*".join(map(re.escape, self.pattern.split("{}"))), name) is not None


@dataclass(frozen=True, slots=True)
class Override:
    """A test that fixes a flag's state: `override_flag("x", active=True)`. `active` is empty when it is not written out."""

    name: str
    backend: str
    span: Span
    active: str = ""


@dataclass(frozen=True)
class Flags:
    """Everything about the repository's flags.

    `registries` maps each registry file to the folder whose flags it lists (empty for the whole repository); `registry` is the
    first of them, empty when there is none. `unreadable` is set when one of them could not be read.
    """

    evaluations: tuple[Evaluation, ...] = ()
    declarations: tuple[Declaration, ...] = ()
    references: tuple[Reference, ...] = ()
    dynamic: tuple[Dynamic, ...] = ()
    overrides: tuple[Override, ...] = ()
    registries: Mapping[str, str] = field(default_factory=dict)
    unreadable: Undecided | None = None
    backends: frozenset[str] = frozenset()
    wrappers: Mapping[str, str] = field(default_factory=dict)
    undecided: tuple[Undecided, ...] = ()

    @property
    def registry(self) -> str:
        return next(iter(self.registries), "")

    def is_listed(self, path: str) -> bool:
        """Whether the flags of this file belong into a registry."""
        return any(not root or path.startswith(f"{root}/") for root in self.registries.values())

    @cached_property
    def evaluated(self) -> Mapping[str, tuple[Evaluation, ...]]:
        """Evaluations outside tests, by name."""
        return _grouped(each for each in self.evaluations if not each.is_test)

    @cached_property
    def declared(self) -> Mapping[str, tuple[Declaration, ...]]:
        """Declarations outside tests, by name."""
        return _grouped(each for each in self.declarations if not each.is_test)

    @cached_property
    def referred(self) -> Mapping[str, tuple[Reference, ...]]:
        return _grouped(self.references)

    def may_evaluate(self, name: str, backend: str = "") -> Dynamic | None:
        """An evaluation outside tests whose name is unknown and could be `name`."""
        return next(
            (
                each
                for each in self.dynamic
                if not each.is_test and each.may_be(name) and _may_serve(each.backend, backend)
            ),
            None,
        )


#: The services that evaluations name.
BACKENDS = (
    *(
        "waffle.flag",
        "waffle.switch",
        "waffle.sample",
        "django-flags",
        "launchdarkly",
        "unleash",
        "flagsmith",
    ),
    *("openfeature", "appconfig", "gargoyle", "setting"),
)


def _may_serve(asked: str, declared: str) -> bool:
    """Whether an evaluation by `asked` can meet a flag of the backend `declared`, which people write as they like."""
    wanted = declared.lower().removeprefix("django-") if declared != "django-flags" else declared
    if asked == "custom" or not any(each == wanted or each.startswith(f"{wanted}.") for each in BACKENDS):
        return asked != "setting"
    return asked == wanted or asked.startswith(f"{wanted}.")


def _grouped(items: Iterable[Any]) -> dict[str, tuple[Any, ...]]:
    groups: defaultdict[str, list[Any]] = defaultdict(list)
    for item in items:
        groups[item.name].append(item)
    return {name: tuple(members) for name, members in groups.items()}
