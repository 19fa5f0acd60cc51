"""Websites with a single door."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from djaws.model.cloud import Resource, Stack, members, references_in
from djaws.model.processes.containers import TASKS, containers
from djaws.model.system import System
from djaws.model.value import Map
from djaws.policy import Verdicts, finding, policy

from ._environment import in_production, is_spared
from .model import Service, is_terraform, once, texts

_PORTS = frozenset({80, 443, 8000, 8080})
_EVERYBODY = ("0.0.0.0/0", "::/0")
_GROUPS = ("aws_security_group", "AWS::EC2::SecurityGroup")
_RULES = {
    "aws_security_group_rule": "security_group_id",
    "aws_vpc_security_group_ingress_rule": "security_group_id",
    "AWS::EC2::SecurityGroupIngress": "GroupId",
}


@policy(
    "Website without a load balancer",
    severity="medium",
    confidence="medium",
    pillar="reliability",
    languages=("terraform", "cloudformation"),
    advice=("A8.1",),
    source="AWS Well-Architected Framework, REL10-BP01",
)
def no_load_balancer(system: System) -> Verdicts:
    """The tasks of an ECS service of production have public addresses and are open to everybody on 80, 443, 8000 or 8080, and no
    load balancer stands in front of them.

    Services without such a port, with service discovery or Service Connect, and non-production are left alone. So is what is
    not known to be open.

    ## Why

    The address changes with every deployment, there is no second task to go to, and nothing ends TLS.

    ## Fix: Terraform

    ```hcl
    load_balancer {
      target_group_arn = aws_lb_target_group.web.arn
      container_name   = "web"
      container_port   = 8000
    }
    ```

    ## Fix: CloudFormation

    ```yaml
    LoadBalancers:
      - {ContainerName: web, ContainerPort: 8000, TargetGroupArn: !Ref WebTargets}
    ```
    """
    yield from once(_all(system))


def _all(system: System) -> Verdicts:
    for stack in system.stacks:
        for service in stack.each(Service):
            if service.balancers.is_absent and not is_spared(system, stack, service.resource):
                yield from _service(system, stack, service)


def _service(system: System, stack: Stack, service: Service) -> Verdicts:
    public = in_production(service.public, system, stack)
    if not public.always(lambda text: str(text).lower() in ("true", "enabled")) or _is_discovered(service):
        return
    ports = _PORTS & set(_container_ports(stack, service))
    groups = filter(None, (stack.find(reference.address) for reference in references_in(service.groups)))
    for group in groups:
        opened = next(
            (port for port in sorted(ports) if group.type in _GROUPS and _is_open(stack, group, port)), None
        )
        if opened is None:
            continue
        yield finding(
            service.span,
            f"{service.subject} answers the whole internet on port {opened} without a load balancer",
            subject=service.subject,
            block=service.resource.block,
            related=[(group.span, "the security group that is open")],
            guard=service.resource.guard,
        )
        return


def _is_discovered(service: Service) -> bool:
    names = (
        "service_registries",
        "service_connect_configuration",
        "ServiceRegistries",
        "ServiceConnectConfiguration",
    )
    return any(not service.resource.attr(name).is_absent for name in names)


def _container_ports(stack: Stack, service: Service) -> Iterator[int]:
    name = "task_definition" if is_terraform(service.resource) else "TaskDefinition"
    for task in stack.resolve(service.resource.attr(name)):
        if task.type in TASKS:
            for container in containers(task)[0]:
                yield from (int(port) for port in container.ports if port.isdigit())


def _is_open(stack: Stack, group: Resource, port: int) -> bool:
    """Whether the security group certainly lets everybody in on a port."""
    inline = members(group.attr("ingress" if is_terraform(group) else "SecurityGroupIngress"))[0]
    separate = [
        rule.body
        for rule in stack.referrers(group)
        if rule.type in _RULES
        and group in stack.resolve(rule.attr(_RULES[rule.type]))
        and rule.attr("type").only("ingress") in (None, "ingress")
    ]
    return any(_admits(rule, port) for rule in (*inline, *separate))


def _admits(rule: Map, port: int) -> bool:
    low = _first(rule, "from_port", "FromPort")
    high = _first(rule, "to_port", "ToPort")
    protocol = str(_first(rule, "protocol", "ip_protocol", "IpProtocol"))
    is_all = protocol == "-1"
    in_range = str(low).isdigit() and str(high).isdigit() and int(low) <= port <= int(high)
    ranges = [
        text
        for name in ("cidr_blocks", "ipv6_cidr_blocks", "cidr_ipv4", "cidr_ipv6", "CidrIp", "CidrIpv6")
        for text in _listed(rule.get(name))
    ]
    return (is_all or (in_range and protocol in ("tcp", "6"))) and any(text in _EVERYBODY for text in ranges)


def _first(rule: Map, *names: str) -> Any:
    return next((value for name in names if (value := rule.get(name).only(None)) is not None), None)


def _listed(value: Any) -> Iterator[str]:
    yield from texts(value)
    for alternative in value.alternatives:
        for item in getattr(alternative.value, "items", ()) if not isinstance(alternative.value, Map) else ():
            yield from texts(item)
