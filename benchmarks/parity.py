"""Hold djaws to the tools it runs: every finding they report by hand on the same files must be in djaws' JSON.

    python benchmarks/parity.py PATH [--direct]

The tools run on a copy of the files that djaws scans, so that both see the same ones; `.checkov.y*ml` stays behind, because
djaws never reads it. Both sides get `PYTHONHASHSEED=0` and an empty home. Identity is (rule, path, lines of the block), counted.
`--direct` calls planners and drivers in this process instead of `djaws check`. Exit code 1 when anything of theirs is missing.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from djaws.config import Config
from djaws.engines import Unit, bandit, driver, engine
from djaws.files import Tree, discover

Identity = tuple[str, str, int, int]
ENGINES = ("checkov", "cfn-lint", "bandit")
#: Arguments a command gets at once.
MANY = 400


@dataclass
class Side:
    """What one side found: how often each identity, how often waived, and what it could not look at."""

    found: Counter[Identity] = field(default_factory=Counter)
    waived: Counter[Identity] = field(default_factory=Counter)
    refused: set[str] = field(default_factory=set)
    remarks: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def add(self, rule: str, path: str, first: int | None, last: int | None, waived: bool = False) -> None:
        # some of Checkov's blocks begin on line 0; lines count from 1 here
        identity = (rule, path, max(1, first or 1), max(1, last or 1))
        self.found[identity] += 1
        self.waived[identity] += waived


def main(arguments: Sequence[str]) -> int:
    direct = "--direct" in arguments
    (path,) = (Path(argument).resolve() for argument in arguments if argument != "--direct")
    tree = discover(path)
    config = Config(path=path, root=tree.root)
    units = {name: engine(name).plan(tree, config) for name in ENGINES}
    with tempfile.TemporaryDirectory() as scratch:
        clean = {
            "PATH": os.environ["PATH"],
            "HOME": scratch,
            "XDG_CACHE_HOME": scratch,
            "PYTHONHASHSEED": "0",
        }
        copy = Path(os.path.realpath(scratch)) / "tree"
        _copy(tree, copy)
        by_hand = {
            "checkov": _checkov(copy, engine("checkov").scope(units["checkov"]), units["checkov"], clean),
            "cfn-lint": _cfn_lint(copy, units["cfn-lint"], clean),
            "bandit": _bandit(copy, tree, units["bandit"], clean),
        }
        ours = _direct(tree, units) if direct else _command(path, clean)
    missing = sum([_compare(name, by_hand[name], ours[name], len(units[name])) for name in ENGINES])
    print("django    not compared: by hand it needs the project's own environment")
    return 1 if missing else 0


def _copy(tree: Tree, copy: Path) -> None:
    for path in tree.paths:
        if not Path(path).name.startswith(".checkov."):
            target = copy / path
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(tree.file(path), target)


def _compare(name: str, theirs: Side, ours: Side, units: int) -> int:
    lacking = theirs.found - ours.found
    missing = Counter({key: count for key, count in lacking.items() if key[1] not in ours.refused})
    refused = lacking - missing
    extra = ours.found - theirs.found
    waived = sum((extra & ours.waived).values())
    hidden = sum(
        count
        for (_, path, *_), count in (extra - ours.waived).items()
        if path.startswith(".") or "/." in path
    )
    total = sum(missing.values())
    print(
        f"{name:9} units {units}, theirs {theirs.found.total()} in {theirs.seconds:.1f} s, ours {ours.found.total()}: "
        f"missing in ours {total}, only in ours {extra.total()} ({waived} waived, {hidden} in hidden directories)"
    )
    for remark in (*theirs.remarks, *ours.remarks):
        print(f"          {remark}")
    _list("missing", missing)
    _list("theirs, in a file that djaws refuses or that failed", refused)
    _list("only in ours", extra - ours.waived)
    return total


def _list(title: str, identities: dict[Identity, int], limit: int = 20) -> None:
    for rule, path, first, last in sorted(identities)[:limit]:
        print(f"          {title}: {rule} {path}:{first}-{last} ×{identities[rule, path, first, last]}")
    if len(identities) > limit:
        print(f"          {title}: and {len(identities) - limit} more")


# --- ours


def _command(path: Path, clean: dict[str, str]) -> dict[str, Side]:
    with tempfile.TemporaryDirectory() as cache:
        selected = [part for name in ENGINES for part in ("--engine", name)]
        done = subprocess.run(
            [sys.executable, "-P", "-m", "djaws", "check", str(path), "--format", "json", *selected],
            env={**clean, "DJAWS_CACHE_DIR": cache},
            capture_output=True,
            check=False,
        )
    report = json.loads(done.stdout)
    sides = {name: Side() for name in ENGINES}
    for found in report["findings"]:
        if found["engine"] in sides:
            first, last = found.get("block") or (found["line"], found["end_line"])
            own = found["disposition"] == "waived"
            sides[found["engine"]].add(found["rule"], found["path"], first, last, own)
        for also in found["also"]:
            if also["engine"] not in sides:
                raise SystemExit(f"an unknown engine in also: {also}")
    for run in report["runs"]:
        if run["engine"] in sides:
            side = sides[run["engine"]]
            side.seconds = run["seconds"]
            side.refused |= {error["path"] for error in run["errors"]}
            side.remarks += [f"ours: {error['path']}: {error['because']}" for error in run["errors"]]
    for entry in report["undecided"]:
        if entry["rule"] in sides:
            sides[entry["rule"]].refused.add(entry["path"])
    return sides


def _direct(tree: Tree, units: dict[str, tuple[Unit, ...]]) -> dict[str, Side]:
    sides: dict[str, Side] = {}
    for name in ENGINES:
        side = sides[name] = Side()
        started = time.perf_counter()
        step = engine(name).BATCH
        for at in range(0, len(units[name]), step):
            for output in driver(name).run(str(tree.root), units[name][at : at + step]):
                for finding in output.findings:
                    block = finding.location.block or finding.location.span
                    side.add(finding.rule, block.path, block.line, block.end_line, finding.waived is not None)
                side.refused |= {entry.span.path for entry in output.undecided}
                side.refused |= {error.path for error in output.errors}
                side.remarks += [f"ours: {error.path}: {error.because}" for error in output.errors]
        side.seconds = time.perf_counter() - started
    return sides


# --- theirs


def _run(arguments: Sequence[str], cwd: Path, clean: dict[str, str], side: Side) -> bytes:
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-P", *arguments],
        cwd=cwd,
        env=clean,
        capture_output=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    side.seconds += time.perf_counter() - started
    return done.stdout


def _checkov(copy: Path, scope: Sequence[str], units: Sequence[Unit], clean: dict[str, str]) -> Side:
    side = Side()
    if not scope:
        return side
    if _checkov_at(["-d", str(copy)], scope, copy, clean, side):
        return side
    side.remarks.append("theirs: the command died; run again by framework")
    for framework in scope:
        if _checkov_at(["-d", str(copy)], [framework], copy, clean, side):
            continue
        files = [unit.inputs[0] for unit in units if unit.options["framework"] == framework != "terraform"]
        died = list(_checkov_halves(files, framework, copy, clean, side))
        side.remarks.append(
            f"theirs: {framework} died; run by file, it dies of {len(died)}: {', '.join(died)}"
        )
    return side


def _checkov_halves(
    files: list[str], framework: str, copy: Path, clean: dict[str, str], side: Side
) -> Iterator[str]:
    """Run the command on ever smaller halves; yields the files it dies of alone."""
    if not files or _checkov_at(
        ["-f", *(str(copy / file) for file in files)], [framework], copy, clean, side
    ):
        return
    if len(files) == 1:
        yield files[0]
        return
    middle = len(files) // 2
    yield from _checkov_halves(files[:middle], framework, copy, clean, side)
    yield from _checkov_halves(files[middle:], framework, copy, clean, side)


def _checkov_at(
    target: list[str], scope: Sequence[str], copy: Path, clean: dict[str, str], side: Side
) -> bool:
    options = ["--framework", *scope, "--skip-download", "--compact", "-o", "json"]
    printed = _run(["-m", "checkov.main", *target, *options], copy.parent, clean, side)
    try:
        reports = json.loads(printed)
    except ValueError:
        return False
    for report in reports if isinstance(reports, list) else [reports]:
        found = report.get("results", {})
        for entry in (*found.get("failed_checks", ()), *found.get("skipped_checks", ())):
            path = os.path.relpath(entry["file_abs_path"], copy)
            skipped = entry["check_result"]["result"] == "SKIPPED"
            first, last = entry["file_line_range"]
            side.add(entry["check_id"], path, first, last, waived=skipped)
    return True


def _cfn_lint(copy: Path, units: Sequence[Unit], clean: dict[str, str]) -> Side:
    """By hand in the folder of the nearest configuration that cfn-lint accepts, else at the top."""
    side = Side()
    groups: dict[tuple[str, ...], list[str]] = {}
    for unit in units:
        groups.setdefault(tuple(unit.options.get("configs") or ()), []).append(unit.id)
    for configs, templates in groups.items():
        for folder in [*dict.fromkeys(os.path.dirname(config) for config in configs), None]:
            if all(_cfn_lint_in(copy, folder, some, clean, side) for some in _chunks(templates)):
                break
            side.remarks.append(
                f"theirs: died with the configuration in {folder or '.'}; run with the next above"
            )
    return side


def _cfn_lint_in(
    copy: Path, folder: str | None, templates: Sequence[str], clean: dict[str, str], side: Side
) -> bool:
    where = copy.parent if folder is None else copy / folder
    names = [os.path.relpath(copy / template, where) for template in templates]
    printed = _run(
        ["-c", "from cfnlint.runner import main; main()", "--format", "json", "--", *names],
        where,
        clean,
        side,
    )
    try:
        entries = json.loads(printed)
    except ValueError:
        return False
    for entry in entries:
        place = entry["Location"]
        path = os.path.relpath(where / entry["Filename"], copy)
        side.add(entry["Rule"]["Id"], path, place["Start"]["LineNumber"], place["End"]["LineNumber"])
    return True


def _bandit(copy: Path, tree: Tree, units: Sequence[Unit], clean: dict[str, str]) -> Side:
    """By hand in each configured folder with its own file, on the files that djaws planned."""
    side = Side()
    folders = bandit.configured(tree)
    groups: dict[str | None, list[str]] = {}
    for unit in units:
        groups.setdefault(bandit.nearest(unit.id, folders), []).append(unit.id)
    for folder, paths in groups.items():
        where = copy / (folder or "")
        options = ["-q", "-f", "json"]
        if folder is not None and (where / "pyproject.toml").exists():
            options += ["-c", "pyproject.toml"]
        if folder is not None and (where / ".bandit").exists():
            options += ["--ini", ".bandit"]
        for some in _chunks(paths):
            names = [os.path.relpath(copy / path, where) for path in some]
            printed = json.loads(_run(["-m", "bandit", *options, *names], where, clean, side))
            for entry in printed["results"]:
                path = os.path.relpath(where / entry["filename"], copy)
                lines = entry["line_range"] or [entry["line_number"]]
                side.add(entry["test_id"], path, lines[0], lines[-1])
            side.remarks += [f"theirs: skipped {e['filename']}: {e['reason']}" for e in printed["errors"]]
    return side


def _chunks(names: list[str]) -> Iterable[list[str]]:
    return (names[at : at + MANY] for at in range(0, len(names), MANY))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
