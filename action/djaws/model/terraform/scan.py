"""Finds Terraform roots, the local modules they call and their tfvars files by a byte scan, without parsing anything.

The parent process plans with this; it must never run a parser on a stranger's file.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from djaws.errors import Refused
from djaws.files import TERRAFORM_SUFFIXES, TFVARS_SUFFIXES, Tree

_COMMENT = re.compile(rb'"(?:\\.|[^"\\\n])*"|/\*.*?\*/|(?:#|//)[^\n]*', re.DOTALL)
_SOURCE = re.compile(rb'(?:^|[\n{,])\s*"?source"?\s*[=:]\s*"(\.\.?(?:/[^"\n]*)?)"')
_ANCHOR = re.compile(
    rb'(?:^|\n)[ \t]*(?:backend[ \t]+"?[^"\s{]+"?[ \t]*\{|cloud[ \t]*\{)|"backend"\s*:|"cloud"\s*:\s*\{'
)


@dataclass(frozen=True)
class Root:
    """A directory that Terraform is run in. `modules` are the local directories it calls, transitively; `files` all of theirs;
    `tfvars` the variable files that Terraform reads by itself or that stand inside the root's directory.
    """

    path: str
    modules: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    tfvars: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sketch:
    """What matters of one directory for finding roots: the local sources it calls, and whether Terraform is surely run in it."""

    calls: frozenset[str] = frozenset()
    is_anchored: bool = False


@dataclass
class _Draft:
    calls: set[str] = field(default_factory=set)
    is_anchored: bool = False


def directory_of(path: str) -> str:
    """The directory of a path; the top of the tree is an empty string."""
    return path.rpartition("/")[0]


def local_target(directory: str, source: str) -> str | None:
    """The directory that a local module source names, None when it is not local or leaves the tree."""
    if not (source in (".", "..") or source.startswith(("./", "../"))):
        return None
    joined = posixpath.normpath(posixpath.join(directory, source))
    if joined == ".." or joined.startswith("../"):
        return None
    return "" if joined == "." else joined


def sketch(data: bytes) -> tuple[frozenset[str], bool]:
    """The local sources that one file calls, and whether it holds a backend."""
    bare = _COMMENT.sub(_blank, data)
    sources = frozenset(source.decode("utf-8", "replace") for source in _SOURCE.findall(bare))
    return sources, bool(_ANCHOR.search(bare))


def _blank(found: re.Match[bytes]) -> bytes:
    text = found[0]
    return text if text.startswith(b'"') else b"\n" * text.count(b"\n")


def is_anchor(path: str) -> bool:
    """Whether a file other than a configuration says that Terraform is run in its directory."""
    return path.rpartition("/")[2] == ".terraform.lock.hcl" or is_automatic(path)


def sketches(tree: Tree) -> dict[str, Sketch]:
    """A sketch of every directory that holds Terraform files."""
    drafts: dict[str, _Draft] = {}
    for path in tree.with_suffix(*TERRAFORM_SUFFIXES):
        draft = drafts.setdefault(directory_of(path), _Draft())
        try:
            sources, is_anchored = sketch(tree.read(path))
        except Refused:
            continue
        draft.calls |= sources
        draft.is_anchored = draft.is_anchored or is_anchored
    return {
        directory: Sketch(frozenset(draft.calls), draft.is_anchored) for directory, draft in drafts.items()
    }


def resolved_target(tree: Tree, directory: str, source: str, known: Mapping[str, object]) -> str | None:
    """Like `local_target`, through linked directories too."""
    target = local_target(directory, source)
    if target is None or target in known:
        return target
    linked = os.path.relpath(os.path.realpath(tree.file(target)), os.path.realpath(tree.root)).replace(
        os.sep, "/"
    )
    linked = "" if linked == "." else linked
    return linked if linked in known else target


def callees(tree: Tree, known: Mapping[str, Sketch]) -> dict[str, tuple[str, ...]]:
    """The directories that each directory calls, as far as they are there."""
    found = {}
    for directory, drawn in known.items():
        targets = {resolved_target(tree, directory, source, known) for source in drawn.calls}
        found[directory] = tuple(
            sorted(name for name in targets if name is not None and name in known and name != directory)
        )
    return found


def root_directories(known: Mapping[str, Sketch], graph: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
    """Directories with a backend, a lock file or automatic variables, and those nobody calls; of a closed ring its first.

    A provider block alone makes no root of a directory that is called: old modules configure their own.
    """
    called = {target for targets in graph.values() for target in targets}
    roots = {directory for directory, drawn in known.items() if drawn.is_anchored or directory not in called}
    reached = set(closure(roots, graph))
    for directory in sorted(known):
        if directory not in reached:
            roots.add(directory)
            reached |= set(closure({directory}, graph))
    return tuple(sorted(roots))


def closure(starts: Iterable[str], graph: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
    """All that is reached from `starts`, themselves included."""
    seen: set[str] = set()
    waiting = list(starts)
    while waiting:
        directory = waiting.pop()
        if directory not in seen:
            seen.add(directory)
            waiting += graph.get(directory, ())
    return tuple(sorted(seen))


def is_automatic(path: str) -> bool:
    """Whether Terraform reads this variable file by itself."""
    name = path.rpartition("/")[2]
    return name in ("terraform.tfvars", "terraform.tfvars.json") or name.endswith(
        (".auto.tfvars", ".auto.tfvars.json")
    )


def variable_files(tree: Tree, root_paths: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The variable files of each root: those in its directory and below it, down to the next root."""
    ordered = sorted(root_paths, key=len, reverse=True)
    found: dict[str, list[str]] = {root: [] for root in ordered}
    for path in tree.with_suffix(*TFVARS_SUFFIXES):
        owner = next((root for root in ordered if not root or path.startswith(f"{root}/")), None)
        if owner is not None and (directory_of(path) == owner or not is_automatic(path)):
            found[owner].append(path)
    return {root: tuple(sorted(paths)) for root, paths in found.items()}


def roots(tree: Tree) -> tuple[Root, ...]:
    """Every root of the tree, in order of paths."""
    known = sketches(tree)
    graph = callees(tree, known)
    directories = root_directories(known, graph)
    tfvars = variable_files(tree, directories)
    by_directory: dict[str, list[str]] = {}
    for path in tree.with_suffix(*TERRAFORM_SUFFIXES):
        by_directory.setdefault(directory_of(path), []).append(path)
    found = []
    for root in directories:
        reached = closure({root}, graph)
        modules = tuple(directory for directory in reached if directory != root)
        files = tuple(sorted(path for directory in reached for path in by_directory[directory]))
        found.append(Root(root, modules, files, tfvars[root]))
    return tuple(found)
