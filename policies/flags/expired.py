"""Flags past their end."""

from __future__ import annotations

import datetime

import msgspec

from djaws.model.flags import Declaration
from djaws.model.system import System
from djaws.policy import Verdicts, finding, policy

from .model import PASSING, day, others


class Params(msgspec.Struct, frozen=True, rename="kebab"):
    """`warn-days` before the end a remark is made; `max-age-days` is the age allowed to a flag without an end."""

    warn_days: int = 14
    max_age_days: int = 90


@policy(
    "Flag is past its end",
    severity="medium",
    pillar="operations",
    languages=("django", "terraform", "cloudformation"),
    advice=("A7.3",),
    source="djaws: the end is the registry's own",
)
def expired(system: System, params: Params) -> Verdicts:
    """The `expires` date of a flag in the registry, the `_deprecation` date of an AppConfig flag, or the `before date` that a
    django-flags condition cannot outlive, has passed. A release or experiment without an end counts as expired 90 days after
    `created`; kill switches, ops, permission and config flags may last.

    Within 14 days of the end it is a remark. Days are UTC's, and `--as-of DATE` fixes today.

    ## Why

    The end is a promise to remove the branch that lost. Every flag that stays doubles the states that can run in production.

    ## Fix: Django

    Remove the branch that is not taken any more, then the flag: from the registry, and from the service that holds its state. When the
    flag is still needed, move `expires` and say why in `description`.

    ## Fix: Terraform

    Remove the flag from the AppConfig document once no code reads it:

        flags = { new-checkout = { name = "New checkout", _deprecation = { status = "planned", date = "2027-03-31" } } }

    ## Fix: CloudFormation

    The same in the JSON of `Content`.
    """
    flags = system.flags
    for name, declarations in sorted(flags.declared.items()):
        for declaration in declarations:
            said = _said(declaration, system.as_of, params)
            if said:
                yield finding(
                    declaration.span,
                    f"flag {name!r} {said}",
                    subject=name,
                    related=others(
                        tuple(each.span for each in flags.evaluated.get(name, ())), "evaluated here"
                    ),
                    severity="info" if said.startswith("expires") else None,
                )


def _said(declaration: Declaration, today: datetime.date, params: Params) -> str:
    if declaration.source not in ("registry", "appconfig", "setting"):
        return ""
    end = day(declaration.expires)
    if end is not None:
        left = (end - today).days
        if left < 0:
            return f"expired on {end}"
        when = "today" if left == 0 else "tomorrow" if left == 1 else f"in {left} days"
        return f"expires on {end}, {when}" if left <= params.warn_days else ""
    begun = day(declaration.created)
    is_ageing = declaration.source == "registry" and not declaration.expires and declaration.kind in PASSING
    if begun is None or not is_ageing or (today - begun).days <= params.max_age_days:
        return ""
    return f"has no end and is {(today - begun).days} days old, {params.max_age_days} are allowed"
