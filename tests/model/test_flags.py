"""Where flags are asked for, declared and mentioned."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from djaws.files import Tree
from djaws.finding import Span
from djaws.model import code
from djaws.model.cloud import Resource, Stack
from djaws.model.flags import Flags, flags
from djaws.model.value import Map, Seq, Value

Read = Callable[..., Flags]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def build(
        files: Mapping[str, str], wrappers: Mapping[str, int | str] | None = None, **more: object
    ) -> Flags:
        for name, source in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(textwrap.dedent(source))
        tree = Tree(tmp_path, tuple(sorted(files)))
        return flags(tree, code.load(tree), wrappers=wrappers, **more)  # type: ignore[arg-type]

    return build


def asked(found: Flags) -> set[tuple[str, str]]:
    return {(each.name, each.backend) for each in found.evaluations}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("from waffle import flag_is_active\ndef v(r): flag_is_active(r, 'a')", ("a", "waffle.flag")),
        ("import waffle\ndef v(): waffle.switch_is_active('a')", ("a", "waffle.switch")),
        ("from waffle import sample_is_active as s\ndef v(): s('a')", ("a", "waffle.sample")),
        (
            "from waffle import get_waffle_flag_model\ndef v(r): get_waffle_flag_model().get('a').is_active(r)",
            ("a", "waffle.flag"),
        ),
        ("from waffle.decorators import waffle_flag\n@waffle_flag('a')\ndef v(r): ...", ("a", "waffle.flag")),
        (
            "from waffle.mixins import WaffleSwitchMixin\nclass V(WaffleSwitchMixin):\n    waffle_switch = 'a'",
            ("a", "waffle.switch"),
        ),
        ("from flags.state import flag_enabled\ndef v(): flag_enabled('a')", ("a", "django-flags")),
        (
            "from flags.decorators import flag_check\n@flag_check('a', True)\ndef v(r): ...",
            ("a", "django-flags"),
        ),
        ("from flags.urls import flagged_path\nx = [flagged_path('a', 'p/', None)]", ("a", "django-flags")),
        (
            "import ldclient\ndef v(c):\n    ldclient.get().variation('a', c, False)",
            ("a", "launchdarkly"),
        ),
        (
            "from UnleashClient import UnleashClient\nclient = UnleashClient()\ndef v(): client.is_enabled('a')",
            ("a", "unleash"),
        ),
        (
            "from flagsmith import Flagsmith\nf = Flagsmith()\ndef v():\n"
            "    flags = f.get_environment_flags()\n    flags.is_feature_enabled('a')",
            ("a", "flagsmith"),
        ),
        (
            "from openfeature import api\nc = api.get_client()\ndef v(): c.get_boolean_value('a', False)",
            ("a", "openfeature"),
        ),
        (
            "from aws_lambda_powertools.utilities.feature_flags import FeatureFlags\n"
            "f = FeatureFlags(store=None)\ndef v(): f.evaluate(name='a', default=False)",
            ("a", "appconfig"),
        ),
        (
            "from functools import partial\nfrom waffle import switch_is_active\nis_a = partial(switch_is_active, 'a')",
            ("a", "waffle.switch"),
        ),
    ],
)
def test_every_library_is_understood(read: Read, source: str, expected: tuple[str, str]) -> None:
    found = read({"app/views.py": source})
    assert asked(found) == {expected}
    assert not found.dynamic
    assert not any(each.at_import for each in found.evaluations)


def test_a_generic_method_counts_only_on_a_client(read: Read) -> None:
    found = read(
        {
            "a.py": "from UnleashClient import UnleashClient\nfrom shop.plugins import registry\n"
            "def v(): registry.is_enabled('a')",
            "b.py": "def v(feature): feature.is_enabled('a')",
        }
    )
    assert not found.evaluations


def test_a_client_kept_in_another_module_is_followed(read: Read) -> None:
    found = read(
        {
            "src/shop/unleash.py": "from UnleashClient import UnleashClient\nclient = UnleashClient()",
            "src/shop/views.py": "from shop.unleash import client\ndef v(): client.is_enabled('a')",
        }
    )
    assert asked(found) == {("a", "unleash")}


def test_negation_is_not_part_of_the_name(read: Read) -> None:
    found = read({"a.py": "from waffle.decorators import waffle_flag\n@waffle_flag('!a')\ndef v(r): ..."})
    assert [(each.name, each.is_negated) for each in found.evaluations] == [("a", True)]


def test_names_are_followed_through_constants_and_enums_of_other_modules(read: Read) -> None:
    found = read(
        {
            "src/shop/names.py": "from enum import Enum\nNEW = 'new'\nclass F(Enum):\n    OLD = 'old'",
            "src/shop/all.py": "from shop.names import *",
            "src/shop/views.py": """
                from waffle import switch_is_active
                from shop import names
                from shop.all import NEW
                from shop.names import F
                def v():
                    switch_is_active(NEW)
                    switch_is_active(F.OLD.value)
                    switch_is_active(names.F.OLD)
            """,
        }
    )
    assert [each.name for each in found.evaluations] == ["new", "old", "old"]
    assert not found.dynamic


def test_a_name_in_settings_is_followed(read: Read) -> None:
    found = read(
        {
            "settings.py": "BETA = 'beta-flag'",
            "a.py": "from django.conf import settings\nfrom waffle import switch_is_active\n"
            "def v(): switch_is_active(settings.BETA)",
        }
    )
    assert asked(found) == {("beta-flag", "waffle.switch")}


def test_a_function_that_hands_its_parameter_on_is_an_evaluator(read: Read) -> None:
    found = read(
        {
            "lib/gate.py": """
                from waffle import get_waffle_flag_model
                def is_on(flag_name, user):
                    flag = get_waffle_flag_model().get(flag_name)
                    return flag.is_active_for_user(user)
                def wrapped(name):
                    return is_on(name, None)
            """,
            "lib/quiet.py": "from lib.gate import wrapped\ndef v(): wrapped('b')\n",
            "shop/views.py": "from lib.gate import is_on\ndef v(u): return is_on('a', u) or is_on(user=u, flag_name='c')",
        }
    )
    assert asked(found) == {("a", "waffle.flag"), ("b", "waffle.flag"), ("c", "waffle.flag")}
    assert not found.dynamic
    assert set(found.wrappers) == {"lib.gate.is_on", "lib.gate.wrapped"}


def test_decorator_factories_classes_and_inherited_methods_are_wrappers(read: Read) -> None:
    found = read(
        {
            "gate.py": """
                from waffle import flag_is_active
                def requires(name):
                    def decorate(view):
                        def inner(request):
                            return view(request) if flag_is_active(request, name) else None
                        return inner
                    return decorate
                class Gate:
                    def __init__(self, flag):
                        self.flag = flag
                    def has_permission(self, request, view):
                        return flag_is_active(request, self.flag)
                class Base:
                    def is_on(self, request, name):
                        return flag_is_active(request, name)
            """,
            "views.py": """
                from gate import requires, Gate, Base
                @requires("a")
                def v(request): ...
                permission_classes = [Gate("b")]
                class View(Base):
                    def get(self, request):
                        return self.is_on(request, "c")
            """,
        }
    )
    assert {each.name for each in found.evaluations} == {"a", "b", "c"}
    assert not any(each.at_import for each in found.evaluations)
    assert not found.dynamic


def test_a_class_attribute_names_the_flag_of_every_subclass(read: Read) -> None:
    found = read(
        {
            "permissions.py": """
                from waffle import flag_is_active
                class HasFlag:
                    name = None
                    def has_permission(self, request, view):
                        return flag_is_active(request, self.name)
            """,
            "views.py": "from permissions import HasFlag\nclass HasA(HasFlag):\n    name = 'a'",
        }
    )
    assert [(each.name, each.span) for each in found.evaluations] == [("a", Span("views.py", 3))]


def test_configured_wrappers_need_no_following(read: Read) -> None:
    found = read(
        {"a.py": "from vendor.gates import allowed\ndef v(u): allowed(u, 'a')"},
        wrappers={"vendor.gates.allowed": 1},
    )
    assert asked(found) == {("a", "custom")}


@pytest.mark.parametrize(
    ("argument", "pattern"),
    [("f'beta_{x}'", "beta_{}"), ("compute()", ""), ("x", ""), ("self.nothing", "")],
)
def test_a_name_that_cannot_be_known_is_dynamic(read: Read, argument: str, pattern: str) -> None:
    found = read(
        {
            "a.py": f"from waffle import switch_is_active\nclass V:\n    def v(self): switch_is_active({argument})"
        }
    )
    (dynamic,) = found.dynamic
    assert dynamic.pattern == pattern
    assert dynamic.may_be("beta_1")
    assert dynamic.may_be("other") is not bool(pattern)
    assert not found.evaluations


def test_a_walk_over_all_flags_is_marked_exhaustive(read: Read) -> None:
    found = read(
        {
            "a.py": "from waffle import switch_is_active\nfrom waffle.models import Switch\n"
            "def v(): return [switch_is_active(s.name) for s in Switch.objects.all()]"
        }
    )
    assert {each.is_exhaustive for each in found.dynamic} == {True}


def test_an_evaluation_at_import_is_marked(read: Read) -> None:
    found = read(
        {"urls.py": "from waffle import switch_is_active\nif switch_is_active('a'):\n    urlpatterns = []"}
    )
    assert [each.at_import for each in found.evaluations] == [True]


def test_tests_are_marked_and_their_overrides_kept_apart(read: Read) -> None:
    found = read(
        {
            "tests/test_a.py": "from waffle.testutils import override_flag\nfrom waffle import flag_is_active\n"
            "@override_flag('a', active=True)\ndef test(r): flag_is_active(r, 'a')"
        }
    )
    assert [each.is_test for each in found.evaluations] == [True]
    assert not found.evaluated
    assert [(each.name, each.active) for each in found.overrides] == [("a", "True")]


def test_template_tags_quoted_or_not_jinja_and_scripts_are_read(read: Read) -> None:
    found = read(
        {
            "templates/a.html": """{% load static waffle_tags %}
                {% flag "a" %}{% endflag %} {% switch b %}{% endswitch %} {% sample 'c' %}{% endsample %}
                {# {% flag "comment" %} #}
                {% flag item.flag %}{% endflag %}
                <script>if (waffle.flag_is_active('d')) {}</script>""",
            "templates/b.html": "{% flag 'other library' %}",
            "templates/c.jinja": "{% if waffle.switch('e') %}{% endif %}",
            "templates/d.html": "{% load feature_flags %}{% flag_enabled 'f' as on %}",
            "static/x.js": "if (waffle.flag_is_active('g')) {}",
        }
    )
    names = {each.name: each.backend for each in found.evaluations}
    assert names == {
        "a": "waffle.flag",
        "b": "waffle.switch",
        "c": "waffle.sample",
        "d": "waffle.flag",
        "e": "waffle.switch",
        "f": "django-flags",
        "g": "waffle.flag",
    }
    assert [each.text for each in found.dynamic] == ["item.flag"]
    assert next(each for each in found.evaluations if each.name == "b").span.line == 2


def test_the_registry_is_read_with_lines(read: Read) -> None:
    found = read(
        {
            "flags.yaml": """
                flags:
                  a:
                    backend: waffle.flag
                    owner: team-pay
                    expires: 2027-02-01
                    used_by: [external]
                  b: {kind: ops, state: released}
            """
        }
    )
    first, second = found.declarations
    assert (first.name, first.owner, first.expires, first.used_by) == (
        "a",
        "team-pay",
        "2027-02-01",
        ("external",),
    )
    assert first.span == Span("flags.yaml", 3)
    assert first.fields == ("backend", "expires", "owner", "used_by")
    assert (second.kind, second.state) == ("ops", "on")
    assert found.registry == "flags.yaml"


@pytest.mark.parametrize("source", ["flags: [", "flags: text", "- {owner: x}"])
def test_a_registry_that_makes_no_sense_is_undecided(read: Read, source: str) -> None:
    found = read({"flags.yaml": source})
    assert [entry.rule for entry in found.undecided] == ["gate/unparsable-file"]
    assert not found.declarations


def test_rows_made_in_code_and_migrations_are_declarations(read: Read) -> None:
    found = read(
        {
            "app/migrations/0002_add.py": """
                from django.db import migrations
                def forward(apps, editor):
                    Switch = apps.get_model("waffle", "Switch")
                    Switch.objects.update_or_create(name="a", active=True)
                    Switch.objects.create(name="gone")
                class Migration(migrations.Migration):
                    operations = [migrations.RunPython(forward)]
            """,
            "app/migrations/0003_remove.py": """
                from django.db import migrations
                def forward(apps, editor):
                    Switch = apps.get_model("waffle", "Switch")
                    Switch.objects.filter(name="gone").delete()
                def back(apps, editor):
                    Switch = apps.get_model("waffle", "Switch")
                    Switch.objects.create(name="gone")
                class Migration(migrations.Migration):
                    operations = [migrations.RunPython(forward, back)]
            """,
            "app/setup.py": """
                from waffle import get_waffle_flag_model
                table = get_waffle_flag_model().objects
                for name, note in [("b", "B"), ("c", "C")]:
                    table.get_or_create(name=name, defaults={"note": note})
            """,
        }
    )
    rows = {(each.name, each.backend, each.source, each.state) for each in found.declarations}
    assert rows == {
        ("a", "waffle.switch", "migration", "on"),
        ("b", "waffle.flag", "code", ""),
        ("c", "waffle.flag", "code", ""),
    }


def test_fixtures_commands_and_calls_of_commands_are_declarations(read: Read) -> None:
    found = read(
        {
            "app/fixtures/flags.json": '[{"model": "waffle.flag",\n "fields": {"name": "a", "everyone": true}}]',
            "deploy.sh": "python manage.py waffle_switch \\\n  b on --create\nmanage.py waffle_flag $X --create\n"
            "manage.py waffle_flag c --everyone\n",
            "app/x.py": "from django.core.management import call_command\n"
            "def enable_flag(): call_command('waffle_switch', 'd', 'on', '--create')",
        }
    )
    rows = {(each.name, each.backend, each.source, each.state, each.span.line) for each in found.declarations}
    assert rows == {
        ("a", "waffle.flag", "fixture", "on", 2),
        ("b", "waffle.switch", "command", "", 1),
        ("d", "waffle.switch", "command", "", 2),
    }


def test_a_fixture_in_yaml_is_read_without_unfolding_aliases(read: Read) -> None:
    bomb = [f"- &b{step} {{<<: [{', '.join([f'*b{step - 1}'] * 9)}]}}" for step in range(1, 20)]
    found = read(
        {
            "shop/fixtures/flags.yaml": "- &b0 {model: waffle.switch, pk: 1, fields: {name: s, active: yes}}\n"
            "- model: waffle.flag\n  fields:\n    name: f\n    everyone: null\n    percent: 100.0\n"
            + "\n".join(bomb)
        }
    )
    assert [(each.name, each.backend, each.state, each.span.line) for each in found.declarations] == [
        ("s", "waffle.switch", "on", 1),
        ("f", "waffle.flag", "on", 4),
    ]


def test_the_flags_setting_declares_with_state_and_end(read: Read) -> None:
    def lit(value: object) -> Value[object]:
        return Value.of(value, Span("settings.py", 1))

    def condition(kind: str, value: object) -> Value[object]:
        return lit(Seq((lit(Map({"condition": lit(kind), "value": lit(value)})),)))

    setting = lit(
        Map(
            {
                "a": condition("boolean", True),
                "b": condition("before date", "2027-01-01T00:00"),
                "c": lit(Seq()),
            }
        )
    )
    found = read({}, flags_setting=setting)
    assert [(each.name, each.state, each.expires) for each in found.declarations] == [
        ("a", "on", ""),
        ("b", "", "2027-01-01"),
        ("c", "", ""),
    ]


def test_appconfig_documents_in_stacks_declare(read: Read) -> None:
    here = Span("main.tf", 3)
    document = (
        '{"version": "1", "flags": {"a": {"name": "A", "_deprecation": {"status": "planned", "date": "2026-01-01"}}},'
        ' "values": {"a": {"enabled": true}}}'
    )
    kind = "aws_appconfig_hosted_configuration_version"
    body = Map({"content": Value.of(document, here)})
    resource = Resource("terraform", kind, "x", f"{kind}.x", body, here, here)
    found = read({}, stacks=(Stack("terraform", "", (resource,), span=here),))
    (each,) = found.declarations
    assert (each.name, each.source, each.state, each.expires, each.span) == (
        "a",
        "appconfig",
        "on",
        "2026-01-01",
        here,
    )


def test_boolean_settings_are_declarations_and_their_reads_evaluations(read: Read) -> None:
    found = read(
        {
            "shop/settings/base.py": """
                import environ
                env = environ.Env()
                DEBUG = False
                ENABLE_DEAD = env.bool("ENABLE_DEAD", False)
                ENABLE_READ = env.bool("ENABLE_READ", False)
                ENABLE_BY_NAME = True
                ENABLE_IN_SETTINGS = False
                ENABLE_TEXT = env("ENABLE_TEXT")
                PHONES_ENABLED = False
                if ENABLE_IN_SETTINGS:
                    X = 1
            """,
            "shop/views.py": """
                from django.conf import settings
                from shop.gate import requires_setting
                @requires_setting("ENABLE_BY_NAME")
                def v():
                    return settings.ENABLE_READ
            """,
            "shop/tests/test_v.py": "from django.test import override_settings\n@override_settings(ENABLE_DEAD=True)\ndef test(): ...",
            ".env": "ENABLE_DEAD=1",
        }
    )
    declared = {each.name: each.is_named_so for each in found.declarations}
    assert declared == {
        "ENABLE_DEAD": True,
        "ENABLE_READ": True,
        "ENABLE_BY_NAME": True,
        "ENABLE_IN_SETTINGS": True,
        "PHONES_ENABLED": False,
    }
    assert set(found.evaluated) == {"ENABLE_READ", "ENABLE_BY_NAME", "ENABLE_IN_SETTINGS"}
    assert not found.referred


def test_a_name_that_only_a_script_or_another_string_reads_is_referred(read: Read) -> None:
    found = read(
        {
            "flags.yaml": "flags: {new-page: {}, tips: {}, beta: {}, word: {}}",
            "frontend/a.tsx": "if (isFlagActive(data, 'tips')) {}\nconst word = 'not the flag';\nflags.beta && x",
            "app/views.py": "def v(request): return feature(request, 'new-page')",
            "README.md": "tips",
        }
    )
    assert {(each.name, each.span.path, each.span.line) for each in found.references} == {
        ("tips", "frontend/a.tsx", 1),
        ("beta", "frontend/a.tsx", 3),
        ("new-page", "app/views.py", 1),
    }


def test_backends_in_use_are_those_imported_outside_tests(read: Read) -> None:
    found = read(
        {
            "a.py": "from waffle import flag_is_active\nimport boto3\nc = boto3.client('appconfigdata')",
            "tests/test_b.py": "import ldclient",
            "flags/state.py": "settings = 1",
            "c.py": "from flags.state import settings",
        }
    )
    assert found.backends == {"waffle", "appconfig"}


def test_serving_every_flag_there_is_may_name_any(read: Read) -> None:
    found = read(
        {
            "a.py": "from waffle.models import Switch\ndef v(): return list(Switch.objects.values_list('name', 'active'))",
            "b.py": "import ldclient\ndef v(c): return ldclient.get().all_flags_state(c)",
            "c.py": "from shop.models import Switch\ndef v(): return Switch.objects.all()",
        }
    )
    assert {(each.backend, each.is_exhaustive) for each in found.dynamic} == {
        ("waffle.switch", True),
        ("launchdarkly", True),
    }
    assert found.may_evaluate("x", "waffle.switch")
    assert not found.may_evaluate("x", "waffle.flag")


@pytest.mark.parametrize(
    ("declared", "is_met"),
    [
        ("waffle", True),
        ("Waffle.Switch", True),
        ("waffle.flag", False),
        ("launchdarkly", False),
        ("our own", True),
    ],
)
def test_a_backend_is_compared_as_people_write_it(read: Read, declared: str, is_met: bool) -> None:
    found = read({"a.py": "from waffle import switch_is_active\ndef v(x): switch_is_active(x.flag)"})
    assert bool(found.may_evaluate("any", declared)) is is_met


def test_a_setting_read_by_a_name_of_the_run_blurs_settings_only(read: Read) -> None:
    found = read(
        {
            "settings.py": "FEATURE_A = True\nFEATURE_B = True\nENABLE_C = True",
            "names.py": "B = 'FEATURE_B'",
            "a.py": """
                from django.conf import settings
                from names import B
                def v(x):
                    return getattr(settings, f"FEATURE_{x}"), getattr(settings, B)
                def own(name):
                    return getattr(settings, name)
            """,
        }
    )
    assert [(each.backend, each.pattern) for each in found.dynamic] == [("setting", "FEATURE_{}")]
    assert set(found.evaluated) == {"FEATURE_B"}
    assert found.may_evaluate("FEATURE_A", "setting")
    assert not found.may_evaluate("ENABLE_C", "setting")
    assert not found.may_evaluate("FEATURE_A", "waffle.flag")


def test_a_word_that_the_template_binds_is_no_name(read: Read) -> None:
    found = read(
        {
            "templates/a.html": "{% load waffle_tags %}{% for name in names %}{% flag name %}{% endflag %}{% endfor %}"
            "{% with other=page.flag %}{% switch other %}{% endswitch %}{% endwith %}{% flag word %}{% endflag %}"
        }
    )
    assert asked(found) == {("word", "waffle.flag")}
    assert [each.text for each in found.dynamic] == ["name", "other"]


def test_overrides_follow_names_and_keep_unknown_ones_apart(read: Read) -> None:
    found = read(
        {
            "shop/names.py": "NEW = 'new'",
            "tests/test_a.py": """
                from waffle.testutils import override_flag, override_sample
                from shop.names import NEW
                @override_flag(NEW, active=True)
                def test_on(): ...
                def test_other(name):
                    with override_flag(name, False): ...
                    with override_sample("s", active=40): ...
            """,
        }
    )
    assert [(each.name, each.active) for each in found.overrides] == [
        ("new", "True"),
        ("", "False"),
        ("s", ""),
    ]


# --- the registry


def test_every_fault_of_the_registry_is_named_with_its_line(read: Read) -> None:
    found = read(
        {
            "flags.yaml": """
                flags:
                  a:
                    owner: [one, two]
                    expries: 2027-01-01
                    created: spring
                    kind: sometimes
                    ticket: SHOP-1
                  b: true
                  a: {kind: ops}
                  c:
            """
        }
    )
    said = {(each.span.line, each.because) for each in found.undecided}
    assert {line for line, _ in said} == {4, 5, 6, 7, 9, 10}
    assert (5, "flag 'a' has an unknown key `expries`; did you mean expires?") in said
    assert (10, "flag 'a' is declared in line 3 already") in said
    assert [each.name for each in found.declarations] == ["a", "b", "a", "c"]


def test_merge_keys_are_followed_and_anchors_are_no_flags(read: Read) -> None:
    found = read(
        {
            "flags.yaml": "x-common: &common {owner: team-a, kind: Kill_Switch}\nversion: 1\n"
            "a: {<<: *common}\nb: {<<: [*common], owner: ~}\n"
        }
    )
    assert [(each.name, each.owner, each.kind) for each in found.declarations] == [
        ("a", "team-a", "kill-switch"),
        ("b", "", "kill-switch"),
    ]


def test_aliases_inside_aliases_are_not_unfolded(read: Read) -> None:
    lines = ["l0: &l0 {owner: x}"] + [
        f"l{n}: &l{n} {{<<: [{', '.join([f'*l{n - 1}'] * 9)}]}}" for n in range(1, 30)
    ]
    found = read({"flags.yaml": "\n".join(lines)})
    assert len(found.declarations) == 30


def test_the_file_of_another_tool_declares_and_is_no_registry(read: Read) -> None:
    found = read({"flags.yaml": "flags:\n  a: {state: ENABLED, variants: {on: true}, defaultVariant: on}"})
    assert [(each.name, each.source) for each in found.declarations] == [("a", "document")]
    assert found.registry == ""


def test_each_project_may_have_a_registry(read: Read) -> None:
    found = read(
        {"shop/flags.yaml": "{a: {kind: ops}}", "office/settings.py": "X = 1"}, roots=["shop", "office", ""]
    )
    assert found.registries == {"shop/flags.yaml": "shop"}
    assert found.is_listed("shop/views.py")
    assert not found.is_listed("office/views.py")


def test_a_configured_registry_that_is_not_there_is_undecided(read: Read) -> None:
    found = read({"a.py": "X = 1"}, registry_path="ours.yaml")
    assert [entry.span.path for entry in found.undecided] == ["ours.yaml"]
    assert not read({"a.py": "X = 1"}).undecided


def test_an_end_counts_only_when_no_other_condition_outlives_it(read: Read) -> None:
    span = Span("settings.py", 1)

    def conditions(*pairs: tuple[object, ...]) -> Value[object]:
        rows = [Value.of(Seq(tuple(Value.of(part, span) for part in pair)), span) for pair in pairs]
        return Value.of(Seq(tuple(rows)), span)

    setting = Value.of(
        Map(
            {
                "ALONE": conditions(("before date", "2026-01-01T00:00Z")),
                "REQUIRED": conditions(("before date", "2026-01-01T00:00Z", True), ("user", "x")),
                "EITHER": conditions(("before date", "2026-01-01T00:00Z"), ("user", "x")),
            }
        ),
        span,
    )
    found = read({"a.py": "X = 1"}, flags_setting=setting)
    assert {each.name: each.expires for each in found.declarations} == {
        "ALONE": "2026-01-01",
        "REQUIRED": "2026-01-01",
        "EITHER": "",
    }


def test_a_react_client_spells_names_in_camel_case(read: Read) -> None:
    found = read(
        {
            "flags.yaml": "{new-page: {}, old-page: {}}",
            "frontend/a.tsx": "const { newPage } = useFlags();\nconst oldpage = 1;",
            "app/views.py": "newPage = 1",
        }
    )
    assert [(each.name, each.span.path) for each in found.references] == [("new-page", "frontend/a.tsx")]
