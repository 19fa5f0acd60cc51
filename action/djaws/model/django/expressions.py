"""Expressions of a settings file, evaluated to values without running any of them."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from djaws.finding import Span
from djaws.model.django import libraries, operations
from djaws.model.django.objects import (
    OPEN,
    UNSET,
    Bound,
    Class,
    Configured,
    EnvReader,
    FilePath,
    Frame,
    Function,
    Instance,
    Library,
    Module,
    Namespace,
    Scope,
    Slot,
    is_data,
)
from djaws.model.django.operations import Impossible, conjoin, under
from djaws.model.value import ALWAYS, Alternative, Guard, Map, Seq, Unknown, Value, combine

MAX_NESTING = 120
MAX_STEPS = 150_000
MAX_CALLS = 6
MAX_LOOP = 300

#: Words on a command line that say that this is no deployment.
_TEST_WORDS = ("test", "pytest", "runserver", "runserver_plus", "jest", "unittest")


@dataclass(frozen=True, slots=True)
class Condition:
    """When a test holds and when it does not: guards of which one is enough. No guard at all means never."""

    yes: tuple[Guard, ...]
    no: tuple[Guard, ...]

    @staticmethod
    def certain(answer: bool) -> Condition:
        return Condition((ALWAYS,), ()) if answer else Condition((), (ALWAYS,))


@dataclass(frozen=True, slots=True)
class EnvRead:
    """A place that reads an environment variable. `default` is what holds without it, None when there is no default."""

    name: str
    span: Span
    default: Value[Any] | None = None


@dataclass(frozen=True, slots=True)
class Risk:
    """Something inside `try` that may raise: an absent variable, an absent package, or anything else."""

    kind: str
    subject: str


class TooMuch(Exception):
    """The evaluation took more steps than a settings chain deserves."""


class Expressions:
    """Evaluates expressions; statements are the interpreter's, which this class knows by three methods only."""

    def __init__(self) -> None:
        self.reads: list[EnvRead] = []
        self.environment: dict[str, Value[Any]] = {}
        self.settings: Callable[[str], Value[Any]] | None = None
        self._steps = 0
        self._nesting = 0
        self._calls = 0
        self._subjects: dict[str, tuple[str, Span]] = {}
        self._risks: list[list[Risk]] = []

    # --- what the interpreter provides

    def run(self, body: Sequence[ast.stmt], frame: Frame) -> bool:
        raise NotImplementedError

    def submodule(self, module: Module, name: str) -> Module | None:
        raise NotImplementedError

    def module(self, dotted: str, frame: Frame) -> Module | None:
        raise NotImplementedError

    def include(self, pattern: Value[Any], frame: Frame, span: Span) -> None:
        raise NotImplementedError

    # --- entry

    def eval(self, node: ast.expr, frame: Frame) -> Value[Any]:
        """All that the expression can be."""
        self._steps += 1
        if self._steps > MAX_STEPS:
            raise TooMuch
        if self._nesting > MAX_NESTING:
            return Value.not_known("nested too deeply", self.span(node, frame))
        self._nesting += 1
        try:
            evaluate = getattr(self, f"_eval_{type(node).__name__}", None)
            if evaluate is None:
                return Value.not_known("cannot be evaluated", self.span(node, frame))
            answer: Value[Any] = evaluate(node, frame)
            if answer.unknown is not None and operations.env_name(answer.unknown) is None:
                self.risk("other", "")
            return answer
        finally:
            self._nesting -= 1

    def span(self, node: ast.AST, frame: Frame) -> Span:
        line = getattr(node, "lineno", None)
        return Span(frame.module.path, line, getattr(node, "end_lineno", line))

    def risk(self, kind: str, subject: str) -> None:
        if self._risks:
            self._risks[-1].append(Risk(kind, subject))

    # --- names

    def scope_of(self, name: str, frame: Frame) -> Scope | None:
        """The scope that binds `name`, None when no scope does."""
        for scope in (frame.scope, *frame.outer, frame.module.scope):
            if name in scope.slots:
                return scope
        return None

    def slot(self, name: str, frame: Frame) -> Slot | None:
        scope = self.scope_of(name, frame)
        return scope.slots[name] if scope else None

    def _eval_Name(self, node: ast.Name, frame: Frame) -> Value[Any]:
        slot = self.slot(node.id, frame)
        span = self.span(node, frame)
        if slot is not None:
            return _possible(slot.value, frame.path)
        if node.id == "__file__":
            return Value.of(operations.located(frame.module.path), span)
        if node.id == "__name__":
            return Value.of(frame.module.path.removesuffix(".py").replace("/", "."), span)
        if hasattr(builtins, node.id):
            return Value.of(Library(f"builtins.{node.id}"), span)
        why = frame.module.scope.open
        return Value.not_known(why.because if why else f"{node.id} is not defined in the settings", span)

    def _eval_Constant(self, node: ast.Constant, frame: Frame) -> Value[Any]:
        span = self.span(node, frame)
        if not is_data(node.value):
            return Value.not_known("cannot be evaluated", span)
        return operations.bounded(Value.of(node.value, span), span)

    def _eval_NamedExpr(self, node: ast.NamedExpr, frame: Frame) -> Value[Any]:
        value = self.eval(node.value, frame)
        self.bind(frame.scope, node.target.id, value, self.span(node, frame))
        return value

    def bind(self, scope: Scope, name: str, value: Value[Any], span: Span) -> None:
        """`name = value` on the line of `span`."""
        before = scope.slots.get(name)
        chain = (*before.chain, before.value.span) if before else ()
        origins = tuple(dict.fromkeys(alt.span for alt in value.alternatives if alt.span.line != span.line))
        scope.aliases.pop(name, None)
        for alias in [alias for alias, (root, _) in scope.aliases.items() if root == name]:
            del scope.aliases[alias]
        scope.slots[name] = Slot(value.at(span), chain[-8:], (), origins[:8])

    # --- displays

    def _eval_List(self, node: ast.List | ast.Tuple | ast.Set, frame: Frame) -> Value[Any]:
        span = self.span(node, frame)
        collected = Value.of(Seq(), span)
        for element in node.elts:
            if isinstance(element, ast.Starred):
                more = self.iterated(self.eval(element.value, frame), span)
            else:
                more = Value.of(Seq((self.eval(element, frame),)), span)
            collected = (
                operations.binary(ast.Add, collected, more, span)
                if len(more.alternatives) != 1
                else _plus(collected, more)
            )
        return operations.bounded(collected, span)

    _eval_Tuple = _eval_List
    _eval_Set = _eval_List

    def iterated(self, value: Value[Any], span: Span) -> Value[Any]:
        """The list of what iterating over `value` gives; what is unknown of it is open."""
        found: list[Alternative[Any]] = []
        for alt in value.alternatives:
            try:
                found.append(replace(alt, value=operations.items_of(alt.value)))
            except Impossible as error:
                found.append(replace(alt, value=Seq((), Unknown(str(error), span))))
        if value.unknown:
            found.append(Alternative(Seq((), value.unknown), span))
        if any(alt.value.rest for alt in found):
            self.risk("other", "")
        return Value(tuple(found))

    def _eval_Dict(self, node: ast.Dict, frame: Frame) -> Value[Any]:
        span = self.span(node, frame)
        collected = Value.of(Map({}, None, span), span)
        for key, item in zip(node.keys, node.values, strict=True):
            value = self.eval(item, frame)
            if key is None:
                collected = operations.bounded(_laid_over(collected, value, span), span)
            else:
                collected = operations.replaced(collected, (self.eval(key, frame),), value, span)
        return operations.bounded(collected, span)

    def _eval_JoinedStr(self, node: ast.JoinedStr, frame: Frame) -> Value[Any]:
        span = self.span(node, frame)
        text = Value.of("", span)
        for part in node.values:
            text = operations.binary(ast.Add, text, self._formatted(part, frame), span)
        return text

    def _formatted(self, node: ast.expr, frame: Frame) -> Value[Any]:
        span = self.span(node, frame)
        if not isinstance(node, ast.FormattedValue):
            return self.eval(node, frame)
        value = self.eval(node.value, frame)
        if node.format_spec is not None or node.conversion not in (-1, 115):
            return Value.not_known("a format that is not evaluated", span)
        known = combine(lambda data: str(operations.formattable(data)), Value(value.alternatives), span=span)
        return Value(known.alternatives, value.unknown or known.unknown)

    # --- comprehensions

    def _eval_ListComp(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp, frame: Frame) -> Value[Any]:
        return self._comprehend(
            node.generators, frame, lambda inner: self.eval(node.elt, inner), self.span(node, frame)
        )

    _eval_SetComp = _eval_ListComp
    _eval_GeneratorExp = _eval_ListComp

    def _eval_DictComp(self, node: ast.DictComp, frame: Frame) -> Value[Any]:
        span = self.span(node, frame)

        def pair(inner: Frame) -> Value[Any]:
            return Value.of(Seq((self.eval(node.key, inner), self.eval(node.value, inner))), span)

        return libraries.dict_of_pairs(self._comprehend(node.generators, frame, pair, span), span)

    def _comprehend(
        self,
        generators: Sequence[ast.comprehension],
        frame: Frame,
        element: Callable[[Frame], Value[Any]],
        span: Span,
    ) -> Value[Any]:
        inner = Frame(frame.module, Scope(), (frame.scope, *frame.outer), frame.path)
        if len(generators) != 1 or generators[0].is_async:
            return Value.not_known("a comprehension that is not evaluated", span)
        loop = generators[0]
        source = self.iterated(self.eval(loop.iter, frame), span)

        def collect(items: Seq) -> Value[Any]:
            if len(items) > MAX_LOOP:
                return Value.not_known("a long loop", span)
            kept: list[Value[Any]] = []
            for item in items:
                if not operations.is_certain(item) and len(item.alternatives) > 1:
                    present = Value(tuple(alt for alt in item.alternatives if alt.written), item.unknown)
                    kept.append(_in_place_of(item, self._element(loop, inner, element, present, span)))
                else:
                    kept.append(self._element(loop, inner, element, item, span))
            return Value.of(
                Seq(
                    tuple(one for one in kept if not one.is_absent or one.alternatives[0].written), items.rest
                ),
                span,
            )

        return operations.bounded(source.bind(collect), span)

    def _element(
        self,
        loop: ast.comprehension,
        inner: Frame,
        element: Callable[[Frame], Value[Any]],
        item: Value[Any],
        span: Span,
    ) -> Value[Any]:
        self.assign(loop.target, item, inner, span)
        condition = Condition.certain(True)
        for test in loop.ifs:
            condition = _both(condition, self.test(test, inner))
        if not condition.yes:
            return Value.absent(span)
        value = element(inner)
        if not condition.no:
            return value
        return Value.either(under(value, condition.yes), under(Value.absent(span), condition.no))

    # --- operators

    def _eval_BinOp(self, node: ast.BinOp, frame: Frame) -> Value[Any]:
        left, right = self.eval(node.left, frame), self.eval(node.right, frame)
        span = self.span(node, frame)
        return operations.binary(type(node.op), self.data(left, span), self.data(right, span), span)

    def _eval_UnaryOp(self, node: ast.UnaryOp, frame: Frame) -> Value[Any]:
        if isinstance(node.op, ast.Not):
            return self.truth_value(node, frame)
        value = self.eval(node.operand, frame)

        def negate(data: Any) -> Any:
            if not isinstance(data, (int, float)) or not isinstance(node.op, (ast.USub, ast.UAdd)):
                raise Impossible("an operation that is not evaluated")
            return -data if isinstance(node.op, ast.USub) else data

        return combine(negate, value, span=self.span(node, frame))

    def truth_value(self, node: ast.expr, frame: Frame) -> Value[Any]:
        """`bool(node)`: true and false under the guards that make it so."""
        span = self.span(node, frame)
        condition = self.test(node, frame)
        return Value(
            tuple(Alternative(True, span, guard) for guard in condition.yes)
            + tuple(Alternative(False, span, guard) for guard in condition.no)
        )

    def _eval_BoolOp(self, node: ast.BoolOp, frame: Frame) -> Value[Any]:
        value = self.eval(node.values[0], frame)
        for previous, following in zip(node.values, node.values[1:], strict=False):
            condition = self._condition_of(value, previous, frame)
            go_on, stop = (
                (condition.yes, condition.no)
                if isinstance(node.op, ast.And)
                else (condition.no, condition.yes)
            )
            if not go_on:
                return value
            after = self._reached(frame, go_on, following)
            kept = _kept(value, isinstance(node.op, ast.Or))
            if not stop:
                value = after
            else:
                value = Value.either(kept, under(after, go_on))
        return value

    def _reached(self, frame: Frame, guards: tuple[Guard, ...], node: ast.expr) -> Value[Any]:
        before = frame.path
        frame.path = conjoin(before, guards) or before
        try:
            return self.eval(node, frame)
        finally:
            frame.path = before

    def _eval_IfExp(self, node: ast.IfExp, frame: Frame) -> Value[Any]:
        condition = self.test(node.test, frame)
        found = []
        for guards, branch in ((condition.yes, node.body), (condition.no, node.orelse)):
            if conjoin(frame.path, guards):
                found.append(under(self._reached(frame, guards, branch), guards))
        return (
            Value.either(*found) if found else Value.not_known("cannot be evaluated", self.span(node, frame))
        )

    def _eval_Compare(self, node: ast.Compare, frame: Frame) -> Value[Any]:
        return self.truth_value(node, frame)

    # --- tests

    def test(self, node: ast.expr, frame: Frame) -> Condition:
        """When the expression is true and when it is not."""
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            inner = self.test(node.operand, frame)
            return Condition(inner.no, inner.yes)
        if isinstance(node, ast.BoolOp):
            return self._test_all(node, frame)
        if isinstance(node, ast.Compare):
            return self._test_compare(node, frame)
        return self._condition_of(self.eval(node, frame), node, frame)

    def _test_all(self, node: ast.BoolOp, frame: Frame) -> Condition:
        is_and = isinstance(node.op, ast.And)
        total = Condition.certain(is_and)
        for operand in node.values:
            reached = total.yes if is_and else total.no
            before = frame.path
            frame.path = conjoin(before, reached)
            if not frame.path:
                frame.path = before
                break
            try:
                one = self.test(operand, frame)
            finally:
                frame.path = before
            total = _both(total, one) if is_and else _either(total, one)
        if len(total.yes) > operations.MAX_GUARDS or len(total.no) > operations.MAX_GUARDS:
            return self._by_text(node, None, frame)
        return total

    def _condition_of(self, value: Value[Any], node: ast.expr, frame: Frame) -> Condition:
        yes: list[Guard] = []
        no: list[Guard] = []
        for alt in value.alternatives:
            answer = operations.truth(alt.value)
            if answer is None:
                return self._by_text(node, value.unknown, frame)
            (yes if answer else no).append(alt.guard)
        if value.unknown:
            name = operations.env_name(value.unknown)
            if name is None:
                return self._by_text(node, value.unknown, frame)
            subject = operations.subject_of_env(value.unknown)
            yes.append(Guard.unless(subject, UNSET, ""))
            no.append(Guard.when(subject, ""))
        if yes and no and (ALWAYS in yes or ALWAYS in no or len(yes) + len(no) > 2 * operations.MAX_GUARDS):
            return self._by_text(node, value.unknown, frame)
        if not yes and not no:
            return self._by_text(node, value.unknown, frame)
        if not no:
            return Condition.certain(True)
        return (
            Condition(tuple(dict.fromkeys(yes)), tuple(dict.fromkeys(no)))
            if yes
            else Condition.certain(False)
        )

    def _by_text(self, node: ast.expr, unknown: Unknown | None, frame: Frame) -> Condition:
        """A condition known by its text only; the same text on the same values is the same condition."""
        self.risk("other", "")
        subject = self._subject(node, unknown, frame)
        return Condition((Guard.when(subject, True),), (Guard.when(subject, False),))

    def _subject(self, node: ast.expr, unknown: Unknown | None, frame: Frame) -> str:
        text = " ".join(_source(node).split())
        text = text if len(text) <= 80 else text[:77] + "…"
        key = (unknown.because, unknown.span) if unknown else ("", self.span(node, frame))
        if self._subjects.setdefault(text, key) == key:
            return text
        return f"{text} ({key[1].path}:{key[1].line})"

    def _test_compare(self, node: ast.Compare, frame: Frame) -> Condition:
        total = Condition.certain(True)
        left = node.left
        for kind, right in zip(node.ops, node.comparators, strict=True):
            total = _both(total, self._test_pair(node, left, type(kind), right, frame))
            left = right
        if len(total.yes) > operations.MAX_GUARDS or len(total.no) > operations.MAX_GUARDS:
            return self._by_text(node, None, frame)
        return total

    def _test_pair(
        self,
        whole: ast.Compare,
        left_node: ast.expr,
        kind: type[ast.cmpop],
        right_node: ast.expr,
        frame: Frame,
    ) -> Condition:
        left, right = self.eval(left_node, frame), self.eval(right_node, frame)
        special = self._test_library(kind, left, right)
        if special is not None:
            return special
        if kind in (ast.Eq, ast.NotEq) and right.unknown and not left.unknown:
            left_node, left, right = right_node, right, left
        span = self.span(whole, frame)
        left, right = self.data(left, span), self.data(right, span)
        if right.unknown is None:
            known = self._test_known(left_node, left, kind, right, frame)
            if known is not None:
                return known
        why = left.unknown or right.unknown
        return self._by_text(whole, why, frame)

    def _test_library(self, kind: type[ast.cmpop], left: Value[Any], right: Value[Any]) -> Condition | None:
        """Comparisons with `os.environ` and with the command line."""
        a, b = left.only(None), right.only(None)
        if (
            isinstance(b, Library)
            and b.name == "os.environ"
            and kind in (ast.In, ast.NotIn)
            and isinstance(a, str)
        ):
            return self._test_env(a, kind is ast.In)
        for library, other in ((a, b), (b, a)):
            if isinstance(library, Library) and library.name.startswith(("sys.argv", "sys.modules")):
                text = _plain_text(other)
                if any(word in text for word in _TEST_WORDS):
                    return Condition.certain(kind in (ast.NotEq, ast.NotIn))
        return None

    def _test_env(self, name: str, wanted: bool) -> Condition:
        if name in self.environment and self.environment[name].never(lambda data: data is None):
            return Condition.certain(wanted)
        subject = operations.env_subject(name)
        is_set, is_unset = (Guard.unless(subject, UNSET),), (Guard.when(subject, UNSET),)
        return Condition(is_set, is_unset) if wanted else Condition(is_unset, is_set)

    def _test_known(
        self, node: ast.expr, left: Value[Any], kind: type[ast.cmpop], right: Value[Any], frame: Frame
    ) -> Condition | None:
        """A comparison with something known; None when only its text can tell."""
        yes: list[Guard] = []
        no: list[Guard] = []
        for a in left.alternatives:
            for b in right.alternatives:
                guard = a.guard & b.guard
                if guard is None:
                    continue
                try:
                    answer = operations.compare(kind, a.value, b.value)
                except (Impossible, TypeError, ValueError):
                    return None
                (yes if answer else no).append(guard)
        if left.unknown:
            split = self._split(node, left.unknown, kind, right.only(UNSET), frame)
            if split is None:
                return None
            yes += split.yes
            no += split.no
        if yes and no and (ALWAYS in yes or ALWAYS in no):
            return None
        return Condition(tuple(dict.fromkeys(yes)), tuple(dict.fromkeys(no)))

    def _split(
        self, node: ast.expr, unknown: Unknown, kind: type[ast.cmpop], right: Any, frame: Frame
    ) -> Condition | None:
        """The values that an unknown has when it compares so with `right`."""
        name = operations.env_name(unknown)
        never = (UNSET,) if name else ()
        subject = operations.subject_of_env(unknown) if name else self._subject(node, unknown, frame)
        if kind in (ast.Is, ast.IsNot, ast.Eq, ast.NotEq) and right is None and name:
            condition = Condition((), (Guard.unless(subject, UNSET),))
        elif kind in (ast.Eq, ast.NotEq, ast.Is, ast.IsNot) and isinstance(right, (str, int, bool)):
            condition = Condition((Guard.when(subject, right),), (Guard.unless(subject, right, *never),))
        elif kind in (ast.In, ast.NotIn) and isinstance(right, Seq) and _is_plain(right):
            members = [item.only(None) for item in right.items]
            if not members or len(members) > operations.MAX_GUARDS:
                return None
            condition = Condition(
                tuple(Guard.when(subject, member) for member in members),
                (Guard.unless(subject, *members, *never),),
            )
        else:
            return None
        is_negated = kind in (ast.NotEq, ast.IsNot, ast.NotIn)
        return Condition(condition.no, condition.yes) if is_negated else condition

    # --- attributes and subscripts

    def _eval_Attribute(self, node: ast.Attribute, frame: Frame) -> Value[Any]:
        span = self.span(node, frame)
        return self.attribute(self.eval(node.value, frame), node.attr, span, frame)

    def attribute(self, value: Value[Any], name: str, span: Span, frame: Frame) -> Value[Any]:
        """`value.name`."""
        found = [
            self._attribute_of(alt.value, name, span, frame).when(alt.guard) for alt in value.alternatives
        ]
        if value.unknown:
            found.append(Value((), operations.derived(value.unknown, span)))
        return Value.either(*found)

    def _attribute_of(self, data: Any, name: str, span: Span, frame: Frame) -> Value[Any]:
        if isinstance(data, Library):
            return self._library_attribute(data, name, span)
        if isinstance(data, Module):
            slot = data.scope.slots.get(name)
            if slot is not None:
                return slot.value
            inner = self.submodule(data, name)
            if inner is not None:
                return Value.of(inner, span)
            return Value.not_known(f"{name} is not defined in {data.path}", span)
        if isinstance(data, FilePath):
            return libraries.path_attribute(data, name, span)
        if isinstance(data, EnvReader):
            return Value.of(Bound(data, name), span)
        if isinstance(data, (Class, Instance)):
            return self.class_attribute(data, name, span)
        return Value.not_known(f"the attribute {name} cannot be evaluated", span)

    def _library_attribute(self, library: Library, name: str, span: Span) -> Value[Any]:
        dotted = f"{library.name}.{name}"
        if dotted.startswith("django.conf.settings.") and self.settings is not None:
            return self.settings(name)
        return libraries.constant(dotted, span) or Value.of(Library(dotted), span)

    def class_attribute(self, data: Class | Instance, name: str, span: Span) -> Value[Any]:
        """An attribute as the classes in order give it; properties are called."""
        start = data.of if isinstance(data, Instance) else data
        for one in start.order():
            if isinstance(one, Library):
                continue
            if one.open:
                return Value.not_known(one.open.because, span)
            slot = one.scope.slots.get(name)
            if slot is not None:
                return self._described(slot.value, name, data, span)
        return Value.not_known(f"{name} is not defined in {start.name}", span)

    def _described(self, value: Value[Any], name: str, owner: Class | Instance, span: Span) -> Value[Any]:
        data = value.only(None)
        if isinstance(data, Configured):
            return libraries.configured(self, data, name, value.span)
        if isinstance(data, Function) and data.is_property and isinstance(owner, Instance):
            return self.invoke(data, [Value.of(owner, span)], {}, span).at(value.span)
        return value

    def _eval_Subscript(self, node: ast.Subscript, frame: Frame) -> Value[Any]:
        span = self.span(node, frame)
        container = self.eval(node.value, frame)
        data = container.only(None)
        if isinstance(node.slice, ast.Slice):
            return self._slice(container, node.slice, frame, span)
        key = self.eval(node.slice, frame)
        if isinstance(data, Library):
            return self._library_item(data, key, span)
        if isinstance(data, Namespace) and isinstance(key.only(None), str):
            slot = data.scope.slots.get(key.only(""))
            return slot.value if slot else Value.not_known("it is not defined here", span)
        return operations.subscript(container, key, span)

    def _slice(self, container: Value[Any], part: ast.Slice, frame: Frame, span: Span) -> Value[Any]:
        data = container.only(None)
        if isinstance(data, Library):
            return Value.of(Library(f"{data.name}[]"), span)
        nothing = Value.of(None, span)
        bounds = [
            self.eval(bound, frame) if bound else nothing for bound in (part.lower, part.upper, part.step)
        ]
        return combine(operations.sliced, container, *bounds, span=span)

    def _library_item(self, library: Library, key: Value[Any], span: Span) -> Value[Any]:
        name = key.only(None)
        if library.name == "os.environ" and isinstance(name, str):
            self.risk("env", name)
            return self.env(name, None, span)
        return Value.of(Library(f"{library.name}[]"), span)

    def env(self, name: str, default: Value[Any] | None, span: Span) -> Value[Any]:
        """An environment variable; `default` is what the reader gives when it is not set."""
        self.reads.append(EnvRead(name, span, default))
        given = self.environment.get(name)
        if given is not None:
            kept = Value(given.sometimes(lambda data: data is not None), given.unknown)
            missing = given.sometimes(lambda data: data is None)
            fallback = [default.when(alt.guard) for alt in missing] if default else []
            return Value.either(kept, *fallback).at(span)
        known = default.when(Guard.when(operations.env_subject(name), UNSET)) if default else Value()
        return Value(known.alternatives, operations.env_unknown(name, span))

    # --- calls

    def _eval_Lambda(self, node: ast.Lambda, frame: Frame) -> Value[Any]:
        return Value.of(Function(node, frame), self.span(node, frame))

    def _eval_Await(self, node: ast.Await, frame: Frame) -> Value[Any]:
        return Value.not_known("cannot be evaluated", self.span(node, frame))

    def _eval_Call(self, node: ast.Call, frame: Frame) -> Value[Any]:
        span = self.span(node, frame)
        call = self._call(node, frame, span)
        if isinstance(node.func, ast.Attribute):
            receiver = self.eval(node.func.value, frame)
            if not receiver.alternatives or all(_has_methods(alt.value) for alt in receiver.alternatives):
                return self._method(receiver, node.func, call, frame)
            callee = self.attribute(receiver, node.func.attr, span, frame)
        else:
            callee = self.eval(node.func, frame)
        return self.call(callee, call)

    def _call(self, node: ast.Call, frame: Frame, span: Span) -> libraries.Call:
        arguments: list[Value[Any]] = []
        keywords: dict[str, Value[Any]] = {}
        is_whole = True
        for argument in node.args:
            if isinstance(argument, ast.Starred):
                spread = self.iterated(self.eval(argument.value, frame), span).only(None)
                is_whole = is_whole and isinstance(spread, Seq) and spread.rest is None
                arguments += spread.items if isinstance(spread, Seq) else ()
            else:
                arguments.append(self.eval(argument, frame))
        for keyword in node.keywords:
            value = self.eval(keyword.value, frame)
            if keyword.arg is not None:
                keywords[keyword.arg] = value
                continue
            spread = value.only(None)
            is_whole = is_whole and isinstance(spread, Map) and spread.rest is None
            keywords |= spread.entries if isinstance(spread, Map) else {}
        return libraries.Call(self, node, tuple(arguments), keywords, is_whole, span, frame)

    def call(self, callee: Value[Any], call: libraries.Call) -> Value[Any]:
        """What calling any of `callee`'s possibilities gives."""
        found = [self._call_one(alt.value, call).when(alt.guard) for alt in callee.alternatives]
        if callee.unknown:
            found.append(Value((), operations.derived(callee.unknown, call.span)))
        return Value.either(*found)

    def _call_one(self, data: Any, call: libraries.Call) -> Value[Any]:
        if isinstance(data, Library):
            return libraries.call(data.name, call)
        if isinstance(data, EnvReader):
            return libraries.read_env(data, "", call)
        if isinstance(data, Bound):
            return libraries.read_env(data.receiver, data.name, call)
        if isinstance(data, Function):
            if not call.is_whole:
                return Value.not_known("called with arguments that are not known", call.span)
            return self._invoke_here(data, call)
        if isinstance(data, Class):
            return Value.of(Instance(data), call.span)
        return Value.not_known("called, and not evaluated", call.span)

    def _invoke_here(self, function: Function, call: libraries.Call) -> Value[Any]:
        """Calls a function of the settings files; a list or dict that it changes is not known afterwards."""
        answer = self.invoke(function, list(call.arguments), call.keywords, call.span)
        names = [argument.arg for argument in (*function.node.args.posonlyargs, *function.node.args.args)]
        given = dict(zip(names, call.node.args, strict=False))
        given |= {keyword.arg: keyword.value for keyword in call.node.keywords if keyword.arg}
        for name in sorted(changed_roots(function.node) & set(given)):
            self.taint(given[name], call.frame, Unknown("changed by a function of the settings", call.span))
        return answer

    def taint(self, node: ast.expr, frame: Frame, why: Unknown) -> None:
        """What the expression names may have been changed in place."""
        while isinstance(node, (ast.Subscript, ast.Attribute, ast.Call)):
            node = node.func if isinstance(node, ast.Call) else node.value
        scope = self.scope_of(node.id, frame) if isinstance(node, ast.Name) else None
        if scope is None or not isinstance(node, ast.Name):
            return
        slot = scope.slots[node.id]
        if slot.value.unknown is None and slot.value.sometimes(lambda data: isinstance(data, (Seq, Map))):
            scope.slots[node.id] = replace(slot, value=Value(slot.value.alternatives, why))

    def invoke(
        self, function: Function, arguments: list[Value[Any]], keywords: dict[str, Value[Any]], span: Span
    ) -> Value[Any]:
        """What a function of the settings files returns."""
        if self._calls >= MAX_CALLS:
            return Value.not_known("calls that are nested too deeply", span)
        scope = self._parameters(function, arguments, keywords, span)
        if scope is None:
            return Value.not_known("a call that is not evaluated", span)
        home = function.frame
        outer = () if home.scope is home.module.scope else (home.scope, *home.outer)
        frame = Frame(home.module, scope, outer)
        self._calls += 1
        try:
            if isinstance(function.node, ast.Lambda):
                return self.eval(function.node.body, frame)
            if _is_generator(function.node):
                return Value.not_known("a generator, which is not evaluated", span)
            if self.run(function.node.body, frame):
                frame.returns.append(under(Value.of(None, span), frame.path))
        finally:
            self._calls -= 1
        return Value.either(*frame.returns) if frame.returns else Value.not_known("a call that raises", span)

    def _parameters(
        self, function: Function, arguments: list[Value[Any]], keywords: dict[str, Value[Any]], span: Span
    ) -> Scope | None:
        declared = function.node.args
        names = [argument.arg for argument in (*declared.posonlyargs, *declared.args)]
        scope = Scope()
        given = dict(zip(names, arguments, strict=False))
        rest = arguments[len(names) :]
        if rest and declared.vararg is None:
            return None
        defaults = dict(zip(reversed(names), reversed(declared.defaults), strict=False))
        defaults |= {
            a.arg: d for a, d in zip(declared.kwonlyargs, declared.kw_defaults, strict=True) if d is not None
        }
        names += [argument.arg for argument in declared.kwonlyargs]
        extra = {name: value for name, value in keywords.items() if name not in names}
        if extra and declared.kwarg is None:
            return None
        for name in names:
            value = given.get(name) or keywords.get(name)
            if value is None:
                if name not in defaults:
                    return None
                value = self.eval(defaults[name], function.frame)
            scope.slots[name] = Slot(value)
        if declared.vararg:
            scope.slots[declared.vararg.arg] = Slot(Value.of(Seq(tuple(rest)), span))
        if declared.kwarg:
            scope.slots[declared.kwarg.arg] = Slot(Value.of(Map(extra, None, span), span))
        return scope

    # --- methods of plain data

    def _method(
        self, receiver: Value[Any], func: ast.Attribute, call: libraries.Call, frame: Frame
    ) -> Value[Any]:
        name = func.attr
        if libraries.is_mutation(name) and not _are_texts(receiver):
            return self._mutate(receiver, func, call, frame)
        possible = [alt for alt in receiver.alternatives if alt.value is not None]
        if len(possible) < len(receiver.alternatives):
            self.risk(
                "other", ""
            )  # None has no such method: where it is None, nothing comes of these settings
        if not possible and receiver.unknown is None:
            return Value.not_known(f"None has no method {name}", call.span)
        found = [self._method_of(alt.value, name, call).when(alt.guard) for alt in possible]
        if receiver.unknown:
            found.append(self._method_of_unknown(receiver.unknown, name, call))
        return operations.bounded(Value.either(*found), call.span)

    def _method_of(self, data: Any, name: str, call: libraries.Call) -> Value[Any]:
        if not call.is_whole:
            return Value.not_known("called with arguments that are not known", call.span)
        if isinstance(data, Map):
            return libraries.dict_method(data, name, call)
        if isinstance(data, FilePath):
            return libraries.path_method(data, name, call)
        if isinstance(data, Namespace):
            return libraries.namespace_method(data, name, call)
        arguments = call.arguments
        keys, values = tuple(call.keywords), tuple(call.keywords.values())
        if isinstance(data, str) and name in operations.TEXT_METHODS:
            if name == "join" and arguments:
                arguments = (self.iterated(arguments[0], call.span),)

            def apply(*given: Any) -> Any:
                split = len(arguments)
                keywords = dict(zip(keys, given[split:], strict=True))
                return operations.text_method(data, name, given[:split], keywords, call.span)

            return combine(apply, *arguments, *values, span=call.span)
        if isinstance(data, bytes) and name == "decode":
            return combine(lambda: data.decode(), span=call.span)
        if isinstance(data, Seq):
            return libraries.list_method(data, name, call)
        return Value.not_known(f"the method {name} is not evaluated", call.span)

    def _method_of_unknown(self, unknown: Unknown, name: str, call: libraries.Call) -> Value[Any]:
        if name in operations.NEAR_IDENTITY and not call.arguments:
            return Value((), operations.folded(unknown, name))
        return Value((), operations.derived(unknown, call.span))

    # --- changes in place

    def _mutate(
        self, receiver: Value[Any], func: ast.Attribute, call: libraries.Call, frame: Frame
    ) -> Value[Any]:
        data = receiver.only(None)
        if isinstance(data, Namespace):
            return self._update_names(data, func.attr, call)
        self.risk("other", "")
        self.change(func.value, lambda value: libraries.mutated(value, func.attr, call), frame, call.span)
        return libraries.mutation_answer(receiver, func.attr, call)

    def _update_names(self, names: Namespace, method: str, call: libraries.Call) -> Value[Any]:
        """`globals().update(…)` and its like."""
        answer = Value.of(None, call.span)
        laid = list(call.arguments)
        if method == "setdefault" and len(laid) == 2 and isinstance(laid[0].only(None), str):
            if laid[0].only("") not in names.scope.slots:
                self.bind(names.scope, laid[0].only(""), laid[1], call.span)
            return answer
        if method != "update" or not call.is_whole:
            self.open(names.scope, Unknown("names are set in a way that cannot be followed", call.span))
            return answer
        for value in laid:
            data = value.only(None)
            if not isinstance(data, Map):
                self.open(
                    names.scope, value.unknown or Unknown("names are set from something unknown", call.span)
                )
                continue
            if data.rest:
                self.open(names.scope, data.rest)
            for name, entry in data.entries.items():
                self.bind(names.scope, name, entry, call.span)
        for name, entry in call.keywords.items():
            self.bind(names.scope, name, entry, call.span)
        return answer

    def open(self, scope: Scope, why: Unknown) -> None:
        """From here on the scope may hold any name, and every setting so far may have been overridden."""
        scope.slots.setdefault(OPEN, Slot(Value((), why)))
        for name, slot in list(scope.slots.items()):
            if name.isupper() and slot.value.unknown is None:
                scope.slots[name] = replace(slot, value=Value(slot.value.alternatives, why))

    def change(
        self, target: ast.expr, change: Callable[[Value[Any]], Value[Any]], frame: Frame, span: Span
    ) -> None:
        """Changes in place what `target` names: a name, or subscripts of one."""
        keys: list[Value[Any]] = []
        while isinstance(target, ast.Subscript) or (isinstance(target, ast.Call) and step_into(target)):
            if isinstance(target, ast.Subscript):
                keys.insert(0, self._key(target.slice, frame, span))
                target = target.value
            elif (step := step_into(target)) is not None:
                self.eval(target, frame)
                target = step[0]
                keys.insert(0, Value.of(step[1], span))
        scope: Scope | None
        if isinstance(target, ast.Name):
            scope, name = self.scope_of(target.id, frame), target.id
        elif isinstance(target, ast.Attribute):
            owner = self.eval(target.value, frame).only(None)
            scope, name = (owner.scope if isinstance(owner, (Module, Class)) else None), target.attr
        elif isinstance(target, ast.Call) and keys:
            self._change_namespace(target, keys, change, frame, span)
            return
        else:
            self.taint(target, frame, Unknown("changed in a way that is not followed", span))
            return
        if scope is None or name not in scope.slots:
            return
        for _ in range(len(scope.aliases)):
            if name not in scope.aliases:
                break
            name, path = scope.aliases[name]
            keys = [*(Value.of(key, span) for key in path), *keys]
        self._change_name(scope, name, keys, change, span)

    def _change_name(
        self,
        scope: Scope,
        name: str,
        keys: list[Value[Any]],
        change: Callable[[Value[Any]], Value[Any]],
        span: Span,
    ) -> None:
        slot = scope.slots.get(name)
        if slot is None:
            return
        value = operations.bounded(operations.changed(slot.value, keys, change, span), span)
        objects = operations.objects_at(slot.value, keys, span)
        followed = {name, *(alias for alias, (root, _) in scope.aliases.items() if root == name)}
        self._taint_holders(scope, objects, followed, span)
        if objects and operations.holds_object(value, objects):
            value = Value(value.alternatives, value.unknown or Unknown("it holds itself", span))
        if value.unknown is not None:
            self.risk("other", "")
        scope.slots[name] = replace(slot, value=value, chain=(*slot.chain, span)[-8:])
        for alias, (root, path) in scope.aliases.items():
            if root == name and alias in scope.slots:
                inner = value
                for key in path:
                    inner = operations.subscript(inner, Value.of(key, span), span)
                scope.slots[alias] = replace(scope.slots[alias], value=inner)

    def _taint_holders(self, scope: Scope, objects: frozenset[int], followed: set[str], span: Span) -> None:
        """Whatever else holds a list or dict that is changed in place is changed too."""
        why = Unknown("it holds something that is changed later", span)
        for other, slot in list(scope.slots.items()) if objects else ():
            if other in followed or slot.value.unknown is not None:
                continue
            if operations.holds_object(slot.value, objects):
                scope.slots[other] = replace(slot, value=Value(slot.value.alternatives, why))

    def _change_namespace(
        self,
        target: ast.Call,
        keys: list[Value[Any]],
        change: Callable[[Value[Any]], Value[Any]],
        frame: Frame,
        span: Span,
    ) -> None:
        names = self.eval(target, frame).only(None)
        if not isinstance(names, Namespace):
            return
        name = keys[0].only(None)
        if not isinstance(name, str):
            self.open(names.scope, keys[0].unknown or Unknown("a name that is not known is set", span))
        elif len(keys) == 1:
            self.bind(names.scope, name, change(Value.absent(span)), span)
        else:
            self._change_name(names.scope, name, keys[1:], change, span)

    def _key(self, node: ast.expr, frame: Frame, span: Span) -> Value[Any]:
        return Value.not_known("a slice", span) if isinstance(node, ast.Slice) else self.eval(node, frame)

    # --- assignment

    def assign(self, target: ast.expr, value: Value[Any], frame: Frame, span: Span) -> None:
        """`target = value`."""
        if isinstance(target, ast.Name):
            self.bind(frame.scope, target.id, value, span)
        elif isinstance(target, (ast.Tuple, ast.List)):
            self._unpack(target.elts, value, frame, span)
        elif isinstance(target, ast.Starred):
            self.assign(target.value, value, frame, span)
        elif isinstance(target, ast.Subscript):
            self.change(target, lambda _: value, frame, span)
        elif isinstance(target, ast.Attribute):
            owner = self.eval(target.value, frame).only(None)
            if isinstance(owner, (Module, Class)):
                self.bind(owner.scope, target.attr, value, span)

    def _unpack(self, targets: Sequence[ast.expr], value: Value[Any], frame: Frame, span: Span) -> None:
        data = value.only(None)
        items: tuple[Value[Any], ...] = ()
        if isinstance(data, Seq) and data.rest is None and all(map(operations.is_certain, data.items)):
            items = data.items
        plain = len(items) == len(targets) and not any(isinstance(target, ast.Starred) for target in targets)
        for index, target in enumerate(targets):
            item = items[index] if plain else Value.not_known(_why(value, "unpacked"), span)
            self.assign(target, item, frame, span)

    # --- values as data

    def data(self, value: Value[Any], span: Span) -> Value[Any]:
        """`value` with objects that are no plain data as unknown."""
        if all(is_data(alt.value) for alt in value.alternatives):
            return value
        kept = tuple(alt for alt in value.alternatives if is_data(alt.value))
        other = next(alt.value for alt in value.alternatives if not is_data(alt.value))
        return Value(kept, value.unknown or Unknown(libraries.described(other), span))


