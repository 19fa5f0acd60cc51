"""Every place in Python that asks for a flag, with its name where that can be known."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from djaws.finding import Span
from djaws.model.code import SETTING_BY_NAME, Call, CodeFacts, Operand
from djaws.model.flags.evaluators import ATTRIBUTES, Evaluator, Evaluators, name_operand
from djaws.model.flags.names import Names
from djaws.model.flags.types import Dynamic, Evaluation, Form, Override

_ALL_FLAGS = re.compile(
    r"(get_all|objects|all_flags|all_flags_state|get_flags|get_sources)\b.*\[\]|(^|\.)(flag|switch|sample)s?\[\]"
)
#: Questions for every flag there is, whose answers a page or another program picks from.
_EVERY_ROW = re.compile(
    r"(?:waffle\.models\.|get_waffle_|get_model\(waffle\.)(?P<kind>flag|switch|sample)(?:_model\(\)|\))?"
    r"\.(?:get_all|objects(?:\.using\(\))?\.(?:all|values|values_list|in_bulk|iterator|order_by))\Z",
    re.IGNORECASE,
)
_EVERY_FLAG = {
    "all_flags_state": ("ldclient", "launchdarkly"),
    "all_flags": ("flagsmith", "flagsmith"),
    "get_flags": ("flags", "django-flags"),
}
_OVERRIDES = {
    "override_flag": "waffle.flag",
    "override_switch": "waffle.switch",
    "override_sample": "waffle.sample",
}

Resolved = list[tuple[str, Span, Literal["", "attribute"]]]


def in_code(names: Names, evaluators: Evaluators) -> Iterator[Evaluation | Dynamic]:
    """The evaluations of all files, those of tests marked."""
    for facts in tuple(names.files.values()):
        for call in facts.calls:
            evaluator = evaluators.of(facts, call)
            operand = name_operand(call, evaluator) if evaluator else None
            if evaluator and operand and not (evaluator.form == "row" and facts.is_migration):
                yield from _asked(names, evaluators, facts, call, evaluator, operand)
            elif not facts.is_migration and (backend := _every(facts, call)):
                text = call.callee.rpartition("models.")[2]
                yield Dynamic(backend, facts.span(call.line), text, is_exhaustive=True, is_test=facts.is_test)
        yield from _in_attributes(names, facts)


def _every(facts: CodeFacts, call: Call) -> str:
    """The backend of which the call asks for all flags, empty when it does not."""
    rows = _EVERY_ROW.search(call.callee)
    if rows:
        return f"waffle.{rows['kind'].lower()}"
    package, backend = _EVERY_FLAG.get(call.name, ("", ""))
    return backend if package and facts.does_import(package) else ""


def overrides(names: Names) -> Iterator[Override]:
    """The states that tests fix. A name that cannot be known is empty: it may be any flag."""
    for facts in tuple(names.files.values()):
        for call in facts.calls:
            backend = _OVERRIDES.get(call.name)
            name = call.argument(0, "name") if backend else None
            if backend and name:
                for text in _override_names(names, name):
                    yield Override(text, backend, facts.span(call.line), _state(call.argument(1, "active")))


def _override_names(names: Names, operand: Operand) -> tuple[str, ...]:
    if operand.kind == "text":
        return operand.texts
    return (names.texts(operand.text) if operand.kind == "name" else ()) or ("",)


def _state(active: Operand | None) -> str:
    """True or False where it is written out; a percentage of a sample counts as both."""
    return active.text if active and active.kind == "constant" and active.text in ("True", "False") else ""


def _asked(
    names: Names, evaluators: Evaluators, facts: CodeFacts, call: Call, evaluator: Evaluator, operand: Operand
) -> Iterator[Evaluation | Dynamic]:
    resolved = _resolve(names, evaluators, facts, call, operand)
    if resolved is None:
        yield _dynamic(facts, call, evaluator, operand)
        return
    form: Form = "decorator" if call.form == "decorator" and evaluator.form == "call" else evaluator.form
    default = call.argument(evaluator.default_position, *evaluator.default_keywords)
    for name, span, found_in in resolved:
        yield Evaluation(
            name.removeprefix("!"),
            evaluator.backend,
            span,
            found_in or form,
            evaluator.through,
            is_negated=name.startswith("!"),
            at_import=call.at_import and not evaluator.is_deferred,
            is_test=facts.is_test,
            default=default,
            scope=call.scope,
        )


def _resolve(
    names: Names, evaluators: Evaluators, facts: CodeFacts, call: Call, operand: Operand
) -> Resolved | None:
    """The names that an operand stands for, with their places; empty for a wrapper's own parameter, None when unknown."""
    here = facts.span(call.line, call.end_line)
    if operand.kind == "text":
        return [(text, here, "") for text in operand.texts]
    if operand.kind == "parameter":
        return [] if evaluators.is_wrapper(facts, operand.owner) else None
    if operand.kind != "name":
        return None
    if operand.text.startswith("self."):
        return _of_class(
            names, evaluators, facts, call, operand.text.removeprefix("self.").removesuffix(".value")
        )
    texts = names.texts(operand.text)
    return [(text, here, "") for text in texts] or None


