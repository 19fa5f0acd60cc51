"""What starts and fronts processes: Procfile, supervisor, systemd, s6, uWSGI, gunicorn's and nginx's configuration."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from djaws.errors import Refused
from djaws.finding import Span
from djaws.model.pipeline.scripts import Script
from djaws.model.value import Value


@dataclass(frozen=True, slots=True)
class Setting:
    """One `key = value` of a configuration file."""

    key: str
    value: str
    span: Span


@dataclass(frozen=True, slots=True)
class Section:
    """A named section of an ini-like file. A key may stand several times."""

    name: str
    span: Span
    settings: tuple[Setting, ...] = ()

    def get(self, key: str) -> Setting | None:
        """The last setting of that key."""
        return next((each for each in reversed(self.settings) if each.key == key), None)

    def every(self, key: str) -> tuple[Setting, ...]:
        return tuple(each for each in self.settings if each.key == key)


def ini(path: str, text: str, *, continued: bool = False) -> tuple[Section, ...]:
    """The sections of an ini-like file. `continued` joins lines that end in a backslash, and indented ones to the one before."""
    sections: list[Section] = []
    name, start, settings = "", 1, list[Setting]()
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        number, line = at + 1, lines[at].rstrip("\r")
        at += 1
        while continued and line.rstrip().endswith("\\") and at < len(lines):
            line = f"{line.rstrip()[:-1]} {lines[at].strip()}"
            at += 1
        stripped = line.strip()
        if not stripped or stripped[0] in "#;":
            continue
        if found := re.match(r"\[([^\]]+)\]", stripped):
            sections.append(Section(name, Span(path, start), tuple(settings)))
            name, start, settings = found[1].strip(), number, []
        elif continued and line[0] in " \t" and settings:
            last = settings[-1]
            settings[-1] = Setting(last.key, f"{last.value}\n{_uncommented(stripped)}", last.span)
        else:
            key, _, value = stripped.partition("=")
            settings.append(Setting(key.strip(), _uncommented(value.strip()), Span(path, number)))
    sections.append(Section(name, Span(path, start), tuple(settings)))
    return tuple(each for each in sections if each.name or each.settings)


def _uncommented(value: str) -> str:
    return re.sub(r"\s+;.*$", "", value)


@dataclass(frozen=True, slots=True)
class Program:
    """Something that is kept running, or run once: a Procfile line, a supervisor program, a unit, an s6 service.

    `kind` is `procfile`, `supervisor`, `systemd`, `s6`. `processes` is how many are started.
    """

    kind: str
    name: str
    script: Script
    span: Span
    environment: Mapping[str, Value[str]] = field(default_factory=dict)
    folder: str = ""
    user: str = ""
    processes: int = 1
    is_oneshot: bool = False
    env_files: tuple[str, ...] = ()


def procfile(path: str, text: str) -> tuple[Program, ...]:
    """`name: command` lines; `release` runs once for each deployment."""
    found = []
    for number, line in enumerate(text.split("\n"), 1):
        match = re.match(r"([\w-]+):\s*(.+)", line)
        if match:
            span = Span(path, number)
            script = Script.of(match[2].strip(), span)
            found.append(Program("procfile", match[1], script, span, is_oneshot=match[1] == "release"))
    return tuple(found)


def supervisor(path: str, text: str) -> tuple[Program, ...]:
    found = []
    for section in ini(path, text, continued=True):
        kind, _, name = section.name.partition(":")
        command = section.get("command")
        if kind == "program" and command:
            count = section.get("numprocs")
            found.append(
                Program(
                    "supervisor",
                    name.strip(),
                    Script.of(command.value.replace("\n", " "), command.span),
                    command.span,
                    _supervisor_environment(section),
                    _value(section, "directory"),
                    _value(section, "user"),
                    int(count.value) if count and count.value.isdigit() else 1,
                )
            )
    return tuple(found)


def _value(section: Section, key: str) -> str:
    setting = section.get(key)
    return setting.value if setting else ""


def _supervisor_environment(section: Section) -> dict[str, Value[str]]:
    setting = section.get("environment")
    if setting is None:
        return {}
    pairs = re.findall(r"""([A-Za-z_]\w*)\s*=\s*("[^"]*"|'[^']*'|[^,\s]*)""", setting.value)
    return {name: _percent(value.strip("\"'"), setting.span) for name, value in pairs}


def _percent(text: str, span: Span) -> Value[str]:
    """Supervisor's `%(ENV_X)s` is known only where it runs."""
    return (
        Value.not_known(f"`{text[:40]}` is set where supervisor runs", span)
        if "%(" in text
        else Value.of(text, span)
    )


