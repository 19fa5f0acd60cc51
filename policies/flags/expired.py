"""Flags past their end."""

from __future__ import annotations

import datetime

import msgspec
from djaws.model.flags import Declaration
from djaws.model.system import System
from djaws.policy import Verdicts, finding, policy

from .model import LASTING, day, others


class Params(msgspec.Struct, frozen=True, rename="kebab"):
    """`warn-days` before the end a remark is made; `max-age-days` is the age allowed to a release flag without an end."""

    warn_days: int = 14
    max_age_days: int = 90


@policy(
    "Flag is past its end",
    severity="medium",
    pillar="operations",
    languages=("django", "terraform"),
    advice=("A7.3",),
    source="djaws: the end is the registry's own",
)
def expired(system: System, params: Params) -> Verdicts:
    """The `expires` date of a flag in the registry, or the `_deprecation` date of an AppConfig flag, has passed. A flag without
    an end counts as expired 90 days after `created`, unless it is of a kind that lasts (kill switch, ops, permission).

    Within 14 days of the end it is a remark. `--as-of DATE` fixes the day.

    ## Why

    The end is a promise to remove the branch that lost. Every flag that stays doubles the states that can run in production.

    ## Fix: Django

    Remove the branch that is not taken any more, then the flag: from the registry, and from the service that holds its state. When the
    flag is still needed, move `expires` and say why in `description`.

    ## Fix: Terraform

    Remove the flag from the AppConfig document once no code reads it.
    """
    flags = system.flags
    for name, declarations in sorted(flags.declared.items()):
        for declaration in declarations:
            end = _end(declaration, params)
            if end is None:
                continue
            left = (end - system.as_of).days
            related = others(tuple(each.span for each in flags.evaluated.get(name, ())), "evaluated here")
            if left < 0:
                yield finding(
                    declaration.span, f"flag {name!r} expired on {end}", subject=name, related=related
                )
            elif left <= params.warn_days:
                yield finding(
                    declaration.span,
                    f"flag {name!r} expires on {end}, in {left} days",
                    subject=name,
                    related=related,
                    severity="info",
                )


def _end(declaration: Declaration, params: Params) -> datetime.date | None:
    if declaration.source not in ("registry", "appconfig"):
        return None
    if declaration.expires:
        return day(declaration.expires)
    begun = day(declaration.created)
    if begun is None or declaration.kind.lower() in LASTING:
        return None
    return begun + datetime.timedelta(days=params.max_age_days)
