"""Queues in which one bad message goes round for ever."""

from __future__ import annotations

import re

from djaws.model.cloud import Stack
from djaws.model.system import System
from djaws.model.value import Value
from djaws.policy import Verdicts, convict, policy, undecided

from .model import Queue, is_terraform, may_hold, names, once, takes_failures

_OWN_NAME = re.compile(r"dlq|dead|fail|poison|reject|quarantine|undeliver", re.IGNORECASE)


@policy(
    "Queue without dead letters",
    severity="medium",
    pillar="reliability",
    languages=("terraform", "cloudformation", "sam"),
    advice=("A3.1", "A5.2"),
    source="https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html",
)
def queue_without_dead_letters(system: System) -> Verdicts:
    """An SQS queue has no redrive policy, so that a message nobody can work on comes back until it is too old, and is lost.

    Queues that take the failures of others (by reference, or by their name) need none. A separate
    `aws_sqs_queue_redrive_policy` counts; a module that is told of the queue leaves it undecided.

    ## Why

    One message that makes the worker crash keeps it busy for days, and nobody can look at it afterwards. With Celery, set
    `task_acks_late` too, else a message is gone before its task fails.

    ## Fix: Terraform

    ```hcl
    redrive_policy = jsonencode({
      deadLetterTargetArn = aws_sqs_queue.dead_letters.arn
      maxReceiveCount     = 5
    })
    ```

    ## Fix: CloudFormation

    ```yaml
    RedrivePolicy:
      deadLetterTargetArn: !GetAtt DeadLetters.Arn
      maxReceiveCount: 5
    ```

    ## Fix: SAM

    The same, on the `AWS::SQS::Queue` whose ARN the function's `SQS` event names.
    """
    yield from once(_all(system))


def _all(system: System) -> Verdicts:
    for stack in system.stacks:
        for queue in stack.each(Queue):
            if not _is_for_failures(stack, queue):
                yield from _queue(stack, queue)


def _is_for_failures(stack: Stack, queue: Queue) -> bool:
    if _OWN_NAME.search(queue.resource.name) or not queue.allows.is_absent:
        return True
    texts = [str(alternative.value) for alternative in queue.name.alternatives]
    texts += [part or "" for part in (queue.name.unknown.parts if queue.name.unknown else ())]
    return any(_OWN_NAME.search(text) for text in texts) or takes_failures(stack, queue.resource)


def _queue(stack: Stack, queue: Queue) -> Verdicts:
    redrive: Value[object] = queue.redrive
    if redrive.is_known and not redrive.sometimes(lambda policy: policy in (None, "")):
        return
    if redrive.unknown and not redrive.alternatives:
        if not stack.resolve(redrive) and not redrive.unknown.parts:
            yield undecided(redrive.unknown.span, redrive.unknown.because)
        return
    if is_terraform(queue.resource):
        for separate in stack.of_type("aws_sqs_queue_redrive_policy"):
            if names(stack, separate.attr("queue_url"), queue.resource):
                return
    told = may_hold(stack, queue.resource)
    if told:
        yield undecided(told.span, f"{told.source} may set the redrive policy of {queue.subject}")
        return
    yield from convict(
        redrive,
        lambda policy: policy in (None, ""),
        f"{queue.subject} has no dead-letter queue: what cannot be worked on comes back until it is lost",
        subject=queue.subject,
        at=queue.span,
        block=queue.resource.block,
    )
