"""Evaluates expressions to three-valued values: every branch is kept with its guard, what cannot be known says why."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, cast

from djaws.finding import Span
from djaws.model.terraform import calls
from djaws.model.terraform.algebra import (
    Hole,
    Wrong,
    bind,
    bool_of,
    bounded,
    derived,
    failed,
    guard_of,
    hole,
    is_failed,
    is_missing,
    join,
    lift,
    not_known,
    number_of,
    possible,
    referring,
    same,
    settle,
    shown_at,
    spread,
    subject_of,
    text_of,
    tidy,
    under,
    union,
)
from djaws.model.terraform.scope import Scope
from djaws.model.terraform.syntax import (
    Access,
    Binary,
    Broken,
    Call,
    Conditional,
    ForExpr,
    GetAttr,
    Index,
    Literal,
    Name,
    Node,
    ObjectExpr,
    Splat,
    Step,
    Template,
    TemplateFor,
    TemplateIf,
    TupleExpr,
    Unary,
)
from djaws.model.value import (
    ALWAYS,
    MAX_ALTERNATIVES,
    Alternative,
    Guard,
    Map,
    Reference,
    Seq,
    Unknown,
    Value,
)

#: Beside one step for each byte of the configuration.
SPARE_STEPS = 300_000
MAX_ITEMS = 10_000
_AFTER_APPLY = " is known only after apply"

Cases = tuple[list[tuple[Guard, bool]], Unknown | None]


class Evaluator:
    """Evaluates nodes. One per stack: it counts steps, so that a hostile expression ends as an unknown."""

    def __init__(self) -> None:
        self.steps = 0
        self.allowed_steps = SPARE_STEPS

    def evaluate(self, node: Node, scope: Scope) -> Value[Any]:
        self.steps += 1
        if self.steps > self.allowed_steps:
            return not_known("too much to evaluate", scope.span(node))
        return _EVALUATE[type(node)](self, node, scope)

    # --- literals and containers

    def literal(self, node: Literal, scope: Scope) -> Value[Any]:
        return Value.of(node.value, scope.span(node))

    def broken(self, node: Broken, scope: Scope) -> Value[Any]:
        return not_known(node.because, scope.span(node))

    def listing(self, node: TupleExpr, scope: Scope) -> Value[Any]:
        items = tuple(shown_at(self.evaluate(item, scope), scope.span(item)) for item in node.items)
        return Value.of(Seq(items), scope.span(node))

    def mapping_of(self, node: ObjectExpr, scope: Scope) -> Value[Any]:
        span = scope.span(node)
        objects = _Objects(span)
        for key, value in node.elements:
            at = scope.span(key)
            objects.put(self.key(key, scope), shown_at(self.evaluate(value, scope), at))
        return objects.value()

    def key(self, node: Node, scope: Scope) -> Value[Any]:
        if isinstance(node, Literal) and isinstance(node.value, str):
            return Value.of(node.value, scope.span(node))
        return lift(text_of, (self.evaluate(node, scope),), scope.span(node))

    # --- templates

    def template(self, node: Template, scope: Scope) -> Value[Any]:
        if len(node.parts) == 1 and not isinstance(node.parts[0], TemplateIf | TemplateFor):
            return self.evaluate(node.parts[0], scope)
        return self.text(node, scope)

    def text(self, node: Template, scope: Scope) -> Value[Any]:
        values = [self.evaluate(part, scope) for part in node.parts]
        return calls.concatenated(values, scope.span(node))

    def template_if(self, node: TemplateIf, scope: Scope) -> Value[Any]:
        return self.branch(
            self.cases(node.condition, scope),
            lambda: self.text(node.then, scope),
            lambda: self.text(node.otherwise, scope),
        )

    def template_for(self, node: TemplateFor, scope: Scope) -> Value[Any]:
        span = scope.span(node)

        def loop(data: Any) -> Value[Any]:
            pairs, rest = iterated(data, span)
            values = [
                self.text(node.body, bound(scope, node.key, node.value, key, item)) for key, item in pairs
            ]
            if rest is not None:
                values.append(Value((), rest))
            return calls.concatenated(values, span)

        return bind(anonymous(settle(self.evaluate(node.collection, scope))), loop)

    # --- names and steps

    def name(self, node: Name, scope: Scope) -> Value[Any]:
        return self.named(node, (), scope)[0]

    def access(self, node: Access, scope: Scope) -> Value[Any]:
        if isinstance(node.root, Name):
            value, used = self.named(node.root, node.steps, scope)
            return self.walk(value, node.steps[used:], scope, scope.span(node))
        return self.walk(self.evaluate(node.root, scope), node.steps, scope, scope.span(node))

    def named(self, node: Name, steps: Sequence[Step], scope: Scope) -> tuple[Value[Any], int]:
        span = scope.span(node)
        local = scope.names.get(node.name)
        if local is not None:
            return local, 0
        if scope.is_sealed:
            return failed(f"`{node.name}` is not passed to the template", span), len(steps)
        rest: list[str] = []
        for step in steps:
            if not isinstance(step, GetAttr):
                break
            rest.append(step.name)
        return scope.module.name(node.name, tuple(rest), span)

    def walk(self, value: Value[Any], steps: Sequence[Step], scope: Scope, span: Span) -> Value[Any]:
        for step in steps:
            if isinstance(step, GetAttr):
                value = attribute_of(value, step.name, span)
            elif isinstance(step, Index):
                value = self.index(value, step.key, scope, span)
            else:
                value = self.splat(value, step, scope, span)
        return value

    def index(self, value: Value[Any], key_node: Node, scope: Scope, span: Span) -> Value[Any]:
        key = self.evaluate(key_node, scope)
        results = [
            under(item_of(value, alternative.value, span), alternative.guard)
            for alternative in key.alternatives
        ]
        if key.unknown is not None:
            subject = subject_of(key.unknown) or scope.subject(key_node)
            results.append(chosen(value, key.unknown, subject, span))
        return union(results) if results else failed("an index without a value", span)

    def splat(self, value: Value[Any], step: Splat, scope: Scope, span: Span) -> Value[Any]:
        def each(data: Any) -> Value[Any]:
            if data is None:
                return Value.of(Seq(), span)
            if isinstance(data, Seq):
                items = tuple(shown_at(self.walk(item, step.steps, scope, span), span) for item in data.items)
                return Value.of(Seq(items, data.rest), span)
            alone = Value.of(data, span)
            return Value.of(Seq((self.walk(alone, step.steps, scope, span),)), span)

        known = bind(Value(value.alternatives), each) if value.alternatives else Value()
        if value.unknown is None:
            return known
        rest = self.walk(Value((), value.unknown), step.steps, scope, span)
        return union([known, rest])

    # --- operators

    def unary(self, node: Unary, scope: Scope) -> Value[Any]:
        operand = self.evaluate(node.operand, scope)
        if node.operator == "!":
            return lift(lambda data: not bool_of(data), (operand,), scope.span(node))
        return lift(lambda data: -number_of(data), (operand,), scope.span(node))

    def binary(self, node: Binary, scope: Scope) -> Value[Any]:
        if node.operator in ("&&", "||"):
            return self.logical(node, scope)
        left, right = self.evaluate(node.left, scope), self.evaluate(node.right, scope)
        if node.operator in ("==", "!="):
            return self.equality(node, left, right, scope)
        return lift(_ARITHMETIC[node.operator], (left, right), scope.span(node))

    def logical(self, node: Binary, scope: Scope) -> Value[Any]:
        """Three-valued: one decisive side decides even when the other is unknown."""
        span = scope.span(node)
        decisive = node.operator == "||"
        left = lift(bool_of, (self.evaluate(node.left, scope),), span)
        right = lift(bool_of, (self.evaluate(node.right, scope),), span)
        results: list[Value[Any]] = []
        for alternative in left.alternatives:
            if alternative.value is decisive:
                results.append(Value((alternative,)))
            else:
                results.append(under(referring(right, alternative.references), alternative.guard))
        if left.unknown is not None:
            results.append(Value(right.sometimes(lambda data: data is decisive)))
            if not right.always(lambda data: data is decisive):
                results.append(
                    Value((), join(derived(left.unknown, right.references), derived_or_none(right.unknown)))
                )
        return union(results)

    def equality(self, node: Binary, left: Value[Any], right: Value[Any], scope: Scope) -> Value[Any]:
        span = scope.span(node)
        equal = node.operator == "=="
        left, right = spread(left), spread(right)
        known = lift(
            lambda a, b: same(a, b) is equal, (Value(left.alternatives), Value(right.alternatives)), span
        )
        results = [known]
        if left.unknown is not None and right.unknown is None:
            results.append(split_equality(left.unknown, right, scope.subject(node.left), equal, span))
        elif right.unknown is not None and left.unknown is None:
            results.append(split_equality(right.unknown, left, scope.subject(node.right), equal, span))
        elif left.unknown is not None and right.unknown is not None:
            unknown = join(derived(left.unknown, right.references), derived(right.unknown))
            results.append(Value((), unknown))
        return union(results)

    # --- conditions

    def conditional(self, node: Conditional, scope: Scope) -> Value[Any]:
        value = self.branch(
            self.cases(node.condition, scope),
            lambda: self.evaluate(node.then, scope),
            lambda: self.evaluate(node.otherwise, scope),
        )
        return shown_at(value, scope.span(node)) if len(value.alternatives) == 1 else value

    def branch(
        self, cases: Cases, then: Callable[[], Value[Any]], otherwise: Callable[[], Value[Any]]
    ) -> Value[Any]:
        found, unknown = cases
        made: dict[bool, Value[Any]] = {}
        results = []
        for guard, is_true in found:
            if is_true not in made:
                made[is_true] = then() if is_true else otherwise()
            results.append(under(made[is_true], guard))
        if unknown is not None:
            results.append(Value((), unknown))
        return union(results)

    def cases(self, node: Node, scope: Scope) -> Cases:
        """Both outcomes of a condition with their guards. An unknown one is split on its text, so no branch is lost."""
        if isinstance(node, Unary) and node.operator == "!":
            found, unknown = self.cases(node.operand, scope)
            return [(guard, not is_true) for guard, is_true in found], unknown
        if isinstance(node, Binary) and node.operator in ("&&", "||"):
            return self.logical_cases(node, scope)
        if isinstance(node, Template) and len(node.parts) == 1:
            return self.cases(node.parts[0], scope)
        local = self.local(node, scope)
        if local is not None:
            return self.cases(*local)
        return self.opaque_cases(node, scope)

    def local(self, node: Node, scope: Scope) -> tuple[Node, Scope] | None:
        """The logical expression behind a plain `local.x`; its parts split better than its value would."""
        if not (isinstance(node, Access) and isinstance(node.root, Name) and node.root.name == "local"):
            return None
        if len(node.steps) != 1 or not isinstance(node.steps[0], GetAttr) or "local" in scope.names:
            return None
        found = scope.module.local_expression(node.steps[0].name)
        if found is not None and isinstance(found[0], Binary | Unary) and len(found[0].place.text) < 2000:
            return found if not _mentions_local(found[0]) else None
        return None

    def logical_cases(self, node: Binary, scope: Scope) -> Cases:
        left, unknown = self.cases(node.left, scope)
        decisive = node.operator == "||"
        found = [(guard, decisive) for guard, is_true in left if is_true is decisive]
        others = [guard for guard, is_true in left if is_true is not decisive]
        if others:
            right, right_unknown = self.cases(node.right, scope)
            unknown = join(unknown, right_unknown)
            for guard in others:
                for right_guard, is_true in right:
                    joined = guard & right_guard
                    if joined is not None:
                        found.append((joined, is_true))
        return self.few(list(dict.fromkeys(found)), unknown, node, scope)

    def few(
        self, found: list[tuple[Guard, bool]], unknown: Unknown | None, node: Node, scope: Scope
    ) -> Cases:
        if len(found) <= MAX_ALTERNATIVES:
            return found, unknown
        return self.split_on_text(node, scope, ALWAYS), unknown

    def opaque_cases(self, node: Node, scope: Scope) -> Cases:
        raw = self.evaluate(node, scope)
        value = lift(bool_of, (raw,), scope.span(node))
        found = [(alternative.guard, alternative.value) for alternative in value.alternatives]
        if value.unknown is None or is_failed(value.unknown):
            return found, value.unknown
        subject = subject_of(raw.unknown)
        return found + self.split_on_text(node, scope, guard_of(value.unknown), subject), None

    def split_on_text(
        self, node: Node, scope: Scope, guard: Guard, subject: str = ""
    ) -> list[tuple[Guard, bool]]:
        subject = subject or scope.subject(node)
        pairs = ((Guard.when(subject, outcome) & guard, outcome) for outcome in (True, False))
        return [(joined, outcome) for joined, outcome in pairs if joined is not None]

    # --- comprehensions

    def comprehension(self, node: ForExpr, scope: Scope) -> Value[Any]:
        span = scope.span(node)
        collection = anonymous(settle(self.evaluate(node.collection, scope)))
        known = Value(collection.alternatives)
        form = self.mapping if node.key is not None else self.sequence
        results = [bind(known, lambda data: form(node, data, scope, span))] if known.alternatives else []
        if collection.unknown is not None:
            results.append(self.unknown_comprehension(node, collection.unknown, scope, span))
        return union(results)

    def unknown_comprehension(self, node: ForExpr, unknown: Unknown, scope: Scope, span: Span) -> Value[Any]:
        """An open collection: what one item would refer to stays visible in the graph."""
        inner = bound(scope, node.key_name, node.value_name, *_unknown_pair(unknown))
        sample = self.evaluate(node.value, inner)
        rest = derived(unknown, sample.references)
        if is_failed(unknown):
            return Value((), rest)
        data: Any = Map({}, rest, span) if node.key is not None else Seq((), rest)
        return Value((Alternative(data, span, guard_of(unknown)),))

    def sequence(self, node: ForExpr, data: Any, scope: Scope, span: Span) -> Value[Any]:
        pairs, rest = iterated(data, span)
        sequences = _Sequences(span)
        for key, item in pairs:
            inner = bound(scope, node.key_name, node.value_name, key, item)
            cases, unknown = self.filter(node, inner)
            if not any(is_true for _, is_true in cases):
                rest = join(rest, unknown)
                continue
            value = shown_at(self.evaluate(node.value, inner), span)
            if unknown is not None:
                rest = join(rest, unknown)
            sequences.put(value, cases)
        if rest is not None:
            sequences.open(derived(rest))
        return sequences.value()

    def filter(self, node: ForExpr, scope: Scope) -> Cases:
        return ([(ALWAYS, True)], None) if node.condition is None else self.cases(node.condition, scope)

    def mapping(self, node: ForExpr, data: Any, scope: Scope, span: Span) -> Value[Any]:
        pairs, rest = iterated(data, span)
        objects = _Objects(span, groups=node.groups)
        for key, item in pairs:
            inner = bound(scope, node.key_name, node.value_name, key, item)
            cases, unknown = self.filter(node, inner)
            rest = join(rest, unknown)
            if any(is_true for _, is_true in cases):
                made = self.key(cast(Node, node.key), inner)
                objects.put(made, self.evaluate(node.value, inner), cases)
        if rest is not None:
            objects.open(derived(rest))
        return objects.value()

    # --- calls

    def call(self, node: Call, scope: Scope) -> Value[Any]:
        arguments = [self.evaluate(argument, scope) for argument in node.arguments]
        span = scope.span(node)
        if node.expands and arguments:
            return self.expanded(node, arguments, scope, span)
        return self.apply(node, arguments, scope, span)

    def apply(self, node: Call, arguments: list[Value[Any]], scope: Scope, span: Span) -> Value[Any]:
        if node.name == "templatefile":
            return self.templatefile(arguments, scope, span)
        subjects = [scope.subject(argument) for argument in node.arguments]
        return calls.call(node.name, arguments, subjects, scope, span)

    def expanded(self, node: Call, arguments: list[Value[Any]], scope: Scope, span: Span) -> Value[Any]:
        def spill(data: Any) -> Value[Any]:
            if not isinstance(data, Seq):
                return failed("only a list can be spread over arguments", span)
            if data.rest is None:
                return self.apply(node, [*arguments[:-1], *data.items], scope, span)
            if node.name == "merge":
                beyond: Value[Any] = Value((), derived(data.rest))
                return self.apply(node, [*arguments[:-1], *data.items, beyond], scope, span)
            return Value((), derived(data.rest, _references(arguments)))

        last = arguments[-1]
        results = [bind(Value(last.alternatives), spill)] if last.alternatives else []
        if last.unknown is not None:
            outside: Value[Any] = Value((), derived(last.unknown))
            if node.name in ("merge", "concat"):
                results.append(self.apply(node, [*arguments[:-1], outside], scope, span))
            else:
                results.append(Value((), derived(last.unknown, _references(arguments))))
        return union(results)

    def templatefile(self, arguments: list[Value[Any]], scope: Scope, span: Span) -> Value[Any]:
        if not arguments:
            return failed("templatefile() needs a path", span)
        given = arguments[1] if len(arguments) > 1 else Value.of(Map(), span)

        def render(path: Any) -> Value[Any]:
            text = scope.module.read_file(text_of(path)) if isinstance(path, str) else None
            if text is None:
                return not_known(
                    f"the template {path!s:.200} is not in the repository", span, given.references
                )
            return self.rendered(text, given, scope, span)

        return bind(anonymous(arguments[0]), render)

    def rendered(self, text: str, given: Value[Any], scope: Scope, span: Span) -> Value[Any]:
        """A template's text with its variables put in."""
        node = calls.parsed_template(text)

        def render(variables: Any) -> Value[Any]:
            if not isinstance(variables, Map):
                return not_known("the template's variables are no object", span)
            names = dict(variables.entries)
            if variables.rest is not None:
                for name in calls.free_names(node):
                    names.setdefault(name, Value((), variables.rest))
            inner = Scope(
                scope.module, scope.path, names, f" (template at {span.path}:{span.line})", span, True
            )
            return self.evaluate(node, inner)

        return bind(anonymous(given), render)


