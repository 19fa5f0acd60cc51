"""Projects that can only be changed by deploying."""

from __future__ import annotations

from djaws.finding import Span
from djaws.model.system import System
from djaws.policy import Verdicts, finding, policy

from .model import Profile


@policy(
    "Deployed project without any feature flags",
    severity="info",
    confidence="low",
    pillar="operations",
    languages=("django",),
    default="advice",
    advice=("A7.3",),
    source="djaws",
)
def no_flag_system(system: System) -> Verdicts:
    """A Django project that this repository deploys to AWS evaluates no feature flag and names no flag service: no library, no
    AppConfig profile, no configured wrapper. Settings booleans that act as flags are named: they need a deployment to switch.

    ## Why

    Without flags a release is the only way to try something, and a rollback the only way to stop it.

    ## Fix: Django

    Begin with django-waffle (flags in the database) or AppConfig (flags in AWS, with gradual rollout and rollback by alarms).
    """
    flags = system.flags
    if not system.stacks or flags.backends or flags.wrappers or flags.registry:
        return
    if any(True for _ in system.each(Profile)) or any(
        each.backend != "setting" for each in flags.evaluations
    ):
        return
    booleans = [each for each in flags.declarations if each.source == "boolean-setting" and each.is_named_so]
    for project in system.projects:
        yield finding(
            Span(project.settings_path),
            "the project is deployed to AWS and has no feature flags"
            + (" but settings, which need a deployment" if booleans else ""),
            subject=project.settings_module,
            related=[(each.span, "a flag that needs a deployment") for each in booleans[:5]],
        )
