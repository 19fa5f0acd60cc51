"""Python's operators and methods on values: known where the operands are, open or unknown where they are not."""

from __future__ import annotations

import ast
import operator
import posixpath
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from djaws.finding import Span
from djaws.model.django.objects import CHECKOUT, UNSET, FilePath, is_data
from djaws.model.value import ALWAYS, Alternative, Guard, Map, Reference, Seq, Unknown, Value, combine

MAX_TEXT = 100_000
MAX_PARTS = 5_000
MAX_DEPTH = 30
MAX_GUARDS = 8
MAX_INT_BITS = 4_096

#: `Unknown.parts` of a text that is an environment variable and nothing else.
WHOLE = (None,)
ENV = "env"
FOLDED = "env.folded"


class Impossible(ValueError):
    """The operation cannot be decided, or would fail, on these operands."""


# --- unknown values


def env_unknown(name: str, span: Span) -> Unknown:
    return Unknown(f"environment variable {name} is not known here", span, (Reference(ENV, name),), WHOLE)


def env_name(unknown: Unknown | None) -> str | None:
    """The environment variable that an unknown is, give or take its case and surrounding space; None for all others."""
    if unknown is None or unknown.parts != WHOLE or not unknown.references:
        return None
    first, *rest = unknown.references
    is_same = first.address == ENV and all(reference.address == FOLDED for reference in rest)
    return first.attribute if is_same else None


def env_subject(name: str) -> str:
    return f"env {name}"


def subject_of_env(unknown: Unknown) -> str:
    """What guards call the variable that an unknown is: `env STAGE`, or `env STAGE (lower)` after such a method."""
    methods = ", ".join(reference.attribute for reference in unknown.references[1:])
    subject = env_subject(unknown.references[0].attribute)
    return f"{subject} ({methods})" if methods else subject


def folded(unknown: Unknown, method: str) -> Unknown:
    """The unknown after a method that leaves it recognisable: what it is compared with is then another text."""
    if env_name(unknown) is None:
        return unknown
    return replace(unknown, references=(*unknown.references, Reference(FOLDED, method)))


def derived(unknown: Unknown, span: Span) -> Unknown:
    """The unknown of something computed from another: the reason stays, the text does not."""
    return replace(unknown, span=span, parts=())


# --- truth and guards


def truth(data: object) -> bool | None:
    """Whether Python holds it for true; None when that depends on what is unknown."""
    if isinstance(data, Seq):
        if any(is_certain(item) for item in data.items):
            return True
        return None if data.rest or data.items else False
    if isinstance(data, Map):
        if any(is_certain(entry) for entry in data.entries.values()):
            return True
        return None if data.rest or data.entries else False
    return bool(data) if is_data(data) else True


def is_certain(item: Value[Any]) -> bool:
    """Whether an item of a list or an entry of a dict is certainly there (`None` that nobody wrote stands for absence)."""
    return all(alt.written or alt.value is not None for alt in item.alternatives)


def conjoin(left: Iterable[Guard], right: Iterable[Guard]) -> tuple[Guard, ...]:
    """Both disjunctions at once; contradictions drop out."""
    rights = tuple(right)
    joined = [both for one in left for other in rights if (both := one & other) is not None]
    return tuple(dict.fromkeys(joined))


def under(value: Value[Any], guards: Sequence[Guard]) -> Value[Any]:
    """`value` where one of `guards` holds."""
    if not guards or ALWAYS in guards or len(guards) > MAX_GUARDS:
        return value
    return Value.either(*(value.when(guard) for guard in guards))


# --- sizes


def is_small(data: object) -> bool:
    """Whether nested data stays within what is worth holding. Repeated doubling (`x = [x, x]`) does not."""
    return _weigh(data, MAX_PARTS, MAX_DEPTH) >= 0


