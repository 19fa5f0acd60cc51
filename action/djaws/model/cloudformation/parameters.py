"""What parameters can be: defaults, allowed values, environments, and what a parent stack passes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from djaws.finding import Span
from djaws.model.cloudformation.syntax import text_of
from djaws.model.cloudformation.template import Parameter
from djaws.model.value import ALWAYS, Alternative, Guard, Reference, Seq, Unknown, Value

#: closed: one of its alternatives for certain. open: a default that any deployment may override. passed: decided by the parent
#: stack. unknown: nothing is written.
Kind = Literal["closed", "open", "passed", "unknown"]


@dataclass(frozen=True, slots=True)
class Override:
    """What one environment of samconfig sets a parameter to, None where it leaves it alone."""

    environment: str
    text: str | None


@dataclass(frozen=True, slots=True)
class Bound:
    """A parameter in one instance of its template. `subject` is how guards name it, `value` what it can be where nothing is
    known of it; `domain` holds the texts of a closed one."""

    declared: Parameter
    subject: str
    kind: Kind
    value: Value[Any]
    domain: frozenset[str] = frozenset()

    def pinned(self, text: str, span: Span) -> Value[Any]:
        """The value where a guard says that the parameter is `text`."""
        guard = Guard.when(self.subject, text)
        return Value.of(typed(text, self.declared, span), span, guard=guard, references=(self.edge,))

    @property
    def edge(self) -> Reference:
        return Reference(self.subject)


def bind(
    parameter: Parameter,
    subject: str,
    span: Span,
    compared: Sequence[str],
    overrides: Sequence[Override],
) -> Bound:
    """A parameter of a template that nobody nests. `compared` are the texts that conditions and mappings ask for."""
    edge = (Reference(subject),)
    if parameter.is_secret:
        return Bound(parameter, subject, "unknown", _not_known(f"parameter {subject} is NoEcho", span, edge))
    if parameter.is_looked_up:
        where = f" {parameter.default}" if parameter.default else ""
        because = f"parameter {subject} is read from the SSM parameter{where}"
        return Bound(parameter, subject, "unknown", _not_known(because, span, edge))
    is_closed = bool(parameter.allowed) and not parameter.is_list
    texts = _texts(parameter, compared, is_closed, overrides)
    if not texts:
        return Bound(
            parameter, subject, "unknown", _not_known(f"parameter {subject} has no default", span, edge)
        )
    is_asked = is_closed or len(texts) > 1 or bool(compared)
    alternatives = tuple(
        Alternative(typed(text, parameter, span), span, guard, True, edge)
        for text, guard in _guarded(texts, subject if is_asked else "", overrides)
    )
    value: Value[Any] = Value.either(Value(alternatives))
    return Bound(
        parameter,
        subject,
        "closed" if is_closed else "open",
        value,
        frozenset(texts) if is_closed else frozenset(),
    )


def _texts(
    parameter: Parameter, compared: Sequence[str], is_closed: bool, overrides: Sequence[Override]
) -> tuple[str, ...]:
    """The texts it can be, the likeliest first; none when nothing says what it is unless someone sets it."""
    set_by_environments = [override.text for override in overrides if override.text is not None]
    likely = [*set_by_environments, *([parameter.default] if parameter.default is not None else [])]
    if is_closed:
        likely = [spelled_as(text, parameter.allowed) for text in likely]
        likely = [text for text in likely if text in parameter.allowed] + list(parameter.allowed)
    elif likely:
        likely += compared
    return tuple(dict.fromkeys(likely))


_TRUTHS = {"yes": "true", "on": "true", "no": "false", "off": "false"}


def spelled_as(text: str, domain: Collection[str]) -> str:
    """`text`, or what an unquoted `Yes` became where the domain has that: templates quote such words in one place only."""
    truth = _TRUTHS.get(text.lower(), text)
    return truth if text not in domain and truth in domain else text


def _guarded(
    texts: Sequence[str], subject: str, overrides: Sequence[Override]
) -> Iterator[tuple[str, Guard]]:
    """Each text with the condition under which it holds, by environment where an environment sets it."""
    if not any(override.text is not None for override in overrides):
        for text in texts:
            yield text, Guard.when(subject, text) if subject else ALWAYS
        return
    default = next((text for text in texts if all(text != override.text for override in overrides)), None)
    taken = set()
    for override in overrides:
        chosen = override.text if override.text in texts else default
        if chosen is not None:
            taken.add(chosen)
            yield chosen, _both(subject, chosen, Guard.when("samconfig", override.environment))
    elsewhere = Guard.unless("samconfig", *(override.environment for override in overrides))
    for text in texts:
        if text not in taken:
            yield text, _both(subject, text, elsewhere)


def _both(subject: str, text: str, guard: Guard) -> Guard:
    return (guard & Guard.when(subject, text)) or guard if subject else guard


def bind_passed(own: Bound, passed: Value[Any] | None, span: Span) -> Bound:
    """A parameter of a nested stack, with what its parent passes (None: nothing); where that is absent its own default holds."""
    parameter = own.declared
    if parameter.is_secret or parameter.is_looked_up:
        return own
    default = _certain_default(own, span)
    if passed is None:
        return replace(own, kind="passed", value=default, domain=frozenset()) if default.is_known else own
    possible: list[Value[Any]] = []
    for alternative in passed.alternatives:
        if alternative.value is None:
            possible.append(default.when(alternative.guard))
            continue
        value = _received(alternative.value, parameter, alternative.span)
        edges = (*alternative.references, own.edge)
        possible.append(Value((replace(alternative, value=value, references=edges),)))
    if passed.unknown:
        possible.append(Value((), replace(passed.unknown, references=(*passed.unknown.references, own.edge))))
    return replace(own, kind="passed", value=Value.either(*possible), domain=frozenset())


def _certain_default(own: Bound, span: Span) -> Value[Any]:
    """The default of a parameter that nobody but its parent stack can set."""
    parameter = own.declared
    if parameter.default is None:
        return _not_known(f"parameter {own.subject} has no default", span, (own.edge,))
    return Value.of(typed(parameter.default, parameter, span), span, references=(own.edge,))


def _received(value: Any, parameter: Parameter, span: Span) -> Any:
    return typed(text_of(value), parameter, span) if isinstance(value, str | int | float) else value


def typed(text: str, parameter: Parameter, span: Span) -> Any:
    """A parameter's text as its type has it: a number, a list of texts, or text."""
    if parameter.is_list:
        pieces = [piece.strip() for piece in text.split(",")] if text else []
        return Seq(tuple(Value.of(piece, span) for piece in pieces))
    if parameter.type == "Number":
        return _number(text)
    return text


def _number(text: str) -> int | float | str:
    if len(text) > 30:
        return text
    try:
        return int(text)
    except ValueError:
        pass
    try:
        number = float(text)
    except ValueError:
        return text
    return number if number - number == 0 else text


def _not_known(because: str, span: Span, references: tuple[Reference, ...]) -> Value[Any]:
    return Value((), Unknown(because, span, references))
