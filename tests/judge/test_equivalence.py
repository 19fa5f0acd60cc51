"""Equivalent findings of one place become one, and the others stay visible behind it."""

from __future__ import annotations

from made import finding, judged

from djaws import catalogue
from djaws.finding import Disposition
from djaws.judge.equivalence import clusters, merge


def merged(*findings: object) -> dict[str, Disposition]:
    before = judged(*findings)  # type: ignore[arg-type]
    after = merge(before, clusters(before, catalogue.equivalences()))
    return {each.rule.id: each.disposition for each in after}


def test_the_catalogue_choice_stands_for_the_others_at_one_place() -> None:
    before = judged(
        finding("CKV_SECRET_6", path="s.py", line=3, subject=""),
        finding("B105", "bandit", path="s.py", line=3, subject=""),
        finding("security.W009", "django", path="s.py", line=3, subject="SECRET_KEY"),
    )
    after = merge(before, clusters(before, catalogue.equivalences()))
    live = [each for each in after if each.disposition is Disposition.REPORTED]
    assert len(live) == 1
    assert {also.rule for also in live[0].also} | {live[0].rule.id} == {
        "CKV_SECRET_6",
        "B105",
        "security.W009",
    }


def test_the_same_rules_at_other_places_stay_apart() -> None:
    found = merged(
        finding("B105", "bandit", path="s.py", line=3, subject=""),
        finding("CKV_SECRET_6", path="s.py", line=30, subject=""),
    )
    assert set(found.values()) == {Disposition.REPORTED}


def test_two_findings_of_one_rule_are_never_duplicates_of_each_other() -> None:
    before = judged(finding(line=3, subject="a"), finding(line=3, subject="a"))
    after = merge(before, clusters(before, catalogue.equivalences()))
    assert [each.disposition for each in after] == [Disposition.REPORTED] * 2


def test_one_resource_is_recognised_under_both_engines_names() -> None:
    bucket = {"path": "t.yaml", "block": (2, 9)}
    found = merged(
        finding("CKV2_AWS_6", line=2, subject="AWS::S3::Bucket.Media", **bucket),
        finding("CKV_AWS_53", line=2, subject="AWS::S3::Bucket.Media", **bucket),
        finding("CKV_AWS_54", line=2, subject="AWS::S3::Bucket.Media", **bucket),
    )
    assert found == {
        "CKV2_AWS_6": Disposition.REPORTED,
        "CKV_AWS_53": Disposition.DUPLICATE,
        "CKV_AWS_54": Disposition.DUPLICATE,
    }