def _weigh(data: object, left: int, depth: int) -> int:
    if isinstance(data, str):
        return left - 1 if len(data) <= MAX_TEXT else -1
    if isinstance(data, int):
        return left - 1 if data.bit_length() <= MAX_INT_BITS else -1
    parts: Iterable[Value[Any]]
    if isinstance(data, Seq):
        parts = data.items
    elif isinstance(data, Map):
        parts = data.entries.values()
    else:
        return left - 1
    left -= 1
    for part in parts:
        for alternative in part.alternatives:
            if left < 0 or depth <= 0:
                return -1
            left = _weigh(alternative.value, left, depth - 1)
    return left


def bounded(value: Value[Any], span: Span) -> Value[Any]:
    """`value` without the possibilities that are too large to hold."""
    kept = tuple(alt for alt in value.alternatives if is_small(alt.value))
    if len(kept) == len(value.alternatives):
        return value
    return Value(kept, value.unknown or Unknown("too large to evaluate", span))


# --- operators

_ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Sub: operator.sub,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.BitAnd: operator.and_,
    ast.BitXor: operator.xor,
}

_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


def binary(kind: type[ast.operator], left: Value[Any], right: Value[Any], span: Span) -> Value[Any]:
    """`left <operator> right`."""
    if kind in (ast.Add, ast.BitOr):
        left, right = _opened(left, right), _opened(right, left)
        unknown = _partial_text(left, right, span) if kind is ast.Add else None
        if unknown is not None:
            left, right = Value(left.alternatives), Value(right.alternatives)
            known = combine(lambda a, b: _operate(kind, a, b), left, right, span=span)
            return bounded(Value(known.alternatives, unknown), span)
    return bounded(combine(lambda a, b: _operate(kind, a, b), left, right, span=span), span)


def _opened(value: Value[Any], other: Value[Any]) -> Value[Any]:
    """An unknown that is added to a list is an open list, one merged with a dict an open dict."""
    if value.unknown is None:
        return value
    if other.sometimes(lambda data: isinstance(data, Seq)):
        return _with_open(value, Seq((), value.unknown))
    if other.sometimes(lambda data: isinstance(data, Map)):
        return _with_open(value, Map({}, value.unknown))
    return value


def _with_open(value: Value[Any], data: Any) -> Value[Any]:
    assert value.unknown is not None
    return Value((*value.alternatives, Alternative(data, value.unknown.span)))


def _partial_text(left: Value[Any], right: Value[Any], span: Span) -> Unknown | None:
    """Why the sum of two texts is unknown in part, with the parts that are known; None when nothing is."""
    values = (left, right)
    unknown = left.unknown or right.unknown
    if unknown is None or not any(_is_text(value) for value in values):
        return None
    parts: list[str | None] = []
    for value in values:
        found: tuple[str | None, ...] = (None,)
        if value.unknown is None and isinstance(value.only(None), str):
            found = (value.only(""),)
        elif value.unknown is not None and value.unknown.parts:
            found = value.unknown.parts
        for part in found:
            if part is not None and parts and parts[-1] is not None:
                parts[-1] += part
            else:
                parts.append(part)
    references = tuple(dict.fromkeys(reference for value in values for reference in value.references))
    return Unknown(unknown.because, span, references, tuple(parts))


def _is_text(value: Value[Any]) -> bool:
    if value.unknown is not None and any(value.unknown.parts):
        return True
    return bool(value.alternatives) and all(isinstance(alt.value, str) for alt in value.alternatives)


def _operate(kind: type[ast.operator], left: Any, right: Any) -> Any:
    if not (is_data(left) and is_data(right)):
        raise Impossible("an operator on an object")
    if isinstance(left, FilePath) and kind is ast.Div:
        return FilePath(joined_path((left, str(right))))
    if isinstance(left, Seq) or isinstance(right, Seq):
        return _operate_on_lists(kind, left, right)
    if isinstance(left, Map) and isinstance(right, Map) and kind is ast.BitOr:
        return left.merge(right)
    if (kind is ast.Add and type(left) is type(right)) or (kind is ast.Add and _are_numbers(left, right)):
        return left + right
    if kind is ast.Mult:
        return _multiplied(left, right)
    if kind is ast.Mod:
        return _modulo(left, right)
    if kind is ast.BitOr and isinstance(left, int) and isinstance(right, int):
        return left | right
    if kind is ast.Pow and _are_numbers(left, right) and abs(left) <= 1_000_000 and abs(right) <= 64:
        return left**right
    if kind is ast.LShift and isinstance(left, int) and isinstance(right, int) and 0 <= right <= 64:
        return left << right
    if kind in _ARITHMETIC and _are_numbers(left, right):
        return _ARITHMETIC[kind](left, right)
    raise Impossible("an operation that is not evaluated")


