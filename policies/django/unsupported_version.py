"""Versions of Django that get no security fixes any more."""

from __future__ import annotations

import datetime

from djaws import data
from djaws.model.django import Project
from djaws.model.system import System
from djaws.policy import Verdicts, finding, policy, undecided

from .model import once

_MAX_AGE = datetime.timedelta(days=400)


@policy(
    "Django version without security support",
    severity="high",
    pillar="security",
    languages=("django",),
    advice=("A2.1",),
    source="Django: supported versions",
)
def unsupported_version(system: System) -> Verdicts:
    """The version of Django that a lock file or a requirements file pins is past the end of its support.

    A lower bound without a lock (`Django>=3.2`) is undecided: a newer one may be installed. The table of dates is djaws' own; more
    than 400 days old, it convicts nobody.

    ## Why

    Every few weeks Django mends a hole, in supported versions only, and describes it to everybody.

    ## Fix: Django

    Upgrade one minor at a time, with warnings on (`python -Wa manage.py test`); django-upgrade rewrites most of what changed. Then pin
    a release with long support:

        Django~=5.2.0
    """
    yield from once(_all(system))


def _all(system: System) -> Verdicts:
    read = data.lifecycles().sources["django"].read
    for project in system.projects:
        if project.django is None:
            continue
        if system.as_of - read > _MAX_AGE:
            yield undecided(
                project.django.span,
                f"the table of Django's versions was read on {read}, too long ago: update djaws",
            )
            continue
        yield from _of_project(project, system.as_of)


def _of_project(project: Project, today: datetime.date) -> Verdicts:
    wanted = project.django
    assert wanted is not None
    name = ".".join(map(str, wanted.version))
    series = next((one for one in data.lifecycles().django if one.version == name), None)
    oldest = min(tuple(map(int, one.version.split("."))) for one in data.lifecycles().django)
    is_ancient = series is None and wanted.version < oldest
    if not is_ancient and (series is None or series.ends >= today):
        return
    if not wanted.is_exact:
        yield undecided(
            wanted.span, f"{wanted.text} admits newer versions, and no lock says which is installed"
        )
        return
    end = f"since {series.ends}" if series else "for years"
    yield finding(
        wanted.span,
        f"Django {name} has had no security support {end}",
        subject=f"Django {name}",
    )
