"""Flags that are asked for and declared nowhere."""

from __future__ import annotations

import msgspec

from djaws.model.system import System
from djaws.policy import Verdicts, finding, policy, undecided

from .model import others


class Params(msgspec.Struct, frozen=True, rename="kebab"):
    """`ignore-backends` names flag services whose flags live elsewhere on purpose, such as `launchdarkly`."""

    ignore_backends: tuple[str, ...] = ()


@policy(
    "Flag is evaluated and declared nowhere",
    severity="medium",
    pillar="operations",
    languages=("django",),
    advice=("A7.3",),
    source="djaws: a flag without an owner and an end outlives its feature",
)
def undeclared(system: System, params: Params) -> Verdicts:
    """Code or a template asks for a feature flag that no declaration names: not the registry file, not `FLAGS`, not a
    migration or fixture, not a `waffle_flag … --create` in a script, not an AppConfig document.

    Without a registry file (`flags.yaml`) this is a remark of low confidence, because the flag may be a row that somebody
    made by hand. A registry beside a project speaks for that project only. Undecided when the registry cannot be read. Tests do not
    count, nor do settings. One finding a flag, at its first evaluation.

    ## Why

    A flag that nobody wrote down has no owner, no end and no description. When its service does not know it either, the code
    silently takes the branch for "off".

    ## Fix: Django

    Add it to the registry:

        flags:
          - name: new-checkout
            owner: team-checkout
            created: 2026-05-01
            expires: 2026-09-01
            kind: release
            description: The one-page checkout.
    """
    flags = system.flags
    if flags.unreadable:
        yield undecided(flags.unreadable.span, f"the registry cannot be read: {flags.unreadable.because}")
        return
    for name, evaluations in sorted(flags.evaluated.items()):
        asked = [each for each in evaluations if each.backend not in ("setting", *params.ignore_backends)]
        declared = [each for each in flags.declared.get(name, ()) if each.source != "boolean-setting"]
        if not asked or declared:
            continue
        asked.sort(key=lambda each: not flags.is_listed(each.span.path))
        first = asked[0]
        is_listed = flags.is_listed(first.span.path)
        yield finding(
            first.span,
            f"flag {name!r} is evaluated here and declared nowhere",
            subject=name,
            related=others(tuple(each.span for each in asked[1:]), "also evaluated here"),
            severity=None if is_listed else "info",
            confidence=None if is_listed else "low",
        )