def _are_numbers(left: object, right: object) -> bool:
    return isinstance(left, (int, float)) and isinstance(right, (int, float))


def _operate_on_lists(kind: type[ast.operator], left: Any, right: Any) -> Any:
    if isinstance(left, Seq) and isinstance(right, Seq):
        if kind is ast.Add:
            return extended(left, right)
        if kind is ast.BitOr:
            return united(left, right)
        if kind is ast.Sub:
            return _difference(left, right)
    if kind is ast.Mult:
        items, times = (left, right) if isinstance(left, Seq) else (right, left)
        if isinstance(times, int) and len(items) * max(times, 0) <= MAX_PARTS:
            return Seq(items.items * max(times, 0), items.rest)
    raise Impossible("an operation on lists that is not evaluated")


def _multiplied(left: Any, right: Any) -> Any:
    if isinstance(left, str) or isinstance(right, str):
        text, times = (left, right) if isinstance(left, str) else (right, left)
        if not isinstance(times, int) or len(text) * times > MAX_TEXT:
            raise Impossible("too large to evaluate")
        return text * times
    if _are_numbers(left, right):
        return left * right
    raise Impossible("an operation that is not evaluated")


def _modulo(left: Any, right: Any) -> Any:
    if isinstance(left, str):
        if _asks_for_width(left):
            raise Impossible("a format with a width")
        return left % (
            tuple(_known(item) for item in _certain_items(right))
            if isinstance(right, Seq)
            else formattable(right)
        )
    if _are_numbers(left, right):
        return left % right
    raise Impossible("an operation that is not evaluated")


def _asks_for_width(template: str) -> bool:
    return "*" in template or any(
        template[index : index + 1] == "%" and template[index + 1 : index + 4].strip("-+ #.").isdigit()
        for index in range(len(template))
    )


def formattable(data: Any) -> Any:
    """Known data as Python would format it."""
    if isinstance(data, Seq):
        raise Impossible("a list in a text")
    if isinstance(data, Map):
        if data.rest:
            raise Impossible("an open dict")
        return {key: _known(entry) for key, entry in data.entries.items()}
    if isinstance(data, bytes) or not is_data(data):
        raise Impossible("an object in a text")
    return data


def _known(value: Value[Any]) -> Any:
    marker = object()
    data = value.only(marker)
    if data is marker or isinstance(data, (Seq, Map, bytes)) or not is_data(data):
        raise Impossible("something unknown in a text")
    return data


def _certain_items(data: Seq) -> tuple[Value[Any], ...]:
    if data.rest or not all(is_certain(item) for item in data.items):
        raise Impossible("a list that is not wholly known")
    return data.items


def compare(kind: type[ast.cmpop], left: Any, right: Any) -> bool:
    """`left <operator> right` for known data. `Impossible` when it cannot be decided."""
    if kind in (ast.Eq, ast.NotEq):
        return same(left, right) == (kind is ast.Eq)
    if kind in (ast.Is, ast.IsNot):
        identical = left is right if left is None or right is None else same(left, right)
        return identical == (kind is ast.Is)
    if kind in (ast.In, ast.NotIn):
        return contains(right, left) == (kind is ast.In)
    comparable = _are_numbers(left, right) or (isinstance(left, str) and isinstance(right, str))
    if not comparable or _is_rooted(left) or _is_rooted(right):
        raise Impossible("a comparison that is not evaluated")
    return _COMPARISONS[kind](left, right)


