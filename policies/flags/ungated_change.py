"""New endpoints that everybody gets on the day of the deployment."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from djaws.change import Change
from djaws.finding import Span
from djaws.model.code import CodeFacts
from djaws.model.django.urls import Pattern
from djaws.model.system import System
from djaws.policy import Verdicts, finding, policy


class Params(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    exempt_patterns: tuple[str, ...] = (
        r"(^|/)(admin|static|media|__debug__)/",
        r"(^|/)(health|healthz|ping|livez|readyz)/?$",
    )


@policy(
    "New endpoint without a feature flag",
    severity="low",
    confidence="low",
    pillar="operations",
    languages=("django",),
    default="off",
    advice=("A7.3",),
    source="djaws: whether every endpoint is worth a flag is the team's choice, so the policy is off by default",
)
def ungated_change(system: System, params: Params) -> Verdicts:
    """A change under review adds a URL pattern together with its view, and neither asks for a flag. Only asked when there is a base to
    compare with, in repositories that use flags. Silent for views that were there before, for moved code, where the file of the view
    or of the pattern gets any flag evaluation in the same change, and for routes that `exempt-patterns` match.

    ## Why

    Behind a flag an endpoint can be tried by a few, and switched off without a deployment when it misbehaves.

    ## Fix: Django

    Gate the view:

        @waffle_flag("orders-export")
        def export(request): ...
    """
    change = system.change
    if change is None or not system.flags.evaluated:
        return
    gated = {
        evaluation.span.path
        for evaluation in system.flags.evaluations
        if not evaluation.is_test and change.adds(evaluation.span.path, evaluation.span.line)
    }
    exempt = [re.compile(pattern) for pattern in params.exempt_patterns]
    for pattern in _added(system, change):
        view = _new_view(system, change, pattern)
        if view is None or pattern.span.path in gated or view.path in gated:
            continue
        if not any(each.search(pattern.route) for each in exempt):
            yield finding(
                pattern.span,
                f"the new endpoint {pattern.route or '/'} is behind no flag",
                subject=pattern.view,
                related=[(view, "its view")],
            )


def _added(system: System, change: Change) -> Iterator[Pattern]:
    """The patterns that the change writes, each once."""
    seen = set()
    for project in system.projects:
        for pattern in project.urls.patterns:
            if change.adds(pattern.span.path, pattern.span.line) and pattern.span not in seen:
                seen.add(pattern.span)
                yield pattern


def _definitions(facts: CodeFacts) -> Iterator[tuple[str, int]]:
    yield from ((function.name, function.line) for function in facts.functions)
    yield from ((each.name, each.line) for each in facts.classes)


def _new_view(system: System, change: Change, pattern: Pattern) -> Span | None:
    """Where the change defines the pattern's view, when exactly one place can be meant."""
    parts = [part for part in re.split(r"[^\w]+", pattern.view) if part and part != "as_view"]
    if not parts:
        return None
    found = [
        facts.span(line)
        for path, facts in system.code.items()
        if path in change.lines
        for name, line in _definitions(facts)
        if name == parts[-1] and change.adds(path, line)
    ]
    return found[0] if len(found) == 1 else None
