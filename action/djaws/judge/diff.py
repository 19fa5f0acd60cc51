"""What this change made new: findings that the base has not, or that lie on what changed."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from djaws.changes import Hunk
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
    hunks: tuple[Hunk, ...] = ()
    unsure: frozenset[str] = frozenset()


def compare(judged: tuple[Judged, ...], change: Change | None, mode: Filter) -> tuple[Judged, ...]:
    """Settles live findings that are not part of this change, in the way `mode` asks."""
    if change is None or mode == "all":
        return judged
    # Every finding takes part in the pairing, whatever became of it: else a waived one leaves its twin in the base to claim.
    inside = _inside(judged, change, mode)
    settled = list(judged)
    if mode == "new":
        _prefer_changed_lines(settled, inside, change)
    for index, each in enumerate(settled):
        if not is_live(each) or (inside[index] and each.finding.engine not in change.unsure):
            continue
        reason = _REASONS[mode] if not inside[index] else f"{each.finding.engine} did not finish on the base"
        settled[index] = settle(each, Disposition.OUTSIDE_DIFF, reason)
    if mode == "new":
        settled = [_with_cause(each, change) if is_live(each) else each for each in settled]
    return tuple(settled)


def _prefer_changed_lines(judged: list[Judged], inside: list[bool], change: Change) -> None:
    """Of findings that are equal but for their lines, lets those on changed lines be the new ones.

    Fingerprints tell such findings apart by their order only: a fault put in above its twin would pass for the old one.
    """
    twins: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
    for index, each in enumerate(judged):
        if is_live(each) or each.disposition is Disposition.BASELINED:
            found = each.finding
            twins[found.location.span.path, found.engine, found.rule, found.subject, found.text_hash].append(
                index
            )
    for indices in twins.values():
        new = [index for index in indices if inside[index] and is_live(judged[index])]
        if not new or len(new) == len(indices):
            continue
        changed = [index for index in indices if _is_changed(judged[index].finding.location.span, change)]
        chosen = list(dict.fromkeys((*changed, *new)))[: len(new)]
        swaps = zip(
            [index for index in chosen if index not in new],
            [index for index in new if index not in chosen],
            strict=True,
        )
        for left, right in swaps:
            inside[left], inside[right] = inside[right], inside[left]
            judged[left], judged[right] = _exchanged(judged[left], judged[right])


def _exchanged(left: Judged, right: Judged) -> tuple[Judged, Judged]:
    """The two with each other's disposition."""
    return (
        msgspec.structs.replace(left, disposition=right.disposition, reason=right.reason),
        msgspec.structs.replace(right, disposition=left.disposition, reason=left.reason),
    )


def _with_cause(judged: Judged, change: Change) -> Judged:
    """The new finding with the changed place that brought it about, when it is not shown on a changed line itself."""
    if _touches(judged, change):
        return judged
    names = _names(judged.finding.subject)
    naming = [hunk for hunk in change.hunks if names and names.search(hunk.text)]
    same_kind = [
        hunk for hunk in change.hunks if _suffix(hunk.path) == _suffix(judged.finding.location.span.path)
    ]
    found = naming or (same_kind if len(same_kind) == 1 else [])
    if not found:
        return judged
    own = judged.finding.location.span.path
    chosen = next((hunk for hunk in found if hunk.path == own), found[0])
    return msgspec.structs.replace(judged, cause=Span(chosen.path, chosen.line, chosen.line))


def _names(subject: str) -> re.Pattern[str] | None:
    """What a hunk that concerns the subject would say: its address, or its last two parts, or a setting's name."""
    parts = [part for part in re.split(r"[.\[]", subject) if part]
    if not parts:
        return None
    names = {subject, ".".join(parts[-2:])} | ({parts[-1]} if len(parts[-1]) > 3 else set())
    return re.compile("|".join(rf"(?<![\w-]){re.escape(name)}(?![\w-])" for name in sorted(names)))


def _suffix(path: str) -> str:
    return path.rpartition(".")[2]


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
