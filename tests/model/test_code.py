"""What one Python file says on its own."""

from __future__ import annotations

import textwrap
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from djaws.files import Tree
from djaws.model import code
from djaws.model.code import CodeFacts, Operand


def read(source: str, path: str = "shop/views.py") -> CodeFacts:
    found = code.facts(path, textwrap.dedent(source).encode(), words=("x",))
    assert found.fault is None
    return found


def text(*texts: str) -> Operand:
    return Operand("text", texts)


def test_names_are_resolved_through_imports_and_aliases() -> None:
    facts = read("""
        import boto3 as b
        from waffle import flag_is_active as on
        def view(request):
            b.client("s3", region_name="x")
            return on(request, "new")
    """)
    assert [call.callee for call in facts.calls] == ["boto3.client", "waffle.flag_is_active"]
    assert facts.calls[0].keywords == {"region_name": text("x")}
    assert facts.calls[1].argument(1) == text("new")


def test_relative_imports_become_absolute() -> None:
    facts = read("from ..core.flags import is_on\nfrom . import y\nx = is_on('a')", "app/shop/views.py")
    assert [each.target for each in facts.imports] == ["app.core.flags.is_on", "app.shop.y"]
    assert facts.calls[0].callee == "app.core.flags.is_on"


def test_a_variable_that_holds_an_answer_is_that_call() -> None:
    facts = read("""
        import boto3
        class Store:
            def save(self):
                self.s3.put_object(Bucket="x")
            def __init__(self):
                self.s3 = boto3.Session().client("s3")
    """)
    assert "boto3.Session().client().put_object" in {call.callee for call in facts.calls}


def test_an_annotated_parameter_is_an_instance_of_its_class() -> None:
    facts = read("""
        from ldclient import LDClient
        def view(client: LDClient | None):
            return client.variation("x", {}, False)
    """)
    assert facts.calls[0].callee == "ldclient.LDClient().variation"


@pytest.mark.parametrize(
    ("expression", "operand"),
    [
        ("'a' if y else 'b'", text("a", "b")),
        ("NAME", text("n")),
        ("Other.NEW.value", Operand("name", ("shop.consts.Other.NEW.value",))),
        ("f'beta_{y}'", Operand("pattern", ("beta_{}",))),
        ("'beta_' + y", Operand("pattern", ("beta_{}",))),
        ("'beta_%s' % y", Operand("pattern", ("beta_{}",))),
        ("'beta_{}'.format(y)", Operand("pattern", ("beta_{}",))),
        ("f'{NAME}_x'", text("n_x")),
        ("str(NAME)", text("n")),
        ("True", Operand("constant", ("True",))),
        ("parameter", Operand("parameter", ("parameter",), "f")),
        ("local", text("l", "m")),
    ],
)
def test_operands_say_what_an_argument_is(expression: str, operand: Operand) -> None:
    facts = read(f"""
        from shop.lib import x
        from shop.consts import Other
        NAME = "n"
        def f(parameter, y):
            local = "l"
            if y:
                local = "m"
            x({expression})
    """)
    calls = list(facts.calls_to("shop.lib.x"))
    assert calls[0].arguments[0] == operand


def test_a_loop_over_literals_gives_every_literal() -> None:
    facts = read("""
        from lib import x
        ROWS = [("a", 1), ("b", 2)]
        for name, note in ROWS:
            x(name)
        for key in {"k": 1}:
            x(key)
    """)
    assert [call.arguments[0] for call in facts.calls_to("lib.x")] == [text("a", "b"), text("k")]


def test_a_loop_over_a_query_keeps_where_it_comes_from() -> None:
    facts = read("""
        from waffle import switch_is_active
        from waffle.models import Switch
        [switch_is_active(s.name) for s in Switch.objects.all()]
    """)
    (call,) = facts.calls_to("waffle.switch_is_active")
    assert call.arguments[0] == Operand("name", ("waffle.models.Switch.objects.all()[].name",))


def test_calls_at_import_are_told_from_deferred_and_guarded_ones() -> None:
    facts = read("""
        from typing import TYPE_CHECKING
        from lib import x
        x(1)
        class C:
            y = x(2)
            def method(self, z=x(3)):
                x(4)
        later = lambda: x(5)
        if __name__ == "__main__":
            x(6)
        if TYPE_CHECKING:
            x(7)
    """)
    at_import = {call.arguments[0].text: call.at_import for call in facts.calls_to("lib.x")}
    assert at_import == {"1": True, "2": True, "3": True, "4": False, "5": False, "6": False, "7": False}


