"""What a name can stand for, besides plain data, while settings are evaluated."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from djaws.finding import Span
from djaws.model.value import ALWAYS, Guard, Map, Seq, Unknown, Value

#: Stands for the directory that the repository is checked out to: known in relation to its files, unknown as text.
CHECKOUT = "/<checkout>"


class Unset(Enum):
    """The value, in a guard, of an environment variable that is not set."""

    UNSET = "unset"

    def __str__(self) -> str:
        return self.value


UNSET = Unset.UNSET


class FilePath(str):
    """A `pathlib.Path`."""

    __slots__ = ()


class OptionalFile(str):
    """A file that split-settings includes only when it is there."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Library:
    """Something in a module outside the repository, by its dotted name."""

    name: str


@dataclass(frozen=True, slots=True)
class Slot:
    """What a name is bound to. `chain` holds earlier assignments, oldest first; `origins` where its value was written.

    `unknown_when` are the guards under which the value is the unknown one; always, when empty.
    """

    value: Value[Any]
    chain: tuple[Span, ...] = ()
    unknown_when: tuple[Guard, ...] = ()
    origins: tuple[Span, ...] = ()


#: The pseudo-name that says why a scope may hold further names.
OPEN = "*"


@dataclass(eq=False)
class Scope:
    """The names of one module, class body or call."""

    slots: dict[str, Slot] = field(default_factory=dict)
    aliases: dict[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)

    @property
    def open(self) -> Unknown | None:
        slot = self.slots.get(OPEN)
        return slot.value.unknown if slot else None


@dataclass(eq=False)
class Module:
    """A Python file of the repository. `package` is the directory that relative imports start from."""

    path: str
    package: str
    scope: Scope = field(default_factory=Scope)
    absent: tuple[Span, ...] = ()


@dataclass(eq=False)
class Frame:
    """Where a statement runs: the scope it binds in, and the condition under which it is reached."""

    module: Module
    scope: Scope
    outer: tuple[Scope, ...] = ()
    path: tuple[Guard, ...] = (ALWAYS,)
    returns: list[Value[Any]] = field(default_factory=list)
    receiver: Value[Any] | None = None


@dataclass(frozen=True, eq=False)
class Function:
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    frame: Frame
    is_property: bool = False


@dataclass(frozen=True, eq=False)
class Class:
    """A class of the repository. A base outside of it is a `Library`; `open` says why it may have further attributes."""

    name: str
    scope: Scope
    bases: tuple[Class | Library, ...] = ()
    open: Unknown | None = None

    def order(self) -> tuple[Class | Library, ...]:
        """This class and its bases, as attributes are looked up (depth first, a shared base last)."""
        listed: list[Class | Library] = [self]
        for base in self.bases:
            listed += base.order() if isinstance(base, Class) else (base,)
        return tuple(reversed(dict.fromkeys(reversed(listed))))


@dataclass(frozen=True, eq=False)
class Instance:
    of: Class


@dataclass(frozen=True, slots=True)
class Namespace:
    """What `globals()`, `locals()` and `vars()` give."""

    scope: Scope


@dataclass(frozen=True, eq=False)
class EnvReader:
    """An `environ.Env`: its schema gives a cast and a default to each variable."""

    schema: dict[str, tuple[Value[Any], Value[Any] | None]] = field(default_factory=dict)
    prefix: str = ""


@dataclass(frozen=True, eq=False)
class Bound:
    """A method of something that is no plain data."""

    receiver: EnvReader
    name: str


@dataclass(frozen=True, slots=True)
class CsvCast:
    """decouple's `Csv`."""

    delimiter: str = ","


@dataclass(frozen=True, eq=False)
class Configured:
    """A `configurations.values` descriptor: what it is depends on the name it is assigned to."""

    kind: str
    default: Value[Any] | None
    reads_environment: bool = True
    environ_name: str = ""
    environ_prefix: str = "DJANGO"


@dataclass(frozen=True, eq=False)
class Url:
    """A call of `path`, `re_path`, `url` or `include` in a URL configuration."""

    kind: str
    route: Value[Any]
    target: Value[Any]
    view: str
    name: Value[Any]
    span: Span


def is_data(value: object) -> bool:
    """Whether it is what a `Value` may hold outside this package."""
    return value is None or isinstance(value, (str, int, float, bool, bytes, Map, Seq))
