"""Deployments that stay broken until somebody looks."""

from __future__ import annotations

from typing import Any

from djaws.finding import Span
from djaws.model.cloud import Resource
from djaws.model.system import System
from djaws.model.value import Value
from djaws.policy import Verdicts, finding, policy, undecided

from .model import ContainerService, DeploymentGroup

_BALANCED = {"terraform": "load_balancer", "cloudformation": "LoadBalancers"}


@policy(
    "Deployment that cannot roll back by itself",
    severity="medium",
    pillar="reliability",
    languages=("terraform", "cloudformation", "sam"),
    advice=("A7.2", "A6.1"),
    source="AWS Well-Architected Framework, OPS06-BP04",
)
def deploy_without_rollback(system: System) -> Verdicts:
    """An ECS service has neither a deployment circuit breaker nor alarms that roll back; a CodeDeploy deployment group does not
    roll back; a SAM function with an alias moves all its traffic at once.

    Services of CodeDeploy and of other controllers are judged by those. A service without a load balancer counts for less.

    ## Why

    A container that crashes at start is started again and again, for hours, while the deployment "is in progress".

    ## Fix: Terraform

    ```hcl
    deployment_circuit_breaker {
      enable   = true
      rollback = true
    }
    ```

    ## Fix: CloudFormation

    ```yaml
    DeploymentConfiguration:
      DeploymentCircuitBreaker:
        Enable: true
        Rollback: true
    ```

    ## Fix: SAM

    ```yaml
    AutoPublishAlias: live
    DeploymentPreference:
      Type: Canary10Percent5Minutes
      Alarms: [!Ref Errors]
    ```
    """
    said: set[Span] = set()
    for stack in system.stacks:
        for service in stack.each(ContainerService):
            if service.span not in said:
                said.add(service.span)
                yield from _service(service)
        for group in stack.each(DeploymentGroup):
            if group.span not in said:
                said.add(group.span)
                yield from _group(group)
        for function in stack.of_type("AWS::Serverless::Function"):
            yield from _function(function)


def _service(service: ContainerService) -> Verdicts:
    if not service.strategy.always(lambda kind: kind == "ECS"):
        return
    breaker = _both(service.breaks, service.rolls_back)
    alarms = _both(service.watches, service.rolls_back_on_alarm)
    if breaker is True or alarms is True:
        return
    if breaker is None or alarms is None:
        vague = next(
            each.unknown
            for each in (
                service.breaks,
                service.rolls_back,
                service.watches,
                service.rolls_back_on_alarm,
            )
            if each.unknown
        )
        yield undecided(service.span, vague.because)
        return
    balanced = service.resource.attr(_BALANCED[service.resource.dialect])
    is_worker = balanced.is_absent
    broken = service.breaks.sometimes(lambda on: on)
    yield finding(
        broken[0].span if broken else service.span,
        f"{service.subject} stops a failing deployment and does not roll it back"
        if broken
        else f"{service.subject} has no circuit breaker: a failing deployment is never rolled back",
        subject=service.subject,
        block=service.resource.block,
        severity="low" if is_worker else None,
    )


def _both(one: Value[bool], other: Value[bool]) -> bool | None:
    """Whether both may be on, None when that is unknown."""
    if one.never(bool) or other.never(bool):
        return False
    if one.sometimes(bool) and other.sometimes(bool):
        return True
    return None


def _group(group: DeploymentGroup) -> Verdicts:
    if group.rolls_back.never(bool):
        yield finding(
            group.span,
            f"{group.subject} never rolls a deployment back",
            subject=group.subject,
            block=group.resource.block,
        )
    elif group.rolls_back.unknown:
        yield undecided(group.rolls_back.unknown.span, group.rolls_back.unknown.because)


def _function(function: Resource) -> Verdicts:
    alias = function.attr("AutoPublishAlias")
    if not alias.always(lambda name: isinstance(name, str)):
        return
    preference: Value[Any] = function.attr("DeploymentPreference.Type")
    if function.attr("DeploymentPreference.Enabled").sometimes(lambda on: on in (False, "false")):
        return
    subject = function.address
    at_once = preference.sometimes(lambda kind: isinstance(kind, str) and kind.endswith("AllAtOnce"))
    if preference.is_absent:
        yield finding(
            alias.span,
            f"{subject} moves its alias to a new version at once: no DeploymentPreference",
            subject=subject,
            severity="low",
        )
    elif at_once:
        yield finding(
            at_once[0].span,
            f"{subject} moves all its traffic to a new version at once",
            subject=subject,
            severity="low",
            guard=at_once[0].guard,
        )
    elif preference.unknown:
        yield undecided(preference.unknown.span, preference.unknown.because)
