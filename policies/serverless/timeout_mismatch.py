"""Functions that may run longer than whoever called them waits."""

from __future__ import annotations

import msgspec

from djaws.finding import Finding
from djaws.model.system import System
from djaws.model.value import Value, combine
from djaws.policy import Verdicts, finding, policy, undecided

from .model import Function, Queue, Trigger, once, triggers


class Params(msgspec.Struct, frozen=True, rename="kebab", forbid_unknown_fields=True):
    """A queue's messages must stay hidden for `factor` times the timeout of the function that works on them: 1 is what AWS
    demands, 6 what it recommends. `api-timeout` is how many seconds a REST API waits (29, unless AWS raised it).
    """

    factor: int = 1
    api_timeout: int = 29


@policy(
    "Function that may run longer than its caller waits",
    severity="medium",
    pillar="reliability",
    languages=("terraform", "cloudformation", "sam"),
    advice=("A3.1", "A3.2"),
    source="https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html",
)
def timeout_mismatch(system: System, params: Params) -> Verdicts:
    """A queue shows its messages again while the function may still work on them; or a function that only an API calls may run
    for longer than the API waits for it.

    A visibility timeout below the function's own timeout is a fault. AWS recommends six times as much: set `factor = 6` to ask
    for that. An API's own timeout counts where it is set, else 29 seconds (`api-timeout`) for REST APIs and 30 for HTTP APIs.
    Functions that others call too are not held to the API's patience.

    ## Why

    The same message is worked on twice, at the same time. The visitor of the API sees an error, while the function goes on and
    is paid for.

    ## Fix: Terraform

    ```hcl
    visibility_timeout_seconds = 6 * aws_lambda_function.resize.timeout
    ```

    ## Fix: CloudFormation

    ```yaml
    Jobs:
      Type: AWS::SQS::Queue
      Properties:
        VisibilityTimeout: 180 # the function has 30
    ```

    ## Fix: SAM

    The same; and `Timeout: 29` on a function behind an API.
    """
    yield from once(_all(system, params))


def _all(system: System, params: Params) -> Verdicts:
    for stack in system.stacks:
        for function in stack.each(Function):
            found = list(triggers(stack, function.resource))
            for trigger in found:
                if trigger.kind == "queue" and trigger.source is not None:
                    yield from _queue(function, Queue(trigger.source, stack), trigger, params.factor)
            yield from _api(function, found, params.api_timeout)


def _queue(function: Function, queue: Queue, trigger: Trigger, factor: int) -> Verdicts:
    pairs = combine(lambda hidden, runs: (hidden, runs), queue.visibility, function.timeout, span=queue.span)
    faults = pairs.sometimes(lambda pair: pair[0] < factor * pair[1])
    for fault in faults[:1]:
        hidden, runs = fault.value
        times = "" if factor == 1 else f", and needs {factor} times that"
        yield finding(
            queue.visibility.span,
            f"messages of {queue.subject} show up again after {hidden} seconds, while {function.subject} may work on "
            f"them for {runs}{times}",
            subject=queue.subject,
            block=queue.resource.block,
            related=[(function.timeout.span, "the function's timeout"), (trigger.span, "the event source")],
            guard=fault.guard,
        )
    if not faults and pairs.unknown:
        yield undecided(pairs.unknown.span, pairs.unknown.because)


def _api(function: Function, found: list[Trigger], patience: int) -> Verdicts:
    apis = [trigger for trigger in found if trigger.kind in ("rest-api", "http-api")]
    if not apis or len(apis) < len(found):
        return
    waits = [_waits(trigger, patience) for trigger in apis]
    limit = Value.either(*waits)
    if limit.unknown or not limit.alternatives:
        return
    longest = max(alternative.value for alternative in limit.alternatives)
    for alternative in function.timeout.sometimes(lambda seconds: seconds > longest + 1)[:1]:
        yield _impatient(function, apis[0], alternative.value, longest)


def _impatient(function: Function, api: Trigger, seconds: int, longest: float) -> Finding:
    return finding(
        function.timeout.span,
        f"{function.subject} may run for {seconds} seconds, and {api.what} waits for {longest:g}",
        subject=function.subject,
        block=function.resource.block,
        related=[(api.span, "the API")],
    )


def _waits(trigger: Trigger, patience: int) -> Value[float]:
    default = 30.0 if trigger.kind == "http-api" else float(patience)
    if trigger.timeout is None or trigger.timeout.is_absent:
        return Value.of(default, trigger.span)
    return trigger.timeout.map(lambda given: default if given is None else int(given) / 1000)
