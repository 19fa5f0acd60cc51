"""Alarms that are sent to a topic which nobody reads."""

from __future__ import annotations

from djaws.finding import Span
from djaws.model.cloud import Attr, Resource, Stack, View, references_in
from djaws.model.system import System
from djaws.model.value import Value
from djaws.policy import Verdicts, finding, policy, undecided

from .model import AnyAlarm, could_watch, is_certainly_empty, items, once, other_tool, same, texts


class Topic(View):
    types = ("aws_sns_topic", "AWS::SNS::Topic")
    name = Attr(str, tf="name", cfn="TopicName")
    inline = Attr(object, cfn="Subscription")


class Subscription(View):
    types = ("aws_sns_topic_subscription", "AWS::SNS::Subscription")
    topic = Attr(str, tf="topic_arn", cfn="TopicArn")


#: What refers to a topic without reading it.
_SENDERS = frozenset(
    {
        *AnyAlarm.types,
        *("aws_sns_topic_policy", "AWS::SNS::TopicPolicy", "aws_sns_topic_data_protection_policy"),
        *(
            "aws_iam_policy",
            "aws_iam_role_policy",
            "AWS::IAM::Policy",
            "AWS::IAM::Role",
            "AWS::IAM::ManagedPolicy",
        ),
        *("aws_db_event_subscription", "AWS::RDS::EventSubscription", "aws_kms_key", "AWS::KMS::Key"),
        *("aws_autoscaling_notification", "AWS::AutoScaling::AutoScalingGroup", "aws_s3_bucket_notification"),
        *("aws_budgets_budget", "AWS::Budgets::Budget", "aws_cloudwatch_event_target", "AWS::Events::Rule"),
    }
)


@policy(
    "Topic of alarms without a subscriber",
    severity="low",
    confidence="medium",
    pillar="operations",
    languages=("terraform", "cloudformation"),
    advice=("A6.1",),
    source="djaws",
)
def unsubscribed_topic(system: System) -> Verdicts:
    """Alarms are sent to an SNS topic of this repository, and nothing in the repository subscribes to it.

    Subscriptions, chat channels, functions with the topic as an event, and any other reader count. Undecided when the topic's
    ARN is handed out, or a module that is not here may subscribe.

    ## Why

    An alarm that is delivered to nobody is no better than none, and looks better.

    ## Fix: Terraform

    ```hcl
    resource "aws_sns_topic_subscription" "operations" {
      topic_arn = aws_sns_topic.operations.arn
      protocol  = "email"
      endpoint  = "operations@example.com"
    }
    ```

    ## Fix: CloudFormation

    ```yaml
    OperationsTopic:
      Type: AWS::SNS::Topic
      Properties:
        Subscription: [{Protocol: email, Endpoint: operations@example.com}]
    ```
    """
    subscribed = [each.topic for each in system.each(Subscription)]
    hidden = other_tool(system)
    for stack in system.stacks:
        alarmed = _topics_of_alarms(stack)
        yield from once(
            verdict
            for topic in stack.each(Topic)
            if topic.resource in alarmed
            for verdict in _judged(topic, alarmed[topic.resource], subscribed, hidden)
        )


def _topics_of_alarms(stack: Stack) -> dict[Resource, AnyAlarm]:
    """The topics that alarms notify, with the first alarm of each."""
    found: dict[Resource, AnyAlarm] = {}
    for alarm in stack.each(AnyAlarm):
        for action in items(alarm.actions)[0]:
            for target in stack.resolve(action):
                found.setdefault(target, alarm)
    return found


def _judged(
    topic: Topic, alarm: AnyAlarm, subscribed: list[Value[str]], hidden: tuple[str, Span] | None
) -> Verdicts:
    if _is_read(topic) or any(_names(each, topic) for each in subscribed):
        return
    doubt = _doubt(topic, subscribed) or hidden
    if doubt:
        yield undecided(topic.span, doubt[0])
        return
    yield finding(
        topic.span,
        f"{alarm.subject} notifies {topic.subject}, which nobody subscribes to",
        subject=topic.subject,
        block=topic.resource.block,
        related=[(alarm.span, "sends its alarms there")],
    )


def _is_read(topic: Topic) -> bool:
    if topic.resource.dialect == "cloudformation" and not is_certainly_empty(topic.inline):
        return True
    return any(each.type not in _SENDERS for each in topic.stack.referrers(topic.resource))


def _names(arn: Value[str], topic: Topic) -> bool:
    """Whether a written ARN ends in the topic's name, or says what the topic's name says."""
    names = texts(topic.name)
    known = any(text.rpartition(":")[2] in names for text in texts(arn))
    partly = arn.unknown is not None and any(arn.unknown.ends_with(f":{name}") for name in names)
    return known or partly or same(arn, topic.name)


def _doubt(topic: Topic, subscribed: list[Value[str]]) -> tuple[str, Span] | None:
    hidden = could_watch(topic.stack, topic.resource)
    if hidden:
        return f"{hidden.source} may subscribe to it, and is not in the repository", hidden.span
    for value in topic.stack.outputs.values():
        if any(topic.stack.find(reference.address) is topic.resource for reference in references_in(value)):
            return "its ARN is handed out: whoever takes it may subscribe", value.span
    for arn in subscribed:
        if arn.unknown and not arn.unknown.parts and not _is_of_a_topic(arn, topic):
            return arn.unknown.because, arn.unknown.span
    return None


def _is_of_a_topic(arn: Value[str], topic: Topic) -> bool:
    """Whether a subscription is known to be another topic's."""
    return any(each.type in Topic.types for each in topic.stack.resolve(arn))
