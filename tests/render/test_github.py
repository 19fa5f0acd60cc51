"""Workflow commands: what the runner makes of them is what was meant, and nothing else happens."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from djaws.finding import Disposition, Finding, Judged, Location, Span, Verdict
from djaws.render import render
from djaws.render.escaping import unbracketed, visible
from djaws.render.github import Annotation, command, kept, left_over

from .demo import NASTY, RULES, demo, empty, judged
from .runner import Command, commands

TEXT = st.text() | st.sampled_from(
    ["::error::", "##[error]x", "%0A", "%250A", "a,b=c:d", "\r\n::stop-commands::x", " ::"]
)


@given(title=TEXT, message=TEXT, path=TEXT)
def test_the_runner_reads_back_what_was_written(title: str, message: str, path: str) -> None:
    line = command(Annotation("warning", f"t{title}", f"m{message}", f"p{path}", 3, 3, 7))
    (read,) = commands(line)
    expected = "\n".join(map(visible, f"m{message}".replace("\r\n", "\n").split("\n")))
    assert read == Command(
        "warning",
        {
            "file": unbracketed(visible(f"p{path}")),
            "line": "3",
            "endLine": "3",
            "col": "7",
            "title": unbracketed(visible(f"t{title}")).rstrip(),
        },
        unbracketed(expected),
    )


@given(st.lists(st.tuples(TEXT, TEXT, TEXT), max_size=4))
def test_hostile_text_never_becomes_a_command_of_its_own(texts: list[tuple[str, str, str]]) -> None:
    rule = RULES["B105"]
    found = tuple(
        Judged(
            Finding("B105", "bandit", message, Location(Span(path or "x", 1)), subject),
            rule,
            "f",
            Disposition.REPORTED,
        )
        for message, path, subject in texts
    )
    report = msgspec.structs.replace(empty(), judged=found, verdict=Verdict(1, len(found), True))
    assert [one.name for one in commands(render("github", report))] == ["error"] * len(found)


def test_the_demo_gives_errors_for_what_fails_and_softer_kinds_for_the_rest() -> None:
    read = commands(render("github", demo()))
    assert [one.name for one in read] == ["error"] * 5 + ["warning"] * 2 + ["notice"]
    assert read[0].properties["title"] == "djaws: cfn-lint failed"
    assert any(NASTY.partition("\r")[0] in one.data for one in read)


def test_columns_are_given_only_on_a_single_line() -> None:
    assert "col=" not in command(Annotation("error", "t", "m", "p", 1, 2, 5))
    assert "col=5" in command(Annotation("error", "t", "m", "p", 1, None, 5))
    assert "line=" not in command(Annotation("error", "t", "m", "p"))


def test_a_message_is_cut_where_the_runner_would_cut_it() -> None:
    (read,) = commands(command(Annotation("error", "t", "%" * 5000, "p", 1)))
    assert len(read.data) == 4096
    assert read.data.endswith("…")


def test_only_ten_of_a_kind_are_sent_and_the_rest_is_counted() -> None:
    many = [Annotation(kind, f"{n}", "m") for kind in ("notice", "warning", "error") for n in range(60)]  # type: ignore[arg-type]
    chosen = kept(many)
    assert [sum(one.kind == kind for one in chosen) for kind in ("error", "warning", "notice")] == [
        10,
        10,
        10,
    ]
    assert [one.title for one in chosen if one.kind == "error"] == [str(n) for n in range(10)]
    assert chosen[-1].title == "djaws: 151 more findings"


def test_nothing_is_counted_as_left_out_when_all_fit() -> None:
    many = [Annotation(kind, f"{n}", "m") for kind in ("error", "notice") for n in range(10)]  # type: ignore[arg-type]
    assert len(kept(many)) == 20


def test_the_gravest_of_many_findings_come_first() -> None:
    found = tuple(judged("cost/missing-tags", "a.tf", n, "m", Disposition.REPORTED) for n in range(1, 40))
    worst = judged("CKV_AWS_16", "z.tf", 9, "worst", Disposition.REPORTED)
    report = msgspec.structs.replace(empty(), judged=(*found, worst))
    assert commands(render("github", report))[0].properties["file"] == "z.tf"


@given(st.lists(st.sampled_from(["", "a.py"]), max_size=12), st.integers(0, 12))
def test_a_check_run_and_the_log_share_every_annotation_once(paths: list[str], taken: int) -> None:
    everything = [Annotation("error", str(n), "m", path) for n, path in enumerate(paths)]
    in_check_run = [each for each in everything if each.path][:taken]
    in_log = list(left_over(everything, len(in_check_run)))
    assert sorted(in_check_run + in_log, key=lambda each: int(each.title)) == everything
