"""Counts that several renderers show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import msgspec

from djaws.finding import Disposition, EngineRun, Judged, Related, Severity, Undecided, Verdict
from djaws.report import Report, WaiverUse

#: The pillars of the Well-Architected Framework in its own order; policies know the same, but cost more to import.
PILLARS = ("security", "reliability", "operations", "performance", "cost", "sustainability")

#: (measure of what could be covered, measure of what is, what the reader calls it)
_COVERAGES = (
    ("alarms.alarmable", "alarms.alarmed", "alarms"),
    ("tags.taggable", "tags.tagged", "cost tags"),
)


class Coverage(msgspec.Struct, frozen=True):
    name: str
    covered: int
    total: int

    @property
    def percent(self) -> int:
        return 100 * self.covered // self.total


class Cause(msgspec.Struct, frozen=True):
    """Questions left open for one reason, `first` being the first of them."""

    because: str
    count: int
    rules: tuple[str, ...]
    first: Undecided


def coverages(report: Report) -> list[Coverage]:
    """What share of what could have it has it, for the measures that come in such pairs."""
    sizes = (
        (name, report.measures.get(done, 0), report.measures.get(total, 0))
        for total, done, name in _COVERAGES
    )
    return [Coverage(name, min(done, total), total) for name, done, total in sizes if total > 0]


def severities(judged: Iterable[Judged]) -> dict[Severity, int]:
    """How many of each severity, gravest first, without those of which there is none."""
    counts = Counter(one.severity for one in judged)
    return {severity: counts[severity] for severity in Severity if counts[severity]}


def dispositions(report: Report) -> dict[Disposition, int]:
    """How many of each disposition that is not shown, without those of which there is none."""
    counts = Counter(one.disposition for one in report.judged if not one.is_shown)
    return {disposition: counts[disposition] for disposition in Disposition if counts[disposition]}


def causes(report: Report) -> list[Cause]:
    """The open questions by the reason that leaves them open, the most frequent reason first."""
    groups: dict[str, list[Undecided]] = {}
    for undecided in sorted(report.undecided):
        groups.setdefault(undecided.because, []).append(undecided)
    found = [
        Cause(because, len(group), tuple(sorted({one.rule for one in group})), group[0])
        for because, group in groups.items()
    ]
    return sorted(found, key=lambda cause: (-cause.count, cause.because))


def count(number: int, one: str, many: str = "") -> str:
    """`1 finding`, `1,200 findings`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def places(judged: Judged) -> tuple[Related, ...]:
    """The other places a reader should look at: the change that brought the finding about, then those it names itself."""
    cause = (Related(judged.cause, "changed here, which brought it about"),) if judged.cause else ()
    return (*cause, *judged.finding.related)


def verdict_line(report: Report) -> str:
    """The verdict in one sentence, in djaws' own words only."""
    shown = sum(1 for one in report.judged if one.is_shown)
    verdict = report.verdict
    if verdict.failing:
        threshold = "" if report.fail_on == "none" else f" at or above {report.fail_on}"
        text = f"failed: {count(verdict.failing, 'finding')}{threshold}"
        text += f", {count(shown - verdict.failing, 'more', 'more')} open" if shown > verdict.failing else ""
    else:
        text = "passed: " + (f"{count(shown, 'open finding')}, none failing" if shown else "no findings")
        if not verdict.complete:
            text = text.replace("passed", "not decided", 1)
    return text + (
        "" if verdict.complete else "; the run is incomplete: " + (unfinished(report) or "see the engines")
    )


def unfinished(report: Report) -> str:
    """The engines that did not do all their work, with how they ended."""
    return ", ".join(f"{run.engine} {ending(run)}" for run in report.runs if is_unfinished(run))


def is_unfinished(run: EngineRun) -> bool:
    return run.state in ("failed", "timeout", "missing") or run.units.failed + run.units.timeout > 0


def ending(run: EngineRun) -> str:
    """How an engine ended, in a word or two."""
    if run.state == "timeout":
        return "ran out of time"
    if run.state in ("failed", "missing"):
        return run.state
    return "failed in part" if run.units.failed else "ran out of time in part"


def mark(verdict: Verdict) -> str:
    """`failed`, `incomplete` or `passed`: the one word for the whole run."""
    if verdict.failing:
        return "failed"
    return "passed" if verdict.complete else "incomplete"


def waiver_remark(use: WaiverUse) -> str:
    """What a reader should know of a waiver; empty when it is in force, used, old and far from its end."""
    remarks = []
    if use.days_left is not None and use.days_left < 0:
        remarks.append(f"expired {count(-use.days_left, 'day')} ago")
    elif use.days_left is not None and use.days_left <= 30:
        remarks.append(f"ends in {count(use.days_left, 'day')}")
    if not use.used:
        remarks.append("unused")
    if use.added:
        remarks.append("added by this change")
    return ", ".join(remarks)
