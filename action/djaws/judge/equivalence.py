"""Findings that say the same thing of the same place, by the catalogue of equivalences."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

import msgspec

from djaws.catalogue import Equivalence
from djaws.finding import Also, Disposition, Judged
from djaws.judge import is_live, settle

#: The relations under which one finding stands for the others.
MERGING = ("equivalent", "duplicate-in-engine", "subsumes")

Cluster = tuple[Equivalence, tuple[int, ...]]


def clusters(judged: Sequence[Judged], equivalences: Iterable[Equivalence]) -> tuple[Cluster, ...]:
    """Groups of indices into `judged` whose findings are equivalent at one place, each with its catalogue entry."""
    by_rule: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for index, each in enumerate(judged):
        by_rule[each.rule.engine, each.rule.id].append(index)
    found: list[Cluster] = []
    for equivalence in equivalences:
        if equivalence.relation not in MERGING:
            continue
        present = [key for key in equivalence.members if key in by_rule]
        if len(present) < 2:
            continue
        members = sorted(index for key in present for index in by_rule[key])
        found += [(equivalence, group) for group in _places(judged, members, equivalence.location)]
    return tuple(found)


def _places(judged: Sequence[Judged], members: Sequence[int], kind: str) -> list[tuple[int, ...]]:
    """The members split by place; only groups of more than one count."""
    by_path: defaultdict[str, list[int]] = defaultdict(list)
    for index in members:
        by_path[judged[index].finding.location.span.path].append(index)
    groups = []
    for indices in by_path.values():
        open_groups: list[list[int]] = []
        for index in indices:
            home = next(
                (g for g in open_groups if any(_same(judged[index], judged[o], kind) for o in g)), None
            )
            if home is None:
                open_groups.append([index])
            else:
                home.append(index)
        groups += [tuple(group) for group in open_groups if len({judged[i].rule.id for i in group}) > 1]
    return groups


def _same(left: Judged, right: Judged, kind: str) -> bool:
    """Whether two findings of one file are at the same place, in the catalogue's terms."""
    if kind in ("project", "same-file", "path"):
        return True
    if kind in ("same-line", "setting"):
        return abs((_line(left)) - (_line(right))) <= 1
    if kind == "overlap":
        return _overlap(left, right)
    if left.finding.subject and left.finding.subject == right.finding.subject:
        return True
    return _names_differ_only_in_depth(left, right) or _overlap(left, right)


def _names_differ_only_in_depth(left: Judged, right: Judged) -> bool:
    """`AWS::S3::Bucket.Media` (Checkov) and `Media` (cfn-lint, djaws) are one resource."""
    a, b = left.finding.subject, right.finding.subject
    return bool(a and b) and (a.endswith(f".{b}") or b.endswith(f".{a}"))


def _line(judged: Judged) -> int:
    return judged.finding.location.span.line or 0


def _extent(judged: Judged) -> tuple[int, int]:
    span = judged.finding.location.block or judged.finding.location.span
    first = span.line or 0
    return first, span.end_line or first


def _overlap(left: Judged, right: Judged) -> bool:
    (a, b), (c, d) = _extent(left), _extent(right)
    return a <= d and c <= b


def merge(judged: tuple[Judged, ...], found: Sequence[Cluster]) -> tuple[Judged, ...]:
    """One live finding of each cluster stands for the others, which it lists as `also`."""
    merged = list(judged)
    for equivalence, indices in found:
        live = [index for index in indices if is_live(merged[index])]
        if len({merged[index].rule.id for index in live}) < 2:
            continue
        keep = _keeper(merged, live, equivalence)
        for index in live:
            each = merged[index]
            if index == keep or each.rule.id == merged[keep].rule.id:
                continue
            merged[index] = settle(each, Disposition.DUPLICATE, f"{merged[keep].rule.id} says the same here")
            merged[keep] = msgspec.structs.replace(merged[keep], also=(*merged[keep].also, *_also(each)))
            merged[index] = msgspec.structs.replace(merged[index], also=())
    return tuple(merged)


def _keeper(judged: Sequence[Judged], live: Sequence[int], equivalence: Equivalence) -> int:
    """The catalogue's choice when it is live, else the gravest, else the first."""
    chosen = [i for i in live if (judged[i].rule.engine, judged[i].rule.id) == equivalence.keep]
    return (chosen or sorted(live, key=lambda i: (-judged[i].severity.rank, i)))[0]


def _also(judged: Judged) -> tuple[Also, ...]:
    return (Also(judged.rule.id, judged.rule.engine, judged.fingerprint), *judged.also)
