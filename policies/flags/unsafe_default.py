"""Evaluations that switch a feature on, or fail, when the flag service does not answer."""

from __future__ import annotations

import re
from typing import Any

from djaws.model.code import Call, CodeFacts, Operand
from djaws.model.django.objects import UNSET
from djaws.model.flags import Evaluation, Flags
from djaws.model.system import System
from djaws.model.value import Guard, Value
from djaws.policy import Verdicts, finding, policy, undecided

from .model import LASTING, kind_of, registered

_SETTINGS = {
    "WAFFLE_FLAG_DEFAULT": "waffle.flag",
    "WAFFLE_SWITCH_DEFAULT": "waffle.switch",
    "WAFFLE_SAMPLE_DEFAULT": "waffle.sample",
}


@policy(
    "Flag is on when its service does not answer",
    severity="medium",
    confidence="medium",
    pillar="reliability",
    languages=("django",),
    advice=("A7.3",),
    source="OpenFeature, LaunchDarkly, Unleash, Flagsmith and django-waffle documentation",
)
def unsafe_default(system: System) -> Verdicts:
    """The default given to an evaluation (`get_boolean_value("x", True)`, `variation("x", context, True)`, a `fallback_function` that
    answers true) is true; or `WAFFLE_FLAG_DEFAULT`, `WAFFLE_SWITCH_DEFAULT` or `WAFFLE_SAMPLE_DEFAULT` is; or a Flagsmith client has
    no `default_flag_handler`, so that its questions raise.

    Left out: kinds that may last (a kill switch is safe when it is on), flags that the registry calls released, and names that say
    that on means less (`disable-…`, `kill-…`, `maintenance-…`). Where no registry tells the kind, the confidence is low.

    ## Why

    The default is what everybody gets during an outage of the flag service, and for a flag whose name is misspelt: the unfinished
    feature, for all users at once.

    ## Fix: Django

    Default to the old behaviour:

        client.get_boolean_value("new-checkout", False, context)
        client.variation("new-checkout", context, False)
        Flagsmith(environment_key=key, default_flag_handler=lambda name: DefaultFlag(False, None))

    A kill switch says so in the registry: `kind: kill-switch`. For django-waffle leave `WAFFLE_SWITCH_DEFAULT` alone and create the
    rows that must be on in a migration.
    """
    flags = system.flags
    for each in flags.evaluations:
        if not each.is_test and _is_on(each.default) and not _is_safe_when_on(flags, each):
            yield finding(
                each.span,
                f"flag {each.name!r} is on when its service does not answer",
                subject=each.name,
                confidence=None if kind_of(flags, each.name) else "low",
            )
    for project in system.projects:
        for name, backend in _SETTINGS.items():
            if _has_passing(flags, backend):
                yield from _switched_on(name, project.settings.get(name))
    for facts in system.code.values():
        if not facts.is_test:
            yield from _unhandled(facts)


def _switched_on(name: str, value: Value[Any]) -> Verdicts:
    """A finding when the setting is written so, or when its variable is not set; other variables are anybody's guess."""
    faults = value.sometimes(lambda data: data is True)
    certain = next((each for each in faults if not _is_chosen_by_environment(each.guard)), None)
    if certain:
        yield finding(
            certain.span, f"{name} switches every flag on that has no row", subject=name, guard=certain.guard
        )
    elif faults or value.unknown:
        yield undecided(
            value.span, value.unknown.because if value.unknown else f"{faults[0].guard} decides it"
        )


def _is_chosen_by_environment(guard: Guard) -> bool:
    return any(
        subject.startswith("env ") and not (equal and values == {UNSET})
        for subject, equal, values in guard.terms
    )


def _is_on(default: Operand | None) -> bool:
    if default is None:
        return False
    is_lambda = default.kind == "dynamic" and default.text.startswith("lambda")
    return (
        default.texts == ("True",)
        if default.kind == "constant"
        else is_lambda and default.text.endswith(": True")
    )


_MEANS_LESS = re.compile(
    r"^(disable|kill|block|deny|stop|pause|skip|hide|no|maintenance|read.?only|legacy|old|use.old)([-_.]|$)",
    re.I,
)


def _is_safe_when_on(flags: Flags, each: Evaluation) -> bool:
    entry = registered(flags, each.name)
    return (
        each.backend == "setting"
        or kind_of(flags, each.name) in LASTING
        or (entry is not None and entry.state == "on")
        or _MEANS_LESS.match(each.name) is not None
    )


def _has_passing(flags: Flags, backend: str) -> bool:
    """Whether the default is asked for by a flag that is not known to be safe when on."""
    asked = [each for each in flags.evaluations if each.backend == backend and not each.is_test]
    blurred = any(each.backend == backend and not each.is_test for each in flags.dynamic)
    return any(not _is_safe_when_on(flags, each) for each in asked) or (blurred and not asked)


_ANSWERING = frozenset({"default_flag_handler", "offline_handler", "defaults", "**"})


def _unhandled(facts: CodeFacts) -> Verdicts:
    """Flagsmith clients that raise instead of answering; the old client of one argument name has no handler at all."""
    for call in facts.calls_to("flagsmith.Flagsmith", "flagsmith.flagsmith.Flagsmith"):
        if _is_given(call) and call.keywords.keys().isdisjoint(_ANSWERING):
            yield finding(
                facts.span(call.line),
                "every flag raises when Flagsmith does not answer: give the client a default_flag_handler",
                subject="Flagsmith",
            )


def _is_given(call: Call) -> bool:
    """Whether all arguments are written out: `Flagsmith(*options)` may hold a handler."""
    return "environment_key" in call.keywords or (
        len(call.arguments) == 1 and call.arguments[0].kind != "dynamic"
    )
