"""Calls of Terraform functions: those that keep the structure of what is known in part, and the plain ones lifted over alternatives."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from djaws.finding import Span
from djaws.model.cloud import references_in
from djaws.model.terraform import hcl
from djaws.model.terraform.algebra import (
    MAX_REFERENCES,
    Hole,
    Wrong,
    bind,
    derived,
    failed,
    guard_of,
    hole,
    is_failed,
    is_missing,
    join,
    lift,
    mixed,
    not_known,
    number_of,
    referring,
    same,
    settle,
    spread,
    subject_of,
    text_of,
    under,
    union,
    wrapped,
)
from djaws.model.terraform.constraints import maybe_equal, unified
from djaws.model.terraform.functions import MAX_ITEMS, MAX_TEXT, PLAIN, as_set, unique
from djaws.model.terraform.functions import call as call_plain
from djaws.model.terraform.scope import Scope
from djaws.model.terraform.syntax import (
    Access,
    Binary,
    Call,
    Conditional,
    ForExpr,
    Index,
    Name,
    Node,
    ObjectExpr,
    Template,
    TemplateFor,
    TemplateIf,
    TupleExpr,
    Unary,
)
from djaws.model.value import ALWAYS, MAX_ALTERNATIVES, Alternative, Guard, Map, Seq, Unknown, Value

Arguments = list[Value[Any]]
MAX_PIECES = 500


class _At:
    """Where a call stands: what its function may ask about besides the arguments."""

    __slots__ = ("name", "scope", "span", "subjects")

    def __init__(self, name: str, subjects: list[str], scope: Scope, span: Span) -> None:
        self.name = name
        self.subjects = subjects
        self.scope = scope
        self.span = span

    def subject(self, index: int) -> str:
        return self.subjects[index] if index < len(self.subjects) else ""


def call(name: str, arguments: Arguments, subjects: list[str], scope: Scope, span: Span) -> Value[Any]:
    """The value of a call. A function that is not known here is unknown, with the edges of its arguments."""
    name = name.removeprefix("core::")
    at = _At(name, subjects, scope, span)
    structured = _STRUCTURED.get(name)
    if structured is not None:
        try:
            return structured(arguments, at)
        except IndexError:
            return failed(f"{name}() needs more arguments", span)
    if name in PLAIN:
        return _plain(arguments, at)
    return not_known(f"{name}() is not computed", span, edges(arguments))


def _plain(arguments: Arguments, at: _At) -> Value[Any]:
    flat = [spread(argument) for argument in arguments]
    return wrapped(lift(lambda *data: call_plain(at.name, data), flat, at.span), at.span)


def edges(arguments: Iterable[Value[Any]]) -> tuple[Any, ...]:
    found: dict[Any, None] = {}
    for argument in arguments:
        for reference in references_in(argument):
            found[reference] = None
            if len(found) >= MAX_REFERENCES:
                return tuple(found)
    return tuple(found)


def _each(value: Value[Any], function: Callable[[Any], Value[Any]]) -> Value[Any]:
    """`function` on the known alternatives; what is unknown stays so, nameless."""
    results = [bind(Value(value.alternatives), function)] if value.alternatives else []
    if value.unknown is not None:
        results.append(Value((), derived(value.unknown)))
    return union(results) if results else Value()


# --- text


def concatenated(values: Sequence[Value[Any]], span: Span) -> Value[Any]:
    """The texts joined; when some are unknown, the pieces that are certain stay readable."""
    value = lift(_glued, values, span)
    if value.unknown is None or is_failed(value.unknown):
        return value
    unknown = replace(hole(value.unknown), parts=tuple(_pieces(values)))
    return Value(value.alternatives, unknown)


def _glued(*data: Any) -> str:
    text = "".join(map(text_of, data))
    if len(text) > MAX_TEXT:
        raise ValueError("a text too large to follow")
    return text


def _pieces(values: Sequence[Value[Any]]) -> list[str | None]:
    pieces = _all_pieces(values)
    is_small = len(pieces) <= MAX_PIECES and sum(len(piece or "") for piece in pieces) <= MAX_TEXT
    return pieces if is_small else []


def _all_pieces(values: Sequence[Value[Any]]) -> list[str | None]:
    pieces: list[str | None] = []
    for value in values:
        for piece in _pieces_of(value):
            if piece is not None and pieces and pieces[-1] is not None:
                pieces[-1] += piece
            elif piece is not None or not pieces or pieces[-1] is not None:
                pieces.append(piece)
    return pieces


def _pieces_of(value: Value[Any]) -> tuple[str | None, ...]:
    if value.unknown is not None:
        return value.unknown.parts if value.unknown.parts and not value.alternatives else (None,)
    if len(value.alternatives) == 1:
        try:
            return (text_of(value.alternatives[0].value),)
        except (Wrong, ValueError):
            return (None,)
    return (None,)


def _format(arguments: Arguments, at: _At) -> Value[Any]:
    value = _plain(arguments, at)
    if value.unknown is None or is_failed(value.unknown):
        return value
    pattern = arguments[0].only(None)
    pieces = pattern.replace("%%", "\0").replace("%v", "%s").split("%s") if isinstance(pattern, str) else []
    if len(pieces) != len(arguments) or any("%" in piece for piece in pieces):
        return value
    woven: Arguments = []
    for index, piece in enumerate(pieces):
        woven.append(Value.of(piece.replace("\0", "%"), at.span))
        woven += [spread(argument) for argument in arguments[index + 1 : index + 2]]
    return Value(value.alternatives, replace(hole(value.unknown), parts=tuple(_pieces(woven))))


def _join(arguments: Arguments, at: _At) -> Value[Any]:
    value = _plain(arguments, at)
    if value.unknown is None or is_failed(value.unknown) or len(arguments) != 2:
        return value
    separator, items = arguments[0].only(None), arguments[1].only(None)
    if not isinstance(separator, str) or not isinstance(items, Seq) or items.rest is not None:
        return value
    woven: Arguments = []
    for index, item in enumerate(items.items):
        woven += ([Value.of(separator, at.span)] if index else []) + [item]
    return Value(value.alternatives, replace(hole(value.unknown), parts=tuple(_pieces(woven))))


# --- maps


def merged(maps: Sequence[Map], span: Span) -> Map:
    """Later keys win. Where a later map is open, an earlier entry may or may not be overridden."""
    entries: dict[str, Value[Any]] = {}
    rest: Unknown | None = None
    for data in maps:
        if data.rest is not None:
            beyond = derived(data.rest)
            entries = {
                key: Value(value.alternatives, join(value.unknown, beyond)) for key, value in entries.items()
            }
        for key in data.entries:
            entries[key] = _overlaid(entries.get(key), data.entries[key], rest)
        rest = join(rest, None if data.rest is None else derived(data.rest))
    return Map(MappingProxyType(entries), rest, span)


def _overlaid(below: Value[Any] | None, above: Value[Any], rest: Unknown | None) -> Value[Any]:
    missing = [alternative for alternative in above.alternatives if is_missing(alternative)]
    if not missing:
        return above
    kept = Value(tuple(alt for alt in above.alternatives if not is_missing(alt)), above.unknown)
    if below is None:
        below = Value(tuple(replace(alt, guard=ALWAYS) for alt in missing[:1]), rest)
    return union([kept, *(under(below, alternative.guard) for alternative in missing)])


def _opened(value: Value[Any], empty: Callable[[Unknown], Any], span: Span) -> Value[Any]:
    """The value with its unknown as an open collection, so that what is laid over it stays known."""
    unknown = value.unknown
    if unknown is None or is_failed(unknown):
        return value
    beyond = Alternative(empty(derived(unknown)), span, guard_of(unknown), True, unknown.references)
    return Value((*value.alternatives, beyond))


def _merge(arguments: Arguments, at: _At) -> Value[Any]:
    opened = [_opened(argument, lambda unknown: Map({}, unknown, at.span), at.span) for argument in arguments]

    def lay(*data: Any) -> Map:
        given = [item for item in data if item is not None]
        if not all(isinstance(item, Map) for item in given):
            raise Wrong("merge() takes maps")
        return merged(given, at.span)

    return lift(lay, opened, at.span)


def _lookup(arguments: Arguments, at: _At) -> Value[Any]:
    from djaws.model.terraform.evaluate import chosen

    source, key = arguments[0], arguments[1]
    default = arguments[2] if len(arguments) > 2 else None
    results = [
        under(_each(source, lambda data, name=alt.value: _looked_up(data, name, default, at)), alt.guard)  # type: ignore[misc]
        for alt in key.alternatives
    ]
    if key.unknown is not None:
        subject = subject_of(key.unknown) or at.subject(1)
        results.append(chosen(source, key.unknown, subject, at.span, default))
    return union(results) if results else failed("lookup() without a key", at.span)


def _looked_up(data: Any, key: Any, default: Value[Any] | None, at: _At) -> Value[Any]:
    if not isinstance(data, Map) or not isinstance(key, str | int | float):
        return failed("lookup() takes a map and a key", at.span)
    entry = data.entries.get(text_of(key))
    beyond = default if default is not None else failed(f"there is no `{key}`", at.span)
    if entry is None:
        return Value((), derived(data.rest, beyond.references)) if data.rest is not None else beyond
    kept = Value(tuple(alt for alt in entry.alternatives if not is_missing(alt)), entry.unknown)
    gaps = [under(beyond, alt.guard) for alt in entry.alternatives if is_missing(alt)]
    return union([kept, *gaps])


def _keys(arguments: Arguments, at: _At) -> Value[Any]:
    def keys(data: Any) -> Value[Any]:
        if not isinstance(data, Map):
            return failed("keys() takes a map", at.span)
        items = tuple(Value.of(key, at.span) for key in sorted(data.entries))
        return Value.of(Seq(items, data.rest), at.span)

    return _each(settle(arguments[0]), keys)


def _values(arguments: Arguments, at: _At) -> Value[Any]:
    def values(data: Any) -> Value[Any]:
        if not isinstance(data, Map):
            return failed("values() takes a map", at.span)
        return Value.of(Seq(tuple(data.entries[key] for key in sorted(data.entries)), data.rest), at.span)

    return _each(settle(arguments[0]), values)


def _zipmap(arguments: Arguments, at: _At) -> Value[Any]:
    def zipped(keys: Any, values: Any) -> Map:
        if not isinstance(keys, Seq) or not isinstance(values, Seq):
            raise Wrong("zipmap() takes lists")
        if keys.rest is not None or values.rest is not None:
            return Map({}, derived(keys.rest or values.rest or Hole("", at.span)), at.span)
        if len(keys) != len(values):
            raise Wrong("zipmap() takes lists of one length")
        entries: dict[str, Value[Any]] = {}
        rest: Unknown | None = None
        for key, value in zip(keys, values, strict=True):
            name = key.only(None)
            if isinstance(name, str | int | float):
                entries[text_of(name)] = value
            else:
                rest = join(
                    rest, derived(key.unknown) if key.unknown else Hole("a key is not certain", at.span)
                )
        return Map(MappingProxyType(entries), rest, at.span)

    return lift(zipped, arguments[:2], at.span)


# --- lists


def _as_list(data: Any) -> Seq:
    if not isinstance(data, Seq):
        raise Wrong("a list is required")
    return data


def _concat(arguments: Arguments, at: _At) -> Value[Any]:
    opened = [_opened(argument, lambda unknown: Seq((), unknown), at.span) for argument in arguments]

    def chained(*lists: Any) -> Seq:
        items: list[Value[Any]] = []
        rest: Unknown | None = None
        for data in map(_as_list, lists):
            items += data.items
            rest = join(rest, data.rest)
        if len(items) > MAX_ITEMS:
            raise ValueError("a collection too large to follow")
        return Seq(tuple(items), rest)

    return lift(chained, opened, at.span)


def _flatten(arguments: Arguments, at: _At) -> Value[Any]:
    return _each(arguments[0], lambda data: _flat(data, at.span))


def _flat(data: Any, span: Span) -> Value[Any]:
    if not isinstance(data, Seq):
        return failed("flatten() takes a list", span)
    branches: list[tuple[Guard, tuple[Value[Any], ...]]] = [(ALWAYS, ())]
    rest = data.rest
    for item in data.items:
        if item.unknown is not None:
            rest = join(rest, derived(item.unknown))
        options = list(_flat_options(item, span))
        if not options:
            continue
        grown = []
        for guard, items in branches:
            for condition, more, inner_rest in options:
                joined = guard & condition
                rest = join(rest, inner_rest)
                if joined is not None:
                    grown.append((joined, items + more))
        if len(grown) > MAX_ALTERNATIVES or any(len(items) > MAX_ITEMS for _, items in grown):
            rest = join(rest, Hole(f"more than {MAX_ALTERNATIVES} possible lists", span, item.references))
        else:
            branches = grown
    return Value(tuple(Alternative(Seq(items, rest), span, guard) for guard, items in branches))


def _flat_options(
    item: Value[Any], span: Span
) -> Iterator[tuple[Guard, tuple[Value[Any], ...], Unknown | None]]:
    if all(not isinstance(alternative.value, Seq) for alternative in item.alternatives):
        if item.alternatives:
            yield ALWAYS, (Value(item.alternatives),), None
        return
    for alternative in item.alternatives:
        if not isinstance(alternative.value, Seq):
            yield alternative.guard, (Value((alternative,)),), None
            continue
        for inner in _flat(alternative.value, span).alternatives:
            joined = alternative.guard & inner.guard
            if joined is not None:
                yield joined, inner.value.items, inner.value.rest


def _element(arguments: Arguments, at: _At) -> Value[Any]:
    def pick(data: Any, position: Any) -> Value[Any]:
        if not isinstance(data, Seq):
            return failed("element() takes a list", at.span)
        if data.rest is not None:
            return Value((), derived(data.rest, edges(data.items)))
        if not data.items:
            return failed("element() of an empty list", at.span)
        return data.items[int(number_of(position)) % len(data.items)]

    position = arguments[1]
    results = [
        under(_each(arguments[0], lambda data, index=alt.value: _guarded(pick, at, data, index)), alt.guard)  # type: ignore[misc]
        for alt in position.alternatives
    ]
    if position.unknown is not None:
        results.append(Value((), derived(position.unknown, edges(arguments[:1]))))
    return union(results) if results else Value()


def _guarded(function: Callable[..., Value[Any]], at: _At, *data: Any) -> Value[Any]:
    try:
        return function(*data)
    except Wrong as error:
        return failed(str(error), at.span)


def _slice(arguments: Arguments, at: _At) -> Value[Any]:
    """Of an unknown list too the slice's length is certain, for one out of range is refused."""
    source = _opened(arguments[0], lambda unknown: Seq((), unknown), at.span)

    def cut(data: Any, start: Any, end: Any) -> Seq:
        first, last = int(number_of(start)), int(number_of(end))
        items = _as_list(data)
        if not 0 <= first <= last <= MAX_ITEMS:
            raise Wrong("slice() beyond the list")
        if items.rest is not None:
            anything: Value[Any] = Value((), derived(items.rest, edges(items.items)))
            return Seq((anything,) * (last - first))
        if last > len(items):
            raise Wrong("slice() beyond the list")
        return Seq(items.items[first:last])

    return lift(cut, [source, *arguments[1:3]], at.span)