def _mentions_local(node: Node) -> bool:
    """Whether following this expression could go round in a circle."""
    if isinstance(node, Binary):
        return _mentions_local(node.left) or _mentions_local(node.right)
    if isinstance(node, Unary):
        return _mentions_local(node.operand)
    return "local." in node.place.text


def _references(values: Iterable[Value[Any]]) -> tuple[Reference, ...]:
    return tuple(reference for value in values for reference in value.references)


def derived_or_none(unknown: Unknown | None) -> Unknown | None:
    return None if unknown is None else derived(unknown)


def anonymous(value: Value[Any]) -> Value[Any]:
    """The value, its unknown without the identity that only the whole had."""
    if value.unknown is None or not isinstance(value.unknown, Hole):
        return value
    return Value(value.alternatives, replace(value.unknown, parts=(), document=None))


_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": lambda a, b: tidy(number_of(a) + number_of(b)),
    "-": lambda a, b: tidy(number_of(a) - number_of(b)),
    "*": lambda a, b: tidy(number_of(a) * number_of(b)),
    "/": lambda a, b: _quotient(number_of(a), number_of(b)),
    "%": lambda a, b: _remainder(number_of(a), number_of(b)),
    "<": lambda a, b: number_of(a) < number_of(b),
    ">": lambda a, b: number_of(a) > number_of(b),
    "<=": lambda a, b: number_of(a) <= number_of(b),
    ">=": lambda a, b: number_of(a) >= number_of(b),
}


