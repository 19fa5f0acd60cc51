"""GitHub's runner, as far as its reading of a step's output goes (actions/runner, ActionCommand.cs and its callers)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

COMMANDS = frozenset(
    [
        "error",
        "warning",
        "notice",
        "debug",
        "group",
        "endgroup",
        "add-mask",
        "add-path",
        "add-matcher",
        "remove-matcher",
        "set-env",
        "set-output",
        "save-state",
        "echo",
        "stop-commands",
        "internal-set-repo-path",
    ]
)


@dataclass(frozen=True)
class Command:
    name: str
    properties: dict[str, str] = field(default_factory=dict)
    data: str = ""


def commands(output: str) -> list[Command]:
    """Every command that the runner would obey, in order."""
    found = map(command, re.split(r"\r\n|\n|\r", output))
    return [one for one in found if one]


def command(line: str) -> Command | None:
    return _new_form(line) or _old_form(line)


def _new_form(line: str) -> Command | None:
    line = line.lstrip()
    if not line.startswith("::"):
        return None
    end = line.find("::", 2)
    if end < 0:
        return None
    name, _, properties = line[2:end].partition(" ")
    if name not in COMMANDS:
        return None
    return Command(name, _properties(properties.strip(), ","), _undo_data(line[end + 2 :]))


def _old_form(line: str) -> Command | None:
    start = line.find("##[")
    end = line.find("]", start)
    if start < 0 or end < 0:
        return None
    name, _, properties = line[start + 3 : end].partition(" ")
    return Command(name, _properties(properties, ";"), line[end + 1 :]) if name in COMMANDS else None


def _properties(text: str, separator: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in text.split(separator) if part)
    return {name: _undo_property(value) for name, equals, value in pairs if name and equals and value}


def _undo_data(text: str) -> str:
    return text.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")


def _undo_property(text: str) -> str:
    return (
        text.replace("%0D", "\r")
        .replace("%0A", "\n")
        .replace("%3A", ":")
        .replace("%2C", ",")
        .replace("%25", "%")
    )
