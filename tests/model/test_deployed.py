"""Settings as the process has them: what it passes holds, what it does not falls back, and a laptop's branch is none of it."""

from __future__ import annotations

import datetime
import tempfile
from pathlib import Path

from djaws.config import FileConfig
from djaws.files import discover_plain
from djaws.model.deployed import Deployed, deployments
from djaws.model.system import System

SETTINGS = """
import os
import environ
env = environ.Env(HOSTS=(list, ["*"]))
DEBUG = os.environ.get("DEBUG") == "1"
HOSTS = env("HOSTS")
REDIS = os.environ.get("REDIS", "redis://localhost")
KEY = os.environ.get("KEY", "fallback")
DATABASE = "server" if "DATABASE_HOST" in os.environ else "file"
STAGE = "live" if os.environ.get("STAGE") == "production" else "other"
TOOLS = ["toolbar"] if DEBUG else []
ROOT_URLCONF = "shop.urls"
INSTALLED_APPS = ["shop"]
"""
TASK = """
provider "aws" {}
resource "aws_ecr_repository" "shop" { name = "shop" }
resource "aws_db_instance" "shop" { identifier = "shop" }
resource "aws_ecs_task_definition" "web" {
  family = "web"
  container_definitions = jsonencode([{
    name        = "web"
    image       = "${aws_ecr_repository.shop.repository_url}:1"
    environment = [
      { name = "REDIS", value = "rediss://cache" },
      { name = "DATABASE_HOST", value = aws_db_instance.shop.address },
    ]
    secrets = [{ name = "KEY", valueFrom = "arn:aws:secretsmanager:key" }]
  }])
}
"""
START = 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n'
DOCKER = 'FROM python:3.12\nCMD ["gunicorn", "shop.wsgi"]\n'
ALONE = {"shop/settings.py": SETTINGS, "manage.py": START, "shop/wsgi.py": START}
WITH_TASK = {**ALONE, "main.tf": TASK, "Dockerfile": DOCKER}


def only(files: dict[str, str]) -> Deployed:
    with tempfile.TemporaryDirectory() as folder:
        for path, text in files.items():
            place = Path(folder, path)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, encoding="utf-8")
        system = System(discover_plain(Path(folder)), FileConfig(), datetime.date(2026, 11, 1))
        (found,) = deployments(system)
        assert found.settings.names
        return found


def hosts(deployed: Deployed) -> list[object]:
    return [
        item.only(None) for alternative in deployed.get("HOSTS").alternatives for item in alternative.value
    ]


def test_a_variable_that_the_task_passes_has_its_value() -> None:
    assert only(WITH_TASK).get("REDIS").only(None) == "rediss://cache"


def test_a_variable_that_the_task_does_not_pass_has_its_default() -> None:
    assert hosts(only(WITH_TASK)) == ["*"]
    assert only(WITH_TASK).get("HOSTS").is_known


def test_a_secret_is_unknown_and_never_the_default() -> None:
    key = only(WITH_TASK).get("KEY")
    assert not key.alternatives
    assert not key.is_known


def test_a_branch_on_whether_a_variable_is_set_follows_the_task() -> None:
    assert only(WITH_TASK).get("DATABASE").only(None) == "server"


def test_where_nothing_runs_the_project_a_default_is_unknown() -> None:
    alone = only(ALONE)
    assert alone.process is None
    assert hosts(alone) == []
    assert not alone.get("HOSTS").is_known


def test_a_laptops_branch_is_not_productions() -> None:
    for deployed in (only(ALONE), only(WITH_TASK)):
        assert deployed.get("DEBUG").always(lambda data: data is False)
        assert [len(alternative.value) for alternative in deployed.get("TOOLS").alternatives] != [1]


def test_a_branch_that_names_production_is_taken() -> None:
    assert [alternative.value for alternative in only(ALONE).get("STAGE").alternatives] == ["live"]


def test_an_image_that_is_not_here_may_set_more() -> None:
    started = TASK.replace("environment =", 'command = ["gunicorn", "shop.wsgi"]\n    environment =')
    assert not only({**ALONE, "main.tf": started}).is_closed
