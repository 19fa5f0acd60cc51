"""The terminal report: readable at 80 columns, verdict last, and no byte of the repository reaches the terminal raw."""

from __future__ import annotations

import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from djaws import policy
from djaws.finding import EngineRun, Span, Undecided, Units, Verdict
from djaws.render import FORMATS, figures, render
from djaws.report import Quote

from .demo import demo, empty, judged
from .runner import commands

ANSI = re.compile(r"\x1b\[[0-9;]*m")


def test_colour_changes_nothing_but_colour() -> None:
    coloured = render("text", demo(), colour=True, width=80)
    assert ANSI.search(coloured)
    assert ANSI.sub("", coloured) == render("text", demo(), width=80)


def test_without_colour_there_is_no_escape_sequence() -> None:
    assert "\x1b" not in render("text", demo())


@pytest.mark.parametrize("width", [60, 80, 120])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    lines = render("text", demo(), width=width).splitlines()
    table = [line for line in lines if re.match(r"  \S+ +\d+ +[\d·]|  topic", line)]
    assert [line for line in lines if len(line) > width and line not in table] == []


def test_the_verdict_is_the_last_line() -> None:
    text = render("text", demo(), width=200)
    assert text.splitlines()[-1] == (
        "✗ failed: 3 findings at or above high, 3 more open; the run is incomplete: cfn-lint failed, bandit missing  3.2 s"
    )
    assert render("text", empty()).splitlines()[-1].startswith("✓ passed: no findings")


def test_an_incomplete_run_never_reads_as_passed() -> None:
    report = msgspec.structs.replace(
        empty(complete=False), runs=(EngineRun("bandit", "1.9.4", "ran", Units(3, 2, 0, 0, 1)),)
    )
    last = render("text", report).splitlines()[-1]
    assert "passed" not in last
    assert "bandit ran out of time in part" in last


def test_the_line_is_quoted_with_its_neighbours_and_control_characters_are_spelled_out() -> None:
    text = render("text", demo(), width=80)
    assert "12 │   storage_encrypted = false" in text
    assert "\\x1b[2Jhunter2" in text
    assert "\\u202egnp.exe" in text


def test_every_engine_has_a_line_with_its_state() -> None:
    text = render("text", demo(), width=100)
    for engine, state in [
        ("djaws", "ran"),
        ("checkov", "cached"),
        ("cfn-lint", "failed"),
        ("bandit", "missing"),
        ("django", "skipped"),
    ]:
        assert re.search(rf"^  {engine} +{state} ", text, re.MULTILINE)
    assert "infra/broken.yaml: TypeError" in text
    assert "1 of 4 units failed" in text


def test_open_questions_are_grouped_by_cause() -> None:
    many = tuple(Undecided("r", Span("a.tf", n), f"cause {n % 9}") for n in range(1, 40))
    text = render("text", msgspec.structs.replace(empty(), undecided=many))
    assert "39 questions" in text
    assert "    5 × cause 1" in text
    assert "for 3 other reasons" in text


def test_the_summary_counts_by_topic_and_pillar() -> None:
    text = render("text", demo(), width=80)
    assert re.search(r"^  topic +open  failing  security  reliability  operations  cost$", text, re.MULTILINE)
    assert re.search(r"^  encryption +1 +1 +1 +· +· +·$", text, re.MULTILINE)
    assert "alarms: 12 of 20 (60 %)" in text


@given(st.text(alphabet=st.characters(codec=None)), st.text(alphabet=st.characters(codec=None), min_size=1))
def test_hostile_text_neither_controls_the_terminal_nor_the_runner(message: str, path: str) -> None:
    hostile = judged(
        "B105", path, 1, f"::error::{message}\n::stop-commands::x ##[error]{message}", subject=message
    )
    report = msgspec.structs.replace(
        empty(),
        judged=(hostile,),
        quotes={f"{path}:1": Quote(1, (message, path))},
        undecided=(Undecided("r", Span(path), message),),
        notes=(message,),
        verdict=Verdict(1, 1, True),
    )
    text = render("text", report, width=80)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", text)
    assert commands(text) == []


def test_a_finding_that_a_change_elsewhere_caused_names_that_place_everywhere() -> None:
    caused = msgspec.structs.replace(judged("B105", "a.py", 1, "m"), cause=Span("infra/alarms.tf", 7))
    report = msgspec.structs.replace(empty(), judged=(caused,), verdict=Verdict(1, 1, True))
    for format in FORMATS:
        if format != "gitlab":
            assert "infra/alarms.tf" in render(format, report), format


def test_pillars_are_those_that_policies_know() -> None:
    assert figures.PILLARS == policy.PILLARS
