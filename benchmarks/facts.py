"""Score djaws against facts read by hand in real repositories.

    python benchmarks/facts.py FACTS.json CHECKOUTS_DIR [--issue N …]

P: one of the fact's rules, itself or among `also`, must be open within three lines of `line`, in the block up to `end_line`, or at one
of `also_at`. N: none of its rules may be open anywhere in that block or at `also_at`. U: one of its rules must be undecided in the
fact's file, and none open in the block. Facts without rules are listed, not scored. Checkouts are called `owner+name` or `owner/name`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

NEAR = 3
OPEN = ("reported", "below-threshold", "outside-diff")

Fact = dict[str, Any]
Report = dict[str, Any]


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("facts", type=Path)
    parser.add_argument("checkouts", type=Path)
    parser.add_argument("--issue", type=int, action="append", help="only facts of this issue; repeatable")
    chosen = parser.parse_args(arguments)
    document = json.loads(chosen.facts.read_text("utf-8"))
    by_repository: defaultdict[str, list[Fact]] = defaultdict(list)
    for fact in document["facts"]:
        if not chosen.issue or fact.get("issue") in chosen.issue:
            by_repository[fact["repo"]].append(fact)
    score: Counter[tuple[str, bool]] = Counter()
    for entry in document["repositories"]:
        checkout = _checkout(chosen.checkouts, entry["repo"])
        if checkout is None:
            print(f"{entry['repo']}: no checkout in {chosen.checkouts}")
            continue
        report = _run(checkout)
        _show(entry["repo"], checkout, report)
        for fact in by_repository[entry["repo"]]:
            _score(fact, report, score)
    for kind, name in (("P", "found"), ("N", "respected"), ("U", "undecided")):
        good, bad = score[kind, True], score[kind, False]
        print(f"{kind} {name}: {good} of {good + bad}")
    return 1 if any(not right for _, right in score) else 0


def _checkout(folder: Path, repository: str) -> Path | None:
    names = (
        repository.replace("/", "+"),
        repository,
        repository.replace("/", "__"),
        repository.rpartition("/")[2],
    )
    return next((folder / name for name in names if (folder / name).is_dir()), None)


def _run(checkout: Path) -> Report:
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "report.json"
        command = [
            sys.executable,
            "-P",
            "-m",
            "djaws",
            "check",
            str(checkout),
            "--output",
            f"json={file}",
            "--format",
            "json",
        ]
        subprocess.run(command, capture_output=True, check=False)
        report: Report = json.loads(file.read_text("utf-8"))
        return report


def _show(name: str, checkout: Path, report: Report) -> None:
    listed = subprocess.run(["git", "-C", str(checkout), "ls-files"], capture_output=True, check=False).stdout
    files = max(1, listed.count(b"\n"))
    open_findings = [each for each in report["findings"] if each["disposition"] in OPEN]
    own = sum(1 for each in open_findings if each["engine"] == "djaws")
    print(
        f"{name}: {files} files, {len(open_findings)} open findings ({1000 * len(open_findings) / files:.0f} per 1,000 files), "
        f"own {own} ({1000 * own / files:.0f})"
    )
    for run in report["runs"]:
        if run["state"] not in ("ran", "cached", "skipped") or run["errors"]:
            print(f"    {run['engine']} {run['state']}: {len(run['errors'])} errors")


def _score(fact: Fact, report: Report, score: Counter[tuple[str, bool]]) -> None:
    label = f"    {fact['id']} {fact['kind']} {fact['path']}:{fact['line']} {', '.join(fact['rules']) or 'no rules'}"
    if not fact["rules"]:
        print(f"{label}: not scored: {fact.get('note', '')}")
        return
    there = [each for each in report["findings"] if each["disposition"] in OPEN and _is_at(each, fact)]
    named = [each for each in there if set(fact["rules"]) & _rules(each)]
    if fact["kind"] == "P":
        right, why = bool(named), "not found"
    elif fact["kind"] == "N":
        right = not named
        why = f"accused by {', '.join(sorted({each['rule'] for each in named}))}"
    else:
        asked = [e for e in report["undecided"] if e["rule"] in fact["rules"] and e["path"] == fact["path"]]
        right = bool(asked) and not named
        why = "decided" if named else "not among the undecided"
    score[fact["kind"], right] += 1
    if not right:
        note = f" ({fact['note']})" if fact.get("note") else ""
        print(f"{label}: {why}{note}")


def _rules(found: dict[str, Any]) -> set[str]:
    return {found["rule"], *(also["rule"] for also in found["also"])}


def _is_at(found: dict[str, Any], fact: Fact) -> bool:
    places = [(fact["path"], fact["line"], fact.get("end_line") or fact["line"])]
    places += [(place["path"], place["line"], place["line"]) for place in fact.get("also_at", ())]
    near = NEAR if fact["kind"] == "P" else 0
    return any(
        found["path"] == path and first - near <= (found["line"] or 1) <= last + near
        for path, first, last in places
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
