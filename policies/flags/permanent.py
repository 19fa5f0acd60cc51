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
    languages=("django", "terraform", "cloudformation"),
    advice=("A7.3",),
    source="djaws",
)
def permanent(system: System, params: Params) -> Verdicts:
    """What declares the flag fixes its state (`FLAGS` with only a true boolean condition, an AppConfig document without variants, a
    migration that creates the row on for everyone, `state: released` in the registry), code still asks for it, and it is older than
    30 days by `created`.

    Silent where nothing tells the age, for kinds that may last, and where the state can differ: a fixture, a `FLAGS` condition that
    is false (the database may add others), an AppConfig document that Terraform ignores changes of, a row that a later migration looks
    up. What a migration made can still be changed by hand, so the confidence is low there.

    ## Why

    A flag that always gives the same answer is a branch that nobody takes.

    ## Fix: Django

    Keep the branch that runs, remove the other one, then the flag:

        - if flag_enabled("NEW_CHECKOUT", request=request):
        -     return new_checkout(request)
        - return old_checkout(request)
        + return new_checkout(request)

    ## Fix: Terraform

    Remove the flag from `flags` and `values` of the document once no code asks for it.
    """
    flags = system.flags
    for name, declarations in sorted(flags.declared.items()):
        if kind_of(flags, name) in LASTING or name not in flags.evaluated:
            continue
        fixed = [each for each in declarations if _is_fixed(each)]
        age = _age(declarations, system)
        if (
            fixed
            and age is not None
            and age > params.max_age_days
            and len({each.state for each in fixed}) == 1
        ):
            yield _fault(fixed[0], age, flags)


def _is_fixed(declaration: Declaration) -> bool:
    """Whether the declaration decides: django-flags asks the database too when its setting says no, and off is how rows begin."""
    if declaration.source in ("setting", "migration"):
        return declaration.state == "on"
    return bool(declaration.state) and declaration.source in ("appconfig", "registry")


def _age(declarations: tuple[Declaration, ...], system: System) -> int | None:
    begun = next((found for each in declarations if (found := day(each.created))), None)
    return (system.as_of - begun).days if begun else None


def _fault(declaration: Declaration, age: int, flags: Flags) -> Finding:
    name = declaration.name
    entry = registered(flags, name)
    is_row = declaration.source == "migration"
    evaluations = tuple(each.span for each in flags.evaluated.get(name, ()))
    return finding(
        entry.span if entry and is_row else declaration.span,
        f"flag {name!r} is always {declaration.state} and {age} days old",
        subject=name,
        related=[
            *([(declaration.span, "switched on for everyone here")] if is_row else ()),
            *others(evaluations, "evaluated here"),
        ],
        confidence="low" if is_row else None,
    )
