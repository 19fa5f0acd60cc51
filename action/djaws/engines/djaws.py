"""djaws' own policies as an engine: one unit, because most of them join files of every kind."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from djaws import __version__
from djaws.engines import Unit
from djaws.errors import DjawsError, Refused
from djaws.files import TERRAFORM_SUFFIXES, content_digest, is_opaque
from djaws.policy import own_folder

if TYPE_CHECKING:
    from djaws.change import Change
    from djaws.config import Config
    from djaws.files import Tree

BATCH = 1

#: The keys of the configuration that models and policies read. Others (formats, thresholds) must not spoil the cache.
_READ_BY_POLICIES = (
    "flags",
    "settings",
    "var-files",
    "plan",
    "policies",
    "nonproduction",
    "projects",
    "regions",
)


def version() -> str | None:
    return __version__


def plan(tree: Tree, config: Config) -> tuple[Unit, ...]:
    """One unit over every file that a model could read."""
    readable = tuple(path for path in tree.paths if not is_opaque(path))
    if not readable:
        return ()
    folders = [_relative(config.root / folder, tree.root) for folder in config.file.policy_folders]
    keys = msgspec.to_builtins(config.file)
    keys["flags"]["registry"] = _beside(config, keys["flags"]["registry"], tree)
    keys["var-files"] = [_beside(config, name, tree) for name in keys["var-files"]]
    keys["plan"] = [_beside(config, name, tree) for name in keys["plan"]]
    texts = _texts(tree, folders)
    options = {
        "config": {name: keys[name] for name in _READ_BY_POLICIES},
        "as_of": config.day.isoformat(),
        "policies": policies_digest(),
        "yaml": texts,
        "unread": _unread(tree, folders, texts),
        "modules": installed_modules(tree),
    }
    change = change_in_question(tree, config)
    if change is not None:
        options["change"] = msgspec.to_builtins(change)
    if config.file.allow_python_policies:
        options["python"] = folders
        options["python_state"] = [_folder_digest(tree.root / folder) for folder in folders]
    return (Unit("djaws", "policies", readable, options, weight=1_000_000),)


def change_in_question(tree: Tree, config: Config) -> Change | None:
    """The change, when a policy about changes could say something: else it must not spoil the cache."""
    change = tree.change
    if change is None:
        return None
    is_asked = not {"flags/ungated-change", "flags", "djaws"}.isdisjoint(config.file.select)
    return change if is_asked or change.new_migrations else None


def scope(units: tuple[Unit, ...]) -> tuple[str, ...]:
    return ("policies",) if units else ()


def installed_modules(tree: Tree) -> dict[str, str]:
    """What `terraform init` put beside each root, as a digest: git ignores it, and the models read it."""
    folders = dict.fromkeys(path.rpartition("/")[0] for path in tree.with_suffix(*TERRAFORM_SUFFIXES))
    found = {}
    for folder in folders:
        modules = Path(tree.where(f"{folder}/.terraform/modules".lstrip("/")))
        if (modules / "modules.json").is_file():
            found[folder] = _installed(modules)
    return found


def _installed(modules: Path) -> str:
    hasher = hashlib.blake2b(digest_size=16)
    for path in sorted(modules.rglob("*")):
        if path.name == "modules.json" or path.name.endswith(TERRAFORM_SUFFIXES):
            hasher.update(
                f"{path.relative_to(modules)}\0{content_digest(path)}\n".encode("utf-8", "backslashreplace")
            )
    return hasher.hexdigest()


def _texts(tree: Tree, folders: Sequence[str]) -> dict[str, str]:
    """The YAML policies of the configured folders, by path: on a pull request those of the base."""
    prefixes = tuple(f"{folder}/" for folder in folders)
    found = {}
    for path in tree.with_suffix(".yaml", ".yml"):
        if _is_policy(path, prefixes):
            with contextlib.suppress(Refused):
                found[path] = tree.text(path)
    return found


def _is_policy(path: str, prefixes: tuple[str, ...]) -> bool:
    """Whether the file is in one of the folders, and not among the examples there."""
    around = [prefix for prefix in prefixes if path.startswith(prefix)]
    return any("/examples/" not in f"/{path.removeprefix(prefix)}" for prefix in around)


def _unread(tree: Tree, folders: Sequence[str], texts: Mapping[str, str]) -> dict[str, str]:
    """Why a folder or a file of policies says nothing: silence would look like policies that find nothing."""
    prefixes = tuple(f"{folder}/" for folder in folders)
    found = {
        folder: "no such folder of policies"
        for folder in folders
        if not any(path.startswith(f"{folder}/") for path in tree.paths)
    }
    for path in tree.with_suffix(".yaml", ".yml"):
        if path not in texts and _is_policy(path, prefixes):
            try:
                tree.text(path)
            except Refused as refused:
                found[path] = refused.because
    return found


def _beside(config: Config, name: str, tree: Tree) -> str:
    """A path of the configuration as a path of the tree; one outside of it stays as it is."""
    try:
        return (config.root / name).resolve().relative_to(tree.root.resolve()).as_posix()
    except ValueError:
        return name


def _relative(folder: Path, root: Path) -> str:
    try:
        return folder.resolve().relative_to(root.resolve()).as_posix()
    except ValueError as error:
        raise DjawsError(f"{folder}: policy folders lie inside the repository") from error


def policies_digest() -> str:
    """Changes with any shipped policy, so that editing one is seen at once in a checkout; a release is known by its version."""
    return __version__ if "site-packages" in str(own_folder()) else _folder_digest(own_folder())


def _folder_digest(folder: Path) -> str:
    hasher = hashlib.blake2b(digest_size=16)
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".py", ".yaml", ".yml") and "examples" not in path.parts:
            status = path.stat()
            hasher.update(f"{path.relative_to(folder)}\0{status.st_mtime_ns}\0{status.st_size}\n".encode())
    return hasher.hexdigest()
