"""The action's main step: runs `djaws check` with the action's inputs, writes its outputs and summary, and never fails.

What the check found is in the outputs; a later step ends the job with the exit code, after the upload had its turn.
"""

from __future__ import annotations

import base64
import json
import os
import re
import secrets
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from djaws.render.escaping import defused
from djaws.render.github import escape_data

Environment = Mapping[str, str]

#: The runner drops a summary above this size as a whole.
SUMMARY_LIMIT = 1024 * 1024
#: How long git may take to bring the base: longer, and the whole repository is judged instead.
FETCH_SECONDS = 120
FILES = {
    "sarif": "djaws.sarif",
    "sarif-audit": "djaws-audit.sarif",
    "json": "djaws.json",
    "markdown": "djaws.md",
}
OPTIONS = ("fail-on", "config", "baseline", "settings", "profile", "filter", "python")
CLEAN, FINDINGS, USAGE, INCOMPLETE = range(4)


def main() -> None:
    folder = Path(tempfile.mkdtemp(prefix="djaws-", dir=os.environ.get("RUNNER_TEMP")))
    if _is_empty(Path(_input(os.environ, "path") or ".")):
        say(
            b"",
            b"there is nothing to check here; check the repository out first, with actions/checkout",
            USAGE,
        )
        write_outputs(outputs(folder, USAGE), os.environ)
        return
    ran = subprocess.run(
        [sys.executable, "-I", "-m", "djaws", *arguments(os.environ, folder)],
        capture_output=True,
        check=False,
        env=trusted(os.environ),
    )
    code = ran.returncode if ran.returncode in (CLEAN, FINDINGS, USAGE) else INCOMPLETE
    say(ran.stdout, ran.stderr, code, has_report=(folder / FILES["json"]).is_file())
    write_outputs(outputs(folder, code), os.environ)
    append_summary(folder / FILES["markdown"], os.environ)


def _is_empty(folder: Path) -> bool:
    """Whether somebody forgot the checkout: a gate that saw nothing must not be green."""
    return folder.is_dir() and next(folder.iterdir(), None) is None


def arguments(environment: Environment, folder: Path) -> list[str]:
    """The command line that the inputs ask for. Every value is bound to its option, so none can pass for another one."""
    found = ["check", "--format=github"]
    found += [f"--output={name}={folder / file}" for name, file in FILES.items()]
    for option in OPTIONS:
        value = _input(environment, option)
        if value:
            found.append(f"--{option}={value}")
    base = _base(environment)
    if base:
        found.append(f"--base={base}")
    found += [f"--engine={name}" for name in _input(environment, "engines").replace(",", " ").split()]
    found += [f"--publish={channel}" for channel in channels(environment)]
    if _input(environment, "live-django") == "true":
        found.append("--live-django")
    return [*found, *shlex.split(_input(environment, "args")), "--", _input(environment, "path") or "."]


def _input(environment: Environment, name: str) -> str:
    return environment.get(f"INPUT_{name.upper().replace('-', '_')}", "").strip()


def channels(environment: Environment) -> list[str]:
    """What is told to GitHub beyond the log: nothing without a token."""
    if not environment.get("GITHUB_TOKEN"):
        return []
    wanted = {
        "checks": _input(environment, "checks") != "false",
        "comment": _input(environment, "comment") == "true",
    }
    return [channel for channel, is_wanted in wanted.items() if is_wanted]


def trusted(environment: Environment) -> dict[str, str]:
    """The environment of the check: the token is in it only when there is something to publish."""
    hidden = set() if channels(environment) else {"GITHUB_TOKEN"}
    return {name: value for name, value in environment.items() if name not in hidden}


# --- the base


def _base(environment: Environment) -> str:
    """The commit to compare with: the one asked for, else the pull request's base, fetched where the clone lacks it.

    One that cannot be had is named all the same: the check then says so, and judges everything.
    """
    asked = _input(environment, "base")
    if asked:
        return "" if asked == "none" else asked
    folder = _input(environment, "path") or "."
    wanted = [commit for commit in (_merged_into(folder, environment), _event_base(environment)) if commit]
    for is_had in (_holds, _fetches(environment)):
        for commit in wanted:
            if is_had(folder, commit):
                return commit
    return wanted[0] if wanted else ""


def _merged_into(folder: str, environment: Environment) -> str:
    """The first parent of the pull request's merge commit, which even a clone of depth 1 names; empty at any other commit."""
    if not environment.get("GITHUB_REF", "").endswith("/merge"):
        return ""
    head = _git(folder, "rev-parse", "--verify", "--quiet", "HEAD")
    commit = _git(folder, "cat-file", "commit", "HEAD")
    if head is None or commit is None or head.decode().strip() != environment.get("GITHUB_SHA"):
        return ""
    header = commit.partition(b"\n\n")[0].decode("utf-8", "replace").splitlines()
    parents = [line.partition(" ")[2] for line in header if line.startswith("parent ")]
    return parents[0] if len(parents) > 1 else ""


