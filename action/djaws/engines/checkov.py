"""Checkov: which of its frameworks read which files, and the Terraform roots it can be split into."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from importlib import metadata
from typing import TYPE_CHECKING

from djaws.engines import Unit
from djaws.files import is_workflow
from djaws.recognise import find_templates

if TYPE_CHECKING:
    from djaws.config import Config
    from djaws.files import Tree

BATCH = 1

FRAMEWORKS = ("terraform", "cloudformation", "dockerfile", "github_actions", "secrets")

#: What Checkov loads of a Terraform directory; it reads neither `.tf.json` nor `.tofu`.
_CODE = (".tf", ".hcl")
_VALUES = (".auto.tfvars", ".auto.tfvars.json")
_VALUE_NAMES = ("terraform.tfvars", "terraform.tfvars.json")

_TEMPLATES = (".json", ".yml", ".yaml", ".template")
_DOCKERFILE = re.compile(r"(?:.+\.)?[Dd]ockerfile(?:\..+)?(?<!\.[Dd]ockerignore)")
_SECRETS = (".tf", ".yml", ".yaml", ".json", ".template", ".bicep", ".hcl")
_NO_SECRETS = frozenset({"Pipfile.lock", "yarn.lock", "package-lock.json", "requirements.txt", "go.sum"})

_NOT_CODE = re.compile(
    rb'"(?:[^"\\\n]|\\.)*"'  # kept: a comment sign inside is text
    rb"|\#[^\n]*|//[^\n]*|/\*.*?\*/"
    rb"|<<-?[ \t]*(?P<end>\w+)[ \t]*\r?\n.*?\n[ \t]*(?P=end)[ \t]*\r?$",
    re.DOTALL | re.MULTILINE,
)
_SOURCE = re.compile(rb'^[ \t{]*source[ \t]*=[ \t]*"(\.\.?/[^"$\n]*)"', re.MULTILINE)


def version() -> str | None:
    try:
        return metadata.version("checkov")
    except metadata.PackageNotFoundError:
        return None


def scope(units: tuple[Unit, ...]) -> tuple[str, ...]:
    present = {unit.options["framework"] for unit in units}
    return tuple(framework for framework in FRAMEWORKS if framework in present)


def plan(tree: Tree, config: Config) -> tuple[Unit, ...]:
    """One unit per Terraform root with the modules it calls, and one per file for every other framework."""
    return (
        *_roots(tree, config),
        *_files(tree, "cloudformation", (path for path in find_templates(tree) if path.endswith(_TEMPLATES))),
        *_files(tree, "dockerfile", (path for path in tree.paths if is_dockerfile(_name(path)))),
        *_files(tree, "github_actions", (path for path in tree.paths if is_workflow(path))),
        *_files(tree, "secrets", (path for path in tree.paths if may_hold_secrets(_name(path)))),
    )


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def is_dockerfile(name: str) -> bool:
    """Checkov's own notion, by the file's name."""
    return bool(_DOCKERFILE.fullmatch(name))


def may_hold_secrets(name: str) -> bool:
    """Checkov's own choice, by the file's name: configuration, but no source code and no lock files."""
    return (name.endswith(_SECRETS) and name not in _NO_SECRETS) or is_dockerfile(name)


def _files(tree: Tree, framework: str, paths: Iterable[str]) -> Iterator[Unit]:
    for path in paths:
        # The secret detectors are slow to set up: a worker of their own has them ready while another reads the rest.
        pool = "secrets" if framework == "secrets" else ""
        options = {"framework": framework}
        yield Unit("checkov", f"{framework}:{path}", (path,), options, pool, tree.size(path))


# --- Terraform


def _roots(tree: Tree, config: Config) -> Iterator[Unit]:
    folders = _folders(tree)
    calls = {folder: _called(tree, folder, files, folders) for folder, files in folders.items()}
    values = tuple(path for path in config.file.var_files if path in tree)
    for root in _entry_points(calls):
        modules = _reachable(root, calls)
        inputs = tuple(file for folder in (root, *modules) for file in folders[folder])
        yield Unit(
            "checkov",
            f"terraform:{root or '.'}",
            (*inputs, *values),
            {"framework": "terraform", "root": root, "modules": list(modules), "values": list(values)},
            weight=sum(tree.size(path) for path in inputs),
        )


def _folders(tree: Tree) -> dict[str, list[str]]:
    """Every directory that holds Terraform code, with the files of it that Checkov reads."""
    folders: dict[str, list[str]] = {}
    for path in tree.with_suffix(*_CODE, *_VALUES, *_VALUE_NAMES):
        folder, _, name = path.rpartition("/")
        if name.startswith(".") or (name.endswith((".tfvars", ".tfvars.json")) and not _is_loaded(name)):
            continue
        folders.setdefault(folder, []).append(path)
    return {folder: files for folder, files in folders.items() if any(file.endswith(_CODE) for file in files)}


def _is_loaded(name: str) -> bool:
    return name in _VALUE_NAMES or name.endswith(_VALUES)


def _called(tree: Tree, folder: str, files: list[str], folders: dict[str, list[str]]) -> tuple[str, ...]:
    """The local modules that a directory calls. The driver verifies it: what Checkov did not load runs on its own."""
    found: dict[str, None] = {}
    for file in files:
        if not file.endswith(_CODE):
            continue
        for source in (
            tree.fact("checkov-sources", file, _sources).decode("utf-8", "backslashreplace").split("\n")
        ):
            if not source:
                continue
            target = posixpath.normpath(posixpath.join(folder, source))
            target = "" if target == "." else target
            if target in folders and target != folder:
                found[target] = None
    return tuple(found)


def _sources(data: bytes) -> bytes:
    return b"\n".join(_SOURCE.findall(_NOT_CODE.sub(_keep_strings, data)))


def _keep_strings(found: re.Match[bytes]) -> bytes:
    return found[0] if found[0].startswith(b'"') else b" "


def _entry_points(calls: dict[str, tuple[str, ...]]) -> Iterator[str]:
    """Directories nobody calls, then one of each circle that is left."""
    called = {target for targets in calls.values() for target in targets}
    covered: set[str] = set()
    for folder in sorted(calls, key=lambda folder: (folder in called, folder)):
        if folder not in called or folder not in covered:
            covered |= {folder, *_reachable(folder, calls)}
            yield folder


def _reachable(root: str, calls: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    seen: dict[str, None] = {}
    waiting = [root]
    while waiting:
        for target in calls[waiting.pop()]:
            if target != root and target not in seen:
                seen[target] = None
                waiting.append(target)
    return tuple(sorted(seen))
