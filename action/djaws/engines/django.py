"""Django's deploy checks: one unit for each project, over its settings chain (static) or over all of its code (live)."""

from __future__ import annotations

import hashlib
import os
import posixpath
import shutil
import subprocess
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from djaws.engines import Unit
from djaws.model.django.infer import Place, places

if TYPE_CHECKING:
    from djaws.config import Config
    from djaws.files import Tree

BATCH = 4

#: Events that run with the base's rights on a stranger's code.
_PRIVILEGED_EVENTS = ("pull_request_target", "workflow_run")
_SECONDS_FOR_LIVE = 0.8


def version() -> str | None:
    try:
        return metadata.version("django")
    except metadata.PackageNotFoundError:
        return None


def scope(units: tuple[Unit, ...]) -> tuple[str, ...]:
    kinds = ["settings"] if units else []
    return (*kinds, "live") if any("live" in unit.options for unit in units) else tuple(kinds)


def plan(tree: Tree, config: Config) -> tuple[Unit, ...]:
    """One unit per Django project. With `--live-django` its inputs are all of the project's Python files and templates."""
    return tuple(_unit(tree, config, place) for place in places(tree, config.file))


def _unit(tree: Tree, config: Config, place: Place) -> Unit:
    described = asdict(place)
    inputs = described.pop("inputs")
    options: dict[str, Any] = {"place": described, "nonproduction": list(config.file.nonproduction)}
    read = dict.fromkeys((*inputs, *place.requirements))
    name = f"{place.root or '.'}:{place.module}"
    if not config.file.live_django or not place.path:
        return Unit("django", name, tuple(read), options, weight=20_000)
    options["live"] = _live(tree, config, place)
    prefix = f"{place.root}/" if place.root else ""
    read |= dict.fromkeys(path for path in tree.with_suffix(".py", ".html") if path.startswith(prefix))
    return Unit("django", name, tuple(read), options, pool="live", weight=2_000_000)


# --- live


def _live(tree: Tree, config: Config, place: Place) -> dict[str, Any]:
    """How the checks are to be run inside the project, or why they are not."""
    event = os.environ.get("GITHUB_EVENT_NAME", "")
    if event in _PRIVILEGED_EVENTS:
        return {
            "refused": f"--live-django runs the project's code and is never done under {event}; use pull_request"
        }
    python = interpreter(tree, config, place.root)
    return {
        "python": python,
        "seconds": config.file.timeout * _SECONDS_FOR_LIVE,
        "installed": _installed(python, tree.root),
        "environment": {name: value for name, value in os.environ.items() if _is_passed(name)},
    }


def _is_passed(name: str) -> bool:
    """Variables of the caller that the project may see: what is named for Django, and never which settings to use."""
    return name.startswith("DJANGO_") and name != "DJANGO_SETTINGS_MODULE"


def interpreter(tree: Tree, config: Config, root: str) -> str:
    """The project's interpreter: `--python`, else that of VIRTUAL_ENV, of `.venv` or `venv`, of poetry. Empty when there is none.

    One inside the repository is given relative to its top.
    """
    if config.file.python:
        here = Path(config.file.python)
        is_elsewhere = len(here.parts) > 1 and not (tree.root / here).exists()
        return os.path.abspath(here) if is_elsewhere else config.file.python
    active = os.environ.get("VIRTUAL_ENV")
    if active and (found := _python_in(Path(active))):
        return str(found)
    folder: str | None = root
    while folder is not None:
        for name in (".venv", "venv"):
            if _python_in(tree.root / folder / name):
                return posixpath.join(folder, name, "bin", "python")
        folder = posixpath.dirname(folder) if folder else None
    return _of_poetry(tree, root)


def _python_in(environment: Path) -> Path | None:
    for relative in ("bin/python", "Scripts/python.exe"):
        if (environment / relative).exists():
            return environment / relative
    return None


def _of_poetry(tree: Tree, root: str) -> str:
    if posixpath.join(root, "poetry.lock") not in tree or not shutil.which("poetry"):
        return ""
    try:
        done = subprocess.run(
            ["poetry", "env", "info", "--executable"],
            cwd=tree.root / root,
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _installed(python: str, root: Path) -> str:
    """A hash of what is installed beside the interpreter: a live answer depends on it."""
    environment = (root / python).parent.parent if python else root
    names = sorted(path.name for path in environment.glob("lib/python*/site-packages/*.dist-info"))
    return hashlib.blake2b("\n".join(names).encode(), digest_size=8).hexdigest()