def same(left: Any, right: Any) -> bool:
    """Whether two known data are equal."""
    if isinstance(left, Seq) and isinstance(right, Seq):
        lefts, rights = _certain_items(left), _certain_items(right)
        return len(lefts) == len(rights) and all(
            same(_known(a), _known(b)) for a, b in zip(lefts, rights, strict=True)
        )
    if isinstance(left, Map) and isinstance(right, Map):
        if left == right:
            return True
        raise Impossible("two dicts")
    if not (is_data(left) and is_data(right)):
        raise Impossible("an object")
    if (
        left != right
        and (_is_rooted(left) or _is_rooted(right))
        and isinstance(left, str)
        and isinstance(right, str)
    ):
        raise Impossible("where the project is deployed is not known here")
    return bool(left == right)


def _is_rooted(data: object) -> bool:
    return isinstance(data, str) and CHECKOUT in data


def contains(container: Any, item: Any) -> bool:
    """Whether `item in container`, for known data."""
    if isinstance(container, str) and isinstance(item, str):
        if _is_rooted(container):
            raise Impossible("where the project is deployed is not known here")
        return item in container
    if isinstance(container, Map):
        return _holds(container, item)
    if isinstance(container, Seq):
        undecided = container.rest is not None
        for candidate in container.items:
            equal = candidate.sometimes(lambda data: is_data(data) and _equal(data, item))
            if equal and candidate.is_known and len(equal) == len(candidate.alternatives):
                return True
            undecided = undecided or bool(equal) or not candidate.is_known
        if not undecided:
            return False
    raise Impossible("whether it is among them is not known")


def _equal(left: Any, right: Any) -> bool:
    try:
        return same(left, right)
    except Impossible:
        return True


def _holds(container: Map, key: Any) -> bool:
    entry = container.entries.get(key) if isinstance(key, str) else None
    if entry is None:
        if container.rest or not isinstance(key, str):
            raise Impossible("whether it has that key is not known")
        return False
    if not is_certain(entry):
        raise Impossible("whether it has that key is not known")
    return True


# --- lists


def extended(left: Seq, right: Seq) -> Seq:
    return Seq(left.items + right.items, left.rest or right.rest)


def united(left: Seq, right: Seq) -> Seq:
    kept = [
        item for item in right.items if item.only(None) is None or item.only(None) not in _plain_items(left)
    ]
    return Seq(left.items + tuple(kept), left.rest or right.rest)


def _plain_items(data: Seq) -> list[Any]:
    return [item.only(None) for item in data.items]


def _difference(left: Seq, right: Seq) -> Seq:
    removed = [_known(item) for item in _certain_items(right)]
    return Seq(tuple(item for item in left.items if _known(item) not in removed), left.rest)


def items_of(data: Any) -> Seq:
    """What iterating over it gives."""
    if isinstance(data, Seq):
        return data
    if isinstance(data, Map):
        return keys_of(data)
    if isinstance(data, str) and not _is_rooted(data) and len(data) <= MAX_PARTS:
        return Seq(tuple(Value.of(char, Span("")) for char in data))
    raise Impossible("something that is not iterated over")


def keys_of(data: Map) -> Seq:
    return Seq(tuple(presence(entry, key) for key, entry in data.entries.items()), data.rest)


def presence(entry: Value[Any], key: str) -> Value[Any]:
    """`key`, where its entry is there."""
    if is_certain(entry):
        return Value.of(key, entry.span)
    return Value(
        tuple(
            replace(alt, value=None if alt.value is None and not alt.written else key)
            for alt in entry.alternatives
        ),
        entry.unknown,
    )


def pairs_of(data: Map, span: Span) -> Seq:
    pairs = tuple(Value.of(Seq((presence(entry, key), entry)), span) for key, entry in data.entries.items())
    if not all(is_certain(entry) for entry in data.entries.values()):
        raise Impossible("a dict that is not wholly known")
    return Seq(pairs, data.rest)


