"""What changed against a base, and trees of other moments: the base commit, the index."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from djaws.errors import DjawsError
from djaws.files import Tree, git, shown, sift, top_level

#: Filters (LFS and the like) run programs the repository's configuration names; exported trees are for reading only.
_NO_FILTERS = ("-c", "filter.lfs.smudge=", "-c", "filter.lfs.process=", "-c", "filter.lfs.required=false")

_HUNK = re.compile(rb"^@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


@dataclass(frozen=True)
class Hunk:
    """One place of a change: the line of the new file where it is (or where something was taken out), and all its text."""

    path: str
    line: int
    text: str


@dataclass(frozen=True)
class Changes:
    """What differs from `base`. `lines` holds, for each changed or new path, its added or edited lines (None: all of them).

    `renamed` maps new paths to old ones, `deleted` are paths that are gone.
    """

    base: str
    lines: Mapping[str, frozenset[int] | None] = field(default_factory=dict)
    renamed: Mapping[str, str] = field(default_factory=dict)
    deleted: frozenset[str] = frozenset()
    hunks: tuple[Hunk, ...] = ()


def base_commit(root: Path, ref: str) -> str | None:
    """The commit to compare with: where HEAD left `ref`, else `ref` itself; None when it is not in this clone.

    A pull request's merge commit is compared with its first parent when that is all there is of the base.
    """
    wanted = git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
    if not wanted:
        return None
    commit = wanted.decode().strip()
    fork = git(root, "merge-base", commit, "HEAD")
    return fork.decode().strip() if fork and fork.strip() else commit


def changes(root: Path, base: str, *, staged: bool = False) -> Changes:
    """What the working tree (or the index) changes against the commit `base`. Untracked files count as new."""
    cached = ("--cached",) if staged else ()
    flags = ("--no-ext-diff", "--no-textconv", "--no-color", "--find-renames", "--ignore-submodules", *cached)
    raw = git(root, "diff", "--raw", "-z", "--no-abbrev", *flags, base, "--")
    patch = git(root, "diff", "--unified=0", *flags, base, "--")
    if raw is None or patch is None:
        raise DjawsError(f"git could not compare with {base}; run `git diff {base}` to see why")
    entries = list(_entries(raw))
    lines: dict[str, frozenset[int] | None] = {}
    hunks: list[Hunk] = []
    for (status, _, new), places in zip(entries, _sections(patch), strict=False):
        if status != "D":
            lines[new] = None if status in "AC" else frozenset(line for each in places for line in each.lines)
            hunks += [Hunk(new, each.lines[0], each.text) for each in places]
    if not staged:
        others = git(root, "ls-files", "-z", "--others", "--exclude-standard") or b""
        lines.update((shown(os.fsdecode(name)), None) for name in others.split(b"\0") if name)
    return Changes(
        base,
        lines,
        {new: old for status, old, new in entries if status == "R"},
        frozenset(old for status, old, _ in entries if status == "D"),
        tuple(hunks),
    )


def _entries(raw: bytes) -> Iterator[tuple[str, str, str]]:
    """Status letter, old path and new path of each entry of `git diff --raw -z`."""
    fields = iter(raw.split(b"\0"))
    for header in fields:
        if not header:
            return
        status = header.rsplit(b" ", 1)[1][:1].decode()
        old = shown(os.fsdecode(next(fields)))
        new = shown(os.fsdecode(next(fields))) if status in "RC" else old
        yield status, old, new


@dataclass(frozen=True)
class _Place:
    lines: range
    text: str


def _sections(patch: bytes) -> Iterator[list[_Place]]:
    """The hunks of each file of a patch, in its order. Their bodies are taken by count, so that no content can pass for a header."""
    lines = iter(patch.split(b"\n"))
    places: list[_Place] | None = None
    for line in lines:
        if line.startswith(b"diff --git "):
            if places is not None:
                yield places
            places = []
            continue
        hunk = _HUNK.match(line)
        if hunk and places is not None:
            removed, first, added = int(hunk[1] or 1), int(hunk[2]), int(hunk[3] or 1)
            body = [next(lines, b"")[1:] for _ in range(removed + added)]
            # A pure deletion touches the line before it: something may have lost its cause there.
            touched = range(first, first + added) if added else range(max(first, 1), max(first, 1) + 1)
            places.append(_Place(touched, b"\n".join(body).decode("utf-8", "replace")))
    if places is not None:
        yield places


@contextlib.contextmanager
def base_tree(root: Path, commit: str, inside: str, exclude: Iterable[str]) -> Iterator[Tree]:
    """The files of a commit below the path `inside`, in a temporary directory."""
    listed = git(root, "ls-tree", "-r", "-z", "--name-only", "--full-tree", commit)
    if listed is None:
        raise DjawsError(f"git could not list the files of {commit}")
    with _exported(root, ("read-tree", commit)) as folder:
        yield sift(folder, _below(listed, inside), exclude)


@contextlib.contextmanager
def staged_tree(path: Path, exclude: Iterable[str]) -> Iterator[Tree]:
    """The files of the index. Where the working tree agrees with it that is what is read, else an exported copy."""
    root = top_level(path if path.is_dir() else path.parent)
    if root is None:
        raise DjawsError(f"{path}: --staged needs a git checkout")
    listed = git(root, "ls-files", "-z", "--cached", "--full-name")
    if listed is None:
        raise DjawsError(f"{root}: git could not list the index; run `git status` there to see why")
    inside = os.path.relpath(path.resolve(), root.resolve())
    names = list(_below(listed, inside))
    if git(root, "diff-files", "--quiet", "--ignore-submodules") is not None:
        yield sift(root, names, exclude)
        return
    with _exported(root, None) as folder:
        yield sift(folder, names, exclude)


def _below(listed: bytes, inside: str) -> Iterator[str]:
    prefix = "" if inside in (".", "") else f"{inside}{os.sep}"
    for name in listed.split(b"\0"):
        text = os.fsdecode(name)
        if text and (not prefix or text.startswith(prefix) or text == inside):
            yield text


@contextlib.contextmanager
def _exported(root: Path, read: tuple[str, str] | None) -> Iterator[Path]:
    """A temporary directory with the files of the index, or of what `read` puts into an index of its own."""
    folder = Path(tempfile.mkdtemp(prefix="djaws-tree-"))
    try:
        index = {"GIT_INDEX_FILE": str(folder / ".djaws-index")} if read else {}
        target = folder / "tree"
        target.mkdir()
        if read and git(root, *read, env=index) is None:
            raise DjawsError(f"git could not read {read[-1]}")
        if (
            git(
                root,
                *_NO_FILTERS,
                "checkout-index",
                "--all",
                "--quiet",
                "--force",
                f"--prefix={target}/",
                env=index,
            )
            is None
        ):
            # A partial clone or a missing object: what could be written is there, the rest is simply absent.
            pass
        yield target
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def file_at(root: Path, commit: str, path: str) -> bytes | None:
    """A file's bytes at a commit, None when it has none there."""
    return git(root, "cat-file", "blob", f"{commit}:{path}")
