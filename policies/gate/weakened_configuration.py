"""Changes that would make the gate judge less."""

from __future__ import annotations

from collections.abc import Iterator

from djaws.config import FileConfig
from djaws.finding import Span
from djaws.judge.gate import Configurations
from djaws.policy import Verdicts, finding, policy

_STRICTNESS = ("none", "critical", "high", "medium", "low")


@policy(
    "The change weakens the gate's own configuration",
    severity="medium",
    pillar="security",
    languages=("pipeline",),
    advice=("A7.2",),
    source="djaws: a change is judged by the base's configuration",
)
def weakened_configuration(configurations: Configurations) -> Verdicts:
    """A pull request changes the configuration so that fewer findings would fail: a higher threshold, more ignored rules,
    excluded files, fewer engines, fewer unwaivable rules, longer waivers.

    The change itself is judged by the base's configuration, so it cannot profit from its own edit.

    ## Why

    Whoever reviews a change should see that it loosens the rules for all that follow.

    ## Fix

    Nothing, when it is meant: have it reviewed as such, waive this finding with a reason, or make the edit in a change of its own.
    """
    for what in _weaknesses(configurations.base, configurations.change):
        yield finding(
            Span(configurations.path), f"this change weakens the gate: {what}", subject=what.partition(" ")[0]
        )


def _weaknesses(base: FileConfig, change: FileConfig) -> Iterator[str]:
    if _STRICTNESS.index(change.fail_on) < _STRICTNESS.index(base.fail_on):
        yield f"fail-on goes from {base.fail_on} to {change.fail_on}"
    if base.profile == "strict" and change.profile != "strict":
        yield "profile is no longer strict"
    for name in ("ignore", "exclude"):
        added = sorted(set(getattr(change, name)) - set(getattr(base, name)))
        if added:
            yield f"{name} grows by {', '.join(added)}"
    for name in ("engines", "select"):
        before, after = getattr(base, name), getattr(change, name)
        if after and (not before or set(before) - set(after)):
            yield f"{name} narrows to {', '.join(after)}"
    lost = sorted(set(base.unwaivable) - set(change.unwaivable))
    if lost:
        yield f"unwaivable loses {', '.join(lost)}"
    if change.waiver_max_days > base.waiver_max_days:
        yield f"waiver-max-days goes from {base.waiver_max_days} to {change.waiver_max_days}"
    for name in sorted(set(base.policies) | set(change.policies)):
        if base.policies.get(name) != change.policies.get(name):
            yield f"policies changes the parameters of {name}"
    if base.filter == "all" and change.filter != "all":
        yield f"filter goes from all to {change.filter or 'the default'}"
