"""Django's deploy checks over evaluated settings: what is found, where it is placed, and what is left undecided."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from pathlib import Path

import pytest

from djaws.config import Config, FileConfig
from djaws.engines import Unit
from djaws.engines import django as engine
from djaws.engines.django_findings import SETTING_OF, SINCE
from djaws.engines.django_world import speaks_of
from djaws.engines.drivers import django as driver
from djaws.files import Tree
from djaws.finding import Confidence, Finding, Output, Span
from djaws.model.value import Guard

SAFE = """
SECRET_KEY = "kx7Vb2Qw9Zr4Ty6Up1Lm8Nc3Df5Gh0Js-Ae_Ki+Ob=Xq/Wl.Rv,Sn"
DEBUG = False
ALLOWED_HOSTS = ["shop.example.org"]
INSTALLED_APPS = ["django.contrib.sessions"]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
SECURE_HSTS_SECONDS = 31536000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SECURE_SSL_REDIRECT = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
"""
MANAGE = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\nimport django\n"
WSGI = "from django.core.wsgi import get_wsgi_application\n"


def planned(folder: Path, files: Mapping[str, str], **config: object) -> tuple[Unit, ...]:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
    tree = Tree(folder, tuple(sorted(files)))
    return engine.plan(tree, Config(folder, folder, FileConfig(**config)))  # type: ignore[arg-type]


def judged(folder: Path, settings: str, more: Mapping[str, str] | None = None) -> Output:
    """What is said of the settings of a project that is safe but for what `settings` adds."""
    files = {
        "manage.py": MANAGE,
        "shop/wsgi.py": WSGI,
        "shop/settings.py": f"{SAFE}{textwrap.dedent(settings)}",
        **(more or {}),
    }
    units = planned(folder, files)
    (output,) = driver.run(str(folder), units)
    return output


def ids(output: Output) -> list[str]:
    return sorted(finding.rule for finding in output.findings)


def vague(output: Output) -> list[str]:
    return sorted(entry.rule for entry in output.undecided)


FIRST = SAFE.count("\n") + 1


def only(output: Output) -> Finding:
    (finding,) = output.findings
    return finding


def test_safe_settings_are_found_safe(tmp_path: Path) -> None:
    output = judged(tmp_path, "")
    assert (output.findings, output.undecided, output.errors) == ((), (), ())


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("MIDDLEWARE = MIDDLEWARE[1:]", "security.W001"),
        ("MIDDLEWARE = MIDDLEWARE[:3]", "security.W002"),
        ("MIDDLEWARE = MIDDLEWARE[:2] + MIDDLEWARE[3:]", "security.W003"),
        ("SECURE_HSTS_SECONDS = 0", "security.W004"),
        ("SECURE_HSTS_INCLUDE_SUBDOMAINS = False", "security.W005"),
        ("SECURE_CONTENT_TYPE_NOSNIFF = False", "security.W006"),
        ("SECURE_SSL_REDIRECT = False", "security.W008"),
        ("SECRET_KEY = 'django-insecure-' + 'x1y2z3a4b5c6' * 5", "security.W009"),
        ("SESSION_COOKIE_SECURE = False", "security.W012"),
        ("SESSION_COOKIE_HTTPONLY = False", "security.W015"),
        ("CSRF_COOKIE_SECURE = False", "security.W016"),
        ("DEBUG = True", "security.W018"),
        ("X_FRAME_OPTIONS = 'SAMEORIGIN'", "security.W019"),
        ("ALLOWED_HOSTS = []", "security.W020"),
        ("SECURE_HSTS_PRELOAD = False", "security.W021"),
        ("SECURE_REFERRER_POLICY = None", "security.W022"),
        ("SECURE_REFERRER_POLICY = 'strict'", "security.E023"),
        ("SECURE_CROSS_ORIGIN_OPENER_POLICY = 'same-site'", "security.E024"),
        ("SECRET_KEY_FALLBACKS = ['short']", "security.W025"),
        ("CSRF_TRUSTED_ORIGINS = ['example.org']", "4_0.E001"),
        ("CACHES = {'other': {'BACKEND': 'x'}}", "caches.E001"),
        ("STATIC_URL = 'https://cdn.example.org/static'", "urls.E006"),
        ("LANGUAGE_CODE = '-'", "translation.E001"),
        ("LANGUAGES = [('-', 'None')]", "translation.E002"),
        ("LANGUAGES_BIDI = ['-']", "translation.E003"),
    ],
)
def test_each_check_that_settings_can_decide_is_decided_on_the_line(
    tmp_path: Path, line: str, rule: str
) -> None:
    output = judged(tmp_path, f"{line}\n")
    finding = only(output)
    assert (finding.rule, finding.location.span) == (rule, Span("shop/settings.py", FIRST, FIRST))
    assert finding.subject == line.partition(" ")[0]
    assert finding.confidence is None


def test_a_setting_that_nothing_sets_is_placed_on_the_settings_module(tmp_path: Path) -> None:
    output = judged(tmp_path, "del SESSION_COOKIE_SECURE\n")
    assert only(output).location.span == Span("shop/settings.py")


def test_a_list_that_is_added_to_stays_where_it_was_written(tmp_path: Path) -> None:
    output = judged(
        tmp_path, "MIDDLEWARE.remove('django.middleware.csrf.CsrfViewMiddleware')\nMIDDLEWARE += ['x.Y']\n"
    )
    finding = only(output)
    assert (finding.rule, finding.location.span.line) == ("security.W003", 6)
    assert {related.span.line for related in finding.related} >= {FIRST, FIRST + 1}


def test_the_place_that_names_the_settings_is_related(tmp_path: Path) -> None:
    notes = [
        (related.span.path, related.note) for related in only(judged(tmp_path, "DEBUG = True\n")).related
    ]
    assert any(path == "manage.py" and "shop.settings" in note for path, note in notes)


# --- what the environment decides


def test_an_unsafe_default_of_a_variable_convicts_nobody(tmp_path: Path) -> None:
    output = judged(tmp_path, "import os\nDEBUG = os.environ.get('DEBUG', 'True') == 'True'\n")
    assert (ids(output), vague(output)) == ([], ["security.W018"])


def test_a_variable_that_is_cast_is_no_more_known(tmp_path: Path) -> None:
    output = judged(
        tmp_path, "import environ\nenv = environ.Env(S=(bool, True))\nSESSION_COOKIE_SECURE = env.bool('S')\n"
    )
    assert (ids(output), vague(output)) == ([], ["security.W012"])
    assert output.undecided[0].span.line == FIRST + 2


def test_settings_that_follow_debug_are_judged_as_they_are_without_it(tmp_path: Path) -> None:
    source = """
        import os
        DEBUG = os.environ.get("DEBUG") == "1"
        SECURE_SSL_REDIRECT = not DEBUG
        if not DEBUG:
            SESSION_COOKIE_SECURE = False
        """
    output = judged(tmp_path, source)
    finding = only(output)
    assert (finding.rule, finding.confidence) == ("security.W012", Confidence.MEDIUM)
    assert "(when " in finding.message
    assert vague(output) == ["security.W018"]


def test_productions_branch_decides_when_there_is_one(tmp_path: Path) -> None:
    source = """
        import os
        STAGE = os.environ["STAGE"]
        if STAGE == "production":
            SECURE_SSL_REDIRECT = True
            CSRF_COOKIE_SECURE = False
        else:
            SECURE_SSL_REDIRECT = False
            DEBUG = True
        """
    finding = only(judged(tmp_path, source))
    assert finding.rule == "security.W016"
    assert 'env STAGE is "production"' in finding.message


def test_a_branch_that_says_nothing_of_production_leaves_it_undecided(tmp_path: Path) -> None:
    output = judged(
        tmp_path, "import os\nif os.environ.get('REGION') == 'eu':\n    SECURE_SSL_REDIRECT = False\n"
    )
    assert (ids(output), vague(output)) == ([], ["security.W008"])
    assert 'env REGION is "eu"' in output.undecided[0].because


def test_what_fails_on_every_branch_fails(tmp_path: Path) -> None:
    output = judged(tmp_path, "import os\nDEBUG = 1 if os.environ.get('A') else True\n")
    assert only(output).rule == "security.W018"


def test_known_items_of_an_open_list_decide_what_they_can(tmp_path: Path) -> None:
    output = judged(
        tmp_path, "import company\nMIDDLEWARE += company.middleware()\nALLOWED_HOSTS += company.hosts()\n"
    )
    assert (ids(output), vague(output)) == ([], [])


def test_what_an_open_list_lacks_is_undecided(tmp_path: Path) -> None:
    output = judged(tmp_path, "import company\nMIDDLEWARE = company.first() + MIDDLEWARE[1:]\n")
    assert ids(output) == []
    assert "security.W001" in vague(output)


def test_a_conditional_middleware_is_judged_on_either_branch(tmp_path: Path) -> None:
    source = "import os\nif os.environ.get('F'):\n    MIDDLEWARE.remove('django.middleware.csrf.CsrfViewMiddleware')\n"
    assert vague(judged(tmp_path, source)) == ["security.W003"]


# --- the project's own word


def test_a_silenced_check_is_waived_with_the_place_that_silences_it(tmp_path: Path) -> None:
    output = judged(tmp_path, "DEBUG = True\nSILENCED_SYSTEM_CHECKS = ['security.W018']\n")
    assert only(output).waived == f"silenced by SILENCED_SYSTEM_CHECKS at shop/settings.py:{FIRST + 1}"


def test_a_check_that_may_be_silenced_is_not_waived(tmp_path: Path) -> None:
    source = (
        "import os\nDEBUG = True\nif os.environ.get('A'):\n    SILENCED_SYSTEM_CHECKS = ['security.W018']\n"
    )
    assert only(judged(tmp_path, source)).waived is None


def test_an_optional_module_that_is_not_here_weakens_what_is_found(tmp_path: Path) -> None:
    output = judged(
        tmp_path, "DEBUG = True\ntry:\n    from .local_settings import *\nexcept ImportError:\n    pass\n"
    )
    finding = only(output)
    assert finding.confidence is Confidence.MEDIUM
    assert any("optional module" in related.note for related in finding.related)


def test_checks_that_the_projects_django_lacks_are_not_run_on_it(tmp_path: Path) -> None:
    source = "SECURE_CROSS_ORIGIN_OPENER_POLICY = 'same-site'\nSECRET_KEY_FALLBACKS = ['short']\n"
    output = judged(tmp_path, source, {"requirements.txt": "django==3.2.1\n"})
    assert ids(output) == []


def test_older_defaults_count_for_older_projects(tmp_path: Path) -> None:
    assert "security.W006" in ids(judged(tmp_path, "", {"requirements.txt": "django==2.2\n"}))


def test_a_project_that_nothing_deploys_never_fails_the_gate(tmp_path: Path) -> None:
    units = planned(tmp_path, {"manage.py": MANAGE, "shop/settings.py": f"{SAFE}DEBUG = True\n"})
    (output,) = driver.run(str(tmp_path), units)
    assert only(output).confidence is Confidence.LOW


def test_a_settings_module_that_is_not_here_is_undecided(tmp_path: Path) -> None:
    (output,) = driver.run(str(tmp_path), planned(tmp_path, {"manage.py": MANAGE}))
    assert [entry.rule for entry in output.undecided] == ["gate/unresolved-settings"]


def test_values_that_no_check_can_read_are_undecided_and_cost_nothing_else(tmp_path: Path) -> None:
    output = judged(tmp_path, "MIDDLEWARE = 5\nLANGUAGES = 7\nDEBUG = True\n")
    assert ids(output) == ["security.W018"]
    assert {"security.W001", "translation.E002"} <= set(vague(output))


def test_files_with_errors_are_reported_and_leave_the_rest_undecided(tmp_path: Path) -> None:
    output = judged(tmp_path, "from .broken import *\nDEBUG = True\n", {"shop/broken.py": "x = = 1\n"})
    assert "gate/unparsable-file" in vague(output)
    assert ids(output) == ["security.W018"]


# --- caches


def test_a_file_cache_below_the_static_files_is_found(tmp_path: Path) -> None:
    source = """
        from pathlib import Path
        BASE_DIR = Path(__file__).resolve().parent.parent
        STATIC_ROOT = BASE_DIR / "static"
        CACHES = {"default": {"BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
                              "LOCATION": BASE_DIR / "static" / "cache"}}
        """
    assert ids(judged(tmp_path, source)) == ["caches.W002"]


def test_a_relative_file_cache_is_found(tmp_path: Path) -> None:
    source = "CACHES = {'default': {'BACKEND': 'django.core.cache.backends.filebased.FileBasedCache', 'LOCATION': 'tmp/c'}}\n"
    assert ids(judged(tmp_path, source)) == ["caches.W003"]


def test_a_cache_backend_that_is_not_installed_is_judged_by_its_name(tmp_path: Path) -> None:
    source = (
        "MEDIA_ROOT = unknown()\nCACHES = {'default': {'BACKEND': 'acme.cache.Cache', 'LOCATION': 'x'}}\n"
    )
    output = judged(tmp_path, source)
    assert (ids(output), vague(output)) == ([], [])


# --- nothing of the project runs


def test_no_code_of_the_project_is_imported(tmp_path: Path) -> None:
    trap = f"open({str(tmp_path / 'ran')!r}, 'w').close()\n"
    source = (
        trap
        + "CACHES = {'default': {'BACKEND': 'shop.trap.Cache'}}\nMIDDLEWARE += ['shop.trap.Middleware']\n"
    )
    judged(tmp_path, source, {"shop/trap.py": trap, "shop/__init__.py": trap})
    assert not (tmp_path / "ran").exists()


# --- planning


def test_each_project_is_a_unit_whose_inputs_are_all_it_reads(tmp_path: Path) -> None:
    files = {
        "a/manage.py": MANAGE.replace("shop", "one"),
        "a/one/settings.py": "from .base import *\n",
        "a/one/base.py": SAFE,
        "a/one/views.py": "",
        "b/manage.py": MANAGE.replace("shop", "two"),
        "b/two/settings.py": SAFE,
        "b/requirements.txt": "django==5.2\n",
    }
    first, second = planned(tmp_path, files)
    assert (first.id, set(first.inputs)) == ("a:one.settings", {"a/one/settings.py", "a/one/base.py"})
    assert set(second.inputs) == {"b/two/settings.py", "b/requirements.txt"}
    assert str(tmp_path) not in repr(first.options)
    assert engine.scope((first,)) == ("settings",)


def test_planning_needs_no_django() -> None:
    import subprocess
    import sys

    program = "import sys, djaws.engines.django; print([n for n in ('django', 'djaws.model.django.interpreter') if n in sys.modules])"
    done = subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_check_that_is_run_has_an_id_and_a_setting(tmp_path: Path) -> None:
    from djaws.model.django import Settings

    names = {function.__name__ for function in driver.checks(Settings("s", "s.py"))}
    assert names <= set(driver._FIRST_ID)
    assert set(driver._FIRST_ID.values()) | set(SINCE) <= set(SETTING_OF)


@pytest.mark.parametrize(
    ("guard", "rank"),
    [
        (Guard.when("env STAGE", "production"), 0),
        (Guard.unless("env STAGE", "production"), 2),
        (Guard.when("env STAGE", "dev"), 2),
        (Guard.unless("env STAGE", "dev"), 1),
        (Guard.when("DEBUG", True), 2),
        (Guard.when("DEBUG", False), 1),
        (Guard.when("env DJANGO_DEBUG", "True"), 2),
        (Guard.when("IS_PRODUCTION", True), 0),
        (Guard.when("IS_PRODUCTION", False), 2),
        (Guard.when("RUNNING_TESTS", True), 2),
        (Guard.when("env REGION", "eu"), 1),
        (Guard.when("int(os.environ.get('DEBUG', 0))", True), 2),
    ],
)
def test_guards_are_ranked_by_whether_they_speak_of_production(guard: Guard, rank: int) -> None:
    assert speaks_of(guard) == rank
