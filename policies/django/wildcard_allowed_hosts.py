"""Sites that answer to any name."""

from __future__ import annotations

from djaws.finding import Span
from djaws.model.deployed import Deployed, where
from djaws.model.system import System
from djaws.policy import Verdicts, finding, policy, undecided

from .model import items, once, serving


@policy(
    "ALLOWED_HOSTS admits every name in production",
    severity="medium",
    pillar="security",
    languages=("django",),
    advice=("A2.1",),
    source="Django: ALLOWED_HOSTS; CWE-644",
)
def wildcard_allowed_hosts(system: System) -> Verdicts:
    """`ALLOWED_HOSTS` of the production settings holds `*`, or the default of its variable does and the deployment passes none.

    Undecided where nothing says what the deployment passes. Silent for settings of laptops and tests. Django's `security.W020`
    only looks whether the list is empty.

    ## Why

    Django puts the name that the visitor sent into password reset links and redirects, and caches keep pages under it. With `*` the
    visitor chooses the name.

    ## Fix: Django

        ALLOWED_HOSTS = ["shop.example.com"]

    Health checks of a load balancer come with the task's address as their name, the usual reason for `*`. Answer them in a middleware
    that stands before `CommonMiddleware`, or add the address that the task's metadata endpoint tells at the start.
    """
    yield from once(_all(system))


def _all(system: System) -> Verdicts:
    for each in serving(system):
        found, unknown = items(each, "ALLOWED_HOSTS")
        wild = next((one for one in found if one.value in ("*", ".*")), None)
        if wild is not None:
            yield finding(
                wild.span,
                f"ALLOWED_HOSTS admits every name ({wild.value!r})",
                subject="ALLOWED_HOSTS",
                related=[*_setting(each, wild.span), *where(each)],
                guard=wild.guard,
            )
        elif unknown:
            yield undecided(unknown.span, unknown.because)


def _setting(each: Deployed, at: Span) -> list[tuple[Span, str]]:
    """The setting itself, when the default stands elsewhere."""
    span = each.get("ALLOWED_HOSTS").span
    return [] if (span.path, span.line) == (at.path, at.line) else [(span, "the setting")]
