"""The action's main step: runs `djaws check` with the action's inputs, writes its outputs and summary, and never fails.

What the check found is in the outputs; a later step ends the job with the exit code, after the upload had its turn.
"""

from __future__ import annotations

import json
import os
import secrets
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from djaws.render.escaping import defused
from djaws.render.github import escape_data

Environment = Mapping[str, str]

#: The runner drops a summary above this size as a whole.
SUMMARY_LIMIT = 1024 * 1024
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
    )
    code = ran.returncode if ran.returncode in (CLEAN, FINDINGS, USAGE) else INCOMPLETE
    say(ran.stdout, ran.stderr, code)
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
    if _input(environment, "live-django") == "true":
        found.append("--live-django")
    return [*found, *shlex.split(_input(environment, "args")), "--", _input(environment, "path") or "."]


def _input(environment: Environment, name: str) -> str:
    return environment.get(f"INPUT_{name.upper().replace('-', '_')}", "").strip()


def _base(environment: Environment) -> str:
    """The commit to compare with: the one asked for, else the pull request's base as far as this clone holds it."""
    asked = _input(environment, "base")
    if asked:
        return "" if asked == "none" else asked
    if not environment.get("GITHUB_EVENT_NAME", "").startswith("pull_request"):
        return ""
    folder = _input(environment, "path") or "."
    candidates = [_event_base(environment)]
    if environment.get("GITHUB_REF", "").endswith("/merge"):
        candidates.insert(0, "HEAD^1")
    return next((commit for commit in candidates if commit and _holds(folder, commit)), "")


def _event_base(environment: Environment) -> str:
    try:
        event = json.loads(Path(environment.get("GITHUB_EVENT_PATH", "")).read_text(encoding="utf-8"))
        return str(event["pull_request"]["base"]["sha"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _holds(folder: str, commit: str) -> bool:
    command = ["git", "-c", "core.hooksPath=/dev/null", "-C", folder, "rev-parse", "--verify", "--quiet"]
    return subprocess.run([*command, f"{commit}^{{tree}}"], capture_output=True, check=False).returncode == 0


def say(stdout: bytes, stderr: bytes, code: int) -> None:
    """Prints the annotations, and the last word of a complaint as one more. Nothing else may speak to the runner."""
    sys.stdout.write(stdout.decode("utf-8", "backslashreplace"))
    complaints = defused(stderr.decode("utf-8", "backslashreplace")).strip()
    if complaints:
        print(complaints)
    if code in (USAGE, INCOMPLETE) and complaints:
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
