"""What the scaling policies read of services, groups and what scales them, in both dialects."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from fnmatch import fnmatch
from typing import Any

from djaws.finding import Finding, Span
from djaws.model.cloud import Attr, Resource, Stack, Unresolved, View, members, references_in
from djaws.model.system import System
from djaws.model.value import Value
from djaws.policy import Verdicts


class Service(View):
    """An ECS service."""

    types = ("aws_ecs_service", "AWS::ECS::Service")
    name = Attr(str, tf="name", cfn="ServiceName")
    strategy = Attr(str, tf="scheduling_strategy", cfn="SchedulingStrategy", default="REPLICA")
    desired = Attr(int, tf="desired_count", cfn="DesiredCount")
    most_percent = Attr(
        int, tf="deployment_maximum_percent", cfn="DeploymentConfiguration.MaximumPercent", default=200
    )
    balancers = Attr(object, tf="load_balancer", cfn="LoadBalancers")
    controller = Attr(str, tf="deployment_controller.type", cfn="DeploymentController.Type", default="ECS")
    subnets = Attr(
        object, tf="network_configuration.subnets", cfn="NetworkConfiguration.AwsvpcConfiguration.Subnets"
    )
    groups = Attr(
        object,
        tf="network_configuration.security_groups",
        cfn="NetworkConfiguration.AwsvpcConfiguration.SecurityGroups",
    )
    public = Attr(
        str,
        tf="network_configuration.assign_public_ip",
        cfn="NetworkConfiguration.AwsvpcConfiguration.AssignPublicIp",
    )


class Group(View):
    """An Auto Scaling group."""

    types = ("aws_autoscaling_group", "AWS::AutoScaling::AutoScalingGroup")
    name = Attr(str, tf="name", cfn="AutoScalingGroupName")
    least = Attr(int, tf="min_size", cfn="MinSize")
    most = Attr(int, tf="max_size", cfn="MaxSize")
    desired = Attr(int, tf="desired_capacity", cfn="DesiredCapacity")
    subnets = Attr(object, tf="vpc_zone_identifier", cfn="VPCZoneIdentifier")
    zones = Attr(object, tf="availability_zones", cfn="AvailabilityZones")


class Target(View):
    """What application auto scaling may change."""

    types = ("aws_appautoscaling_target", "AWS::ApplicationAutoScaling::ScalableTarget")
    scaled = Attr(str, tf="resource_id", cfn="ResourceId")
    namespace = Attr(str, tf="service_namespace", cfn="ServiceNamespace")
    least = Attr(int, tf="min_capacity", cfn="MinCapacity")
    most = Attr(int, tf="max_capacity", cfn="MaxCapacity")


_TARGET_RULES = {
    "aws_appautoscaling_policy": "resource_id",
    "aws_appautoscaling_scheduled_action": "resource_id",
    "AWS::ApplicationAutoScaling::ScalingPolicy": "ScalingTargetId",
}
_GROUP_RULES = {
    "aws_autoscaling_policy": "autoscaling_group_name",
    "aws_autoscaling_schedule": "autoscaling_group_name",
    "AWS::AutoScaling::ScalingPolicy": "AutoScalingGroupName",
    "AWS::AutoScaling::ScheduledAction": "AutoScalingGroupName",
}


def is_terraform(resource: Resource) -> bool:
    return resource.dialect == "terraform"


def without_instance(address: str) -> str:
    """An address without instance keys: all instances of a block share it."""
    return re.sub(r"\[[^\]]*\]", "", address)


class Scaling:
    """What scales the services and groups of a stack."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self._targets: dict[str, list[Target]] = {}
        self._named: dict[str, list[Target]] = {}
        self._loose: Target | None = None
        self._rules: dict[str, list[Resource]] = {}
        self._loose_rule: Resource | None = None
        for target in stack.each(Target):
            if not target.namespace.never(lambda name: name == "ecs"):
                self._add(target)
        for kind, attribute in (*_TARGET_RULES.items(), *_GROUP_RULES.items()):
            for rule in stack.of_type(kind):
                self._add_rule(rule, rule.attr(attribute))

    def _add(self, target: Target) -> None:
        services = [each for each in self.stack.resolve(target.scaled) if each.type in Service.types]
        for service in services:
            self._targets.setdefault(without_instance(service.address), []).append(target)
        if target.scaled.unknown and not services:
            self._loose = target
        for alternative in target.scaled.alternatives:
            if isinstance(alternative.value, str) and not services:
                self._named.setdefault(alternative.value.rpartition("/")[2], []).append(target)

    def _add_rule(self, rule: Resource, scaled: Value[Any]) -> None:
        found = [
            each
            for each in self.stack.resolve(scaled)
            if each.type in (*Service.types, *Target.types, *Group.types)
        ]
        for each in found:
            self._rules.setdefault(without_instance(each.address), []).append(rule)
        for alternative in scaled.alternatives:
            if isinstance(alternative.value, str) and not found:
                self._rules.setdefault(f"name:{alternative.value.rpartition('/')[2]}", []).append(rule)
        if scaled.unknown and not found:
            self._loose_rule = rule

    def targets(self, service: Service) -> list[Target]:
        """The scaling targets that are certainly the service's."""
        found = list(self._targets.get(without_instance(service.subject), ()))
        for name in texts(service.name):
            found += self._named.get(name, ())
        return found

    def rules(self, *resources: View) -> list[Resource]:
        """The policies and schedules that certainly belong to one of these (a service and its targets, or a group)."""
        found: list[Resource] = []
        for resource in resources:
            found += self._rules.get(without_instance(resource.subject), ())
            for attribute in ("name", "scaled"):
                for name in texts(getattr(resource, attribute, Value())):
                    found += self._rules.get(f"name:{name.rpartition('/')[2]}", ())
        return list(dict.fromkeys(found))

    def perhaps(self, resource: Resource) -> tuple[str, Span] | None:
        """What may scale the resource for all that is known: a target or policy that cannot be read, or a module."""
        loose = self._loose.resource if self._loose and resource.type in Service.types else self._loose_rule
        if loose:
            return f"{loose.address} may scale {resource.address}", loose.span
        told = may_hold(self.stack, resource)
        return (
            (f"{told.source}, which is not here, may scale {resource.address}", told.span) if told else None
        )