def _reverse(arguments: Arguments, at: _At) -> Value[Any]:
    return lift(lambda data: Seq(_as_list(data).items[::-1], data.rest), arguments[:1], at.span)


def _one(arguments: Arguments, at: _At) -> Value[Any]:
    def only(data: Any) -> Value[Any]:
        if data is None:
            return Value.of(None, at.span)
        if not isinstance(data, Seq):
            return failed("one() takes a list", at.span)
        if data.rest is not None:
            return Value((), derived(data.rest, edges(data.items)))
        if len(data) > 1:
            return failed("one() of several items", at.span)
        return data.items[0] if data.items else Value.of(None, at.span)

    return _each(arguments[0], only)


def _compact(arguments: Arguments, at: _At) -> Value[Any]:
    """Items that may be empty become uncertain ones."""

    def kept(data: Any) -> Seq:
        rest = _as_list(data).rest
        items = []
        for item in data.items:
            if item.unknown is not None:
                rest = join(rest, derived(item.unknown))
            elif item.always(lambda value: value not in (None, "")):
                items.append(item)
            elif not item.never(lambda value: value not in (None, "")):
                rest = join(rest, Hole("an item that may be empty", at.span, item.references))
        return Seq(tuple(items), rest)

    return lift(kept, arguments[:1], at.span)


