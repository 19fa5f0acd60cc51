"""The baseline: findings accepted on a day, told apart from new ones by path and fingerprint."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from djaws.errors import DjawsError
from djaws.finding import Disposition, Judged
from djaws.judge import is_live, settle

Key = tuple[str, str]


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One accepted fault. `count` is how many findings share path and fingerprint (more than one only in odd files)."""

    path: str
    rule: str
    fingerprint: str
    count: int = 1
    subject: str = ""


class Baseline(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: int
    findings: tuple[Entry, ...] = ()


def parse(data: bytes, name: str) -> Baseline:
    try:
        return msgspec.json.decode(data, type=Baseline)
    except msgspec.MsgspecError as error:
        raise DjawsError(
            f"{name}: not a baseline ({error}); write one with `djaws baseline write`"
        ) from error


def claim(keys: Sequence[Key], accepted: Counter[Key]) -> list[bool]:
    """For each key whether an accepted one stands for it: of the same path first, then any unclaimed one with an equal
    fingerprint (a renamed file). Each accepted one stands for one finding only.
    """
    left = Counter(accepted)
    claimed = [False] * len(keys)
    for index, key in enumerate(keys):
        if left[key] > 0:
            left[key] -= 1
            claimed[index] = True
    spare: Counter[str] = Counter()
    for (_, fingerprint), count in left.items():
        spare[fingerprint] += count
    for index, (_, fingerprint) in enumerate(keys):
        if not claimed[index] and spare[fingerprint] > 0:
            spare[fingerprint] -= 1
            claimed[index] = True
    return claimed


def key(judged: Judged) -> Key:
    return (judged.finding.location.span.path, judged.fingerprint)


def accept(judged: tuple[Judged, ...], baseline: Baseline | None) -> tuple[Judged, ...]:
    """Settles live findings that the baseline holds."""
    if baseline is None:
        return judged
    accepted: Counter[Key] = Counter()
    for entry in baseline.findings:
        accepted[entry.path, entry.fingerprint] += entry.count
    live = [index for index, each in enumerate(judged) if is_live(each)]
    settled = list(judged)
    for index, known in zip(live, claim([key(judged[i]) for i in live], accepted), strict=True):
        if known:
            settled[index] = settle(judged[index], Disposition.BASELINED, "accepted in the baseline")
    return tuple(settled)


def write(judged: Iterable[Judged]) -> bytes:
    """The baseline of all open findings: one finding a line, sorted, so that git merges it line by line."""
    counts: Counter[tuple[str, str, str, str]] = Counter()
    for each in judged:
        if each.is_open or each.disposition in (Disposition.BASELINED, Disposition.DUPLICATE):
            span = each.finding.location.span
            counts[span.path, each.rule.id, each.fingerprint, each.finding.subject] += 1
    entries = [
        Entry(path, rule, fingerprint, count, subject)
        for (path, rule, fingerprint, subject), count in counts.items()
    ]
    return serialise(entries)


def serialise(entries: Iterable[Entry]) -> bytes:
    ordered = sorted(entries, key=lambda e: (e.path, e.rule, e.subject, e.fingerprint))
    lines = b",\n".join(b"  " + msgspec.json.encode(entry) for entry in ordered)
    return (
        b'{"version": 1, "findings": [\n' + lines + b"\n]}\n"
        if ordered
        else b'{"version": 1, "findings": []}\n'
    )


def gone(judged: Iterable[Judged], baseline: Baseline) -> tuple[Entry, ...]:
    """Entries that no finding of today stands behind any more, with the count that is gone."""
    today = [key(each) for each in judged if each.disposition is not Disposition.OFF]
    available: Counter[Key] = Counter(today)
    vanished = []
    fingerprints = Counter(fingerprint for _, fingerprint in today)
    for entry in baseline.findings:
        present = min(
            entry.count, available[entry.path, entry.fingerprint] or fingerprints[entry.fingerprint]
        )
        if present < entry.count:
            vanished.append(msgspec.structs.replace(entry, count=entry.count - present))
    return tuple(vanished)


def without(baseline: Baseline, vanished: Iterable[Entry]) -> bytes:
    """The baseline less what is gone."""
    less = {(entry.path, entry.rule, entry.fingerprint, entry.subject): entry.count for entry in vanished}
    kept = []
    for entry in baseline.findings:
        count = entry.count - less.get((entry.path, entry.rule, entry.fingerprint, entry.subject), 0)
        if count > 0:
            kept.append(msgspec.structs.replace(entry, count=count))
    return serialise(kept)