def systemd(path: str, text: str) -> tuple[Program, ...]:
    """The main command of a service unit; commands before and after it are other programs of the same unit."""
    service = next((each for each in ini(path, text, continued=True) if each.name == "Service"), None)
    if service is None:
        return ()
    variables: dict[str, Value[str]] = {}
    for setting in service.every("Environment"):
        for name, value in re.findall(r"""["']?([A-Za-z_]\w*)=("[^"]*"|'[^']*'|[^\s"']*)""", setting.value):
            variables[name] = Value.of(value.strip("\"'"), setting.span)
    is_oneshot = _value(service, "Type") == "oneshot"
    name = path.rpartition("/")[2].removesuffix(".service")
    return tuple(
        Program(
            "systemd",
            name,
            Script.of(setting.value.lstrip("-@+!:").replace("\n", " "), setting.span),
            setting.span,
            variables,
            _value(service, "WorkingDirectory"),
            _value(service, "User"),
            is_oneshot=is_oneshot or setting.key != "ExecStart",
            env_files=tuple(each.value.lstrip("-") for each in service.every("EnvironmentFile")),
        )
        for setting in service.settings
        if setting.key in ("ExecStart", "ExecStartPre", "ExecStartPost") and setting.value
    )


_SHEBANG = re.compile(r"#!\s*(\S+)(?:[ \t]+(.*))?")


def shell_script(path: str, text: str) -> Script | None:
    """The file as a script when it is one: no shebang, or one of a shell (s6's `with-contenv sh` counts)."""
    found = _SHEBANG.match(text)
    if found is None:
        return Script.of(text, Span(path, 1))
    words = [found[1].rpartition("/")[2], *(found[2] or "").split()]
    shell = next(
        (
            word.rpartition("/")[2]
            for word in words
            if word.rpartition("/")[2] in ("sh", "bash", "dash", "ash", "zsh")
        ),
        "",
    )
    return Script.of(text, Span(path, 1), shell) if shell else None


def s6_service(run: str, text: str, *, is_oneshot: bool) -> Program | None:
    """An s6 service from its `run` (or, of a oneshot, the script that `up` names)."""
    script = shell_script(run, text)
    if script is None:
        return None
    name = run.rpartition("/")[0].rpartition("/")[2]
    return Program("s6", name, script, Span(run, 1), is_oneshot=is_oneshot)


# --- servers' own configuration


@dataclass(frozen=True)
class Options:
    """A server's configuration file. `settings` are what it certainly or possibly sets; `is_open` that it may set more."""

    path: str
    server: str
    settings: Mapping[str, Value[Any]]
    is_open: Span | None = None


def uwsgi(path: str, text: str) -> Options | None:
    """The `[uwsgi]` section; a key alone is true; `%(x)` and `$(X)` are known only where it runs."""
    section = next((each for each in ini(path, text) if each.name == "uwsgi"), None)
    if section is None:
        return None
    settings: dict[str, Value[Any]] = {}
    is_open = None
    for each in section.settings:
        if each.key in ("ini", "include", "inherit") or each.key.startswith(("if-", "for")):
            is_open = each.span
        key = each.key.replace("_", "-")
        if re.search(r"%[(\w]|\$\(|@\(", each.value):
            settings[key] = Value.not_known(f"`{each.value[:40]}` is known where uwsgi runs", each.span)
        else:
            settings[key] = Value.of(each.value if each.value else "true", each.span)
    return Options(path, "uwsgi", settings, is_open)


