"""The main job: files, units, findings, judgement, report."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import hashlib
import os
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import msgspec

from djaws import __version__, cache, catalogue, changes, compare, judge
from djaws.cache import Cache
from djaws.config import Config
from djaws.engines import ENGINES, Unit, engine
from djaws.errors import DjawsError, Refused
from djaws.files import Tree, discover, may_hold_comments
from djaws.finding import (
    Answer,
    EngineRun,
    Finding,
    Judged,
    Output,
    Rule,
    State,
    Undecided,
    UnitError,
    Units,
)
from djaws.judge import answers, baseline, diff, equivalence, gate, switch, threshold, waive
from djaws.report import Quote, Report, prominence
from djaws.run import Outcome, Runner
from djaws.worker import cause


class Watcher(Protocol):
    """Told of progress; all calls come from worker threads."""

    def planned(self, total: int, cached: int) -> None: ...
    def done(self, unit: Unit, outcome: Outcome) -> None: ...


class Silence:
    """A watcher that watches nothing."""

    def planned(self, total: int, cached: int) -> None:
        pass

    def done(self, unit: Unit, outcome: Outcome) -> None:
        pass


@dataclass
class Analysis:
    """Everything the engines said, unjudged."""

    tree: Tree
    runs: list[EngineRun] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    undecided: list[Undecided] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    rules: dict[tuple[str, str], Rule] = field(default_factory=dict)
    measures: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    timeline: list[tuple[Unit, Outcome]] = field(default_factory=list)


def check(config: Config, watcher: Watcher | None = None) -> Report:
    """The whole run: analyse the files, compare with the base, judge the findings, say what came of it."""
    started = time.perf_counter()
    with open_cache(config) as store, files(config) as tree:
        base = compare.find(config, tree)
        config = base.config
        analysis = analyse(base.overlaid(tree), config, store, watcher or Silence())
        change = _against(base, config, store) if base.changes else None
        return conclude(analysis, config, base, change, seconds=time.perf_counter() - started)


@contextlib.contextmanager
def files(config: Config) -> Iterator[Tree]:
    """The files to check: the working tree, or what is staged."""
    if not config.staged:
        yield discover(config.path, config.file.exclude)
        return
    with changes.staged_tree(config.path, config.file.exclude) as tree:
        yield tree


def open_cache(config: Config) -> Cache:
    return Cache(None if config.no_cache else cache.folder() / "cache.sqlite")


# --- analysis


@dataclass
class _Plan:
    """What one engine is about to do."""

    name: str
    version: str | None
    units: tuple[Unit, ...] = ()
    scope: tuple[str, ...] = ()
    is_selected: bool = True
    errors: tuple[UnitError, ...] = ()
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    cached: dict[str, Output] = field(default_factory=dict)


def analyse(tree: Tree, config: Config, store: Cache, watcher: Watcher) -> Analysis:
    """Runs the engines' units over the tree, those that the cache does not know."""
    tree = dataclasses.replace(tree, digester=store.digests(tree.root), remember=store.fact)
    plans = {name: _planned(name, tree, config) for name in ENGINES}
    keyed = [
        (unit, unit_key(unit, plan.version, tree))
        for plan in plans.values()
        if plan.version
        for unit in plan.units
    ]
    stored = store.lookup(key for _, key in keyed)
    waiting = []
    for unit, key in keyed:
        if key in stored:
            plans[unit.engine].cached[unit.id] = stored[key].output
        else:
            waiting.append((unit, key))
    store.touch(stored)
    watcher.planned(len(keyed), len(keyed) - len(waiting))
    analysis = Analysis(tree)

    def on_done(unit: Unit, outcome: Outcome) -> None:
        plans[unit.engine].outcomes[unit.id] = outcome
        analysis.timeline.append((unit, outcome))
        watcher.done(unit, outcome)

    jobs = config.file.jobs or os.cpu_count() or 1
    Runner(tree.root, jobs, config.file.timeout, on_done).run(unit for unit, _ in waiting)
    for unit, key in waiting:
        outcome = plans[unit.engine].outcomes[unit.id]
        if outcome.is_repeatable:
            store.store(key, outcome.output, outcome.seconds)
    _gather(analysis, list(plans.values()), store)
    return analysis