def _quotient(left: int | float, right: int | float) -> int | float:
    if not right:
        raise Wrong("division by zero")
    if isinstance(left, int) and isinstance(right, int) and left % right == 0:
        return left // right
    return tidy(left / right)


def _remainder(left: int | float, right: int | float) -> int | float:
    """The sign follows the dividend."""
    if not right:
        raise Wrong("division by zero")
    result = abs(left) % abs(right)
    return tidy(-result if left < 0 else result)


# --- equality with something unknown


def split_equality(unknown: Unknown, known: Value[Any], text: str, equal: bool, span: Span) -> Value[Any]:
    """`var.env == "prod"` is true where var.env is "prod" and false where it is not."""
    if is_failed(unknown):
        return Value((), derived(unknown))
    if any(isinstance(alternative.value, list | dict) for alternative in known.alternatives):
        return Value((), derived(unknown, known.references))
    subject = subject_of(unknown) or text
    found: list[Alternative[Any]] = []
    for alternative in known.alternatives:
        value = guard_value(alternative.value)
        for condition, outcome in (
            (Guard.when(subject, value), equal),
            (Guard.unless(subject, value), not equal),
        ):
            guard = condition & alternative.guard
            guard = guard & guard_of(unknown) if guard is not None else None
            if guard is not None:
                found.append(Alternative(outcome, span, guard, True, unknown.references))
    return bounded(found, None)


