"""Settings as a check reads them: one possible world at a time, and a full stop where nothing is known.

A check that reads a setting with several possibilities is run again for each of them (`explore`); guards keep possibilities
apart that exclude each other. Reading the unknown raises `Undecidable`, a BaseException, so that no check swallows it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, SupportsIndex, TypeVar, overload

from djaws.model.django.objects import UNSET
from djaws.model.django.productionness import PRODUCTION, SHARED, STAGING, WORKPLACE, productionness
from djaws.model.django.settings import Settings
from djaws.model.value import ALWAYS, Alternative, Guard, Map, Seq, Unknown, Value

T = TypeVar("T")

MAX_WORLDS = 128


class Undecidable(BaseException):
    """A check reads what is not known."""

    def __init__(self, unknown: Unknown, setting: str) -> None:
        super().__init__(unknown.because)
        self.unknown = unknown
        self.setting = setting


class _Fork(BaseException):
    """A check reads what has several possibilities, of which none was chosen yet."""

    def __init__(self, key: tuple[str, ...], count: int) -> None:
        super().__init__()
        self.key = key
        self.count = count


@dataclass
class World:
    """One choice among the possibilities of what is read. `picked` are the settings read, with the possibility taken."""

    settings: Settings
    choices: dict[tuple[str, ...], int] = field(default_factory=dict)
    guard: Guard = ALWAYS
    picked: dict[str, Alternative[Any]] = field(default_factory=dict)

    def read(self, name: str) -> Any:
        """The setting as plain Python, except that what is unknown inside it raises when it is touched."""
        setting = self.settings.setting(name)
        if name in ("STATIC_URL", "MEDIA_URL") and (text := _known_end(setting.value)) is not None:
            self.picked[name] = Alternative(text, setting.value.span)
            return text
        alternative = self.pick((name,), setting.value, setting.unknown_when, name)
        self.picked[name] = alternative
        return self.plain(alternative.value, (name,), name)

    def pick(
        self, key: tuple[str, ...], value: Value[Any], unknown_when: Sequence[Guard], name: str
    ) -> Alternative[Any]:
        possible: list[tuple[Alternative[Any] | None, Guard]] = [
            (alternative, joined)
            for alternative in value.alternatives
            if (joined := alternative.guard & self.guard) is not None
        ]
        if value.unknown:
            reached = [
                joined for guard in unknown_when or (ALWAYS,) if (joined := guard & self.guard) is not None
            ]
            possible += [(None, joined) for joined in reached[:1]]
        if not possible:
            raise Undecidable(
                value.unknown or Unknown("its possibilities exclude each other", value.span), name
            )
        if len(possible) > 1 and key not in self.choices:
            raise _Fork(key, len(possible))
        alternative, self.guard = possible[self.choices.get(key, 0)]
        if alternative is None:
            assert value.unknown is not None
            raise Undecidable(value.unknown, name)
        return alternative

    def plain(self, data: Any, key: tuple[str, ...], name: str) -> Any:
        if isinstance(data, Seq):
            return OpenList(self, data, key, name)
        if isinstance(data, Map):
            return OpenDict(self, data, key, name)
        return data

    def inner(self, value: Value[Any], key: tuple[str, ...], name: str) -> Any:
        alternative = self.pick(key, value, (), name)
        if alternative.value is None and not alternative.written:
            return MISSING
        return self.plain(alternative.value, key, name)


MISSING = object()


class OpenList(list[Any]):
    """A list of which some items may not be known. What the known ones decide is decided; all else raises."""

    def __init__(self, world: World, data: Seq, key: tuple[str, ...], name: str) -> None:
        super().__init__()
        self._world = world
        self._data = data
        self._key = key
        self._name = name

    def _at(self, index: int) -> Any:
        return self._world.inner(self._data.items[index], (*self._key, str(index)), self._name)

    def _sure(self) -> Iterator[int]:
        """The items that are there whatever happens, those that are known first."""
        order = range(len(self._data.items))
        return iter(sorted(order, key=lambda index: (not self._data.items[index].is_known, index)))

    def _refuse_open(self) -> None:
        if self._data.rest:
            raise Undecidable(self._data.rest, self._name)

    def __iter__(self) -> Iterator[Any]:
        for index in range(len(self._data.items)):
            item = self._at(index)
            if item is not MISSING:
                yield item
        self._refuse_open()

    def __contains__(self, wanted: object) -> bool:
        candidates = [index for index in self._sure() if _may_be(self._data.items[index], wanted)]
        if any(_is_surely(self._data.items[index], wanted) for index in candidates):
            return True
        for index in candidates:
            if self._at(index) == wanted:
                return True
        self._refuse_open()
        return False

    def __bool__(self) -> bool:
        if any(_is_there(item) for item in self._data.items):
            return True
        if any(self._at(index) is not MISSING for index in range(len(self._data.items))):
            return True
        self._refuse_open()
        return False

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __eq__(self, other: object) -> bool:
        return list(iter(self)) == other

    __hash__ = None

    @overload
    def __getitem__(self, index: SupportsIndex) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> list[Any]: ...
    def __getitem__(self, index: Any) -> Any:
        return list(iter(self))[index]


class OpenDict(dict[str, Any]):
    """A dict of which some entries may not be known."""

    def __init__(self, world: World, data: Map, key: tuple[str, ...], name: str) -> None:
        super().__init__()
        self._world = world
        self._data = data
        self._key = key
        self._name = name

    def _at(self, key: str) -> Any:
        return self._world.inner(self._data.entries[key], (*self._key, key), self._name)

    def __contains__(self, key: object) -> bool:
        if isinstance(key, str) and key in self._data.entries:
            return _is_there(self._data.entries[key]) or self._at(key) is not MISSING
        if self._data.rest:
            raise Undecidable(self._data.rest, self._name)
        return False

    def __getitem__(self, key: str) -> Any:
        if key not in self:
            raise KeyError(key)
        return self._at(key)

    def get(self, key: str, default: Any = None) -> Any:
        return self[key] if key in self else default  # noqa: SIM401

    def __iter__(self) -> Iterator[str]:
        yield from (key for key in self._data.entries if key in self)
        if self._data.rest:
            raise Undecidable(self._data.rest, self._name)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __bool__(self) -> bool:
        return any(True for _ in self)

    def keys(self) -> Any:
        return list(iter(self))

    def items(self) -> Any:
        return [(key, self[key]) for key in self]

    def values(self) -> Any:
        return [self[key] for key in self]

    def copy(self) -> dict[str, Any]:
        return {key: self[key] for key in self}


def _is_there(item: Value[Any]) -> bool:
    return all(alt.written or alt.value is not None for alt in item.alternatives)


def _is_surely(item: Value[Any], wanted: object) -> bool:
    return item.always(lambda data: data == wanted)


def _may_be(item: Value[Any], wanted: object) -> bool:
    if item.unknown and isinstance(wanted, str) and not _can_be_text(item.unknown, wanted):
        return bool(item.sometimes(lambda data: data == wanted))
    return not item.is_known or bool(item.sometimes(lambda data: data == wanted))


def _can_be_text(unknown: Unknown, text: str) -> bool:
    """Whether a text that is known in part can be `text`."""
    if not unknown.parts:
        return True
    pattern = "".join(".*" if part is None else re.escape(part) for part in unknown.parts)
    return len(pattern) > 500 or re.fullmatch(pattern, text, re.DOTALL) is not None


def _known_end(value: Value[Any]) -> str | None:
    """A stand-in for a URL of which only the end is known: its end is all that is asked about."""
    unknown = value.unknown
    if value.alternatives or unknown is None or not unknown.parts or not unknown.parts[-1]:
        return None
    return f"https://host/{unknown.parts[-1]}"


# --- all worlds


@dataclass(frozen=True)
class Leaf:
    """How one world ended: with what the question answered, or undecided."""

    guard: Guard
    answer: Any
    unknown: Unknown | None
    setting: str
    picked: dict[str, Alternative[Any]]


def explore(settings: Settings, ask: Callable[[World], Any]) -> tuple[Leaf, ...]:
    """`ask` in every world that it can tell apart; one that is cut short when there are too many."""
    leaves: list[Leaf] = []
    waiting: list[dict[tuple[str, ...], int]] = [{}]
    while waiting:
        world = World(settings, waiting.pop())
        if len(leaves) + len(waiting) > MAX_WORLDS:
            why = Unknown(f"more than {MAX_WORLDS} combinations of settings", _span(world))
            leaves.append(Leaf(ALWAYS, None, why, next(iter(world.picked), ""), {}))
            break
        try:
            answer = ask(world)
        except _Fork as fork:
            waiting += [{**world.choices, fork.key: index} for index in reversed(range(fork.count))]
        except Undecidable as error:
            leaves.append(Leaf(world.guard, None, error.unknown, error.setting, world.picked))
        else:
            leaves.append(Leaf(world.guard, answer, None, "", world.picked))
    return tuple(leaves)


def _span(world: World) -> Any:
    return next((alt.span for alt in world.picked.values()), world.settings.get("SECRET_KEY").span)


# --- which worlds are production's

_IS, _MAYBE, _IS_NOT = 0, 1, 2
_DEBUG = re.compile(r"(^|[ ._])DEBUG$", re.IGNORECASE)
_READS_DEBUG = re.compile(r"^(?!not )[^=!<>]*DEBUG['\"][^=!<>]*$")
_TRUE_WORDS = frozenset({True, "True", "true", "1", "on", "yes"})


def of_production(
    leaves: Iterable[Leaf], nonproduction: Sequence[str] = (), *, asks_for_debug: bool = False
) -> tuple[Leaf, ...]:
    """The worlds that production can be in: those that speak of it when some do, never those of a workplace when others exist.

    Debug mode is a workplace's, unless whether it is on is the very question.
    """
    ranked = [
        (speaks_of(_without_debug(leaf.guard) if asks_for_debug else leaf.guard, nonproduction), leaf)
        for leaf in leaves
    ]
    best = min((rank for rank, _ in ranked), default=_MAYBE)
    return tuple(leaf for rank, leaf in ranked if rank == best)


def _without_debug(guard: Guard) -> Guard:
    return Guard(tuple(term for term in guard.terms if not _is_about_debug(term[0])))


def _is_about_debug(subject: str) -> bool:
    return bool(_DEBUG.search(subject.partition(" (")[0]) or _READS_DEBUG.search(subject))


def speaks_of(guard: Guard, nonproduction: Sequence[str] = ()) -> int:
    """0 when the guard holds in production by its words, 2 when it does not, 1 when it does not say."""
    ranks = {_term_rank(subject, equal, values, nonproduction) for subject, equal, values in guard.terms}
    if _IS_NOT in ranks:
        return _IS_NOT
    return _IS if _IS in ranks else _MAYBE


def _term_rank(subject: str, equal: bool, values: frozenset[object], nonproduction: Sequence[str]) -> int:
    if values <= {True, False}:
        holds = equal == (True in values)
        return _flag_rank(subject, holds)
    if _DEBUG.search(subject.partition(" (")[0]):
        return _IS_NOT if equal and values & _TRUE_WORDS else _MAYBE
    ranks = {_stage_rank(value, nonproduction) for value in values if value is not UNSET}
    if equal:
        return ranks.pop() if len(ranks) == 1 else _MAYBE
    return _IS_NOT if _IS in ranks else _MAYBE


def _flag_rank(subject: str, holds: bool) -> int:
    text = subject.partition(" (")[0]
    if (
        _DEBUG.search(text)
        or _READS_DEBUG.search(text)
        or re.search(r"\btest(s|ing)?\b|pytest|runserver", text, re.IGNORECASE)
    ):
        return _IS_NOT if holds else _MAYBE
    if not re.fullmatch(r"[\w. ]+", text):
        return _MAYBE
    rank = productionness(text.removeprefix("env "))
    if rank == PRODUCTION:
        return _IS if holds else _IS_NOT
    if rank in (WORKPLACE, STAGING):
        return _IS_NOT if holds else _MAYBE
    return _MAYBE


def _stage_rank(value: object, nonproduction: Sequence[str]) -> int:
    if not isinstance(value, str) or not value or len(value) > 40:
        return _MAYBE
    if value.lower() in nonproduction:
        return _IS_NOT
    rank = productionness(value)
    if rank == PRODUCTION:
        return _IS
    return _IS_NOT if rank in (WORKPLACE, STAGING) and rank != SHARED else _MAYBE
