"""The dated tables, and the scripts that keep them."""

from __future__ import annotations

import datetime
import json
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from djaws import catalogue, data

TOP = Path(__file__).parent.parent
FILES = sorted((TOP / "action" / "djaws" / "data").glob("*.json"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_table_says_what_it_is_and_when_it_was_read(file: Path) -> None:
    table = json.loads(file.read_text(encoding="utf-8"))
    assert len(table["about"]) > 40
    assert datetime.date(2026, 1, 1) <= datetime.date.fromisoformat(table["read"])


@pytest.mark.parametrize("script", ["refresh_rules", "refresh_taggability", "refresh_lifecycles"])
def test_generated_tables_are_what_the_installed_engines_give(script: str, tmp_path: Path) -> None:
    for distribution in ("checkov", "cfn-lint", "bandit", "django"):
        try:
            metadata.version(distribution)
        except metadata.PackageNotFoundError:
            pytest.skip(f"{distribution} is not installed")
    ran = subprocess.run(
        [sys.executable, str(TOP / "tools" / f"{script}.py"), "--check"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_every_rule_of_the_installed_bandit_is_known() -> None:
    manager = pytest.importorskip("bandit.core.extension_loader").MANAGER
    ids = {plugin.plugin._test_id for plugin in manager.plugins} | set(manager.blacklist_by_id)
    assert [id for id in sorted(ids) if not catalogue.known(f"bandit:{id}")] == []


def test_every_static_django_check_is_known() -> None:
    decided = [f"security.W{number:03}" for number in (*range(1, 7), *range(8, 17), *range(18, 23), 25)]
    decided += [
        "security.E023",
        "security.E024",
        "4_0.E001",
        "caches.E001",
        "caches.W002",
        "caches.W003",
        "urls.E006",
    ]
    decided += ["translation.E001", "translation.E002", "translation.E003"]
    assert [id for id in decided if not catalogue.known(f"django:{id}")] == []


@pytest.mark.parametrize(
    ("type", "path", "shape"),
    [
        ("AWS::RDS::DBInstance", "Tags", "list"),
        ("AWS::EFS::FileSystem", "FileSystemTags", "list"),
        ("AWS::Cognito::UserPool", "UserPoolTags", "map"),
        ("AWS::SSM::Parameter", "Tags", "map"),
        ("AWS::Serverless::Function", "Tags", "map"),
        ("AWS::DynamoDB::GlobalTable", "Replicas.Tags", "list"),
    ],
)
def test_cloudformation_tags_are_where_the_schema_puts_them(type: str, path: str, shape: str) -> None:
    place = data.taggability().cloudformation[type]
    assert (place.path, place.shape) == (path, shape)


def test_what_takes_no_tags_is_not_taggable() -> None:
    tags = data.taggability()
    assert "AWS::Lambda::Permission" not in tags.cloudformation
    assert "AWS::EC2::SubnetRouteTableAssociation" not in tags.cloudformation
    assert "aws_lambda_permission" not in tags.terraform
    assert "aws_iam_role_policy_attachment" not in tags.terraform


def test_an_auto_scaling_group_has_blocks_and_no_default_tags() -> None:
    tags = data.taggability()
    assert tags.terraform["aws_autoscaling_group"].shape == "blocks"
    assert "aws_autoscaling_group" in tags.without_default_tags


def test_costly_types_take_tags() -> None:
    tags = data.taggability()
    assert tags.costly.terraform <= set(tags.terraform)
    assert tags.costly.cloudformation <= set(tags.cloudformation)
    assert "aws_db_instance" in tags.costly.terraform
    assert "aws_iam_role" not in tags.costly.terraform


def test_alarmable_kinds_are_consistent() -> None:
    kinds = data.alarms()
    assert len({kind.kind for kind in kinds}) == len(kinds)
    for kind in kinds:
        assert kind.namespace.startswith("AWS/")
        assert kind.required or kind.recommended, kind.kind
        assert kind.source in ("AWS list", "djaws")
        for metric in (*kind.required, *kind.recommended):
            assert metric.any_of, kind.kind
            assert metric.unless in (
                "",
                "storage-autoscaling",
                "target-tracking",
                "capacity-provider",
                "serverless",
            )


def test_a_database_needs_an_alarm_on_its_storage_unless_it_grows() -> None:
    database = next(kind for kind in data.alarms() if "aws_db_instance" in kind.terraform)
    storage = next(metric for metric in database.required if "FreeStorageSpace" in metric.any_of)
    assert storage.unless == "storage-autoscaling"


def test_flag_libraries_name_their_calls_in_full() -> None:
    waffle = next(backend for backend in data.flag_backends() if backend.name == "django-waffle")
    assert waffle.functions["waffle.flag_is_active"] == 1
    assert waffle.functions["waffle.switch_is_active"] == 0
    for backend in data.flag_backends():
        for name in (*backend.functions, *backend.decorators, *backend.mixins, *backend.overrides):
            assert name.startswith(f"{backend.module}."), name
        assert not backend.methods or backend.receiver, backend.name


@pytest.mark.parametrize(
    ("engine", "version", "ends"),
    [
        ("postgres", "13.14", "2026-02-28"),
        ("postgres", "13", "2026-02-28"),
        ("aurora-mysql", "5.7.mysql_aurora.2.11.1", "2024-10-31"),
        ("mysql", "8.0.35", "2026-07-31"),
        ("redis", "5.0.6", "2026-01-31"),
    ],
)
def test_a_database_version_is_found_by_its_series(engine: str, version: str, ends: str) -> None:
    row = data.lifecycles().database(engine, version)
    assert row is not None
    assert row.standard_support_ends == datetime.date.fromisoformat(ends)


def test_an_unlisted_database_version_is_unknown() -> None:
    assert data.lifecycles().database("postgres", "130") is None
    assert data.lifecycles().database("postgres", "99.1") is None
    assert data.lifecycles().database("oracle-ee", "19") is None


def test_dates_of_a_database_series_are_in_order() -> None:
    for row in data.lifecycles().database_engines:
        assert (row.charged_from is None) == (row.extended_support_ends is None), row
        if row.charged_from and row.extended_support_ends:
            assert row.standard_support_ends < row.charged_from < row.extended_support_ends, row


def test_every_lifecycle_table_has_a_source() -> None:
    tables = set(data.Lifecycles.__struct_fields__) - {"sources"}
    assert set(data.lifecycles().sources) == tables


def test_support_of_django_and_python_ends_when_they_say() -> None:
    tables = data.lifecycles()
    django = {row.version: row.ends for row in tables.django}
    python = {row.version: row.ends for row in tables.python}
    assert django["4.2"] == datetime.date(2026, 4, 30)
    assert django["5.2"] == datetime.date(2028, 4, 30)
    assert python["3.9"] == datetime.date(2025, 10, 31)


def test_an_old_family_is_never_another_ones_successor() -> None:
    families = data.lifecycles().instance_families
    old = {(row.service, row.family) for row in families}
    assert not [row for row in families if (row.service, row.successor) in old]