# --- shapes


def _possible(value: Value[Any], path: Sequence[Guard]) -> Value[Any]:
    """`value` without the possibilities that the way to here rules out."""
    if ALWAYS in path or len(value.alternatives) < 2:
        return value
    kept = tuple(
        alt
        for alt in value.alternatives
        if not alt.guard or any((alt.guard & one) is not None for one in path)
    )
    return Value(kept, value.unknown) if kept or value.unknown else value


def _plus(collected: Value[Any], more: Value[Any]) -> Value[Any]:
    addition = more.alternatives[0]
    return Value(
        tuple(
            replace(alt, value=operations.extended(alt.value, addition.value))
            for alt in collected.alternatives
        )
    )


def _laid_over(collected: Value[Any], value: Value[Any], span: Span) -> Value[Any]:
    over = value
    if value.unknown:
        over = Value((*value.alternatives, Alternative(Map({}, value.unknown), span)))
    return combine(libraries.merge_maps, collected, over, span=span)


def _in_place_of(item: Value[Any], value: Value[Any]) -> Value[Any]:
    missing = tuple(alt for alt in item.alternatives if alt.value is None and not alt.written)
    return Value((*value.alternatives, *missing), value.unknown)


def _kept(value: Value[Any], wanted: bool) -> Value[Any]:
    """The possibilities with which `or` (those that may be true) and `and` (those that may be false) stop."""
    kept = value.sometimes(lambda data: operations.truth(data) is not (not wanted))
    return Value(kept, value.unknown)


