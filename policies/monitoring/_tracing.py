"""How an application is traced: which library, and where that is to be seen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from djaws.errors import Refused
from djaws.finding import Span
from djaws.model.code import Call
from djaws.model.system import System

Library = Literal["xray", "opentelemetry", "other"]


@dataclass(frozen=True)
class Sign:
    """A place that shows that the application is traced."""

    library: Library
    span: Span


_REQUIREMENTS: tuple[tuple[Library, re.Pattern[str]], ...] = (
    ("xray", re.compile(r"aws-xray-sdk(?:-python)?$")),
    (
        "opentelemetry",
        re.compile(
            r"opentelemetry-(?:distro|sdk|instrumentation|exporter)|aws-opentelemetry|.*-opentelemetry(?:$|-)|logfire$|uptrace$"
        ),
    ),
    (
        "other",
        re.compile(
            r"ddtrace$|datadog-lambda$|newrelic$|elastic-apm$|scout-apm$|instana$|appdynamics$|lumigo|thundra$|"
            r"signalfx-tracing$|jaeger-client$|django-opentracing$|opencensus|lightstep$|atatus$|skywalking|apache-skywalking$"
        ),
    ),
)
_PACKAGES: tuple[tuple[Library, tuple[str, ...]], ...] = (
    ("xray", ("aws_xray_sdk",)),
    (
        "opentelemetry",
        ("opentelemetry.instrumentation", "opentelemetry.sdk", "opentelemetry.trace", "logfire", "uptrace"),
    ),
    (
        "other",
        (
            "ddtrace",
            "newrelic",
            "elasticapm",
            "scout_apm",
            "instana",
            "opencensus",
            "appdynamics",
            "lumigo_tracer",
        ),
    ),
)
_RATES = ("traces_sample_rate", "traces_sampler", "enable_tracing", "**")
#: Agents and wrappers in what starts the application: images, scripts, services, stacks.
_STARTERS = re.compile(
    rb"opentelemetry|\bOTEL_|otel-|ddtrace|\bDD_(?:TRACE|AGENT|SERVICE)|newrelic|NEW_RELIC_|oneagent|dynatrace|appdynamics|"
    rb"elastic-?apm|instana|scout_apm|inject-python|AWS_XRAY_|applicationsignals",
    re.IGNORECASE,
)
_STARTING = re.compile(
    r"(?:^|/)(?:[^/]*Dockerfile[^/]*|Procfile|Makefile|\.env[^/]*|"
    r"[^/]+\.(?:sh|ya?ml|tf|toml|cfg|ini|conf|config|tpl|service)|[^/]*(?:task|container|definition|service)[^/]*\.json)$"
)
_NOT_STARTING = re.compile(r"(?:^|/)(?:pnpm-lock\.yaml|mkdocs\.ya?ml|[^/]*\.lock)$")
#: What starts an application is written by people; larger files are data.
_LARGEST = 200_000


def signs(system: System) -> tuple[Sign, ...]:
    """Every place that shows tracing: requirements, imports, Sentry's sampling rate."""
    return (*_required(system), *_imported(system), *_sampled(system))


def _required(system: System) -> Iterator[Sign]:
    for name, all_ in system.pipeline.requirements.items():
        for library, pattern in _REQUIREMENTS:
            if pattern.match(name):
                yield Sign(library, all_[-1].span)


def _imported(system: System) -> Iterator[Sign]:
    for facts in system.code.values():
        for library, packages in _PACKAGES:
            if not facts.is_test and facts.does_import(*packages):
                yield Sign(library, Span(facts.path))


def _sampled(system: System) -> Iterator[Sign]:
    for facts in system.code.values():
        for call in facts.calls_to("sentry_sdk.init"):
            if not facts.is_test and _samples_traces(call):
                yield Sign("other", facts.span(call.line))


def _samples_traces(call: Call) -> bool:
    given = [(name, operand) for name, operand in call.keywords.items() if name in _RATES]
    return any(
        operand.kind != "constant" or operand.text not in ("0", "0.0", "None", "False")
        for _, operand in given
    )


def started_traced(system: System) -> Span | None:
    """A file that starts or deploys the application and speaks of a tracer."""
    for path in system.tree.paths:
        if not _STARTING.search(path) or _NOT_STARTING.search(path):
            continue
        try:
            data = system.tree.read(path, _LARGEST)
        except Refused:
            continue
        found = _STARTERS.search(data)
        if found:
            return Span(path, data.count(b"\n", 0, found.start()) + 1)
    return None
