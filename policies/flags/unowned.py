"""Registry entries that say too little."""

from __future__ import annotations

import re

import msgspec
from djaws.model.flags import Declaration
from djaws.model.system import System
from djaws.policy import Verdicts, finding, policy

from .model import LASTING, day


class Params(msgspec.Struct, frozen=True, rename="kebab"):
    """`required` are the keys each entry must have; `owner-pattern` is a regular expression that owners must match."""

    required: tuple[str, ...] = ("owner", "expires", "kind")
    owner_pattern: str = ""


@policy(
    "Flag without owner, end or kind",
    severity="low",
    pillar="operations",
    languages=("django",),
    advice=("A7.3",),
    source="djaws",
)
def unowned(system: System, params: Params) -> Verdicts:
    """An entry of the flag registry lacks `owner`, `expires` or `kind`, its owner does not match the team's pattern, or its end is
    no date. Flags that are meant to last (kill switch, ops, permission) need no end.

    ## Why

    When the flag has to go, somebody must know whom to ask.

    ## Fix: Django

    Complete the entry: `owner` is a team or a person, `expires` a date (or `never` for a flag that lasts), `kind` one of
    release, experiment, ops, kill-switch, permission.
    """
    for declarations in system.flags.declared.values():
        for declaration in declarations:
            if declaration.source == "registry":
                faults = _faults(declaration, params)
                if faults:
                    text = f"flag {declaration.name!r} {' and '.join(faults)}"
                    yield finding(declaration.span, text, subject=declaration.name)


def _faults(declaration: Declaration, params: Params) -> list[str]:
    lasts = declaration.kind.lower() in LASTING
    lacking = [
        key
        for key in params.required
        if not getattr(declaration, key, "") and not (key == "expires" and lasts)
    ]
    faults = [f"has no {', no '.join(lacking)}"] if lacking else []
    if declaration.owner and params.owner_pattern and not re.search(params.owner_pattern, declaration.owner):
        faults.append(f"has an owner that does not match {params.owner_pattern}")
    if declaration.expires and declaration.expires.lower() != "never" and day(declaration.expires) is None:
        faults.append(f"expires on {declaration.expires!r}, which is no date")
    if declaration.expires.lower() == "never" and not lasts:
        faults.append(f"never expires, though its kind is {declaration.kind or 'not given'}")
    return faults
