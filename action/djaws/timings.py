"""Where time went: a table by engine and unit, and a trace that chrome://tracing and Perfetto open."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from djaws.analysis import Watcher
from djaws.engines import Unit

SLOWEST = 10


@dataclass(frozen=True)
class Stretch:
    """One unit's time: wall-clock start in seconds since the epoch, length in seconds, the worker slot it ran in."""

    engine: str
    unit: str
    started: float
    seconds: float
    slot: int
    ending: str


@dataclass
class Timings:
    """A watcher that writes down when each unit ran, and passes on to another."""

    inner: Watcher | None = None
    stretches: list[Stretch] = field(default_factory=list)
    total: int = 0
    cached: int = 0

    def planned(self, total: int, cached: int) -> None:
        self.total += total
        self.cached += cached
        if self.inner:
            self.inner.planned(total, cached)

    def done(self, unit: Unit, started: float, seconds: float, slot: int, ending: str) -> None:
        self.stretches.append(Stretch(unit.engine, unit.id, started, seconds, slot, ending))
        if self.inner:
            self.inner.done(unit, started, seconds, slot, ending)


def table(timings: Timings, seconds: float) -> str:
    """Seconds by engine, then the slowest units. `seconds` is the wall time of the whole run."""
    by_engine: defaultdict[str, list[Stretch]] = defaultdict(list)
    for stretch in timings.stretches:
        by_engine[stretch.engine].append(stretch)
    lines = [f"{'engine':<10} {'units':>6} {'seconds':>9}  longest"]
    for name, stretches in sorted(by_engine.items(), key=lambda item: -_sum(item[1])):
        longest = max(stretches, key=lambda stretch: stretch.seconds)
        lines.append(f"{name:<10} {len(stretches):>6} {_sum(stretches):>9.2f}  {_shown(longest)}")
    slowest = sorted(timings.stretches, key=lambda stretch: -stretch.seconds)[:SLOWEST]
    lines += ["", *(f"{_shown(stretch)}  {stretch.engine}" for stretch in slowest), ""] if slowest else []
    lines.append(f"{timings.cached} of {timings.total} units from the cache; {seconds:.2f} s in all")
    return "\n".join(lines)


def _sum(stretches: Sequence[Stretch]) -> float:
    return sum(stretch.seconds for stretch in stretches)


def _shown(stretch: Stretch) -> str:
    name = stretch.unit.encode("unicode_escape").decode()
    return f"{stretch.seconds:>8.2f} s  {name}"


def trace(timings: Timings) -> str:
    """The run in the Trace Event Format: one complete event a unit, one row a worker slot, microseconds."""
    events = [
        {
            "name": stretch.unit,
            "cat": stretch.engine,
            "ph": "X",
            "ts": round(stretch.started * 1e6),
            "dur": round(stretch.seconds * 1e6),
            "pid": 1,
            "tid": stretch.slot,
            "args": {"engine": stretch.engine, "ending": stretch.ending},
        }
        for stretch in timings.stretches
    ]
    return json.dumps({"traceEvents": events, "displayTimeUnit": "ms"})
