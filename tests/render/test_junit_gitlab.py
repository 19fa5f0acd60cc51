"""JUnit XML parses and counts right; GitLab's list has unique fingerprints; hostile text breaks neither."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from djaws.finding import Disposition
from djaws.render import render

from .demo import demo, empty, judged
from .runner import commands

ANY = st.text(alphabet=st.characters(codec=None), max_size=40) | st.sampled_from(
    ["]]>", "##[error]", "\n::error::x", "\x00"]
)


def test_a_test_case_for_each_engine_and_each_finding_that_is_on() -> None:
    root = ET.fromstring(render("junit", demo()))
    assert [suite.get("name") for suite in root] == ["djaws", "checkov", "cfn-lint", "bandit", "django"]
    assert len(root.findall(".//failure")) == 3 == int(root.get("failures", ""))
    assert len(root.findall(".//error")) == 2
    reasons = [skipped.get("message", "") for skipped in root.findall(".//skipped")]
    for expected in (
        "waived: moves out in May",
        "baselined: accepted",
        "answered: the balancer",
        "low confidence",
    ):
        assert any(expected in reason for reason in reasons)


def test_counts_of_a_suite_agree_with_its_cases() -> None:
    for suite in ET.fromstring(render("junit", demo())):
        assert int(suite.get("tests", "")) == len(suite.findall("testcase"))
        for name, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(suite.get(name, "")) == len(suite.findall(f"testcase/{tag}"))


def test_findings_of_an_engine_without_a_run_are_not_lost() -> None:
    report = msgspec.structs.replace(empty(), judged=(judged("B105", "a.py", 1, "m"),))
    assert ET.fromstring(render("junit", report)).find(".//failure") is not None


@given(ANY, ANY, ANY)
def test_any_text_gives_well_formed_xml_and_json_and_no_command(
    message: str, path: str, subject: str
) -> None:
    report = msgspec.structs.replace(empty(), judged=(judged("B105", path, 1, message, subject=subject),))
    xml, gitlab = render("junit", report), render("gitlab", report)
    assert len(ET.fromstring(xml.encode()).findall(".//failure")) == 1
    assert len(json.loads(gitlab)) == 1
    assert commands(xml) == commands(gitlab) == commands(render("json", report)) == []


def test_gitlab_gets_open_findings_with_unique_fingerprints() -> None:
    twin = judged("B105", "a.py", 1, "m", fingerprint="f")
    elsewhere = judged("B105", "b.py", 1, "m", fingerprint="f")
    waived = judged("B105", "c.py", 1, "m", Disposition.WAIVED)
    report = msgspec.structs.replace(empty(), judged=(twin, twin, elsewhere, waived))
    entries = json.loads(render("gitlab", report))
    assert len({entry["fingerprint"] for entry in entries}) == 3
    assert entries[0]["location"] == {"path": "a.py", "lines": {"begin": 1}}


def test_gitlab_severities_are_its_own() -> None:
    entries = json.loads(render("gitlab", demo()))
    assert {entry["severity"] for entry in entries} == {"blocker", "critical", "major", "minor"}
    assert all(
        list(entry) == ["description", "check_name", "fingerprint", "severity", "location"]
        for entry in entries
    )
