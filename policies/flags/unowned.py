"""Registry entries that say too little."""

from __future__ import annotations

import re

import msgspec

from djaws.model.flags import Declaration
from djaws.model.system import System
from djaws.policy import Verdicts, finding, policy

from .model import LASTING, PASSING, day


class Params(msgspec.Struct, frozen=True, rename="kebab"):
    """`required` are the keys each entry must have; `owner-pattern` is a regular expression that owners must match."""

    required: tuple[str, ...] = ("owner", "expires", "kind")
    owner_pattern: str = ""

    def __post_init__(self) -> None:
        try:
            re.compile(self.owner_pattern)
        except re.error as error:
            raise ValueError(f"owner-pattern is no regular expression: {error}") from error


@policy(
    "Flag without owner, end or kind",
    severity="low",
    pillar="operations",
    languages=("django",),
    advice=("A7.3",),
    source="djaws",
)
def unowned(system: System, params: Params) -> Verdicts:
    """An entry of the flag registry lacks `owner`, `expires` or `kind`, its owner does not match the team's pattern, its end is no
    date, or it never ends although its kind is meant to go. Flags that are meant to last (kill-switch, ops, permission, config) need
    no end.

    ## Why

    When the flag has to go, somebody must know whom to ask.

    ## Fix: Django

    Complete the entry: `owner` is a team or a person, `expires` a date (or `never` for a flag that lasts), `kind` one of
    release, experiment, ops, kill-switch, permission, config. The schema is docs/flags.schema.json; in editors that speak YAML:

        # yaml-language-server: $schema=flags.schema.json
        flags:
          - name: new-checkout
            owner: team-checkout
            created: 2026-05-01
            expires: 2026-09-01
            kind: release
    """
    for declarations in system.flags.declared.values():
        for declaration in declarations:
            if declaration.source == "registry":
                faults = _faults(declaration, params)
                if faults:
                    text = f"flag {declaration.name!r} {' and '.join(faults)}"
                    yield finding(declaration.span, text, subject=declaration.name)


def _has(declaration: Declaration, key: str) -> bool:
    """Whether the entry gives the key, one of ours or one that only this team writes."""
    return bool(getattr(declaration, key)) if hasattr(declaration, key) else key in declaration.fields


def _faults(declaration: Declaration, params: Params) -> list[str]:
    lasts = declaration.kind in LASTING
    lacking = [
        key for key in params.required if not _has(declaration, key) and not (key == "expires" and lasts)
    ]
    faults = [f"has no {', no '.join(lacking)}"] if lacking else []
    if declaration.owner and params.owner_pattern and not re.search(params.owner_pattern, declaration.owner):
        faults.append(f"has an owner that does not match {params.owner_pattern}")
    if declaration.expires and declaration.expires.lower() != "never" and day(declaration.expires) is None:
        faults.append(f"expires on {declaration.expires!r}, which is no date")
    if declaration.expires.lower() == "never" and declaration.kind in PASSING - {""}:
        faults.append(f"never expires, though its kind is {declaration.kind}")
    return faults
