"""Flags that are declared and asked for nowhere."""

from __future__ import annotations

import msgspec

from djaws.model.flags import Declaration, Flags
from djaws.model.system import System
from djaws.policy import Verdicts, finding, policy, undecided

from .model import LASTING, kind_of, others


class Params(msgspec.Struct, frozen=True, rename="kebab"):
    """`external` names flags that other repositories read."""

    external: tuple[str, ...] = ()


@policy(
    "Flag is declared and nothing reads it",
    severity="low",
    confidence="medium",
    pillar="operations",
    languages=("django",),
    advice=("A7.3",),
    source="djaws: django-waffle issue 492, stale flags are never found",
)
def unused(system: System, params: Params) -> Verdicts:
    """A flag of the registry, of `FLAGS`, of a migration, of AppConfig, or a settings boolean that calls itself a flag
    (`FEATURE_X`, `ENABLE_X`) is read nowhere outside tests: not in Python, not in a template, not in JavaScript, not in a script.

    Undecided when a flag is evaluated by a name that is only known at run time and could be this one. Silent for flags whose kind may
    last (kill-switch, ops, permission, config) and for those with `used_by`. A settings boolean is a finding of low confidence: a
    library may read it.

    ## Why

    A dead flag is a dead branch that everybody still has to read, and a switch in the console that does nothing.

    ## Fix: Django

    Delete the declaration, and the row: `manage.py waffle_delete --flags old-checkout`. When another repository reads it, say so
    with `used_by: [mobile-app]` in the registry, or name the flag under
    `[tool.djaws.policies."flags/unused"] external = ["old-checkout"]`.
    """
    flags = system.flags
    for name, declarations in sorted(flags.declared.items()):
        told = [each for each in declarations if _is_told(each)]
        if not told or name in params.external or _is_read(flags, name, declarations):
            continue
        blurred = flags.may_evaluate(name, told[0].backend)
        if blurred is not None:
            yield undecided(blurred.span, f"{blurred.text} may name the flag {name!r}")
            continue
        yield finding(
            told[0].span,
            f"flag {name!r} is declared here and nothing reads it",
            subject=name,
            related=others(tuple(each.span for each in told[1:]), "also declared here"),
            confidence="low" if told[0].source == "boolean-setting" else None,
        )


def _is_told(declaration: Declaration) -> bool:
    """Whether the place means to declare a flag for this repository: another tool's file may serve others."""
    if declaration.source == "boolean-setting":
        return declaration.is_named_so
    return declaration.source != "document"


def _is_read(flags: Flags, name: str, declarations: tuple[Declaration, ...]) -> bool:
    return (
        name in flags.evaluated
        or name in flags.referred
        or kind_of(flags, name) in LASTING
        or any(each.used_by for each in declarations)
    )