def values_of(data: Map) -> Seq:
    return Seq(tuple(data.entries.values()), data.rest)


def inserted(data: Seq, index: Any, item: Value[Any]) -> Seq:
    if not isinstance(index, int):
        raise Impossible("an index that is not a number")
    place = slice(None, index).indices(len(data.items))[1]
    return Seq((*data.items[:place], item, *data.items[place:]), data.rest)


def removed(data: Seq, item: Any) -> Seq:
    """Without the first item that equals `item`."""
    for index, candidate in enumerate(data.items):
        known = candidate.only(None)
        if known is not None and is_data(known) and same(known, item):
            return Seq(data.items[:index] + data.items[index + 1 :], data.rest)
        if known is None and candidate.sometimes(lambda other: is_data(other) and _equal(other, item)):
            raise Impossible("whether it is removed is not known")
    if data.rest is None:
        raise Impossible("it is not among them")
    return data


def index_of(data: Seq, item: Any) -> int:
    for index, candidate in enumerate(data.items):
        if not is_certain(candidate) or not candidate.is_known or len(candidate.alternatives) != 1:
            break
        if same(candidate.alternatives[0].value, item):
            return index
    raise Impossible("its place is not known")


# --- subscripts


def subscript(container: Value[Any], key: Value[Any], span: Span) -> Value[Any]:
    """`container[key]`."""
    unknown = container.unknown or key.unknown
    found: list[Value[Any]] = []
    for alt in container.alternatives:
        for chosen in key.alternatives:
            guard = alt.guard & chosen.guard
            if guard is not None:
                found.append(_item(alt.value, chosen.value, span).when(guard))
    if unknown:
        found.append(Value((), derived(unknown, span)))
    return Value.either(*found) if found else Value.not_known("cannot be evaluated", span)


def _item(container: Any, key: Any, span: Span) -> Value[Any]:
    if isinstance(container, Map) and isinstance(key, str):
        entry = container.get(key)
        return (
            entry
            if key in container.entries or container.rest
            else Value.not_known(f"there is no {key!r}", span)
        )
    if isinstance(container, Seq) and isinstance(key, int):
        try:
            _certain_items(container)
            return container.items[key]
        except (Impossible, IndexError):
            return Value.not_known("an item of a list that is not wholly known", span)
    if isinstance(container, str) and isinstance(key, int) and not _is_rooted(container):
        try:
            return Value.of(container[key], span)
        except IndexError:
            return Value.not_known("there is no such character", span)
    return Value.not_known("cannot be evaluated", span)


def sliced(data: Any, lower: Any, upper: Any, step: Any) -> Any:
    if any(part is not None and not isinstance(part, int) for part in (lower, upper, step)) or step == 0:
        raise Impossible("a slice that is not evaluated")
    if isinstance(data, Seq):
        return Seq(_certain_items(data)[lower:upper:step])
    if isinstance(data, (str, bytes)) and not _is_rooted(data):
        return data[lower:upper:step]
    raise Impossible("a slice of something unknown")


def replaced(container: Value[Any], keys: Sequence[Value[Any]], value: Value[Any], span: Span) -> Value[Any]:
    """`container` after `container[key][key]… = value`. What cannot be followed becomes unknown."""

    def change(inner: Value[Any]) -> Value[Any]:
        return value

    return changed(container, keys, change, span)


def changed(
    container: Value[Any], keys: Sequence[Value[Any]], change: Callable[[Value[Any]], Value[Any]], span: Span
) -> Value[Any]:
    """`container` with what lies at `keys` changed."""
    if not keys:
        return change(container)
    key = keys[0].only(None)
    results = []
    unknown = container.unknown
    for alt in container.alternatives:
        data: Any = None
        if isinstance(alt.value, Map):
            data = _with_entry(alt.value, key, keys, change, span)
        elif isinstance(alt.value, Seq):
            data = _with_item(alt.value, key, keys, change, span)
        if data is None:
            unknown = unknown or Unknown("changed in a way that cannot be followed", span)
        else:
            results.append(replace(alt, value=data))
    return Value(tuple(results), unknown)


