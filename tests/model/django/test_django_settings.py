"""What settings are evaluated to: known where the files say so, unknown wherever they do not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from djaws.files import Tree
from djaws.finding import Span
from djaws.model.django import evaluate
from djaws.model.django.defaults import GLOBAL, VERSION, default
from djaws.model.django.objects import UNSET
from djaws.model.django.settings import Settings
from djaws.model.value import Map, Seq, Value, plain

Evaluate = Callable[..., Settings]


def known(value: Value[Any]) -> Any:
    return plain(value)


def default_of(value: Value[Any], name: str) -> Any:
    """What holds when the variable is not set; the rest must be unknown."""
    assert value.unknown is not None
    (alternative,) = value.alternatives
    assert alternative.guard.terms == ((f"env {name}", True, frozenset({UNSET})),)
    return plain(alternative.value)


# --- chains of modules


def test_a_setting_is_placed_on_the_line_that_set_it_with_earlier_ones_in_its_chain(
    settings_of: Evaluate,
) -> None:
    found = settings_of(
        {
            "proj/settings/production.py": "from .base import *\n\nDEBUG = False\n",
            "proj/settings/base.py": "from .common import *\nDEBUG = True\nSITE = 'x'\n",
            "proj/settings/common.py": "\nDEBUG = 1\n",
        }
    )
    assert known(found.get("DEBUG")) is False
    assert found.get("DEBUG").span == Span("proj/settings/production.py", 3, 3)
    assert [(span.path, span.line) for span in found.setting("DEBUG").chain] == [
        ("proj/settings/common.py", 2),
        ("proj/settings/base.py", 2),
    ]
    assert found.get("SITE").span.path == "proj/settings/base.py"


def test_a_package_of_fragments_is_read_as_one(settings_of: Evaluate) -> None:
    found = settings_of(
        {
            "conf/settings/__init__.py": "from .apps import *\nfrom .security import *\n",
            "conf/settings/apps.py": "INSTALLED_APPS = ['a']\n",
            "conf/settings/security.py": "from .apps import INSTALLED_APPS\nINSTALLED_APPS += ['b']\n_HIDDEN = 1\nX = 1\n",
        }
    )
    assert known(found.get("INSTALLED_APPS")) == ["a", "b"]
    assert "_HIDDEN" not in found.names


def test_absolute_imports_start_from_the_roots(settings_of: Evaluate) -> None:
    files = {
        "backend/proj/settings.py": "from proj.base import *\nfrom shared.consts import HOUR\nAGE = 2 * HOUR\n",
        "backend/proj/base.py": "DEBUG = False\n",
        "libs/shared/__init__.py": "",
        "libs/shared/consts.py": "HOUR = 60 * 60\n",
    }
    found = settings_of(files, source_roots=("backend",))
    assert (known(found.get("DEBUG")), known(found.get("AGE"))) == (False, 7200)
    assert found.inputs == ("backend/proj/base.py", "backend/proj/settings.py", "libs/shared/consts.py")


def test_everything_of_a_package_that_is_not_here_opens_the_settings(settings_of: Evaluate) -> None:
    found = settings_of("DEBUG = False\nfrom company.settings import *\nSITE = 'x'\n")
    assert found.open is not None
    assert "company.settings" in found.open.because
    assert found.get("DEBUG").unknown is not None
    assert known(found.get("SITE")) == "x"
    assert found.get("SECURE_SSL_REDIRECT").unknown is not None


def test_names_that_all_leaves_out_are_not_imported(settings_of: Evaluate) -> None:
    found = settings_of({"settings.py": "from base import *\n", "base.py": "__all__ = ['A']\nA = 1\nB = 2\n"})
    assert set(found.names) == {"A"}


def test_imports_that_go_round_in_circles_end(settings_of: Evaluate) -> None:
    found = settings_of({"a.py": "from b import *\nX = 1\n", "b.py": "from a import *\nY = 2\n"})
    assert (known(found.get("X")), known(found.get("Y"))) == (1, 2)


def test_a_file_that_cannot_be_parsed_costs_nothing_else(settings_of: Evaluate) -> None:
    found = settings_of({"settings.py": "A = 1\nfrom broken import *\nB = 2\n", "broken.py": "x = = 1\n"})
    (entry,) = found.undecided
    assert (entry.rule, entry.span.path, entry.span.line) == ("gate/unparsable-file", "broken.py", 1)
    assert known(found.get("B")) == 2
    assert found.get("A").unknown is not None


# --- optional modules


LOCAL = "DEBUG = False\ntry:\n    from .local_settings import *\nexcept ImportError:\n    pass\n"


def test_local_settings_that_are_in_the_repository_count(settings_of: Evaluate) -> None:
    found = settings_of({"p/settings.py": LOCAL, "p/local_settings.py": "DEBUG = True\n"})
    assert known(found.get("DEBUG")) is True


def test_local_settings_that_are_not_here_leave_what_this_checkout_says_and_are_remembered(
    settings_of: Evaluate,
) -> None:
    found = settings_of({"p/settings.py": LOCAL})
    assert known(found.get("DEBUG")) is False
    assert found.absent == (Span("p/settings.py", 3, 3),)


def test_local_settings_with_a_template_in_the_repository_may_appear_where_it_is_deployed(
    settings_of: Evaluate,
) -> None:
    found = settings_of({"p/settings.py": LOCAL, "p/local_settings.py.j2": "DEBUG = {{ debug }}\n"})
    assert found.get("DEBUG").unknown is not None


def test_suppressed_import_errors_are_like_caught_ones(settings_of: Evaluate) -> None:
    found = settings_of(
        "import contextlib\nX = 1\nwith contextlib.suppress(ImportError):\n    from .local import *\n"
    )
    assert known(found.get("X")) == 1


def test_a_package_that_may_be_installed_gives_both_possibilities(settings_of: Evaluate) -> None:
    found = settings_of("try:\n    import silk\n    HAS = True\nexcept ImportError:\n    HAS = False\n")
    assert {alt.value: str(alt.guard) for alt in found.get("HAS").alternatives} == {
        True: "silk is installed",
        False: "not (silk is installed)",
    }


# --- branches


def test_branches_on_a_stage_give_one_alternative_each(settings_of: Evaluate) -> None:
    found = settings_of(
        """
        import os
        STAGE = os.environ["STAGE"]
        if STAGE == "production":
            DEBUG = False
        elif STAGE in ("staging", "test"):
            DEBUG = None
        else:
            DEBUG = True
        """
    )
    assert {str(alt.guard): alt.value for alt in found.get("DEBUG").alternatives} == {
        'env STAGE is "production"': False,
        'env STAGE is "staging"': None,
        'env STAGE is "test"': None,
        'env STAGE is not "production" or "staging" or "test" or unset': True,
    }


def test_ten_conditional_apps_are_ten_uncertain_items_and_not_a_thousand_lists(settings_of: Evaluate) -> None:
    lines = ["import os", "APPS = ['a']"]
    lines += [line for n in range(10) for line in (f"if os.environ.get('F{n}'):", f"    APPS.append('x{n}')")]
    value = settings_of("\n".join(lines)).get("APPS")
    assert value.is_known
    (alternative,) = value.alternatives
    assert isinstance(alternative.value, Seq)
    assert len(alternative.value.items) == 11


def test_conditions_that_exclude_each_other_never_meet(settings_of: Evaluate) -> None:
    found = settings_of(
        """
        import os
        if os.environ.get("A") == "1":
            X = "yes"
        else:
            X = "no"
        if os.environ.get("A") == "1":
            Y = X
        else:
            Y = "other"
        """
    )
    assert {alt.value for alt in found.get("Y").alternatives} == {"yes", "other"}


def test_a_setting_of_one_branch_shows_djangos_default_on_the_other(settings_of: Evaluate) -> None:
    value = settings_of("import os\nif os.environ.get('S') == 'prod':\n    SECURE_HSTS_SECONDS = 60\n").get(
        "SECURE_HSTS_SECONDS"
    )
    assert {(alt.value, alt.written) for alt in value.alternatives} == {(60, True), (0, False)}


def test_an_unknown_of_one_branch_remembers_the_branch(settings_of: Evaluate) -> None:
    found = settings_of(
        "import os\nimport x\nif os.environ.get('S') == 'dev':\n    A = x.y()\nelse:\n    A = 1\n"
    )
    assert [str(guard) for guard in found.setting("A").unknown_when] == ['env S is "dev"']


def test_tests_on_the_command_line_are_not_what_is_deployed(settings_of: Evaluate) -> None:
    found = settings_of(
        "import sys\nA = 'test' in sys.argv\nB = sys.argv[1:2] == ['test']\nC = 'pytest' in sys.modules\n"
    )
    assert [known(found.get(name)) for name in "ABC"] == [False, False, False]


# --- the environment


@pytest.mark.parametrize(
    ("source", "name", "expected"),
    [
        ("import os\nX = os.environ.get('V', 'd')", "V", "d"),
        ("from os import getenv as g\nX = g('V', 'd')", "V", "d"),
        ("import os\nX = int(os.environ.get('V', '3'))", "V", 3),
        ("import os\nX = os.environ.get('V', 'a,b').split(',')", "V", ["a", "b"]),
        ("import os, json\nX = json.loads(os.environ.get('V', '{\"a\": [1]}'))", "V", {"a": [1]}),
        ("import environ\nenv = environ.Env(V=(bool, True))\nX = env('V')", "V", True),
        ("import environ\nenv = environ.Env(V=(bool, True))\nX = env.bool('V')", "V", True),
        ("import environ\nenv = environ.Env()\nX = env.list('V', default=['a'])", "V", ["a"]),
        ("import environ\nenv = environ.Env()\nX = env.int('V', 5)", "V", 5),
        ("import environ\nenv = environ.Env()\nX = env('V', default=None)", "V", None),
        ("from environs import Env\nenv = Env()\nX = env.bool('V', False)", "V", False),
        ("from decouple import config\nX = config('V', default='yes', cast=bool)", "V", True),
        ("from decouple import config, Csv\nX = config('V', 'a, b', cast=Csv())", "V", ["a", "b"]),
        ("from decouple import config\nX = config('V', default=5, cast=int)", "V", 5),
        ("from decouple import config\nX = config('V', 'a b', cast=lambda v: v.split())", "V", ["a", "b"]),
    ],
)
def test_a_default_is_one_possibility_and_the_rest_is_unknown(
    settings_of: Evaluate, source: str, name: str, expected: Any
) -> None:
    assert default_of(settings_of(source).get("X"), name) == expected


def test_what_the_deployment_sets_is_known(settings_of: Evaluate) -> None:
    given = {"V": Value.of("off", Span("Dockerfile", 3))}
    found = settings_of("import environ\nenv = environ.Env()\nX = env.bool('V', default=True)\n", given)
    assert known(found.get("X")) is False


def test_urls_of_databases_and_caches_are_taken_apart(settings_of: Evaluate) -> None:
    found = settings_of(
        """
        import dj_database_url, environ
        env = environ.Env()
        DATABASES = {"default": dj_database_url.parse("postgres://u:p%40w@db.example.org:5433/shop", conn_max_age=60)}
        OTHER = dj_database_url.config(default="sqlite:///x.sqlite3")
        CACHES = {"default": env.cache("CACHE_URL", default="filecache:///var/tmp/c")}
        """
    )
    database = known(found.get("DATABASES"))["default"]
    assert (database["ENGINE"], database["PASSWORD"], database["PORT"], database["CONN_MAX_AGE"]) == (
        "django.db.backends.postgresql", "p@w", "5433", 60,
    )  # fmt: skip
    assert default_of(found.get("OTHER"), "DATABASE_URL")["ENGINE"] == "django.db.backends.sqlite3"
    caches = found.get("CACHES").only(None)
    assert isinstance(caches, Map)
    assert default_of(caches.entries["default"], "CACHE_URL")["LOCATION"] == "/var/tmp/c"


def test_reads_of_the_environment_are_listed_with_their_places(settings_of: Evaluate) -> None:
    found = settings_of("import os\nA = os.environ['ONE']\nB = os.environ.get('TWO', 'x')\n")
    assert [(read.name, read.span.line, read.default is None) for read in found.reads] == [
        ("ONE", 2, True),
        ("TWO", 3, False),
    ]


def test_what_settings_are_handed_to_may_set_any_of_them(settings_of: Evaluate) -> None:
    found = settings_of("import django_heroku\nDEBUG = False\ndjango_heroku.settings(locals())\nAFTER = 1\n")
    assert found.open is not None
    assert found.get("DEBUG").unknown is not None
    assert known(found.get("AFTER")) == 1


def test_a_variable_without_which_the_file_fails_has_no_unset_alternative(settings_of: Evaluate) -> None:
    value = settings_of("import os\nALLOWED_HOSTS = os.environ.get('HOSTS').split(',')\n").get(
        "ALLOWED_HOSTS"
    )
    assert value.alternatives == ()
    assert value.unknown is not None
    assert "HOSTS" in value.unknown.because


def test_a_text_that_is_known_in_part_keeps_its_ends(settings_of: Evaluate) -> None:
    unknown = (
        settings_of("import os\nSTATIC_URL = f\"https://{os.environ['CDN']}/static/\"\n")
        .get("STATIC_URL")
        .unknown
    )
    assert unknown is not None
    assert unknown.starts_with("https://")
    assert unknown.ends_with("/static/")


def test_split_settings_share_one_scope_and_the_environment_chooses_among_files(
    settings_of: Evaluate,
) -> None:
    found = settings_of(
        {
            "conf/__init__.py": """
                from os import environ
                from split_settings.tools import include, optional
                STAGE = environ.get("STAGE") or "development"
                include("parts/*.py", f"stages/{STAGE}.py", optional("local.py"))
                """,
            "conf/parts/apps.py": "APPS = ['a']\n",
            "conf/parts/base.py": "DEBUG = None\nAPPS.append('b')\n",
            "conf/stages/development.py": "DEBUG = True\n",
            "conf/stages/production.py": "DEBUG = False\nAPPS += ['c']\n",
        }
    )
    debug = found.get("DEBUG")
    assert debug.is_known
    assert {(alt.value, str(alt.guard)) for alt in debug.alternatives} == {
        (True, "env STAGE is unset"),
        (True, 'env STAGE is ""'),
        (True, 'env STAGE is "development"'),
        (False, 'env STAGE is "production"'),
    }
    assert found.get("APPS").span == Span("conf/parts/apps.py", 1, 1)
    assert found.absent != ()


def test_a_file_that_must_be_included_and_is_not_here_opens_the_settings(settings_of: Evaluate) -> None:
    assert settings_of("from split_settings.tools import include\ninclude('secret.py')\n").open is not None


def test_dynaconf_may_set_anything(settings_of: Evaluate) -> None:
    found = settings_of("import dynaconf\nDEBUG = False\nsettings = dynaconf.DjangoDynaconf(__name__)\n")
    assert found.get("DEBUG").unknown is not None


# --- classes


CONFIGURATIONS = """
from configurations import Configuration, values