def gunicorn(path: str, data: bytes) -> Options:
    """The literal assignments of a `gunicorn.conf.py`; what is computed is unknown, and so is what could set names by code."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            module = ast.parse(data, path)
    except SyntaxError as error:
        raise Refused(path, f"not Python: {error.msg}", error.lineno) from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise Refused(path, "not Python that can be parsed") from error
    settings: dict[str, Value[Any]] = {}
    _assigned(path, module.body, settings, is_certain=True)
    return Options(path, "gunicorn", settings, _computes_names(path, module))


def _assigned(path: str, body: list[ast.stmt], settings: dict[str, Value[Any]], *, is_certain: bool) -> None:
    for node in body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                if isinstance(target, ast.Name):
                    value = _literal(path, node.value, settings)
                    before = settings.get(target.id, Value.absent(value.span))
                    settings[target.id] = value if is_certain else Value.either(value, before)
        elif isinstance(node, ast.If | ast.Try | ast.With | ast.For):
            for part in (node.body, getattr(node, "orelse", []), getattr(node, "finalbody", [])):
                _assigned(path, part, settings, is_certain=False)
            for handler in getattr(node, "handlers", []):
                _assigned(path, handler.body, settings, is_certain=False)


def _literal(path: str, node: ast.expr, known: Mapping[str, Value[Any]]) -> Value[Any]:
    span = Span(path, node.lineno)
    if isinstance(node, ast.Constant) and isinstance(node.value, str | int | float | bool | None):
        return Value.of(node.value, span)
    if isinstance(node, ast.Name) and node.id in known:
        return known[node.id].at(span)
    default = _environment_default(path, node, known)
    if default is not None:
        return default
    return Value.not_known("it is computed when gunicorn starts", span)


def _environment_default(path: str, node: ast.expr, known: Mapping[str, Value[Any]]) -> Value[Any] | None:
    """`os.environ.get("X", "3")`, also inside `int(…)`: the default is one possibility."""
    cast = None
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("int", "str", "float")
        and node.args
    ):
        cast, node = {"int": int, "str": str, "float": float}[node.func.id], node.args[0]
    if not isinstance(node, ast.Call) or not ast.unparse(node.func).endswith(("environ.get", "getenv")):
        return None
    span = Span(path, node.lineno)
    first = node.args[0] if node.args else None
    name = first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else "of some name"
    unknown = Value.not_known(f"environment variable {name} may set it", span).unknown
    if len(node.args) < 2:
        return Value(Value.absent(span).alternatives, unknown)
    default = _literal(path, node.args[1], known)
    try:
        default = default.map(lambda data: cast(data) if cast else data)
    except (TypeError, ValueError):
        default = Value()
    return Value(default.alternatives, unknown)


def _computes_names(path: str, module: ast.Module) -> Span | None:
    for node in ast.walk(module):
        name = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""
        if name in ("locals", "globals", "exec", "vars") and isinstance(node, ast.Call):
            return Span(path, node.lineno)
        if isinstance(node, ast.ImportFrom) and any(each.name == "*" for each in node.names):
            return Span(path, node.lineno)
    return None


@dataclass(frozen=True, slots=True)
class Directive:
    """An nginx directive with what is nested in it."""

    name: str
    arguments: tuple[str, ...]
    span: Span
    children: tuple[Directive, ...] = ()

    def walk(self) -> Iterator[Directive]:
        yield self
        for child in self.children:
            yield from child.walk()

    def every(self, name: str) -> tuple[Directive, ...]:
        return tuple(each for each in self.walk() if each.name == name)


@dataclass(frozen=True)
class Nginx:
    """An nginx configuration file, coarsely: its servers, what they listen on and pass to."""

    path: str
    directives: tuple[Directive, ...]

    def every(self, name: str) -> tuple[Directive, ...]:
        return tuple(each for top in self.directives for each in top.every(name))

    @property
    def listens(self) -> tuple[Directive, ...]:
        return self.every("listen")

    @property
    def passes(self) -> tuple[Directive, ...]:
        """`proxy_pass`, `uwsgi_pass`, `grpc_pass`: where requests go."""
        return tuple(
            each
            for name in ("proxy_pass", "uwsgi_pass", "fastcgi_pass", "grpc_pass")
            for each in self.every(name)
        )

    def upstream(self, name: str) -> tuple[str, ...]:
        """The servers of an upstream."""
        return tuple(
            server.arguments[0]
            for each in self.every("upstream")
            if each.arguments[:1] == (name,)
            for server in each.every("server")
            if server.arguments
        )

    def headers(self) -> tuple[tuple[str, str, Span], ...]:
        """Every `proxy_set_header`, as name, value, place."""
        return tuple(
            (each.arguments[0], " ".join(each.arguments[1:]), each.span)
            for each in self.every("proxy_set_header")
            if each.arguments
        )

    def targets(self) -> tuple[str, ...]:
        """The addresses that requests are passed to, upstreams resolved, schemes left out."""
        found: list[str] = []
        for each in self.passes:
            address = re.sub(r"^\w+://", "", each.arguments[0]) if each.arguments else ""
            name = address.partition("/")[0] if not address.startswith("unix:") else address
            found += self.upstream(name) or (name,)
        return tuple(dict.fromkeys(found))


_NGINX_TOKEN = re.compile(
    r"""\s+|\#[^\n]*|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[{};]|(?:\\.|\$\{[^}\n]*\}|[^\s{};"'#\\])+|.""",
    re.DOTALL,
)


def nginx(path: str, text: str) -> Nginx:
    """The directives of a file. Templates' own syntax around them is tolerated."""
    stack: list[tuple[list[str], int, list[Directive]]] = [([], 1, [])]
    words: list[str] = []
    line = start = 1
    for found in _NGINX_TOKEN.finditer(text):
        token = found[0]
        if token == ";":
            if words:
                stack[-1][2].append(Directive(words[0], tuple(words[1:]), Span(path, start)))
            words = []
        elif token == "{":
            stack.append((words, start, []))
            words = []
        elif token == "}":
            if len(stack) > 1:
                opened, at, children = stack.pop()
                name = opened[0] if opened else ""
                stack[-1][2].append(Directive(name, tuple(opened[1:]), Span(path, at), tuple(children)))
            words = []
        elif not token[0].isspace() and token[0] != "#":
            start = line if not words else start
            words.append(token.strip("\"'"))
        line += token.count("\n")
    while len(stack) > 1:
        opened, at, children = stack.pop()
        stack[-1][2].append(
            Directive(opened[0] if opened else "", tuple(opened[1:]), Span(path, at), tuple(children))
        )
    return Nginx(path, tuple(stack[0][2]))
