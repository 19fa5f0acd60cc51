"""The project's own interpreter is asked, and believed; when it cannot answer, the static findings stand in."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from djaws.config import Config, FileConfig
from djaws.engines import django as engine
from djaws.engines.drivers import django as driver
from djaws.files import Tree, discover
from djaws.finding import Output

SHOP = Path(__file__).parents[2] / "examples" / "shop"
MANAGE = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site_a.settings')\nimport django\n"
WSGI = "from django.core.wsgi import get_wsgi_application\n"
SETTINGS = "SECRET_KEY = 'short'\nALLOWED_HOSTS = ['x']\nINSTALLED_APPS = ['shelf']\nUSE_TZ = True\n"
APP = """
from django.apps import AppConfig
from django.core.checks import Warning, register

@register()
def look(app_configs, **kwargs):
    from shelf.models import Book
    return [Warning("Books are dusty. Really.", hint="Clean them.", obj=Book, id="shelf.W001")]

class Shelf(AppConfig):
    name = "shelf"
"""
MODELS = "from django.db import models\n\n\nclass Book(models.Model):\n    id = models.AutoField(primary_key=True)\n"
PROJECT = {
    "manage.py": MANAGE,
    "site_a/__init__.py": "",
    "site_a/wsgi.py": WSGI,
    "site_a/settings.py": SETTINGS,
    "shelf/__init__.py": "",
    "shelf/apps.py": APP,
    "shelf/models.py": MODELS,
}


def asked(folder: Path, files: Mapping[str, str], **config: Any) -> Output:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    keys = {"live_django": True, "python": sys.executable, **config}
    units = engine.plan(Tree(folder, tuple(sorted(files))), Config(folder, folder, FileConfig(**keys)))
    (output,) = driver.run(str(folder), units)
    return output


def test_messages_are_placed_by_the_evaluated_settings(tmp_path: Path) -> None:
    output = asked(tmp_path, PROJECT)
    places = {
        finding.rule: (finding.location.span.path, finding.location.span.line) for finding in output.findings
    }
    assert output.errors == ()
    assert places["security.W009"] == ("site_a/settings.py", 1)
    assert places["security.W001"] == ("site_a/settings.py", None)


def test_checks_of_the_projects_own_apps_pass_through_with_a_rule(tmp_path: Path) -> None:
    output = asked(tmp_path, PROJECT)
    (finding,) = [one for one in output.findings if one.rule == "shelf.W001"]
    assert (finding.subject, finding.location.span.path, finding.location.span.line) == (
        "shelf.Book",
        "shelf/models.py",
        4,
    )
    assert finding.message == "Books are dusty. Really. Clean them."
    (rule,) = [one for one in output.rules if one.id == "shelf.W001"]
    assert (rule.title, rule.severity) == ("Books are dusty", "medium")


def test_a_failed_import_is_reported_with_its_cause_and_the_static_findings_stand_in(tmp_path: Path) -> None:
    files = {**PROJECT, "site_a/settings.py": f"{SETTINGS}import not_installed_anywhere\n"}
    output = asked(tmp_path, files)
    (error,) = output.errors
    assert "not_installed_anywhere" in error.because
    assert "site_a/settings.py:5" in error.because
    assert "security.W009" in {finding.rule for finding in output.findings}


def test_settings_that_exit_are_a_failed_import(tmp_path: Path) -> None:
    output = asked(
        tmp_path, {**PROJECT, "site_a/settings.py": f"{SETTINGS}import sys; sys.exit('no database')\n"}
    )
    assert "no database" in output.errors[0].because


def test_a_process_that_ends_without_an_answer_is_reported(tmp_path: Path) -> None:
    output = asked(tmp_path, {**PROJECT, "site_a/settings.py": f"{SETTINGS}import os; os._exit(3)\n"})
    assert "without an answer" in output.errors[0].because


def test_a_project_that_hangs_is_ended(tmp_path: Path) -> None:
    files = {**PROJECT, "site_a/settings.py": f"{SETTINGS}import time; time.sleep(60)\n"}
    assert "too long" in asked(tmp_path, files, timeout=2.0).errors[0].because


def test_what_the_project_prints_is_no_answer(tmp_path: Path) -> None:
    output = asked(tmp_path, {**PROJECT, "site_a/settings.py": f"{SETTINGS}print('{{\"messages\": []}}')\n"})
    assert "security.W009" in {finding.rule for finding in output.findings}


def test_no_token_of_the_pipeline_reaches_the_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GH_TOKEN", "t0ken")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s3cret")
    monkeypatch.setenv("DJANGO_GREETING", "hello")
    spy = f"import json, os; json.dump(dict(os.environ), open({str(tmp_path / 'seen')!r}, 'w'))\n"
    asked(tmp_path, {**PROJECT, "site_a/settings.py": f"{SETTINGS}{spy}"})
    seen = (tmp_path / "seen").read_text()
    assert "t0ken" not in seen
    assert "s3cret" not in seen
    assert "hello" in seen


@pytest.mark.parametrize("event", ["pull_request_target", "workflow_run"])
def test_a_strangers_code_never_runs_with_the_bases_rights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, event: str
) -> None:
    monkeypatch.setenv("GITHUB_EVENT_NAME", event)
    trap = f"open({str(tmp_path / 'ran')!r}, 'w').close()\n"
    output = asked(tmp_path, {**PROJECT, "site_a/settings.py": f"{SETTINGS}{trap}"})
    assert not (tmp_path / "ran").exists()
    assert event in output.errors[0].because
    assert "security.W009" in {finding.rule for finding in output.findings}


def test_no_interpreter_is_a_plain_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    output = asked(tmp_path, PROJECT, python="")
    assert "--python" in output.errors[0].because


def test_the_projects_own_environment_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    (tmp_path / "back" / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / "back" / ".venv" / "bin" / "python").touch()
    config = Config(tmp_path, tmp_path, FileConfig(live_django=True))
    assert engine.interpreter(Tree(tmp_path, ()), config, "back") == "back/.venv/bin/python"
    monkeypatch.setenv("VIRTUAL_ENV", str(tmp_path / "back" / ".venv"))
    assert engine.interpreter(Tree(tmp_path, ()), config, "") == str(
        tmp_path / "back" / ".venv" / "bin" / "python"
    )


def test_a_repository_that_holds_a_django_of_its_own_does_not_replace_the_real_one(tmp_path: Path) -> None:
    files = {**PROJECT, "json.py": "raise SystemExit('shadowed')\n"}
    assert asked(tmp_path, files).errors == ()


def test_static_and_live_give_the_same_ids_and_places_in_the_shop() -> None:
    tree = discover(SHOP)
    places = []
    for keys in ({}, {"live_django": True, "python": sys.executable}):
        units = engine.plan(tree, Config(SHOP, SHOP, FileConfig(**keys)))  # type: ignore[arg-type]
        (output,) = driver.run(str(tree.root), units)
        assert output.errors == ()
        places.append(
            sorted(
                (one.rule, one.location.span, one.subject, one.message, one.waived) for one in output.findings
            )
        )
    assert places[0] == places[1]
    assert len(places[0]) >= 4
