"""What the documentation says of the command, the configuration and the action is what they are."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import msgspec
import pytest
import yaml

from djaws import config
from djaws.cli import FORMATS, cli
from djaws.finding import Disposition
from render.tools import require

TOP = Path(__file__).parent.parent
DOCS = {name: (TOP / name).read_text("utf-8") for name in ("docs/usage.md", "docs/github.md", "README.md")}
SCRIPTS = Path(sys.executable).parent


def section(page: str, title: str) -> str:
    """The text under a heading, up to the next of any kind."""
    found = re.search(rf"^#+ {re.escape(title)}\n(.*?)(?=^#+ |\Z)", DOCS[page], re.MULTILINE | re.DOTALL)
    assert found, f"{page} has no section {title}"
    return found[1]


def column(text: str, number: int = 1) -> list[str]:
    """The cells of a table's column without its head."""
    rows = [line.split("|") for line in text.splitlines() if line.startswith("|")]
    return [row[number].strip() for row in rows[2:]]


def options(command: click.Command) -> set[str]:
    return {name for each in command.params for name in each.opts if name.startswith("--")} - {"--help"}


def named(text: str) -> set[str]:
    return set(re.findall(r"--[a-z][\w-]*", text))


def commands() -> dict[str, click.Command]:
    found: dict[str, click.Command] = {}
    for name, command in cli.commands.items():
        inner = command.commands if isinstance(command, click.Group) else {"": command}
        found |= {f"{name} {part}".strip(): each for part, each in inner.items()}
    return found


def test_every_option_of_check_is_explained_once() -> None:
    listed = [name for cell in column(section("docs/usage.md", "Options of `check`")) for name in named(cell)]
    assert sorted(listed) == sorted(options(commands()["check"]))


def test_each_option_names_its_key_or_that_it_has_none() -> None:
    keys = {field.encode_name for field in msgspec.structs.fields(config.FileConfig)}
    told = column(section("docs/usage.md", "Options of `check`"), 3)
    assert {cell.strip("`") for cell in told} <= keys | {"only an option"}
    beyond = {cell.strip("`") for cell in column(section("docs/usage.md", "Configuration"))}
    assert {cell.strip("`") for cell in told} - {"only an option"} | beyond == keys


def test_every_command_is_listed() -> None:
    table = DOCS["docs/usage.md"].partition("## Exit codes")[0]
    missing = [name for name in commands() if f"djaws {name}" not in table]
    assert missing == []


@pytest.mark.parametrize("page", DOCS)
def test_no_page_names_a_command_or_an_option_that_does_not_exist(page: str) -> None:
    known = commands()
    everything = set().union(*map(options, known.values())) | {"--help", "--version"}
    for line in re.findall(
        r"djaws ((?:check|merge|explain|rules|baseline|test|init)\b[^\n`|>]*)", DOCS[page]
    ):
        name = next((each for each in sorted(known, key=len, reverse=True) if line.startswith(each)), None)
        assert name or line.startswith("baseline"), line
        assert named(line) <= (options(known[name]) | {"--help"} if name else everything), line


def test_formats_dispositions_and_exit_codes_are_all_explained() -> None:
    assert {cell.strip("`") for cell in column(section("docs/usage.md", "Formats"))} == set(FORMATS)
    assert [cell.strip("`") for cell in column(section("docs/usage.md", "Dispositions"))] == [*Disposition]
    assert column(section("docs/usage.md", "Exit codes")) == ["0", "1", "2", "3", "130"]


def test_every_input_and_output_of_the_action_is_explained() -> None:
    action = yaml.safe_load((TOP / "action.yml").read_text("utf-8"))
    inputs = section("docs/github.md", "Inputs")
    assert [cell.strip("`") for cell in column(inputs)] == list(action["inputs"])
    for name in action["outputs"]:
        assert f"`{name}`" in inputs


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", DOCS[page], re.MULTILINE | re.DOTALL)


def workflows() -> list[tuple[str, str]]:
    return [(page, text) for page in DOCS for text in blocks(page, "yaml") if text.startswith("name:")]


def test_the_configurations_shown_are_accepted() -> None:
    shown = [text for page in DOCS for text in blocks(page, "toml")]
    assert shown
    for text in shown:
        name = "pyproject.toml" if "[tool.djaws" in text or "[[tool.djaws" in text else "djaws.toml"
        config.typed(config.keys_of(text, name), name)


