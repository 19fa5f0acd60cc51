"""The LOGGING setting, read: which handlers the loggers reach, and where those write."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from djaws.model.cloud import descend
from djaws.model.value import Map, Seq, Unknown, Value

Place = Literal["file", "mail", "nowhere", "elsewhere"]

_FILES = frozenset(
    {
        *("FileHandler", "RotatingFileHandler", "TimedRotatingFileHandler", "WatchedFileHandler"),
        *("ConcurrentRotatingFileHandler", "ConcurrentTimedRotatingFileHandler"),
    }
)
_DEBUG_ONLY = "django.utils.log.RequireDebugTrue"


@dataclass(frozen=True)
class Handler:
    """A handler that some logger reaches. `level` is absent where it lets everything through."""

    name: str
    place: Place
    body: Map
    level: Value[Any]


class NotKnown(Exception):
    """Something in the setting that decides the answer cannot be known."""

    def __init__(self, because: str, unknown: Unknown | None = None) -> None:
        super().__init__(because)
        self.unknown = unknown


class Logging:
    """One wholly known possibility of LOGGING. Asking for what is not known raises `NotKnown`."""

    def __init__(self, data: Map, *, debug: bool) -> None:
        self.data = data
        self.debug = debug

    def loggers(self) -> Iterator[tuple[str, Map]]:
        """Every logger with its name, the root's being empty."""
        named = self._map(self.data.get("loggers"))
        for name, value in named.entries.items():
            yield name, self._map(value)
        if not self.data.get("root").is_absent:
            yield "", self._map(self.data.get("root"))

    def handlers(self, logger: Map) -> tuple[Handler, ...]:
        """The handlers that a logger has itself and that do something with DEBUG as it is."""
        known = self._map(self.data.get("handlers"))
        found = []
        for name in self._texts(logger.get("handlers")):
            body = self._map(known.get(name))
            if not self._is_for_debugging(body):
                found.append(Handler(name, self._place(body), body, body.get("level")))
        return tuple(found)

    def _place(self, body: Map) -> Place:
        kind = body.get("class").only(None)
        if not isinstance(kind, str):
            raise NotKnown("the class of a handler is not known", body.get("class").unknown)
        name = kind.rpartition(".")[2]
        if name == "NullHandler":
            return "nowhere"
        if name == "AdminEmailHandler" or name == "SMTPHandler":
            return "mail"
        return "file" if name in _FILES and self._is_on_disk(body) else "elsewhere"

    def _is_on_disk(self, body: Map) -> bool:
        """Whether the file lies on a disk; `/dev/stdout` and `/proc/1/fd/1` are the container's own output."""
        file = body.get("filename")
        return not file.sometimes(lambda text: str(text).startswith(("/dev/", "/proc/")))

    def _is_for_debugging(self, body: Map) -> bool:
        if self.debug or body.get("filters").is_absent:
            return False
        filters = self._map(self.data.get("filters"))
        for name in self._texts(body.get("filters")):
            kind = descend(filters, [name, "()"], filters.span)
            if kind.sometimes(lambda text: text == _DEBUG_ONLY):
                return True
        return False

    def _map(self, value: Value[Any]) -> Map:
        data = value.only(None)
        if value.is_absent:
            return Map()
        if not isinstance(data, Map) or data.rest:
            raise NotKnown(
                "a part of LOGGING is not known", data.rest if isinstance(data, Map) else value.unknown
            )
        return data

    def _texts(self, value: Value[Any]) -> tuple[str, ...]:
        if value.is_absent:
            return ()
        data = value.only(None)
        found = (
            [item.only(None) for item in data.items] if isinstance(data, Seq) and not data.rest else [None]
        )
        if not all(isinstance(each, str) for each in found):
            raise NotKnown("a list in LOGGING is not known", value.unknown)
        return tuple(str(each) for each in found)
