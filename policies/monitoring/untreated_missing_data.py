"""Alarms on errors that wait for data which only errors bring."""

from __future__ import annotations

import re

from djaws.model.system import System
from djaws.policy import Verdicts, finding, policy, undecided

from .model import Alarm, once

_ERRORS = re.compile(
    r".*(?:errors?|throttle[sd]?|throttle(?:events|drequests)|5xx.*|dlq|deadletter.*|failed|exceptions?)$",
    re.IGNORECASE,
)
#: Metrics that are there all the time, with zeros, although their names sound like errors.
_STEADY = re.compile(r"statuscheckfailed.*|approximate.*|.*rate", re.IGNORECASE)


@policy(
    "Alarm on errors leaves missing data undecided",
    severity="info",
    pillar="operations",
    languages=("terraform", "cloudformation"),
    advice=("A6.1",),
    source="https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html#alarms-and-missing-data",
)
def untreated_missing_data(system: System) -> Verdicts:
    """An alarm that rings when there are too many errors, throttles or failures does not say what missing data mean.

    Most such metrics have data only when something fails. Alarms on expressions are left alone: they can fill the gaps.

    ## Why

    After an error the metric falls silent, and the alarm stays in ALARM or goes to INSUFFICIENT_DATA instead of OK. Nobody
    sees any more whether it is over.

    ## Fix: Terraform

    ```hcl
    treat_missing_data = "notBreaching"
    ```

    ## Fix: CloudFormation

    ```yaml
    TreatMissingData: notBreaching
    ```
    """
    yield from once(verdict for alarm in system.each(Alarm) for verdict in _judged(alarm))


def _judged(alarm: Alarm) -> Verdicts:
    if not alarm.metric.always(_is_about_errors) or not alarm.comparison.always(_is_upwards):
        return
    if alarm.missing_data.always(lambda treatment: treatment == "missing"):
        yield finding(
            alarm.missing_data.span,
            f"{alarm.subject} counts {alarm.metric.alternatives[0].value} and leaves missing data undecided",
            subject=alarm.subject,
            block=alarm.resource.block,
        )
    elif alarm.missing_data.unknown:
        yield undecided(alarm.missing_data.unknown.span, alarm.missing_data.unknown.because)


def _is_about_errors(metric: str | None) -> bool:
    return metric is not None and bool(_ERRORS.match(metric)) and not _STEADY.match(metric)


def _is_upwards(comparison: str | None) -> bool:
    return comparison is not None and comparison.startswith("GreaterThan")
