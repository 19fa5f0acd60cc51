"""A command line as the server it starts, with its effective options and the settings module it uses."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from posixpath import basename, join
from typing import TYPE_CHECKING, Any

from djaws.errors import Refused
from djaws.finding import Span
from djaws.model.pipeline import Options as OptionFile
from djaws.model.pipeline import Pipeline
from djaws.model.processes import options as grammar
from djaws.model.processes.images import Images
from djaws.model.processes.options import Parsed, lay_over, parse
from djaws.model.processes.types import Server, ServerKind
from djaws.model.value import ALWAYS, Guard, Unknown, Value

if TYPE_CHECKING:
    from djaws.model.processes.trace import State

_PYTHON = re.compile(r"(python[\d.]*|pypy3?|coverage|debugpy)$")
_MODULES = {"gunicorn", "uvicorn", "hypercorn", "daphne", "celery", "waitress", "django", "debugpy"}
_SETTINGS = "DJANGO_SETTINGS_MODULE"
_SET_DEFAULT = re.compile(rf"""{_SETTINGS}["']\s*[,\]]\s*=?\s*["']([\w.]+)["']""")


@dataclass(frozen=True)
class Options:
    """The configuration files of servers."""

    images: Images
    pipeline: Pipeline

    def file(self, server: str, name: str, state: State) -> OptionFile | None:
        """The configuration file that a server is told to read, by its path in the image or its name."""
        every = [each for each in self.pipeline.options if each.server == server]
        path = self.images.source(state.build, name.removeprefix("file:"), state.folder) if name else ""
        found = next((each for each in every if each.path == path), None)
        if found or not name:
            return found
        same = [each for each in every if basename(each.path) == basename(name)]
        return same[0] if len(same) == 1 else None

    def settings_default(self, module: str, state: State) -> Value[str | None] | None:
        """What `wsgi.py`, `celery.py` or `manage.py` sets `DJANGO_SETTINGS_MODULE` to by default."""
        if module == "manage":
            workdir = (state.build.stage.workdir.only("") or "") if state.build and state.build.stage else ""
            path = self.images.source(state.build, "manage.py", join(workdir, state.folder))
            if path:
                return self._default_in(path)
        tail = module.replace(".", "/")
        names = (
            [f"{tail}.py", f"{tail}/celery.py", f"{tail}/__init__.py"]
            if module != "manage"
            else ["manage.py"]
        )
        found: list[Value[str | None]] = []
        for name in names:
            for path in self.images.named.get(basename(name), ()):
                value = self._default_in(path) if f"/{path}".endswith(f"/{name}") else None
                if value is not None:
                    found.append(value)
            if found:
                break
        return Value.either(*found) if found else None

    def _default_in(self, path: str) -> Value[str | None] | None:
        try:
            text = self.images.tree.text(path)
        except Refused:
            return None
        found = _SET_DEFAULT.search(text)
        if found is None:
            return None
        return Value.of(found[1], Span(path, text.count("\n", 0, found.start()) + 1))


def server_of(
    words: Sequence[Value[str]], state: State, span: Span, doubt: Unknown | None, options: Options
) -> Server | None:
    """The server or management command that a command line starts, None for any other command."""
    words = list(words)
    name = (words[0].only("") or "").rpartition("/")[2]
    if _PYTHON.match(name):
        inner = _python(words)
        if inner is None:
            return None
        words, name = inner
    rest = words[1:]
    text = " ".join(_shown(each) for each in words)[:400]
    made = _Maker(state, span, text, doubt, options)
    if name in ("manage.py", "django-admin", "django-admin.py", "django", "manage") or name.endswith(
        "manage.py"
    ):
        return made.manage(rest)
    maker = {
        "gunicorn": made.gunicorn,
        "uvicorn": made.uvicorn,
        "hypercorn": made.hypercorn,
        "daphne": made.daphne,
        "uwsgi": made.uwsgi,
        "celery": made.celery,
        "waitress-serve": made.waitress,
        "waitress": made.waitress,
        "nginx": made.nginx,
        "openresty": made.nginx,
    }.get(name)
    return maker(rest) if maker else None


def _shown(value: Value[str]) -> str:
    text = value.only(None)
    if text is not None:
        return str(text)
    if value.unknown and value.unknown.parts:
        return "".join("…" if part is None else part for part in value.unknown.parts)
    return "…"


def _python(words: list[Value[str]]) -> tuple[list[Value[str]], str] | None:
    """The words from the module or script that `python` runs, through `-m debugpy --listen x` and `coverage run`."""
    at = 1
    while at < len(words):
        text = words[at].only("") or ""
        if text == "-m" and at + 1 < len(words):
            module = (words[at + 1].only("") or "").partition(".")[0]
            if module in ("debugpy", "coverage", "ddtrace", "newrelic", "opentelemetry"):
                at += 2
                continue
            return (words[at + 1 :], module) if module in _MODULES else None
        if text in ("-W", "-X", "--listen", "--log-to", "--rcfile", "--source"):
            at += 2
        elif text.startswith("-") or text in ("run", "python"):
            at += 1
        else:
            name = text.rpartition("/")[2]
            return (
                (words[at:], name)
                if name.endswith("manage.py") or name in _MODULES or "django-admin" in name
                else None
            )
    return None


@dataclass
class _Maker:
    state: State
    span: Span
    text: str
    doubt: Unknown | None
    options: Options

    # --- servers

    def gunicorn(self, words: Sequence[Value[str]]) -> Server:
        """Command line over GUNICORN_CMD_ARGS over the configuration file over its own environment variables."""
        given = parse(words, grammar.GUNICORN, self.span)
        extra = self._from_variable("GUNICORN_CMD_ARGS", grammar.GUNICORN)
        named = given.options.get("config") or extra.options.get("config")
        name = named.only("") if named else ""
        file = self.options.file("gunicorn", str(name or "gunicorn.conf.py"), self.state)
        settings: dict[str, Value[Any]] = {}
        is_open: Unknown | None = None
        if file:
            settings = {_gunicorn_name(key): value for key, value in file.settings.items()}
            is_open = (
                Unknown("the configuration file sets options by code", file.is_open) if file.is_open else None
            )
        elif named is not None:
            is_open = named.unknown or Unknown(
                f"the configuration file {name} is not in the repository", named.span
            )
        own = self._variables(
            {"workers": "WEB_CONCURRENCY", "forwarded-allow-ips": "FORWARDED_ALLOW_IPS"}, self._port_bind()
        )
        options, doubt = lay_over(
            (_renamed(given.options), given.is_open),
            (_renamed(extra.options), extra.is_open),
            (settings, is_open),
            (own, None),
        )
        return self._server(
            "gunicorn", given, options, doubt, _first(given.positional), _raw_environment(options)
        )

    def _port_bind(self) -> dict[str, Value[Any]]:
        port = self.state.lookup("PORT")
        if not port.sometimes(lambda text: text is not None):
            return {}
        return {"bind": port.map(lambda text: text and f"0.0.0.0:{text}")}

    def uvicorn(self, words: Sequence[Value[str]]) -> Server:
        given = parse(words, grammar.UVICORN, self.span)
        names = {"workers": "WEB_CONCURRENCY", "forwarded-allow-ips": "FORWARDED_ALLOW_IPS"}
        own = self._variables(names, self._prefixed("UVICORN_"))
        options, doubt = lay_over((given.options, given.is_open), (own, None))
        return self._server("uvicorn", given, options, doubt, _first(given.positional))

    def hypercorn(self, words: Sequence[Value[str]]) -> Server:
        given = parse(words, grammar.HYPERCORN, self.span)
        config = given.options.get("config")
        is_open = given.is_open or (
            Unknown("its configuration file is not read", config.span) if config else None
        )
        return self._server("hypercorn", given, given.options, is_open, _first(given.positional))

    def daphne(self, words: Sequence[Value[str]]) -> Server:
        given = parse(words, grammar.DAPHNE, self.span)
        return self._server("daphne", given, given.options, given.is_open, _first(given.positional))

    def waitress(self, words: Sequence[Value[str]]) -> Server:
        given = parse(words, grammar.WAITRESS, self.span)
        return self._server("waitress", given, given.options, given.is_open, _first(given.positional))

    def uwsgi(self, words: Sequence[Value[str]]) -> Server:
        """Options of the command line over those of the ini file; `UWSGI_X` variables under both."""
        given = parse(words, grammar.UWSGI, self.span)
        named = given.options.get("ini") or next(
            (each for each in given.positional if _first([each]).endswith(".ini")), None
        )
        name = str(named.only("") or "") if named else ""
        file = self.options.file("uwsgi", name, self.state) if name else None
        is_open: Unknown | None = None
        if file and file.is_open:
            is_open = Unknown("the configuration includes other files", file.is_open)
        elif named and not file:
            is_open = named.unknown or Unknown(
                f"the configuration file {name} is not in the repository", named.span
            )
        settings = dict(file.settings) if file else {}
        options, doubt = lay_over(
            (given.options, given.is_open), (settings, is_open), (self._prefixed("UWSGI_"), None)
        )
        for long, short in (("processes", "workers"), ("module", "wsgi"), ("module", "wsgi-file")):
            if short in options:
                options.setdefault(long, options[short])
        application = str(options["module"].only("") or "") if "module" in options else ""
        return self._server("uwsgi", given, options, doubt, application, _raw_environment(options))

    def nginx(self, words: Sequence[Value[str]]) -> Server:
        return Server("nginx", self.span, self.text, conditions=self.state.conditions, guard=self._guard())

    def celery(self, words: Sequence[Value[str]]) -> Server:
        given = parse(words, grammar.CELERY, self.span)
        subcommand = _first(given.positional)
        if subcommand not in ("worker", "beat", "flower", "multi") and "app" not in given.options:
            subcommand = next(
                (text for each in given.positional if (text := _first([each])) in ("worker", "beat")),
                subcommand,
            )
        application = given.options.get("app")
        server = self._server(
            "celery",
            given,
            given.options,
            given.is_open,
            str(application.only("") or "") if application else "",
        )
        return replace(server, subcommand=subcommand)

    def manage(self, words: Sequence[Value[str]]) -> Server:
        given = parse(words, _WITH_FLAGS, self.span)
        subcommand = _first(given.positional)
        server = self._server("manage", given, given.options, given.is_open, "manage")
        arguments = tuple(_shown(each) for each in given.positional[1:])
        module = given.options.get("settings")
        if module is not None:
            server = replace(server, settings_module=module.map(lambda text: str(text)))
        return replace(server, application="", subcommand=subcommand, arguments=arguments)

    # --- parts

    def _server(
        self,
        kind: ServerKind,
        given: Parsed,
        options: Mapping[str, Value[Any]],
        doubt: Unknown | None,
        application: str,
        raw: Mapping[str, Value[Any]] | None = None,
    ) -> Server:
        environment = {**self.state.environment, **(raw or {})}
        return Server(
            kind,
            self.span,
            self.text,
            application,
            options=options,
            is_open=doubt or self.doubt,
            conditions=self.state.conditions,
            depends_on=self._depends_on(),
            guard=self._guard(),
            environment=environment,
            settings_module=self._settings_module(application, environment),
        )

    def _settings_module(self, application: str, environment: Mapping[str, Value[Any]]) -> Value[str | None]:
        """The environment's word, and where it may have none, the default that the application's module sets."""
        given = environment.get(_SETTINGS)
        if given is None:
            given = self.state.lookup(_SETTINGS)
        if not given.sometimes(lambda text: text is None) and given.is_known:
            return given
        default = (
            self.options.settings_default(application.partition(":")[0], self.state) if application else None
        )
        if default is None:
            return given
        kept = Value(given.sometimes(lambda text: text is not None), given.unknown)
        return Value.either(kept, default)

    def _depends_on(self) -> dict[str, Value[Any]]:
        names = {name for each in self.state.conditions for word in each.words for name in word.variables}
        return {name: self.state.lookup(name) for name in sorted(names)}

    def _guard(self) -> Guard:
        joined: Guard | None = ALWAYS
        for each in self.state.conditions:
            joined = joined & Guard.when(each.text, each.holds) if joined is not None else None
        return joined or ALWAYS

    def _from_variable(self, name: str, with_grammar: grammar.Grammar) -> Parsed:
        value = self.state.lookup(name)
        text = value.only(None)
        if text is None:
            return Parsed(is_open=value.unknown) if not value.is_absent else Parsed()
        try:
            parts = shlex.split(str(text))
        except ValueError:
            parts = str(text).split()
        return parse([Value.of(part, value.span) for part in parts], with_grammar, value.span)

    def _variables(self, names: Mapping[str, str], more: Mapping[str, Value[Any]]) -> dict[str, Value[Any]]:
        found = {option: self.state.lookup(name) for option, name in names.items()}
        return {**more, **{option: value for option, value in found.items() if not value.is_absent}}

    def _prefixed(self, prefix: str) -> dict[str, Value[Any]]:
        return {
            name.removeprefix(prefix).lower().replace("_", "-"): value
            for name, value in self.state.environment.items()
            if name.startswith(prefix)
        }


#: Common flags of management commands that take no value.
_WITH_FLAGS = grammar.Grammar(
    {"v": "verbosity", "n": "dry-run"},
    frozenset(
        [
            "noinput",
            "no-input",
            "nostatic",
            "noreload",
            "nothreading",
            "insecure",
            "fake",
            "fake-initial",
            "run-syncdb",
            "check",
            "plan",
            "clear",
            "dry-run",
            "deploy",
            "skip-checks",
            "traceback",
            "no-color",
            "force-color",
            "all",
            "create",
            "everyone",
            "ipv6",
            "merge",
            "empty",
            "link",
        ]
    ),
)


def _first(words: Sequence[Value[str]]) -> str:
    return str(words[0].only("") or "") if words else ""


def _gunicorn_name(key: str) -> str:
    return {"keepalive": "keep-alive"}.get(key, key.replace("_", "-"))


def _renamed(options: Mapping[str, Value[Any]]) -> dict[str, Value[Any]]:
    return {
        _gunicorn_name({"worker-processes": "workers"}.get(name, name)): value
        for name, value in options.items()
    }


def _raw_environment(options: Mapping[str, Value[Any]]) -> dict[str, Value[Any]]:
    """`--env A=b` and `raw_env`: variables that the server sets for the application."""
    found: dict[str, Value[Any]] = {}
    for name in ("env", "raw-env"):
        value = options.get(name)
        text = value.only("") if value else ""
        for pair in str(text or "").split(","):
            key, equals, given = pair.partition("=")
            if equals and value:
                found[key] = Value.of(given, value.span)
    return found
