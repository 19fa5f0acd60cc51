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
    """A Django project that this repository deploys to AWS evaluates no feature flag and names no flag service: no library in the code
    or the requirements, no AppConfig profile, no configured wrapper, no registry. Settings booleans that act as flags are named: they
    need a deployment to switch. One remark for the repository.

    ## Why

    Without flags a release is the only way to try something, and a rollback the only way to stop it.

    ## Fix: Django

    Begin with django-waffle (flags in the database) or AppConfig (flags in AWS, with gradual rollout and rollback by alarms):

        if flag_is_active(request, "new-checkout"):
            return new_checkout(request)

    When the project has flags of its own, name the function that asks for them:

        [tool.djaws.flags.wrappers]
        "shop.features.is_on" = 0
    """
    flags = system.flags
    if not system.stacks or not system.projects or _has_flags(system):
        return
    first, *rest = system.projects
    booleans = [each for each in flags.declarations if each.source == "boolean-setting" and each.is_named_so]
    yield finding(
        Span(first.settings_path or first.inferred_from[0].path),
        "the project is deployed to AWS and has no feature flags"
        + (" but settings, which need a deployment" if booleans else ""),
        subject=first.settings_module,
        related=[
            *((Span(each.settings_path), "nor has this project") for each in rest[:5]),
            *((each.span, "a flag that needs a deployment") for each in booleans[:5]),
        ],
    )


#: Distributions that bring flags, or settings that people change while the site runs.
_SERVICES = frozenset(
    {
        *(
            "django-waffle",
            "django-flags",
            "gargoyle",
            "gargoyle-yplan",
            "django-gutter",
            "django-flag",
            "django-flipper",
        ),
        *(
            "launchdarkly-server-sdk",
            "unleashclient",
            "flagsmith",
            "openfeature-sdk",
            "growthbook",
            "statsig",
        ),
        *(
            "configcat-client",
            "splitio-client",
            "optimizely-sdk",
            "posthog",
            "eppo-server-sdk",
            "devcycle-python-server-sdk",
        ),
        *("harness-featureflags", "featurehub-sdk", "flipt", "flipt-client", "togglr", "django-constance"),
        *("django-dynamic-preferences", "django-live-settings", "django-switches", "django-feature-flags"),
    }
)


def _has_flags(system: System) -> bool:
    flags = system.flags
    return (
        bool(flags.backends or flags.registry or flags.unreadable or system.config.flags.wrappers)
        or any(each.backend != "setting" for each in flags.evaluations)
        or any(each.backend != "setting" for each in flags.dynamic)
        or any(each.source != "boolean-setting" for each in flags.declarations)
        or any(True for _ in system.each(Profile))
        or not _SERVICES.isdisjoint(system.pipeline.requirements)
    )