def _distinct(arguments: Arguments, at: _At) -> Value[Any]:
    return lift(lambda data: _without_repeats(_as_list(data), unique, at.span), arguments[:1], at.span)


def _toset(arguments: Arguments, at: _At) -> Value[Any]:
    def as_a_set(data: Any) -> Any:
        return None if data is None else _without_repeats(_as_list(data), as_set, at.span)

    return lift(as_a_set, arguments[:1], at.span)


def _without_repeats(data: Seq, order: Callable[[list[Any]], list[Any]], span: Span) -> Seq:
    if not all(_is_certain_scalar(item) for item in data.items):
        return maybe_equal(data, span)
    by_value = {(type(item.only(None)), item.only(None)): item for item in reversed(data.items)}
    known = order([item.only(None) for item in data.items])
    items = (by_value.get((type(value), value)) or Value.of(value, span) for value in known)
    return Seq(tuple(items), data.rest)


def _is_certain_scalar(item: Value[Any]) -> bool:
    return (
        item.unknown is None
        and len(item.alternatives) == 1
        and not isinstance(item.alternatives[0].value, Map | Seq)
    )


def _collection(kind: type) -> Callable[[Arguments, _At], Value[Any]]:
    def converted(arguments: Arguments, at: _At) -> Value[Any]:
        def convert(data: Any) -> Any:
            if data is None or isinstance(data, kind):
                return unified(data)
            raise Wrong(f"{at.name}() of something else")

        return lift(convert, arguments[:1], at.span)

    return converted


