"""Signing keys of Django that are written into the settings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from djaws.model.deployed import Deployed, deployments, where
from djaws.model.system import System
from djaws.model.value import Alternative, Seq, Value
from djaws.policy import Verdicts, finding, policy, undecided

from .model import once


@policy(
    "SECRET_KEY is written into the settings that production uses",
    severity="critical",
    pillar="security",
    languages=("django",),
    advice=("A2.5",),
    source="Django security.W009; CWE-321",
)
def hardcoded_secret_key(system: System) -> Verdicts:
    """`SECRET_KEY`, or one of `SECRET_KEY_FALLBACKS`, is a literal in the settings that production uses; so is the default of a
    variable that the deployment certainly does not pass.

    Silent when a later module of the chain takes the key from elsewhere, for settings of tests and laptops, and for templates of
    projects. A default behind a variable is `iam/secret-with-fallback`; a key that cannot be read is undecided.

    ## Why

    Who knows the key forges sessions, password reset links and everything else that Django signs. A key in the repository is known
    to everybody who ever had a copy, and stays in its history.

    ## Fix: Django

        SECRET_KEY = os.environ["DJANGO_SECRET_KEY"]

    Make a new key, keep it in Secrets Manager, and hand it to the task as a secret. While sessions change over, the old one may be
    read from a second secret into `SECRET_KEY_FALLBACKS`.
    """
    yield from once(_all(system))


def _all(system: System) -> Verdicts:
    for each in deployments(system):
        if each.is_workplace:
            continue
        value = each.get("SECRET_KEY")
        literal = next((one for one in value.alternatives if _is_key(one.value)), None)
        if literal is not None:
            yield finding(
                literal.span,
                "SECRET_KEY is written into the settings",
                subject="SECRET_KEY",
                related=where(each),
                guard=literal.guard,
            )
        elif value.unknown and not value.references:
            yield undecided(value.unknown.span, value.unknown.because)
        for former in _fallbacks(each):
            yield finding(
                former.span,
                "SECRET_KEY_FALLBACKS holds a key that is written into the settings",
                subject="SECRET_KEY_FALLBACKS",
                guard=former.guard,
            )


def _is_key(data: object) -> bool:
    return isinstance(data, str) and bool(data) and "{{" not in data


def _fallbacks(deployed: Deployed) -> Iterator[Alternative[Any]]:
    for alternative in deployed.get("SECRET_KEY_FALLBACKS").alternatives:
        for item in alternative.value.items if isinstance(alternative.value, Seq) else ():
            possible: Value[Any] = deployed.likely(item.when(alternative.guard))
            yield from (one for one in possible.alternatives if _is_key(one.value))
