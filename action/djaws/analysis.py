"""What the engines say of a tree: units planned, looked up by content, run where nobody knows the answer, and gathered.

Two levels of memory: each unit's output by the content of its inputs, and the whole analysis by the content of the whole tree,
so that a run over an unchanged tree costs listing, hashing and one look-up.
"""

from __future__ import annotations

import dataclasses
import hashlib
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from djaws import cache
from djaws.cache import Cache
from djaws.config import Config
from djaws.engines import ENGINES, Unit, engine
from djaws.errors import DjawsError
from djaws.files import Tree
from djaws.finding import Answer, EngineRun, Finding, Output, Rule, State, Undecided, UnitError, Units

#: The keys of the configuration that only judge or render: they decide nothing about an analysis.
_JUDGING = frozenset(
    {
        "format",
        "output",
        "select",
        "ignore",
        "profile",
        "fail-on",
        "base",
        "filter",
        "baseline",
        "jobs",
        "timeout",
        "waivers",
        "unwaivable",
        "waiver-max-days",
        "as-of",
    }
)


class Watcher(Protocol):
    """Told of progress; `done` is called from worker threads. Wall-clock times are seconds since the epoch."""

    def planned(self, total: int, cached: int) -> None: ...
    def done(self, unit: Unit, started: float, seconds: float, slot: int, ending: str) -> None: ...


class Silence:
    """A watcher that watches nothing."""

    def planned(self, total: int, cached: int) -> None:
        pass

    def done(self, unit: Unit, started: float, seconds: float, slot: int, ending: str) -> None:
        pass


class Analysis(msgspec.Struct, frozen=True):
    """Everything the engines said, unjudged."""

    runs: tuple[EngineRun, ...] = ()
    findings: tuple[Finding, ...] = ()
    undecided: tuple[Undecided, ...] = ()
    answers: tuple[Answer, ...] = ()
    rules: tuple[Rule, ...] = ()
    measures: dict[str, int] = {}
    notes: tuple[str, ...] = ()


@dataclass
class _Plan:
    """What one engine is about to do, and what came of it, by unit id."""

    name: str
    version: str | None
    units: tuple[Unit, ...] = ()
    scope: tuple[str, ...] = ()
    errors: tuple[UnitError, ...] = ()
    cached: dict[str, Output] = field(default_factory=dict)
    fresh: dict[str, Output] = field(default_factory=dict)
    endings: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0


Shard = tuple[int, int]


def remembering(tree: Tree, store: Cache) -> Tree:
    """The tree with digests and facts that the cache remembers."""
    return dataclasses.replace(tree, digester=store.digests(tree.root), remember=store.fact)


def analyse(
    tree: Tree, config: Config, store: Cache, watcher: Watcher, shard: Shard | None = None
) -> Analysis:
    """What the selected engines say of the tree. With a shard, only its share of the units is run."""
    key = None if config.file.live_django or shard else _tree_key(tree, config)
    if key is not None:
        known = store.analysis(key)
        if known is not None:
            return _as_cached(known)
    plans = {name: _planned(name, tree, config) for name in ENGINES}
    repeatable = _execute(plans, tree, config, store, watcher, shard)
    analysis = _gathered(plans.values())
    if (
        key is not None
        and repeatable
        and all(run.state not in ("missing", "failed", "timeout") for run in analysis.runs)
    ):
        store.remember_analysis(key, analysis)
    return analysis


def _execute(
    plans: dict[str, _Plan], tree: Tree, config: Config, store: Cache, watcher: Watcher, shard: Shard | None
) -> bool:
    """Runs what the cache does not know; whether everything that ran would run the same way again."""
    keyed = [(unit, unit_key(unit, p.version, tree)) for p in plans.values() if p.version for unit in p.units]
    if shard:
        mine = shares([unit for unit, _ in keyed], shard[1])[shard[0] - 1]
        keyed = [(unit, key) for unit, key in keyed if (unit.engine, unit.id) in mine]
    stored = store.lookup(key for _, key in keyed)
    waiting: dict[tuple[str, str], tuple[Unit, bytes]] = {}
    for unit, key in keyed:
        if key in stored:
            plans[unit.engine].cached[unit.id] = stored[key].output
        else:
            waiting[unit.engine, unit.id] = (unit, key)
    store.touch(stored)
    watcher.planned(len(keyed), len(keyed) - len(waiting))
    return not waiting or _run(plans, tree, config, store, watcher, waiting)


