"""Measure djaws against the tools it runs: whole processes, in turn, in one run; medians and ratios.

    python benchmarks/run.py [PATH …]              cold and warm on repositories, start-up
    python benchmarks/run.py --policies            own models and policies on generated stacks, against Checkov
    python benchmarks/run.py --changes [PATH …]    one file changed, pull requests, generated roots

`--rounds N` repeats each measurement (default 3; by hand once for repositories that take over a minute). Prints Markdown.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path

from generate import generate

from djaws.config import Config
from djaws.engines import Unit, engine
from djaws.files import Tree, discover

PYTHON = [sys.executable, "-P"]
SHOP = Path(__file__).resolve().parent.parent / "examples" / "shop"


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("paths", nargs="*", type=Path)
    parser.add_argument("--policies", action="store_true")
    parser.add_argument("--changes", action="store_true")
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args(arguments)
    _machine()
    if chosen.policies:
        _policies(chosen.rounds)
    elif chosen.changes:
        _changes(chosen.paths, chosen.rounds)
    else:
        _start(chosen.rounds)
        _repositories(chosen.paths or [SHOP], chosen.rounds)
    return 0


def _machine() -> None:
    versions = ", ".join(f"{name} {version(name)}" for name in ("checkov", "cfn-lint", "bandit", "django"))
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}; {versions}\n")


# --- whole processes


def _seconds(command: Sequence[str], cwd: Path, env: dict[str, str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, cwd=cwd, env=env, capture_output=True, check=False, stdin=subprocess.DEVNULL)
    return time.perf_counter() - started


def _median(measure: Callable[[], float], rounds: int) -> float:
    first = measure()
    if first > 60:
        return first
    return statistics.median([first, *(measure() for _ in range(rounds - 1))])


def _environment(home: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "PYTHONHASHSEED": "0",
        "DJAWS_CACHE_DIR": str(home / "djaws"),
    }


def _djaws(path: Path, *options: str) -> list[str]:
    return [*PYTHON, "-m", "djaws", "check", str(path), "--format", "json", *options]


def _bare(home: Path, rounds: int) -> float:
    return _median(lambda: _seconds([sys.executable, "-c", "pass"], home, _environment(home)), rounds * 5)


# --- start


def _start(rounds: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        bare = _bare(home, rounds)
        ours = _median(
            lambda: _seconds([*PYTHON, "-m", "djaws", "--version"], home, _environment(home)), rounds * 5
        )
    print(
        f"start: `djaws --version` {ours * 1000:.0f} ms, bare python {bare * 1000:.0f} ms: {ours / bare:.1f}×\n"
    )


# --- repositories


def _repositories(paths: Sequence[Path], rounds: int) -> None:
    print(
        "| repository | by hand s | Checkov alone s | djaws cold s | cold ratio | warm s | warm ratio | warm × bare |"
    )
    print("|---|---|---|---|---|---|---|---|")
    totals = [0.0] * 4
    for path in paths:
        row = _repository(path.resolve(), rounds)
        totals = [total + each for total, each in zip(totals, row[:4], strict=True)]
        _row(path.resolve().name, *row)
    if len(paths) > 1:
        _row("together", *totals, 0.0)


def _row(name: str, by_hand: float, checkov: float, cold: float, warm: float, bare: float) -> None:
    times = f"{warm / bare:.0f}" if bare else ""
    print(
        f"| {name} | {by_hand:.2f} | {checkov:.2f} | {cold:.2f} | {cold / by_hand:.2f} | {warm:.2f} | {warm / by_hand:.3f} | {times} |",
        flush=True,
    )


def _repository(path: Path, rounds: int) -> tuple[float, float, float, float, float]:
    """Seconds by hand, of Checkov alone, of djaws cold and warm, and of a bare interpreter."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(os.path.realpath(folder))
        tree = discover(path)
        copy = home / "tree"
        _copy(tree, copy)
        commands = _by_hand(copy, tree, path)
        env = _environment(home)
        by_tool = {name: _median(lambda c=c: _seconds(c, copy, env), rounds) for name, c in commands.items()}  # type: ignore[misc]

        def cold() -> float:
            shutil.rmtree(home / "djaws", ignore_errors=True)
            return _seconds(_djaws(path), path, env)

        ours = _median(cold, rounds)
        warm = _median(lambda: _seconds(_djaws(path), path, env), rounds * 2)
        return sum(by_tool.values()), by_tool.get("checkov", 0.0), ours, warm, _bare(home, rounds)


