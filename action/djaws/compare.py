"""The base a run is compared with: which commit, what changed since, and whose configuration judges."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from djaws import changes
from djaws import config as configuration
from djaws.change import of_python
from djaws.changes import Changes
from djaws.config import Config, FileConfig
from djaws.errors import DjawsError
from djaws.files import Tree
from djaws.judge.baseline import Baseline, parse
from djaws.judge.waive import Inline, Waiver, find_inline

#: The engines' own configuration: on a pull request the base's decides.
ENGINE_FILES = (
    ".cfnlintrc",
    ".cfnlintrc.yaml",
    ".cfnlintrc.yml",
    ".bandit",
    "pyproject.toml",
    "setup.cfg",
    "tox.ini",
)


@dataclass(frozen=True)
class Base:
    """A base, or none (`changes` is None then). `config` is the configuration that judges, `own` the change's own."""

    root: Path
    inside: str
    config: Config
    own: FileConfig
    changes: Changes | None = None
    notes: tuple[str, ...] = ()

    def overlaid(self, tree: Tree) -> Tree:
        """The tree with the base's engine configurations and YAML policies in place of the change's, and what the change does."""
        if self.changes is None:
            return tree
        changed = (*self.changes.lines, *self.changes.deleted)
        touched = [path for path in changed if _is_engine_file(path) or self._is_policy(path)]
        overlay = {path: changes.file_at(self.root, self.changes.base, path) for path in touched}
        return dataclasses.replace(tree, overlay=overlay, change=of_python(self.changes))

    def _is_policy(self, path: str) -> bool:
        """Whether a file is one of the repository's own YAML policies: the base's judge."""
        folders = (
            _inside(self.root, self.config.root / folder) for folder in self.config.file.policy_folders
        )
        return any(folder and path.startswith(f"{folder}/") for folder in folders)

    def baseline(self, config: Config) -> Baseline | None:
        """The accepted findings: the base's list when there is a base that has one."""
        if not config.file.baseline:
            return None
        file = config.resolved(config.file.baseline)
        if self.changes is not None:
            inside = _inside(self.root, file)
            data = changes.file_at(self.root, self.changes.base, inside) if inside else None
            if data is not None:
                return parse(data, str(file))
        try:
            return parse(file.read_bytes(), str(file))
        except OSError as error:
            raise DjawsError(
                f"{file}: the baseline cannot be read ({error.strerror}); write it with `djaws baseline write`"
            ) from error

    def mark_added(self, waivers: Sequence[Waiver]) -> None:
        """Tells the waivers that this change adds from those that the base has."""
        if self.changes is None:
            return
        known: dict[str, set[tuple[tuple[str, ...], str, str]]] = {}
        for waiver in waivers:
            path = waiver.where.path
            if not waiver.is_inline:
                waiver.added = _signature(waiver) not in {
                    ((w.rule,) if w.rule else (), w.reason, w.expires) for w in self.config.file.waivers
                }
            elif path in self.changes.lines:
                if path not in known:
                    known[path] = self._inline_at_base(path)
                waiver.added = _signature(waiver) not in known[path]

    def _inline_at_base(self, path: str) -> set[tuple[tuple[str, ...], str, str]]:
        assert self.changes
        old = self.changes.renamed.get(path, path)
        data = changes.file_at(self.root, self.changes.base, old)
        found: tuple[Inline, ...] = find_inline(old, data) if data else ()
        return {(each.rules, each.reason, each.until) for each in found}


def _signature(waiver: Waiver) -> tuple[tuple[str, ...], str, str]:
    return (waiver.rules, waiver.reason, waiver.until)


def find(config: Config, tree: Tree) -> Base:
    """The base that the configuration asks for. One that is not in this clone is a note, and everything is judged."""
    root = _checkout(config, tree)
    inside = os.path.relpath(config.path.resolve(), root)
    plain = Base(root, inside, config, config.file)
    ref = config.file.base or ("HEAD" if config.staged else "")
    if not ref:
        return plain
    commit = changes.base_commit(root, ref)
    if commit is None:
        if config.staged and not config.file.base:
            return plain  # the first commit of a repository
        note = f"the base {ref} is not in this clone, so the whole repository was judged; fetch it (`git fetch origin {ref}`) to see only what is new"
        return dataclasses.replace(plain, notes=(note,))
    found = changes.changes(root, commit, staged=config.staged)
    judging, notes = _judging(config, root, commit)
    return Base(root, inside, judging, config.file, found, notes)


def _checkout(config: Config, tree: Tree) -> Path:
    from djaws.files import top_level

    folder = config.path if config.path.is_dir() else config.path.parent
    return (top_level(folder) or tree.root).resolve()


def _judging(config: Config, root: Path, commit: str) -> tuple[Config, tuple[str, ...]]:
    """The configuration that judges: the base's file under the flags that were given, with the change's waivers."""
    name = _inside(root, config.source) if config.source else None
    if config.source is not None and name is None:
        return config, ()  # outside of the repository: no change can touch it
    at_base = _base_keys(root, commit, config, name)
    if at_base is None:
        if config.source is None:
            return config, ()
        keys: dict[str, object] = {}
        notes: tuple[str, ...] = (f"{name} is new in this change: it takes effect once it is merged",)
    else:
        keys, notes = at_base, ()
    merged = configuration.merged(keys, config.given, name or "djaws.toml")
    merged = msgspec.structs.replace(merged, waivers=config.file.waivers)
    return msgspec.structs.replace(config, file=merged), notes


def _base_keys(root: Path, commit: str, config: Config, name: str | None) -> dict[str, object] | None:
    """The keys of the base's configuration file, None when the base has none."""
    names = [name] if name else []
    folder = _inside(root, config.root) or "."
    for candidate in ("djaws.toml", "pyproject.toml"):
        path = candidate if folder == "." else f"{folder}/{candidate}"
        names += [path] if path not in names else []
    for path in names:
        data = changes.file_at(root, commit, path)
        if data is None:
            continue
        keys = configuration.keys_of(data.decode("utf-8", "replace"), path)
        if keys or not path.endswith("pyproject.toml"):
            return keys
    return None


def _inside(root: Path, file: Path) -> str | None:
    try:
        return file.resolve().relative_to(root.resolve()).as_posix()
    except ValueError:
        return None


def _is_engine_file(path: str) -> bool:
    return path.rpartition("/")[2] in ENGINE_FILES