def test_constants_of_modules_classes_enums_and_mappings_are_kept() -> None:
    facts = read("""
        from enum import StrEnum, auto
        from django.db.models import TextChoices
        NAME = "x"
        class Flag(StrEnum):
            NEW = "new"
            OLD_ONE = auto()
        class Choice(TextChoices):
            A = "a", "Label"
        TABLE = {"k": "v"}
    """)
    found = {each.name: each.texts for each in facts.constants}
    assert found == {
        "NAME": ("x",),
        "Flag.NEW": ("new",),
        "Flag.OLD_ONE": ("old_one",),
        "Choice.A": ("a",),
        "TABLE[k]": ("v",),
    }


def test_settings_are_read_by_attribute_by_name_and_overridden() -> None:
    facts = read("""
        from django.conf import settings as conf
        from django.test import override_settings
        def f():
            conf.A
            getattr(conf, "B", False)
            hasattr(conf, "C")
            conf.D = 1
        @override_settings(E=True)
        def g(): ...
    """)
    found = {each.name: each.form for each in facts.setting_reads}
    assert found == {"A": "attribute", "B": "getattr", "C": "hasattr", "D": "override", "E": "override"}
    assert facts.setting_reads[1].default == Operand("constant", ("False",))


def test_environment_reads_keep_reader_and_default() -> None:
    facts = read("""
        import os
        from os import environ, getenv
        import environ as e
        from decouple import config
        env = e.Env()
        os.environ["A"]
        environ.get("B", "b")
        getenv("C")
        env.bool("D", default=True)
        env("E")
        config("F", default="f", cast=bool)
        "G" in os.environ
        config("not a variable")
    """)
    found = {each.name: each.default and each.default.text for each in facts.environment_reads}
    assert found == {"A": None, "B": "b", "C": None, "D": "True", "E": None, "F": "f", "G": None}


def test_boolean_settings_are_told_from_others() -> None:
    facts = read(
        """
        import os, environ
        env = environ.Env()
        A = True
        B = env.bool("B", False)
        C = os.environ.get("C") == "1"
        D = "text"
        E = env("E", cast=bool)
        F = not A
        G = env("G")
        """,
        "shop/settings.py",
    )
    found = {each.name: (each.boolean, each.default) for each in facts.assignments}
    assert found == {
        "A": ("literal", "True"),
        "B": ("environment", "False"),
        "C": ("environment", ""),
        "D": ("", ""),
        "E": ("environment", ""),
        "F": ("derived", ""),
        "G": ("", ""),
    }
    assert facts.names == ("A", "bool", "env", "environ", "os")


def test_celery_tasks_are_found_with_their_options() -> None:
    facts = read("""
        from celery import shared_task, Task
        from proj.celery import app
        from invoke import task
        @shared_task
        def one(): ...
        @app.task(bind=True, acks_late=True, time_limit=30)
        def two(self): ...
        class Three(Task):
            acks_late = False
        @task
        def not_celery(c): ...
    """)
    assert [each.name for each in facts.tasks] == ["one", "two", "Three"]
    assert facts.tasks[1].options["time_limit"] == Operand("constant", ("30",))


def test_migration_operations_are_named_and_state_only_ones_marked() -> None:
    facts = read(
        """
        from django.db import migrations, models
        class Migration(migrations.Migration):
            operations = [
                migrations.RemoveField("order", "legacy"),
                migrations.DeleteModel(name="Old"),
                migrations.AddField(model_name="order", name="new", field=models.TextField(null=True)),
                migrations.SeparateDatabaseAndState(
                    database_operations=[migrations.RunSQL("drop")],
                    state_operations=[migrations.RemoveField(model_name="order", name="gone")],
                ),
            ]
        """,
        "shop/migrations/0002_x.py",
    )
    found = [(each.kind, each.model, each.field, each.state_only) for each in facts.operations]
    assert found == [
        ("RemoveField", "order", "legacy", False),
        ("DeleteModel", "Old", "", False),
        ("AddField", "order", "new", False),
        ("SeparateDatabaseAndState", "", "", False),
        ("RunSQL", "drop", "", False),
        ("RemoveField", "order", "gone", True),
    ]
    assert facts.is_migration