def guard_value(data: Any) -> object:
    """A scalar in a guard: numbers as texts, for Python holds 1 and true equal."""
    return text_of(data) if isinstance(data, int | float) and not isinstance(data, bool) else data


# --- steps into data


def attribute_of(value: Value[Any], name: str, span: Span) -> Value[Any]:
    known = (
        bind(Value(value.alternatives), lambda data: _attribute(data, name, span))
        if value.alternatives
        else None
    )
    if value.unknown is None:
        return known if known is not None else failed(f"`{name}` of nothing", span)
    beyond: Value[Any] = Value((), _deeper_attribute(value.unknown, name, span))
    return beyond if known is None else union([known, beyond])


def _attribute(data: Any, name: str, span: Span) -> Value[Any]:
    if isinstance(data, Map):
        return entry_of(data, name, span)
    if isinstance(data, Seq) and name.isdigit():
        return _item(data, int(name), span)
    kind = "null" if data is None else "a list" if isinstance(data, Seq) else "a scalar"
    return failed(f"`{name}` of {kind}", span)


def entry_of(data: Map, key: str, span: Span) -> Value[Any]:
    entry = data.entries.get(key)
    if entry is None:
        if data.rest is None:
            return failed(f"there is no `{key}`", span)
        return Value((), _deeper_attribute(data.rest, key, span))
    if not any(is_missing(alternative) for alternative in entry.alternatives):
        return entry
    found = [Value(tuple(alt for alt in entry.alternatives if not is_missing(alt)), entry.unknown)]
    found += [
        failed(f"there is no `{key}`", span, alt.guard) for alt in entry.alternatives if is_missing(alt)
    ]
    return union(found)


