"""Evaluations that switch a feature on when the flag service does not answer."""

from __future__ import annotations

from djaws.model.system import System
from djaws.policy import Verdicts, convict, finding, policy

from .model import LASTING, kind_of

_SETTINGS = ("WAFFLE_FLAG_DEFAULT", "WAFFLE_SWITCH_DEFAULT", "WAFFLE_SAMPLE_DEFAULT")


@policy(
    "Flag is on when its service does not answer",
    severity="medium",
    confidence="medium",
    pillar="reliability",
    languages=("django",),
    advice=("A7.3",),
    source="OpenFeature, LaunchDarkly and django-waffle documentation",
)
def unsafe_default(system: System) -> Verdicts:
    """The default given to an evaluation (`get_boolean_value("x", True)`, `variation("x", context, True)`) is true, or
    `WAFFLE_FLAG_DEFAULT`, `WAFFLE_SWITCH_DEFAULT` or `WAFFLE_SAMPLE_DEFAULT` is. Kill switches, whose safe state is on, are left out
    when the registry says so.

    ## Why

    The default is what everybody gets during an outage of the flag service, and for a flag whose name is misspelt: the unfinished
    feature, for all users at once.

    ## Fix: Django

    Default to the old behaviour: `client.get_boolean_value("new-checkout", False, context)`. A kill switch says so in the registry:
    `kind: kill-switch`.
    """
    flags = system.flags
    for each in flags.evaluations:
        is_on = (
            each.default is not None and each.default.kind == "constant" and each.default.texts == ("True",)
        )
        if (
            is_on
            and not each.is_test
            and kind_of(flags, each.name) not in LASTING
            and each.backend != "setting"
        ):
            yield finding(
                each.span, f"flag {each.name!r} is on when its service does not answer", subject=each.name
            )
    if any(backend.startswith("waffle") for backend in flags.backends):
        for project in system.projects:
            for name in _SETTINGS:
                setting = project.settings.get(name)
                yield from convict(
                    setting,
                    lambda value: value is True,
                    f"{name} switches every flag on that has no row",
                    subject=name,
                )
