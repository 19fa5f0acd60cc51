"""Flags that are read once, when a module is imported."""

from __future__ import annotations

import re

from djaws.model.system import System
from djaws.policy import Verdicts, finding, policy


@policy(
    "Flag is read when the module is imported",
    severity="high",
    pillar="operations",
    languages=("django",),
    advice=("A7.3",),
    source="django-waffle and django-flags: both read their state from the database",
)
def read_at_import(system: System) -> Verdicts:
    """A flag is evaluated outside of any function: in a module's body, a class body or a default argument. Decorators and URL
    functions that ask later (`waffle_flag`, `flagged_path`) are no fault, nor are scripts that set Django up themselves. Settings
    booleans are left out: they are read at start by nature.

    ## Why

    The answer is fixed until the process restarts, so the flag does not switch anything. At import the database may not be ready
    either, and the process does not start.

    ## Fix: Django

    Ask inside the view, or let the library ask: `path("v2/", waffle_flag("v2")(views.v2))`.
    """
    for each in system.flags.evaluations:
        if (
            each.at_import
            and not each.is_test
            and each.form in ("call", "wrapper")
            and each.backend != "setting"
            and not _is_program(system, each.span.path)
        ):
            yield finding(each.span, f"flag {each.name!r} is read once, at import", subject=each.name)


_PROGRAMS = re.compile(r"(^|/)(scripts?|bin|tools)/")


def _is_program(system: System, path: str) -> bool:
    """Whether the file is run and not imported: a whole run of it is one answer."""
    facts = system.code.get(path)
    is_set_up = facts is not None and any(call.at_import for call in facts.calls_to("django.setup"))
    return is_set_up or _PROGRAMS.search(path) is not None