def _deeper_attribute(unknown: Unknown, name: str, span: Span) -> Hole:
    source = hole(unknown)
    subject = f"{source.subject}.{name}" if source.subject else ""
    if source.address:
        edge = Reference(source.address, name)
        because = source.because
        if because.endswith(_AFTER_APPLY):
            because = f"{source.address}.{name}{_AFTER_APPLY}"
        others = tuple(ref for ref in source.references if ref != Reference(source.address))
        return Hole(because, span, (edge, *others), subject=subject, guard=source.guard, failed=source.failed)
    return Hole(
        source.because,
        source.span,
        source.references,
        subject=subject,
        guard=source.guard,
        failed=source.failed,
    )


def item_of(value: Value[Any], key: Any, span: Span) -> Value[Any]:
    known = (
        bind(Value(value.alternatives), lambda data: _indexed(data, key, span))
        if value.alternatives
        else None
    )
    if value.unknown is None:
        return known if known is not None else failed("an index into nothing", span)
    beyond: Value[Any] = Value((), _deeper_item(value.unknown, key))
    return beyond if known is None else union([known, beyond])


def _deeper_item(unknown: Unknown, key: Any) -> Hole:
    source = hole(unknown)
    shown = f'["{key}"]' if isinstance(key, str) else f"[{key}]"
    subject = f"{source.subject}{shown}" if source.subject else ""
    return replace(source, subject=subject, parts=(), document=None)


