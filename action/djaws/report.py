"""The report: everything one run found out, judged. Renderers turn it into text and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from djaws.finding import Disposition, EngineRun, Judged, State, Undecided, Verdict


class Quote(msgspec.Struct, frozen=True):
    """Lines of a file around a finding; `first` is the number of the first of them."""

    first: int
    lines: tuple[str, ...]


class WaiverUse(msgspec.Struct, frozen=True):
    """A waiver and what it did. `days_left` is negative when it has expired, None without an end; `added` by this change."""

    where: str
    rules: str
    reason: str
    expires: str
    used: int
    days_left: int | None = None
    owner: str = ""
    added: bool = False


class Fixed(msgspec.Struct, frozen=True):
    """A finding of the base that the change made go away."""

    rule: str
    path: str
    subject: str
    message: str


class Report(msgspec.Struct, frozen=True):
    """`quotes` are keyed by `path:line` of findings that are shown. `base` is the commit compared with, empty without one.

    `notes` are one-line remarks for the reader: the settings module inferred, files left out, a base that could not be had.
    `measures` add up the policies' counts (`alarms.alarmable`, `alarms.alarmed`, …).
    """

    version: str
    runs: tuple[EngineRun, ...]
    judged: tuple[Judged, ...]
    undecided: tuple[Undecided, ...]
    verdict: Verdict
    quotes: dict[str, Quote] = {}
    measures: dict[str, int] = {}
    notes: tuple[str, ...] = ()
    waivers: tuple[WaiverUse, ...] = ()
    fixed: tuple[Fixed, ...] = ()
    base: str = ""
    fail_on: str = "high"
    seconds: float = 0.0

    def shown(self) -> Iterator[Judged]:
        """Open findings that concern this run, failing ones first, then by severity, path and line."""
        return iter(sorted((j for j in self.judged if j.is_shown), key=prominence))

    def steady(self) -> Report:
        """The same without what differs from one run to the next over the same files: times, and what the cache held."""
        return msgspec.structs.replace(self, runs=tuple(map(_steady, self.runs)), seconds=0.0)

    def failing(self) -> Iterator[Judged]:
        return (j for j in self.judged if j.disposition is Disposition.REPORTED)


def _steady(run: EngineRun) -> EngineRun:
    units = msgspec.structs.replace(run.units, ran=run.units.ran + run.units.cached, cached=0)
    state: State = "ran" if run.state == "cached" else run.state
    return msgspec.structs.replace(run, units=units, state=state, seconds=0.0)


def prominence(judged: Judged) -> tuple[int, int, int, str, int, str]:
    """A sort key: failing first, then the gravest, the surest, then by place."""
    span = judged.finding.location.span
    return (
        0 if judged.disposition is Disposition.REPORTED else 1,
        -judged.severity.rank,
        -judged.confidence.rank,
        span.path,
        span.line or 0,
        judged.rule.id,
    )
