"""Traces that a container sends to nobody."""

from __future__ import annotations

import re
from collections.abc import Iterator

from djaws.finding import Span
from djaws.model.cloud import Resource
from djaws.model.processes import Process
from djaws.model.processes.containers import TASKS, Container, containers
from djaws.model.system import System
from djaws.model.value import Map
from djaws.policy import Verdicts, finding, policy, undecided

from ._tracing import signs
from .model import once, texts

_COLLECTOR = re.compile(
    r"otel|adot|xray|x-ray|collector|cloudwatch-?agent|cwagent|alloy|datadog|newrelic|honeycomb", re.I
)
#: Variables that say where traces go, or that there are none.
_ADDRESSES = (
    *("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_SDK_DISABLED"),
    *("AWS_XRAY_DAEMON_ADDRESS", "AWS_XRAY_SDK_ENABLED", "OTEL_TRACES_EXPORTER", "OTEL_CONFIG_FILE"),
)
_INSTRUMENTED = re.compile(r"\bopentelemetry-instrument\b")
_VARIABLES = ("OTEL_", "AWS_XRAY_")


@policy(
    "Instrumented container without a trace collector",
    severity="low",
    confidence="medium",
    pillar="operations",
    languages=("terraform", "cloudformation"),
    advice=("A6.2",),
    source="https://aws-otel.github.io/docs/setup/ecs",
)
def missing_trace_collector(system: System) -> Verdicts:
    """An ECS task runs an application that is instrumented with OpenTelemetry or the X-Ray SDK, and has neither a collector nor an
    X-Ray daemon beside it, nor a variable or setting that says where its traces go.

    A collector in any other task of the repository counts. Undecided when containers or variables of the task are not known.

    ## Why

    Both send to a port of the same task by default. If nobody listens there, all traces are lost, without an error.

    ## Fix: Terraform

    ```hcl
    container_definitions = jsonencode([
      local.web,
      {
        name      = "collector"
        image     = "public.ecr.aws/aws-observability/aws-otel-collector:latest"
        essential = false
        command   = ["--config=/etc/ecs/ecs-default-config.yaml"]
      },
    ])
    ```

    ## Fix: CloudFormation

    ```yaml
    ContainerDefinitions:
      - Name: collector
        Image: public.ecr.aws/aws-observability/aws-otel-collector:latest
        Essential: false
        Command: [--config=/etc/ecs/ecs-default-config.yaml]
    ```
    """
    tasks = list(system.of_type(*TASKS))
    if not tasks or any(_has_collector(task) for task in tasks) or _is_told_in_code(system):
        return
    library = next(
        (sign.library for sign in signs(system) if sign.library in ("xray", "opentelemetry")), None
    )
    yield from once(_all(system, is_instrumented=library is not None))


def _all(system: System, *, is_instrumented: bool) -> Verdicts:
    seen: set[Resource] = set()
    for process in system.processes:
        task = process.resource
        if process.origin != "ecs" or task is None or task in seen:
            continue
        if _is_instrumented(process, is_instrumented):
            seen.add(task)
            yield from _judged(process, task)


def _is_instrumented(process: Process, by_library: bool) -> bool:
    """Whether the process sends traces: its command or its variables say so, or it runs the project whose code does."""
    if any(_INSTRUMENTED.search(server.text) for server in process.servers):
        return True
    if any(name.startswith(_VARIABLES) for name in process.environment):
        return True
    return by_library and any(server.is_web or server.is_worker for server in process.servers)


def _judged(process: Process, task: Resource) -> Verdicts:
    if any(name in process.environment or name in process.secrets for name in _ADDRESSES):
        return
    doubt = containers(task)[1] or process.rest
    if doubt:
        yield undecided(doubt.span, doubt.because)
        return
    yield finding(
        process.span,
        f"{process.name} sends traces, and {task.address} has no collector that takes them",
        subject=task.address,
        block=task.block,
    )


def _has_collector(task: Resource) -> bool:
    return any(_is_collector(container) for container in containers(task)[0])


def _is_collector(container: Container) -> bool:
    image = container.image
    pieces = [*texts(image), *(part for part in (image.unknown.parts if image.unknown else ()) if part)]
    return bool(_COLLECTOR.search(container.name)) or any(_COLLECTOR.search(piece) for piece in pieces)


def _is_told_in_code(system: System) -> bool:
    """Whether code gives an exporter its address, or settings give X-Ray the daemon's."""
    return bool(next(_exporters(system), None)) or any(
        isinstance(alternative.value, Map) and "AWS_XRAY_DAEMON_ADDRESS" in alternative.value.entries
        for project in system.projects
        for alternative in project.settings.get("XRAY_RECORDER").alternatives
    )


def _exporters(system: System) -> Iterator[Span]:
    for facts in system.code.values():
        for call in facts.calls:
            is_exporter = call.callee.endswith("Exporter") and "opentelemetry" in call.callee
            if (not facts.is_test and is_exporter and (call.arguments or call.keywords)) or (
                not facts.is_test and call.callee == "aws_xray_sdk.core.xray_recorder.configure"
            ):
                yield facts.span(call.line)