def _indexed(data: Any, key: Any, span: Span) -> Value[Any]:
    if isinstance(data, Map) and isinstance(key, str | int | float):
        return entry_of(data, text_of(key), span)
    if isinstance(data, Seq):
        try:
            position = number_of(key)
        except Wrong:
            return failed("a list takes whole numbers", span)
        return _item(data, int(position), span)
    return failed("an index into what has no parts", span)


def _item(data: Seq, position: int, span: Span) -> Value[Any]:
    if data.rest is not None:
        return Value((), derived(data.rest, _references(data.items)))
    if not 0 <= position < len(data.items):
        return failed(f"there is no item {position}", span)
    return data.items[position]


def chosen(
    value: Value[Any], key: Unknown, subject: str, span: Span, default: Value[Any] | None = None
) -> Value[Any]:
    """`sizes[var.env]`: one alternative for each key, guarded by it; `default` for all other keys."""
    if is_failed(key):
        return Value((), derived(key))

    def pick(data: Any) -> Value[Any]:
        if not isinstance(data, Map) or data.rest is not None or len(data.entries) >= MAX_ALTERNATIVES:
            return Value((), derived(key, _inside(data)))
        results = [under(entry_of(data, name, span), Guard.when(subject, name)) for name in data.entries]
        if default is not None:
            beyond = Guard.unless(subject, *data.entries) if data.entries else ALWAYS
            results.append(under(default, beyond))
        if not results:
            return failed("an index into nothing", span)
        return referring(under(union(results), guard_of(key)), key.references)

    known = bind(settle(Value(value.alternatives)), pick) if value.alternatives else None
    if value.unknown is None:
        return known if known is not None else failed("an index into nothing", span)
    unknown = join(derived(value.unknown, key.references), derived(key))
    if hole(value.unknown).address:
        unknown = replace(hole(value.unknown), subject="")
    return union([*([known] if known is not None else []), Value((), unknown)])