def _length(arguments: Arguments, at: _At) -> Value[Any]:
    def length(data: Any) -> Value[Any]:
        if isinstance(data, str):
            return Value.of(len(data), at.span)
        if isinstance(data, Map | Seq):
            if data.rest is not None:
                return Value((), derived(data.rest))
            return Value.of(len(data.entries if isinstance(data, Map) else data.items), at.span)
        return failed("length() of a scalar", at.span)

    return _each(settle(arguments[0]), length)


def _contains(arguments: Arguments, at: _At) -> Value[Any]:
    source, wanted = arguments[0], spread(arguments[1])
    results = [_each(source, lambda data, alt=alt: _holds(data, alt, at)) for alt in wanted.alternatives]  # type: ignore[misc]
    if wanted.unknown is not None:
        subject = subject_of(wanted.unknown) or at.subject(1)
        unknown = wanted.unknown
        results.append(_each(source, lambda data: _may_hold(data, unknown, subject, at)))
    return union(results) if results else Value()


def _holds(data: Any, wanted: Alternative[Any], at: _At) -> Value[Any]:
    if not isinstance(data, Seq):
        return failed("contains() takes a list", at.span)
    candidates = [spread(item) for item in data.items]
    if any(item.always(lambda value: same(value, wanted.value)) for item in candidates):
        return Value.of(True, at.span, guard=wanted.guard, references=wanted.references)
    unknown = data.rest
    for item in candidates:
        unknown = join(unknown, derived(item.unknown) if item.unknown else None)
    if unknown is not None:
        return under(Value((), derived(unknown)), wanted.guard)
    return lift(lambda *items: any(same(item, wanted.value) for item in items), candidates, at.span).when(
        wanted.guard
    )


