"""Production whose logs reach nobody."""

from __future__ import annotations

import re
from collections.abc import Iterator

from djaws.errors import Refused
from djaws.finding import Span
from djaws.model.django import Project
from djaws.model.django.productionness import WORKPLACE, productionness
from djaws.model.system import System
from djaws.model.value import Map, Value
from djaws.policy import Verdicts, finding, policy, undecided

from ._logging import Handler, Logging, NotKnown


@policy(
    "Production logs reach nobody",
    severity="medium",
    confidence="medium",
    pillar="operations",
    languages=("django",),
    advice=("A6.3",),
    source="The Twelve-Factor App, XI: logs are an event stream; Django documentation, default logging configuration",
)
def unfit_production_logging(system: System) -> Verdicts:
    """Production's `LOGGING` writes only into files, or only mails, or reaches no handler at all; or nothing configures logging, so
    that Django's default holds: with `DEBUG` off it prints nothing, and mails errors to `ADMINS`.

    Asked of projects that run in what this repository describes. Silent where code configures logging, a service such as Sentry takes
    the errors, a function's runtime takes the output, or an agent ships the files; undecided where the setting cannot be known.

    ## Why

    The file goes with the container, and a disk full of logs takes the application along. An error 500 that only a mail would tell
    of, to an empty list, never happened.

    ## Fix: Django

    ```python
    LOGGING = {
        "version": 1,
        "disable_existing_loggers": False,
        "handlers": {"console": {"class": "logging.StreamHandler"}},
        "root": {"handlers": ["console"], "level": "INFO"},
    }
    ```
    """
    if not system.stacks and not system.pipeline.dockerfiles:
        return
    for project in system.projects:
        if productionness(project.settings_module) != WORKPLACE:
            yield from _of_project(project, system)


def _of_project(project: Project, system: System) -> Verdicts:
    value = project.settings.get("LOGGING")
    if project.settings.get("LOGGING_CONFIG").always(lambda name: not name):
        return  # the project configures logging by itself
    if value.unknown:
        yield undecided(value.unknown.span, value.unknown.because)
    elif value.always(
        lambda data: data is None or (isinstance(data, Map) and not data.entries and not data.rest)
    ):
        yield from _unset(project, value, system)
    elif len(value.alternatives) == 1 and isinstance(value.alternatives[0].value, Map):
        yield from _configured(project, value, value.alternatives[0].value, system)


_CONFIGURING = (
    *("logging.config.dictConfig", "logging.config.fileConfig", "logging.basicConfig", "structlog.configure"),
    *(
        "loguru.logger.add",
        "sentry_sdk.init",
        "rollbar.init",
        "bugsnag.configure",
        "logging.Logger.addHandler",
    ),
)
_SERVICES = (
    "sentry-sdk",
    "raven",
    "rollbar",
    "bugsnag",
    "honeybadger",
    "newrelic",
    "ddtrace",
    "elastic-apm",
    "scout-apm",
    "airbrake",
)
_RUNTIMES = frozenset({"lambda", "zappa"})


def _unset(project: Project, value: Value[object], system: System) -> Verdicts:
    if _is_configured_in_code(system) or any(process.origin in _RUNTIMES for process in system.processes):
        return
    if system.pipeline.requires(*_SERVICES):
        return
    place = value.span if value.span.path and value.span.line else Span(project.settings_path)
    yield finding(
        place,
        "nothing configures logging: with DEBUG off Django prints no errors, and only mails them to ADMINS",
        subject="LOGGING",
    )


def _is_configured_in_code(system: System) -> bool:
    for facts in system.code.values():
        if facts.is_test:
            continue
        if any(call.callee in _CONFIGURING or call.name == "addHandler" for call in facts.calls):
            return True
    return any(
        "logger" in server.text or "--log-config" in server.text
        for process in system.processes
        for server in process.servers
    )


def _configured(project: Project, value: Value[object], data: Map, system: System) -> Verdicts:
    try:
        handlers = list(_reached(project, data))
    except NotKnown as doubt:
        unknown = doubt.unknown
        yield undecided(unknown.span if unknown else value.span, unknown.because if unknown else str(doubt))
        return
    places = {handler.place for handler in handlers}
    if "elsewhere" in places or (not handlers and _is_extended(data)):
        return
    if _is_configured_in_code(system) or ("file" in places and _is_shipped(system)):
        return
    yield finding(_place(handlers, value, data), f"production logs {_where(handlers)}", subject="LOGGING")


def _reached(project: Project, data: Map) -> Iterator[Handler]:
    debug = bool(project.settings.get("DEBUG").sometimes(bool))
    logging = Logging(data, debug=debug)
    for _, logger in logging.loggers():
        yield from logging.handlers(logger)


def _is_extended(data: Map) -> bool:
    """Whether no logger is configured at all, which is no more than leaving the setting alone."""
    return data.get("loggers").is_absent and data.get("root").is_absent


def _where(handlers: list[Handler]) -> str:
    places = {handler.place for handler in handlers}
    if "file" in places:
        return "only into files, which go with the container"
    return "nothing but mails" if "mail" in places else "into no handler"


def _place(handlers: list[Handler], value: Value[object], data: Map) -> Span:
    file = next((handler for handler in handlers if handler.place == "file"), None)
    if file is None:
        return value.span
    named = data.get("handlers").only(None)
    entry = named.get(file.name) if isinstance(named, Map) else value
    return entry.span if entry.span.line else value.span


_AGENTS = re.compile(
    rb"amazon-cloudwatch-agent|awslogs|fluent-?bit|fluentd|filebeat|promtail|logrotate\.d|\bvector\b|collect_list"
)
_DEPLOYING = re.compile(r"(?:^|/)(?:[^/]*Dockerfile[^/]*|[^/]+\.(?:sh|ya?ml|json|conf|config|tf|tpl|toml))$")


#: What sets up a machine is written by people; larger files are data.
_LARGEST = 200_000


def _is_shipped(system: System) -> bool:
    """Whether anything in the repository speaks of an agent that ships log files from a machine."""
    from_instances = not any(process.origin == "ecs" for process in system.processes)
    return from_instances and any(
        _speaks_of_agents(system, path) for path in system.tree.paths if _DEPLOYING.search(path)
    )


def _speaks_of_agents(system: System, path: str) -> bool:
    try:
        return bool(_AGENTS.search(system.tree.read(path, _LARGEST)))
    except Refused:
        return False
