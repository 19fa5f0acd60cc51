"""The shop in examples/: djaws finds what its README lists, where it lists it, and nothing else that matters."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from djaws.finding import Severity
from djaws.policy import modules, own_folder

ROOT = Path(__file__).resolve().parent.parent
SHOP = ROOT / "examples" / "shop"
README = SHOP / "README.md"

FOUND = {"reported", "below-threshold", "duplicate"}
OPEN = {"reported", "below-threshold"}

#: How far from the listed line a finding may be: engines point at the start of a step or of a nested block.
NEAR = 3


class Row(NamedTuple):
    """A row of one of the README's tables: rules that look at one line, and what stands there."""

    section: str
    rules: tuple[str, ...]
    path: str
    line: int
    quote: str

    def __str__(self) -> str:
        return f"{', '.join(self.rules)} at {self.path}:{self.line}"


def rows(*sections: str) -> list[Row]:
    found = [row for row in _rows(README.read_text(encoding="utf-8")) if row.section in sections]
    assert found, f"the README has no table under {sections}"
    return found


def _rows(text: str) -> Iterator[Row]:
    section = ""
    for line in text.splitlines():
        if line.startswith("## "):
            section = line.removeprefix("## ")
        elif re.match(r"\| `[^|]+` \| \S+ \| \d+ \|", line):
            rules, path, number, quote, _ = (
                cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))
            )
            yield Row(
                section,
                tuple(re.findall(r"`([^`]+)`", rules)),
                path,
                int(number),
                quote.strip("`").replace("\\|", "|"),
            )


PLANTED, RIGHT = "Planted faults", "Looks wrong and is right"
OWN, OWN_RIGHT = "Own policies", "Own policies: looks wrong and is right"


def existing(listed: list[Row]) -> list[Row]:
    """The rows whose policy has been written."""
    written = {policy_id for policy_id, _ in modules(own_folder())}
    return [row for row in listed if set(row.rules) <= written]


def check(*arguments: str, cache: Path) -> dict[str, Any]:
    """The JSON report on the shop, asked for as the README does. The day is fixed: waivers and versions age."""
    done = subprocess.run(
        [
            *(sys.executable, "-P", "-m", "djaws", "check", "examples/shop"),
            *("--format", "json", "--as-of", "2026-11-23", *arguments),
        ],
        cwd=ROOT,
        env={**os.environ, "DJAWS_CACHE_DIR": str(cache)},
        capture_output=True,
        check=False,
        timeout=600,
    )
    assert done.stdout, done.stderr.decode("utf-8", "replace")
    report: dict[str, Any] = json.loads(done.stdout)
    return report


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return check(cache=tmp_path_factory.mktemp("cache"))


Finding = Mapping[str, Any]


def path_in_shop(finding: Finding) -> str:
    path: str = finding["path"]
    return path.removeprefix("examples/shop/")


def is_at(finding: Finding, row: Row) -> bool:
    if path_in_shop(finding) != row.path:
        return False
    first = finding["line"] or row.line
    return first - NEAR <= row.line <= (finding["end_line"] or first) + NEAR


def seen_at(report: Mapping[str, Any], row: Row) -> set[str]:
    """The rules that speak at the row's place, by themselves or through an equivalent finding."""
    here = [
        finding for finding in report["findings"] if finding["disposition"] in FOUND and is_at(finding, row)
    ]
    return {finding["rule"] for finding in here} | {
        also["rule"] for finding in here for also in finding["also"]
    }


def block(path: str, line: int) -> range:
    """The lines of the resource, job or statement around a line: up to its neighbours at the same depth."""
    lines = (SHOP / path).read_text(encoding="utf-8").splitlines()
    if path.endswith((".tf", "flags.yaml")):
        opens = re.compile(r"[a-z]" if path.endswith(".tf") else r"  - ")
    elif path.endswith((".yaml", ".yml")):
        opens = re.compile(r"  \w")
    elif path == "Dockerfile":
        return range(1, len(lines) + 1)
    else:
        return range(line, line + 1)
    starts = [number for number, text in enumerate(lines, 1) if opens.match(text)]
    first = max((start for start in starts if start <= line), default=1)
    end = min((start for start in starts if start > line), default=len(lines) + 1)
    return range(first, end)


def test_the_run_is_complete_and_fails(report: dict[str, Any]) -> None:
    states = {run["engine"]: run["state"] for run in report["runs"]}
    assert states == dict.fromkeys(("djaws", "checkov", "cfn-lint", "bandit", "django"), "ran"), report[
        "runs"
    ]
    assert report["verdict"]["complete"]
    assert report["verdict"]["exit_code"] == 1


