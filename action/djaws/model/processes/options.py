"""Command lines of servers: which words are options, which take a value, and how they combine with other sources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from djaws.finding import Span
from djaws.model.value import Unknown, Value

Words = Sequence[Value[str]]


@dataclass(frozen=True, slots=True)
class Grammar:
    """A program's options: long names for short ones, and those that take no value."""

    short: Mapping[str, str]
    flags: frozenset[str]


@dataclass(slots=True)
class Parsed:
    """`is_open` says that words of unknown number or content may hold more options."""

    options: dict[str, Value[Any]] = field(default_factory=dict)
    positional: list[Value[str]] = field(default_factory=list)
    is_open: Unknown | None = None


def _grammar(short: str, flags: str) -> Grammar:
    pairs = dict(pair.split("=") for pair in short.split())
    return Grammar(pairs, frozenset(flags.split()))


GUNICORN = _grammar(
    "b=bind w=workers k=worker-class t=timeout c=config e=env n=name u=user g=group p=pid m=umask D=daemon R=enable-stdio-inheritance",
    "reload preload daemon no-sendfile sendfile capture-output check-config enable-stdio-inheritance log-syslog spew reuse-port "
    "print-config proxy-protocol strip-header-spaces disable-redirect-access-to-syslog initgroups permit-unconventional-http-method "
    "permit-unconventional-http-version permit-obsolete-folding casefold-http-method suppress-ragged-eofs do-handshake-on-connect",
)
UVICORN = _grammar(
    "",
    "reload proxy-headers no-proxy-headers access-log no-access-log use-colors no-use-colors server-header no-server-header "
    "date-header no-date-header factory",
)
HYPERCORN = _grammar(
    "b=bind w=workers k=worker-class c=config p=pid g=group u=user m=umask", "reload debug daemon"
)
DAPHNE = _grammar(
    "p=port b=bind u=unix-socket e=endpoint v=verbosity t=http-timeout", "proxy-headers no-server-name"
)
UWSGI = _grammar(
    "s=socket p=processes w=module t=harakiri M=master T=enable-threads i=single-interpreter L=disable-logging R=max-requests H=home d=daemonize b=buffer-size C=chmod-socket",
    "master vacuum enable-threads single-interpreter die-on-term need-app disable-logging thunder-lock lazy-apps lazy http-auto-chunked "
    "http-keepalive ignore-sigpipe ignore-write-errors disable-write-exception strict memory-report",
)
CELERY = _grammar(
    "A=app b=broker C=no-color q=quiet c=concurrency P=pool Q=queues l=loglevel n=hostname B=beat E=task-events D=detach s=schedule S=scheduler X=exclude-queues O=optimization f=logfile",
    "no-color quiet beat task-events events detach without-gossip without-mingle without-heartbeat purge discard skip-checks",
)
MANAGE = _grammar("v=verbosity", "")
WAITRESS = _grammar("", "expose-tracebacks no-expose-tracebacks ident no-ident")


def parse(words: Words, grammar: Grammar, span: Span) -> Parsed:
    """The options and positional words of a command line. A word that is not known opens it up."""
    found = Parsed()
    at = 0
    while at < len(words):
        value = words[at]
        at += 1
        text = value.only(None)
        if text is None:
            at = _unknown_word(found, value, words, at)
        elif text == "--":
            found.positional += words[at:]
            break
        elif text.startswith("--"):
            at = _long(found, text[2:], value, words, at, grammar)
        elif text.startswith("-") and len(text) > 1 and not text[1].isdigit():
            at = _short(found, text[1:], value, words, at, grammar)
        else:
            found.positional.append(value)
    return found


def _unknown_word(found: Parsed, value: Value[str], words: Words, at: int) -> int:
    """`--workers=$X` is an option with an unknown value; a wholly unknown word may be anything."""
    unknown = value.unknown
    head = unknown.parts[0] if unknown and unknown.parts else None
    if head and head.startswith("--") and "=" in head and unknown:
        found.options[_name(head[2:].partition("=")[0])] = Value((), unknown)
    elif head and not head.startswith("-"):
        found.positional.append(value)
    else:
        found.is_open = found.is_open or unknown or Unknown("a word has several possible values", value.span)
    return at


def _name(text: str) -> str:
    return text.replace("_", "-")


def _long(found: Parsed, text: str, value: Value[str], words: Words, at: int, grammar: Grammar) -> int:
    name, equals, given = text.partition("=")
    name = _name(name)
    if equals:
        _set(found, name, Value.of(given, value.span))
    elif name in grammar.flags or at >= len(words) or _is_option(words[at]):
        _set(found, name, Value.of(True, value.span))
    else:
        _set(found, name, words[at])
        at += 1
    return at


def _is_option(value: Value[str]) -> bool:
    text = value.only("")
    return text.startswith("-") and len(text) > 1 and not text[1].isdigit()


def _short(found: Parsed, text: str, value: Value[str], words: Words, at: int, grammar: Grammar) -> int:
    for index, letter in enumerate(text):
        name = grammar.short.get(letter, letter)
        if name in grammar.flags or letter not in grammar.short:
            _set(found, name, Value.of(True, value.span))
            continue
        rest = text[index + 1 :].removeprefix("=")
        if rest:
            _set(found, name, Value.of(rest, value.span))
        elif at < len(words):
            _set(found, name, words[at])
            at += 1
        break
    return at


#: Options that may be given several times: the values add up.
_REPEATED = frozenset({"bind", "env", "raw-env", "tag"})


def _set(found: Parsed, name: str, value: Value[Any]) -> None:
    if name in _REPEATED and name in found.options:
        before = found.options[name]
        found.options[name] = before.bind(lambda old: value.map(lambda new: f"{old},{new}"))
    else:
        found.options[name] = value


def lay_over(
    *sources: tuple[Mapping[str, Value[Any]], Unknown | None],
) -> tuple[dict[str, Value[Any]], Unknown | None]:
    """Options of several sources, the strongest first: `(options, why there may be more)`.

    Where a stronger source may set more, a weaker one's value is only one possibility.
    """
    joined: dict[str, Value[Any]] = {}
    doubt: Unknown | None = None
    for options, is_open in sources:
        for name, value in options.items():
            if name not in joined:
                joined[name] = Value(value.alternatives, value.unknown or doubt)
            elif joined[name].sometimes(lambda data: data is None):
                joined[name] = _fill(joined[name], value)
        doubt = doubt or is_open
    return joined, doubt


def _fill(over: Value[Any], under: Value[Any]) -> Value[Any]:
    kept = Value(over.sometimes(lambda data: data is not None), over.unknown)
    return Value.either(kept, under)
