"""Findings that another layer proves moot."""

from __future__ import annotations

from collections.abc import Sequence

from djaws.finding import Answer, Disposition, Judged
from djaws.judge import is_live, settle


def answer(judged: tuple[Judged, ...], answers: Sequence[Answer]) -> tuple[Judged, ...]:
    """Settles what the answers cover, with the proof's place in the reason."""
    if not answers:
        return judged
    return tuple(_answered(each, answers) if is_live(each) else each for each in judged)


def _answered(judged: Judged, answers: Sequence[Answer]) -> Judged:
    for each in answers:
        if _covers(each, judged):
            where = f"{each.proof.path}:{each.proof.line}" if each.proof.line else each.proof.path
            return settle(judged, Disposition.ANSWERED, f"{each.because} ({where})")
    return judged


def _covers(each: Answer, judged: Judged) -> bool:
    finding = judged.finding
    return (
        finding.rule in each.rules
        and (not each.paths or finding.location.span.path in each.paths)
        and (not each.subjects or finding.subject in each.subjects)
    )