def _with_entry(
    data: Map, key: Any, keys: Sequence[Value[Any]], change: Callable[[Value[Any]], Value[Any]], span: Span
) -> Map:
    if isinstance(key, str):
        entry = changed(data.get(key), keys[1:], change, span)
        return Map({**data.entries, key: entry}, data.rest, data.span)
    why = keys[0].unknown or Unknown("a key that is not known", span)
    return Map(
        {name: Value(entry.alternatives, entry.unknown or why) for name, entry in data.entries.items()},
        data.rest or why,
        data.span,
    )


def _with_item(
    data: Seq, key: Any, keys: Sequence[Value[Any]], change: Callable[[Value[Any]], Value[Any]], span: Span
) -> Seq | None:
    if isinstance(key, int) and data.rest is None and -len(data.items) <= key < len(data.items):
        items = list(data.items)
        items[key] = changed(items[key], keys[1:], change, span)
        return Seq(tuple(items))
    return None


def objects_at(value: Value[Any], keys: Sequence[Value[Any]], span: Span) -> frozenset[int]:
    """The identities of the lists and dicts that lie at `keys`."""
    for key in keys:
        value = subscript(value, key, span)
    return frozenset(id(alt.value) for alt in value.alternatives if isinstance(alt.value, (Seq, Map)))


def holds_object(value: Value[Any], objects: frozenset[int], depth: int = MAX_DEPTH) -> bool:
    """Whether one of the lists and dicts is the value or lies somewhere inside it."""
    for alternative in value.alternatives:
        data = alternative.value
        if not isinstance(data, (Seq, Map)):
            continue
        if id(data) in objects:
            return True
        parts = data.items if isinstance(data, Seq) else data.entries.values()
        if depth and any(part.alternatives and holds_object(part, objects, depth - 1) for part in parts):
            return True
    return False


def copied(data: Any) -> Any:
    """The same list or dict as an object of its own."""
    if isinstance(data, Seq):
        return Seq(data.items, data.rest)
    return Map(data.entries, data.rest, data.span) if isinstance(data, Map) else data


# --- branches


def merged(branches: Sequence[tuple[Sequence[Guard], Value[Any]]]) -> Value[Any]:
    """What a name is after branches that each left it with a value.

    Lists that share a beginning or an end become one list with items that are there on some branches only, and dicts of one
    origin one dict, so that ten conditional additions are ten uncertain items and not a thousand lists.
    """
    if len(branches) == 2:
        (guards, left), (others, right) = branches
        first, second = left.only(None), right.only(None)
        if isinstance(first, Seq) and isinstance(second, Seq):
            joined = _merged_lists(first, guards, second, others)
            if joined is not None:
                return Value((replace(left.alternatives[0], value=joined, guard=ALWAYS),))
        if (
            isinstance(first, Map)
            and isinstance(second, Map)
            and first.span == second.span
            and first.rest == second.rest
        ):
            both = _merged_dicts(first, guards, second, others)
            return Value((replace(left.alternatives[0], value=both, guard=ALWAYS),))
    return Value.either(*(under(value, guards) for guards, value in branches))


def _merged_lists(left: Seq, guards: Sequence[Guard], right: Seq, others: Sequence[Guard]) -> Seq | None:
    if left.rest != right.rest:
        return None
    head = _common(left.items, right.items)
    tail = _common(left.items[head:][::-1], right.items[head:][::-1])
    if not head and not tail:
        return None
    middle = [_sometimes(item, guards, others) for item in left.items[head : len(left.items) - tail]]
    middle += [_sometimes(item, others, guards) for item in right.items[head : len(right.items) - tail]]
    return Seq((*left.items[:head], *middle, *left.items[len(left.items) - tail :]), left.rest)


def _common(left: Sequence[Value[Any]], right: Sequence[Value[Any]]) -> int:
    count = 0
    for a, b in zip(left, right, strict=False):
        if a is not b and a != b:
            break
        count += 1
    return count


