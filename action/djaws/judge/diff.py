"""What this change made new: findings that the base has not, or that lie on what changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from djaws.config import Filter
from djaws.finding import Disposition, Judged, Span
from djaws.judge import is_live, settle
from djaws.judge.baseline import Key, claim


@dataclass(frozen=True)
class Change:
    """What differs from the base: for each changed path its added or edited lines (None: all of them), and the base's findings.

    `renamed` maps new paths to old ones.
    """

    lines: Mapping[str, frozenset[int] | None] = field(default_factory=dict)
    renamed: Mapping[str, str] = field(default_factory=dict)
    known: Counter[Key] = field(default_factory=Counter)
    unsure: frozenset[str] = frozenset()


def compare(judged: tuple[Judged, ...], change: Change | None, mode: Filter | None) -> tuple[Judged, ...]:
    """Settles live findings that are not part of this change, in the way `mode` asks."""
    if change is None or mode in (None, "all"):
        return judged
    live = [index for index, each in enumerate(judged) if is_live(each)]
    inside = _inside([judged[i] for i in live], change, mode)
    settled = list(judged)
    for index, kept in zip(live, inside, strict=True):
        if not kept:
            settled[index] = settle(judged[index], Disposition.OUTSIDE_DIFF, _REASONS[mode])
    return tuple(settled)


_REASONS: dict[Filter | None, str] = {
    "new": "the base has it too",
    "changed-lines": "its lines did not change",
    "changed-files": "its file did not change",
}


def _inside(live: Sequence[Judged], change: Change, mode: Filter | None) -> list[bool]:
    if mode == "changed-files":
        return [each.finding.location.span.path in change.lines for each in live]
    if mode == "changed-lines":
        return [_touches(each, change) for each in live]
    keys = []
    for each in live:
        path = each.finding.location.span.path
        keys.append((change.renamed.get(path, path), each.fingerprint))
    return [not known for known in claim(keys, change.known)]


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
