"""From findings to a verdict: a chain of pure functions, each of which may settle what is still undisposed.

They run in the order of precedence (`Disposition`), and none touches what an earlier one settled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import msgspec

from djaws.finding import Disposition, Finding, Judged, Rule, fingerprints

#: What a finding is until something settles it.
LIVE = Disposition.REPORTED


def begin(findings: Iterable[Finding], rule_of: Callable[[Finding], Rule]) -> tuple[Judged, ...]:
    """Every finding, live, with its rule and fingerprint, in order of place."""
    ordered = sorted(findings, key=_place)
    marks = fingerprints(ordered)
    return tuple(Judged(f, rule_of(f), mark, LIVE) for f, mark in zip(ordered, marks, strict=True))


def _place(finding: Finding) -> tuple[str, int, str, str, str, str]:
    span = finding.location.span
    return (span.path, span.line or 0, finding.engine, finding.rule, finding.subject, finding.message)


def settle(judged: Judged, disposition: Disposition, reason: str) -> Judged:
    return msgspec.structs.replace(judged, disposition=disposition, reason=reason)


def is_live(judged: Judged) -> bool:
    return judged.disposition is LIVE


def is_named(rule: Rule, selector: str) -> bool:
    """Whether a selector of the configuration (a rule, a topic or an engine) names the rule."""
    return selector in (rule.id, rule.topic, rule.engine)
