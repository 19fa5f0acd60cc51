"""Databases that live on the machine that serves requests."""

from __future__ import annotations

from typing import Any

import msgspec

from djaws.model.deployed import Deployed, where
from djaws.model.system import System
from djaws.model.value import Value
from djaws.policy import Verdicts, finding, policy, undecided

from .model import once, place, production

_HERE = ("localhost", "127.0.0.1", "::1")


class Parameters(msgspec.Struct, frozen=True, rename="kebab"):
    """`allow-hosts` are local names behind which a tunnel or a pooler waits."""

    allow_hosts: tuple[str, ...] = ()


@policy(
    "Production settings use SQLite or a database on the same host",
    severity="high",
    pillar="reliability",
    languages=("django",),
    advice=("A3.3",),
    source="AWS Well-Architected REL09, PERF03",
)
def local_database(system: System, parameters: Parameters) -> Verdicts:
    """A database in `DATABASES` of the production settings is SQLite, or a server on the same host, whatever the deployment passes.

    Asked only where a task, function or service that runs the project is known, or the settings module is called production's. What
    only a missing variable would bring about is undecided. Silent for databases in memory, for other aliases on a read-only
    file, and for tests and laptops.

    ## Why

    A container's disk goes with the container, and a second container has another one. Nobody makes backups of either.

    ## Fix: Django

        DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "HOST": os.environ["DATABASE_HOST"], …}}
    """
    yield from once(_all(system, frozenset(parameters.allow_hosts)))


def _all(system: System, allowed: frozenset[str]) -> Verdicts:
    for each in production(system):
        if not _is_deployed(each):
            continue
        databases = each.get("DATABASES")
        if databases.unknown and not databases.alternatives:
            yield undecided(databases.unknown.span, databases.unknown.because)
        for alias, database in each.entries(databases):
            yield from _of_database(each, alias, database, allowed)


def _is_deployed(each: Deployed) -> bool:
    from djaws.model.django.productionness import PRODUCTION, productionness

    return each.process is not None or productionness(each.project.settings_module) == PRODUCTION


def _of_database(each: Deployed, alias: str, database: Value[Any], allowed: frozenset[str]) -> Verdicts:
    engine = each.inside(database, "ENGINE")
    name = each.inside(database, "NAME")
    if engine.always(lambda text: isinstance(text, str) and "sqlite" in text):
        is_memory = name.sometimes(
            lambda text: isinstance(text, str) and (":memory:" in text or "mode=ro" in text)
        )
        if not is_memory and (alias == "default" or name.is_known):
            yield finding(
                place(each, engine),
                f"database {alias!r} is a SQLite file",
                subject=f"DATABASES.{alias}",
                related=where(each),
            )
        return
    host = each.inside(database, "HOST")
    if host.always(lambda text: text in _HERE and text not in allowed) and not _has_neighbour(each):
        yield finding(
            host.span,
            f"database {alias!r} is on the same host",
            subject=f"DATABASES.{alias}",
            confidence="medium",
            related=where(each),
        )
    elif engine.unknown and alias == "default":
        yield undecided(engine.unknown.span, engine.unknown.because)


def _has_neighbour(each: Deployed) -> bool:
    """Whether another container of the task may be a pooler or a proxy: only one container is known to be alone."""
    process = each.process
    if process is None or process.resource is None:
        return True
    from djaws.model.processes.containers import containers

    return process.origin != "ecs" or len(containers(process.resource)[0]) != 1