def _inside(data: Any) -> tuple[Reference, ...]:
    if isinstance(data, Seq):
        return _references(data.items)
    return _references(data.entries.values()) if isinstance(data, Map) and type(data) is Map else ()


# --- iteration


def iterated(data: Any, span: Span) -> tuple[list[tuple[Value[Any], Value[Any]]], Unknown | None]:
    """The keys and values of a collection in Terraform's order, and why there may be more."""
    if isinstance(data, Seq):
        pairs = [(Value.of(index, span), item) for index, item in enumerate(data.items[:MAX_ITEMS])]
        more = Hole("too many items to follow", span) if len(data.items) > MAX_ITEMS else None
        return pairs, join(data.rest, more)
    if isinstance(data, Map):
        return [(Value.of(key, span), data.entries[key]) for key in sorted(data.entries)], data.rest
    return [], Hole("it is no collection", span, failed=True)


def bound(scope: Scope, key_name: str | None, value_name: str, key: Value[Any], item: Value[Any]) -> Scope:
    names = {value_name: item}
    if key_name:
        names[key_name] = key
    return scope.binding(f" ({value_name} #{key.only('?')})", **names)


def _unknown_pair(unknown: Unknown) -> tuple[Value[Any], Value[Any]]:
    item: Value[Any] = Value((), replace(hole(unknown), subject="", parts=(), document=None))
    return Value((), derived(unknown)), item


