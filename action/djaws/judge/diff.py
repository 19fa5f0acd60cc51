"""What this change made new: findings that the base has not, or that lie on what changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from djaws.config import Filter
from djaws.finding import Disposition, Judged, Span
from djaws.judge import is_live, settle
from djaws.judge.baseline import Key, claim
from djaws.report import Fixed


@dataclass(frozen=True)
class Change:
    """What differs from the base: for each changed path its added or edited lines (None: all of them), and the base's findings.

    `renamed` maps new paths to old ones. `unsure` are engines whose run on the base is incomplete: of their findings nobody can
    say whether they are new.
    """

    lines: Mapping[str, frozenset[int] | None] = field(default_factory=dict)
    renamed: Mapping[str, str] = field(default_factory=dict)
    known: tuple[Judged, ...] = ()
    unsure: frozenset[str] = frozenset()


def compare(judged: tuple[Judged, ...], change: Change | None, mode: Filter) -> tuple[Judged, ...]:
    """Settles live findings that are not part of this change, in the way `mode` asks."""
    if change is None or mode == "all":
        return judged
    # Every finding takes part in the pairing, whatever became of it: else a waived one leaves its twin in the base to claim.
    inside = _inside(judged, change, mode)
    settled = list(judged)
    for index, each in enumerate(judged):
        if not is_live(each) or (inside[index] and each.finding.engine not in change.unsure):
            continue
        reason = _REASONS[mode] if not inside[index] else f"{each.finding.engine} did not finish on the base"
        settled[index] = settle(each, Disposition.OUTSIDE_DIFF, reason)
    return tuple(settled)


def fixed(judged: Sequence[Judged], change: Change | None) -> tuple[Fixed, ...]:
    """Findings that were live in the base and that nothing of today continues."""
    if change is None:
        return ()
    today = Counter(_key(each, change) for each in judged)
    continued = claim([(k.finding.location.span.path, k.fingerprint) for k in change.known], today)
    return tuple(
        Fixed(k.rule.id, k.finding.location.span.path, k.finding.subject, k.finding.message)
        for k, goes_on in zip(change.known, continued, strict=True)
        if not goes_on and is_live(k) and k.finding.engine not in change.unsure
    )


_REASONS: dict[Filter, str] = {
    "new": "the base has it too",
    "changed-lines": "its lines did not change",
    "changed-files": "its file did not change",
}


def _inside(live: Sequence[Judged], change: Change, mode: Filter) -> list[bool]:
    if mode == "changed-files":
        return [each.finding.location.span.path in change.lines for each in live]
    if mode == "changed-lines":
        return [_touches(each, change) for each in live]
    known = Counter((k.finding.location.span.path, k.fingerprint) for k in change.known)
    return [not claimed for claimed in claim([_key(each, change) for each in live], known)]


def _key(judged: Judged, change: Change) -> Key:
    path = judged.finding.location.span.path
    return (change.renamed.get(path, path), judged.fingerprint)


def _touches(judged: Judged, change: Change) -> bool:
    spans = [judged.finding.location.span, *(related.span for related in judged.finding.related)]
    return any(_is_changed(span, change) for span in spans)


def _is_changed(span: Span, change: Change) -> bool:
    if span.path not in change.lines:
        return False
    lines = change.lines[span.path]
    if lines is None or span.line is None:
        return True
    return not lines.isdisjoint(range(span.line, (span.end_line or span.line) + 1))