def _merged_dicts(left: Map, guards: Sequence[Guard], right: Map, others: Sequence[Guard]) -> Map:
    entries: dict[str, Value[Any]] = {}
    for key in dict.fromkeys((*left.entries, *right.entries)):
        a, b = left.entries.get(key), right.entries.get(key)
        if a is not None and b is not None:
            entries[key] = a if a is b or a == b else merged(((guards, a), (others, b)))
        elif a is not None:
            entries[key] = _sometimes(a, guards, others)
        elif b is not None:
            entries[key] = _sometimes(b, others, guards)
    return Map(entries, left.rest, left.span)


def _sometimes(item: Value[Any], present: Sequence[Guard], missing: Sequence[Guard]) -> Value[Any]:
    return Value.either(under(item, present), under(Value.absent(item.span), missing))


# --- texts

#: Methods of `str` that do nothing but compute, with what they take being known data.
TEXT_METHODS = frozenset(
    [
        "capitalize",
        "casefold",
        "count",
        "endswith",
        "find",
        "index",
        "isalnum",
        "isalpha",
        "isdigit",
        "isidentifier",
        "islower",
        "isnumeric",
        "isspace",
        "istitle",
        "isupper",
        "join",
        "lower",
        "lstrip",
        "partition",
        "removeprefix",
        "removesuffix",
        "replace",
        "rfind",
        "rindex",
        "rpartition",
        "rsplit",
        "rstrip",
        "split",
        "splitlines",
        "startswith",
        "strip",
        "swapcase",
        "title",
        "upper",
        "format",
        "encode",
    ]
)
#: Those after which an environment variable is still recognised when compared with a literal.
NEAR_IDENTITY = frozenset({"lower", "upper", "strip", "casefold", "rstrip", "lstrip"})
_ABOUT_THE_START = frozenset(
    {"startswith", "split", "partition", "find", "index", "count", "removeprefix", "lstrip"}
)


def text_method(text: str, name: str, arguments: Sequence[Any], keywords: dict[str, Any], span: Span) -> Any:
    """`text.name(…)` for known data."""
    if name in _ABOUT_THE_START and _is_rooted(text):
        raise Impossible("where the project is deployed is not known here")
    if name == "format":
        if any(char.isdigit() for char in text.partition(":")[2]) or "." in text or "[" in text:
            raise Impossible("a format that is not evaluated")
        return text.format(
            *map(formattable, arguments), **{key: formattable(v) for key, v in keywords.items()}
        )
    if name == "join":
        return text.join(str(part) for part in _texts(arguments[0]))
    if name == "replace" and len(arguments) > 1 and len(text) * max(len(str(arguments[1])), 1) > MAX_TEXT:
        raise Impossible("too large to evaluate")
    plain = [
        _texts(argument) if isinstance(argument, Seq) else formattable(argument) for argument in arguments
    ]
    answer = getattr(str(text), name)(*plain, **{key: formattable(v) for key, v in keywords.items()})
    if isinstance(answer, (list, tuple)):
        return Seq(tuple(Value.of(part, span) for part in answer))
    return answer


def _texts(data: Any) -> tuple[str, ...]:
    if not isinstance(data, Seq):
        raise Impossible("something that is not a list of texts")
    texts = tuple(_known(item) for item in _certain_items(data))
    if not all(isinstance(text, str) for text in texts):
        raise Impossible("something that is not a text")
    return texts


# --- paths


def joined_path(parts: Sequence[str]) -> str:
    return posixpath.normpath(posixpath.join(*parts)) if parts else ""


def located(path: str) -> str:
    """The absolute name of a file of the repository."""
    return f"{CHECKOUT}/{path}" if path else CHECKOUT


def is_unset(guard: Guard) -> bool:
    """Whether it holds only while some environment variable is not set: the value is a default."""
    return any(equal and UNSET in values for _, equal, values in guard.terms)
