"""Bandit: it sees the files its command would, and what `# nosec` drops there is waived here."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from djaws.config import Config
from djaws.engines import Unit, bandit
from djaws.engines.drivers import bandit as driver
from djaws.files import discover
from djaws.finding import Confidence, Finding, Output

DATA = Path(__file__).parent.parent / "data" / "engines"
Write = Callable[[Mapping[str, str | bytes]], Path]


def plan(root: Path) -> tuple[Unit, ...]:
    tree = discover(root)
    return bandit.plan(tree, Config(path=root, root=tree.root))


def scan(root: Path) -> dict[str, Output]:
    units = plan(root)
    return {unit.id: output for unit, output in zip(units, driver.run(str(root), units), strict=True)}


def waivers(findings: tuple[Finding, ...]) -> dict[str, str | None]:
    return {finding.rule: finding.waived for finding in findings}


# --- the plan


def test_every_python_file_is_a_unit_of_its_own(tree: Write) -> None:
    root = tree({"a.py": "", "b/c.pyw": "", "d.txt": "", "e/f.py": "x = 1\n"})
    assert [unit.id for unit in plan(root)] == ["a.py", "b/c.pyw", "e/f.py"]
    assert all(unit.inputs == (unit.id,) for unit in plan(root))


def test_the_nearest_configuration_excludes_by_bandits_own_globs_and_substrings(tree: Write) -> None:
    root = tree(
        {
            "pyproject.toml": '[tool.bandit]\nexclude_dirs = ["outer"]\n',
            "outer.py": "",
            "api/pyproject.toml": '[tool.bandit]\nexclude_dirs = ["./tests/*", "vendor"]\nskips = ["B101"]\n',
            "api/tests/test_a.py": "",
            "api/x/vendored.py": "",
            "api/outer.py": "",
            "kept.py": "",
        }
    )
    assert [unit.id for unit in plan(root)] == ["api/outer.py", "kept.py"]


def test_an_ini_file_adds_to_the_table(tree: Write) -> None:
    root = tree(
        {
            "pyproject.toml": '[tool.bandit]\nskips = ["B101"]\n',
            ".bandit": "[bandit]\nskips: B404,B602\nexclude: /made\n",
            "a.py": "",
            "made/b.py": "",
        }
    )
    (unit,) = plan(root)
    assert unit.options == {"skips": ["B101", "B404", "B602"]}


@pytest.mark.parametrize("text", ["[tool.bandit\n", "tool = 1\n", "[tool]\nbandit = 3\n"])
def test_a_broken_configuration_is_no_configuration(tree: Write, text: str) -> None:
    root = tree({"pyproject.toml": text, ".bandit": "nonsense", "a.py": "", "b.pyw": ""})
    assert [(unit.id, unit.options) for unit in plan(root)] == [("a.py", {}), ("b.pyw", {})]


def test_a_configuration_without_exclusions_does_not_hide_them_in_the_options(tree: Write) -> None:
    root = tree(
        {
            "pyproject.toml": '[tool.bandit]\nexclude_dirs = ["x"]\n[tool.bandit.assert_used]\nskips = ["t"]\n',
            "a.py": "",
        }
    )
    (unit,) = plan(root)
    assert unit.options == {"assert_used": {"skips": ["t"]}}


# --- the parse, on recorded output


def test_recorded_output_becomes_findings_with_one_line_and_its_block() -> None:
    recorded = json.loads((DATA / "bandit.json").read_text())["results"]
    found = {finding.rule: finding for finding in driver.parse("app.py", recorded)}
    shell = found["B602"].location
    assert (shell.span.line, shell.span.end_line) == (10, 10)
    assert shell.block is not None
    assert (shell.block.line, shell.block.end_line) == (8, 11)
    assert found["B105"].confidence is Confidence.MEDIUM
    assert found["B105"].severity is None


def test_a_password_is_not_repeated() -> None:
    recorded = json.loads((DATA / "bandit.json").read_text())["results"]
    assert "correct horse" not in repr(list(driver.parse("app.py", recorded)))


# --- the driver


def test_nosec_waives_what_it_would_drop_and_nothing_else(tree: Write) -> None:
    root = tree(
        {
            "a.py": (
                "import subprocess  # nosec\n"
                "subprocess.call(\n    'x' + y,\n    shell=True,  # nosec B602\n)\n"
                "assert y  # nosec B602\n"
                "eval(y)  # nosec blacklist\n"
            )
        }
    )
    assert waivers(scan(root)["a.py"].findings) == {
        "B404": "# nosec",
        "B602": "# nosec",
        "B101": None,
        "B307": "# nosec",
    }


def test_waived_and_open_findings_together_are_what_bandit_finds_and_drops(tree: Write) -> None:
    from bandit.core import config, manager, node_visitor, tester

    root = tree({"app.py": (DATA / "tree" / "app.py").read_bytes()})
    ours = scan(root)["app.py"].findings
    for ignore_nosec in (False, True):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(node_visitor.b_tester, "BanditTester", tester.BanditTester.__mro__[1])
            theirs = manager.BanditManager(config.BanditConfig(), "file", ignore_nosec=ignore_nosec)
            theirs.files_list = [str(root / "app.py")]
            theirs.run_tests()
        kept = [finding.rule for finding in ours if ignore_nosec or finding.waived is None]
        assert sorted(kept) == sorted(item.test_id for item in theirs.results)


def test_the_subject_is_the_scope_around_a_finding(tree: Write) -> None:
    root = tree({"a.py": "class A:\n    async def b(self):\n        assert self\nassert A\n"})
    assert [finding.subject for finding in scan(root)["a.py"].findings] == ["A.b", ""]


def test_a_file_that_is_no_python_is_undecided_and_costs_nothing_else(tree: Write) -> None:
    root = tree({"a.py": "def (:\n", "b.py": "assert 1\n", "c.py": b"\0" * 10, "d.py": "x = " + "(" * 600})
    outputs = scan(root)
    assert [entry.span.path for output in outputs.values() for entry in output.undecided] == [
        "a.py",
        "c.py",
        "d.py",
    ]
    assert [finding.rule for finding in outputs["b.py"].findings] == ["B101"]
    assert not any(output.errors for output in outputs.values())


def test_files_with_different_options_share_a_batch(tree: Write) -> None:
    root = tree(
        {
            "a.py": "assert 1\n",
            "b/pyproject.toml": '[tool.bandit]\nskips = ["B101"]\n',
            "b/c.py": "assert 1\n",
        }
    )
    outputs = scan(root)
    assert len(outputs["a.py"].findings) == 1
    assert not outputs["b/c.py"].findings


def test_options_that_bandit_refuses_are_an_error(tree: Write) -> None:
    root = tree({"a.py": "assert 1\n"})
    unit = Unit("bandit", "a.py", ("a.py",), {"tests": ["B101"], "skips": ["B101"]})
    (output,) = driver.run(str(root), (unit,))
    assert "does not accept its configuration" in output.errors[0].because
    assert str(root) not in output.errors[0].because
