"""Hostile configurations end as unknowns, soon, and never by an exception."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from terraform_text import flat

from djaws.model.cloud import Stack, references_in

Evaluate = Callable[..., Stack]
Output = Callable[..., Any]


def chain(count: int, step: str) -> str:
    lines = "\n".join(f"  l{n} = {step.replace('@', f'local.l{n - 1}')}" for n in range(1, count))
    return f'locals {{\n  l0 = "x"\n{lines}\n}}\n'


@pytest.mark.parametrize(
    "step", ['"${@}${@}"', "[@, @]", "{ a = @, b = @ }", 'format("%s%s", @, @)', "jsonencode([@, @])"]
)
def test_doubling_values_end_as_too_large(evaluate: Evaluate, step: str) -> None:
    stack = evaluate(chain(60, step) + 'output "x" {\n  value = local.l59\n}\n')
    assert len(str(flat(stack.outputs["x"]))) < 1_000_000
    list(references_in(stack.outputs["x"]))


def test_long_chains_of_locals_are_followed_or_unknown(evaluate: Evaluate) -> None:
    stack = evaluate(
        chain(3000, '"${@}"')
        + 'output "x" {\n  value = local.l2999\n}\noutput "y" {\n  value = local.l10\n}\n'
    )
    assert flat(stack.outputs["y"]) == "x"


def test_deep_nesting_is_followed_or_unknown(output: Output) -> None:
    assert output("[" * 400 + "]" * 400).span.line == 2
    assert output("(" * 400 + "1" + ")" * 400) is not None
    assert output("!" * 400 + "true") is not None


def test_templates_nested_beyond_the_grammar_are_refused(evaluate: Evaluate) -> None:
    nested = '"${' * 200 + "1" + '}"' * 200
    evaluate(f"locals {{\n  x = {nested}\n}}\n")


def test_nested_conditions_do_not_explode(output: Output) -> None:
    expression = "1"
    for n in range(60):
        expression = f"(var.a{n % 7} == {n} ? {expression} : {n})"
    variables = "".join(f'variable "a{n}" {{}}\n' for n in range(7))
    assert output(expression, variables) is not None


def test_wide_concatenations_of_alternatives_do_not_explode(output: Output) -> None:
    variables = "".join(f'variable "a{n}" {{}}\n' for n in range(30))
    parts = "".join(f'${{var.a{n} == "x" ? 1 : 2}}' for n in range(30))
    assert not output(f'"{parts}"', variables).is_known


def test_huge_counts_are_analysed_once(evaluate: Evaluate) -> None:
    stack = evaluate(
        'resource "aws_eip" "e" {\n  count = 1000000000\n}\nresource "aws_eip" "f" {\n  for_each = toset(range(100000000))\n}\n'
    )
    assert [(r.address, r.uncertain is not None) for r in stack.resources] == [
        ("aws_eip.e", True),
        ("aws_eip.f", True),
    ]


def test_modules_that_multiply_end(evaluate: Evaluate) -> None:
    files = {
        f"m{n}/main.tf": "".join(f'module "c{i}" {{\n  source = "../m{n + 1}"\n}}\n' for i in range(4))
        for n in range(12)
    }
    files["m12/main.tf"] = 'resource "aws_eip" "e" {}\n'
    stack = evaluate(files)
    assert any(unresolved.because == "too many modules to follow" for unresolved in stack.unresolved)


def test_huge_numbers_and_patterns_are_unknown(output: Output) -> None:
    for expression in (
        "pow(10, 100000)",
        "1e300 * 1e300 * 1e300 * 1e300 * 1e300",
        'format("%999999999d", 1)',
        'regex("(a+)+$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!")',
        "range(100000000)",
        "setproduct(range(5000), range(5000))",
    ):
        assert not output(expression).alternatives, expression


def test_nested_comprehensions_run_out_of_steps(output: Output) -> None:
    assert output("[for a in range(3000) : [for b in range(3000) : [for c in range(3000) : c]]]") is not None


def test_files_outside_the_tree_are_never_read(output: Output) -> None:
    for path in ("/etc/passwd", "../../../../../../etc/passwd", "~/.aws/credentials"):
        assert not output(f'file("{path}")').alternatives
        assert not output(f'templatefile("{path}", {{}})').alternatives
