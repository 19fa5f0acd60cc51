"""Flag libraries that are used and not set up."""

from __future__ import annotations

from collections.abc import Iterator

from djaws.finding import Span
from djaws.model.django import Project
from djaws.model.flags import Evaluation
from djaws.model.system import System
from djaws.policy import Verdicts, finding, policy, undecided

from .model import holds


@policy(
    "Flag library is used and not set up in the settings",
    severity="medium",
    pillar="reliability",
    languages=("django",),
    advice=("A7.3",),
    source="django-waffle: installation; django-flags: installation",
)
def miswired_backend(system: System) -> Verdicts:
    """Code evaluates django-waffle flags and `INSTALLED_APPS` lacks `waffle`, or `MIDDLEWARE` lacks `WaffleMiddleware` while flags
    (not only switches and samples) are evaluated; or code evaluates django-flags and `INSTALLED_APPS` lacks `flags`.

    Silent where the settings cannot be known.

    ## Why

    Without the app there is no table: the first evaluation fails. Without the middleware no cookie is set, so a flag for half of
    the users is drawn anew on each request.

    ## Fix: Django

        INSTALLED_APPS += ["waffle"]
        MIDDLEWARE += ["waffle.middleware.WaffleMiddleware"]
    """
    for project in system.projects:
        used = [each for each in system.flags.evaluations if not each.is_test and _belongs(each, project)]
        yield from _lacking(
            project, used, "INSTALLED_APPS", "waffle", ("waffle.flag", "waffle.switch", "waffle.sample")
        )
        yield from _lacking(project, used, "INSTALLED_APPS", "flags", ("django-flags",))
        yield from _lacking(
            project, used, "MIDDLEWARE", "waffle.middleware.WaffleMiddleware", ("waffle.flag",)
        )


def _belongs(each: Evaluation, project: Project) -> bool:
    return not project.root or each.span.path.startswith(f"{project.root}/")


def _lacking(
    project: Project, used: list[Evaluation], setting: str, wanted: str, backends: tuple[str, ...]
) -> Verdicts:
    first = next((each for each in used if each.backend in backends and each.form != "template"), None)
    if first is None:
        return
    value = project.settings.get(setting)
    found = holds(value, wanted)
    if found is None:
        if value.unknown:
            yield undecided(value.unknown.span, value.unknown.because)
        return
    if not found:
        span = value.span if value.span.line else Span(project.settings_path)
        yield finding(
            span,
            f"{setting} lacks {wanted!r}, and flags are evaluated with it",
            subject=setting,
            related=_where(first),
        )


def _where(first: Evaluation) -> Iterator[tuple[Span, str]]:
    yield first.span, f"flag {first.name!r} is evaluated here"
