"""Every policy is held to its examples, both ways, in every language it names."""

from __future__ import annotations

import re

import pytest

from djaws import catalogue, examples
from djaws.policy import Policy, load, own_folder

POLICIES = load(own_folder())
CASES = [case for policy in POLICIES for case in examples.cases(policy)]
_ID = re.compile(r"^[a-z]+/[a-z0-9]+(-[a-z0-9]+)*$")


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_the_policy_says_what_its_example_marks(case: examples.Case) -> None:
    assert examples.disagreements(case) == []


@pytest.mark.parametrize("policy", POLICIES, ids=[policy.id for policy in POLICIES])
def test_the_policy_has_failing_and_passing_examples_for_each_language(policy: Policy) -> None:
    assert examples.missing(policy) == []


@pytest.mark.parametrize("policy", POLICIES, ids=[policy.id for policy in POLICIES])
def test_the_policy_explains_itself(policy: Policy) -> None:
    assert _ID.match(policy.id)
    assert policy.rule.topic in catalogue.TOPICS
    assert "## Why" in policy.rule.help
    assert "## Fix" in policy.rule.help
    assert policy.rule.severity_source
    assert set(policy.rule.advice) <= set(catalogue.advice())
    assert policy.rule.advice
