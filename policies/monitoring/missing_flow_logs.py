"""Networks whose traffic nobody can look up."""

from __future__ import annotations

from typing import Any

from djaws.finding import Finding, Undecided
from djaws.model.cloud import Resource, Stack
from djaws.model.system import System
from djaws.model.value import Value
from djaws.policy import Verdicts, finding, policy, undecided

_LOGS = ("aws_flow_log", "AWS::EC2::FlowLog")


@policy(
    "VPC without flow logs",
    severity="medium",
    pillar="operations",
    languages=("terraform", "cloudformation"),
    advice=("A6.3", "A2.3"),
    source="AWS Security Hub EC2.6",
)
def missing_flow_logs(system: System) -> Verdicts:
    """A VPC has no flow log, and none of its subnets has one.

    Undecided when a module or nested stack that is not here may hold the flow log, or another stack logs a network it is told of.

    ## Why

    After an incident the flow logs say who talked to whom. They cannot be switched on afterwards.

    ## Fix: Terraform

        resource "aws_flow_log" "main" {
          vpc_id               = aws_vpc.main.id
          traffic_type         = "ALL"
          log_destination_type = "s3"
          log_destination      = aws_s3_bucket.flow_logs.arn
        }

    ## Fix: CloudFormation

        FlowLog:
          Type: AWS::EC2::FlowLog
          Properties:
            ResourceId: !Ref Vpc
            ResourceType: VPC
            TrafficType: ALL
            LogDestinationType: s3
            LogDestination: !GetAtt FlowLogBucket.Arn
    """
    logs = [log for other in system.stacks for log in other.of_type(*_LOGS)]
    elsewhere = [log for other in system.stacks for log in other.of_type(*_LOGS) if not _targets(other, log)]
    for stack in system.stacks:
        logged = {target.address for log in stack.of_type(*_LOGS) for target in _targets(stack, log)}
        subnets = list(stack.of_type("aws_subnet", "AWS::EC2::Subnet")) if logs else []
        for vpc in stack.of_type("aws_vpc", "AWS::EC2::VPC"):
            own = {
                subnet.address
                for subnet in subnets
                if vpc in stack.resolve(_first(subnet, "vpc_id", "VpcId"))
            }
            if vpc.address not in logged and not own & logged:
                yield _verdict(stack, vpc, elsewhere)


def _verdict(stack: Stack, vpc: Resource, elsewhere: list[Resource]) -> Finding | Undecided:
    if elsewhere:
        return undecided(vpc.span, f"{elsewhere[0].address} may log {vpc.address}")
    if stack.unresolved:
        return undecided(vpc.span, f"{stack.unresolved[0].source} may log {vpc.address}")
    return finding(vpc.span, f"{vpc.address} has no flow log", subject=vpc.address, block=vpc.block)


def _targets(stack: Stack, log: Resource) -> tuple[Resource, ...]:
    names = ("vpc_id", "subnet_id", "eni_id") if log.dialect == "terraform" else ("ResourceId",)
    return tuple(target for name in names for target in stack.resolve(log.attr(name)))


def _first(resource: Resource, terraform: str, cloudformation: str) -> Value[Any]:
    return resource.attr(terraform if resource.dialect == "terraform" else cloudformation)
