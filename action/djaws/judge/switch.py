"""Which rules are on: their own default, the profile, what the configuration selects and ignores, and tests."""

from __future__ import annotations

from djaws.config import FileConfig
from djaws.files import is_test
from djaws.finding import Disposition, Judged, Rule
from djaws.judge import is_live, is_named, settle


def switch(judged: tuple[Judged, ...], config: FileConfig) -> tuple[Judged, ...]:
    return tuple(_switched(each, config) if is_live(each) else each for each in judged)


def _switched(judged: Judged, config: FileConfig) -> Judged:
    reason = off_because(judged, config)
    return settle(judged, Disposition.OFF, reason) if reason else judged


def off_because(judged: Judged, config: FileConfig) -> str | None:
    """Why the finding's rule is off at its place, None when it is on."""
    reason = rule_off_because(judged.rule, config)
    if reason or config.select:
        return reason
    if judged.rule.id == "B101" and is_test(judged.finding.location.span.path):
        return "assert is what tests are made of"
    return None


def rule_off_because(rule: Rule, config: FileConfig) -> str | None:
    """Why a rule is off everywhere, None when it is on somewhere.

    `select` replaces the defaults: what it names is on whatever its default, everything else is off.
    """
    for selector in config.ignore:
        if is_named(rule, selector):
            return f"`ignore` names {selector}"
    if config.select:
        if any(is_named(rule, selector) for selector in config.select):
            return None
        return "`select` does not name it"
    if rule.default == "off":
        return "off by default; `select` turns it on"
    if rule.default == "strict" and config.profile != "strict":
        return "only in the strict profile"
    return None
