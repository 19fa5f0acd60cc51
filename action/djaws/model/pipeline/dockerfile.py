"""Dockerfiles: their instructions, stages, and what the image that comes out of each stage runs with."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from djaws.finding import Span
from djaws.model.pipeline.shell import Command, Lookup, Word, commands
from djaws.model.pipeline.shell import word as shell_word
from djaws.model.value import Value

KEYWORDS = frozenset(
    [
        "FROM",
        "RUN",
        "CMD",
        "LABEL",
        "MAINTAINER",
        "EXPOSE",
        "ENV",
        "ADD",
        "COPY",
        "ENTRYPOINT",
        "VOLUME",
        "USER",
        "WORKDIR",
        "ARG",
        "ONBUILD",
        "STOPSIGNAL",
        "HEALTHCHECK",
        "SHELL",
    ]
)
_HEREDOC = re.compile(r"<<(-?)(?:'([A-Za-z_]\w*)'|\"([A-Za-z_]\w*)\"|([A-Za-z_]\w*))")
_FLAG = re.compile(r"--([a-z-]+)(?:=(\S*))?\s+")


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction. `text` is its argument with continuations joined, `exec` its JSON form, `body` its here-document.

    `flags` are the options before the argument (`--chown`, `--mount`, `--from`, `--interval`).
    """

    keyword: str
    text: str
    span: Span
    end_line: int
    exec: tuple[str, ...] | None = None
    flags: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    body_line: int = 0

    @property
    def commands(self) -> tuple[Command, ...]:
        """What RUN, CMD, ENTRYPOINT or HEALTHCHECK runs: a shell script, or one command in exec form."""
        line = self.span.line or 1
        if self.exec is not None:
            return (Command(tuple(Word((part,), line, True) for part in self.exec), line),)
        if self.body and not re.sub(_HEREDOC, "", self.text).strip():
            return commands(self.body, self.body_line)
        return commands(self.text, line)


@dataclass(frozen=True)
class Stage:
    """One stage. `base` is its image (or the name of an earlier stage), `parent` that stage.

    `environment` is what is effective at its end, inherited from the parent stage; an image from elsewhere may set more.
    """

    index: int
    name: str
    span: Span
    base: Value[str]
    instructions: tuple[Instruction, ...]
    arguments: Mapping[str, Value[Any]]
    environment: Mapping[str, Value[str]]
    parent: Stage | None = None
    platform: str = ""
    #: What a variable is that no instruction sets.
    unset: Lookup = field(default=lambda name: Value.absent(Span("")), compare=False)

    def last(self, keyword: str) -> Instruction | None:
        """The instruction that is in force at the end, the parent stage's when this one has none.

        A CMD of the parent is void when this stage sets an ENTRYPOINT.
        """
        found = [each for each in self.instructions if each.keyword == keyword]
        if found:
            return found[-1]
        if self.parent is None or (keyword == "CMD" and self._has("ENTRYPOINT")):
            return None
        return self.parent.last(keyword)

    def _has(self, keyword: str) -> bool:
        return any(each.keyword == keyword for each in self.instructions)

    def every(self, keyword: str) -> Iterator[Instruction]:
        """Its own and its ancestors' instructions, oldest first."""
        if self.parent:
            yield from self.parent.every(keyword)
        yield from (each for each in self.instructions if each.keyword == keyword)

    @property
    def root_base(self) -> Value[str]:
        """The image that the chain of stages starts from."""
        return self.parent.root_base if self.parent else self.base

    def resolve(self, text: str, span: Span) -> Value[str]:
        """`text` with the stage's variables put in."""
        return shell_word(text, span.line or 1).expand(self.lookup(span), span)

    def lookup(self, span: Span) -> Lookup:
        """What a variable can be at the end of the stage, while the image is built."""

        def find(name: str) -> Value[str | None]:
            if name in self.environment:
                return self.environment[name].map(lambda text: text)
            if name in self.arguments:
                return self.arguments[name]
            return self.unset(name)

        return find

    @cached_property
    def user(self) -> Value[str | None]:
        """Who the process runs as; absent when no stage of this file says so (the base image's choice, often root)."""
        found = self.last("USER")
        if found is None:
            return Value.absent(self.span)
        return self.resolve(found.text, found.span).map(lambda text: text)

    @cached_property
    def workdir(self) -> Value[str | None]:
        """The working directory, relative ones joined; absent when none is set."""
        path: Value[str | None] = Value.absent(self.span)
        for each in self.every("WORKDIR"):
            here = self.resolve(each.text.strip().strip("\"'"), each.span)
            path = path.bind(lambda before, here=here: here.map(lambda text: _joined(before, text)))  # type: ignore[misc]
        return path

    @property
    def exposed(self) -> tuple[tuple[str, Span], ...]:
        return tuple((port, each.span) for each in self.every("EXPOSE") for port in each.text.split())

    @property
    def copies(self) -> tuple[Instruction, ...]:
        """COPY and ADD of this stage and its ancestors."""
        return (*self.every("COPY"), *self.every("ADD"))


