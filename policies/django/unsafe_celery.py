"""Celery settings that belong to tests, or that let a message run code."""

from __future__ import annotations

from typing import Any

from djaws.model.deployed import Deployed, where
from djaws.model.system import System
from djaws.model.value import Value
from djaws.policy import Verdicts, finding, policy

from .model import listed, once, production

_PICKLE = ("pickle", "application/x-python-serialize")


@policy(
    "Celery runs tasks in the request, or unpickles messages",
    severity="medium",
    pillar="operations",
    languages=("django",),
    advice=("A3.1",),
    source="Celery: configuration and defaults, security; CWE-502",
)
def unsafe_celery(system: System) -> Verdicts:
    """`CELERY_TASK_ALWAYS_EAGER` is on in the production settings; or tasks are serialised, or accepted, with pickle.

    Reads the names of Celery 4 and later with the prefix `CELERY_`, and those of Celery 3. Silent for settings of tests and laptops,
    and for what only a variable that is not known would switch on.

    ## Why

    An eager task runs inside the request: the visitor waits, and nothing retries it. A pickled message runs whatever its writer
    wants: who can write to the queue has the worker.

    ## Fix: Django

        CELERY_TASK_SERIALIZER = "json"
        CELERY_ACCEPT_CONTENT = ["json"]

    Keep `CELERY_TASK_ALWAYS_EAGER` in the settings of the tests.
    """
    yield from once(_all(system))


def _all(system: System) -> Verdicts:
    for each in production(system):
        for name in ("CELERY_TASK_ALWAYS_EAGER", "CELERY_ALWAYS_EAGER"):
            yield from _of_setting(each, name, each.get(name), "runs every task inside the request")
        for name in ("CELERY_TASK_SERIALIZER", "CELERY_RESULT_SERIALIZER"):
            yield from _of_setting(each, name, each.get(name), "writes messages with pickle")
        for one in listed(each, each.get("CELERY_ACCEPT_CONTENT"))[0]:
            if one.value in _PICKLE:
                yield finding(
                    one.span,
                    "CELERY_ACCEPT_CONTENT lets messages run code through pickle",
                    subject="CELERY_ACCEPT_CONTENT",
                    severity="high",
                    guard=one.guard,
                )


def _of_setting(each: Deployed, name: str, value: Value[Any], what: str) -> Verdicts:
    for one in value.sometimes(lambda data: data is True or data in _PICKLE)[:1]:
        yield finding(one.span, f"{name} {what}", subject=name, related=where(each), guard=one.guard)
