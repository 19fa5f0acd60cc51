"""The harness obeys as the runner does; otherwise the other tests prove nothing."""

from __future__ import annotations

import pytest

from render.runner import Command

from . import runner


def test_an_annotation_is_read_with_its_properties_unescaped() -> None:
    step = runner.read("  ::error file=a%2Cb.py,line=3,title=x%3A y::first%0Asecond %25")
    assert step.annotations == [
        Command("error", {"file": "a,b.py", "line": "3", "title": "x: y"}, "first\nsecond %")
    ]


def test_the_eleventh_of_a_kind_is_dropped() -> None:
    step = runner.read("\n".join(["::error::e"] * 12 + ["::warning::w"]))
    assert [len(step.annotations), len(step.dropped)] == [11, 2]


def test_the_old_form_counts_anywhere_in_a_line() -> None:
    step = runner.read("harmless ##[add-mask]secret")
    assert [command.name for command in step.obeyed] == ["add-mask"]


def test_an_unknown_command_is_just_a_line() -> None:
    assert runner.read("::hello::world").log == ["::hello::world"]


def test_nothing_is_obeyed_until_commands_resume() -> None:
    step = runner.read("::stop-commands::abc\n::add-mask::x\n::abc::\n::notice::seen")
    assert [command.name for command in step.obeyed] == ["stop-commands"]
    assert [command.data for command in step.annotations] == ["seen"]


def test_outputs_come_in_both_forms() -> None:
    assert runner.outputs("a=1\nb<<X\nline=1\n\nX\n") == {"a": "1", "b": "line=1\n"}


def test_an_output_without_its_delimiter_fails_the_step() -> None:
    with pytest.raises(runner.Refused):
        runner.outputs("b<<X\nline\n")


def test_a_summary_that_is_too_large_is_dropped_whole() -> None:
    assert runner.summary(b"x" * (runner.SUMMARY + 1)) == b""
    assert runner.summary(b"x") == b"x"
