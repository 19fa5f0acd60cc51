"""Production that logs every step."""

from __future__ import annotations

from djaws.model.django import Project
from djaws.model.django.productionness import WORKPLACE, productionness
from djaws.model.value import Map, Value
from djaws.policy import Verdicts, finding, policy, undecided

from ._logging import Handler, Logging, NotKnown

#: Loggers whose debug output is large or holds data.
_LOUD = ("", "django", "django.request", "boto", "boto3", "botocore", "urllib3", "s3transfer")
_SQL = ("django.db", "django.db.backends")


@policy(
    "Production logs at DEBUG level",
    severity="low",
    pillar="operations",
    languages=("django",),
    advice=("A6.3", "A4.2"),
    source="Django documentation, logging: loggers and their levels",
)
def verbose_log_level(project: Project) -> Verdicts:
    """The settings that production uses put the root logger, `django`, `boto3`, `botocore` or `urllib3` at DEBUG, and a handler lets it
    through. `django.db.backends` is only a remark where `DEBUG` is off: then Django logs the SQL of migrations, and of cursors that
    are forced to.

    Levels from the environment are undecided, and so are those that some variable switches.

    ## Why

    Debug logs cost more than the application they describe, and hold what must not be there: requests with their tokens, bodies,
    SQL with its parameters.

    ## Fix: Django

    ```python
    LOGGING["root"] = {"handlers": ["console"], "level": os.environ.get("LOG_LEVEL", "INFO")}
    ```
    """
    if productionness(project.settings_module) == WORKPLACE:
        return
    value = project.settings.get("LOGGING")
    if value.unknown or len(value.alternatives) != 1:
        if value.unknown:
            yield undecided(value.unknown.span, value.unknown.because)
        return
    data = value.alternatives[0].value
    if isinstance(data, Map):
        debug = bool(project.settings.get("DEBUG").always(bool))
        try:
            yield from _judged(Logging(data, debug=debug), debug)
        except NotKnown as doubt:
            unknown = doubt.unknown
            yield undecided(
                unknown.span if unknown else value.span, unknown.because if unknown else str(doubt)
            )


def _judged(logging: Logging, debug: bool) -> Verdicts:
    loggers = dict(logging.loggers())
    for name in (*_LOUD, *_SQL):
        if name not in loggers:
            continue
        level: Value[object] = loggers[name].get("level")
        handlers = [*logging.handlers(loggers[name]), *_inherited(name, logging, loggers)]
        if level.unknown:
            yield undecided(level.unknown.span, level.unknown.because)
        elif level.always(_is_debug) and any(_lets_through(handler) for handler in handlers):
            yield finding(
                level.span,
                f"production logs {f'the logger {name}' if name else 'everything'} at DEBUG level",
                subject="LOGGING",
                severity="info" if name in _SQL and not debug else None,
            )


def _inherited(name: str, logging: Logging, loggers: dict[str, Map]) -> tuple[Handler, ...]:
    """The root's handlers, for a logger that hands its records on."""
    if not name or "" not in loggers or loggers[name].get("propagate").always(lambda text: text is False):
        return ()
    return logging.handlers(loggers[""])


def _is_debug(level: object) -> bool:
    return (isinstance(level, str) and level.upper() == "DEBUG") or level == 10


def _lets_through(handler: Handler) -> bool:
    return handler.place != "nowhere" and handler.level.always(
        lambda level: level is None or _is_debug(level) or level == "NOTSET"
    )
