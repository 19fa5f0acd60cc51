"""cfn-lint: which templates it reads, and which of the project's own configurations goes with each."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from importlib import metadata
from typing import TYPE_CHECKING, Any

from djaws.engines import Unit
from djaws.recognise import find_templates

if TYPE_CHECKING:
    from djaws.config import Config
    from djaws.files import Tree

BATCH = 8

#: In the order in which cfn-lint looks for them.
CONFIG_NAMES = (".cfnlintrc", ".cfnlintrc.yaml", ".cfnlintrc.yml")

_NESTED = re.compile(rb"""["']?(?:TemplateURL|Location)["']?\s*:\s*["']?([^\s"'#,}]+)""")
_FILE_KEYS = re.compile(rb"""^["']?(override_spec|custom_rules)["']?\s*:\s*["']?([^\s"'#]+)""", re.MULTILINE)


def version() -> str | None:
    try:
        return metadata.version("cfn-lint")
    except metadata.PackageNotFoundError:
        return None


def scope(units: tuple[Unit, ...]) -> tuple[str, ...]:
    return ("cloudformation",) if units else ()


def plan(tree: Tree, config: Config) -> tuple[Unit, ...]:
    """One unit per template, with the `.cfnlintrc` files above it, nearest first, and the nested templates it names."""
    configs = _configs(tree)
    return tuple(_unit(tree, config, path, tuple(_above(path, configs))) for path in find_templates(tree))


def _configs(tree: Tree) -> dict[str, str]:
    """Folder to configuration file; where a folder has several, the first name wins, as in cfn-lint."""
    found: dict[str, str] = {}
    for name in reversed(CONFIG_NAMES):
        for path in tree.with_suffix(name):
            folder, _, last = path.rpartition("/")
            if last == name:
                found[folder] = path
    return found


def _above(path: str, configs: dict[str, str]) -> Iterator[str]:
    folder = path
    while folder:
        folder = folder.rpartition("/")[0]
        if folder in configs:
            yield configs[folder]


def _unit(tree: Tree, config: Config, path: str, above: tuple[str, ...]) -> Unit:
    options: dict[str, Any] = {}
    if config.file.regions:
        options["regions"] = list(config.file.regions)
    if above:
        options |= {"configs": list(above), **dict(_named_files(tree, above[0]))}
    named = [options[key] for key in ("override_spec", "custom_rules") if key in options]
    # both change state that cfn-lint keeps for the whole process
    pool = above[0] if named else ""
    inputs = tuple(dict.fromkeys([path, *_nested(tree, path), *above, *named]))
    return Unit("cfn-lint", path, inputs, options, pool, tree.size(path))


def _nested(tree: Tree, path: str) -> Iterator[str]:
    """Templates in the tree that this one embeds: cfn-lint compares parameters with them."""
    for name in tree.fact("nested", path, _named_templates).decode("utf-8", "replace").split("\n"):
        nested = posixpath.normpath(posixpath.join(posixpath.dirname(path), name))
        if nested in tree:
            yield nested


def _named_templates(data: bytes) -> bytes:
    return b"\n".join(dict.fromkeys(_NESTED.findall(data)))


def _named_files(tree: Tree, rc: str) -> Iterator[tuple[str, str]]:
    """The data files a configuration names, where they are in the tree. Found lexically: this process parses no YAML."""
    for key, name in _FILE_KEYS.findall(tree.beginning(rc)):
        path = posixpath.normpath(posixpath.join(posixpath.dirname(rc), name.decode("utf-8", "replace")))
        if path in tree:
            yield key.decode(), path
