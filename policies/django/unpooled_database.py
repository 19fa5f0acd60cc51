"""Database connections that are opened anew for every request."""

from __future__ import annotations

from typing import Any

from djaws.model.deployed import Deployed, where
from djaws.model.system import System
from djaws.model.value import Value
from djaws.policy import Verdicts, finding, policy, undecided

from .model import once, place, serving

_SERVERS = ("postg", "psycopg", "postgis", "mysql", "oracle")


@policy(
    "Every request opens a database connection of its own",
    severity="low",
    pillar="performance",
    languages=("django",),
    advice=("A8.2",),
    source="Django: persistent connections, connection pool",
)
def unpooled_database(system: System) -> Verdicts:
    """A process of the project serves requests, its default database is a server, and neither `CONN_MAX_AGE` nor a pool
    (`OPTIONS["pool"]`) is set; or connections persist without `CONN_HEALTH_CHECKS`.

    Asked only where a server that runs the project is known. Silent for functions, for ASGI servers with neither (there a pool is the
    right way, and persistence is not), for engines of other packages, which may pool, and for poolers: hosts called after PgBouncer
    or a proxy.

    ## Why

    Opening a connection to RDS with TLS takes longer than most queries, and each one costs the database memory. Under load the
    database is busy shaking hands.

    ## Fix: Django

        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,

    Since Django 5.1 with psycopg 3, under ASGI too:

        "OPTIONS": {"pool": True},
    """
    yield from once(_all(system))


def _all(system: System) -> Verdicts:
    for each in serving(system):
        if (
            each.process is None
            or each.server is None
            or each.server.kind not in ("gunicorn", "uwsgi", "waitress")
        ):
            continue
        if "uvicorn" in str(each.server.option("worker-class").only("uvicorn")):
            continue
        database = each.inside(each.get("DATABASES"), "default")
        engine = str(each.inside(database, "ENGINE").only("") or "")
        if engine.startswith("django.") and any(name in engine for name in _SERVERS):
            yield from _of_database(each, database)


def _of_database(each: Deployed, database: Value[Any]) -> Verdicts:
    host = each.inside(database, "HOST")
    texts = [str(alternative.value) for alternative in host.alternatives]
    texts += [reference.address for reference in host.references]
    if any(word in text.lower() for text in texts for word in ("bouncer", "proxy", "pool")):
        return
    pool = each.inside(database, "OPTIONS", "pool")
    age = each.inside(database, "CONN_MAX_AGE")
    if not pool.is_absent:
        return
    if age.always(lambda data: data == 0 or data is False) or _is_unset(age):
        yield finding(
            age.span
            if any(alternative.written for alternative in age.alternatives)
            else place(each, database),
            "every request opens a database connection of its own",
            subject="DATABASES.default",
            related=where(each),
        )
    elif age.unknown:
        yield undecided(age.unknown.span, age.unknown.because)
    else:
        yield from _of_health(each, database, age)


def _of_health(each: Deployed, database: Value[Any], age: Value[Any]) -> Verdicts:
    health = each.inside(database, "CONN_HEALTH_CHECKS")
    version = each.settings.version
    if version is not None and version < (4, 1):
        return
    if age.always(lambda data: data is None or (isinstance(data, int) and data > 0)) and health.always(
        lambda data: not data
    ):
        yield finding(
            age.span,
            "connections persist without a health check: after a failover requests get dead ones",
            subject="DATABASES.default",
            severity="info",
        )


def _is_unset(age: Value[Any]) -> bool:
    """Whether nobody wrote it: an explicit None means for ever."""
    return age.is_absent and not any(alternative.written for alternative in age.alternatives)
