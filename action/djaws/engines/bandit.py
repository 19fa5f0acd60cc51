"""Bandit: which Python files it reads, and with which of the project's own options."""

from __future__ import annotations

import configparser
import fnmatch
import json
import tomllib
from collections.abc import Iterator
from importlib import metadata
from typing import TYPE_CHECKING, Any

from djaws.engines import Unit
from djaws.errors import Refused

if TYPE_CHECKING:
    from djaws.config import Config
    from djaws.files import Tree

BATCH = 40

#: What Bandit scans without a configuration; with one that has no `include` it is `*.py` alone.
_SUFFIXES = (".py", ".pyw")


def version() -> str | None:
    try:
        return metadata.version("bandit")
    except metadata.PackageNotFoundError:
        return None


def scope(units: tuple[Unit, ...]) -> tuple[str, ...]:
    return ("python",) if units else ()


def plan(tree: Tree, config: Config) -> tuple[Unit, ...]:
    """One unit per Python file that the nearest `[tool.bandit]` or `.bandit` does not exclude."""
    return tuple(_units(tree, configured(tree)))


def configured(tree: Tree) -> dict[str, dict[str, Any]]:
    """Bandit's options by the folder that sets any."""
    found = {folder: _options(tree, folder) for folder in _folders(tree)}
    return {folder: options for folder, options in found.items() if options}


def _units(tree: Tree, folders: dict[str, dict[str, Any]]) -> Iterator[Unit]:
    for path in tree.with_suffix(*_SUFFIXES):
        folder = nearest(path, folders)
        options = folders.get(folder, {}) if folder is not None else {}
        inside = path[len(folder) + 1 :] if folder else path
        if _is_included(inside, options):
            yield Unit("bandit", path, (path,), _without_paths(options), weight=tree.size(path))


def _folders(tree: Tree) -> Iterator[str]:
    for path in tree.with_suffix("pyproject.toml", ".bandit"):
        folder, _, name = path.rpartition("/")
        if name in ("pyproject.toml", ".bandit"):
            yield folder


def nearest(path: str, folders: dict[str, dict[str, Any]]) -> str | None:
    """The closest folder above `path` that configures Bandit."""
    folder = path
    while folder:
        folder = folder.rpartition("/")[0]
        if folder in folders:
            return folder
    return None


def _options(tree: Tree, folder: str) -> dict[str, Any]:
    """`[tool.bandit]`, with `tests`, `skips` and `exclude` of an ini file added, as Bandit's command adds them."""
    prefix = f"{folder}/" if folder else ""
    options = dict(_toml_table(tree, f"{prefix}pyproject.toml"))
    for key, value in _ini_section(tree, f"{prefix}.bandit").items():
        option = {"exclude": "exclude_dirs"}.get(key, key)
        if option in ("exclude_dirs", "skips", "tests"):
            options[option] = [*_texts(options.get(option)), *(part for part in value.split(",") if part)]
    return options


def _toml_table(tree: Tree, path: str) -> dict[str, Any]:
    """The table as plain JSON data; nothing when the file is absent, unreadable or broken (its own engine says so)."""
    if path not in tree:
        return {}
    try:
        table = tomllib.loads(tree.text(path)).get("tool", {}).get("bandit", {})
    except (Refused, tomllib.TOMLDecodeError, AttributeError, RecursionError):
        return {}
    return json.loads(json.dumps(table, default=str)) if isinstance(table, dict) else {}


def _ini_section(tree: Tree, path: str) -> dict[str, str]:
    if path not in tree:
        return {}
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(tree.text(path))
        return dict(parser.items("bandit"))
    except (Refused, configparser.Error):
        return {}


def _is_included(inside: str, options: dict[str, Any]) -> bool:
    """Bandit's own test for a path relative to its configuration: globs and plain substrings over `./path`."""
    shown = f"./{inside}"
    include = _texts(options.get("include")) or (["*.py"] if options else ["*.py", "*.pyw"])
    exclude = _texts(options.get("exclude_dirs"))
    if not any(fnmatch.fnmatch(shown, glob) for glob in include):
        return False
    return not any(fnmatch.fnmatch(shown, glob) or glob in shown for glob in exclude)


def _without_paths(options: dict[str, Any]) -> dict[str, Any]:
    return {key: options[key] for key in sorted(options) if key not in ("include", "exclude_dirs", "targets")}


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
