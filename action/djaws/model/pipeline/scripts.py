"""Scripts and the steps that run them: what every kind of pipeline comes down to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from djaws.finding import Span
from djaws.model.pipeline.shell import Command, commands
from djaws.model.pipeline.syntax import Node
from djaws.model.value import Value


@dataclass(frozen=True, slots=True)
class Script:
    """Shell text with the place it stands at. Lines of its commands are lines of the file.

    `shell` is what runs it (`bash`, `sh`, `python`, …); only shells are split into commands.
    """

    text: str
    span: Span
    shell: str = "sh"
    commands: tuple[Command, ...] = ()

    @staticmethod
    def of(text: str, span: Span, shell: str = "") -> Script:
        name = shell.split(" ")[0].rpartition("/")[2] or "sh"
        is_shell = name in ("sh", "bash", "dash", "ash", "zsh", "ksh")
        return Script(text, span, name, commands(text, span.line or 1) if is_shell else ())

    def at(self, command: Command) -> Span:
        return Span(self.span.path, command.line)


def script(node: Node, shell: str = "") -> Script:
    """The script that a scalar holds. A folded scalar is one line of shell; its commands keep the scalar's first line."""
    return Script.of(node.text, Span(node.path, node.text_line), shell)


def scripts(nodes: Iterable[Node]) -> Iterator[Script]:
    """One script for each scalar of a list; nested lists (GitLab's `!reference`, anchors) are flattened."""
    for node in nodes:
        if node.kind == "list":
            yield from scripts(node.items)
        elif node.kind == "scalar" and node.text:
            yield script(node)


def environment(node: Node | None) -> dict[str, Value[str]]:
    """A mapping of variables, or a list of `NAME=value`; `${{ … }}` and `$X` stay unknown with their literal parts."""
    found: dict[str, Value[str]] = {}
    if node is None:
        return found
    for key, value in node.entries.items():
        if value.kind == "scalar":
            found[key] = text_value(value.text, Span(node.path, node.key_lines[key]))
    for item in node.items:
        name, separator, text = item.text.partition("=")
        if item.kind == "scalar" and separator:
            found[name] = text_value(text, item.span)
    return found


def text_value(text: str, span: Span) -> Value[str]:
    """A text that may hold `${{ expressions }}` of a workflow."""
    if "${{" not in text:
        return Value.of(text, span)
    parts: list[str | None] = []
    rest = text
    while "${{" in rest:
        before, _, after = rest.partition("${{")
        if before:
            parts.append(before)
        parts.append(None)
        rest = after.partition("}}")[2]
    if rest:
        parts.append(rest)
    return Value.not_known(f"`{text[:60]}` is decided when the workflow runs", span, parts=tuple(parts))


@dataclass(frozen=True, slots=True)
class Job:
    """A job of a pipeline other than GitHub's. `needs` are the jobs and stages that come before it."""

    name: str
    span: Span
    stage: str = ""
    image: str = ""
    scripts: tuple[Script, ...] = ()
    needs: tuple[str, ...] = ()
    environment: str = ""
    variables: Mapping[str, Value[str]] = field(default_factory=dict)
    is_manual: bool = False
    may_fail: bool = False
    conditions: tuple[str, ...] = ()

    @property
    def commands(self) -> Iterator[tuple[Command, Span]]:
        for each in self.scripts:
            for command in each.commands:
                yield command, each.at(command)


@dataclass(frozen=True, slots=True)
class Configuration:
    """A pipeline of another system: `gitlab`, `circleci`, `bitbucket`, `jenkins`, `azure`, `drone`, `travis`, `buildspec`.

    `is_complete` is false when jobs were only recognised, not read, or when it includes files of other repositories.
    """

    path: str
    system: str
    jobs: tuple[Job, ...] = ()
    variables: Mapping[str, Value[str]] = field(default_factory=dict)
    stages: tuple[str, ...] = ()
    is_complete: bool = True
