"""Functions that keep their database connections."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from djaws.finding import Span
from djaws.model.django import Project
from djaws.model.processes import Process
from djaws.model.system import System
from djaws.model.value import Map, Value
from djaws.policy import Verdicts, finding, policy, undecided

_ADAPTERS = ("mangum", "zappa", "serverless-wsgi", "apig-wsgi", "aws-wsgi", "awsgi")
_PROXIES = ("aws_db_proxy", "AWS::RDS::DBProxy")
_OTHER_TOOLS = ("cdk.json", "Pulumi.yaml", "serverless.yml", "serverless.yaml", "terragrunt.hcl")


@policy(
    "Django on Lambda that keeps its database connections",
    severity="medium",
    confidence="medium",
    pillar="reliability",
    languages=("django",),
    advice=("A3.1", "A3.3"),
    source="https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy.html",
)
def direct_database_connections(system: System) -> Verdicts:
    """A Django project that runs on Lambda (Mangum, Zappa, serverless-wsgi, …) keeps database connections between requests, by
    `CONN_MAX_AGE` or a pool, and there is no RDS Proxy.

    SQLite and hosts whose name says proxy are left alone. Where other tools or modules may hold the proxy it is undecided.

    ## Why

    Each copy of a function keeps a connection of its own, and Lambda starts hundreds of copies: the database runs out of
    connections, for everybody.

    ## Fix: Django

    ```python
    DATABASES["default"]["CONN_MAX_AGE"] = 0
    ```

    ## Fix: Terraform

    ```hcl
    resource "aws_db_proxy" "shop" {
      name          = "shop"
      engine_family = "POSTGRESQL"
    }
    ```
    """
    if not system.pipeline.requires(*_ADAPTERS) or next(system.of_type(*_PROXIES), None) is not None:
        return
    for project in system.projects:
        process = _on_lambda(system, project)
        if process is not None:
            yield from _databases(system, project, process)


def _on_lambda(system: System, project: Project) -> Process | None:
    """The function that runs the project; with one project and unknown settings, any function that an API calls."""
    for process in system.processes:
        if process.origin not in ("lambda", "zappa"):
            continue
        module = process.settings_module.only(None)
        if module == project.settings_module:
            return process
        if module is None and len(system.projects) == 1 and (process.is_web or process.origin == "zappa"):
            return process
    return None


def _databases(system: System, project: Project, process: Process) -> Verdicts:
    for database in _entries(project.settings.get("DATABASES")):
        if _is_elsewhere(database):
            continue
        kept = _kept(database)
        if kept is None:
            continue
        hidden = _hidden(system)
        if hidden:
            yield undecided(hidden[1], hidden[0])
            continue
        span, how = kept
        yield finding(
            span,
            f"{project.settings_module} {how}, and {process.name} runs it on Lambda without RDS Proxy",
            subject="DATABASES",
            related=[(process.span, "what runs it")],
        )


def _entries(databases: Value[Any]) -> Iterator[Map]:
    for alternative in databases.alternatives:
        if isinstance(alternative.value, Map):
            for entry in alternative.value.entries.values():
                for each in entry.alternatives:
                    if isinstance(each.value, Map) and not alternative.guard and not each.guard:
                        yield each.value


def _is_elsewhere(database: Map) -> bool:
    """Whether it is no server, or a proxy already."""
    engine, host = database.get("ENGINE"), database.get("HOST")
    return bool(
        engine.sometimes(lambda name: not isinstance(name, str) or "sqlite" in name or "dummy" in name)
        or host.sometimes(lambda name: isinstance(name, str) and "proxy" in name)
        or "pgbouncer" in repr(host)
    )


def _kept(database: Map) -> tuple[Span, str] | None:
    """The place that keeps connections, and how; None when they are closed, or nobody knows."""
    age = database.get("CONN_MAX_AGE")
    is_kept = age.always(lambda seconds: seconds is None or (isinstance(seconds, int) and seconds > 0))
    if "CONN_MAX_AGE" in database.entries and is_kept:
        return age.span, "keeps database connections between requests"
    options = database.get("OPTIONS").only(None)
    pool = options.get("pool") if isinstance(options, Map) else None
    if pool is not None and not pool.is_absent and pool.always(bool):
        return pool.span, "has a pool of database connections"
    return None


def _hidden(system: System) -> tuple[str, Span] | None:
    for unresolved in system.unresolved:
        if "proxy" in unresolved.source.lower() or "proxy" in unresolved.address.lower():
            return f"{unresolved.source} may be the proxy", unresolved.span
    for path in system.tree.paths:
        if path.rpartition("/")[2] in _OTHER_TOOLS:
            return "another tool may create an RDS Proxy, which is not analysed", Span(path)
    return None