def _joined(before: str | None, path: str) -> str:
    return path if path.startswith("/") or not before else f"{before.rstrip('/')}/{path}"


@dataclass(frozen=True)
class Dockerfile:
    """A Dockerfile. `stages` are in order; an image is built from the last one unless a target is named."""

    path: str
    stages: tuple[Stage, ...]
    instructions: tuple[Instruction, ...]

    @property
    def folder(self) -> str:
        return self.path.rpartition("/")[0]

    @property
    def final(self) -> Stage | None:
        return self.stages[-1] if self.stages else None

    def target(self, name: str = "") -> Stage | None:
        """The stage that is built: by name or number, else the last; None for a name that is not there."""
        if not name:
            return self.final
        return next(
            (each for each in self.stages if name.lower() in (each.name.lower(), str(each.index))), None
        )


def parse(path: str, text: str) -> Dockerfile:
    """The instructions and stages of a Dockerfile. What is no instruction is left out."""
    instructions = tuple(_instructions(path, text))
    return Dockerfile(path, tuple(_stages(instructions)), instructions)


# --- instructions


def _instructions(path: str, text: str) -> Iterator[Instruction]:
    lines = text.split("\n")
    escape = _escape_character(lines)
    at = 0
    while at < len(lines):
        line = lines[at].strip()
        if not line or line.startswith("#"):
            at += 1
            continue
        start = at
        joined, at = _continued(lines, at, escape)
        keyword, _, rest = joined.strip().partition(" ")
        keyword = keyword.strip().upper()
        rest = rest.strip()
        body, body_line = "", 0
        markers = _HEREDOC.findall(rest) if keyword in ("RUN", "COPY", "ADD") else []
        if markers:
            body_line = at + 1
            body, at = _heredocs(
                lines, at, [(bool(each[0]), each[1] or each[2] or each[3]) for each in markers]
            )
        if keyword in KEYWORDS:
            yield _instruction(keyword, rest, Span(path, start + 1), at, body, body_line)


def _escape_character(lines: list[str]) -> str:
    for line in lines:
        found = re.match(r"#\s*(\w+)\s*=\s*(\S+)", line)
        if not found:
            return "\\"
        if found[1].lower() == "escape":
            return found[2]
    return "\\"


def _continued(lines: list[str], at: int, escape: str) -> tuple[str, int]:
    """The logical line that starts at `at`: comments and blank lines inside of it vanish, line counts stay."""
    parts: list[str] = []
    while at < len(lines):
        line = lines[at].rstrip("\r")
        at += 1
        if parts and (not line.strip() or line.lstrip().startswith("#")):
            parts.append("\n")
            continue
        stripped = line.rstrip()
        if not stripped.endswith(escape):
            parts.append(line)
            break
        parts.append(stripped[: -len(escape)] + "\\\n")
    return "".join(parts).replace("\\\n\n", "\\\n\\\n") if len(parts) > 1 else "".join(parts), at


def _heredocs(lines: list[str], at: int, markers: list[tuple[bool, str]]) -> tuple[str, int]:
    kept: list[str] = []
    for is_indented, marker in markers:
        while at < len(lines):
            line = lines[at].rstrip("\r")
            at += 1
            if (line.lstrip("\t") if is_indented else line) == marker:
                break
            kept.append(line)
    return "\n".join(kept), at


def _instruction(keyword: str, rest: str, span: Span, end: int, body: str, body_line: int) -> Instruction:
    flags: dict[str, str] = {}
    while found := _FLAG.match(rest):
        flags[found[1]] = found[2] or ""
        rest = rest[found.end() :].lstrip().removeprefix("\\\n").lstrip()
    inner = rest
    if keyword == "HEALTHCHECK":
        inner = re.sub(r"^CMD\s+", "", rest, flags=re.IGNORECASE)
    return Instruction(
        keyword, inner, span, max(end, span.line or 1), _exec_form(inner), flags, body, body_line
    )


def _exec_form(text: str) -> tuple[str, ...] | None:
    text = text.replace("\\\n", " ").strip()
    if not text.startswith("["):
        return None
    try:
        parts = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return tuple(parts) if isinstance(parts, list) and all(isinstance(part, str) for part in parts) else None


# --- stages


_FROM = re.compile(r"(\S+)(?:\s+as\s+(\S+))?", re.IGNORECASE)


def _stages(instructions: tuple[Instruction, ...]) -> Iterator[Stage]:
    globals_: dict[str, Value[Any]] = {}
    made: list[Stage] = []
    opened: list[Instruction] = []
    for each in instructions:
        if each.keyword == "FROM":
            if opened:
                made.append(_stage(opened, globals_, made))
            opened = [each]
        elif opened:
            opened.append(each)
        elif each.keyword == "ARG":
            globals_.update(_arguments(each, globals_, {}))
    if opened:
        made.append(_stage(opened, globals_, made))
    yield from made


