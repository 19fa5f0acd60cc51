"""The gate as a pull request meets it: the action's step in a clone, a runner's variables, a GitHub to tell."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from action import runner
from support import Repository

from .github import TOKEN, GitHub

STEP = Path(__file__).parent.parent.parent / "action" / "check_step.py"
REPOSITORY = "acme/shop"

#: Rule, path and line of a finding.
Place = tuple[str, str, int | None]


@dataclass(frozen=True)
class Seen:
    """Everything that one run of the step left behind."""

    log: str
    folder: Path
    summary: str
    outputs: dict[str, str]

    @cached_property
    def report(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(Path(self.outputs["report-file"]).read_text("utf-8"))
        return found

    @cached_property
    def step(self) -> runner.Step:
        return runner.read(self.log)

    def findings(self, *dispositions: str) -> Counter[Place]:
        return Counter(
            (each["rule"], each["path"], each["line"])
            for each in self.report["findings"]
            if each["disposition"] in dispositions
        )

    def sarif(self, name: str = "sarif-file") -> list[dict[str, Any]]:
        found = json.loads(Path(self.outputs[name]).read_text("utf-8"))
        results: list[dict[str, Any]] = found["runs"][0]["results"]
        return results


def pull_request(repository: Repository, base: str, number: int = 7, head: str = "HEAD") -> dict[str, Any]:
    """The event of a pull request of `head` into `base`, which must be checked out as their merge."""
    sha = repository.git("rev-parse", head).strip()
    ref = repository.git("rev-parse", "--abbrev-ref", head).strip()
    return {"pull_request": {"number": number, "head": {"sha": sha, "ref": ref}, "base": {"sha": base}}}


def run(
    repository: Repository,
    folder: Path,
    *,
    github: GitHub | None = None,
    event: dict[str, Any] | None = None,
    **inputs: str,
) -> Seen:
    """Runs the action's step in the repository; `folder` takes what the runner would keep."""
    folder.mkdir(parents=True)
    payload = folder / "event.json"
    payload.write_text(json.dumps(event or {}))
    is_pull = event is not None and "pull_request" in event
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("GITHUB_")},
        "RUNNER_TEMP": str(folder),
        "GITHUB_ACTIONS": "true",
        "GITHUB_REPOSITORY": REPOSITORY,
        "GITHUB_SERVER_URL": "https://github.example",
        "GITHUB_SHA": repository.git("rev-parse", "HEAD").strip(),
        "GITHUB_REF": "refs/pull/7/merge" if is_pull else "refs/heads/main",
        "GITHUB_EVENT_NAME": "pull_request" if is_pull else "push",
        "GITHUB_EVENT_PATH": str(payload),
        "GITHUB_OUTPUT": str(folder / "output"),
        "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
        **({"GITHUB_API_URL": github.url, "GITHUB_TOKEN": TOKEN} if github else {}),
        **{f"INPUT_{name.upper()}": value for name, value in inputs.items()},
    }
    done = subprocess.run(
        [sys.executable, "-I", str(STEP)],
        cwd=repository.root,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout.decode("utf-8", "replace")
    summary = folder / "summary.md"
    return Seen(
        done.stdout.decode("utf-8"),
        folder,
        summary.read_text("utf-8") if summary.exists() else "",
        runner.outputs((folder / "output").read_text("utf-8")),
    )
