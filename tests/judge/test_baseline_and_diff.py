"""The baseline and the base: each known finding stands for exactly one of today, and nothing is lost or shown twice."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st
from made import finding, judged

from djaws.changes import Hunk
from djaws.finding import Disposition, Finding, Span, text_hash
from djaws.judge import settle
from djaws.judge.baseline import accept, claim, gone, parse, without, write
from djaws.judge.diff import Change, compare, fixed

KEYS = st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xyz")), max_size=10)


@given(KEYS, KEYS)
def test_every_accepted_key_stands_for_one_finding_at_most(
    keys: list[tuple[str, str]], known: list[tuple[str, str]]
) -> None:
    claimed = claim(keys, Counter(known))
    for mark in "xyz":
        accepted = sum(1 for _, each in known if each == mark)
        present = sum(1 for _, each in keys if each == mark)
        taken = sum(
            1 for (_, each), is_claimed in zip(keys, claimed, strict=True) if each == mark and is_claimed
        )
        assert taken == min(accepted, present)


def test_a_baseline_accepts_what_it_was_written_from_and_nothing_more() -> None:
    old = judged(finding(line=3), finding("B105", "bandit", path="s.py", line=1, subject=""))
    baseline = parse(write(old), "b.json")
    new = judged(
        finding(line=30), finding("B105", "bandit", path="moved/s.py", line=9, subject=""), finding(line=40)
    )
    dispositions = [each.disposition for each in accept(new, baseline)]
    assert sorted(dispositions) == sorted(
        [Disposition.BASELINED, Disposition.BASELINED, Disposition.REPORTED]
    )


def test_prune_names_and_drops_what_is_gone() -> None:
    baseline = parse(write(judged(finding(line=3), finding(line=9), finding("CKV_AWS_17"))), "b.json")
    today = judged(finding(line=4))
    vanished = gone(today, baseline)
    assert Counter(entry.rule for entry in vanished) == {"CKV_AWS_16": 1, "CKV_AWS_17": 1}
    assert [entry.rule for entry in parse(without(baseline, vanished), "b.json").findings] == ["CKV_AWS_16"]


def test_only_findings_the_base_lacks_are_new() -> None:
    base = judged(finding(line=3), finding("CKV_AWS_17", line=4), finding("CKV_AWS_18", line=5))
    head = judged(
        finding(line=13), finding("CKV_AWS_17", path="new.tf", line=4), finding("CKV_AWS_19", line=3)
    )
    change = Change({"db.tf": frozenset({3})}, {"new.tf": "db.tf"}, base)
    after = {each.rule.id: each.disposition for each in compare(head, change, "new")}
    assert after == {
        "CKV_AWS_16": Disposition.OUTSIDE_DIFF,
        "CKV_AWS_17": Disposition.OUTSIDE_DIFF,
        "CKV_AWS_19": Disposition.REPORTED,
    }
    assert [each.rule for each in fixed(head, change)] == ["CKV_AWS_18"]


def test_an_incomplete_base_makes_no_finding_new() -> None:
    change = Change({"db.tf": None}, unsure=frozenset({"checkov"}))
    (each,) = compare(judged(finding()), change, "new")
    assert each.disposition is Disposition.OUTSIDE_DIFF
    assert "did not finish on the base" in (each.reason or "")


def test_changed_lines_and_changed_files_filter_by_place() -> None:
    change = Change({"db.tf": frozenset({5}), "new.tf": None})
    found = judged(finding(line=5), finding(line=6), finding(path="new.tf"), finding(path="old.tf"))
    by_line = [each.disposition is Disposition.REPORTED for each in compare(found, change, "changed-lines")]
    by_file = [each.disposition is Disposition.REPORTED for each in compare(found, change, "changed-files")]
    assert by_line == [True, False, True, False]
    assert by_file == [True, True, True, False]


@given(st.lists(st.integers(1, 5), max_size=8), st.lists(st.integers(1, 5), max_size=8))
def test_no_finding_is_lost_or_shown_twice_between_base_and_change(
    before: list[int], after: list[int]
) -> None:
    base = judged(*[finding(line=n, text=str(line)) for n, line in enumerate(before, 1)])
    head = judged(*[finding(line=n, text=str(line)) for n, line in enumerate(after, 1)])
    change = Change({"db.tf": None}, {}, base)
    settled = compare(head, change, "new")
    assert len(settled) == len(head)
    new = sum(1 for each in settled if each.disposition is Disposition.REPORTED)
    both = sum((Counter(before) & Counter(after)).values())
    assert new == len(after) - both
    assert len(fixed(head, change)) == len(before) - both


def test_a_new_finding_on_unchanged_lines_names_the_changed_place_that_caused_it() -> None:
    hunks = (Hunk("other.tf", 3, "x = 1"), Hunk("alarms.tf", 9, "  id = aws_db_instance.main.id"))
    change = Change({"alarms.tf": frozenset({9}), "other.tf": frozenset({3})}, hunks=hunks)
    (each,) = compare(judged(finding(line=5)), change, "new")
    assert each.cause == Span("alarms.tf", 9, 9)
    (there,) = compare(judged(finding(path="alarms.tf", line=9)), change, "new")
    assert there.cause is None


PLACES = st.lists(st.tuples(st.sampled_from(["a.tf", "b.tf"]), st.sampled_from(["x", "y"])), max_size=8)


def laid_out(places: list[tuple[str, str]]) -> list[Finding]:
    return [finding(path=path, line=line, text=text) for line, (path, text) in enumerate(places, 1)]


@given(
    PLACES,
    PLACES,
    PLACES,
    st.sets(st.integers(1, 8)),
    st.sets(st.tuples(st.sampled_from(["a.tf", "b.tf"]), st.integers(1, 8))),
    st.booleans(),
)
def test_base_baseline_and_waivers_together_lose_nothing_and_excuse_nothing_twice(
    before: list[tuple[str, str]],
    accepted: list[tuple[str, str]],
    after: list[tuple[str, str]],
    waived: set[int],
    touched: set[tuple[str, int]],
    is_renamed: bool,
) -> None:
    base = judged(*laid_out(before))
    baseline = parse(write(judged(*laid_out(accepted))), "b.json")
    head = judged(*laid_out(after))
    head = tuple(
        settle(each, Disposition.WAIVED, "ok") if each.finding.location.span.line in waived else each
        for each in head
    )
    lines = {
        path: frozenset(line for name, line in touched if name == path)
        for path in {name for name, _ in touched}
    }
    change = Change(lines, {"b.tf": "a.tf"} if is_renamed else {}, base)
    settled = compare(accept(head, baseline), change, "new")

    assert [each.finding for each in settled] == [each.finding for each in head]
    for mark in {each.fingerprint for each in head}:
        here = Counter(each.disposition for each in settled if each.fingerprint == mark)
        assert here.total() == sum(1 for each in head if each.fingerprint == mark)
    for text in ("x", "y"):
        kind = text_hash(text)
        here = Counter(each.disposition for each in settled if each.finding.text_hash == kind)
        known = sum(1 for _, each in before if each == text)
        excused = sum(1 for _, each in accepted if each == text)
        assert here[Disposition.WAIVED] == sum(
            1 for each in head if each.finding.text_hash == kind and each.disposition is Disposition.WAIVED
        )
        assert here[Disposition.BASELINED] <= excused
        assert here[Disposition.OUTSIDE_DIFF] <= known
        left = here.total() - here[Disposition.WAIVED] - excused - known
        assert here[Disposition.REPORTED] >= left


@given(PLACES, PLACES, st.sets(st.tuples(st.sampled_from(["a.tf", "b.tf"]), st.integers(1, 8))))
def test_a_finding_is_either_continued_or_fixed_or_new_and_only_one_of_them(
    before: list[tuple[str, str]], after: list[tuple[str, str]], touched: set[tuple[str, int]]
) -> None:
    base, head = judged(*laid_out(before)), judged(*laid_out(after))
    lines = {path: frozenset(n for name, n in touched if name == path) for path, _ in touched}
    change = Change(lines, {}, base)
    here = Counter(each.disposition for each in compare(head, change, "new"))
    assert here[Disposition.OUTSIDE_DIFF] + len(fixed(head, change)) == len(base)
    assert here[Disposition.OUTSIDE_DIFF] + here[Disposition.REPORTED] == len(head)


def test_of_equal_findings_those_on_changed_lines_are_new() -> None:
    base = judged(finding(line=5))
    head = judged(finding(line=3), finding(line=9))
    change = Change({"db.tf": frozenset({3})}, {}, base)
    assert [each.disposition for each in compare(head, change, "new")] == [
        Disposition.REPORTED,
        Disposition.OUTSIDE_DIFF,
    ]


def test_of_equal_findings_the_accepted_one_is_the_one_that_was_there() -> None:
    base = judged(finding(line=5))
    head = accept(judged(finding(line=3), finding(line=9)), parse(write(base), "b.json"))
    change = Change({"db.tf": frozenset({3})}, {}, base)
    assert [each.disposition for each in compare(head, change, "new")] == [
        Disposition.REPORTED,
        Disposition.BASELINED,
    ]
