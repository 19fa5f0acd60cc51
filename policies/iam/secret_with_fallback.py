"""Secrets that fall back to a text in the code."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from djaws.finding import Span
from djaws.model.deployed import Deployed, deployments
from djaws.model.django.objects import UNSET
from djaws.model.system import System
from djaws.model.value import Alternative, Map, Seq, Value
from djaws.policy import Verdicts, finding, policy

from .model import is_literal_secret, is_secret, once


class Parameters(msgspec.Struct, frozen=True, rename="kebab"):
    """`allow` names environment variables that may have a default."""

    allow: tuple[str, ...] = ()


@policy(
    "Secret has a default in the code",
    severity="high",
    pillar="security",
    languages=("django",),
    advice=("A2.5",),
    source="CWE-798, CWE-1188",
)
def secret_with_fallback(system: System, parameters: Parameters) -> Verdicts:
    """A setting of production takes a secret from the environment, and a text in the code when the variable is missing:
    `os.environ.get("PAYMENT_TOKEN", "abc")`, `env("SECRET_KEY", default="…")`, `config("DB_PASSWORD", default="…")`.

    Names are judged by their words. Silent for empty defaults and placeholders, under `if DEBUG`, and in settings of tests and
    laptops. Low where the deployment passes the variable, and for the password of a database that falls back as a whole.

    ## Why

    One forgotten variable and production signs, encrypts or logs in with a text that is in the repository. Nothing fails, so
    nobody sees it.

    ## Fix: Django

        SECRET_KEY = os.environ["DJANGO_SECRET_KEY"]

    Laptops get theirs from a `.env` file or from `settings/local.py`.
    """
    yield from once(_all(system, frozenset(parameters.allow)))


def _all(system: System, allowed: frozenset[str]) -> Verdicts:
    for each in deployments(system):
        if each.is_workplace:
            continue
        for setting in each.settings:
            for alternative, name, is_database in _defaults(setting.value, setting.name == "DATABASES"):
                if name in allowed or not _may_hold(each, alternative, name):
                    continue
                if each.process is not None and each.is_closed and name not in each.provided:
                    continue  # its default is what runs: a literal secret, which other policies report
                is_mild = is_database or name in each.provided
                yield finding(
                    alternative.span,
                    f"{name} falls back to a text in the code",
                    subject=name,
                    severity="low" if is_mild else None,
                    related=_passed(each, name),
                )


def _passed(deployed: Deployed, name: str) -> Iterator[tuple[Span, str]]:
    if name in deployed.provided and deployed.process is not None:
        yield deployed.process.span, f"{deployed.process.name} passes {name}"


def _may_hold(deployed: Deployed, alternative: Alternative[Any], name: str) -> bool:
    """Whether the default can hold in production, but for the variable itself."""
    others = tuple(term for term in alternative.guard.terms if term[0] != f"env {name}")
    return deployed.holds(type(alternative.guard)(others)) is not False


def _defaults(
    value: Value[Any], is_database: bool, depth: int = 4
) -> Iterator[tuple[Alternative[Any], str, bool]]:
    """The literal defaults of secret variables anywhere in a setting, with the variable."""
    for alternative in value.alternatives:
        data = alternative.value
        if isinstance(data, str):
            name = _missing(alternative)
            if name and is_secret(name) and is_literal_secret(data):
                yield alternative, name, is_database
        elif isinstance(data, Map) and depth:
            for entry in data.entries.values():
                yield from _defaults(entry, is_database, depth - 1)
        elif isinstance(data, Seq) and depth:
            for item in data.items:
                yield from _defaults(item, is_database, depth - 1)


def _missing(alternative: Alternative[Any]) -> str:
    """The variable that is not set when this possibility holds."""
    for subject, equal, values in alternative.guard.terms:
        if subject.startswith("env ") and equal and UNSET in values:
            return subject[4:].partition(" ")[0]
    return ""