def _may_hold(data: Any, unknown: Unknown, subject: str, at: _At) -> Value[Any]:
    """`contains(["prod", "staging"], var.env)`: one guarded answer for each item, and one for all others."""
    from djaws.model.terraform.evaluate import guard_value

    if not isinstance(data, Seq):
        return failed("contains() takes a list", at.span)
    if (
        data.rest is not None
        or is_failed(unknown)
        or not all(_is_certain_scalar(item) for item in data.items)
    ):
        return Value((), derived(unknown, edges(data.items)))
    options = [guard_value(item.only(None)) for item in data.items]
    if len(options) >= MAX_ALTERNATIVES:
        return Value((), derived(unknown))
    if not options:
        return Value.of(False, at.span)
    guards = [(Guard.when(subject, option), True) for option in dict.fromkeys(options)]
    guards.append((Guard.unless(subject, *options), False))
    found = ((guard & guard_of(unknown), answer) for guard, answer in guards)
    return Value(
        tuple(
            Alternative(answer, at.span, guard, True, unknown.references)
            for guard, answer in found
            if guard is not None
        )
    )


# --- choices


def _coalesce(arguments: Arguments, at: _At) -> Value[Any]:
    return _first(arguments, lambda data: data is None or data == "", at)


def _coalescelist(arguments: Arguments, at: _At) -> Value[Any]:
    return _first(arguments, lambda data: data is None or (isinstance(data, Seq) and not data.items), at)


