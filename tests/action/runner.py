"""What GitHub's runner makes of a step beyond single commands, which act does not in every point.

The rules are those of actions/runner (ActionCommandManager, FileCommandManager): ten annotations of each kind are kept from a
step, each cut at 4,096 characters; nothing is obeyed between `stop-commands` and its token; a summary above 1 MiB is dropped
whole; an output whose delimiter never comes fails the step. `render.runner` reads the commands themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from render.runner import Command, command

ANNOTATIONS = ("error", "warning", "notice")
PER_KIND = 10
MESSAGE = 4096
SUMMARY = 1024 * 1024


class Refused(Exception):
    """The runner fails the step."""


@dataclass(frozen=True)
class Step:
    """What the runner made of a step: the annotations it kept, those it dropped, and every other command it obeyed."""

    annotations: list[Command] = field(default_factory=list)
    dropped: list[Command] = field(default_factory=list)
    obeyed: list[Command] = field(default_factory=list)
    log: list[str] = field(default_factory=list)


def read(output: str) -> Step:
    """The step that printed `output`."""
    step = Step()
    counts = dict.fromkeys(ANNOTATIONS, 0)
    resume = None
    for line in output.splitlines():
        found = command(line)
        if resume is not None:
            resume = None if line.strip() == f"::{resume}::" else resume
        elif found is None:
            step.log.append(line)
        elif found.name in ANNOTATIONS:
            counts[found.name] += 1
            kept = counts[found.name] <= PER_KIND
            (step.annotations if kept else step.dropped).append(_cut(found))
        else:
            step.obeyed.append(found)
            resume = found.data if found.name == "stop-commands" else None
    return step


def _cut(found: Command) -> Command:
    """As it is shown: columns mean nothing on several lines, and messages have an end."""
    several = found.properties.get("endLine", found.properties.get("line")) != found.properties.get("line")
    hidden = ("col", "endColumn") if several else ()
    properties = {name: value for name, value in found.properties.items() if name not in hidden}
    return Command(found.name, properties, found.data[:MESSAGE])


def outputs(text: str) -> dict[str, str]:
    """What a GITHUB_OUTPUT file sets."""
    found: dict[str, str] = {}
    lines = iter(text.splitlines())
    for line in lines:
        if not line:
            continue
        equals, heredoc = line.find("="), line.find("<<")
        if equals >= 0 and (heredoc < 0 or equals < heredoc):
            name, _, found_value = line.partition("=")
            found[name] = found_value
        elif heredoc >= 0:
            name, _, delimiter = line.partition("<<")
            found[name] = "\n".join(_until(lines, delimiter))
        else:
            raise Refused(f"invalid format {line!r}")
    return found


def _until(lines: Iterator[str], delimiter: str) -> list[str]:
    value: list[str] = []
    for line in lines:
        if line == delimiter:
            return value
        value.append(line)
    raise Refused(f"matching delimiter not found {delimiter!r}")


def summary(data: bytes) -> bytes:
    """What a job's page shows of a GITHUB_STEP_SUMMARY file."""
    return data if len(data) <= SUMMARY else b""