def _run(
    plans: dict[str, _Plan],
    tree: Tree,
    config: Config,
    store: Cache,
    watcher: Watcher,
    waiting: dict[tuple[str, str], tuple[Unit, bytes]],
) -> bool:
    from djaws.run import Outcome, Runner

    ended: dict[tuple[str, str], Outcome] = {}

    def on_done(unit: Unit, outcome: Outcome) -> None:
        ended[unit.engine, unit.id] = outcome
        watcher.done(unit, outcome.started, outcome.seconds, outcome.slot, outcome.ending)

    jobs = config.file.jobs or os.cpu_count() or 1
    memory = None if config.no_cache else cache.folder()
    Runner(tree.root, jobs, config.file.timeout, on_done, memory).run(unit for unit, _ in waiting.values())
    repeatable: list[tuple[bytes, Output, float]] = []
    for key, outcome in ended.items():
        unit, unit_key_ = waiting[key]
        plan = plans[unit.engine]
        plan.fresh[unit.id] = outcome.output
        plan.endings[outcome.ending] += 1
        plan.seconds += outcome.seconds
        if outcome.is_repeatable:
            repeatable.append((unit_key_, outcome.output, outcome.seconds))
    store.store(repeatable)
    return all(outcome.is_repeatable for outcome in ended.values())


def _planned(name: str, tree: Tree, config: Config) -> _Plan:
    if config.file.engines and name not in config.file.engines:
        return _Plan(name, None)
    module = engine(name)
    plan = _Plan(name, module.version())
    try:
        plan.units = module.plan(tree, config)
        plan.scope = module.scope(plan.units)
    except DjawsError:
        raise
    except (
        Exception
    ) as error:  # the boundary between engines: one that cannot plan must not take the others along
        from djaws.worker import cause

        plan.errors = (UnitError(str(config.path), cause(error)),)
    return plan


# --- keys


def unit_key(unit: Unit, version: str | None, tree: Tree) -> bytes:
    """What decides a unit's output: engine, versions, options, and the content of every input."""
    hasher = hashlib.blake2b(digest_size=20)
    hasher.update(f"{cache.FORMAT}\0{cache.source_stamp()}\0{unit.engine}\0{version}\0{unit.id}\0".encode())
    hasher.update(msgspec.json.encode(unit.options, order="deterministic"))
    _add_contents(hasher, unit.inputs, tree)
    return hasher.digest()


def _tree_key(tree: Tree, config: Config) -> bytes:
    """What decides a whole analysis: the engines' versions, the configuration, and the content of every file."""
    hasher = hashlib.blake2b(digest_size=20)
    names = config.file.engines or ENGINES
    versions = [(name, engine(name).version()) for name in names]
    keys = {k: v for k, v in msgspec.to_builtins(config.file).items() if k not in _JUDGING}
    where = os.path.relpath(config.root, config.path if config.path.is_dir() else config.path.parent)
    from djaws.engines import djaws

    decisive = [
        cache.FORMAT,
        cache.source_stamp(),
        djaws.policies_digest(),
        versions,
        keys,
        where,
        config.day.isoformat(),
        djaws.change_in_question(tree, config),
    ]
    hasher.update(msgspec.json.encode(decisive, order="deterministic"))
    _add_contents(hasher, tree.paths, tree)
    _add_contents(hasher, tree.overlay, tree)
    return hasher.digest()


def _add_contents(hasher: hashlib.blake2b, paths: Iterable[str], tree: Tree) -> None:
    for path in paths:
        hasher.update(f"\0{path}\0{tree.digest(path)}".encode())


# --- gathering


def _gathered(plans: Iterable[_Plan]) -> Analysis:
    runs: list[EngineRun] = []
    outputs: list[Output] = []
    for plan in plans:
        # In the plan's order, so that a cached run and a fresh one gather alike.
        known = {**plan.cached, **plan.fresh}
        own = [known[unit.id] for unit in plan.units if unit.id in known]
        runs.append(_run_of(plan, own))
        outputs += own
    return Analysis(
        runs=tuple(runs),
        findings=tuple(finding for output in outputs for finding in output.findings),
        undecided=tuple(dict.fromkeys(each for output in outputs for each in output.undecided)),
        answers=tuple(each for output in outputs for each in output.answers),
        rules=tuple({(r.engine, r.id): r for output in outputs for r in output.rules}.values()),
        measures=dict(sum((Counter(output.measures) for output in outputs), Counter())),
        notes=tuple(dict.fromkeys(note for output in outputs for note in output.notes)),
    )


