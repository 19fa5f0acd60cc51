"""What `djaws init` would write into a repository: configuration, workflow, hook entry."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from djaws import __version__

CHECKOUT = "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1"
REPOSITORY = "https://github.com/djaws/djaws"


@dataclass(frozen=True)
class Piece:
    """One file and what becomes of it: written anew, extended by `text`, or left alone and why."""

    path: Path
    text: str
    is_extension: bool = False
    left_alone: str = ""


def pieces(root: Path, *, baseline: bool) -> tuple[Piece, ...]:
    """What is to be written below `root`. Nothing that exists is replaced."""
    return (_configuration(root, baseline), _workflow(root), _hook(root))


def _configuration(root: Path, baseline: bool) -> Piece:
    file = root / "djaws.toml"
    if file.exists():
        return Piece(file, "", left_alone="there is one already")
    project = root / "pyproject.toml"
    if project.is_file() and "[tool.djaws" in project.read_text("utf-8", "replace"):
        return Piece(project, "", left_alone="it has [tool.djaws] already")
    lines = [
        "# The configuration of djaws. Every option of `djaws check --help` is a key here.",
        'fail-on = "high"       # critical, high, medium, low, none',
        'profile = "default"    # or "strict"',
    ]
    if baseline:
        lines.append('baseline = "djaws-baseline.json"')
    lines += ["", "# Rules that nobody may waive:", "unwaivable = []", ""]
    return Piece(file, "\n".join(lines))


def _workflow(root: Path) -> Piece:
    file = root / ".github" / "workflows" / "djaws.yml"
    if file.exists():
        return Piece(file, "", left_alone="there is one already")
    return Piece(file, workflow())


def workflow() -> str:
    """A workflow with the least permissions, everything pinned."""
    return f"""name: djaws
on:
  push:
    branches: [main]
  pull_request:

permissions: {{}}

concurrency:
  group: djaws-${{{{ github.ref }}}}
  cancel-in-progress: true

jobs:
  djaws:
    runs-on: ubuntu-latest
    timeout-minutes: 20
    permissions:
      contents: read
      security-events: write # the upload to code scanning; the gate works without
    steps:
      - uses: {CHECKOUT}
        with:
          fetch-depth: 2 # the merge commit and its base: enough to tell what is new
          persist-credentials: false
      - uses: djaws/djaws@v{__version__}
"""


def _hook(root: Path) -> Piece:
    file = root / ".pre-commit-config.yaml"
    entry = f"  - repo: {REPOSITORY}\n    rev: v{__version__}\n    hooks:\n      - id: djaws\n"
    if not file.exists():
        return Piece(file, f"repos:\n{entry}")
    text = file.read_text("utf-8", "replace")
    if REPOSITORY in text:
        return Piece(file, "", left_alone="it names djaws already")
    if not _ends_with_repos(text):
        return Piece(file, "", left_alone=f"`repos` is not its last key; add yourself:\n{entry}")
    return Piece(file, ("" if text.endswith("\n") else "\n") + _indented_like(text, entry), is_extension=True)


def _ends_with_repos(text: str) -> bool:
    keys = re.findall(r"^([A-Za-z_][\w-]*)\s*:", text, re.MULTILINE)
    return bool(keys) and keys[-1] == "repos"


def _indented_like(text: str, entry: str) -> str:
    """The entry with its list marks where the file has them."""
    mark = re.search(r"^( *)- repo:", text, re.MULTILINE)
    indent = mark[1] if mark else "  "
    return "".join(f"{indent}{line[2:]}" for line in entry.splitlines(keepends=True))


def write(piece: Piece) -> None:
    """Puts a piece on disk."""
    piece.path.parent.mkdir(parents=True, exist_ok=True)
    if piece.is_extension:
        with open(piece.path, "a", encoding="utf-8") as stream:
            stream.write(piece.text)
    elif not piece.left_alone:
        piece.path.write_text(piece.text, "utf-8")
