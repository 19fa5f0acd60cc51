"""What fails the gate, and the verdict."""

from __future__ import annotations

from collections.abc import Iterable

from djaws.finding import Confidence, Disposition, EngineRun, Judged, Severity, Verdict
from djaws.judge import is_live, settle


def threshold(judged: tuple[Judged, ...], fail_on: Severity | None) -> tuple[Judged, ...]:
    """Settles the live findings that are shown without failing; what stays live fails."""
    return tuple(_weighed(each, fail_on) if is_live(each) else each for each in judged)


def _weighed(judged: Judged, fail_on: Severity | None) -> Judged:
    reason = None
    if fail_on is None:
        reason = "nothing fails with `fail-on = none`"
    elif judged.severity.rank < fail_on.rank:
        reason = f"{judged.severity} is under the threshold of {fail_on}"
    elif judged.confidence is Confidence.LOW:
        reason = "findings of low confidence never fail"
    elif judged.rule.default == "advice":
        reason = "advice never fails"
    return settle(judged, Disposition.BELOW_THRESHOLD, reason) if reason else judged


def verdict(judged: Iterable[Judged], runs: Iterable[EngineRun], *, sound: bool = True) -> Verdict:
    """Exit code 1 with failing findings, else 3 when something did not run to its end, else 0."""
    failing = sum(1 for each in judged if each.disposition is Disposition.REPORTED)
    complete = sound and all(is_complete(run) for run in runs)
    return Verdict(1 if failing else 0 if complete else 3, failing, complete)


def is_complete(run: EngineRun) -> bool:
    """Whether the engine lost nothing: it ran, was cached or had nothing to do, and so did each of its units."""
    return run.state in ("ran", "cached", "skipped") and not run.units.failed and not run.units.timeout
