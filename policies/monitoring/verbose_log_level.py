"""Production that logs every step."""

from __future__ import annotations

from typing import Any

from djaws.model.cloud import descend
from djaws.model.django import Project
from djaws.model.value import Map, Value
from djaws.policy import Verdicts, convict, policy

#: Loggers whose debug output is large or holds data: everything, SQL with its parameters, requests to AWS with theirs.
LOUD = ("", "django", "django.db.backends", "boto3", "botocore", "urllib3")


@policy(
    "Production logs at DEBUG level",
    severity="low",
    pillar="operations",
    languages=("django",),
    advice=("A6.3", "A4.2"),
    source="Django documentation, logging: django.db.backends at DEBUG logs every statement with its parameters",
)
def verbose_log_level(project: Project) -> Verdicts:
    """The settings that production uses put the root logger, `django`, `django.db.backends`, `boto3`, `botocore` or `urllib3` at DEBUG.
    Levels from the environment are left undecided.

    ## Why

    Debug logs cost more than the application they describe, and hold what must not be there: SQL parameters, tokens, bodies.

    ## Fix: Django

        LOGGING["root"] = {"handlers": ["console"], "level": os.environ.get("LOG_LEVEL", "INFO")}
    """
    logging = project.settings.get("LOGGING")
    for alternative in logging.alternatives:
        if isinstance(alternative.value, Map):
            for name, level in _levels(alternative.value):
                yield from convict(
                    level.when(alternative.guard),
                    lambda text: isinstance(text, str) and text.upper() == "DEBUG",
                    f"production logs {f'the logger {name}' if name else 'everything'} at DEBUG level",
                    subject="LOGGING",
                )


def _levels(logging: Map) -> list[tuple[str, Value[Any]]]:
    found = [("", descend(logging, ["root", "level"], logging.span))]
    loggers = logging.get("loggers")
    for alternative in loggers.alternatives:
        if isinstance(alternative.value, Map):
            found += [
                (name, descend(alternative.value, [name, "level"], alternative.span))
                for name in LOUD
                if name in alternative.value.entries
            ]
    return found