def may_hold(stack: Stack, resource: Resource) -> Unresolved | None:
    """A module or nested stack that is not here and is told of the resource, or scales something: it may complete it."""
    wanted = without_instance(resource.address)
    names = set(texts(resource.attr("name"))) | set(texts(resource.attr("ServiceName")))
    for unresolved in stack.unresolved:
        if re.search(r"auto-?_?scal", unresolved.source, re.IGNORECASE):
            return unresolved
        for reference in references_in(unresolved.arguments):
            if without_instance(reference.address) == wanted:
                return unresolved
        if any(not names.isdisjoint(texts(value)) for value in unresolved.arguments.entries.values()):
            return unresolved
    return None


def texts(value: Value[Any]) -> tuple[str, ...]:
    """The texts that a value is known to be able to be."""
    return tuple(
        alternative.value for alternative in value.alternatives if isinstance(alternative.value, str)
    )


def is_singleton(system: System, service: Service, patterns: Iterable[str]) -> bool:
    """Whether there is meant to be one of it: its name says so, it runs Celery's beat, or deployments never overlap."""
    names = [service.resource.name, without_instance(service.subject), *texts(service.name)]
    if any(fnmatch(name.lower(), pattern.lower()) for name in names for pattern in patterns):
        return True
    if service.most_percent.sometimes(lambda percent: percent <= 100):
        return True
    return service.subject in beats(system)


def beats(system: System) -> frozenset[str]:
    """The addresses of the services that run Celery's beat."""
    return frozenset(
        service.address
        for process in system.processes
        if any(server.is_beat for server in process.servers)
        for service in process.services
    )


def elements(value: Value[Any]) -> Iterator[Value[Any]] | None:
    """The items of a list of which all are known to be there; None when there may be others, or when it is no list."""
    from djaws.model.value import Seq

    data = value.only(None)
    if isinstance(data, Seq) and data.rest is None:
        return iter(data.items)
    return None


def objects(value: Value[Any]) -> tuple[Any, ...]:
    return members(value)[0]


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