class _Objects:
    """Builds a map whose keys may be unknown, alternative or conditional."""

    def __init__(self, span: Span, groups: bool = False) -> None:
        self.span = span
        self.groups = groups
        self.entries: dict[str, Value[Any]] = {}
        self.grouped: dict[str, list[Value[Any]]] = {}
        self.rest: Unknown | None = None

    def open(self, unknown: Unknown) -> None:
        self.rest = join(self.rest, unknown)

    def put(self, key: Value[Any], value: Value[Any], cases: list[tuple[Guard, bool]] | None = None) -> None:
        if key.unknown is not None:
            self.open(derived(key.unknown, value.references))
        if cases is None and len(key.alternatives) == 1 and not key.alternatives[0].guard:
            self.certain(key.alternatives[0].value, value)
            return
        for alternative in key.alternatives:
            self.conditional(alternative, value, key, cases or [(ALWAYS, True)])

    def certain(self, key: str, value: Value[Any]) -> None:
        if self.groups:
            self.grouped.setdefault(key, []).append(value)
        else:
            self.entries[key] = value

    def conditional(
        self,
        chosen_key: Alternative[Any],
        value: Value[Any],
        key: Value[Any],
        cases: list[tuple[Guard, bool]],
    ) -> None:
        present: list[Value[Any]] = []
        absent: list[Value[Any]] = []
        nothing = Value((Alternative(None, self.span, written=False),))
        others = [alt for alt in key.alternatives if alt is not chosen_key and alt.value != chosen_key.value]
        for guard, is_true in cases:
            joined = guard & chosen_key.guard
            if joined is not None:
                (present if is_true else absent).append(under(value if is_true else nothing, joined))
        absent += [under(nothing, other.guard) for other in others]
        if not present:
            return
        if not absent and len(present) == 1 and not key.unknown:
            self.certain(chosen_key.value, present[0])
        elif self.groups:
            self.open(Hole("grouped under a condition", self.span, value.references))
        else:
            before = [self.entries[chosen_key.value]] if chosen_key.value in self.entries else []
            self.entries[chosen_key.value] = _laid_over(before, present, absent)

    def value(self) -> Value[Any]:
        if len(self.entries) > MAX_ITEMS:
            return not_known("a collection too large to follow", self.span)
        for key, values in self.grouped.items():
            self.entries[key] = Value.of(Seq(tuple(values), self.rest), self.span)
        return Value.of(Map(MappingProxyType(self.entries), self.rest, self.span), self.span)


def _laid_over(before: list[Value[Any]], present: list[Value[Any]], absent: list[Value[Any]]) -> Value[Any]:
    """What an entry is after a conditional assignment: where that does not happen, what was there before."""
    if not before:
        return union([*present, *absent])
    kept = [under(before[0], alternative.guard) for value in absent for alternative in value.alternatives]
    return union([*present, *kept])


class _Sequences:
    """Builds a list whose items may be conditional: one alternative for each combination that can occur."""

    def __init__(self, span: Span) -> None:
        self.span = span
        self.branches: list[tuple[Guard, list[Value[Any]]]] = [(ALWAYS, [])]
        self.rest: Unknown | None = None

    def open(self, unknown: Unknown) -> None:
        self.rest = join(self.rest, unknown)

    def put(self, value: Value[Any], cases: list[tuple[Guard, bool]]) -> None:
        if len(cases) == 1 and cases[0] == (ALWAYS, True):
            for _, items in self.branches:
                items.append(value)
            return
        grown: list[tuple[Guard, list[Value[Any]]]] = []
        for guard, items in self.branches:
            for condition, is_true in cases:
                joined = guard & condition
                if joined is not None:
                    grown.append((joined, [*items, possible(value, joined)] if is_true else list(items)))
        if len(grown) > MAX_ALTERNATIVES:
            self.open(Hole(f"more than {MAX_ALTERNATIVES} possible lists", self.span, value.references))
        else:
            self.branches = grown

    def value(self) -> Value[Any]:
        alternatives = [
            Alternative(Seq(tuple(items), self.rest), self.span, guard) for guard, items in self.branches
        ]
        return bounded(alternatives, None)


_EVALUATE: dict[type[Node], Callable[[Evaluator, Any, Scope], Value[Any]]] = {
    Literal: Evaluator.literal,
    Broken: Evaluator.broken,
    TupleExpr: Evaluator.listing,
    ObjectExpr: Evaluator.mapping_of,
    Template: Evaluator.template,
    TemplateIf: Evaluator.template_if,
    TemplateFor: Evaluator.template_for,
    Name: Evaluator.name,
    Access: Evaluator.access,
    Unary: Evaluator.unary,
    Binary: Evaluator.binary,
    Conditional: Evaluator.conditional,
    ForExpr: Evaluator.comprehension,
    Call: Evaluator.call,
}
