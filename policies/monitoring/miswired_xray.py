"""X-Ray in a Django project, half of it."""

from __future__ import annotations

from typing import Any

from djaws.finding import Finding, Span
from djaws.model.cloud import descend
from djaws.model.django import Project
from djaws.model.system import System
from djaws.model.value import Map, Seq, Value
from djaws.policy import Verdicts, finding, policy, undecided

APP = "aws_xray_sdk.ext.django"
MIDDLEWARE = "aws_xray_sdk.ext.django.middleware.XRayMiddleware"
#: What may stand before it: it answers without a view, or only adds headers.
_HARMLESS_BEFORE = ("HealthCheck", "Health", "Security", "Cors", "WhiteNoise", "GZip", "Prometheus", "Host")


@policy(
    "X-Ray is set up in part",
    severity="medium",
    pillar="operations",
    languages=("django",),
    advice=("A6.2",),
    source="https://docs.aws.amazon.com/xray/latest/devguide/xray-sdk-python-middleware.html",
)
def miswired_xray(system: System) -> Verdicts:
    """The X-Ray app is installed without its middleware, or the middleware without the app, or after middleware that reads the
    session or the user; the service has no name, so that all services are one in the map; or a missing segment raises in production.

    Silent where lists of apps and middleware cannot be known.

    ## Why

    Without the middleware there is no segment, and every query logs an error. Without the app nothing reads `XRAY_RECORDER`.
    `RUNTIME_ERROR` turns a lost trace into a failed request.

    ## Fix: Django

    ```python
    INSTALLED_APPS += ["aws_xray_sdk.ext.django"]
    MIDDLEWARE = ["aws_xray_sdk.ext.django.middleware.XRayMiddleware", *MIDDLEWARE]
    XRAY_RECORDER = {"AWS_XRAY_TRACING_NAME": "shop", "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR"}
    ```
    """
    for project in system.projects:
        yield from _judged(project, system)


def _judged(project: Project, system: System) -> Verdicts:
    apps, middleware = _texts(project, "INSTALLED_APPS"), _texts(project, "MIDDLEWARE")
    if apps is None or middleware is None:
        known = apps or middleware or ()
        if any(text.startswith("aws_xray_sdk") for text in known):
            unknown = project.settings.get("MIDDLEWARE" if middleware is None else "INSTALLED_APPS")
            yield undecided(unknown.span, "the list is not wholly known")
        return
    has_app = any(text == APP or text.startswith(f"{APP}.apps") for text in apps)
    if not has_app and MIDDLEWARE not in middleware:
        return
    if not has_app:
        yield _told(project, "INSTALLED_APPS", f"MIDDLEWARE has X-Ray's, and INSTALLED_APPS lacks {APP!r}")
    elif MIDDLEWARE not in middleware:
        yield _told(project, "MIDDLEWARE", "the X-Ray app is installed, and MIDDLEWARE lacks XRayMiddleware")
    else:
        yield from _order(project, middleware)
    yield from _recorder(project, system)


def _told(project: Project, setting: str, says: str, severity: str | None = None) -> Finding:
    span = project.settings.get(setting).span
    return finding(
        span if span.line else Span(project.settings_path), says, subject=setting, severity=severity
    )


def _texts(project: Project, setting: str) -> tuple[str, ...] | None:
    """A list of texts, None when it is not the same in all cases or not wholly known."""
    value = project.settings.get(setting)
    data = value.only(None)
    if not isinstance(data, Seq) or data.rest:
        return None
    found = [item.only(None) for item in data.items]
    return tuple(text for text in found if isinstance(text, str)) if None not in found else None


def _order(project: Project, middleware: tuple[str, ...]) -> Verdicts:
    before = middleware[: middleware.index(MIDDLEWARE)]
    untraced = [name for name in before if not any(word in name for word in _HARMLESS_BEFORE)]
    if untraced:
        name = untraced[0].rpartition(".")[2]
        yield _told(project, "MIDDLEWARE", f"XRayMiddleware comes after {name}, which is not traced", "low")


# --- the recorder


def _recorder(project: Project, system: System) -> Verdicts:
    recorder = project.settings.get("XRAY_RECORDER")
    if recorder.unknown or len(recorder.alternatives) != 1:
        return
    data = recorder.alternatives[0].value
    if data is not None and not isinstance(data, Map):
        return
    options = data or Map()
    name = descend(options, ["AWS_XRAY_TRACING_NAME"], recorder.span)
    if name.always(lambda text: not text) and not _is_in_environment("AWS_XRAY_TRACING_NAME", system):
        yield _told(project, "XRAY_RECORDER", "X-Ray is not told the service's name (AWS_XRAY_TRACING_NAME)")
    missing: Value[Any] = descend(options, ["AWS_XRAY_CONTEXT_MISSING"], recorder.span)
    for alternative in missing.sometimes(lambda text: text == "RUNTIME_ERROR"):
        if missing.always(lambda text: text == "RUNTIME_ERROR"):
            yield finding(
                alternative.span,
                "a missing X-Ray segment fails the request (RUNTIME_ERROR)",
                subject="XRAY_RECORDER",
            )
            return


def _is_in_environment(variable: str, system: System) -> bool:
    """Whether a process sees the variable, or may."""
    return any(not process.variable(variable).is_absent for process in system.processes)
