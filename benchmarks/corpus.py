"""Run djaws on real repositories and hold each report to what must be true of any.

    python benchmarks/corpus.py CHECKOUT …

Prints, for each, findings by engine and severity, failed units, seconds, and how many findings lie outside of the repository or on
a line that does not exist (must be 0). Exit code 1 when any does, or when djaws itself failed.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from djaws.files import real, top_level

SEVERITIES = ("critical", "high", "medium", "low", "info")
ENGINES = ("djaws", "checkov", "cfn-lint", "bandit", "django")


def main(arguments: Sequence[str]) -> int:
    print(
        f"| repository | {' | '.join(ENGINES)} | {' | '.join(SEVERITIES)} | undecided | failed units | misplaced | s |"
    )
    print(f"|---|{'---|' * (len(ENGINES) + len(SEVERITIES) + 4)}")
    misplaced = 0
    for name in arguments:
        misplaced += _repository(Path(name).resolve())
    return 1 if misplaced else 0


def _repository(path: Path) -> int:
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "report.json"
        command = [
            sys.executable,
            "-P",
            "-m",
            "djaws",
            "check",
            str(path),
            "--no-cache",
            "--output",
            f"json={file}",
        ]
        started = time.perf_counter()
        subprocess.run(command, capture_output=True, check=False)
        seconds = time.perf_counter() - started
        report: dict[str, Any] = json.loads(file.read_text("utf-8"))
    engines = Counter(each["engine"] for each in report["findings"])
    open_findings = [
        each for each in report["findings"] if each["disposition"] in ("reported", "below-threshold")
    ]
    severities = Counter(each["severity"] for each in open_findings)
    failed = sum(run["units"]["failed"] + run["units"]["timeout"] for run in report["runs"])
    root = top_level(path) or path
    wrong = [each for each in report["findings"] if not _is_there(root, each["path"], each["line"])]
    cells = [engines[name] for name in ENGINES] + [severities[name] for name in SEVERITIES]
    cells += [len(report["undecided"]), failed, len(wrong)]
    print(f"| {path.name} | {' | '.join(map(str, cells))} | {seconds:.1f} |", flush=True)
    for each in wrong[:5]:
        print(f"    misplaced: {each['rule']} {each['path']}:{each['line']}")
    return len(wrong)


def _is_there(root: Path, name: str, line: int | None) -> bool:
    return line is None or 1 <= line <= max(1, _lines(root / real(name)))


@cache
def _lines(file: Path) -> int:
    """The number of lines an editor shows: one more than line ends, as reports may point behind the last one."""
    try:
        return file.read_bytes().count(b"\n") + 1
    except OSError:
        return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
