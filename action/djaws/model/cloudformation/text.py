"""Texts made of pieces, each of which may have alternatives or be unknown: what `Fn::Sub` and `Fn::Join` share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from djaws.finding import Span
from djaws.model.cloudformation.syntax import text_of
from djaws.model.value import ALWAYS, MAX_ALTERNATIVES, Alternative, Guard, Reference, Unknown, Value

#: Longer texts are unknown: nested substitutions double with each level.
MAX_TEXT = 200_000

Join: TypeAlias = Callable[[Guard, Guard], "Guard | None"]
Piece: TypeAlias = "str | Value[Any]"
#: The pieces of one possibility, last first, so that possibilities share what they have in common.
_Chain: TypeAlias = "tuple[Any, str] | None"


def joined(pieces: Sequence[Piece], span: Span, join: Join, delimiter: str = "") -> Value[Any]:
    """The pieces, with `delimiter` between them, over every compatible combination. Absent pieces are left out."""
    if all(isinstance(piece, str) for piece in pieces):
        return _bounded_text(delimiter.join(pieces), span, ALWAYS, ())  # type: ignore[arg-type]
    chains: list[tuple[Guard, _Chain, int]] = [(ALWAYS, None, 0)]
    references: dict[Reference, None] = {}
    because: Unknown | None = None
    for piece in pieces:
        if isinstance(piece, str):
            chains = [(guard, (chain, piece), length + len(piece)) for guard, chain, length in chains]
            continue
        references.update(dict.fromkeys(piece.references))
        because = because or piece.unknown
        chains, misfit = _crossed(chains, piece, span, join)
        because = because or misfit
        if not chains:
            break
    edges = tuple(references)
    possible = [
        _bounded_text(delimiter.join(_unchained(chain)), span, guard, edges)
        if length <= MAX_TEXT
        else Value.not_known(f"longer than {MAX_TEXT} characters", span, edges)
        for guard, chain, length in chains
    ]
    if because:
        unknown = Unknown(because.because, span, _edges(pieces), _parts(pieces, delimiter))
        possible.append(Value((), unknown))
    return Value.either(*possible) if possible else Value.not_known("no combination is possible", span, edges)


def _crossed(
    chains: list[tuple[Guard, _Chain, int]], piece: Value[Any], span: Span, join: Join
) -> tuple[list[tuple[Guard, _Chain, int]], Unknown | None]:
    crossed: list[tuple[Guard, _Chain, int]] = []
    misfit: Unknown | None = None
    for guard, chain, length in chains:
        for alternative in piece.alternatives:
            value = alternative.value
            both = join(guard, alternative.guard)
            if both is None:
                continue
            if value is None:
                crossed.append((both, chain, length))
            elif isinstance(value, str | int | float):
                text = text_of(value)
                crossed.append((both, (chain, text), length + len(text)))
            else:
                misfit = misfit or Unknown("a list or an object stands where text is needed", span)
            if len(crossed) > MAX_ALTERNATIVES:
                return crossed[:MAX_ALTERNATIVES], Unknown(
                    f"more than {MAX_ALTERNATIVES} possibilities", span
                )
    return crossed, misfit


def _unchained(chain: _Chain) -> list[str]:
    texts = []
    while chain is not None:
        chain, text = chain
        texts.append(text)
    texts.reverse()
    return texts


def _bounded_text(text: str, span: Span, guard: Guard, references: tuple[Reference, ...]) -> Value[Any]:
    if len(text) > MAX_TEXT:
        return Value.not_known(f"longer than {MAX_TEXT} characters", span, references)
    return Value((Alternative(text, span, guard, True, references),))


def _edges(pieces: Sequence[Piece]) -> tuple[Reference, ...]:
    found = [edge for piece in pieces if isinstance(piece, Value) for edge in piece.references]
    return tuple(dict.fromkeys(found))


def _parts(pieces: Sequence[Piece], delimiter: str) -> tuple[str | None, ...]:
    """The literal stretches of a text that is known in part, None for each hole."""
    parts: list[str | None] = []
    for index, piece in enumerate(pieces):
        if index and delimiter:
            parts.append(delimiter)
        if isinstance(piece, str):
            parts.append(piece)
        elif piece.unknown is None and len(piece.alternatives) == 1:
            value = piece.alternatives[0].value
            parts.append(text_of(value) if isinstance(value, str | int | float) else None)
        elif piece.unknown is not None and not piece.alternatives and piece.unknown.parts:
            parts.extend(piece.unknown.parts)
        else:
            parts.append(None)
    return _run_together(parts)


def _run_together(parts: list[str | None]) -> tuple[str | None, ...]:
    merged: list[str | None] = []
    texts: list[str] = []
    length = 0
    for part in [*parts, None]:
        if part is not None:
            length += len(part)
            if length > MAX_TEXT:
                return ()
            texts.append(part)
            continue
        if texts:
            merged.append("".join(texts))
            texts = []
        if not merged or merged[-1] is not None:
            merged.append(None)
    # The sentinel closed the last stretch of text; a text that ends there has no hole behind it.
    if parts and parts[-1] is not None:
        merged.pop()
    return tuple(merged)