def _both(left: Condition, right: Condition) -> Condition:
    return Condition(
        conjoin(left.yes, right.yes), tuple(dict.fromkeys((*left.no, *conjoin(left.yes, right.no))))
    )


def _either(left: Condition, right: Condition) -> Condition:
    return Condition(
        tuple(dict.fromkeys((*left.yes, *conjoin(left.no, right.yes)))), conjoin(left.no, right.no)
    )


def _source(node: ast.expr) -> str:
    try:
        return ast.unparse(node)
    except (RecursionError, ValueError):
        return "a condition"


def _is_plain(data: Any) -> bool:
    if isinstance(data, Seq):
        return data.rest is None and all(isinstance(item.only(None), (str, int)) for item in data.items)
    return isinstance(data, str)


def _plain_text(data: Any) -> str:
    """The words of a text or of a list of texts."""
    if isinstance(data, Seq) and _is_plain(data):
        return " ".join(str(item.only("")) for item in data.items)
    return data if isinstance(data, str) else ""


def _has_methods(data: object) -> bool:
    return isinstance(data, (str, bytes, Seq, Map, Namespace)) or data is None


def _are_texts(value: Value[Any]) -> bool:
    return bool(value.alternatives) and all(isinstance(alt.value, (str, bytes)) for alt in value.alternatives)


