"""Schedulers that run more than once."""

from __future__ import annotations

import re

from djaws.finding import Span
from djaws.model.processes import Process, Server
from djaws.model.system import System
from djaws.policy import Verdicts, finding, policy, undecided

from ._environment import is_nonproduction, is_spared, speaks_of_nonproduction
from .model import once

_LOCKS = ("celery-redbeat", "single-beat", "celery-beatx")
_WRAPPER = re.compile(r"redbeat|single-?beat|flock\b|beatx", re.IGNORECASE)


@policy(
    "Celery's beat runs more than once",
    severity="high",
    confidence="medium",
    pillar="performance",
    languages=("terraform", "cloudformation", "pipeline"),
    advice=("A8.3",),
    source="https://docs.celeryq.dev/en/stable/userguide/periodic-tasks.html",
)
def replicated_singleton(system: System) -> Verdicts:
    """Celery's beat (or a worker with `--beat`) runs in a service of which there can be several copies: its desired count, or the
    bounds that it scales between, are more than one.

    Schedulers that hold a lock (`celery-redbeat`, `single-beat`) may run twice, and non-production may too. A count that is not
    known leaves it undecided.

    ## Why

    Every copy sends every periodic task: customers get two invoices, the nightly import runs against itself.

    ## Fix: Terraform

    ```hcl
    resource "aws_ecs_service" "beat" {
      desired_count                      = 1
      deployment_maximum_percent         = 100
      deployment_minimum_healthy_percent = 0
    }
    ```

    ## Fix: CloudFormation

    ```yaml
    DesiredCount: 1
    DeploymentConfiguration: {MaximumPercent: 100, MinimumHealthyPercent: 0}
    ```

    ## Fix: compose

    A service of its own for `celery beat`, without `deploy.replicas`.
    """
    if not system.pipeline.requires(*_LOCKS) and not _locks_in_settings(system):
        yield from once(_all(system))


def _locks_in_settings(system: System) -> bool:
    names = ("CELERY_BEAT_SCHEDULER", "CELERYBEAT_SCHEDULER", "beat_scheduler")
    return any(
        bool(_WRAPPER.search(str(alternative.value)))
        for project in system.projects
        for name in names
        for alternative in project.settings.get(name).alternatives
    )


def _all(system: System) -> Verdicts:
    for process in system.processes:
        beat = next((server for server in process.servers if server.is_beat), None)
        if beat is not None and not _is_locked(beat) and not _is_spared(system, process):
            yield from _copies(system, process, beat)


def _is_locked(beat: Server) -> bool:
    scheduler = beat.option("scheduler", "S")
    texts = [beat.text, *(str(alternative.value) for alternative in scheduler.alternatives)]
    return any(_WRAPPER.search(text) for text in texts)


def _is_spared(system: System, process: Process) -> bool:
    stack = process.stack
    if stack is not None:
        return any(is_spared(system, stack, each) for each in (process.resource, *process.services) if each)
    return is_nonproduction(process.span.path, system)


def _copies(system: System, process: Process, beat: Server) -> Verdicts:
    replicas = process.replicas
    for many in replicas.sometimes(lambda count: isinstance(count, int) and count > 1):
        if speaks_of_nonproduction(many.guard, system):
            continue
        with_web = " beside the web server" if any(server.is_web for server in process.servers) else ""
        yield finding(
            beat.span,
            f"Celery's beat runs in {process.name}{with_web}, of which there can be {many.value}: every copy sends every task",
            subject=process.name,
            related=[(many.span, "how many there can be")] if many.span != Span("") else [],
            guard=many.guard,
        )
        return
    if replicas.unknown and process.services:
        yield undecided(replicas.unknown.span, replicas.unknown.because)