def test_models_are_told_from_forms_and_serializers() -> None:
    facts = read("""
        from django import forms
        from django.db import models
        from rest_framework import serializers
        class Order(models.Model):
            receipt = models.FileField()
        class OrderForm(forms.Form):
            name = forms.CharField()
        class OrderSerializer(serializers.ModelSerializer):
            name = serializers.CharField()
    """)
    assert [(model.name, model.fields[0].type) for model in facts.models] == [
        ("Order", "django.db.models.FileField")
    ]


@pytest.mark.parametrize(
    ("path", "flag"),
    [
        ("shop/tests/test_x.py", "is_test"),
        ("shop/migrations/0001_initial.py", "is_migration"),
        ("shop/settings.py", "is_settings"),
        ("config/settings/production.py", "is_settings"),
        ("shop/settings_prod.py", "is_settings"),
    ],
)
def test_the_path_says_what_a_file_is_for(path: str, flag: str) -> None:
    assert getattr(code.facts(path, b""), flag)


def test_a_file_without_an_interesting_word_is_not_parsed_unless_a_word_is_given() -> None:
    data = b"from shop.lib import gate\ngate('x')\n"
    assert not code.facts("a.py", data).is_parsed
    assert code.facts("a.py", data, words=("gate",)).calls[0].callee == "shop.lib.gate"


@pytest.mark.parametrize(
    "data",
    [b"settings = (", b"settings\nprint 'python 2'", b"settings\0", b"settings = " + b"-" * 90_000 + b"1"],
)
def test_what_is_no_python_becomes_a_fault(data: bytes) -> None:
    facts = code.facts("a.py", data)
    assert facts.fault is not None
    assert not facts.is_parsed


@pytest.mark.parametrize(
    "instead", ["waffle = None", "class waffle:\n        pass", "def waffle():\n        pass"]
)
def test_what_stands_in_for_a_missing_library_does_not_hide_it(instead: str) -> None:
    facts = code.parse(
        "a.py",
        f"try:\n    import waffle\nexcept ImportError:\n    {instead}\n"
        "def v(r): return waffle.flag_is_active(r, 'x')".encode(),
    )
    assert [call.callee for call in facts.calls if call.arguments] == ["waffle.flag_is_active"]


def test_a_long_concatenation_is_read_to_its_end() -> None:
    source = "import os\nX = " + " + ".join(["'a'"] * 3000) + " + os.environ['LAST']\n"
    facts = code.facts("settings.py", source.encode())
    assert [each.name for each in facts.environment_reads] == ["LAST"] or facts.fault is not None


def test_a_file_that_must_not_be_read_is_undecided(tmp_path: Path) -> None:
    (tmp_path / "big.py").write_bytes(b"settings = 1\n" * 400_000)
    found = code.load(Tree(tmp_path, ("big.py",)))
    (entry,) = code.undecided(found)
    assert (entry.rule, entry.span.path) == ("gate/unparsable-file", "big.py")


def test_facts_survive_serialisation() -> None:
    facts = read("from waffle import flag_is_active\nflag_is_active(None, 'x')\n")
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(facts), type=CodeFacts) == facts


_ATOMS = st.sampled_from(
    ["x", "'t'", "settings.A", "f(x)", "self.y", "[a for a in b]", "(lambda: z)", "f'{x}'", "{}", "1"]
)
_EXPRESSIONS = st.recursive(
    _ATOMS,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda pair: f"({pair[0]} + {pair[1]})"),
        st.tuples(_ATOMS, inner).map(lambda pair: f"({pair[0]}).m({pair[1]})"),
        st.tuples(inner, inner).map(lambda pair: f"({pair[0]} if x else {pair[1]})"),
        st.tuples(inner, inner).map(lambda pair: f"[{pair[0]}][{pair[1]}]"),
    ),
    max_leaves=8,
)


@given(st.lists(_EXPRESSIONS.map("v = {}".format), max_size=6))
def test_no_parsable_file_makes_the_reader_raise(lines: list[str]) -> None:
    facts = code.facts("a/settings.py", "\n".join(["import settings", *lines]).encode())
    assert facts.is_parsed
