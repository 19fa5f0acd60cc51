"""The action's main step, as the runner sees it."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from . import runner

TOP = Path(__file__).parent.parent.parent
STEP = TOP / "action" / "check_step.py"


@pytest.fixture(scope="module")
def step() -> ModuleType:
    spec = importlib.util.spec_from_file_location("check_step", STEP)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# --- inputs


def test_every_input_becomes_one_option(step: ModuleType) -> None:
    inputs = {
        "INPUT_FAIL_ON": "low",
        "INPUT_CONFIG": "a b.toml",
        "INPUT_BASELINE": "b.json",
        "INPUT_SETTINGS": "shop.prod",
    }
    inputs |= {"INPUT_PATH": "app", "INPUT_LIVE_DJANGO": "true", "INPUT_PYTHON": ".venv/bin/python"}
    given = step.arguments(inputs, Path("/tmp"))
    assert given[0] == "check"
    assert given[-2:] == ["--", "app"]
    for option in (
        "--fail-on=low",
        "--config=a b.toml",
        "--baseline=b.json",
        "--settings=shop.prod",
        "--live-django",
    ):
        assert option in given
    assert "--python=.venv/bin/python" in given


def test_an_input_cannot_pass_for_another_option(step: ModuleType) -> None:
    inputs = {
        "INPUT_SETTINGS": "--allow-python-policies",
        "INPUT_PATH": "--no-cache",
        "INPUT_ENGINES": "--live-django",
    }
    given = step.arguments(inputs, Path("/tmp"))
    assert "--settings=--allow-python-policies" in given
    assert "--engine=--live-django" in given
    assert given[-2:] == ["--", "--no-cache"]


@pytest.mark.parametrize("text", ["bandit,cfn-lint", "bandit cfn-lint", " bandit\ncfn-lint\n"])
def test_engines_are_separated_as_one_likes(step: ModuleType, text: str) -> None:
    given = step.arguments({"INPUT_ENGINES": text}, Path("/tmp"))
    assert [option for option in given if option.startswith("--engine")] == [
        "--engine=bandit",
        "--engine=cfn-lint",
    ]


def test_more_arguments_are_split_as_a_shell_would(step: ModuleType) -> None:
    given = step.arguments({"INPUT_ARGS": "--exclude 'a b/**' --select cost"}, Path("/tmp"))
    assert given[-6:-2] == ["--exclude", "a b/**", "--select", "cost"]


def test_empty_inputs_leave_everything_to_the_configuration(step: ModuleType) -> None:
    given = step.arguments({"INPUT_FAIL_ON": "", "INPUT_PATH": ""}, Path("/tmp"))
    assert [option for option in given if not option.startswith(("--output=", "--format="))] == [
        "check",
        "--",
        ".",
    ]


# --- the base of a pull request


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
    ran = subprocess.run(
        ["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True
    )
    return ran.stdout.strip()


@pytest.fixture
def merged(tmp_path: Path) -> tuple[Path, str]:
    """A clone at a pull request's merge commit, and the base's commit."""
    repository = tmp_path / "repository"
    repository.mkdir()
    git(repository, "init", "-q", "-b", "main")
    git(repository, "commit", "-q", "--allow-empty", "-m", "base")
    base = git(repository, "rev-parse", "HEAD")
    git(repository, "checkout", "-q", "-b", "change")
    git(repository, "commit", "-q", "--allow-empty", "-m", "change")
    git(repository, "checkout", "-q", "main")
    git(repository, "merge", "-q", "--no-ff", "-m", "merge", "change")
    return repository, base


def pull_request(tmp_path: Path, repository: Path, base: str) -> dict[str, str]:
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"pull_request": {"base": {"sha": base}}}))
    return {
        "GITHUB_EVENT_NAME": "pull_request",
        "GITHUB_EVENT_PATH": str(event),
        "GITHUB_REF": "refs/pull/7/merge",
        "GITHUB_SHA": git(repository, "rev-parse", "HEAD"),
        "INPUT_PATH": str(repository),
    }


def bases(step: ModuleType, environment: dict[str, str], tmp_path: Path) -> list[str]:
    given = step.arguments(environment, tmp_path)
    return [option.partition("=")[2] for option in given if option.startswith("--base")]


def test_a_pull_request_is_compared_with_the_first_parent_of_its_merge(
    step: ModuleType, tmp_path: Path, merged: tuple[Path, str]
) -> None:
    environment = pull_request(tmp_path, merged[0], "0" * 40)
    assert bases(step, environment, tmp_path) == [merged[1]]


def test_a_pull_request_checked_out_at_its_head_is_compared_with_the_base(
    step: ModuleType, tmp_path: Path, merged: tuple[Path, str]
) -> None:
    repository, base = merged
    environment = pull_request(tmp_path, repository, base)
    git(repository, "checkout", "-q", "change")
    git(repository, "merge", "-q", "--no-ff", "-m", "catch up", "main")
    assert bases(step, environment, tmp_path) == [base]


def test_a_merge_queue_is_compared_with_its_base(
    step: ModuleType, tmp_path: Path, merged: tuple[Path, str]
) -> None:
    environment = pull_request(tmp_path, *merged)
    event = Path(environment["GITHUB_EVENT_PATH"])
    event.write_text(json.dumps({"merge_group": {"base_sha": merged[1]}}))
    environment |= {
        "GITHUB_EVENT_NAME": "merge_group",
        "GITHUB_REF": "refs/heads/gh-readonly-queue/main/pr-7",
    }
    assert bases(step, environment, tmp_path) == [merged[1]]


@pytest.fixture
def shallow(tmp_path: Path, merged: tuple[Path, str]) -> Path:
    """A clone of depth 1, as actions/checkout makes it, of a server that lets any commit be fetched, as GitHub does."""
    git(merged[0], "config", "uploadpack.allowAnySHA1InWant", "true")
    clone = tmp_path / "shallow"
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{merged[0]}", str(clone))
    return clone


def holds(repository: Path, commit: str) -> bool:
    command = ["git", "cat-file", "-e", commit]
    return subprocess.run(command, cwd=repository, capture_output=True, check=False).returncode == 0


def test_a_shallow_clone_gets_the_base_and_nothing_else(
    step: ModuleType, tmp_path: Path, merged: tuple[Path, str], shallow: Path
) -> None:
    change = git(merged[0], "rev-parse", "change")
    assert not holds(shallow, merged[1])
    environment = pull_request(tmp_path, shallow, "0" * 40)
    assert bases(step, environment, tmp_path) == [merged[1]]
    assert holds(shallow, merged[1])
    assert not holds(shallow, change)


def test_a_base_that_cannot_be_had_is_named_for_the_check_to_say_so(
    step: ModuleType, tmp_path: Path, merged: tuple[Path, str], shallow: Path
) -> None:
    git(shallow, "remote", "remove", "origin")
    assert bases(step, pull_request(tmp_path, shallow, "0" * 40), tmp_path) == [merged[1]]
    assert not holds(shallow, merged[1])


def test_a_clone_that_has_the_base_fetches_nothing(
    step: ModuleType, tmp_path: Path, merged: tuple[Path, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = tmp_path / "deep"
    git(tmp_path, "clone", "-q", "--depth=2", f"file://{merged[0]}", str(deep))
    environment = pull_request(tmp_path, deep, merged[1])
    monkeypatch.setattr(step, "_fetches", lambda _: lambda *_: pytest.fail("fetched"))
    assert bases(step, environment, tmp_path) == [merged[1]]


def test_the_token_reaches_git_outside_of_its_arguments_and_for_this_server_only(step: ModuleType) -> None:
    given = step._credentials({"GITHUB_TOKEN": "secret", "GITHUB_SERVER_URL": "https://github.example"})
    assert given["GIT_CONFIG_KEY_0"] == "http.https://github.example/.extraheader"
    assert given["GIT_CONFIG_VALUE_0"] == "AUTHORIZATION: basic eC1hY2Nlc3MtdG9rZW46c2VjcmV0"


def test_an_event_cannot_name_an_option_for_a_base(
    step: ModuleType, tmp_path: Path, merged: tuple[Path, str]
) -> None:
    environment = pull_request(tmp_path, merged[0], "--upload-pack=touch x") | {
        "GITHUB_REF": "refs/heads/change"
    }
    assert bases(step, environment, tmp_path) == []


def test_what_is_told_to_github_needs_a_token_and_the_input(step: ModuleType, tmp_path: Path) -> None:
    def publishes(**environment: str) -> list[str]:
        given = step.arguments(environment, tmp_path)
        return [option for option in given if option.startswith("--publish")]

    assert publishes(INPUT_CHECKS="auto", INPUT_COMMENT="true") == []
    assert publishes(GITHUB_TOKEN="t", INPUT_CHECKS="auto") == ["--publish=checks"]
    assert publishes(GITHUB_TOKEN="t", INPUT_CHECKS="false", INPUT_COMMENT="true") == ["--publish=comment"]


def test_the_check_holds_the_token_only_to_publish(step: ModuleType) -> None:
    silent = step.trusted({"GITHUB_TOKEN": "t", "INPUT_CHECKS": "false", "HOME": "/"})
    assert silent == {"INPUT_CHECKS": "false", "HOME": "/"}
    assert step.trusted({"GITHUB_TOKEN": "t"})["GITHUB_TOKEN"] == "t"


def test_the_comparison_can_be_switched_off_and_chosen(
    step: ModuleType, tmp_path: Path, merged: tuple[Path, str]
) -> None:
    environment = pull_request(tmp_path, *merged)
    off = step.arguments(environment | {"INPUT_BASE": "none"}, tmp_path)
    chosen = step.arguments(environment | {"INPUT_BASE": "origin/main"}, tmp_path)
    assert not [option for option in off if option.startswith("--base")]
    assert "--base=origin/main" in chosen


def test_a_push_is_compared_with_nothing(step: ModuleType, tmp_path: Path, merged: tuple[Path, str]) -> None:
    environment = {"GITHUB_EVENT_NAME": "push", "INPUT_PATH": str(merged[0])}
    assert not [option for option in step.arguments(environment, tmp_path) if option.startswith("--base")]


# --- outputs, summary, log


@given(
    st.dictionaries(
        st.sampled_from(["sarif-file", "findings"]),
        st.text(
            st.characters(
                exclude_characters="\r\n\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029", exclude_categories=["Cs"]
            )
        ),
    )
)
def test_outputs_are_read_back_as_they_were_written(
    tmp_path_factory: pytest.TempPathFactory, step: ModuleType, values: dict[str, str]
) -> None:
    file = tmp_path_factory.mktemp("output") / "output"
    step.write_outputs(values, {"GITHUB_OUTPUT": str(file)})
    assert runner.outputs(file.read_text(encoding="utf-8")) == values


def test_the_summary_is_appended_to_what_is_there(step: ModuleType, tmp_path: Path) -> None:
    summary, page = tmp_path / "ours.md", tmp_path / "page.md"
    page.write_text("before\n")
    summary.write_text("ours\n")
    step.append_summary(summary, {"GITHUB_STEP_SUMMARY": str(page)})
    assert page.read_text() == "before\nours\n"


@pytest.mark.parametrize("before", [0, 10, 1024 * 1024 - 300, 1024 * 1024 - 10, 1024 * 1024])
def test_a_summary_is_cut_before_the_runner_drops_it(step: ModuleType, tmp_path: Path, before: int) -> None:
    summary, page = tmp_path / "ours.md", tmp_path / "page.md"
    page.write_bytes(b"x" * before)
    summary.write_bytes(b"| a row of a table |\n" * 60_000)
    step.append_summary(summary, {"GITHUB_STEP_SUMMARY": str(page)})
    shown = runner.summary(page.read_bytes())
    assert len(shown) >= before
    assert shown.startswith(b"x" * before)
    assert before > 1024 * 1024 - 200 or b"longer than GitHub shows" in shown


def test_what_a_report_already_says_is_no_complaint(
    step: ModuleType, capfd: pytest.CaptureFixture[str]
) -> None:
    step.say(b"", b"djaws: no check run: the token may not do this\n", 3, has_report=True)
    assert runner.read(capfd.readouterr().out).annotations == []


def test_a_complaint_cannot_command_the_runner(step: ModuleType, capfd: pytest.CaptureFixture[str]) -> None:
    step.say(b"", b"djaws: bad key ##[add-mask]x\n  ::set-output name=a::b\n::stop-commands::t\n", 2)
    seen = runner.read(capfd.readouterr().out)
    assert seen.obeyed == []
    assert [command.properties["title"] for command in seen.annotations] == [
        "djaws: wrong usage or configuration"
    ]


# --- the whole step


def run(folder: Path, tmp_path: Path, **inputs: str) -> tuple[runner.Step, dict[str, str], str]:
    output, summary = tmp_path / "output", tmp_path / "summary"
    output.touch()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("INPUT_")},
        "RUNNER_TEMP": str(tmp_path),
        "GITHUB_OUTPUT": str(output),
        "GITHUB_STEP_SUMMARY": str(summary),
        **{f"INPUT_{name.upper()}": value for name, value in inputs.items()},
    }
    ran = subprocess.run(
        [sys.executable, "-I", str(STEP)],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    page = summary.read_text(encoding="utf-8") if summary.exists() else ""
    return runner.read(ran.stdout), runner.outputs(output.read_text(encoding="utf-8")), page


@pytest.fixture
def shell_call(tmp_path: Path) -> Path:
    """A repository with one grave fault, in a file whose name would command a runner that is careless."""
    folder = tmp_path / "scanned"
    folder.mkdir()
    (folder / "##[add-mask]run.py").write_text(
        "import subprocess\n\nsubprocess.call('ls ' + input(), shell=True)\n"
    )
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    return folder


def test_a_grave_fault_is_annotated_summarised_and_in_the_outputs(shell_call: Path, tmp_path: Path) -> None:
    seen, outputs, page = run(shell_call, tmp_path, engines="bandit")
    assert outputs["exit-code"] == "1"
    assert int(outputs["failing"]) >= 1
    assert int(outputs["findings"]) >= int(outputs["failing"])
    assert any("B602" in command.properties["title"] for command in seen.annotations)
    assert seen.obeyed == []
    assert seen.dropped == []
    assert "B602" in page
    sarif = json.loads(Path(outputs["sarif-file"]).read_text(encoding="utf-8"))
    assert "B602" in {found["ruleId"] for found in sarif["runs"][0]["results"]}
    assert Path(outputs["audit-file"]).is_file()


def test_a_wrong_input_ends_with_two_and_uploads_nothing(shell_call: Path, tmp_path: Path) -> None:
    seen, outputs, _ = run(shell_call, tmp_path, engines="bandid")
    assert outputs["exit-code"] == "2"
    assert outputs["sarif-file"] == ""
    assert [command.properties["title"] for command in seen.annotations] == [
        "djaws: wrong usage or configuration"
    ]


def test_modules_of_the_scanned_tree_are_not_imported(shell_call: Path, tmp_path: Path) -> None:
    for name in ("djaws", "bandit", "json", "msgspec"):
        (shell_call / name).mkdir()
        (shell_call / name / "__init__.py").write_text(f"open({str(tmp_path / 'imported')!r}, 'w')\n")
    _, outputs, _ = run(shell_call, tmp_path, engines="bandit")
    assert outputs["exit-code"] == "1"
    assert not (tmp_path / "imported").exists()


def test_a_forgotten_checkout_is_an_error(tmp_path: Path) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    seen, outputs, _ = run(folder, tmp_path)
    assert outputs["exit-code"] == "2"
    assert "actions/checkout" in seen.annotations[0].data
