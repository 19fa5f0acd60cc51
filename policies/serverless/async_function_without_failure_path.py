"""Functions whose failures nobody sees."""

from __future__ import annotations

from djaws.model.cloud import Resource, Stack
from djaws.model.system import System
from djaws.policy import Verdicts, finding, policy, undecided

from .model import Function, callers, may_hold, once, triggers

_INVOKE_CONFIGURATIONS = {
    "aws_lambda_function_event_invoke_config": "destination_config.on_failure",
    "AWS::Lambda::EventInvokeConfig": "DestinationConfig.OnFailure",
}


@policy(
    "Asynchronous function without a way for failures",
    severity="medium",
    pillar="reliability",
    languages=("terraform", "cloudformation", "sam"),
    advice=("A3.1",),
    source="https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html",
)
def async_function_without_failure_path(system: System) -> Verdicts:
    """S3, SNS, EventBridge, SES or IoT call a function and do not wait for it, and it has neither a dead-letter queue nor a
    destination for failures.

    Functions behind an API, a load balancer, a queue or a stream are left alone: there the caller, or the queue, deals with
    failures. What nothing here calls is left alone too. A module that is told of the function leaves it undecided.

    ## Why

    After two more tries Lambda throws the event away, and nothing tells that there was one.

    ## Fix: Terraform

    ```hcl
    resource "aws_lambda_function_event_invoke_config" "resize" {
      function_name = aws_lambda_function.resize.function_name

      destination_config {
        on_failure {
          destination = aws_sqs_queue.failed.arn
        }
      }
    }
    ```

    ## Fix: CloudFormation

    ```yaml
    DeadLetterConfig:
      TargetArn: !GetAtt Failed.Arn
    ```

    ## Fix: SAM

    ```yaml
    DeadLetterQueue:
      Type: SQS
      TargetArn: !GetAtt Failed.Arn
    ```
    """
    yield from once(_all(system))


def _all(system: System) -> Verdicts:
    for stack in system.stacks:
        for function in stack.each(Function):
            senders = [trigger for trigger in triggers(stack, function.resource) if trigger.kind == "async"]
            if senders and not _has_path(stack, function):
                told = may_hold(stack, function.resource)
                if told:
                    yield undecided(
                        told.span, f"{told.source} may say where failures of {function.subject} go"
                    )
                    continue
                yield finding(
                    function.span,
                    f"{senders[0].what} calls {function.subject} and does not wait: its failures go nowhere",
                    subject=function.subject,
                    block=function.resource.block,
                    related=[(senders[0].span, "what calls it")],
                    guard=function.resource.guard,
                )


def _has_path(stack: Stack, function: Function) -> bool:
    if not function.dead_letters.is_absent:
        return True
    if function.resource.type == "AWS::Serverless::Function":
        return not function.resource.attr("EventInvokeConfig.DestinationConfig.OnFailure").is_absent
    return any(_sends_failures(caller) for caller in callers(stack, function.resource))


def _sends_failures(caller: Resource) -> bool:
    path = _INVOKE_CONFIGURATIONS.get(caller.type)
    if path is None:
        return False
    return not caller.attr(path).is_absent
