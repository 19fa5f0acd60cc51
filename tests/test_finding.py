"""Fingerprints: the same finding keeps its own, wherever its lines move."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from djaws.finding import Finding, Location, Span, fingerprints, text_hash

LINES = st.sampled_from(["acl = public", "  acl=public", "encrypted = false", "", "tags = {}"])


def finding(path: str, line: int, text: str, rule: str = "R1", subject: str = "s") -> Finding:
    return Finding(rule, "bandit", "m", Location(Span(path, line)), subject, text_hash=text_hash(text))


@given(st.lists(LINES, min_size=1, max_size=12), st.integers(0, 12), st.integers(1, 30))
def test_inserting_lines_anywhere_keeps_every_fingerprint(texts: list[str], at: int, count: int) -> None:
    before = [finding("a.tf", number, text) for number, text in enumerate(texts, 1)]
    after = [finding("a.tf", n if n <= at else n + count, text) for n, text in enumerate(texts, 1)]
    assert fingerprints(before) == fingerprints(after)


@given(st.lists(LINES, min_size=1, max_size=12))
def test_renaming_a_file_keeps_every_fingerprint(texts: list[str]) -> None:
    old = [finding("old.tf", number, text) for number, text in enumerate(texts, 1)]
    new = [finding("deep/new.tf", number, text) for number, text in enumerate(texts, 1)]
    assert fingerprints(old) == fingerprints(new)


@given(st.lists(LINES, min_size=1, max_size=12), st.integers(0, 8))
def test_reindenting_keeps_every_fingerprint(texts: list[str], indent: int) -> None:
    old = [finding("a.tf", number, text) for number, text in enumerate(texts, 1)]
    new = [finding("a.tf", number, " " * indent + text + "\t") for number, text in enumerate(texts, 1)]
    assert fingerprints(old) == fingerprints(new)


@given(st.lists(LINES, min_size=2, max_size=12), st.randoms())
def test_fingerprints_are_distinct_within_a_file_and_ignore_the_order_of_findings(
    texts: list[str], chance: random.Random
) -> None:
    findings = [finding("a.tf", number, text) for number, text in enumerate(texts, 1)]
    marks = fingerprints(findings)
    assert len(set(marks)) == len(marks)
    order = list(range(len(findings)))
    chance.shuffle(order)
    assert fingerprints([findings[i] for i in order]) == tuple(marks[i] for i in order)


def test_another_rule_subject_or_line_text_is_another_fingerprint() -> None:
    base = finding("a.tf", 1, "x = 1")
    others = [
        finding("a.tf", 1, "x = 2"),
        finding("a.tf", 1, "x = 1", rule="R2"),
        finding("a.tf", 1, "x = 1", subject="t"),
    ]
    assert len({fingerprints([each])[0] for each in (base, *others)}) == 4
