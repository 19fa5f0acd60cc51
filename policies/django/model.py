"""What several policies about production settings ask alike: lists, storages, copies of the process, and models with files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from djaws.finding import Finding, Span
from djaws.model.code import Field
from djaws.model.deployed import Deployed, deployments
from djaws.model.system import System
from djaws.model.value import Alternative, Map, Seq, Unknown, Value
from djaws.policy import Verdicts


def production(system: System) -> Iterator[Deployed]:
    """The projects as production runs them; those of which only a laptop's or a test run's settings are here are left out."""
    for each in deployments(system):
        if not each.is_workplace:
            yield each


def serving(system: System) -> Iterator[Deployed]:
    """Those that answer requests, as far as one knows."""
    for each in production(system):
        if each.is_web:
            yield each


def items(each: Deployed, name: str) -> tuple[list[Alternative[Any]], Unknown | None]:
    """The possible items of a list of production, and why there may be others."""
    return listed(each, each.get(name))


def listed(each: Deployed, value: Value[Any]) -> tuple[list[Alternative[Any]], Unknown | None]:
    found: list[Alternative[Any]] = []
    unknown = value.unknown
    for alternative in value.alternatives:
        if isinstance(alternative.value, Seq):
            unknown = unknown or alternative.value.rest
            for item in alternative.value.items:
                possible = each.likely(item.when(alternative.guard))
                found += possible.alternatives
                unknown = unknown or possible.unknown
    return found, unknown


def place(each: Deployed, value: Value[Any]) -> Span:
    """Where a setting is, the settings module when nobody sets it."""
    return value.span if value.span.path else Span(each.project.settings_path)


def backend(each: Deployed, alias: str) -> Value[Any]:
    """The backend of a storage (`default`, `staticfiles`): `STORAGES`, or the settings that came before it."""
    storages = each.settings.names.get("STORAGES")
    former = {"default": "DEFAULT_FILE_STORAGE", "staticfiles": "STATICFILES_STORAGE"}[alias]
    if storages is None and former in each.settings.names:
        return each.get(former)
    return each.inside(each.get("STORAGES"), alias, "BACKEND")


def option(each: Deployed, alias: str, name: str, setting: str) -> Value[Any]:
    """An option of a django-storages backend: among its `OPTIONS`, else the setting for all of them."""
    own = each.inside(each.get("STORAGES"), alias, "OPTIONS", name)
    return each.get(setting) if own.is_absent else own


def is_s3(path: object) -> bool:
    return isinstance(path, str) and (
        "s3boto" in path.lower() or ".s3." in path.lower() or "s3storage" in path.lower()
    )


def copies(each: Deployed) -> tuple[int, Span] | None:
    """How many copies of the process certainly can run at once, when more than one, and where that is said."""
    process = each.process
    if process is None:
        return None
    counts = [
        (alternative.value, alternative.span)
        for alternative in process.replicas.alternatives
        if isinstance(alternative.value, int) and alternative.value > 1
    ]
    if counts:
        return max(counts, key=lambda pair: pair[0])
    if process.origin in ("lambda", "app-runner"):
        return 2, process.span
    return None


def workers(each: Deployed) -> tuple[int, Span] | None:
    """How many worker processes its server certainly starts, when more than one."""
    if each.server is None:
        return None
    value = each.server.option("workers", "processes")
    numbers = [
        (int(str(alternative.value)), alternative.span)
        for alternative in value.alternatives
        if str(alternative.value).isdigit() and int(str(alternative.value)) > 1
    ]
    return numbers[0] if numbers else None


def file_fields(system: System, each: Deployed) -> list[tuple[Field, Span]]:
    """The fields of the project's models that hold files."""
    root = each.project.root
    return [
        (one, facts.span(one.line))
        for path, facts in system.code.items()
        if not facts.is_test and (not root or path.startswith(f"{root}/"))
        for model in facts.models
        for one in model.fields
        if one.type.rpartition(".")[2] in ("FileField", "ImageField")
    ]


def once(verdicts: Verdicts) -> Verdicts:
    """The same fault at the same place only once, however many processes have it."""
    seen = set()
    for verdict in verdicts:
        key = (verdict.location.span, verdict.message) if isinstance(verdict, Finding) else verdict
        if key not in seen:
            seen.add(key)
            yield verdict


def is_map(data: object) -> bool:
    return isinstance(data, Map)
