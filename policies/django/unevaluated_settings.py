"""Production settings that could not be read."""

from __future__ import annotations

from djaws.finding import Span
from djaws.model.system import System
from djaws.policy import Verdicts, finding, policy

from .model import once, production


@policy(
    "Production settings cannot be evaluated",
    severity="info",
    pillar="operations",
    languages=("django",),
    advice=("A7.2",),
    source="Django: the settings module; what is not read is not judged",
)
def unevaluated_settings(system: System) -> Verdicts:
    """Something in the production settings may set any setting, and cannot be followed: a star import of a module that is not in the
    repository, names that are handed to a function, a file that is read when the process starts.

    It convicts nobody; it explains why policies about settings are silent or undecided here. Single settings that come from a
    variable are normal and not reported.

    ## Why

    What cannot be read cannot be judged: silence would look like approval.

    ## Fix: Django

    Import what the module needs by name, or let djaws ask Django itself:

        djaws check --live-django
    """
    yield from once(_all(system))


def _all(system: System) -> Verdicts:
    for each in production(system):
        why = each.project.settings.open
        if why is not None:
            place = why.span if why.span.path else Span(each.project.settings_path)
            yield finding(
                place,
                f"{each.project.settings_module} cannot be evaluated wholly: {why.because}",
                subject=each.project.settings_module,
            )
