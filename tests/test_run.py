"""Workers: a crash, a hang or rubbish costs one unit, and the process tree ends with it."""

from __future__ import annotations

import os
import textwrap
import time
from pathlib import Path
from types import ModuleType

import pytest

from djaws import run
from djaws.engines import Unit
from djaws.run import Outcome, Runner, clean_environment

DRIVER = """
import os, subprocess, sys, time
from djaws.finding import Output

def run(root, units):
    return [act(root, unit.id) for unit in units]

def act(root, what):
    if what.startswith("hang"):
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        open(os.path.join(root, "child.pid"), "w").write(str(child.pid))
        time.sleep(600)
    if what.startswith("crash"):
        os._exit(9)
    if what.startswith("segv"):
        import ctypes; ctypes.string_at(0)
    if what.startswith("raise"):
        raise ValueError("bad\\ninput")
    if what.startswith("print"):
        print("rubbish on stdout")
        os.write(1, b"more rubbish")
    return Output(notes=(what,))
"""


@pytest.fixture
def outcomes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """Runs units of a made-up engine, whose driver does what a unit's id says."""
    package = tmp_path / "lib"
    package.mkdir()
    (package / "made_up_driver.py").write_text(DRIVER)
    (package / "sitecustomize.py").write_text(
        textwrap.dedent(
            """
            import sys
            if "djaws.worker" in sys.orig_argv:
                import djaws.engines, made_up_driver
                djaws.engines.driver = lambda name: made_up_driver
            """
        )
    )
    clean = clean_environment
    monkeypatch.setattr(run, "clean_environment", lambda home: {**clean(home), "PYTHONPATH": str(package)})
    module = ModuleType("made_up")
    module.BATCH = 4  # type: ignore[attr-defined]
    monkeypatch.setattr(run, "engine", lambda name: module)

    def go(*ids: str, timeout: float = 20, jobs: int = 2) -> dict[str, Outcome]:
        ended: dict[str, Outcome] = {}
        units = [Unit("made-up", name, ()) for name in ids]
        Runner(tmp_path, jobs, timeout, lambda unit, outcome: ended.__setitem__(unit.id, outcome)).run(units)
        return ended

    return go


def test_every_unit_is_answered_and_stray_output_does_no_harm(outcomes) -> None:  # type: ignore[no-untyped-def]
    ended = outcomes(*[f"print{n}" for n in range(9)])
    assert {name: outcome.output.notes for name, outcome in ended.items()} == {
        f"print{n}": (f"print{n}",) for n in range(9)
    }


@pytest.mark.parametrize(
    ("fault", "why"), [("crash", "exit code 9"), ("segv", "signal 11"), ("raise", "ValueError: bad input")]
)
def test_a_crash_costs_one_unit_of_a_batch(outcomes, fault: str, why: str) -> None:  # type: ignore[no-untyped-def]
    ended = outcomes("a", "b", fault, "c", "d", "e", "f", "g")
    assert ended[fault].ending == "failed"
    assert why in ended[fault].output.errors[0].because
    assert all(outcome.ending == "ran" for name, outcome in ended.items() if name != fault)
    assert len(ended) == 8


def test_a_hang_ends_at_the_limit_with_its_whole_process_tree(outcomes, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    ended = outcomes("a", "hang", "b", timeout=3, jobs=1)
    assert ended["hang"].ending == "timeout"
    assert "3 s" in ended["hang"].output.errors[0].because
    assert {ended["a"].ending, ended["b"].ending} == {"ran"}
    assert _is_gone(int((tmp_path / "child.pid").read_text()))


def _is_gone(pid: int) -> bool:
    for _ in range(50):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        if Path(f"/proc/{pid}/status").exists() and "State:\tZ" in Path(f"/proc/{pid}/status").read_text():
            return True
        time.sleep(0.1)
    return False


def test_children_see_no_secrets_and_no_home(tmp_path: Path) -> None:
    given = {
        "PATH": "/bin",
        "AWS_SECRET_ACCESS_KEY": "x",
        "HOME": "/home/me",
        "TF_VAR_a": "1",
        "PYTHONPATH": "/evil",
    }
    environment = clean_environment(tmp_path, given)
    assert environment["HOME"] == str(tmp_path)
    assert environment["PYTHONHASHSEED"] == "0"
    assert not {"AWS_SECRET_ACCESS_KEY", "TF_VAR_a", "PYTHONPATH"} & set(environment)
