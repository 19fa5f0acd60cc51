"""Waivers that say too little, or have run out."""

from __future__ import annotations

from djaws.finding import Finding, Span
from djaws.judge.waive import WARN_DAYS, Waivers
from djaws.policy import Verdicts, finding, policy


@policy(
    "Waiver without a reason or an end, expired, or for an unknown rule",
    severity="low",
    pillar="security",
    languages=("pipeline",),
    advice=("A2.3",),
    source="djaws: what is accepted is reviewed like credentials are",
)
def invalid_waiver(waivers: Waivers) -> Verdicts:
    """A waiver gives no reason, has no end or an impossible one, has expired, or names a rule that does not exist.

    A waiver without a reason, or past its end, covers nothing: what it covered is open again. One that ends within
    30 days is announced.

    ## Why

    An exception that nobody has to renew is a rule that nobody follows. The reason is for the reader of next year,
    the end makes sure that there is one.

    ## Fix

    Write the rule, the end and the reason: `# djaws: ignore[cost/missing-tags] until=2027-03-31 -- moves to the shared
    account in March`. In the configuration, `[[tool.djaws.waivers]]` takes `rule`, `path`, `subject`, `reason`, `expires`.
    """
    for waiver in waivers.waivers:
        subject = ", ".join(waiver.rules) or waiver.topic or waiver.path or waiver.subject
        for fault in waiver.faults:
            yield finding(
                waiver.where, f"the waiver of {subject or 'nothing'} is not valid: {fault}", subject=subject
            )
        for rule in waiver.rules:
            if waivers.known and rule not in waivers.known:
                yield finding(
                    waiver.where, f"the waiver names {rule}, which is no rule or topic", subject=rule
                )
        left = waiver.days_left(waivers.today)
        if not waiver.faults and left is not None and left <= WARN_DAYS:
            yield _ending(waiver.where, subject, left)


def _ending(where: Span, subject: str, left: int) -> Finding:
    when = "today" if left == 0 else "tomorrow" if left == 1 else f"in {left} days"
    return finding(
        where,
        f"the waiver of {subject} ends {when}: mend the fault or renew it",
        subject=subject,
        severity="info",
    )
