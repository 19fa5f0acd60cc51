"""What must hold whatever the input: nothing raises, nothing unknown becomes certain, no branch is lost."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from terraform_text import flat, tree_of

from djaws.finding import Span
from djaws.model.cloud import Stack, references_in
from djaws.model.terraform import load
from djaws.model.terraform.algebra import Hole, combinations, lift, settled, spread, union
from djaws.model.terraform.calls import merged
from djaws.model.terraform.document import document
from djaws.model.value import ALWAYS, Alternative, Guard, Map, Value

SPAN = Span("x.tf", 1)
FEW = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])

SEED = """
variable "a" {}
variable "b" {
  type    = map(object({ n = optional(number, 1) }))
  default = { x = {} }
}
locals {
  l = merge(var.a, { k = "v-${var.a}" }, [for i, v in var.b : { (i) = v.n } if v.n > 0]...)
  t = <<-EOT
    %{ for k, v in var.b ~}
    ${k}=${v.n}
    %{ endfor ~}
  EOT
  c = var.a == "x" ? [1, "2"] : [for s in [1, 2] : s * 2 if s != 1]
}
resource "aws_x" "y" {
  for_each = { for k, v in var.b : k => v if local.c[0] == 1 }
  name     = lookup(local.l, each.key, jsonencode(local.c))
  dynamic "block" {
    for_each = var.a
    content {
      z = block.value[*].q[0]
    }
  }
}
resource "aws_x" "z" {
  count = length(aws_x.y) - 1
  other = try(aws_x.y["x"].name, -count.index % 3, null)
}
output "o" {
  value = element(concat(aws_x.z[*].other, [local.t]), 5)
}
"""
PIECES = [line for line in SEED.splitlines() if line.strip()]
TOKENS = [
    *(
        '"',
        "${",
        "}",
        "{",
        "[",
        "]",
        "(",
        ")",
        "%{if a}",
        "%{endif}",
        "<<EOT\n",
        "EOT\n",
        "...",
        "?",
        ":",
        "=",
        "*",
        ".",
        ",",
        "!",
        "null",
        "-",
    ),
    *(
        "var.a",
        "local.l",
        "each.key",
        "for x in ",
        "aws_x.y",
        "1e999",
        "\\u12",
        "\0",
        "é",
        "\r\n",
        "/*",
        "#",
        "count",
        "merge(",
        "data.",
    ),
]


def stacks_of(files: dict[str, str]) -> tuple[Stack, ...]:
    with tempfile.TemporaryDirectory() as folder:
        found, _ = load(tree_of(Path(folder), files))
        return found


def walk(stack: Stack) -> None:
    """Everything a policy could look at."""
    for resource in stack.resources:
        flat(resource.body)
        flat(resource.meta)
        for name in resource.body.entries:
            document(resource.attr(name))
        list(references_in(resource.body))
    for provider in stack.providers:
        flat(provider.body)
    for value in (*stack.parameters.values(), *stack.outputs.values()):
        flat(value)


@st.composite
def mutated(draw: st.DrawFn) -> str:
    text = SEED
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(text)))
        cut = draw(st.integers(0, 12))
        put = draw(st.sampled_from([*TOKENS, *PIECES, ""]))
        text = text[:at] + put + text[at + cut :]
    return text


@FEW
@given(mutated())
def test_evaluation_never_raises_on_mutated_configuration(text: str) -> None:
    for stack in stacks_of({"main.tf": text}):
        walk(stack)


@FEW
@given(st.lists(st.sampled_from(TOKENS), max_size=14).map("".join))
def test_evaluation_never_raises_on_any_expression(expression: str) -> None:
    for stack in stacks_of(
        {"main.tf": f'output "x" {{\n  value = {expression}\n}}\nresource "a" "b" {{}}\n'}
    ):
        walk(stack)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.sampled_from(["x", "${var.a}", "%{if}", "${", "aws.x", "a.b"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "resource",
                    "module",
                    "variable",
                    "source",
                    "for_each",
                    "count",
                    "dynamic",
                    "content",
                    "a",
                    "provider",
                    "locals",
                    "type",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=25,
)


@FEW
@given(JSON)
def test_evaluation_never_raises_on_any_json(data: Any) -> None:
    import json

    for stack in stacks_of(
        {"main.tf.json": json.dumps({"resource": data, "module": data, "variable": data, "provider": data})}
    ):
        walk(stack)


# --- unknown in, unknown out

KNOWN = ["1", '"a"', "true", "null", "[1, 2]", '{ a = 1, b = "c" }', "[]", "{}", '"prod"', '["prod", "x"]']
SHAPES = [
    "merge({}, <x>)",
    "<x> == <y>",
    "<x> ? <y> : 5",
    "[<x>, <y>]",
    "{ k = <x> }",
    '"pre-${<x>}-post"',
    "try(<x>.a, <y>)",
    "coalesce(<x>, <y>)",
    "concat(<x>, [1])",
    "[for v in <x> : v]",
    "{ for k, v in <x> : k => <y> }",
    "length(<x>)",
    "lookup(<x>, <y>, 0)",
    "contains([1, <x>], <y>)",
    "jsonencode({ a = <x> })",
    "flatten([<x>, [<y>]])",
    "<x>[<y>]",
    "!<x> || <y>",
    "<x> && <y>",
    "keys(merge(<x>, { q = <y> }))",
    'join(",", [<x>, <y>])',
    "element([<x>, <y>], 1)",
    "one([<x>])",
    "toset([<x>, <y>])",
    "zipmap([<x>], [<y>])",
    "can(<x>.a)",
    "<x> + <y>",
    "compact([<x>, <y>])",
    "slice(<x>, 0, 1)",
    'format("%s", <x>)',
]


def holds(value: Value[Any], data: Any) -> bool:
    """Whether the value allows for being exactly `data`."""
    if value.unknown is not None:
        return True
    return any(alternative_holds(alternative.value, data) for alternative in value.alternatives)


def alternative_holds(mine: Any, data: Any) -> bool:
    if isinstance(mine, Map):
        if not isinstance(data, Map):
            return False
        if not all(holds(mine.get(key), entry.only(None)) for key, entry in data.entries.items()):
            return False
        missing = [key for key in mine.entries if key not in data.entries]
        return all(holds(mine.get(key), None) for key in missing)
    if hasattr(mine, "items") and hasattr(data, "items"):
        if mine.rest is None and len(mine.items) != len(data.items):
            return False
        if mine.rest is not None:
            return True
        return all(holds(left, right.only(None)) for left, right in zip(mine.items, data.items, strict=True))
    return type(mine) is type(data) and mine == data


@st.composite
def nested(draw: st.DrawFn, depth: int = 2) -> str:
    """A shape whose holes are inputs, literals or shapes again."""
    shape = draw(st.sampled_from(SHAPES))
    for hole in ("<x>", "<y>"):
        choices = st.sampled_from([hole, "<x>", *KNOWN])
        inner = draw(nested(depth - 1) | choices if depth > 1 else choices)
        shape = shape.replace(hole, f"({inner})".replace("<", "{{").replace(">", "}}"))
    return shape.replace("{{", "<").replace("}}", ">")


@FEW
@given(nested(), st.sampled_from(KNOWN), st.sampled_from(KNOWN), st.booleans())
def test_an_unknown_input_gives_a_value_that_holds_whatever_the_unknown_is(
    shape: str, x: str, y: str, both: bool
) -> None:
    known = shape.replace("<x>", x).replace("<y>", y)
    open_ = shape.replace("<x>", "var.x").replace("<y>", "var.y" if both else y)
    text = f'variable "x" {{}}\nvariable "y" {{}}\noutput "k" {{\n  value = {known}\n}}\noutput "o" {{\n  value = {open_}\n}}\n'
    (stack,) = stacks_of({"main.tf": text})
    certain, uncertain = stack.outputs.get("k"), stack.outputs.get("o")
    if (
        certain is None
        or uncertain is None
        or "Ellipsis" in str(flat(certain))
        or len(certain.alternatives) != 1
    ):
        return
    assert holds(uncertain, certain.alternatives[0].value), (known, open_, flat(certain), flat(uncertain))


# --- algebra

GUARDS = st.sampled_from(
    [ALWAYS, Guard.when("e", "a"), Guard.when("e", "b"), Guard.unless("e", "a"), Guard.when("f", True)]
)
SCALARS = st.sampled_from([1, "x", True, None])
UNKNOWNS = st.none() | st.sampled_from([Hole("because", SPAN), Hole("other", SPAN)])
ALTERNATIVES = st.builds(lambda value, guard: Alternative(value, SPAN, guard), SCALARS, GUARDS)
VALUES = st.builds(
    lambda alternatives, unknown: Value(tuple(alternatives), unknown),
    st.lists(ALTERNATIVES, min_size=1, max_size=3),
    UNKNOWNS,
)
MISSING = st.just(Value((Alternative(None, SPAN, written=False),)))
MAPS = st.builds(
    lambda entries, rest: Map(entries, rest, SPAN),
    st.dictionaries(st.sampled_from("abc"), VALUES | MISSING, max_size=3),
    UNKNOWNS,
)


def shape_of(data: Map) -> Any:
    return (
        {
            key: (
                {
                    (str(alt.guard), repr(alt.value))
                    for alt in value.alternatives
                    if alt.value is not None or alt.written
                },
                value.is_known,
            )
            for key, value in data.entries.items()
        },
        data.rest is None,
    )


@given(MAPS, MAPS, MAPS)
def test_merging_is_associative(a: Map, b: Map, c: Map) -> None:
    left = merged([merged([a, b], SPAN), c], SPAN)
    right = merged([a, merged([b, c], SPAN)], SPAN)
    assert shape_of(left) == shape_of(right) == shape_of(merged([a, b, c], SPAN))


@given(st.lists(VALUES, min_size=1, max_size=3))
def test_lifting_loses_no_compatible_combination(values: list[Value[Any]]) -> None:
    found = lift(lambda *data: repr(data), values, SPAN)
    expected = {(guard, repr(chosen)) for guard, chosen, _ in combinations(values)[0]}
    assert {(alt.guard, alt.value) for alt in found.alternatives} == expected
    assert found.is_known == all(value.is_known for value in values)


@given(st.lists(VALUES, min_size=1, max_size=4))
def test_a_union_holds_every_possibility_of_its_parts(values: list[Value[Any]]) -> None:
    found = union(values)
    keys = {(type(alt.value), alt.value, alt.guard) for alt in found.alternatives}
    assert keys == {(type(alt.value), alt.value, alt.guard) for value in values for alt in value.alternatives}
    assert found.is_known == all(value.is_known for value in values)


@given(MAPS)
def test_settling_keeps_every_entry_on_some_branch(data: Map) -> None:
    branches, cut = settled(data)
    assert not cut
    seen = {key for _, branch in branches for key in branch.entries}
    certain = {
        key for key, entry in data.entries.items() if entry.sometimes(lambda value: True) or entry.unknown
    }
    assert {
        key for key in certain if not data.entries[key].is_absent or data.entries[key].alternatives[0].written
    } <= seen


@given(MAPS)
def test_spreading_an_open_map_is_unknown(data: Map) -> None:
    assert (
        spread(Value.of(data, SPAN)).is_known
        or data.rest is not None
        or any(not e.is_known for e in data.entries.values())
    )
