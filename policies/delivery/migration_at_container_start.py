"""Migrations that every container runs when it starts."""

from __future__ import annotations

from typing import Any

from djaws.finding import Span
from djaws.model.processes import Process, Server
from djaws.model.system import System
from djaws.policy import Verdicts, finding, policy, undecided

from .model import is_production

_HARMLESS = ("check", "plan", "list", "fake")


@policy(
    "Every container migrates the database when it starts",
    severity="medium",
    pillar="reliability",
    languages=("pipeline", "terraform", "cloudformation"),
    advice=("A7.2", "A8.2"),
    source="Django documentation, migrations: deploying",
)
def migration_at_container_start(system: System) -> Verdicts:
    """A command or entry point runs `migrate` before it starts the server, and more than one copy of it may run.

    A release phase, a task that runs once, a leader's command and a service of one task are fine. It does not decide where the
    number of copies is unknown, or where a variable that is not known switches the migration.

    ## Why

    Two containers that start together migrate together; a new one that an alarm starts at night migrates, too. When a migration
    fails, no container starts any more, the old version included.

    ## Fix: ECS

    Run it once, before the rollout:

    ```sh
    aws ecs run-task --cluster shop --task-definition web \\
      --overrides '{"containerOverrides": [{"name": "web", "command": ["python", "manage.py", "migrate"]}]}'
    ```

    ## Fix: Terraform

    A task definition of its own for `manage.py migrate`, which the pipeline runs.

    ## Fix: Procfile

    ```
    release: python manage.py migrate
    ```
    """
    said: set[Span] = set()
    vague: dict[Span, str] = {}
    for process in system.processes:
        migration = _migration(process)
        if migration is None or not _is_deployed(process):
            continue
        many = process.replicas.sometimes(_is_many)
        if many and not migration.conditions:
            if migration.span not in said:
                said.add(migration.span)
                yield finding(
                    migration.span,
                    f"{process.name} migrates the database whenever one of its copies starts",
                    subject=process.name,
                    related=[(many[0].span, f"{many[0].value} copies may run")],
                    confidence="medium" if process.unknown else None,
                )
        elif many or process.replicas.unknown:
            vague.setdefault(migration.span, _doubt(process, migration))
    for span, because in vague.items():
        if span not in said:
            yield undecided(span, because)


def _is_many(count: Any) -> bool:
    return isinstance(count, int | float) and count > 1


def _is_deployed(process: Process) -> bool:
    return process.origin != "compose" or is_production(process.deployment)


def _migration(process: Process) -> Server | None:
    """The migration before a server in the same process."""
    if process.is_oneshot:
        return None
    found: Server | None = None
    for server in process.servers:
        if server.kind == "manage" and server.subcommand == "migrate":
            is_harmless = any(name in server.options for name in _HARMLESS)
            found = found or (None if is_harmless else server)
        elif found is not None and server.stays:
            return found
    return None


def _doubt(process: Process, migration: Server) -> str:
    if migration.conditions:
        return f"it migrates only when {migration.conditions[0].text[:80]}"
    unknown = process.replicas.unknown
    return unknown.because if unknown else "nothing says how many copies run"