def _first(arguments: Arguments, is_empty: Callable[[Any], bool], at: _At) -> Value[Any]:
    if not arguments:
        return failed("every argument is empty", at.span)
    head = arguments[0]
    if any(isinstance(alt.value, Seq) and alt.value.rest is not None for alt in head.alternatives):
        return Value((), derived(head.unknown or Hole("a list that may be empty", at.span), edges(arguments)))
    found = [Value(tuple(alt for alt in head.alternatives if not is_empty(alt.value)), head.unknown)]
    found += [
        under(_first(arguments[1:], is_empty, at), alternative.guard)
        for alternative in head.alternatives
        if is_empty(alternative.value)
    ]
    if head.unknown is not None:
        found[0] = Value(found[0].alternatives, derived(head.unknown, edges(arguments[1:])))
    return union(found)


def _try(arguments: Arguments, at: _At) -> Value[Any]:
    if not arguments:
        return failed("every attempt fails", at.span)
    head = arguments[0]
    if not is_failed(head.unknown):
        return head
    otherwise = under(_try(arguments[1:], at), guard_of(head.unknown))
    return union([Value(head.alternatives), otherwise]) if head.alternatives else otherwise


def _can(arguments: Arguments, at: _At) -> Value[Any]:
    value = arguments[0]
    found = [Alternative(True, at.span, alt.guard, True, alt.references) for alt in value.alternatives]
    if not is_failed(value.unknown):
        distinct = tuple(dict.fromkeys(found))
        return Value(distinct, derived(value.unknown) if value.unknown else None)
    return Value((*dict.fromkeys(found), Alternative(False, at.span, guard_of(value.unknown))))


def _same_value(arguments: Arguments, at: _At) -> Value[Any]:
    return arguments[0]


# --- documents


def _encode(arguments: Arguments, at: _At) -> Value[Any]:
    """JSON text; when it is known in part, its structure goes along."""
    value = _plain(arguments[:1], at)
    if value.unknown is None or is_failed(value.unknown):
        return value
    unknown = replace(
        hole(value.unknown),
        document=arguments[0],
        references=mixed(value.unknown.references, edges(arguments)),
    )
    return Value(value.alternatives, unknown)


def _encode_yaml(arguments: Arguments, at: _At) -> Value[Any]:
    """The text is not computed (its layout is Terraform's own), the structure is kept."""
    return Value((), Hole("yamlencode() is not computed", at.span, edges(arguments), document=arguments[0]))


def _decode(arguments: Arguments, at: _At) -> Value[Any]:
    source = arguments[0]
    unknown = source.unknown
    if not isinstance(unknown, Hole) or unknown.document is None or is_failed(unknown):
        return _plain(arguments[:1], at)
    inside = under(referring(unknown.document, unknown.references), unknown.guard)
    known = [_plain([Value(source.alternatives)], at)] if source.alternatives else []
    return union([*known, inside]) if known else inside


# --- files


def _file(arguments: Arguments, at: _At) -> Value[Any]:
    def content(path: Any) -> Value[Any]:
        text = at.scope.module.read_file(text_of(path)) if isinstance(path, str) else None
        if text is None or len(text) > MAX_TEXT:
            return not_known(f"the file {path!s:.200} is not in the repository", at.span)
        return Value.of(text, at.span)

    return _each(arguments[0], content)


def _fileexists(arguments: Arguments, at: _At) -> Value[Any]:
    def exists(path: Any) -> Value[Any]:
        if isinstance(path, str) and at.scope.module.has_file(path):
            return Value.of(True, at.span)
        return not_known(f"the file {path!s:.200} is not in the repository", at.span)

    return _each(arguments[0], exists)