def _copy(tree: Tree, copy: Path) -> None:
    for path in tree.paths:
        if not Path(path).name.startswith(".checkov."):
            (copy / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(tree.file(path), copy / path)


def _by_hand(copy: Path, tree: Tree, path: Path) -> dict[str, list[str]]:
    """The command of each tool that files concern, with the frameworks and on the files that djaws plans."""
    config = Config(path=path, root=tree.root)
    units = {name: engine(name).plan(tree, config) for name in ("checkov", "cfn-lint", "bandit")}
    commands: dict[str, list[str]] = {}
    scope = engine("checkov").scope(units["checkov"])
    if scope:
        options = ["--framework", *scope, "--skip-download", "--compact", "-o", "json"]
        commands["checkov"] = [*PYTHON, "-m", "checkov.main", "-d", str(copy), *options]
    if units["cfn-lint"]:
        lint = "from cfnlint.runner import main; main()"
        commands["cfn-lint"] = [*PYTHON, "-c", lint, "--format", "json", "--", *_ids(units["cfn-lint"])]
    if units["bandit"]:
        commands["bandit"] = [*PYTHON, "-m", "bandit", "-q", "-f", "json", *_ids(units["bandit"])]
    manage = next((copy / name for name in tree.paths if name.endswith("manage.py")), None)
    if manage is not None:
        commands["django"] = [*PYTHON, str(manage), "check", "--deploy"]
    return commands


def _ids(units: Sequence[Unit]) -> list[str]:
    return [unit.id for unit in units]


# --- own policies


def _policies(rounds: int) -> None:
    print("| resources | own policies s | Checkov s | ratio | growth |")
    print("|---|---|---|---|---|")
    before = 0.0
    for resources in (1_000, 10_000):
        own, checkov = _generated_stack(resources, rounds, with_checkov=resources == 1_000)
        ratio = f"{own / checkov:.3f}" if checkov else ""
        growth = f"{own / before:.1f}" if before else ""
        print(f"| {resources} | {own:.2f} | {checkov:.2f} | {ratio} | {growth} |", flush=True)
        before = own


def _generated_stack(resources: int, rounds: int, *, with_checkov: bool) -> tuple[float, float]:
    """Seconds of our own models and policies on one generated root, and of Checkov on the same files (0 without)."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(os.path.realpath(folder))
        tree = home / "tree"
        generate(tree, roots=1, resources=resources)
        env = _environment(home)
        ours = _djaws(tree, "--engine", "djaws", "--no-cache")
        own = _median(lambda: _seconds(ours, tree, env), rounds)
        if not with_checkov:
            return own, 0.0
        options = ["--framework", "terraform", "--skip-download", "--compact", "-o", "json"]
        theirs = [*PYTHON, "-m", "checkov.main", "-d", str(tree), *options]
        return own, _median(lambda: _seconds(theirs, tree, env), rounds)


# --- changes


def _changes(paths: Sequence[Path], rounds: int) -> None:
    print("| case | djaws s | against s | ratio |")
    print("|---|---|---|---|")
    for path in paths:
        _one_python_file(path.resolve(), rounds)
    _one_root(rounds)
    _many_files(rounds)
    _pull_request(rounds)


def _case(name: str, ours: float, against: float) -> None:
    print(f"| {name} | {ours:.2f} | {against:.2f} | {ours / against:.3f} |", flush=True)


def _checkout(home: Path) -> Path:
    """The generated or copied tree at `home/tree` as a git checkout with one commit."""
    tree = home / "tree"
    identity = ["-c", "user.name=b", "-c", "user.email=b@example.org"]
    for arguments in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "base"]):
        subprocess.run(["git", *identity, *arguments], cwd=tree, check=True, capture_output=True)
    return tree


def _edited(
    tree: Path, file: Path, comment: str, env: dict[str, str], rounds: int, *options: str
) -> tuple[float, float]:
    """Median seconds after one edit, and of the cold run before."""
    cold = _seconds(_djaws(tree, *options), tree, env)
    times = []
    for number in range(rounds):
        with open(file, "a") as stream:
            stream.write(f"\n{comment} edit {number}\n")
        times.append(_seconds(_djaws(tree, *options), tree, env))
    return statistics.median(times), cold


def _one_python_file(path: Path, rounds: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(os.path.realpath(folder))
        files = discover(path)
        _copy(files, home / "tree")
        tree = _checkout(home)
        file = next(tree / name for name in files.paths if name.endswith(("views.py", "urls.py")))
        ours, cold = _edited(tree, file, "#", _environment(home), rounds)
        _case(f"one Python file of {path.name}, against its cold run", ours, cold)
        _case(f"one Python file of {path.name}, against 50 × bare", ours, 50 * _bare(home, rounds))


def _one_root(rounds: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(os.path.realpath(folder))
        generate(home / "tree", roots=20, resources=50)
        tree = _checkout(home)
        ours, cold = _edited(tree, tree / "infra/root007/main.tf", "#", _environment(home), rounds)
        _case("one .tf in one of 20 generated roots of 50 resources, against its cold run", ours, cold)


def _many_files(rounds: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(os.path.realpath(folder))
        generate(home / "tree", roots=5, resources=50, templates=100, python=4_800)
        tree = _checkout(home)
        env = _environment(home)
        _seconds(_djaws(tree), tree, env)
        time.sleep(3)
        _seconds(_djaws(tree), tree, env)
        warm = _median(lambda: _seconds(_djaws(tree), tree, env), rounds)
        _case("nothing changed in 5,000 files, against bare python", warm, _bare(home, rounds))


def _pull_request(rounds: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(os.path.realpath(folder))
        _copy(discover(SHOP), home / "tree")
        tree = _checkout(home)
        env = _environment(home)

        def cold(*options: str) -> float:
            shutil.rmtree(home / "djaws", ignore_errors=True)
            return _seconds(_djaws(tree, *options), tree, env)

        plain = _median(cold, rounds)
        changed = next(tree.rglob("views.py"))
        with open(changed, "a") as stream:
            stream.write("\n# one line more\n")
        pull = _median(lambda: cold("--base", "HEAD"), rounds)
        _case(
            "pull request on the shop, empty cache, one file changed, against a plain cold run", pull, plain
        )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