class Base(Configuration):
    DEBUG = True
    APPS = ["a"]
    SECRET_KEY = values.SecretValue()
    HOSTS = values.ListValue(["x"])
    TIMEOUT = values.IntegerValue(30, environ=False)

class Dev(Base):
    pass

class Production(Base):
    DEBUG = False
    APPS = Base.APPS + ["b"]

    @property
    def BOTH(self):
        return [self.DEBUG, len(self.APPS)]
"""


def test_the_most_production_like_configuration_class_gives_the_settings(settings_of: Evaluate) -> None:
    found = settings_of(CONFIGURATIONS)
    assert (found.configuration, found.classes) == ("Production", ("Base", "Dev", "Production"))
    assert known(found.get("DEBUG")) is False
    assert [span.line for span in found.setting("DEBUG").chain] == [5]
    assert known(found.get("APPS")) == ["a", "b"]
    assert known(found.get("BOTH")) == [False, 2]
    assert known(found.get("TIMEOUT")) == 30
    assert default_of(found.get("HOSTS"), "DJANGO_HOSTS") == ["x"]
    assert found.get("SECRET_KEY").unknown is not None


def test_a_given_configuration_class_is_taken(settings_of: Evaluate) -> None:
    assert known(settings_of(CONFIGURATIONS, configuration="Dev").get("DEBUG")) is True


# --- defaults


def test_the_table_of_defaults_is_that_of_the_pinned_django() -> None:
    import django
    from django.conf import global_settings

    assert django.VERSION[:2] == VERSION
    assert {name: getattr(global_settings, name) for name in dir(global_settings) if name.isupper()} == GLOBAL


def test_an_unset_setting_has_djangos_default_unwritten_on_the_settings_module(settings_of: Evaluate) -> None:
    value = settings_of("A = 1\n").get("SECURE_SSL_REDIRECT")
    (alternative,) = value.alternatives
    assert (alternative.value, alternative.written, alternative.span) == (False, False, Span("settings.py"))


def test_older_versions_have_older_defaults() -> None:
    old = default("X_FRAME_OPTIONS", Span("s"), (2, 2))
    assert old is not None
    assert old.only(None) == "SAMEORIGIN"


# --- hostile input


@pytest.mark.parametrize(
    "source",
    [
        "X = [1]\n" + "X = [X, X]\n" * 60,
        "X = 'a'\n" + "X = X + X\n" * 60,
        "X = 10 ** 10 ** 10\n",
        "X = 'a' * 10 ** 9\n",
        "X = '%1000000000d' % 1\n",
        "X = '{:>1000000000}'.format(1)\n",
        "X = [0] * 10 ** 9\n",
        "X = " + "[" * 90 + "]" * 90 + "\n",
        "X = " + "not " * 3000 + "True\n",
        "X = " + " + ".join(["'a'"] * 3000) + "\n",
        "def f(x):\n    return f(x)\nX = f(1)\n",
        "X = [[y for y in range(900)] for z in range(900)]\n",
        "while True:\n    X = 1\n",
        "import os\n" + "".join(f"if os.environ.get('A{n}'):\n    X{n} = {n}\n" for n in range(300)),
        "X = {}\n" + "".join(f"X['k{n}'] = X\n" for n in range(40)),
        "class A(A): pass\nX = A.y\n",
        "from . import *\nfrom .settings import *\n",
        "\n" * 100_000 + "X = 1\n",
    ],
    ids=range(18),
)
def test_hostile_files_are_evaluated_to_something(settings_of: Evaluate, source: str) -> None:
    assert settings_of(source).path == "settings.py"


_WORDS = st.sampled_from(
    [
        "X",
        "Y",
        "env",
        "os",
        ".",
        ",",
        ":",
        "=",
        "==",
        "!=",
        "+",
        "-",
        "*",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        "if",
        "else",
        "elif",
        "for",
        "in",
        "not",
        "and",
        "or",
        "lambda",
        "def",
        "class",
        "return",
        "import",
        "from",
        "try",
        "except",
        "with",
        "as",
        "True",
        "None",
        "1",
        "'a'",
        "f'{X}'",
        "\n",
        "\n",
        "",
        "",
        "",
        "",
        ".append",
        ".get",
        "globals()",
        "*X",
        "**Y",
        "del",
        "pass",
        "environ",
        "environ.Env()",
        "config",
        "while",
        "yield",
        "await",
        "async",
        "@",
        "->",
        "match",
        "case",
        "_",
        "raise",
        "del",
        "global",
        "import",
        "os\n",
    ]
)


@settings(max_examples=300, deadline=None)
@given(words=st.lists(_WORDS, max_size=40))
def test_no_file_makes_the_evaluator_raise(
    words: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = Path(tmp_path_factory.getbasetemp())
    (folder / "settings.py").write_text(" ".join(words))
    for setting in evaluate(Tree(folder, ("settings.py",)), "settings.py"):
        assert isinstance(setting.value, Value)


def test_no_file_of_pythons_own_library_makes_the_evaluator_raise() -> None:
    import json

    folder = Path(json.__file__).parent.parent
    for name in (
        "argparse.py",
        "ast.py",
        "asyncio/events.py",
        "json/decoder.py",
        "typing.py",
        "os.py",
        "site.py",
        "locale.py",
    ):
        assert evaluate(Tree(folder, (name,)), name).path == name