def _planned(name: str, tree: Tree, config: Config) -> _Plan:
    module = engine(name)
    plan = _Plan(name, module.version())
    if config.file.engines and name not in config.file.engines:
        plan.is_selected = False
        return plan
    try:
        plan.units = module.plan(tree, config)
        plan.scope = module.scope(plan.units)
    except DjawsError:
        raise
    except (
        Exception
    ) as error:  # the boundary between engines: one that cannot plan must not take the others along
        plan.errors = (UnitError(str(config.path), cause(error)),)
    return plan


def unit_key(unit: Unit, version: str | None, tree: Tree) -> bytes:
    """What decides a unit's output: engine, versions, options, and the content of every input."""
    hasher = hashlib.blake2b(digest_size=20)
    hasher.update(f"{cache.FORMAT}\0{source_stamp()}\0{unit.engine}\0{version}\0{unit.id}\0".encode())
    hasher.update(msgspec.json.encode(unit.options, order="deterministic"))
    for path in unit.inputs:
        hasher.update(f"\0{path}\0{tree.digest(path)}".encode())
    return hasher.digest()


_stamp: list[str] = []


def source_stamp() -> str:
    """Changes with djaws' own code: its version, in a checkout also the state of its files."""
    if not _stamp:
        _stamp.append(_source_stamp())
    return _stamp[0]


def _source_stamp() -> str:
    package = Path(__file__).resolve().parent
    if "site-packages" in package.parts:
        return __version__
    hasher = hashlib.blake2b(digest_size=12)
    for folder, _, files in sorted(os.walk(package)):
        for name in sorted(files):
            if name.endswith((".py", ".json")):
                status = os.stat(os.path.join(folder, name))
                hasher.update(f"{name}\0{status.st_mtime_ns}\0{status.st_size}".encode())
    return hasher.hexdigest()


def _gather(analysis: Analysis, plans: Sequence[_Plan], store: Cache) -> None:
    for plan in plans:
        outputs = [*plan.cached.values(), *(outcome.output for outcome in plan.outcomes.values())]
        for output in outputs:
            analysis.findings += output.findings
            analysis.undecided += output.undecided
            analysis.answers += output.answers
            analysis.measures.update(output.measures)
            analysis.notes += output.notes
            analysis.rules.update({(rule.engine, rule.id): rule for rule in output.rules})
        analysis.runs.append(_run_of(plan, outputs))
    if store.note:
        analysis.notes.append(store.note)


