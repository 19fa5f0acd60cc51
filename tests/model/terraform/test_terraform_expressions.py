"""Expressions: what they evaluate to, and what stays unknown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from terraform_text import flat

from djaws.model.terraform.document import document
from djaws.model.value import Guard, Map, Value

Output = Callable[..., Value[Any]]

NO_DEFAULT = 'variable "x" {}\nvariable "env" {}\nvariable "list" {}\nvariable "map" {}\n'


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("7 / 2", 3.5),
        ("8 / 2", 4),
        ("-7 % 3", -1),
        ('"a" == "a"', True),
        ('1 == "1"', False),
        ("true == 1", False),
        ("null == null", True),
        ("[1, 2] == [1, 2]", True),
        ("true ? 1 : 2", 1),
        ('false ? 1 : false ? 2 : "three"', "three"),
        ("!true || true && false", False),
        ('"a-${1 + 1}-${true}-${1.5}"', "a-2-true-1.5"),
        (r'"tab\t $${kept} %%{kept} \u00e9"', "tab\t ${kept} %{kept} é"),
        ('"${[1, 2]}"', [1, 2]),
        ('"%{ if 1 == 1 }yes%{ else }no%{ endif }"', "yes"),
        ('"%{ for i, s in ["a", "b"] }${i}${s},%{ endfor }"', "0a,1b,"),
        ('"a ${~ "b" ~} c"', "abc"),
        ('[for s in ["a", "b"] : upper(s)]', ["A", "B"]),
        ("{for k, v in {a = 1, b = 2} : k => v * 2 if v > 1}", {"b": 4}),
        ('{for s in ["ab", "ac", "b"] : substr(s, 0, 1) => s...}', {"a": ["ab", "ac"], "b": ["b"]}),
        ("[for k, v in {b = 1, a = 2} : k]", ["a", "b"]),
        ("[{a = 1}, {a = 2}][*].a", [1, 2]),
        ("[{a = [1]}, {a = [2]}].*.a[0]", [1]),
        ("{a = 1}[*].a", [1]),
        ("null[*]", []),
        ("{a = {b = [10, 20]}}.a.b[1]", 20),
        ('{"k 1" = 1, (upper("b")) : 2}', {"k 1": 1, "B": 2}),
        ("[1, 2, 3][0]", 1),
    ],
)
def test_known_expressions_have_terraforms_value(output: Output, expression: str, expected: Any) -> None:
    assert flat(output(expression)) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("merge({a = 1, b = 1}, {b = 2}, null)", {"a": 1, "b": 2}),
        ('lookup({a = 1}, "b", 9)', 9),
        ("concat([1], [2, 3])", [1, 2, 3]),
        ("flatten([[1, [2]], [], 3])", [1, 2, 3]),
        ("keys({b = 1, a = 2})", ["a", "b"]),
        ("values({b = 1, a = 2})", [2, 1]),
        ('zipmap(["a", "b"], [1, 2])', {"a": 1, "b": 2}),
        ("element([1, 2, 3], 4)", 2),
        ("length([1, 2])", 2),
        ('length("abc")', 3),
        ('contains(["a"], "a")', True),
        ('coalesce(null, "", "x")', "x"),
        ("try({}.a, 5)", 5),
        ("try([][0], {}.b, 6)", 6),
        ("can({}.a)", False),
        ("can({a = 1}.a)", True),
        ('toset(["b", "a", "b"])', ["a", "b"]),
        ('tomap({a = 1, b = "x"})', {"a": "1", "b": "x"}),
        ('format("%s-%03d-%v-%q", "a", 7, true, "q")', 'a-007-true-"q"'),
        ('formatlist("%s!", ["a", "b"])', ["a!", "b!"]),
        ('join("-", ["a", 1])', "a-1"),
        ('split(",", "a,b")', ["a", "b"]),
        ('replace("a.b.c", ".", "-")', "a-b-c"),
        ('replace("abc123", "/[0-9]+/", "#")', "abc#"),
        ('replace("a-b", "/(\\\\w)-(\\\\w)/", "$2-$1")', "b-a"),
        ('regex("[a-z]+", "12ab")', "ab"),
        ('jsonencode({b = [1, null, "<"], a = true})', '{"a":true,"b":[1,null,"\\u003c"]}'),
        ('jsondecode("{\\"a\\": [1, 2.0]}")', {"a": [1, 2]}),
        ('yamldecode("a: [1, x]")', {"a": [1, "x"]}),
        ('cidrsubnet("10.0.0.0/16", 8, 2)', "10.0.2.0/24"),
        ('cidrhost("10.0.0.0/24", -1)', "10.0.0.255"),
        ('cidrsubnets("10.1.0.0/16", 4, 4, 8)', ["10.1.0.0/20", "10.1.16.0/20", "10.1.32.0/24"]),
        ('setproduct(["a"], ["x", "y"])', [["a", "x"], ["a", "y"]]),
        ('sort(["b", "a"])', ["a", "b"]),
        ("range(1, 7, 3)", [1, 4]),
        ("slice([1, 2, 3], 1, 3)", [2, 3]),
        ("distinct([1, 1, 2])", [1, 2]),
        ('compact(["a", "", null])', ["a"]),
        ("one([])", None),
        ("max(1, 5, 3)", 5),
        ("sum([1, 2.5])", 3.5),
        ('trimprefix("v1", "v")', "1"),
        ('base64encode("hi")', "aGk="),
        ('md5("a")', "0cc175b9c0f1b6a831c399e269772661"),
        ('basename("a/b.txt")', "b.txt"),
        ('dirname("a/b.txt")', "a"),
        ("merge([{a = 1}, {b = 2}]...)", {"a": 1, "b": 2}),
        ("sensitive(5)", 5),
        ("alltrue([true, true])", True),
        ('title("hello world")', "Hello World"),
        ("chunklist([1, 2, 3], 2)", [[1, 2], [3]]),
        ('transpose({a = ["x"], b = ["x"]})', {"x": ["a", "b"]}),
        ('startswith("abc", "ab")', True),
        ('tonumber("5")', 5),
        ("tostring(5)", "5"),
    ],
)
def test_known_function_calls_have_terraforms_value(output: Output, expression: str, expected: Any) -> None:
    assert flat(output(expression)) == expected


@pytest.mark.parametrize(
    "expression",
    [
        "timestamp()",
        "uuid()",
        "nosuch(1)",
        "provider::aws::arn_parse(1)",
        "abspath(path.module)",
        'pathexpand("~")',
        "path.cwd",
        "self.id",
        "{}.a",
        "[][1]",
        "1 / 0",
    ],
)
def test_what_is_not_computed_is_unknown_with_a_reason(output: Output, expression: str) -> None:
    value = output(expression)
    assert value.alternatives == ()
    assert value.unknown is not None
    assert value.unknown.because


def test_a_variable_without_default_is_unknown_and_points_at_its_block(output: Output) -> None:
    unknown = output("var.x", NO_DEFAULT).unknown
    assert unknown is not None
    assert (unknown.because, unknown.span.line) == ("var.x has no default", 4)
    assert [reference.address for reference in unknown.references] == ["var.x"]


def test_merge_with_an_unknown_map_is_open_and_keeps_what_is_laid_over_it(output: Output) -> None:
    data = output("merge(var.map, {a = 1})", NO_DEFAULT).only(None)
    assert isinstance(data, Map)
    assert data.rest is not None
    assert data.get("a").only(None) == 1
    assert not data.get("b").is_known


def test_merge_under_an_unknown_map_may_be_overridden(output: Output) -> None:
    data = output("merge({a = 1}, var.map)", NO_DEFAULT).only(None)
    assert isinstance(data, Map)
    assert flat(data.get("a")) == {"": 1, "?": ...}


def test_an_explicit_null_in_merge_replaces_what_was_there(output: Output) -> None:
    assert flat(output("merge({a = 1}, {a = null})")) == {"a": None}


def test_equality_with_an_unknown_splits_on_it(output: Output) -> None:
    value = output('var.env == "prod"', NO_DEFAULT)
    assert flat(value) == {'var.env is "prod"': True, 'var.env is not "prod"': False}


def test_conditionals_on_an_unknown_keep_both_branches_with_their_guard(output: Output) -> None:
    value = output('var.env == "prod" ? 7 : 0', NO_DEFAULT)
    assert [(alt.value, alt.guard) for alt in value.alternatives] == [
        (7, Guard.when("var.env", "prod")),
        (0, Guard.unless("var.env", "prod")),
    ]
    assert value.is_known


def test_a_ladder_of_conditionals_leaves_no_impossible_branch(output: Output) -> None:
    value = output('var.env == "prod" ? 1 : var.env == "prod" ? 2 : 3', NO_DEFAULT)
    assert [alt.value for alt in value.alternatives] == [1, 3]


def test_or_and_not_in_conditions_are_split_on_their_parts(output: Output) -> None:
    value = output('!(var.env == "a" || var.env == "b") ? "other" : "known"', NO_DEFAULT)
    assert flat(value) == {
        'var.env is "a"': "known",
        'var.env is "b"': "known",
        'var.env is not "a" or "b"': "other",
    }


def test_an_opaque_condition_is_its_text_true_or_false(output: Output) -> None:
    value = output("length(var.list) > 3 ? 1 : 2", NO_DEFAULT)
    assert flat(value) == {"length(var.list) > 3": 1, "not (length(var.list) > 3)": 2}


def test_two_values_on_the_same_opaque_condition_never_combine_impossibly(output: Output) -> None:
    more = NO_DEFAULT + "locals {\n  big = length(var.list) > 3\n}\n"
    value = output('"${local.big ? "a" : "b"}${local.big ? 1 : 2}"', more)
    assert sorted(alt.value for alt in value.alternatives) == ["a1", "b2"]


def test_a_condition_in_a_local_is_split_like_one_in_place(output: Output) -> None:
    more = NO_DEFAULT + 'locals {\n  prod = var.env == "prod" && var.x\n}\n'
    value = output("local.prod ? 1 : 2", more)
    assert flat(value) == {
        'var.env is "prod" and var.x': 1,
        'not (var.x) and var.env is "prod"': 2,
        'var.env is not "prod"': 2,
    } or flat(value) == {
        'var.env is "prod" and var.x': 1,
        'var.env is "prod" and not (var.x)': 2,
        'var.env is not "prod"': 2,
    }


def test_an_unknown_bool_as_a_value_stays_unknown(output: Output) -> None:
    assert flat(output("!var.x", NO_DEFAULT)) is ...
    assert flat(output("var.x && var.env", NO_DEFAULT)) is ...


def test_one_decisive_side_decides_whatever_the_other_is(output: Output) -> None:
    assert flat(output("var.x && false", NO_DEFAULT)) is False
    assert flat(output("true || var.x", NO_DEFAULT)) is True
    assert flat(output("false || var.x", NO_DEFAULT)) is ...


def test_an_index_by_an_unknown_key_has_one_alternative_for_each_key(output: Output) -> None:
    value = output("{dev = 1, prod = 2}[var.env]", NO_DEFAULT)
    assert flat(value) == {'var.env is "dev"': 1, 'var.env is "prod"': 2}


def test_lookup_by_workspace_has_the_default_for_all_others(output: Output) -> None:
    value = output("lookup({prod = 2}, terraform.workspace, 1)")
    assert flat(value) == {'terraform.workspace is "prod"': 2, 'terraform.workspace is not "prod"': 1}


def test_contains_with_an_unknown_item_is_split_on_it(output: Output) -> None:
    value = output('contains(["a", "b"], var.env) ? 1 : 0', NO_DEFAULT)
    assert flat(value) == {'var.env is "a"': 1, 'var.env is "b"': 1, 'var.env is not "a" or "b"': 0}


def test_try_keeps_an_unknown_attempt_unknown(output: Output) -> None:
    assert flat(output("try(var.x.y, 1)", NO_DEFAULT)) is ...


def test_try_falls_back_only_on_the_branch_that_fails(output: Output) -> None:
    value = output('try((var.env == "prod" ? {a = 1} : {}).a, 2)', NO_DEFAULT)
    assert flat(value) == {'var.env is "prod"': 1, 'var.env is not "prod"': 2}


def test_coalesce_past_something_unknown_is_unknown(output: Output) -> None:
    assert flat(output('coalesce(var.x, "b")', NO_DEFAULT)) is ...
    assert flat(output('coalesce("a", var.x)', NO_DEFAULT)) == "a"


def test_the_known_parts_of_a_text_stay_readable(output: Output) -> None:
    unknown = output('"s3://${var.x}/media"', NO_DEFAULT).unknown
    assert unknown is not None
    assert unknown.parts == ("s3://", None, "/media")


def test_known_parts_grow_together_through_locals_format_and_join(output: Output) -> None:
    more = NO_DEFAULT + 'locals {\n  base = "s3://${var.x}"\n}\n'
    for expression in (
        '"${local.base}/a/${"b"}"',
        'format("%s/a/%s", local.base, "b")',
        'join("/", [local.base, "a", "b"])',
    ):
        unknown = output(expression, more).unknown
        assert unknown is not None
        assert unknown.parts == ("s3://", None, "/a/b"), expression


def test_a_comprehension_over_something_unknown_is_open(output: Output) -> None:
    assert flat(output("[for s in var.list : s.id]", NO_DEFAULT)) == [...]
    assert flat(output("{for s in var.list : s => 1}", NO_DEFAULT)) == {"*": ...}


def test_a_filter_that_cannot_be_decided_keeps_both_lists(output: Output) -> None:
    value = output('[for s in ["a", "b"] : s if s != var.env]', NO_DEFAULT)
    assert flat(value) == {
        'var.env is not "a" or "b"': ["a", "b"],
        'var.env is "b"': ["a"],
        'var.env is "a"': ["b"],
    }


def test_an_unknown_key_leaves_an_object_open(output: Output) -> None:
    assert flat(output("{(var.x) = 1, b = 2}", NO_DEFAULT)) == {"b": 2, "*": ...}


def test_length_of_what_is_open_is_unknown(output: Output) -> None:
    assert flat(output("length(concat(var.list, [1]))", NO_DEFAULT)) is ...


def test_a_slice_of_an_unknown_list_has_a_certain_length(output: Output) -> None:
    assert flat(output("length(slice(var.list, 0, 3))", NO_DEFAULT)) == 3


def test_a_local_that_refers_to_itself_is_unknown(output: Output) -> None:
    more = "locals {\n  a = local.b\n  b = [local.a]\n}\n"
    assert not output("local.a", more).alternatives or flat(output("local.a", more)) == [...]


def test_heredocs_lose_their_common_indentation(output: Output) -> None:
    value = output("<<-EOT\n    a\n      b ${1}\n\n    %{ if true ~}\n    c\n    %{ endif ~}\n  EOT\n")
    assert value.only(None) == "a\n  b 1\n\n    c\n"


def test_a_heredoc_with_an_escaped_interpolation_keeps_it(output: Output) -> None:
    assert output("<<EOT\n$${x} \\n\nEOT\n").only(None) == "${x} \\n\n"


def test_numbers_and_texts_meet_as_terraform_converts_them(output: Output) -> None:
    assert flat(output('"5" + 1')) == 6
    assert flat(output('"true" ? 1 : 2')) == 1


def test_jsonencode_of_partly_unknown_data_keeps_its_structure(output: Output) -> None:
    value = output('jsonencode([{name = "web", image = "${var.x}:1", cpu = 5}])', NO_DEFAULT)
    assert value.alternatives == ()
    containers = document(value)
    assert flat(containers) == [{"name": "web", "image": ..., "cpu": 5}]


def test_jsondecode_of_what_was_encoded_gives_the_structure_back(output: Output) -> None:
    assert flat(output("jsondecode(jsonencode({a = var.x, b = 1})).b", NO_DEFAULT)) == 1


def test_a_json_heredoc_with_holes_is_read_as_far_as_it_goes(output: Output) -> None:
    text = '<<EOT\n{"Statement": [{"Effect": "Allow", "Resource": "${var.x}/*", "Count": ${var.env}}]}\nEOT\n'
    value = document(output(text, NO_DEFAULT))
    assert flat(value) == {"Statement": [{"Effect": "Allow", "Resource": ..., "Count": ...}]}
    statement = value.only(None).get("Statement").only(None).items[0].only(None)
    assert statement.get("Resource").unknown.ends_with("/*")


def test_every_attribute_and_element_has_its_own_line(output: Output) -> None:
    data = output("{\n    a = 1\n    b = [\n      2,\n      3,\n    ]\n  }").only(None)
    assert (data.get("a").span.line, data.get("b").span.line) == (3, 4)
    assert [item.span.line for item in data.get("b").only(None).items] == [5, 6]


def test_more_possibilities_than_can_be_kept_become_unknown_not_lost(output: Output) -> None:
    chain = 'var.env == "0" ? 0 : '
    expression = "".join(f'var.env == "{n}" ? {n} : ' for n in range(60)) + "99"
    value = output(chain + expression, NO_DEFAULT)
    assert not value.is_known
    assert value.alternatives
