"""What djaws knows about the engines' rules."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from djaws import catalogue, policy
from djaws.finding import Severity

ENGINES = ("checkov", "cfn-lint", "bandit", "django")
MERGING = ("equivalent", "duplicate-in-engine", "subsumes")


@pytest.mark.parametrize(
    ("engine", "id", "severity", "topic"),
    [
        ("checkov", "CKV_AWS_17", "critical", "exposure"),
        ("checkov", "CKV_AWS_16", "medium", "encryption"),
        ("cfn-lint", "E3012", "high", "template"),
        ("bandit", "B602", "high", "code"),
        ("django", "security.W018", "critical", "django"),
        ("django", "4_0.E001", "medium", "django"),
    ],
)
def test_a_rule_has_its_severity_and_its_topic(engine: str, id: str, severity: str, topic: str) -> None:
    rule = catalogue.rule(engine, id)
    assert rule is not None
    assert (rule.severity, rule.topic) == (severity, topic)


def test_an_unknown_rule_is_none_and_not_known() -> None:
    assert catalogue.rule("checkov", "CKV_AWS_99999") is None
    assert catalogue.rule("bandit", "CKV_AWS_16") is None
    assert not catalogue.known("CKV_AWS_99999")


def test_an_id_is_known_bare_and_with_its_own_engine_only() -> None:
    assert catalogue.known("B105")
    assert catalogue.known("bandit:B105")
    assert not catalogue.known("checkov:B105")


def test_every_rule_is_complete() -> None:
    for rule in catalogue.rules():
        assert rule.engine in ENGINES
        assert rule.topic in catalogue.TOPICS, rule.id
        assert rule.pillar in policy.PILLARS, rule.id
        assert rule.title.strip() == rule.title, rule.id
        assert rule.title, rule.id
        assert rule.severity_source, rule.id
        assert rule.advice, rule.id
        assert set(rule.advice) <= set(catalogue.advice()), rule.id
        assert re.search(r"https://\S+$", rule.help), rule.id


def test_ids_are_unique_within_an_engine() -> None:
    keys = [(rule.engine, rule.id) for rule in catalogue.rules()]
    assert len(keys) == len(set(keys))


def test_the_help_says_what_to_set_in_each_language() -> None:
    rule = catalogue.rule("checkov", "CKV_AWS_16")
    assert rule is not None
    assert "Terraform: `aws_db_instance`: `storage_encrypted` must be `true`" in rule.help
    assert "CloudFormation: `AWS::RDS::DBInstance`: `StorageEncrypted` must be `true`" in rule.help


def test_the_advice_belongs_to_the_eight_sections() -> None:
    sections = [section.id for section in catalogue.sections()]
    assert sections == [f"S{number}" for number in range(1, 9)]
    assert {point.section for point in catalogue.advice().values()} == set(sections)


@pytest.mark.parametrize(
    ("engine", "id", "title", "severity", "topic"),
    [
        ("checkov", "CKV_SECRET_99", "New kind of token", "high", "iam"),
        ("checkov", "CKV_AWS_9999", "Ensure the thing is encrypted with TLS", "medium", "encryption"),
        ("checkov", "CKV_AWS_9998", "Ensure the thing is not publicly accessible", "high", "exposure"),
        ("checkov", "CKV_AWS_9997", "Ensure the thing is blue", "medium", "exposure"),
        ("checkov", "CKV_GHA_99", "Suspicious use of a runner", "medium", "delivery"),
        ("cfn-lint", "E9999", "New error", "high", "template"),
        ("cfn-lint", "I9999", "New hint", "low", "template"),
        ("bandit", "B999", "new_test", "medium", "code"),
        ("django", "security.W099", "New warning", "medium", "django"),
        ("django", "rest_framework.W001", "Third-party warning", "low", "django"),
        ("django", "corsheaders.E013", "Third-party error", "high", "django"),
    ],
)
def test_an_unknown_id_is_judged_by_its_form(
    engine: str, id: str, title: str, severity: str, topic: str
) -> None:
    rule = catalogue.fallback(engine, id, title)
    assert (rule.severity, rule.topic) == (severity, topic)
    assert "form of its id" in rule.severity_source


@given(st.sampled_from([*ENGINES, "other"]), st.text(max_size=20), st.text(max_size=40))
def test_a_fallback_never_fails_and_is_always_complete(engine: str, id: str, title: str) -> None:
    rule = catalogue.fallback(engine, id, title)
    assert rule.topic in catalogue.TOPICS
    assert rule.pillar in policy.PILLARS
    assert rule.severity in Severity
    assert rule.title == (title or id)


def test_equivalences_name_known_rules() -> None:
    for group in catalogue.equivalences():
        for engine, id in group.members:
            assert engine == "djaws" or catalogue.rule(engine, id), f"{group.id}: {engine}:{id}"
            assert (engine == "djaws") == ("/" in id)


def test_what_is_kept_is_a_member_and_never_alone() -> None:
    for group in catalogue.equivalences():
        assert group.keep is None or group.keep in group.members, group.id
        if group.relation in MERGING:
            assert group.keep is not None, group.id
            assert len(set(group.members)) > 1, group.id


def test_no_engine_rule_is_hidden_behind_a_weaker_one_of_an_engine() -> None:
    for group in catalogue.equivalences():
        kept = catalogue.rule(*group.keep) if group.keep else None
        if kept is None or group.relation not in MERGING:
            continue
        rules = [catalogue.rule(*member) for member in group.members]
        assert max(rule.severity.rank for rule in rules if rule) <= kept.severity.rank, group.id


def test_equivalence_ids_are_unique() -> None:
    ids = [group.id for group in catalogue.equivalences()]
    assert len(ids) == len(set(ids))


def test_the_nearest_name_is_found_and_nonsense_is_not() -> None:
    assert catalogue.nearest("monitorng", catalogue.TOPICS) == "monitoring"
    assert catalogue.nearest("ckv_aws_16", ["CKV_AWS_16", "CKV_AWS_17"]) == "CKV_AWS_16"
    assert catalogue.nearest("zzzzzz", catalogue.TOPICS) is None


def test_documentation_is_of_the_version_that_was_read() -> None:
    assert catalogue.documentation("cfn-lint", "E3012").endswith("/docs/rules.md#E3012")
    assert re.search(r"/en/\d+\.\d+\.\d+/plugins/b105_", catalogue.rule("bandit", "B105").help)  # type: ignore[union-attr]
    assert re.search(r"/en/\d+\.\d+/ref/checks/#security$", catalogue.rule("django", "security.W004").help)  # type: ignore[union-attr]