def _event_base(environment: Environment) -> str:
    """The base that the event of a pull request or of a merge queue names."""
    try:
        event = json.loads(Path(environment.get("GITHUB_EVENT_PATH", "")).read_text(encoding="utf-8"))
        if environment.get("GITHUB_EVENT_NAME") == "merge_group":
            sha = event["merge_group"]["base_sha"]
        elif environment.get("GITHUB_EVENT_NAME", "").startswith("pull_request"):
            sha = event["pull_request"]["base"]["sha"]
        else:
            return ""
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    return sha if isinstance(sha, str) and re.fullmatch(r"[0-9a-f]{40,64}", sha) else ""


def _holds(folder: str, commit: str) -> bool:
    return _git(folder, "rev-parse", "--verify", "--quiet", f"{commit}^{{tree}}") is not None


def _fetches(environment: Environment) -> Callable[[str, str], bool]:
    """Tries to bring one commit and nothing else: as the checkout left the clone, then with the token of this step."""

    def fetch(folder: str, commit: str) -> bool:
        is_shallow = _git(folder, "rev-parse", "--is-shallow-repository") == b"true\n"
        depth = ["--depth=1"] if is_shallow else []
        flags = ["--quiet", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head", *depth]
        return any(
            _git(folder, "fetch", *flags, "origin", commit, env=credentials) is not None
            and _holds(folder, commit)
            for credentials in ({}, _credentials(environment))
        )

    return fetch


def _credentials(environment: Environment) -> dict[str, str]:
    """The token for git, for this server only, and where no list of processes shows it."""
    token = environment.get("GITHUB_TOKEN", "")
    server = environment.get("GITHUB_SERVER_URL", "https://github.com").rstrip("/")
    basic = base64.b64encode(f"x-access-token:{token}".encode()).decode()
    return {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"http.{server}/.extraheader",
        "GIT_CONFIG_VALUE_0": f"AUTHORIZATION: basic {basic}",
    }


def _git(folder: str, *arguments: str, env: Environment = MappingProxyType({})) -> bytes | None:
    """What git prints, None when it fails: nothing here may end the step."""
    command = [
        "git",
        "-c",
        "core.hooksPath=/dev/null",
        "-c",
        "core.fsmonitor=false",
        "-C",
        folder,
        *arguments,
    ]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            check=False,
            timeout=FETCH_SECONDS,
            env={**os.environ, "GIT_TERMINAL_PROMPT": "0", **env},
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


# --- what is told


def say(stdout: bytes, stderr: bytes, code: int, *, has_report: bool = False) -> None:
    """Prints the annotations, and without a report the last word of a complaint as one more.

    Nothing else may speak to the runner.
    """
    sys.stdout.write(stdout.decode("utf-8", "backslashreplace"))
    complaints = defused(stderr.decode("utf-8", "backslashreplace")).strip()
    if complaints:
        print(complaints)
    if code in (USAGE, INCOMPLETE) and complaints and not has_report:
        title = "djaws: wrong usage or configuration" if code == USAGE else "djaws: incomplete"
        print(f"::error title={title}::{escape_data(complaints.splitlines()[-1])}")
    sys.stdout.flush()


def outputs(folder: Path, code: int) -> dict[str, str]:
    """The action's outputs by name."""
    report = _report(folder / FILES["json"])
    shown = [f for f in report.get("findings", ()) if f["disposition"] in ("reported", "below-threshold")]
    return {
        "sarif-file": _if_there(folder / FILES["sarif"]),
        "audit-file": _if_there(folder / FILES["sarif-audit"]),
        "report-file": _if_there(folder / FILES["json"]),
        "findings": str(len(shown)),
        "failing": str(report.get("verdict", {}).get("failing", 0)),
        "exit-code": str(code),
    }


def _report(file: Path) -> dict[str, Any]:
    try:
        report = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return report if isinstance(report, dict) else {}


def _if_there(file: Path) -> str:
    return str(file) if file.is_file() else ""


def write_outputs(values: Mapping[str, str], environment: Environment) -> None:
    """Appends to GITHUB_OUTPUT in the form with a delimiter that no value can guess."""
    file = environment.get("GITHUB_OUTPUT")
    if not file:
        return
    delimiter = f"djaws-{secrets.token_hex(16)}"
    with open(file, "a", encoding="utf-8") as stream:
        for name, value in values.items():
            stream.write(f"{name}<<{delimiter}\n{value}\n{delimiter}\n")


def append_summary(summary: Path, environment: Environment) -> None:
    """Appends the summary to the job's, cut where the runner would drop all of it."""
    file = environment.get("GITHUB_STEP_SUMMARY")
    if not file or not summary.is_file():
        return
    taken = os.path.getsize(file) if os.path.exists(file) else 0
    with open(file, "ab") as stream:
        stream.write(_fitting(summary.read_bytes(), SUMMARY_LIMIT - taken))


def _fitting(text: bytes, room: int) -> bytes:
    """As many whole lines of `text` as there is room for, and a word that there were more."""
    if len(text) < room:
        return text
    more = b"\n\nThe summary is longer than GitHub shows; the report file holds all of it.\n"
    kept = text[: max(0, room - len(more) - 1)].rpartition(b"\n")[0]
    return kept + more if kept else b""


if __name__ == "__main__":
    main()
