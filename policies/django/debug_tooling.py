"""Tools for debugging that production has too."""

from __future__ import annotations

from djaws.model.deployed import Deployed, where
from djaws.model.system import System
from djaws.policy import Verdicts, finding, policy, undecided

from .model import items, once, production

_APPS = {
    "debug_toolbar": "the debug toolbar",
    "silk": "silk",
    "django_browser_reload": "the browser reload",
    "nplusone": "nplusone",
    "werkzeug_debugger_runserver": "the werkzeug debugger",
}
_MIDDLEWARE = {
    "debug_toolbar.middleware.DebugToolbarMiddleware": "the debug toolbar",
    "silk.middleware.SilkyMiddleware": "silk",
    "django_browser_reload.middleware.BrowserReloadMiddleware": "the browser reload",
    "pyinstrument.middleware.ProfilerMiddleware": "the profiler",
    "nplusone.ext.django.NPlusOneMiddleware": "nplusone",
}


@policy(
    "Debug tooling in production settings",
    severity="high",
    pillar="security",
    languages=("django",),
    advice=("A2.1",),
    source="Django Debug Toolbar and silk: installation; CWE-489",
)
def debug_tooling(system: System) -> Verdicts:
    """The production settings install debug_toolbar, silk, django_browser_reload, nplusone or pyinstrument's middleware.

    What `if DEBUG` guards is fine. Low where only the app is installed and its middleware is not: it is a dependency too many, and
    answers nobody. `DEBUG` itself is `security.W018`.

    ## Why

    These tools show queries, settings, headers and sessions of everybody to whoever gets past their check of the address, which
    behind a load balancer is often the load balancer's.

    ## Fix: Django

        if DEBUG:
            INSTALLED_APPS += ["debug_toolbar"]
            MIDDLEWARE = ["debug_toolbar.middleware.DebugToolbarMiddleware", *MIDDLEWARE]
    """
    yield from once(_all(system))


def _all(system: System) -> Verdicts:
    for each in production(system):
        middleware, unknown = items(each, "MIDDLEWARE")
        active = {_MIDDLEWARE[one.value]: one for one in middleware if one.value in _MIDDLEWARE}
        for what, one in active.items():
            yield finding(
                one.span,
                f"{what} runs in production",
                subject=what,
                related=where(each),
                guard=one.guard,
            )
        if unknown and not active:
            yield undecided(unknown.span, unknown.because)
        yield from _apps(each, frozenset(active))


def _apps(each: Deployed, active: frozenset[str]) -> Verdicts:
    for one in items(each, "INSTALLED_APPS")[0]:
        name = str(one.value).partition(".")[0]
        if name in _APPS and _APPS[name] not in active:
            yield finding(
                one.span,
                f"{_APPS[name]} is installed in production",
                subject=_APPS[name],
                severity="low",
                guard=one.guard,
            )
