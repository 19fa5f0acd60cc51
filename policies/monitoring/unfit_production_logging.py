"""Production that logs into files of a machine that goes away."""

from __future__ import annotations

from djaws.model.django import Project
from djaws.model.system import System
from djaws.model.value import Map
from djaws.policy import Verdicts, finding, policy

FILES = ("FileHandler", "RotatingFileHandler", "TimedRotatingFileHandler", "WatchedFileHandler")


@policy(
    "Production logs only into files",
    severity="medium",
    confidence="medium",
    pillar="operations",
    languages=("django",),
    advice=("A6.3",),
    source="The Twelve-Factor App, XI: logs are an event stream",
)
def unfit_production_logging(system: System) -> Verdicts:
    """Every handler in production's `LOGGING` writes into a file, and the project runs in containers, functions or instances that this
    repository describes. Silent where a handler cannot be known or logs elsewhere too.

    ## Why

    The file goes with the container. A disk that fills up with logs takes the application along.

    ## Fix: Django

        LOGGING = {
            "version": 1,
            "handlers": {"console": {"class": "logging.StreamHandler"}},
            "root": {"handlers": ["console"], "level": "INFO"},
        }
    """
    if not system.stacks and not system.pipeline.dockerfiles:
        return
    for project in system.projects:
        yield from _of_project(project)


def _of_project(project: Project) -> Verdicts:
    logging = project.settings.get("LOGGING")
    if logging.unknown or len(logging.alternatives) != 1:
        return
    body = logging.alternatives[0].value
    handlers = body.get("handlers") if isinstance(body, Map) else None
    known = handlers.only(None) if handlers is not None else None
    if not isinstance(known, Map) or known.rest or not known.entries:
        return
    for handler in known.entries.values():
        entry = handler.only(None)
        if not isinstance(entry, Map):
            return
        if not entry.get("class").always(
            lambda name: isinstance(name, str) and name.rpartition(".")[2] in FILES
        ):
            return
    first = next(iter(known.entries.values()))
    yield finding(
        first.span, "production logs only into files, which go with the container", subject="LOGGING"
    )
