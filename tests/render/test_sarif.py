"""SARIF: valid by the schema and GitHub's rules, holding what code scanning must know and nothing it would misread."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from djaws.finding import Confidence, Disposition, Severity
from djaws.render import render, sarif
from djaws.render.escaping import uri
from djaws.render.sarif import primary_location_line_hash, rule_name, semantic_version
from djaws.report import Report

from .demo import RULES, demo, empty, judged
from .tools import multitool


def run_of(
    report: Report, format: str = "sarif", read: Callable[[str], str | None] | None = None
) -> dict[str, Any]:
    document = json.loads(render(format, report, read=read))
    (run,) = document["runs"]
    assert isinstance(run, dict)
    return run


def with_findings(*found: Any) -> Report:
    return msgspec.structs.replace(empty(), judged=found)


# --- validators


@pytest.mark.parametrize("format", ["sarif", "sarif-audit"])
@pytest.mark.parametrize(
    "report", [demo(), empty(), empty(complete=False)], ids=["demo", "empty", "incomplete"]
)
def test_validators_find_no_error(format: str, report: Report, tmp_path: Path) -> None:
    folder = multitool()
    file = tmp_path / "djaws.sarif"
    file.write_text(render(format, report, read=lambda path: "a\nb\n" * 60), encoding="utf-8")
    schema = [
        sys.executable,
        "-m",
        "check_jsonschema",
        "--schemafile",
        str(folder / "sarif-2.1.0.json"),
        str(file),
    ]
    checked = subprocess.run(schema, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout
    command = [str(folder / "Sarif.Multitool"), "validate", str(file), "--rule-kind", "Sarif;Ghas"]
    validated = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "Analysis completed successfully" in validated.stdout
    assert not re.findall(r".*: error .*", validated.stdout), validated.stdout


def test_the_validator_does_notice_an_error(tmp_path: Path) -> None:
    folder, file = multitool(), tmp_path / "djaws.sarif"
    document = json.loads(render("sarif", demo()))
    del document["runs"][0]["tool"]["driver"]["rules"][0]["help"]
    file.write_text(json.dumps(document))
    command = [str(folder / "Sarif.Multitool"), "validate", str(file), "--rule-kind", "Sarif;Ghas"]
    assert re.findall(
        r"error GH\d+", subprocess.run(command, capture_output=True, text=True, check=False).stdout
    )


# --- what is in which file


def test_the_upload_holds_every_open_finding_and_nothing_else() -> None:
    found = run_of(demo())["results"]
    assert {one["properties"]["disposition"] for one in found} == {
        "reported",
        "below-threshold",
        "outside-diff",
    }
    assert len(found) == sum(judged.is_open for judged in demo().judged)
    assert all("suppressions" not in one for one in found)


def test_the_audit_holds_everything_and_marks_what_is_suppressed() -> None:
    found = run_of(demo(), "sarif-audit")["results"]
    assert len(found) == len(demo().judged)
    suppressed = {
        one["properties"]["disposition"]: one["suppressions"][0] for one in found if "suppressions" in one
    }
    assert set(suppressed) == {"off", "answered", "waived", "baselined", "duplicate"}
    assert suppressed["waived"] == {
        "kind": "inSource",
        "status": "accepted",
        "justification": "waived: moves out in May",
    }
    assert suppressed["baselined"]["kind"] == "external"


# --- results


def test_a_result_is_one_line_with_its_block_as_a_related_location() -> None:
    found = next(one for one in run_of(demo())["results"] if one["ruleId"] == "CKV_AWS_16")
    (location,) = found["locations"]
    assert location["physicalLocation"] == {
        "artifactLocation": {"uri": "infra/db.tf"},
        "region": {"startLine": 12},
    }
    block, key = found["relatedLocations"]
    assert block["physicalLocation"]["region"] == {"startLine": 8, "endLine": 31}
    assert (block["id"], key["id"]) == (1, 2)
    assert found["message"]["text"] == (
        "stores its data unencrypted (aws_db_instance.main). Also reported as E3676 (cfn-lint). "
        "See [the whole of aws_db_instance.main](1), [the key that could encrypt it](2)."
    )


def test_text_of_the_repository_cannot_make_links_or_escape_its_line() -> None:
    report = with_findings(judged("B105", "a.py", 1, "[free money](http://evil) \x1b[31m\n##[error]"))
    text = run_of(report)["results"][0]["message"]["text"]
    assert "](" not in text
    assert "\x1b" not in text
    assert "\n" not in text


def test_a_finding_without_a_line_is_on_line_one() -> None:
    (found,) = run_of(with_findings(judged("security.W008", "s.py", None, "m")))["results"]
    assert found["locations"][0]["physicalLocation"]["region"] == {"startLine": 1}


@pytest.mark.parametrize(
    ("path", "encoded"),
    [
        ("a b/100%.tf", "a%20b/100%25.tf"),
        ("bad\\xff\\x80.tf", "bad%FF%80.tf"),
        ("a\\x41.tf", "a%5Cx41.tf"),
        ("x:y#z?.tf", "x%3Ay%23z%3F.tf"),
        ("ü/~ok_1-2.tf", "%C3%BC/~ok_1-2.tf"),
    ],
)
def test_paths_are_percent_encoded_and_odd_bytes_are_themselves(path: str, encoded: str) -> None:
    assert uri(path) == encoded


def test_the_run_is_unsuccessful_when_incomplete_and_says_why() -> None:
    invocation = run_of(demo())["invocations"][0]
    assert invocation["executionSuccessful"] is False
    texts = [note["message"]["text"] for note in invocation["toolExecutionNotifications"]]
    assert "bandit missing." in texts
    assert any(text.startswith("cfn-lint: TypeError") for text in texts)
    assert run_of(empty())["invocations"] == [{"executionSuccessful": True, "exitCode": 0}]


def test_category_and_tool_are_the_ones_alerts_are_kept_under() -> None:
    run = run_of(demo())
    assert run["automationDetails"] == {"id": "djaws/"}
    assert (run["tool"]["driver"]["name"], run["tool"]["driver"]["semanticVersion"]) == ("djaws", "0.4.0")


# --- rules


def test_every_rule_has_help_a_level_and_properties_within_githubs_limits() -> None:
    long = msgspec.structs.replace(RULES["B105"], title="word " * 900, tags=tuple(map(str, range(40))))
    found = [*demo().judged, msgspec.structs.replace(judged("B105", "a", 1, "m"), rule=long)]
    for rule in run_of(msgspec.structs.replace(demo(), judged=tuple(found)))["tool"]["driver"]["rules"]:
        assert rule["help"]["text"]
        assert rule["help"]["markdown"]
        assert len(rule["name"]) <= 255
        assert rule["name"] != rule["id"]
        assert len(rule["shortDescription"]["text"]) <= 1024
        assert len(rule["fullDescription"]["text"]) <= 1024
        assert rule["defaultConfiguration"]["level"] in ("error", "warning", "note")
        assert len(rule["properties"]["tags"]) <= 10


def test_security_rules_alone_carry_a_security_severity_as_text() -> None:
    rules = {rule["id"]: rule["properties"] for rule in run_of(demo())["tool"]["driver"]["rules"]}
    assert rules["CKV_AWS_16"]["security-severity"] == "9.5"
    assert rules["security.W008"]["security-severity"] == "5.5"
    assert "security-severity" not in rules["cost/missing-tags"]


def test_levels_follow_the_severity() -> None:
    levels = {one["ruleId"]: one["level"] for one in run_of(demo())["results"]}
    assert levels["CKV_AWS_16"] == "error"
    assert levels["cost/missing-tags"] == "warning"
    assert levels["flags/stale-flag"] == "note"


def test_what_never_fails_djaws_does_not_fail_githubs_check() -> None:
    unsure = msgspec.structs.replace(RULES["CKV_AWS_16"], confidence=Confidence.LOW)
    advice = msgspec.structs.replace(RULES["CKV_AWS_16"], id="X", default="advice")
    found = tuple(
        msgspec.structs.replace(judged("CKV_AWS_16", "a.tf", 1, "m"), rule=rule) for rule in (unsure, advice)
    )
    run = run_of(with_findings(*found))
    assert {one["level"] for one in run["results"]} == {"warning"}
    assert {rule["properties"]["security-severity"] for rule in run["tool"]["driver"]["rules"]} == {"5.5"}


def test_two_engines_with_the_same_id_stay_two_rules() -> None:
    other = msgspec.structs.replace(RULES["B105"], engine="other")
    run = run_of(
        with_findings(
            judged("B105", "a", 1, "m"), msgspec.structs.replace(judged("B105", "b", 1, "m"), rule=other)
        )
    )
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["bandit/B105", "other/B105"]
    for one in run["results"]:
        assert run["tool"]["driver"]["rules"][one["ruleIndex"]]["id"] == one["ruleId"]


@pytest.mark.parametrize(
    ("version", "semantic"),
    [("0.4.0", "0.4.0"), ("1.2rc1", "1.2.0-rc1"), ("1.0.0.dev3+g12", "1.0.0-dev3+g12"), ("x", "0.0.0")],
)
def test_versions_are_semantic(version: str, semantic: str) -> None:
    assert semantic_version(version) == semantic


def test_a_rules_name_is_one_word_and_never_its_id() -> None:
    assert rule_name("No alarm watches it", "x") == "NoAlarmWatchesIt"
    assert rule_name("B105", "B105") == "B105Rule"
    assert rule_name("!!", "a/b") == "AB"


# --- limits


def test_beyond_the_limit_the_most_important_are_kept_and_the_rest_is_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sarif, "MOST_FINDINGS", 5)
    found = [judged("cost/missing-tags", "a.tf", n, "m", Disposition.BELOW_THRESHOLD) for n in range(1, 9)]
    worst = judged("CKV_AWS_16", "z.tf", 1, "m")
    run = run_of(with_findings(*found, worst))
    assert len(run["results"]) == 5
    assert run["results"][0]["ruleId"] == "CKV_AWS_16"
    assert run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"].startswith(
        "4 less important findings"
    )


def test_the_upload_is_cut_until_it_fits_when_compressed(monkeypatch: pytest.MonkeyPatch) -> None:
    noise = random.Random(7)
    monkeypatch.setattr(sarif, "MOST_BYTES", 20_000)
    found = [
        judged(
            "B105", f"{noise.random()}.py", n, f"{noise.random()}", fingerprint=f"{noise.getrandbits(128):x}"
        )
        for n in range(1, 900)
    ]
    text = render("sarif", with_findings(*found))
    assert sarif._compressed_size(text) <= 20_000
    assert 50 < len(json.loads(text)["runs"][0]["results"]) < 899
    assert len(run_of(with_findings(*found), "sarif-audit")["results"]) == 899


# --- GitHub's fingerprint of a line

GREETINGS = [
    "e9496ae3ebfced30:1",
    "fb7c023a8b9ccb3f:1",
    "ce8ba1a563dcdaca:1",
    "e20e36e16fcb0cc8:1",
    "b3edc88f2938467e:1",
    "c8e28b0b4002a3a0:1",
    "c129715d7a2bc9a3:1",
]


@pytest.mark.parametrize(
    ("text", "hashes"),
    [
        ("", ["c129715d7a2bc9a3:1"]),
        (
            " a\nb\n  \t\tc\n d",
            ["271789c17abda88f:1", "54703d4cd895b18:1", "180aee12dab6264:1", "a23a3dc5e078b07b:1"],
        ),
        (" hello; \t\nworld!!!\n\n\n  \t\tGreetings\n End\n", GREETINGS),
        (" hello; \t\nworld!!!\r\r\r  \t\tGreetings\r End\r", GREETINGS),
        (" hello; \t\r\nworld!!!\r\n\r\n\r\n  \t\tGreetings\r\n End\r\n", GREETINGS),
        (" hello; \t\nworld!!!\r\n\n\r  \t\tGreetings\r End\r\n", GREETINGS),
        (
            "Lorem ipsum dolor sit amet.\n" * 10,
            [
                *(f"a7f2ff13bc495cf2:{n}" for n in range(1, 7)),
                "a7f2ff1481e87703:1",
                "a9cf91f7bbf1862b:1",
                "55ec222b86bcae53:1",
                "cc97dc7b1d7d8f7b:1",
                "c129715d7a2bc9a3:1",
            ],
        ),
    ],
)
def test_line_hashes_are_those_that_githubs_upload_computes(text: str, hashes: list[str]) -> None:
    assert primary_location_line_hash(text) == hashes


def rolled(text: str) -> list[str]:
    """The hashes by a rolling window, one unit at a time, as the upload action does it."""
    window, lines, index, value, starts, after_return = [0] * 100, [False] * 100, 0, 0, True, False
    out, seen = [], {}
    units = text.encode("utf-16-le", "surrogatepass")

    def emit() -> None:
        seen[value] = seen.get(value, 0) + 1
        out.append(f"{value:x}:{seen[value]}")
        lines[index] = False

    def push(unit: int) -> None:
        nonlocal value, index
        gone, window[index] = window[index], unit
        value = (37 * value + unit - pow(37, 100) * gone) % 2**64
        index = (index + 1) % 100

    for unit in (*(int.from_bytes(units[n : n + 2], "little") for n in range(0, len(units), 2)), 65535):
        if unit in (32, 9) or (after_return and unit == 10):
            after_return = False
            continue
        after_return, unit = unit == 13, 10 if unit == 13 else unit
        if lines[index]:
            emit()
        if starts:
            lines[index], starts = True, False
        starts = unit == 10
        push(unit)
    for _ in range(100):
        if lines[index]:
            emit()
        push(0)
    return out


@given(st.text(alphabet=" \t\r\nab😀ü\ud800", max_size=400))
def test_line_hashes_equal_a_rolling_window(text: str) -> None:
    assert primary_location_line_hash(text) == rolled(text)


def test_results_carry_the_line_hash_when_the_text_can_be_had() -> None:
    found = judged("B105", "a.py", 2, "m", fingerprint="ff")
    (one,) = run_of(with_findings(found), read=lambda path: " a\nb\n  \t\tc\n d")["results"]
    assert one["partialFingerprints"] == {"djaws/v1": "ff", "primaryLocationLineHash": "54703d4cd895b18:1"}
    for text in (None, "short"):
        (one,) = run_of(with_findings(found), read=lambda path, text=text: text)["results"]  # type: ignore[misc]
        assert one["partialFingerprints"] == {"djaws/v1": "ff"}


def test_severities_of_findings_win_over_those_of_rules() -> None:
    (one,) = run_of(with_findings(judged("CKV_AWS_16", "a", 1, "m", severity=Severity.LOW)))["results"]
    assert one["level"] == "note"