@pytest.mark.parametrize("row", rows(PLANTED, RIGHT, OWN, OWN_RIGHT), ids=str)
def test_the_readme_quotes_the_line_it_names(row: Row) -> None:
    lines = (SHOP / row.path).read_text(encoding="utf-8").splitlines()
    actual = [number for number, text in enumerate(lines, 1) if row.quote in text]
    assert row.line in actual, f"{row.quote!r} is in line {actual} of {row.path}"


def test_every_planted_fault_is_found_at_its_place(report: dict[str, Any]) -> None:
    missing = {str(row): set(row.rules) - seen_at(report, row) for row in rows(PLANTED)}
    assert {row: rules for row, rules in missing.items() if rules} == {}


def test_own_policies_find_what_is_planted_for_them(report: dict[str, Any]) -> None:
    missing = {str(row): set(row.rules) - seen_at(report, row) for row in existing(rows(OWN))}
    assert {row: rules for row, rules in missing.items() if rules} == {}


def test_nothing_of_medium_severity_or_more_is_open_that_the_readme_does_not_list(
    report: dict[str, Any],
) -> None:
    listed = rows(PLANTED, OWN)
    surprises = [
        f"{finding['rule']} at {path_in_shop(finding)}:{finding['line']}: {finding['message']}"
        for finding in report["findings"]
        if finding["disposition"] in OPEN
        and Severity(finding["severity"]).rank >= Severity.MEDIUM.rank
        and not any(finding["rule"] in row.rules and is_at(finding, row) for row in listed)
    ]
    assert surprises == []


def test_what_looks_wrong_and_is_right_has_no_open_finding(report: dict[str, Any]) -> None:
    convicted = [
        f"{finding['rule']} at {path_in_shop(finding)}:{finding['line']}"
        for row in rows(RIGHT, OWN_RIGHT)
        for finding in report["findings"]
        if finding["disposition"] in OPEN
        and finding["rule"] in row.rules
        and path_in_shop(finding) == row.path
        and (finding["line"] is None or finding["line"] in block(row.path, row.line))
    ]
    assert convicted == []


@pytest.mark.parametrize("row", [row for row in rows(RIGHT) if row.quote], ids=str)
def test_a_waived_place_keeps_its_finding_and_the_reason(row: Row, report: dict[str, Any]) -> None:
    waived = [
        finding
        for finding in report["findings"]
        if finding["disposition"] == "waived"
        and finding["rule"] in row.rules
        and path_in_shop(finding) == row.path
        and finding["line"] in block(row.path, row.line)
    ]
    says_so = f"| {row.path} | {row.line} | `{row.quote}` | Waived" in README.read_text(encoding="utf-8")
    assert bool(waived) == says_so
    assert all(finding["reason"] for finding in waived)


#: Each finder of modules is asked as before, but for what the shop can do without.
WITHOUT_REQUIREMENTS = """
import sys

ABSENT = {"boto3", "celery", "psycopg", "psycopg2", "redis", "requests", "storages", "waffle"}

class Without:
    def __init__(self, finder):
        self.finder = finder
    def __getattr__(self, name):
        return getattr(self.finder, name)
    def find_spec(self, name, path=None, target=None):
        return None if name.partition(".")[0] in ABSENT else self.finder.find_spec(name, path, target)

sys.meta_path[:] = [Without(finder) for finder in sys.meta_path]
sys.path.insert(0, ".")
from django.core.management import execute_from_command_line
execute_from_command_line(["manage.py", *sys.argv[1:]])
"""


def manage(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The shop's manage.py as if nothing but Django were installed, and with no variable of ours set."""
    return subprocess.run(
        [sys.executable, "-P", "-B", "-c", WITHOUT_REQUIREMENTS, *arguments],
        cwd=SHOP,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_the_shop_works_with_nothing_but_django() -> None:
    done = manage("test", "--settings", "shop.settings.test")
    assert done.returncode == 0, done.stderr
    assert "Ran 0 tests" not in done.stderr


def test_django_itself_sees_the_deploy_faults_that_the_readme_lists() -> None:
    done = manage("check", "--deploy", "--settings", "shop.settings.production")
    listed = {rule for row in rows(PLANTED) for rule in row.rules if rule.startswith("security.")}
    assert set(re.findall(r"\((security\.\w+)\)", done.stderr)) == listed


def test_static_and_live_django_give_the_same_ids(tmp_path: Path) -> None:
    def ids(*arguments: str) -> set[tuple[str, str]]:
        report = check("--engine", "django", *arguments, cache=tmp_path)
        assert [run["state"] for run in report["runs"] if run["engine"] == "django"] == ["ran"], report[
            "runs"
        ]
        return {(finding["rule"], finding["disposition"]) for finding in report["findings"]}

    static = ids()
    assert static
    assert ids("--live-django", "--python", sys.executable) == static
