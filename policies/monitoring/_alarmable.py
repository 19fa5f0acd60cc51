"""Which resources deserve alarms, on which metrics, and what makes one needless."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from djaws import data
from djaws.data import Alarmable, AlarmedMetric
from djaws.model.cloud import Resource, Stack, references_in
from djaws.model.value import Map, Seq, Value

from .model import Function, per_stack, texts, words, written


@dataclass(frozen=True)
class Subject:
    """A resource that deserves alarms. `parts` are resources that an alarm may name instead of it."""

    resource: Resource
    stack: Stack
    kind: Alarmable
    parts: tuple[Resource, ...] = ()

    @property
    def names(self) -> Value[Any]:
        """What it is called in a dimension."""
        paths = _NAMES.get(self.kind.kind)
        if paths is None:
            return Value.absent(self.resource.span)
        return self.resource.attr(paths[0] if self.resource.dialect == "terraform" else paths[1])


_NAMES = {
    "rds-instance": ("identifier", "DBInstanceIdentifier"),
    "aurora": ("cluster_identifier", "DBClusterIdentifier"),
    "load-balancer": ("name", "Name"),
    "target-group": ("name", "Name"),
    "ecs-service": ("name", "ServiceName"),
    "ecs-cluster": ("name", "ClusterName"),
    "lambda": ("function_name", "FunctionName"),
    "rest-api": ("name", "Name"),
    "queue": ("name", "QueueName"),
    "dead-letter-queue": ("name", "QueueName"),
    "topic": ("name", "TopicName"),
    "table": ("name", "TableName"),
    "cache": ("replication_group_id", "ReplicationGroupId"),
    "auto-scaling-group": ("name", "AutoScalingGroupName"),
    "search-domain": ("domain_name", "DomainName"),
}
#: What belongs to a resource and may stand for it in an alarm.
_PARTS = {
    "aurora": ("aws_rds_cluster_instance", "AWS::RDS::DBInstance"),
    "cache": ("aws_elasticache_cluster",),
    "rest-api": ("aws_api_gateway_stage", "AWS::ApiGateway::Stage", "AWS::ApiGateway::Deployment"),
    "http-api": ("aws_apigatewayv2_stage", "AWS::ApiGatewayV2::Stage"),
    "lambda": ("aws_lambda_alias", "AWS::Lambda::Alias", "AWS::Lambda::Version"),
}
#: Types of a kind that only are parts of it.
_MEMBERS = frozenset({"aws_rds_cluster_instance", "aws_api_gateway_stage"})


@cache
def _kinds() -> dict[str, Alarmable]:
    """The kind of each type. Dead-letter queues are told from other queues by what refers to them."""
    return {
        name: kind
        for kind in data.alarms()
        if kind.kind != "dead-letter-queue"
        for name in (*kind.terraform, *kind.cloudformation)
    }


@cache
def kind_names() -> frozenset[str]:
    return frozenset(kind.kind for kind in data.alarms())


def types() -> tuple[str, ...]:
    return tuple(_kinds())


def alarmable(stack: Stack, matrix: dict[str, tuple[str, ...]]) -> Iterator[Subject]:
    """The resources of a stack that deserve alarms; `matrix` replaces the required metrics of the kinds that it names."""
    for resource in stack.of_type(*types()):
        if resource.type in _MEMBERS or _is_exempt(resource, stack):
            continue
        kind = _kinds()[resource.type]
        if kind.kind == "queue" and is_dead_letter_queue(resource, stack):
            kind = next(each for each in data.alarms() if each.kind == "dead-letter-queue")
        if kind.kind in matrix:
            chosen = tuple(AlarmedMetric((metric,)) for metric in matrix[kind.kind])
            kind = _replaced(kind, chosen)
        parts = tuple(each for each in stack.referrers(resource) if each.type in _PARTS.get(kind.kind, ()))
        yield Subject(resource, stack, kind, parts)


def _replaced(kind: Alarmable, required: tuple[AlarmedMetric, ...]) -> Alarmable:
    return Alarmable(
        kind.kind,
        kind.terraform,
        kind.cloudformation,
        kind.namespace,
        kind.dimensions,
        required,
        (),
        kind.source,
    )


def _is_exempt(resource: Resource, stack: Stack) -> bool:
    """What the matrix does not mean: resources of another nature under the same type, and helpers of the tools themselves."""
    exempt = _EXEMPT.get(resource.type)
    return exempt is not None and exempt(resource, stack)


def _is(resource: Resource, terraform: str, cloudformation: str, *wanted: str) -> bool:
    """Whether an attribute may be one of these; a text that is not known is none of them."""
    value = resource.attr(terraform if resource.dialect == "terraform" else cloudformation)
    return not {text.lower() for text in texts(value)}.isdisjoint(wanted)


def _is_member_of_cluster(resource: Resource, stack: Stack) -> bool:
    return not resource.attr("DBClusterIdentifier").is_absent


def _is_other_balancer(resource: Resource, stack: Stack) -> bool:
    return _is(resource, "load_balancer_type", "Type", "network", "gateway")


def _is_target_without_hosts(resource: Resource, stack: Stack) -> bool:
    return _is(resource, "target_type", "TargetType", "lambda") or _is(
        resource, "protocol", "Protocol", "geneve"
    )


def _is_websocket(resource: Resource, stack: Stack) -> bool:
    return _is(resource, "protocol_type", "ProtocolType", "websocket")


def _is_lock_table(resource: Resource, stack: Stack) -> bool:
    """Whether it is the table that Terraform locks its state with."""
    return any(text == "LockID" for text in written(resource.body))


def _is_cache_member(resource: Resource, stack: Stack) -> bool:
    return resource.dialect == "terraform" and not resource.attr("replication_group_id").is_absent


def _is_helper_function(resource: Resource, stack: Stack) -> bool:
    function = Function(resource, stack)
    return function.is_for_the_stack_itself or function.is_at_the_edge


_EXEMPT = {
    "AWS::RDS::DBInstance": _is_member_of_cluster,
    **dict.fromkeys(("aws_lb", "aws_alb", "AWS::ElasticLoadBalancingV2::LoadBalancer"), _is_other_balancer),
    **dict.fromkeys(
        ("aws_lb_target_group", "aws_alb_target_group", "AWS::ElasticLoadBalancingV2::TargetGroup"),
        _is_target_without_hosts,
    ),
    **dict.fromkeys(("aws_apigatewayv2_api", "AWS::ApiGatewayV2::Api"), _is_websocket),
    **dict.fromkeys(("aws_dynamodb_table", "AWS::DynamoDB::Table"), _is_lock_table),
    "aws_elasticache_cluster": _is_cache_member,
    **dict.fromkeys(Function.types, _is_helper_function),
}


# --- dead letters

_DEAD_LETTERS = re.compile(r"dead_?letter|redrive_?policy|on_?failure", re.IGNORECASE)


def is_dead_letter_queue(queue: Resource, stack: Stack) -> bool:
    """Whether another resource sends its dead letters there, or its name says so."""
    if not words(f"{queue.name} {' '.join(texts(queue.attr('name')))}").isdisjoint(
        {"dlq", "dead", "deadletter", "deadletters"}
    ):
        return True
    return any(_is_sent_to(each.body, queue, stack) for each in stack.referrers(queue))


def _is_sent_to(data_: Any, queue: Resource, stack: Stack) -> bool:
    """Whether some entry inside is for dead letters and names the queue."""
    if isinstance(data_, Value):
        return any(_is_sent_to(alternative.value, queue, stack) for alternative in data_.alternatives)
    if isinstance(data_, Seq):
        return any(_is_sent_to(item, queue, stack) for item in data_.items)
    if not isinstance(data_, Map):
        return False
    return any(
        (_DEAD_LETTERS.search(key) and _names(entry, queue, stack)) or _is_sent_to(entry, queue, stack)
        for key, entry in data_.entries.items()
    )


def _names(entry: Value[Any], queue: Resource, stack: Stack) -> bool:
    return any(stack.find(reference.address) is queue for reference in references_in(entry))


# --- what makes an alarm needless


def is_needless(subject: Subject, metric: AlarmedMetric) -> bool:
    """Whether something else sees to it: storage that grows by itself, scaling that follows the metric."""
    if metric.unless == "storage-autoscaling":
        return _grows_by_itself(subject.resource)
    if metric.unless == "target-tracking":
        return any(_is_tracked(subject, name) for name in metric.any_of)
    return False


def _grows_by_itself(resource: Resource) -> bool:
    terraform = resource.dialect == "terraform"
    limit = resource.attr("max_allocated_storage" if terraform else "MaxAllocatedStorage")
    return bool(limit.unknown) or bool(limit.sometimes(lambda size: size not in (None, 0, "0")))


_POLICIES = ("aws_appautoscaling_policy", "AWS::ApplicationAutoScaling::ScalingPolicy")
_TARGETS = ("aws_appautoscaling_target", "AWS::ApplicationAutoScaling::ScalableTarget")


def _is_tracked(subject: Subject, metric: str) -> bool:
    """Whether target tracking of the service follows the metric; a policy of which that is unknown counts."""
    policies = _policies(subject.stack)
    keys = [subject.resource.address, *(f"/{name}" for name in texts(subject.names))]
    return any(_follows(policy, metric) for key in keys for policy in policies.get(key, ()))


@per_stack
def _policies(stack: Stack) -> dict[str, list[Resource]]:
    """Scaling policies by the address of what they scale, and by its name after a slash: `service/cluster/name`."""
    found: dict[str, list[Resource]] = {}
    for policy in stack.of_type(*_POLICIES):
        for key in _scaled(policy, stack):
            found.setdefault(key, []).append(policy)
    return found


def _scaled(policy: Resource, stack: Stack) -> set[str]:
    """What a policy scales: by a reference, over its scalable target, or by the end of an identifier."""
    ids = [policy.attr(name) for name in ("resource_id", "ResourceId", "ScalingTargetId")]
    targets = [target for value in ids for target in stack.resolve(value) if target.type in _TARGETS]
    ids += [target.attr(name) for target in targets for name in ("resource_id", "ResourceId")]
    addresses = {resource.address for value in ids for resource in stack.resolve(value)}
    return addresses | {f"/{text.rpartition('/')[2]}" for value in ids for text in texts(value)}


def _follows(policy: Resource, metric: str) -> bool:
    path = (
        "target_tracking_scaling_policy_configuration.predefined_metric_specification.predefined_metric_type"
        if policy.dialect == "terraform"
        else "TargetTrackingScalingPolicyConfiguration.PredefinedMetricSpecification.PredefinedMetricType"
    )
    return policy.attr(path).unknown is not None or any(metric in text for text in written(policy.body))
