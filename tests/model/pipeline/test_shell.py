"""Shell scripts as the commands they run."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from djaws.finding import Span
from djaws.model.pipeline.shell import Command, commands, word
from djaws.model.value import Value

HERE = Span("run.sh", 1)


def texts(script: str) -> list[str]:
    return [command.text for command in commands(script) if command.words]


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("a b; c && d | e\nf", ["a b", "c", "d", "e", "f"]),
        ("a 'b c' \"d $X\" e\\ f", ["a b c d $X e f"]),
        ("a \\\n  b # comment\nc#d", ["a b", "c#d"]),
        ("cat <<EOF > file\nnot a command\nEOF\nb", ["cat", "b"]),
        ("cat <<-'EOF'\n\tnot\n\tEOF\nb", ["cat", "b"]),
        ("a > out 2>&1 < in\nb", ["a", "b"]),
        ("a $(b; c) `d`", ["a $(b; c) $(d)"]),
        ("for x in 1 2; do a $x; done; b", ["a $x", "b"]),
        ("list=(a b)\nc", ["c"]),
        ("echo ${X:-3} ${Y}", ["echo ${X:-3} $Y"]),
        ("echo '", ["echo "]),
    ],
)
def test_scripts_are_split_as_a_shell_would(script: str, expected: list[str]) -> None:
    assert texts(script) == expected


def test_lines_are_those_of_the_file() -> None:
    script = "a\n\n# comment\nb \\\n c\nd 'x\ny'\ne <<EOF\n1\nEOF\nf"
    assert [(command.text[0], command.line) for command in commands(script, 10)] == [
        ("a", 10),
        ("b", 13),
        ("d", 15),
        ("e", 17),
        ("f", 20),
    ]


def conditions(script: str) -> Mapping[str, list[tuple[str, bool]]]:
    return {
        command.text: [(each.text, each.holds) for each in command.conditions]
        for command in commands(script)
        if command.name != "["
    }


def test_branches_carry_their_conditions() -> None:
    found = conditions("""
        if [ "$A" = 1 ]; then
          one
        elif [ "$A" = 2 ]; then
          two
        else
          three
        fi
        four
    """)
    first, second = '[ "$A" = 1 ]', '[ "$A" = 2 ]'
    assert found == {
        "one": [(first, True)],
        "two": [(first, False), (second, True)],
        "three": [(first, False), (second, False)],
        "four": [],
    }


def test_tests_joined_to_a_command_are_its_conditions() -> None:
    found = conditions('[ "$A" = 1 ] && yes\n[ "$A" = 1 ] || no\nplain && after')
    assert found["yes"] == [("[ $A = 1 ]", True)]
    assert found["no"] == [("[ $A = 1 ]", False)]
    assert found["after"] == []


def test_case_arms_carry_the_pattern_and_those_that_did_not_match() -> None:
    found = conditions('case "$1" in\n web|api) serve ;;\n *) exec "$@" ;;\nesac\nlast')
    assert found == {
        "serve": [('"$1" is web|api', True)],
        "exec $@": [('"$1" is web|api', False)],
        "last": [],
    }


def test_functions_loops_background_and_fallbacks_are_marked() -> None:
    found = {
        command.text: command
        for command in commands(
            "f() {\n  inner\n}\nuntil ready; do sleep 1; done\nserver &\nmay || true\ntry || rescue"
        )
    }
    assert found["inner"].function == "f"
    assert found["sleep 1"].in_loop
    assert found["server"].is_background
    assert found["may"].may_fail
    assert found["rescue"].is_fallback
    assert not found["try"].may_fail


def test_assignments_come_before_the_command() -> None:
    (command,) = commands('A=1 B="$C" run D=2')
    assert [(name, str(value)) for name, value in command.assignments] == [("A", "1"), ("B", "$C")]
    assert command.literals == ("run", "D=2")


def expand(text: str, **variables: str | None) -> Value[str]:
    def lookup(name: str) -> Value[str | None]:
        if name == "UNKNOWN":
            return Value.not_known("nobody knows", HERE)
        value = variables.get(name)
        return Value.absent(HERE) if value is None else Value.of(value, HERE)

    return word(text, 1).expand(lookup, HERE)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a", "a"),
        ("$A-$B", "1-"),
        ("${A:-9}", "1"),
        ("${B:-9}", "9"),
        ("${E-9}", ""),
        ("${E:-9}", "9"),
        ("${A:+set}", "set"),
        ("${B:+set}", ""),
        ("${B:-${A}2}", "12"),
    ],
)
def test_variables_expand_with_their_defaults(text: str, expected: str) -> None:
    assert expand(text, A="1", E="").only(None) == expected


def test_an_unknown_variable_keeps_the_literal_parts() -> None:
    value = expand("s3://$UNKNOWN/media")
    assert value.unknown is not None
    assert value.unknown.parts == ("s3://", None, "/media")


def test_an_unknown_variable_with_a_default_may_still_be_anything() -> None:
    assert expand("${UNKNOWN:-3}").unknown is not None


@given(st.text(alphabet="ab $'\"\\`(){}[]|&;<>#\n=if fi then do done case esac in *$X", max_size=60))
def test_no_text_makes_the_reader_raise_or_leave_its_lines(text: str) -> None:
    found = commands(text, 5)
    assert all(isinstance(each, Command) for each in found)
    assert all(5 <= each.line <= 5 + text.count("\n") for each in found)
