"""From what a container or unit is told to run, through wrappers, shells and scripts, to the commands that matter."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from posixpath import join, normpath
from typing import Any

from djaws.errors import Refused
from djaws.finding import Span
from djaws.model.pipeline import Pipeline, Program
from djaws.model.pipeline.servers import shell_script
from djaws.model.pipeline.shell import Command, Condition, commands, word
from djaws.model.processes.images import Build, Images
from djaws.model.processes.serving import Options, server_of
from djaws.model.processes.types import Server
from djaws.model.value import Unknown, Value

#: Scripts that call scripts: deeper than this is a loop.
MAX_DEPTH = 8
#: A script that runs more commands than this is no entry point.
MAX_COMMANDS = 2000

_SHELLS = frozenset({"sh", "bash", "dash", "ash", "zsh", "ksh"})
#: Programs that run the rest of their words, and how many words of their own they take (options apart).
_WRAPPERS = {
    "exec": 0,
    "command": 0,
    "env": 0,
    "nohup": 0,
    "nice": 0,
    "ionice": 0,
    "time": 0,
    "setsid": 0,
    "tini": 0,
    "dumb-init": 0,
    "catatonit": 0,
    "gosu": 1,
    "su-exec": 1,
    "sudo": 0,
    "setpriv": 0,
    "chpst": 0,
    "s6-setuidgid": 1,
    "with-contenv": 0,
    "newrelic-admin": 1,
    "ddtrace-run": 0,
    "opentelemetry-instrument": 0,
    "uv": 1,
    "poetry": 1,
    "pipenv": 1,
    "pdm": 1,
    "hatch": 1,
    "rye": 1,
    "doppler": 1,
    "infisical": 1,
    "chamber": 2,
    "aws-vault": 2,
    "dotenv": 0,
    "op": 1,
    "wait-for-it": 0,
    "wait-for-it.sh": 0,
    "wait-for": 0,
    "dockerize": 0,
    "stdbuf": 0,
    "timeout": 1,
    "xvfb-run": 0,
    "watchmedo": 1,
    "launcher": 0,
}
_RUN_WORDS = {
    "uv": "run",
    "poetry": "run",
    "pipenv": "run",
    "pdm": "run",
    "hatch": "run",
    "rye": "run",
    "doppler": "run",
    "op": "run",
}
#: Options of wrappers that take a value.
_WRAPPER_VALUES = frozenset({"-u", "-g", "-n", "-c", "-p", "--user", "-wait", "-timeout", "--timeout", "-d", "-e", "--env-file", "-t", "--directory", "--pattern", "-f", "--project", "--config"})  # fmt: skip


@dataclass(slots=True)
class State:
    """What a shell knows while it runs: variables, arguments, where it is, and under which undecided tests."""

    environment: dict[str, Value[Any]]
    rest: Unknown | None
    arguments: tuple[Value[str], ...] = ()
    folder: str = ""
    conditions: tuple[Condition, ...] = ()
    build: Build | None = None
    depth: int = 0
    secrets: Mapping[str, Span] = field(default_factory=dict)

    def lookup(self, name: str) -> Value[Any]:
        if name.isdigit() and name != "0":
            position = int(name) - 1
            return self.arguments[position] if position < len(self.arguments) else Value.absent(Span(""))
        if name in ("@", "*") and all(each.is_known for each in self.arguments):
            return Value.of(" ".join(str(each.only("")) for each in self.arguments), Span(""))
        if name in ("@", "*", "#", "?", "$", "!", "0", "-"):
            return Value.not_known(f"${name} is known when it runs", Span(""))
        if name in self.environment:
            return self.environment[name]
        if name in self.secrets:
            return Value.not_known(f"{name} comes from a secret", self.secrets[name])
        if self.build and self.build.stage:
            found = self.build.stage.environment.get(name)
            below = self.build.stage.unset(name) if found is None else found
            return Value(below.alternatives, below.unknown or self.rest)
        return Value(Value.absent(Span("")).alternatives, self.rest)


@dataclass(slots=True)
class Trace:
    """What was found: commands that matter in order, and why there may be more."""

    servers: list[Server] = field(default_factory=list)
    unknown: Unknown | None = None
    ended: bool = False
    counted: int = 0

    def doubt(self, unknown: Unknown | None) -> None:
        self.unknown = self.unknown or unknown


class Tracer:
    """Follows commands through the files of one repository."""

    def __init__(self, images: Images, pipeline: Pipeline) -> None:
        self.images = images
        self.pipeline = pipeline
        self.tree = images.tree
        self.options: Options = Options(images, pipeline)

    # --- what a container runs

    def container(
        self,
        entrypoint: Sequence[Value[str]] | None,
        command: Sequence[Value[str]] | None,
        state: State,
        span: Span,
    ) -> Trace:
        """ENTRYPOINT and CMD as a container runtime joins them; what is not given comes from the image."""
        found = Trace()
        stage = state.build.stage if state.build else None
        given = entrypoint
        words: list[Value[str]] = []
        if entrypoint is not None:
            words += entrypoint
        elif stage and (instruction := stage.last("ENTRYPOINT")):
            if instruction.exec is None:
                self.script(instruction.commands, replace(state, arguments=()), found, instruction.span.path)
                return found
            words += [Value.of(text, instruction.span) for text in instruction.exec]
            given = words
        if command is not None:
            words += command
        elif entrypoint is None and stage and (instruction := stage.last("CMD")):
            if instruction.exec is None:
                shell = [Value.of(text, instruction.span) for text in ("/bin/sh", "-c", instruction.text)]
                words += shell
            else:
                words += [Value.of(text, instruction.span) for text in instruction.exec]
        if not words:
            because = (
                "its image is not built in this repository"
                if stage is None
                else "its image sets no command here"
            )
            found.doubt(Unknown(because, span))
            return found
        if given is None and command is not None and stage is None:
            found.doubt(Unknown("the image's entry point is not in this repository", span))
        self.run(tuple(words), state, found, span)
        return found

    # --- shell

    def script(
        self, script: Sequence[Command], state: State, found: Trace, path: str, function: str = ""
    ) -> None:
        """The commands of a script (or one of its functions), in order."""
        functions = {command.function for command in script if command.function}
        for command in script:
            if command.function != function or found.ended:
                continue
            found.counted += 1
            if found.counted > MAX_COMMANDS:
                found.doubt(Unknown("the script is too long to follow", Span(path, command.line)))
                return
            inner = self._conditioned(command, state, path)
            if inner is not None:
                self._command(command, inner, state, found, path, script, functions)

    def _conditioned(self, command: Command, state: State, path: str) -> State | None:
        """The state in which the command runs, None when a test certainly fails."""
        open_: list[Condition] = []
        for condition in command.conditions:
            truth = _truth(condition, state, path, command.line)
            if truth is None:
                open_.append(condition)
            elif truth is not condition.holds:
                return None
        return replace(state, conditions=(*state.conditions, *open_))

    def _command(
        self,
        command: Command,
        inner: State,
        outer: State,
        found: Trace,
        path: str,
        script: Sequence[Command],
        functions: set[str],
    ) -> None:
        span = Span(path, command.line)
        assigned = {name: given.expand(inner.lookup, span) for name, given in command.assignments}
        if not command.words:
            self._assign(assigned, inner, outer)
            return
        words, doubt = _expanded(command, inner, span)
        name = words[0].only("") if words else ""
        if name in ("export", "readonly", "local", "declare"):
            self._assign(_exported(command, inner, span), inner, outer)
        elif name == "cd" and len(words) > 1:
            target = words[1].only("")
            outer.folder = inner.folder = join(inner.folder, target) if target else ""
        elif name in ("exit", "return"):
            found.ended = name == "exit" and not inner.conditions and not command.is_fallback
        elif name == "set" and [word.only("") for word in words[1:2]] == ["--"]:
            outer.arguments = tuple(words[2:])
        elif name == "shift":
            outer.arguments = outer.arguments[1:]
        elif name in functions and inner.depth < MAX_DEPTH:
            deeper = replace(inner, depth=inner.depth + 1, arguments=tuple(words[1:]))
            self.script(script, deeper, found, path, function=name)
        elif name in (".", "source") and len(words) > 1:
            self._sourced(words, inner, outer, found, span)
        else:
            if doubt and not name:
                found.doubt(doubt)
            called = replace(inner, environment={**inner.environment, **assigned})
            self.run(tuple(words), called, found, span, doubt, is_background=command.is_background)

    def _assign(self, assigned: Mapping[str, Value[Any]], inner: State, outer: State) -> None:
        """Under an undecided test the variable may keep what it was."""
        is_open = len(inner.conditions) > len(outer.conditions)
        for name, value in assigned.items():
            kept = Value.either(value, outer.lookup(name)) if is_open else value
            outer.environment = {**outer.environment, name: kept}

    def _sourced(
        self, words: Sequence[Value[str]], inner: State, outer: State, found: Trace, span: Span
    ) -> None:
        path = self._file(words[1].only(""), inner)
        if path and inner.depth < MAX_DEPTH:
            state = replace(inner, depth=inner.depth + 1)
            self._script_file(path, state, found)
            outer.environment = state.environment
        else:
            outer.rest = outer.rest or Unknown(f"`{words[1].only('a file')}` may set more variables", span)

    def _file(self, name: str, state: State) -> str:
        """The file of the repository that a command names."""
        if not name or name.endswith((".py", ".ini", ".conf", ".toml", ".json")):
            return ""
        workdir = ""
        if state.build and state.build.stage:
            workdir = state.build.stage.workdir.only("") or ""
        folder = join(workdir, state.folder) if state.folder else workdir
        if not ("/" in name or name.endswith((".sh", ".bash")) or "entrypoint" in name):
            return ""
        return self.images.source(state.build, name, folder)

    def _script_file(self, path: str, state: State, found: Trace) -> bool:
        try:
            script = self.pipeline.scripts.get(path) or shell_script(path, self.tree.text(path))
        except Refused as refused:
            found.doubt(Unknown(refused.because, Span(path, refused.line)))
            return True
        if script is None or not script.commands:
            return False
        self.script(script.commands, state, found, path)
        return True

    # --- one command

    def run(
        self,
        words: Sequence[Value[str]],
        state: State,
        found: Trace,
        span: Span,
        doubt: Unknown | None = None,
        *,
        is_background: bool = False,
    ) -> None:
        """What a command line leads to: a server, a script, or nothing that matters."""
        words, state, is_exec = _unwrapped(list(words), state)
        if not words or found.ended or state.depth > MAX_DEPTH:
            return
        first = words[0].only("")
        if not first:
            found.doubt(words[0].unknown or Unknown("the program has several possible names", words[0].span))
            return
        name = first.rpartition("/")[2]
        at = words[0].span if words[0].span.path else span
        if name in _SHELLS:
            self._shell(words, state, found, at)
        elif name in (
            "supervisord",
            "s6-svscan",
            "init",
            "honcho",
            "foreman",
            "circusd",
        ) and self._supervised(name, words, state, found, at):
            found.ended = found.ended or not state.conditions
        elif server := server_of(words, state, at, doubt, self.options):
            found.servers.append(server)
            found.ended = (server.stays or is_exec) and not state.conditions and not is_background
        elif (path := self._file(first, state)) and path != span.path:
            deeper = replace(state, depth=state.depth + 1, arguments=tuple(words[1:]))
            self._script_file(path, deeper, found)
        elif first.startswith(("/", "./")) and first.endswith(".sh"):
            found.doubt(Unknown(f"`{first}` is not in the repository", at))
        found.ended = found.ended or (is_exec and not state.conditions)

    def _shell(self, words: Sequence[Value[str]], state: State, found: Trace, span: Span) -> None:
        rest = list(words[1:])
        while rest and (flag := rest[0].only("")).startswith("-"):
            rest.pop(0)
            if "c" in flag.lstrip("-") and not flag.startswith("--"):
                self._inline(rest, state, found, span)
                return
        if rest:
            path = self.images.source(state.build, rest[0].only("") or "", state.folder)
            deeper = replace(state, depth=state.depth + 1, arguments=tuple(rest[1:]))
            if not path or not self._script_file(path, deeper, found):
                found.doubt(Unknown(f"`{rest[0].only('a script')}` is not in the repository", span))

    def _inline(self, rest: list[Value[str]], state: State, found: Trace, span: Span) -> None:
        """`sh -c 'text' name arguments…`."""
        text = rest[0].only("") if rest else ""
        if not text:
            found.doubt(rest[0].unknown if rest else Unknown("a shell without a command", span))
            return
        at = rest[0].span if rest[0].span.path else span
        deeper = replace(state, depth=state.depth + 1, arguments=tuple(rest[2:]))
        self.script(commands(text, at.line or 1), deeper, found, at.path)

    def _supervised(
        self, name: str, words: Sequence[Value[str]], state: State, found: Trace, span: Span
    ) -> bool:
        programs = self._programs(name, words, state)
        for program in sorted(programs, key=lambda each: not each.is_oneshot):
            inner = replace(
                state,
                environment={**state.environment, **program.environment},
                folder=program.folder or state.folder,
                depth=state.depth + 1,
            )
            part = Trace()
            self.script(program.script.commands, inner, part, program.script.span.path)
            found.servers += part.servers
            found.doubt(part.unknown)
        if not programs and name != "init":
            found.doubt(Unknown(f"the configuration of {name} is not in the repository", span))
        if name == "init" and programs and len(words) > 1:
            self.run(words[1:], state, found, span)
        return bool(programs) or name != "init"

    def _programs(self, name: str, words: Sequence[Value[str]], state: State) -> list[Program]:
        kinds = {"supervisord": "supervisor", "honcho": "procfile", "foreman": "procfile"}
        kind = kinds.get(name, "s6")
        every = [each for each in self.pipeline.programs if each.kind == kind]
        if kind == "s6":
            return [each for each in every if self._is_copied(each, state)]
        given = next(
            (
                text
                for word in words[1:]
                if (text := word.only("")) and text.endswith((".conf", ".ini", "Procfile"))
            ),
            "",
        )
        path = self.images.source(state.build, given) if given else ""
        named = [each for each in every if each.span.path == path]
        files = {each.span.path for each in every}
        return named or (every if len(files) == 1 and not path else [])

    def _is_copied(self, program: Program, state: State) -> bool:
        """Whether the image holds the service: some COPY takes its folder, or there is one set of services only."""
        if state.build is None or state.build.stage is None:
            return False
        for copy in state.build.stage.copies:
            for source in copy.exec or tuple(copy.text.split()):
                origin = normpath(join(state.build.context, source))
                if program.span.path.startswith(f"{origin}/"):
                    return origin not in (".", "")
        return False


# --- words


def _expanded(command: Command, state: State, span: Span) -> tuple[list[Value[str]], Unknown | None]:
    """The words of a command, `"$@"` and unquoted variables split; and why there may be others."""
    found: list[Value[str]] = []
    doubt: Unknown | None = None
    for each in command.words:
        names = each.variables
        if len(each.parts) == 1 and names in (("@",), ("*",)):
            found += state.arguments
            continue
        value = each.expand(state.lookup, Span(span.path, each.line))
        text = value.only(None) if not each.is_quoted and each.literal is None else "keep"
        if text == "keep":
            found.append(value)
        elif text is not None:
            found += [Value.of(part, value.span) for part in text.split()]
        elif len(each.parts) == 1 and value.unknown:
            doubt = doubt or value.unknown
            found.append(value)
        else:
            found.append(value)
    return found, doubt


def _exported(command: Command, state: State, span: Span) -> dict[str, Value[Any]]:
    found: dict[str, Value[Any]] = {}
    for each in command.words[1:]:
        head = each.parts[0] if each.parts and isinstance(each.parts[0], str) else ""
        name, equals, _ = head.partition("=")
        if equals:
            rest = replace(each, parts=(head[len(name) + 1 :], *each.parts[1:]))
            found[name] = rest.expand(state.lookup, span)
    return found


def _unwrapped(words: list[Value[str]], state: State) -> tuple[list[Value[str]], State, bool]:
    """The command inside of `exec`, `env A=b`, `tini --`, `gosu user`, `poetry run`, …, and whether it replaces the shell."""
    is_exec = False
    for _ in range(20):
        first = words[0].only("") if words else ""
        name = first.rpartition("/")[2]
        if name not in _WRAPPERS or not words:
            break
        rest = words[1:]
        if name in _RUN_WORDS and _RUN_WORDS[name] not in [each.only("") for each in rest[:4]]:
            break
        is_exec = is_exec or name == "exec"
        rest = _without_options(rest)
        rest = rest[_WRAPPERS[name] :]
        state, rest = _with_assignments(state, _without_options(rest))
        if name in ("wait-for-it", "wait-for-it.sh", "wait-for", "dockerize", "watchmedo"):
            texts = [each.only("") for each in rest]
            rest = (
                rest[texts.index("--") + 1 :]
                if "--" in texts
                else rest[1:]
                if name.startswith("wait")
                else rest
            )
        words = rest
    return words, state, is_exec


def _without_options(words: list[Value[str]]) -> list[Value[str]]:
    at = 0
    while at < len(words) and (text := words[at].only("")).startswith("-"):
        at += 1
        if text == "--":
            break
        if text in _WRAPPER_VALUES:
            at += 1
    return words[at:]


def _with_assignments(state: State, words: list[Value[str]]) -> tuple[State, list[Value[str]]]:
    environment = dict(state.environment)
    at = 0
    while at < len(words) and (found := re.match(r"([A-Za-z_]\w*)=(.*)", words[at].only(""), re.DOTALL)):
        environment[found[1]] = Value.of(found[2], words[at].span)
        at += 1
    return (replace(state, environment=environment), words[at:]) if at else (state, words)


# --- tests


def _truth(condition: Condition, state: State, path: str, line: int) -> bool | None:
    """Whether a shell test holds, None when it cannot be decided: `[ "$X" = y ]`, `-z`, `-n`, and arms of `case`."""
    span = Span(path, line)
    if " is " in condition.text and not condition.words:
        subject, _, patterns = condition.text.partition(" is ")
        text = word(subject, line).expand(state.lookup, span).only(None)
        return None if text is None else any(fnmatch.fnmatchcase(text, each) for each in patterns.split("|"))
    values = [each.expand(state.lookup, span).only(None) for each in condition.words]
    if not values or values[0] not in ("[", "[[", "test") or any(value is None for value in values):
        return None
    texts = [str(value) for value in values[1:] if value not in ("]", "]]")]
    if any(text in ("-a", "-o", "&&", "||") for text in texts):
        return None
    return _tested(texts)


def _tested(texts: list[str]) -> bool | None:
    if texts and texts[0] == "!":
        inner = _tested(texts[1:])
        return None if inner is None else not inner
    if len(texts) == 1:
        return bool(texts[0])
    if len(texts) == 2 and texts[0] in ("-z", "-n"):
        return (texts[1] == "") is (texts[0] == "-z")
    if len(texts) == 3 and texts[1] in ("=", "==", "!="):
        return fnmatch.fnmatchcase(texts[0], texts[2]) is (texts[1] != "!=")
    if (
        len(texts) == 3
        and texts[1] in ("-eq", "-ne")
        and all(re.fullmatch(r"-?\d+", texts[i]) for i in (0, 2))
    ):
        return (int(texts[0]) == int(texts[2])) is (texts[1] == "-eq")
    return None