def _stage(opened: list[Instruction], globals_: Mapping[str, Value[Any]], before: list[Stage]) -> Stage:
    first, *rest = opened
    found = _FROM.match(first.text.replace("\\\n", " "))
    image, name = (found[1], found[2] or "") if found else (first.text, "")
    parent = next((each for each in before if each.name and each.name.lower() == image.lower()), None)
    if parent is None and image.isdigit() and int(image) < len(before):
        parent = before[int(image)]
    given = {
        key: Value(value.sometimes(lambda text: text is not None), value.unknown)
        for key, value in globals_.items()
    }
    base = shell_word(image, first.span.line or 1).expand(_lookup_in(given, first.span), first.span)
    inherited = parent.unset if parent else _unset(base, first.span)
    environment = dict(parent.environment) if parent else {}
    arguments: dict[str, Value[Any]] = {}
    for each in rest:
        if each.keyword == "ARG":
            arguments.update(_arguments(each, globals_, environment | arguments))
        elif each.keyword == "ENV":
            environment.update(_environment(each, _layered({**arguments, **environment}, inherited)))
    return Stage(
        len(before),
        name,
        first.span,
        base,
        tuple(rest),
        arguments,
        environment,
        parent,
        first.flags.get("platform", ""),
        inherited,
    )


#: What official base images set themselves. Source: their Dockerfiles on Docker Hub, read 2026-11.
_OFFICIAL = re.compile(
    r"^(docker\.io/library/|docker\.io/|public\.ecr\.aws/docker/library/|library/)?"
    r"(python|astral/uv|debian|ubuntu|alpine|node|nginx|busybox|buildpack-deps|amazonlinux|fedora|rockylinux)([:@]|$)|^scratch$|"
    r"^(ghcr\.io/astral-sh/uv|public\.ecr\.aws/lambda/python|mcr\.microsoft\.com/vscode/devcontainers/python|"
    r"gcr\.io/distroless/|cgr\.dev/chainguard/python)"
)
_OFFICIAL_NAMES = frozenset({"PATH", "LANG", "HOME", "HOSTNAME", "GPG_KEY", "NGINX_VERSION", "NODE_VERSION"})


def _unset(base: Value[str], span: Span) -> Lookup:
    """What a variable is that no instruction sets: absent over an official image, else perhaps set by the base image."""
    start = base.unknown.parts[0] if base.unknown and base.unknown.parts else None
    is_official = (
        base.unknown is None or (start is not None and _OFFICIAL.match(start) is not None)
    ) and all(_OFFICIAL.match(each.value) for each in base.alternatives)

    def find(name: str) -> Value[str | None]:
        if is_official and name not in _OFFICIAL_NAMES and not name.startswith("PYTHON_"):
            return Value.absent(span)
        unknown = Value.not_known(f"the base image may set {name}", span)
        return unknown if name in _OFFICIAL_NAMES else Value(Value.absent(span).alternatives, unknown.unknown)

    return find


def _layered(scope: Mapping[str, Value[Any]], below: Lookup) -> Lookup:
    return lambda name: scope[name] if name in scope else below(name)


def _lookup_in(scope: Mapping[str, Value[Any]], span: Span) -> Lookup:
    return lambda name: scope.get(name, Value.absent(span))


def _arguments(
    each: Instruction, globals_: Mapping[str, Value[Any]], scope: Mapping[str, Value[Any]]
) -> Iterator[tuple[str, Value[Any]]]:
    """An ARG can be set by whoever builds the image: its default is one possibility, anything else the other."""
    for word in commands(each.text, each.span.line or 1):
        for name, given in word.assignments:
            default = given.expand(_lookup_in({**globals_, **scope}, each.span), each.span)
            yield name, _open(default, name, each.span)
        for bare in word.words:
            name = str(bare)
            yield name, globals_.get(name, _open(Value.absent(each.span), name, each.span))


def _open(default: Value[Any], name: str, span: Span) -> Value[Any]:
    unknown = Value.not_known(f"build argument {name} may be set when the image is built", span).unknown
    return replace(default, unknown=default.unknown or unknown)


def _environment(each: Instruction, lookup: Lookup) -> Iterator[tuple[str, Value[str]]]:
    """`ENV a=b c=d`, and the old `ENV a the rest`. Values see what was set before the instruction."""
    name, _, rest = each.text.replace("\\\n", "  ").partition(" ")
    if "=" not in name:
        yield name, shell_word(rest.strip(), each.span.line or 1).expand(lookup, each.span)
        return
    for command in commands(each.text, each.span.line or 1):
        for name, word in command.assignments:
            yield name, word.expand(lookup, replace_line(each.span, word.line))


def replace_line(span: Span, line: int) -> Span:
    return Span(span.path, line)
