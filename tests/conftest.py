"""What many tests need: a git repository made on the spot, and the command as a user runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

Write = Callable[[Mapping[str, str | bytes]], Path]


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
        _fill(root, files)
        return root

    return write


class Repository:
    """A git repository for one test."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.git("init", "-q", "-b", "main")

    def git(self, *arguments: str) -> str:
        done = subprocess.run(
            [
                "git",
                "-c",
                "user.name=t",
                "-c",
                "user.email=t@example.org",
                "-c",
                "commit.gpgsign=false",
                *arguments,
            ],
            cwd=self.root,
            check=True,
            capture_output=True,
        )
        return done.stdout.decode("utf-8", "replace")

    def write(self, files: Mapping[str, str | bytes]) -> None:
        _fill(self.root, files)

    def commit(self, files: Mapping[str, str | bytes], message: str = "c") -> str:
        self.write(files)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD").strip()


def _fill(root: Path, files: Mapping[str, str | bytes]) -> None:
    for name, content in files.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    root = tmp_path / "repository"
    root.mkdir()
    return Repository(root)


class Ran:
    """A finished `djaws`."""

    def __init__(self, done: subprocess.CompletedProcess[bytes]) -> None:
        self.code = done.returncode
        self.out = done.stdout.decode("utf-8", "replace")
        self.err = done.stderr.decode("utf-8", "replace")

    @property
    def json(self) -> dict[str, Any]:
        decoded: dict[str, Any] = msgspec.json.decode(self.out)
        return decoded


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
