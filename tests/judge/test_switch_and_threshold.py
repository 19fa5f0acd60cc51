"""Rules are on by default, profile and selection; what stays live fails above the threshold."""

from __future__ import annotations

import pytest
from made import finding, judged

from djaws.config import FileConfig
from djaws.finding import Disposition, EngineRun, Severity, Units
from djaws.judge.switch import switch
from djaws.judge.threshold import threshold, verdict


def disposition(config: FileConfig, **kind: object) -> Disposition:
    return switch(judged(finding(**kind)), config)[0].disposition  # type: ignore[arg-type]


def test_asserts_in_tests_are_off_and_elsewhere_are_not() -> None:
    kind = {"rule": "B101", "engine": "bandit"}
    assert disposition(FileConfig(), path="shop/tests/test_a.py", **kind) is Disposition.OFF
    assert (
        disposition(FileConfig(select=("B101",)), path="shop/tests/test_a.py", **kind) is Disposition.REPORTED
    )


def test_select_turns_everything_else_off() -> None:
    assert disposition(FileConfig(select=("CKV_AWS_16",))) is Disposition.REPORTED
    assert disposition(FileConfig(select=("encryption",))) is Disposition.REPORTED
    assert disposition(FileConfig(select=("bandit",))) is Disposition.OFF


def test_ignore_wins_over_select() -> None:
    assert disposition(FileConfig(select=("checkov",), ignore=("CKV_AWS_16",))) is Disposition.OFF


def test_strict_rules_wait_for_the_strict_profile() -> None:
    from djaws import catalogue

    rule = next(rule for rule in catalogue.rules() if rule.default == "strict" and rule.engine == "checkov")
    assert disposition(FileConfig(), rule=rule.id) is Disposition.OFF
    assert disposition(FileConfig(profile="strict"), rule=rule.id) is Disposition.REPORTED
    assert disposition(FileConfig(select=(rule.id,)), rule=rule.id) is Disposition.REPORTED


@pytest.mark.parametrize(
    ("fail_on", "expected"),
    [
        (Severity.HIGH, Disposition.BELOW_THRESHOLD),
        (Severity.MEDIUM, Disposition.REPORTED),
        (Severity.LOW, Disposition.REPORTED),
        (None, Disposition.BELOW_THRESHOLD),
    ],
)
def test_the_threshold_decides_what_fails(fail_on: Severity | None, expected: Disposition) -> None:
    (each,) = judged(finding())
    assert each.severity is Severity.MEDIUM
    assert threshold((each,), fail_on)[0].disposition is expected


def run(state: str, **units: int) -> EngineRun:
    return EngineRun("bandit", "1", state, Units(**units))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("runs", "findings", "code"),
    [
        ([run("ran", total=1, ran=1)], 0, 0),
        ([run("skipped")], 0, 0),
        ([run("missing", total=1)], 0, 3),
        ([run("failed", total=1, failed=1)], 0, 3),
        ([run("ran", total=2, ran=1, timeout=1)], 0, 3),
        ([run("timeout", total=1, timeout=1)], 1, 1),
    ],
)
def test_exit_codes_say_findings_first_and_incomplete_second(
    runs: list[EngineRun], findings: int, code: int
) -> None:
    found = judged(*[finding(line=n) for n in range(1, findings + 1)])
    assert verdict(found, runs).exit_code == code