def _run_of(plan: _Plan, outputs: Sequence[Output]) -> EngineRun:
    failed_before = sum(1 for output in plan.cached.values() if output.errors)
    units = Units(
        total=len(plan.units),
        ran=plan.endings["ran"],
        cached=len(plan.cached) - failed_before,
        failed=plan.endings["failed"] + failed_before,
        timeout=plan.endings["timeout"],
    )
    return EngineRun(
        engine=plan.name,
        version=plan.version,
        state=_state(plan, units),
        units=units,
        errors=(*plan.errors, *(error for output in outputs for error in output.errors)),
        scope=plan.scope,
        files=len({path for unit in plan.units for path in unit.inputs}),
        findings=sum(len(output.findings) for output in outputs),
        seconds=round(plan.seconds, 3),
    )


def _state(plan: _Plan, units: Units) -> State:
    if plan.errors:
        return "failed"
    if not plan.units:
        return "skipped"
    if plan.version is None:
        return "missing"
    if units.cached == units.total:
        return "cached"
    if units.failed + units.timeout == units.total:
        return "timeout" if units.timeout else "failed"
    return "ran"


def _as_cached(analysis: Analysis) -> Analysis:
    """A remembered analysis: its units were cached this time."""
    runs = []
    for run in analysis.runs:
        units = msgspec.structs.replace(run.units, ran=0, cached=run.units.ran + run.units.cached)
        state: State = "cached" if run.state == "ran" and not units.failed else run.state
        runs.append(msgspec.structs.replace(run, units=units, state=state, seconds=0.0))
    return msgspec.structs.replace(analysis, runs=tuple(runs))


# --- shards


def shares(units: Sequence[Unit], count: int) -> list[set[tuple[str, str]]]:
    """The units dealt to `count` shards, the longest first to the least loaded; the same on every machine.

    Sizes alone decide: timings differ between machines, and then two shards could both run a unit, or neither.
    """
    from djaws.run import estimate

    loads = [0.0] * count
    dealt: list[set[tuple[str, str]]] = [set() for _ in range(count)]
    for unit in sorted(units, key=lambda u: (-estimate(u), u.engine, u.id)):
        least = min(range(count), key=lambda index: (loads[index], index))
        loads[least] += estimate(unit)
        dealt[least].add((unit.engine, unit.id))
    return dealt


def merged(analyses: Sequence[Analysis]) -> Analysis:
    """The analyses of all shards of one run as one."""
    return Analysis(
        runs=tuple(_merged_run([a.runs[i] for a in analyses]) for i in range(len(analyses[0].runs))),
        findings=tuple(finding for a in analyses for finding in a.findings),
        undecided=tuple(dict.fromkeys(each for a in analyses for each in a.undecided)),
        answers=tuple(each for a in analyses for each in a.answers),
        rules=tuple({(r.engine, r.id): r for a in analyses for r in a.rules}.values()),
        measures=dict(sum((Counter(a.measures) for a in analyses), Counter())),
        notes=tuple(dict.fromkeys(note for a in analyses for note in a.notes)),
    )


def _merged_run(runs: Sequence[EngineRun]) -> EngineRun:
    units = Units(
        total=runs[0].units.total,
        ran=sum(run.units.ran for run in runs),
        cached=sum(run.units.cached for run in runs),
        failed=sum(run.units.failed for run in runs),
        timeout=sum(run.units.timeout for run in runs),
    )
    done = units.ran + units.cached + units.failed + units.timeout
    first = runs[0]
    state: State = first.state
    if first.state not in ("skipped", "missing"):
        state = "cached" if units.cached == units.total else "ran"
        if done < units.total or units.failed + units.timeout == units.total:
            state = "timeout" if units.timeout == units.total else "failed"
    return msgspec.structs.replace(
        first,
        units=units,
        state=state,
        errors=tuple(dict.fromkeys(error for run in runs for error in run.errors)),
        findings=sum(run.findings for run in runs),
        seconds=round(sum(run.seconds for run in runs), 3),
    )
