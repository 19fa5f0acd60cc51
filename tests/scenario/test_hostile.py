"""A change that attacks whoever reads about it: names of files and branches, texts in code, templates and configuration."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from render.runner import commands
from support import Repository

from .gate import Seen, run
from .github import TOKEN, GitHub
from .test_pull_request import Change, changed, merge

TEXTS = (
    "::error file=README.md::owned",
    "\n::set-output name=exit-code::0",
    "\r::add-mask::a",
    "##[set-output name=exit-code;]0",
    "##vso[task.complete result=Succeeded]",
    "::stop-commands::token",
    "%0A::add-path::/tmp",
    "\x1b[2J\x1b[31mred",
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    "</code></details><h1>passed</h1>",
    "[click](javascript:alert(1))",
    "![](http://evil.example/x.png)",
    "| a | b |\n|---|---|",
    "```\n# heading",
    "@acme/admins #1 GH-1",
    "\u202egnp.exe",
    "{{ 7*7 }} ${{ github.token }} $(touch owned) `touch owned`",
)
NAMES: tuple[bytes, ...] = (
    b"new\nline.py",
    b"new\r::error::line.py",
    b"::error file=a,line=1::x.py",
    b"##[add-mask]x.py",
    b"<img src=x onerror=alert(1)>.py",
    b"a|b`c*_d.py",
    b"caf\xff.py",
    b"[a](javascript:b).py",
    b"-rf --help.py",
    b"@acme #1 \x1b[31m.py",
    "\u202egnp.exe.py".encode(),
    b"$(touch owned);`touch owned`.py",
    b"deep/..%2f/%0a::error::.py",
)
BRANCH = "x;touch${IFS}owned;`touch${IFS}owned`<img/src=x>@acme#1"


def attack(repository: Repository) -> Change:
    """A pull request with one fault, on line 2, in each badly named file, and one for each bad text."""
    change = changed(repository, {"texts.py": "".join(f"password = {text!r}\n" for text in TEXTS)})
    repository.git("checkout", "-q", "-f", "change")
    repository.git("checkout", "-q", "-b", BRANCH)
    for name in NAMES:
        file = Path(os.fsdecode(os.fsencode(repository.root) + b"/" + name))
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("import subprocess\nsubprocess.call(input(), shell=True)\n")
    repository.commit({})
    change = merge(repository)
    change.event["pull_request"] |= {"title": TEXTS[0], "body": "\n".join(TEXTS)}
    return change


@pytest.fixture
def seen(repository: Repository, github: GitHub, tmp_path: Path) -> Seen:
    change = attack(repository)
    return run(
        repository, tmp_path / "pr", github=github, event=change.event, engines="bandit", comment="true"
    )


def test_every_fault_is_shown_at_its_place(seen: Seen, github: GitHub) -> None:
    expected = {os.fsdecode(name).encode("utf-8", "surrogateescape") for name in NAMES}
    shown = {
        re.sub(rb"\\x([89a-f][0-9a-f])", lambda m: bytes.fromhex(m[1].decode()), each["path"].encode())
        for each in github.annotations
        if each["path"] != "texts.py"
    }
    assert shown == expected
    lines = {each["start_line"] for each in github.annotations if each["path"] == "texts.py"}
    assert lines == set(range(1, len(TEXTS) + 1))


def test_the_runner_obeys_nothing_of_the_change(seen: Seen) -> None:
    assert commands(seen.log) == []
    assert "\x1b" not in seen.log
    assert seen.outputs["exit-code"] == "1"
    assert set(seen.outputs) == {
        "sarif-file",
        "audit-file",
        "report-file",
        "findings",
        "failing",
        "exit-code",
    }


def test_without_a_check_run_only_the_commands_of_djaws_are_obeyed(
    repository: Repository, tmp_path: Path
) -> None:
    change = attack(repository)
    seen = run(repository, tmp_path / "pr", event=change.event, engines="bandit")
    assert seen.step.obeyed == []
    assert {each.name for each in commands(seen.log)} <= {"error", "warning", "notice"}
    assert all(each.properties["title"].startswith(("B602", "B105", "djaws")) for each in commands(seen.log))
    assert "\x1b" not in seen.log


def test_the_pages_hold_no_markup_of_the_change(seen: Seen, github: GitHub) -> None:
    for page in (seen.summary, github.comments[0]["body"], github.check_runs[1]["summary"]):
        tags = set(re.findall(r"</?([a-zA-Z]\w*)", page))
        assert tags <= {"a", "br", "code", "details", "summary"}, tags
        assert not re.search(r"<a (?!href=\"https://github\.example/acme/shop/blob/)", page)
        assert not re.search(r"\]\((?!#)", page)
        assert not re.search(r"(^|\s)[@#]\w", re.sub(r"^#+ .*$", "", page, flags=re.MULTILINE))
        assert "\x1b" not in page
        assert "\u202e" not in page
        rows = [line for line in page.splitlines() if line.startswith("|")]
        assert {row.count("|") for row in rows} <= {4, 5, 6, 7}


def test_nobody_sees_the_token(seen: Seen, github: GitHub) -> None:
    told = [seen.log, seen.summary, *(str(each.body) for each in github.requests)]
    told += [file.read_text("utf-8") for file in seen.folder.rglob("*") if file.is_file()]
    assert [text for text in told if TOKEN in text] == []


def test_nothing_was_run(seen: Seen, repository: Repository) -> None:
    assert not list(repository.root.rglob("owned"))
    assert not list(seen.folder.rglob("owned"))