def _run_of(plan: _Plan, outputs: Sequence[Output]) -> EngineRun:
    endings = Counter(outcome.ending for outcome in plan.outcomes.values())
    failed_before = sum(1 for output in plan.cached.values() if output.errors)
    units = Units(
        total=len(plan.units),
        ran=endings["ran"],
        cached=len(plan.cached) - failed_before,
        failed=endings["failed"] + failed_before,
        timeout=endings["timeout"],
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
        seconds=round(sum(outcome.seconds for outcome in plan.outcomes.values()), 3),
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


# --- judgement


def _against(base: compare.Base, config: Config, store: Cache) -> diff.Change:
    """What the change made of the base: the base's own findings, from the cache wherever contents are equal."""
    assert base.changes
    with changes.base_tree(base.root, base.changes.base, base.inside, config.file.exclude) as tree:
        analysis = analyse(tree, config, store, Silence())
        judged = judge.begin(analysis.findings, _rule_of(analysis.rules))
        known = switch.switch(judged, config.file)
    unsure = frozenset(run.engine for run in analysis.runs if not threshold.is_complete(run))
    return diff.Change(base.changes.lines, base.changes.renamed, known, unsure)


def conclude(
    analysis: Analysis,
    config: Config,
    base: compare.Base,
    change: diff.Change | None,
    *,
    seconds: float = 0.0,
) -> Report:
    """The judged report of an analysis."""
    mode = config.file.filter or "new"
    judged = judge.begin(analysis.findings, _rule_of(analysis.rules))
    judged = switch.switch(judged, config.file)
    judged = answers.answer(judged, analysis.answers)
    clusters = equivalence.clusters(judged, catalogue.equivalences())
    waivers = waive.gather(
        config.file, _config_name(config, analysis.tree), _inline(analysis.tree), config.day
    )
    base.mark_added(waivers)
    judged = waive.waive(judged, waivers, clusters, config.file.unwaivable, config.day)
    judged = gate.speak(judged, waivers, base, analysis, config)
    judged = baseline.accept(judged, base.baseline(config))
    judged = diff.compare(judged, change, mode)
    judged = equivalence.merge(judged, clusters)
    judged = threshold.threshold(judged, config.fail_on)
    sound = not (change and change.unsure)
    return Report(
        version=__version__,
        runs=tuple(analysis.runs),
        judged=judged,
        undecided=tuple(sorted(set(analysis.undecided))),
        verdict=threshold.verdict(judged, analysis.runs, sound=sound),
        quotes=_quotes(analysis.tree, judged),
        measures=dict(analysis.measures),
        notes=(*dict.fromkeys((*base.notes, *analysis.notes)), *_left_out(analysis.tree)),
        waivers=waive.uses(waivers, config.day),
        fixed=diff.fixed(judged, change),
        base=base.changes.base if base.changes else "",
        fail_on=config.file.fail_on,
        seconds=round(seconds, 3),
    )


def _rule_of(described: Mapping[tuple[str, str], Rule]) -> Callable[[Finding], Rule]:
    def rule_of(finding: Finding) -> Rule:
        known = described.get((finding.engine, finding.rule)) or catalogue.rule(finding.engine, finding.rule)
        return known or catalogue.fallback(finding.engine, finding.rule, finding.message)

    return rule_of


def _inline(tree: Tree) -> Iterable[tuple[str, tuple[waive.Inline, ...]]]:
    for path in filter(may_hold_comments, tree.paths):
        found = tree.fact("waivers", path, functools.partial(_encoded_waivers, path))
        if found != b"[]":
            yield path, msgspec.json.decode(found, type=tuple[waive.Inline, ...])


def _encoded_waivers(path: str, data: bytes) -> bytes:
    return msgspec.json.encode(waive.find_inline(path, data))


def _config_name(config: Config, tree: Tree) -> str:
    if config.source is None:
        return "djaws.toml"
    try:
        return config.source.resolve().relative_to(tree.root).as_posix()
    except ValueError:
        return config.source.name


def _left_out(tree: Tree) -> tuple[str, ...]:
    return tuple(
        f"{count} file{'s' if count > 1 else ''} left out: {reason}"
        for reason, count in sorted(tree.excluded.items())
    )


# --- quotes

_CONTEXT = 2
_LITERAL = re.compile(r"""(["'])(?:\\.|(?!\1).){4,}\1|(?<=[=:]\s)[^\s"']{8,}""")
_KEYS = re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{12,}\b|\bgh[pousr]_[A-Za-z0-9]{20,}\b|-----BEGIN [A-Z ]+-----")
_SECRET_RULES = re.compile(
    r"^(CKV_SECRET_|CKV_AWS_(41|45|46)$|B10[567]$|security\.W009|security\.W025|iam/hardcoded|iam/secret)"
)


def _quotes(tree: Tree, judged: Iterable[Judged]) -> dict[str, Quote]:
    """The lines around each shown finding, secrets blanked out."""
    shown = sorted((each for each in judged if each.is_open), key=prominence)
    secret = {_place(each) for each in shown if _SECRET_RULES.search(each.rule.id)}
    lines: dict[str, list[str]] = {}
    quotes: dict[str, Quote] = {}
    for each in shown:
        span = each.finding.location.span
        if span.line is None or _place(each) in quotes:
            continue
        if span.path not in lines:
            lines[span.path] = _read_lines(tree, span.path)
        first = max(1, span.line - _CONTEXT)
        around = lines[span.path][first - 1 : span.line + _CONTEXT]
        if around:
            quotes[_place(each)] = Quote(
                first, tuple(redacted(line, _place(each) in secret) for line in around)
            )
    return quotes


def _place(judged: Judged) -> str:
    span = judged.finding.location.span
    return f"{span.path}:{span.line}"


def _read_lines(tree: Tree, path: str) -> list[str]:
    try:
        return [line.rstrip("\r")[:400] for line in tree.text(path).split("\n")]
    except Refused:
        return []


def redacted(line: str, is_secret: bool) -> str:
    """The line without what looks like a credential; on a line that a secret rule names, without any literal."""
    line = _KEYS.sub("***", line)
    return _LITERAL.sub(lambda m: f"{m[1]}***{m[1]}" if m[1] else "***", line) if is_secret else line