@pytest.mark.parametrize(("page", "text"), workflows(), ids=lambda each: each[:24])
def test_the_workflows_shown_are_valid_pinned_and_safe(page: str, text: str, tmp_path: Path) -> None:
    file = tmp_path / ".github" / "workflows" / "shown.yml"
    file.parent.mkdir(parents=True)
    file.write_text(text)
    for command in (
        ["check-jsonschema", "--builtin-schema", "vendor.github-workflows", str(file)],
        ["zizmor", "--offline", "--no-progress", "--config", str(zizmor_rules(tmp_path)), str(file)],
    ):
        done = subprocess.run(
            [SCRIPTS / command[0], *command[1:]], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


def zizmor_rules(folder: Path) -> Path:
    """Our own action is named by its version in the documentation: whoever copies it pins it or not."""
    file = folder / "zizmor.yml"
    file.write_text(
        "rules:\n  unpinned-uses:\n    config:\n      policies:\n        djaws/*: ref-pin\n        '*': hash-pin\n"
    )
    return file


# --- the comment on a fork's pull request

GH = """#!/usr/bin/env python3
import json, os, sys
arguments = sys.argv[1:]
with open(os.environ["SAID"], "a") as said:
    said.write(json.dumps(arguments) + "\\n")
if arguments[0] == "run":
    folder = arguments[arguments.index("--dir") + 1]
    os.makedirs(folder)
    with open(f"{folder}/djaws.json", "w") as file:
        file.write(os.environ["ARTIFACT"])
elif any(part.endswith("/pulls") for part in arguments):
    print(json.dumps([{"number": 3, "head": {"sha": "other"}}, {"number": 7, "head": {"sha": "abc"}}]))
elif "--paginate" in arguments:
    print(json.dumps([{"id": 1, "user": {"type": "User"}, "body": "<!-- djaws: numbers of a fork --> mine"}]))
"""


def comment(tmp_path: Path, artifact: Any) -> tuple[int, list[list[str]]]:
    """The exit code of the documented step, and every call of gh."""
    for program in ("jq", "bash"):
        from shutil import which

        require(Path(found) if (found := which(program)) else None, program, f"apt-get install {program}")
    text = DOCS["docs/github.md"].partition("<!-- fork-comment -->\n```yaml\n")[2].partition("\n```")[0]
    (step,) = yaml.safe_load(text)["jobs"]["comment"]["steps"]
    binaries = tmp_path / "bin"
    binaries.mkdir()
    (binaries / "gh").write_text(GH)
    (binaries / "gh").chmod(0o755)
    said = tmp_path / "said"
    environment = {
        "PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}",
        "SAID": str(said),
        "ARTIFACT": artifact if isinstance(artifact, str) else json.dumps(artifact),
        "RUNNER_TEMP": str(tmp_path),
        "GITHUB_REPOSITORY": "acme/shop",
        "HEAD_SHA": "abc",
        "HEAD_OWNER": "fork",
        "HEAD_BRANCH": "$(touch owned)",
        "RUN": "12",
        "ADDRESS": "https://github.example/acme/shop/actions/runs/12",
    }
    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", step["run"]], cwd=tmp_path, env=environment, check=False
    )
    return done.returncode, [json.loads(line) for line in said.read_text().splitlines()]


def test_the_comment_of_a_fork_holds_numbers_only(tmp_path: Path) -> None:
    finding = {"disposition": "reported", "message": "<script>@acme"}
    code, calls = comment(tmp_path, {"verdict": {"failing": 1}, "findings": [finding, finding]})
    assert code == 0
    *_, last = calls
    assert last[:4] == ["api", "--method", "POST", "repos/acme/shop/issues/7/comments"]
    body = next(part for part in last if part.startswith("body="))
    assert "**2** open findings" in body
    assert "**1** of them fail" in body
    assert "script" not in body
    assert not (tmp_path / "owned").exists()


@pytest.mark.parametrize(
    "artifact",
    [
        "no json",
        {"verdict": {"failing": "1); rm -rf /"}, "findings": []},
        {"verdict": {"failing": 1}, "findings": 3},
        {"verdict": {}},
    ],
)
def test_a_forged_artifact_writes_no_comment(tmp_path: Path, artifact: Any) -> None:
    code, calls = comment(tmp_path, artifact)
    assert code != 0
    assert not [call for call in calls if "POST" in call or "PATCH" in call]