def _of_class(
    names: Names, evaluators: Evaluators, facts: CodeFacts, call: Call, attribute: str
) -> Resolved | None:
    owner = call.scope.rpartition(".")[0]
    found = names.attribute(facts, owner, attribute)
    if found:
        return [
            (text, where.span(constant.line), "attribute")
            for where, constant in found
            for text in constant.texts
        ]
    return [] if evaluators.is_wrapper(facts, owner) else None


def _dynamic(facts: CodeFacts, call: Call, evaluator: Evaluator, operand: Operand) -> Dynamic:
    return Dynamic(
        evaluator.backend,
        facts.span(call.line, call.end_line),
        operand.text,
        pattern=operand.text.removeprefix("!") if operand.kind == "pattern" else "",
        is_exhaustive=operand.kind in ("name", "item") and _ALL_FLAGS.search(f"{operand.text}") is not None,
        is_test=facts.is_test,
        through=evaluator.through,
    )


def _in_attributes(names: Names, facts: CodeFacts) -> Iterator[Evaluation]:
    """`waffle_flag = "x"` in a class that derives from a mixin of the library."""
    for constant in facts.constants:
        owner, _, attribute = constant.name.rpartition(".")
        if not owner or attribute not in ATTRIBUTES:
            continue
        backend, base = ATTRIBUTES[attribute]
        if any(base.search(name) for name in names.ancestry(f"{facts.module}.{owner}")):
            for text in constant.texts:
                yield Evaluation(
                    text.removeprefix("!"),
                    backend,
                    facts.span(constant.line),
                    "mixin",
                    is_negated=text.startswith("!"),
                    is_test=facts.is_test,
                    scope=owner,
                )


def of_settings(names: Names, wanted: frozenset[str]) -> Iterator[Evaluation]:
    """Where boolean settings are read: from `django.conf.settings`, by import, in settings files, or by name as an argument."""
    for facts in tuple(names.files.values()):
        for read in facts.setting_reads:
            if read.name in wanted and read.form != "override":
                yield _setting(read.name, facts.span(read.line), facts, read.scope, read.at_import)
        for call in facts.calls_to(SETTING_BY_NAME):
            for name in wanted.intersection(names.texts(call.arguments[0].text)):
                yield _setting(name, facts.span(call.line), facts, call.scope, call.at_import)
        for each in facts.imports:
            if each.name in wanted and not facts.is_settings:
                yield _setting(each.name, facts.span(each.line), facts)
        if facts.is_settings:
            for name in wanted & set(facts.names):
                yield _setting(name, facts.span(None), facts)
        else:
            yield from _settings_by_name(facts, wanted)


def unknown_settings(names: Names) -> Iterator[Dynamic]:
    """Where a setting is read by a name that only a run knows: it may be any boolean setting."""
    for facts in tuple(names.files.values()):
        for call in facts.calls_to(SETTING_BY_NAME):
            operand = call.arguments[0]
            if operand.kind != "name" or not names.texts(operand.text):
                yield Dynamic(
                    "setting",
                    facts.span(call.line),
                    f"getattr(settings, {operand.text or '…'})",
                    pattern=operand.text if operand.kind == "pattern" else "",
                    is_test=facts.is_test,
                )


def _settings_by_name(facts: CodeFacts, wanted: frozenset[str]) -> Iterator[Evaluation]:
    reads = {(read.line, read.name) for read in facts.setting_reads}
    reads |= {(read.line, read.name) for read in facts.environment_reads}
    for call in facts.calls:
        for operand in (*call.arguments, *call.keywords.values()):
            for text in operand.texts if operand.kind in ("text", "list") else ():
                if text in wanted and (call.line, text) not in reads:
                    yield _setting(text, facts.span(call.line), facts, call.scope, call.at_import)


def _setting(name: str, span: Span, facts: CodeFacts, scope: str = "", at_import: bool = False) -> Evaluation:
    return Evaluation(
        name, "setting", span, "setting", at_import=at_import, is_test=facts.is_test, scope=scope
    )
