"""Flags whose name is only known at run time."""

from __future__ import annotations

import msgspec

from djaws.model.system import System
from djaws.policy import Verdicts, finding, policy


class Params(msgspec.Struct, frozen=True, rename="kebab"):
    """`allow-prefixes` are beginnings of names that may be completed at run time (`beta_`)."""

    allow_prefixes: tuple[str, ...] = ()


@policy(
    "Flag name is not a constant",
    severity="low",
    confidence="medium",
    pillar="operations",
    languages=("django",),
    advice=("A7.3",),
    source="djaws",
)
def dynamic_name(system: System, params: Params) -> Verdicts:
    """A flag is evaluated by a name that no reading of the code can tell: an f-string, a variable, the answer of a call.

    Constants, enums and class attributes are followed, and functions that hand a parameter on are evaluators themselves. A loop over
    all flags there are is no fault, nor is a name with an allowed prefix.

    ## Why

    Nobody can search for such a flag, tell whether it is still used, or remove it safely.

    ## Fix: Django

    Use a literal or a member of an enum: `flag_is_active(request, Flag.NEW_CHECKOUT)`. Where names are built on purpose, allow the
    prefix: `[tool.djaws.policies."flags/dynamic-name"] allow-prefixes = ["beta_"]`.
    """
    for each in system.flags.dynamic:
        if each.is_test or each.is_exhaustive or each.backend == "setting":
            continue
        prefix = each.pattern.partition("{")[0]
        if prefix and prefix.startswith(params.allow_prefixes or ("\0",)):
            continue
        yield finding(
            each.span, f"the flag's name is only known at run time: {each.text[:80]}", subject=each.backend
        )
