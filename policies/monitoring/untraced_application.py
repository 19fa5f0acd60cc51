"""Applications whose requests nobody can follow."""

from __future__ import annotations

import msgspec

from djaws.finding import Span
from djaws.model.django import Project
from djaws.model.system import System
from djaws.policy import Verdicts, finding, policy, undecided

from ._tracing import signs, started_traced
from .model import words


class Params(msgspec.Struct, frozen=True, rename="kebab", forbid_unknown_fields=True):
    """`accept` lists what counts as tracing: xray, opentelemetry, other (Datadog, New Relic, Sentry with a sampling rate, …)."""

    accept: tuple[str, ...] = ("xray", "opentelemetry", "other")


_ON_AWS = frozenset({"ecs", "lambda", "beanstalk", "app-runner", "copilot", "zappa"})
_NO_APPLICATIONS = frozenset({"example", "examples", "sample", "samples", "demo", "test", "tests", "docs"})


@policy(
    "Application emits no traces",
    severity="medium",
    confidence="medium",
    pillar="operations",
    languages=("django",),
    advice=("A6.2",),
    source="AWS Well-Architected Framework, OPS04-BP05",
)
def untraced_application(system: System, params: Params) -> Verdicts:
    """A Django project that this repository deploys to AWS is traced by nothing: no OpenTelemetry, no X-Ray SDK, no agent of Datadog,
    New Relic, Elastic, Scout or the like in its requirements, its code or what starts it; Sentry counts when it samples traces.

    One finding for the repository; undecided when it says nothing of its requirements. `accept` under
    `[tool.djaws.policies."monitoring/untraced-application"]` says what counts.

    ## Why

    A slow page is a view, a query, a cache or a service behind it. Metrics say that it is slow, traces say where.

    ## Fix: Django

    Run the server under OpenTelemetry's launcher, with the AWS distribution installed (`aws-opentelemetry-distro`):

    ```dockerfile
    CMD ["opentelemetry-instrument", "gunicorn", "config.wsgi"]
    ```
    """
    projects = _applications(system)
    if not projects or not _is_on_aws(system):
        return
    if any(sign.library in params.accept for sign in signs(system)) or started_traced(system):
        return
    first, *rest = projects
    if not system.pipeline.requirements:
        yield undecided(Span(first.settings_path, 1), "the repository does not say what the project requires")
        return
    yield finding(
        Span(first.settings_path),
        "the application emits no traces: neither OpenTelemetry nor X-Ray nor another tracer is installed",
        subject=first.settings_module,
        related=[(Span(each.settings_path), "nor does this one") for each in rest[:5]],
    )


def _applications(system: System) -> list[Project]:
    """The projects; those in folders of examples and tests only where there is no other."""
    real = [each for each in system.projects if words(each.root).isdisjoint(_NO_APPLICATIONS)]
    return real or list(system.projects)


def _is_on_aws(system: System) -> bool:
    return bool(system.stacks) or any(process.origin in _ON_AWS for process in system.processes)
