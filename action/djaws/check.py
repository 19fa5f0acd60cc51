"""The main job: files, units, findings, judgement, report."""

from __future__ import annotations

import contextlib
import functools
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from djaws import __version__, cache, catalogue, changes, compare, judge
from djaws.analysis import Analysis, Shard, Silence, Watcher, analyse, merged, remembering
from djaws.cache import Cache
from djaws.config import Config
from djaws.errors import DjawsError
from djaws.files import Tree, discover, may_hold_comments
from djaws.finding import Finding, Rule
from djaws.judge import answers, baseline, diff, equivalence, gate, switch, threshold, waive
from djaws.quotes import quotes
from djaws.report import Report


def check(config: Config, watcher: Watcher | None = None) -> Report:
    """The whole run: analyse the files, compare with the base, judge the findings, say what came of it."""
    started = time.perf_counter()
    with begin(config) as (store, tree, base):
        head = analyse(tree, base.config, store, watcher or Silence())
        before = analyse_base(base, store, Silence())
        return conclude(head, before, tree, base, store, seconds=time.perf_counter() - started)


@contextlib.contextmanager
def begin(config: Config) -> Iterator[tuple[Cache, Tree, compare.Base]]:
    """What every run starts from: the cache, the files, and the base with the configuration that judges."""
    with open_cache(config) as store, files(config) as tree:
        base = compare.find(config, tree)
        yield store, remembering(base.overlaid(tree), store), base


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


def analyse_base(
    base: compare.Base, store: Cache, watcher: Watcher, shard: Shard | None = None
) -> Analysis | None:
    """The analysis of the base, from the cache wherever contents are equal; None without a base."""
    if base.changes is None or base.config.file.filter in ("all", "changed-lines", "changed-files"):
        return None
    config = base.config
    with changes.base_tree(base.root, base.changes.base, base.inside, config.file.exclude) as tree:
        return analyse(remembering(tree, store), config, store, watcher, shard)


def conclude(
    head: Analysis,
    before: Analysis | None,
    tree: Tree,
    base: compare.Base,
    store: Cache,
    *,
    seconds: float = 0.0,
) -> Report:
    """The judged report of an analysis and, when there is a base, of the base's."""
    config = base.config
    change = _change(base, before)
    clusters_of = functools.partial(equivalence.clusters, equivalences=catalogue.equivalences())
    judged = judge.begin(head.findings, _rule_of(head.rules))
    judged = switch.switch(judged, config.file)
    judged = answers.answer(judged, head.answers)
    clusters = clusters_of(judged)
    waivers = waive.gather(config.file, _config_name(config, tree), _inline(tree), config.day)
    base.mark_added(waivers)
    judged = waive.waive(judged, waivers, clusters, config.file.unwaivable, config.day)
    judged = gate.speak(judged, waivers, base, head, config)
    judged = baseline.accept(judged, base.baseline(config))
    judged = diff.compare(judged, change, config.file.filter or "new")
    judged = equivalence.merge(judged, clusters)
    judged = threshold.threshold(judged, config.fail_on)
    notes = (*base.notes, *head.notes, *((store.note,) if store.note else ()), *_left_out(tree))
    return Report(
        version=__version__,
        runs=head.runs,
        judged=judged,
        undecided=tuple(sorted(head.undecided)),
        verdict=threshold.verdict(judged, head.runs, sound=not (change and change.unsure)),
        quotes=quotes(tree, judged),
        measures=head.measures,
        notes=tuple(dict.fromkeys(notes)),
        waivers=waive.uses(waivers, config.day),
        fixed=diff.fixed(judged, change),
        base=base.changes.base if base.changes else "",
        fail_on=config.file.fail_on,
        seconds=round(seconds, 3),
    )


def _change(base: compare.Base, before: Analysis | None) -> diff.Change | None:
    if base.changes is None:
        return None
    if before is None:
        return diff.Change(base.changes.lines, base.changes.renamed, hunks=base.changes.hunks)
    known = switch.switch(judge.begin(before.findings, _rule_of(before.rules)), base.config.file)
    unsure = frozenset(run.engine for run in before.runs if not threshold.is_complete(run))
    return diff.Change(base.changes.lines, base.changes.renamed, known, base.changes.hunks, unsure)


def _rule_of(described: Iterable[Rule]) -> Callable[[Finding], Rule]:
    known = {(rule.engine, rule.id): rule for rule in described}

    def rule_of(finding: Finding) -> Rule:
        key = (finding.engine, finding.rule)
        if key not in known:
            known[key] = catalogue.rule(*key) or catalogue.fallback(*key, finding.message)
        return known[key]

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


# --- shards


class ShardFile(msgspec.Struct, frozen=True):
    """The unjudged JSON of one shard. `tree` and `base` name what was analysed, so that only shards of one run are merged."""

    version: int
    shard: int
    of: int
    tree: str
    base: str
    head: Analysis
    before: Analysis | None = None


def check_shard(config: Config, shard: Shard, watcher: Watcher | None = None) -> ShardFile:
    """This shard's share of the units, unjudged."""
    with begin(config) as (store, tree, base):
        head = analyse(tree, base.config, store, watcher or Silence(), shard)
        before = analyse_base(base, store, Silence(), shard)
        commit = base.changes.base if base.changes else ""
        return ShardFile(1, *shard, _fingerprint(tree), commit, head, before)


def merge(config: Config, names: Sequence[Path]) -> Report:
    """The shards of one run, judged as one. `DjawsError` when they are not all there, or not of one run."""
    started = time.perf_counter()
    shards = sorted((_shard(name) for name in names), key=lambda each: each.shard)
    count = shards[0].of
    if [each.shard for each in shards] != list(range(1, count + 1)):
        have = ", ".join(f"{each.shard}/{each.of}" for each in shards)
        raise DjawsError(f"the shards {have} are not 1 to {count}, each once; merge all of one run")
    with begin(config) as (store, tree, base):
        if {(each.tree, each.base) for each in shards} != {(_fingerprint(tree), shards[0].base)}:
            raise DjawsError(
                "the shards are of other files than these; check out the same commit to merge them"
            )
        head = merged([each.head for each in shards])
        befores = [each.before for each in shards if each.before is not None]
        before = merged(befores) if len(befores) == count else None
        return conclude(head, before, tree, base, store, seconds=time.perf_counter() - started)


def _shard(name: Path) -> ShardFile:
    try:
        return msgspec.json.decode(name.read_bytes(), type=ShardFile)
    except OSError as error:
        raise DjawsError(f"{name}: cannot be read: {error.strerror}") from error
    except msgspec.MsgspecError as error:
        raise DjawsError(
            f"{name}: not the JSON of a shard ({error}); write it with `djaws check --shard I/N`"
        ) from error


def _fingerprint(tree: Tree) -> str:
    import hashlib

    hasher = hashlib.blake2b(digest_size=16)
    for path in tree.paths:
        hasher.update(f"\0{path}\0{tree.digest(path)}".encode())
    return hasher.hexdigest()
