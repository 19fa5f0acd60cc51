"""Waivers that cover nothing any more."""

from __future__ import annotations

from djaws.judge.waive import Waivers, is_in_force
from djaws.policy import Verdicts, finding, policy


@policy(
    "Waiver that covers no finding",
    severity="info",
    pillar="operations",
    languages=("pipeline",),
    advice=("A7.2",),
    source="djaws",
)
def unused_waiver(waivers: Waivers) -> Verdicts:
    """A waiver in force covers no finding of this run.

    Silent when an engine failed, timed out or was not run, when only a part of the repository was checked, and for rules that
    are off: then nothing can be said.

    ## Why

    A waiver that outlives its fault hides the next one at the same place.

    ## Fix

    Delete the comment, or the entry in the configuration.
    """
    if not waivers.complete:
        return
    for waiver in waivers.waivers:
        if not waiver.used and is_in_force(waiver, waivers.today) and waivers.could_be_used(waiver):
            subject = ", ".join(waiver.rules) or waiver.topic or waiver.path or waiver.subject
            yield finding(
                waiver.where, f"the waiver of {subject} covers nothing any more: delete it", subject=subject
            )
