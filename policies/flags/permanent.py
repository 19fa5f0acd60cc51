"""Flags whose state has been fixed for long."""

from __future__ import annotations

import msgspec
from djaws.finding import Finding
from djaws.model.flags import Declaration, Flags
from djaws.model.system import System
from djaws.policy import Verdicts, finding, policy

from .model import LASTING, day, kind_of, others, registered


class Params(msgspec.Struct, frozen=True, rename="kebab"):
    """`max-age-days` is how long a flag's state may be fixed."""

    max_age_days: int = 30


@policy(
    "Flag has been always on, or always off, for long",
    severity="low",
    confidence="medium",
    pillar="operations",
    languages=("django",),
    advice=("A7.3",),
    source="djaws",
)
def permanent(system: System, params: Params) -> Verdicts:
    """What declares the flag fixes its state (`FLAGS` with only a true boolean condition, a fixture with `everyone: true`, an AppConfig
    document without variants), and the registry says that it is older than 30 days. Silent where no registry entry tells the age, and
    for kill switches.

    ## Why

    A flag that always gives the same answer is a branch that nobody takes.

    ## Fix: Django

    Keep the branch that runs, remove the other one, then the flag.
    """
    flags = system.flags
    for name, declarations in sorted(flags.declared.items()):
        if kind_of(flags, name) in LASTING or name not in flags.evaluated:
            continue
        fixed = [
            each
            for each in declarations
            if each.state and each.source in ("setting", "fixture", "appconfig", "registry")
        ]
        age = _age(flags, name, system)
        if not fixed or age is None or age <= params.max_age_days or len({each.state for each in fixed}) > 1:
            continue
        yield _fault(fixed[0], age, flags)


def _age(flags: Flags, name: str, system: System) -> int | None:
    entry = registered(flags, name)
    begun = day(entry.created) if entry else None
    return (system.as_of - begun).days if begun else None


def _fault(declaration: Declaration, age: int, flags: Flags) -> Finding:
    evaluations = tuple(each.span for each in flags.evaluated.get(declaration.name, ()))
    return finding(
        declaration.span,
        f"flag {declaration.name!r} is always {declaration.state} and {age} days old",
        subject=declaration.name,
        related=others(evaluations, "evaluated here"),
    )
