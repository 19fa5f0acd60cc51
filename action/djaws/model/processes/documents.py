"""Structures inside of values: container definitions, variables, words, whichever dialect wrote them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from djaws.finding import Span
from djaws.model.value import Guard, Map, Seq, Unknown, Value


def structures(value: Value[Any]) -> Iterator[tuple[Map | Seq, Span, Guard]]:
    """Every structure (map or list) that a value can be, JSON texts parsed as far as they are known, with place and guard."""
    from djaws.model.terraform.document import document

    for alternative in document(value).alternatives:
        if isinstance(alternative.value, Map | Seq):
            yield alternative.value, alternative.span, alternative.guard


def field(data: Map, *names: str) -> Value[Any]:
    """The entry under any of these names; a task definition's keys begin small in JSON and large in CloudFormation."""
    for name in names:
        for key in (name, name[:1].upper() + name[1:]):
            if key in data.entries:
                return data.entries[key]
    return data.get(names[0])


def texts(value: Value[Any]) -> tuple[Value[str], ...] | Unknown | None:
    """A list of words: None when absent, unknown when its length is."""
    if value.is_absent:
        return None
    for data, _, _ in structures(value):
        if isinstance(data, Seq):
            return data.rest if data.rest else tuple(_text(item) for item in data.items)
    text = value.only(None)
    if isinstance(text, str):
        return tuple(Value.of(word, value.span) for word in text.split(",")) if text else None
    return value.unknown or Unknown("it has several possible values", value.span)


def _text(value: Value[Any]) -> Value[str]:
    return value.map(
        lambda data: data if isinstance(data, str) else json.dumps(data) if data is not None else ""
    )


def members(value: Value[Any]) -> tuple[list[Map], Unknown | None]:
    """The objects of a list (or the one object), and why there may be more."""
    found: list[Map] = []
    doubt: Unknown | None = None
    is_read = False
    for data, _, _ in structures(value):
        is_read = True
        if isinstance(data, Map):
            found.append(data)
        else:
            doubt = doubt or data.rest
            for item in data.items:
                inner, more = members(item)
                found += inner
                doubt = doubt or more
    if not is_read or len(value.alternatives) > 0:
        doubt = doubt or value.unknown
    return found, doubt


def names_and_values(value: Value[Any]) -> tuple[dict[str, Value[Any]], Unknown | None]:
    """`[{name, value}]`, or an object of variables; names that are unknown make it open."""
    found: dict[str, Value[Any]] = {}
    objects, doubt = members(value)
    for each in objects:
        name = field(each, "name")
        if name.is_absent:
            found.update(each.entries)
            doubt = doubt or each.rest
            continue
        text = name.only(None)
        if isinstance(text, str):
            given = field(each, "value", "valueFrom")
            found[text] = given
        else:
            doubt = doubt or name.unknown or Unknown("the name of a variable is unknown", name.span)
    return found, doubt
