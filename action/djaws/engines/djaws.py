"""djaws' own policies as an engine: one unit, because most of them join files of every kind."""

from __future__ import annotations

import datetime
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from djaws import __version__
from djaws.engines import Unit
from djaws.files import is_opaque
from djaws.policy import own_folder

if TYPE_CHECKING:
    from djaws.config import Config
    from djaws.files import Tree

BATCH = 1


def version() -> str | None:
    return __version__


def plan(tree: Tree, config: Config) -> tuple[Unit, ...]:
    """One unit over every file that a model could read."""
    readable = tuple(path for path in tree.paths if not is_opaque(path))
    if not readable:
        return ()
    options = {
        "config": msgspec.to_builtins(config.file),
        "as_of": config.as_of or datetime.date.today().isoformat(),
        "policies": policies_digest(),
        "user_policies": [_folder_digest(config.root / folder) for folder in config.file.policy_folders],
    }
    return (Unit("djaws", "policies", readable, options, weight=1_000_000),)


def scope(units: tuple[Unit, ...]) -> tuple[str, ...]:
    return ("policies",) if units else ()


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