def _why(value: Value[Any], fallback: str) -> str:
    return value.unknown.because if value.unknown else f"{fallback} from something that is not wholly known"


def changed_roots(node: ast.AST) -> set[str]:
    """The names of what is changed in place anywhere inside: `x.append(…)`, `x["a"] = …`, `x += …`, `del x[…]`."""
    names: set[str] = set()
    for inner in ast.walk(node):
        target: ast.AST | None = None
        if isinstance(inner, ast.Call) and isinstance(inner.func, ast.Attribute):
            target = inner.func.value if libraries.is_mutation(inner.func.attr) else None
        elif isinstance(inner, ast.Subscript) and not isinstance(inner.ctx, ast.Load):
            target = inner.value
        elif isinstance(inner, ast.AugAssign):
            target = inner.target
        while isinstance(target, (ast.Subscript, ast.Attribute, ast.Call)):
            target = target.func if isinstance(target, ast.Call) else target.value
        if isinstance(target, ast.Name):
            names.add(target.id)
    return names


def step_into(node: ast.expr) -> tuple[ast.expr, str] | None:
    """What `x["a"]`, `x.get("a")` and `x.setdefault("a", …)` look into, and the key."""
    key: ast.expr | None = None
    inner: ast.expr | None = None
    if isinstance(node, ast.Subscript):
        key, inner = node.slice, node.value
    elif isinstance(node, ast.Call) and node.args and last_name(node.func) in ("get", "setdefault"):
        key, inner = node.args[0], node.func.value if isinstance(node.func, ast.Attribute) else None
    if inner is not None and isinstance(key, ast.Constant) and isinstance(key.value, str):
        return inner, key.value
    return None


def last_name(node: ast.expr) -> str:
    """`c` of `c`, of `a.b.c`, and of calls of them."""
    if isinstance(node, ast.Call):
        return last_name(node.func)
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else "?"


def _is_generator(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return isinstance(node, ast.AsyncFunctionDef) or any(
        isinstance(inner, (ast.Yield, ast.YieldFrom)) for inner in ast.walk(node)
    )