def _fileset(arguments: Arguments, at: _At) -> Value[Any]:
    def matching(folder: Any, pattern: Any) -> Seq:
        found = at.scope.module.matching_files(text_of(folder), text_of(pattern))
        if found is None:
            return Seq((), Hole("the folder is not in the repository", at.span))
        return Seq(tuple(Value.of(path, at.span) for path in found))

    return lift(matching, arguments[:2], at.span)


def fileset(paths: Iterable[str], base: str, pattern: str) -> list[str]:
    """The files under `base` that match Terraform's glob, relative to it, sorted."""
    import re

    translated = _glob(pattern)
    expression = re.compile(translated)
    prefix = f"{base}/" if base else ""
    found = (path[len(prefix) :] for path in paths if path.startswith(prefix))
    return sorted(path for path in found if expression.fullmatch(posixpath.normpath(path)))


def _glob(pattern: str) -> str:
    import re

    out = ""
    at = 0
    while at < len(pattern):
        rest = pattern[at:]
        if rest.startswith("**/"):
            out, at = out + "(?:[^/]+/)*", at + 3
        elif rest.startswith("**"):
            out, at = out + ".*", at + 2
        elif rest[0] == "*":
            out, at = out + "[^/]*", at + 1
        elif rest[0] == "?":
            out, at = out + "[^/]", at + 1
        elif rest[0] == "{" and "}" in rest:
            options = rest[1 : rest.index("}")].split(",")
            out, at = out + "(?:" + "|".join(map(_glob, options)) + ")", at + rest.index("}") + 1
        else:
            out, at = out + re.escape(rest[0]), at + 1
    return out


# --- template files


@lru_cache(maxsize=256)
def parsed_template(text: str) -> Node:
    return hcl.parse_template(text)


def free_names(node: Node) -> frozenset[str]:
    """The names that a template reads."""
    found: set[str] = set()
    waiting: list[Any] = [node]
    while waiting:
        current = waiting.pop()
        if isinstance(current, Name):
            found.add(current.name)
        elif isinstance(current, Node | Index):
            waiting += list(_children(current))
    return frozenset(found)


def _children(node: Any) -> Iterator[Any]:
    if isinstance(node, Template):
        yield from node.parts
    elif isinstance(node, TemplateIf):
        yield from (node.condition, node.then, node.otherwise)
    elif isinstance(node, TemplateFor):
        yield from (node.collection, node.body)
    elif isinstance(node, Access):
        yield node.root
        yield from node.steps
    elif isinstance(node, Index):
        yield node.key
    elif isinstance(node, Call):
        yield from node.arguments
    elif isinstance(node, TupleExpr):
        yield from node.items
    elif isinstance(node, ObjectExpr):
        for pair in node.elements:
            yield from pair
    elif isinstance(node, ForExpr):
        yield from (part for part in (node.collection, node.key, node.value, node.condition) if part)
    elif isinstance(node, Conditional):
        yield from (node.condition, node.then, node.otherwise)
    elif isinstance(node, Binary):
        yield from (node.left, node.right)
    elif isinstance(node, Unary):
        yield node.operand


_STRUCTURED: dict[str, Callable[[Arguments, _At], Value[Any]]] = {
    "can": _can,
    "coalesce": _coalesce,
    "coalescelist": _coalescelist,
    "compact": _compact,
    "concat": _concat,
    "contains": _contains,
    "distinct": _distinct,
    "element": _element,
    "ephemeralasnull": _same_value,
    "file": _file,
    "fileexists": _fileexists,
    "fileset": _fileset,
    "flatten": _flatten,
    "format": _format,
    "join": _join,
    "jsondecode": _decode,
    "jsonencode": _encode,
    "keys": _keys,
    "length": _length,
    "list": lambda arguments, at: Value.of(Seq(tuple(arguments)), at.span),
    "lookup": _lookup,
    "merge": _merge,
    "nonsensitive": _same_value,
    "one": _one,
    "reverse": _reverse,
    "sensitive": _same_value,
    "slice": _slice,
    "tolist": _collection(Seq),
    "tomap": _collection(Map),
    "toset": _toset,
    "try": _try,
    "values": _values,
    "yamldecode": _decode,
    "yamlencode": _encode_yaml,
    "zipmap": _zipmap,
}
