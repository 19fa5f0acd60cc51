"""What many tests need: a git repository made on the spot, and the command as a user runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import settings

from support import Ran, Repository, Write, fill

# A machine that is busy is no fault: nothing here is timed.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the cache of whoever runs the tests, nor sees their settings."""
    monkeypatch.setenv("DJAWS_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
    for name in list(os.environ):
        if (name.startswith("DJAWS_") and name != "DJAWS_CACHE_DIR") or name.startswith("GITHUB_"):
            monkeypatch.delenv(name)


@pytest.fixture
def tree(tmp_path: Path) -> Write:
    """Writes files below a fresh directory (no git checkout) and gives the directory."""

    def write(files: Mapping[str, str | bytes]) -> Path:
        root = tmp_path / "tree"
        root.mkdir(exist_ok=True)
        fill(root, files)
        return root

    return write


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    root = tmp_path / "repository"
    root.mkdir()
    return Repository(root)


@pytest.fixture
def djaws() -> Callable[..., Ran]:
    """Runs `python -P -m djaws` in a directory."""

    def run(*arguments: str, cwd: Path, env: Mapping[str, str] | None = None, timeout: float = 300) -> Ran:
        command = [sys.executable, "-P", "-m", "djaws", *arguments]
        return Ran(
            subprocess.run(
                command,
                cwd=cwd,
                env={**os.environ, **(env or {})},
                capture_output=True,
                check=False,
                timeout=timeout,
            )
        )

    return run
