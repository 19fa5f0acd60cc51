"""GitLab's code quality report: a JSON list that merge requests compare, so it holds every open finding."""

from __future__ import annotations

import hashlib
from typing import Any

from djaws.finding import Judged, Severity
from djaws.render import Options
from djaws.render.escaping import flat, json_text
from djaws.report import Report, prominence

_SEVERITIES = {
    Severity.CRITICAL: "blocker",
    Severity.HIGH: "critical",
    Severity.MEDIUM: "major",
    Severity.LOW: "minor",
    Severity.INFO: "info",
}


def render(report: Report, options: Options) -> str:
    seen: dict[str, int] = {}
    ranked = sorted((judged for judged in report.judged if judged.is_open), key=prominence)
    return json_text([_entry(judged, seen) for judged in ranked]) + "\n"


def _entry(judged: Judged, seen: dict[str, int]) -> dict[str, Any]:
    finding, span = judged.finding, judged.finding.location.span
    named = not finding.subject or finding.subject in finding.message
    return {
        "description": flat(finding.message if named else f"{finding.message} ({finding.subject})")
        or judged.rule.title,
        "check_name": judged.rule.id,
        "fingerprint": _unique(f"{span.path}\0{judged.rule.engine}\0{judged.fingerprint}", seen),
        "severity": _SEVERITIES[judged.severity],
        "location": {"path": span.path, "lines": {"begin": max(span.line or 1, 1)}},
    }


def _unique(key: str, seen: dict[str, int]) -> str:
    """A hash that no other entry has: GitLab shows one of equals only."""
    seen[key] = seen.get(key, 0) + 1
    data = f"{key}\0{seen[key]}".encode("utf-8", "surrogatepass")
    return hashlib.blake2b(data, digest_size=16).hexdigest()
