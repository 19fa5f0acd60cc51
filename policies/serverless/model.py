"""What the serverless policies read of functions, queues and APIs, and who calls a function."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from djaws.finding import Finding, Span
from djaws.model.cloud import Attr, Resource, Stack, Unresolved, View, members, references_in
from djaws.model.value import Map, Seq, Value
from djaws.policy import Verdicts


class Function(View):
    """A Lambda function."""

    types = ("aws_lambda_function", "AWS::Lambda::Function", "AWS::Serverless::Function")
    timeout = Attr(int, tf="timeout", cfn="Timeout", default=3)

    @property
    def dead_letters(self) -> Value[Any]:
        names = {"aws_lambda_function": "dead_letter_config", "AWS::Lambda::Function": "DeadLetterConfig"}
        return self.resource.attr(names.get(self.resource.type, "DeadLetterQueue"))


class Queue(View):
    types = ("aws_sqs_queue", "AWS::SQS::Queue")
    name = Attr(str, tf="name", cfn="QueueName")
    visibility = Attr(int, tf="visibility_timeout_seconds", cfn="VisibilityTimeout", default=30)
    redrive = Attr(object, tf="redrive_policy", cfn="RedrivePolicy")
    allows = Attr(object, tf="redrive_allow_policy", cfn="RedriveAllowPolicy")


@dataclass(frozen=True, slots=True)
class Trigger:
    """One thing that calls a function. `source` is the queue or API where it is known."""

    kind: Literal["async", "queue", "rest-api", "http-api", "other"]
    what: str
    span: Span
    source: Resource | None = None
    timeout: Value[Any] | None = None


_PRINCIPALS = {
    "s3.amazonaws.com": "S3",
    "sns.amazonaws.com": "SNS",
    "events.amazonaws.com": "EventBridge",
    "scheduler.amazonaws.com": "EventBridge Scheduler",
    "ses.amazonaws.com": "SES",
    "iot.amazonaws.com": "IoT",
}
#: What calls functions without waiting, and the path below which it names them.
_SENDERS = {
    "aws_s3_bucket_notification": ("lambda_function", "S3"),
    "AWS::S3::Bucket": ("NotificationConfiguration.LambdaConfigurations", "S3"),
    "aws_sns_topic_subscription": ("endpoint", "SNS"),
    "AWS::SNS::Subscription": ("Endpoint", "SNS"),
    "aws_cloudwatch_event_target": ("arn", "EventBridge"),
    "AWS::Events::Rule": ("Targets", "EventBridge"),
    "aws_scheduler_schedule": ("target.arn", "EventBridge Scheduler"),
    "AWS::Scheduler::Schedule": ("Target.Arn", "EventBridge Scheduler"),
}
_ASYNC_EVENTS = {
    "S3": "S3",
    "SNS": "SNS",
    "Schedule": "EventBridge",
    "ScheduleV2": "EventBridge Scheduler",
    "CloudWatchEvent": "EventBridge",
    "EventBridgeRule": "EventBridge",
    "IoTRule": "IoT",
}
_ALIASES = ("aws_lambda_alias", "AWS::Lambda::Alias", "AWS::Lambda::Version")


def without_instance(address: str) -> str:
    """An address without instance keys: all instances of a block share it."""
    return re.sub(r"\[[^\]]*\]", "", address)


def is_terraform(resource: Resource) -> bool:
    return resource.dialect == "terraform"


def callers(stack: Stack, function: Resource) -> tuple[Resource, ...]:
    """The resources that refer to a function, or to an alias or version of it."""
    direct = stack.referrers(function)
    through = [each for alias in direct if alias.type in _ALIASES for each in stack.referrers(alias)]
    return tuple(dict.fromkeys((*direct, *through)))


def triggers(stack: Stack, function: Resource) -> Iterator[Trigger]:
    """Everything in the stack that calls a function."""
    for caller in callers(stack, function):
        yield from _trigger(stack, function, caller)
    if function.type == "AWS::Serverless::Function":
        yield from _events(stack, function)


def _trigger(stack: Stack, function: Resource, caller: Resource) -> Iterator[Trigger]:
    kind = caller.type
    if kind in _SENDERS:
        path, service = _SENDERS[kind]
        if names(stack, caller.attr(path), function):
            yield Trigger("async", service, caller.span)
    elif kind in ("aws_lambda_permission", "AWS::Lambda::Permission"):
        principal = caller.attr("principal" if is_terraform(caller) else "Principal").only(None)
        if principal in _PRINCIPALS:
            yield Trigger("async", _PRINCIPALS[str(principal)], caller.span)
        elif principal not in ("apigateway.amazonaws.com",):
            yield Trigger("other", str(principal), caller.span)
    elif kind in ("aws_lambda_event_source_mapping", "AWS::Lambda::EventSourceMapping"):
        source = caller.attr("event_source_arn" if is_terraform(caller) else "EventSourceArn")
        yield _of_source(stack, source, caller.span)
    elif kind in ("aws_api_gateway_integration", "AWS::ApiGateway::Method"):
        path = "timeout_milliseconds" if is_terraform(caller) else "Integration.TimeoutInMillis"
        yield Trigger("rest-api", "a REST API", caller.span, caller, caller.attr(path))
    elif kind in ("aws_apigatewayv2_integration", "AWS::ApiGatewayV2::Integration"):
        path = "timeout_milliseconds" if is_terraform(caller) else "TimeoutInMillis"
        yield Trigger("http-api", "an HTTP API", caller.span, caller, caller.attr(path))
    elif kind in (
        "aws_lambda_function_url",
        "AWS::Lambda::Url",
        "aws_sfn_state_machine",
        "aws_lb_target_group_attachment",
    ):
        yield Trigger("other", caller.address, caller.span)


def _of_source(stack: Stack, source: Value[Any], span: Span) -> Trigger:
    queues = [each for each in stack.resolve(source) if each.type in Queue.types]
    if len(queues) == 1:
        return Trigger("queue", "SQS", span, queues[0])
    return Trigger("other", "an event source", span)


def _events(stack: Stack, function: Resource) -> Iterator[Trigger]:
    """The events of a SAM function."""
    for events in members(function.attr("Events"))[0]:
        for value in events.entries.values():
            for event in members(value)[0]:
                yield from _event(stack, event, function.span)


def _event(stack: Stack, event: Map, span: Span) -> Iterator[Trigger]:
    kind = event.get("Type").only(None)
    span = event.get("Type").span if event.get("Type").span.path else span
    properties = next(iter(members(event.get("Properties"))[0]), Map())
    if kind in _ASYNC_EVENTS:
        through_queue = properties.get("SqsSubscription")
        if kind != "SNS" or through_queue.is_absent:
            yield Trigger("async", _ASYNC_EVENTS[str(kind)], span)
    elif kind == "SQS":
        yield _of_source(stack, properties.get("Queue"), span)
    elif kind in ("Api", "HttpApi"):
        timeout = properties.get("TimeoutInMillis") if kind == "HttpApi" else None
        name = "a REST API" if kind == "Api" else "an HTTP API"
        yield Trigger("rest-api" if kind == "Api" else "http-api", name, span, None, timeout)
    else:
        yield Trigger("other", str(kind), span)


def names(stack: Stack, value: Value[Any], wanted: Resource) -> bool:
    """Whether a value names a resource anywhere inside, itself or by an alias."""
    for reference in references_in(value):
        found = stack.find(reference.address)
        if found is None:
            continue
        if without_instance(found.address) == without_instance(wanted.address):
            return True
        if found.type in _ALIASES and wanted in stack.resolve(_aliased(found)):
            return True
    return False


def _aliased(alias: Resource) -> Value[Any]:
    return alias.attr("function_name" if is_terraform(alias) else "FunctionName")


def may_hold(stack: Stack, resource: Resource) -> Unresolved | None:
    """A module or nested stack that is not here and is told of the resource: it may complete it."""
    wanted = without_instance(resource.address)
    for unresolved in stack.unresolved:
        for reference in references_in(unresolved.arguments):
            if without_instance(reference.address) == wanted:
                return unresolved
    return None


_FAILURE = re.compile(r"dead|redrive|fail|dlq|poison", re.IGNORECASE)


def takes_failures(stack: Stack, queue: Resource) -> bool:
    """Whether something sends here what it could not work on."""
    return any(
        address == without_instance(queue.address)
        for other in stack.referrers(queue)
        for address in failure_targets(other.body)
    )


def failure_targets(data: Any, is_inside: bool = False) -> Iterator[str]:
    """The addresses that are named below a key about failures (`redrive_policy`, `DeadLetterConfig`, `on_failure`)."""
    if isinstance(data, Value):
        if is_inside:
            yield from (without_instance(reference.address) for reference in data.references)
        for alternative in data.alternatives:
            yield from failure_targets(alternative.value, is_inside)
    elif isinstance(data, Map):
        for key, entry in data.entries.items():
            yield from failure_targets(entry, is_inside or bool(_FAILURE.search(key)))
    elif isinstance(data, Seq):
        for item in data.items:
            yield from failure_targets(item, is_inside)


def once(verdicts: Verdicts) -> Verdicts:
    """The verdicts, a finding only once for each place: instances of a block and calls of a module share their faults."""
    seen: set[tuple[Span, str]] = set()
    for verdict in verdicts:
        if isinstance(verdict, Finding):
            place = (verdict.location.span, verdict.message.replace(verdict.subject, ""))
            if place in seen:
                continue
            seen.add(place)
        yield verdict
