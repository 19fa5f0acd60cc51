"""The X-Ray SDK, which gets no new features."""

from __future__ import annotations

from djaws.finding import Span
from djaws.model.system import System
from djaws.policy import Verdicts, finding, policy


@policy(
    "X-Ray SDK is in maintenance mode",
    severity="info",
    pillar="operations",
    languages=("django",),
    default="advice",
    advice=("A6.2",),
    source="https://docs.aws.amazon.com/xray/latest/devguide/xray-sdk-daemon-timeline.html",
)
def xray_sdk_in_maintenance(system: System) -> Verdicts:
    """The project uses `aws-xray-sdk`, which AWS keeps in maintenance mode since 25 February 2026: security fixes only, and no
    longer than a year. One remark for the repository, where the SDK is asked for.

    ## Why

    New versions of Django, Celery and database drivers are instrumented by OpenTelemetry only. X-Ray itself stays: it takes
    OpenTelemetry's traces.

    ## Fix: Django

    Replace the app, the middleware and the recorder's settings by the AWS distribution of OpenTelemetry:

    ```
    pip uninstall aws-xray-sdk
    pip install aws-opentelemetry-distro
    opentelemetry-instrument gunicorn config.wsgi
    ```
    """
    place = _place(system)
    if place:
        yield finding(place, "aws-xray-sdk is in maintenance mode since 2026-02-25", subject="aws-xray-sdk")


def _place(system: System) -> Span | None:
    """Where a person asked for it: a requirement, else an import; a lock file last."""
    required = sorted(system.pipeline.requires("aws-xray-sdk"), key=lambda each: each.is_locked)
    if required and not required[0].is_locked:
        return required[0].span
    imports = (
        facts.span(each.line)
        for facts in system.code.values()
        for each in facts.imports
        if not facts.is_test and each.target.partition(".")[0] == "aws_xray_sdk"
    )
    return next(imports, required[0].span if required else None)
