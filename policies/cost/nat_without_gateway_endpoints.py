"""Traffic to S3 that is paid for by the gigabyte."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from djaws.finding import Span
from djaws.model.cloud import Resource, Stack
from djaws.model.system import System
from djaws.policy import Verdicts, finding, policy, undecided

from .model import (
    Endpoint,
    NatGateway,
    hidden_infrastructure,
    is_nonproduction,
    is_terraform,
    without_instance,
)


class Params(msgspec.Struct, frozen=True, rename="kebab", forbid_unknown_fields=True):
    """With `nonprod-single-nat`, non-production is to have one NAT gateway, not one for each zone."""

    nonprod_single_nat: bool = True


_TABLES = (
    "aws_dynamodb_table",
    "AWS::DynamoDB::Table",
    "AWS::DynamoDB::GlobalTable",
    "AWS::Serverless::SimpleTable",
)


@policy(
    "NAT gateway without the free endpoints beside it",
    severity="low",
    confidence="medium",
    pillar="cost",
    languages=("terraform", "cloudformation"),
    advice=("A4.2",),
    source="https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html",
)
def nat_without_gateway_endpoints(system: System, params: Params) -> Verdicts:
    """A network has a NAT gateway and no gateway endpoint for S3, nor one for DynamoDB where the same root has tables.

    Also told: a non-production root (by its path) with several NAT gateways. Told once for each root. A network that comes
    from elsewhere, or a module that is not here, leaves it undecided. Private NAT gateways are left alone.

    ## Why

    NAT gateways charge for every gigabyte, images from ECR and objects from S3 among them. A gateway endpoint is free.

    ## Fix: Terraform

    ```hcl
    resource "aws_vpc_endpoint" "s3" {
      vpc_id          = aws_vpc.main.id
      service_name    = "com.amazonaws.eu-west-1.s3"
      route_table_ids = [aws_route_table.private.id]
    }
    ```

    ## Fix: CloudFormation

    ```yaml
    S3Endpoint:
      Type: AWS::EC2::VPCEndpoint
      Properties:
        VpcId: !Ref Vpc
        ServiceName: !Sub com.amazonaws.${AWS::Region}.s3
        RouteTableIds: [!Ref PrivateRoutes]
    ```
    """
    for stack in system.stacks:
        gateways = [
            gateway
            for gateway in stack.each(NatGateway)
            if not gateway.connectivity.sometimes(lambda kind: kind == "private")
        ]
        if gateways:
            yield from _endpoints(system, stack, gateways)
            if params.nonprod_single_nat and is_nonproduction(stack.path, system):
                yield from _several(gateways)


def _endpoints(system: System, stack: Stack, gateways: list[NatGateway]) -> Verdicts:
    first = gateways[0]
    wanted = ["s3"]
    if next(stack.of_type(*_TABLES), None) is not None:
        wanted.append("dynamodb")
    endpoints = list(system.each(Endpoint))
    missing = [service for service in wanted if not any(_serves(each, service) for each in endpoints)]
    if not missing:
        return
    doubt = _doubt(system, stack, first, missing, endpoints)
    if doubt:
        yield undecided(doubt[1], doubt[0])
        return
    names = {"s3": "S3", "dynamodb": "DynamoDB"}
    yield finding(
        first.span,
        f"{first.subject} carries traffic that a free gateway endpoint could: there is none for "
        f"{' and '.join(names[service] for service in missing)}",
        subject=first.subject,
        block=first.resource.block,
    )


def _serves(endpoint: Endpoint, service: str) -> bool:
    """Whether it is a gateway endpoint of this service, for certain."""
    value = endpoint.service
    known = value.sometimes(lambda text: str(text).endswith(f".{service}"))
    by_parts = value.unknown is not None and value.unknown.ends_with(f".{service}")
    return (bool(known) or by_parts) and not endpoint.kind.always(lambda kind: kind != "Gateway")


def _doubt(
    system: System, stack: Stack, gateway: NatGateway, missing: list[str], endpoints: Iterable[Endpoint]
) -> tuple[str, Span] | None:
    hidden = hidden_infrastructure(system, stack)
    if hidden:
        return hidden
    for endpoint in endpoints:
        unknown = endpoint.service.unknown
        told = unknown is not None and any(part and part.rpartition(".")[2] for part in unknown.parts[-1:])
        if unknown and not told:
            return f"{endpoint.subject} may be the endpoint: {unknown.because}", unknown.span
    if not _network_is_here(stack, gateway):
        return f"the network of {gateway.subject} comes from elsewhere, and may have endpoints", gateway.span
    return None


def _network_is_here(stack: Stack, gateway: NatGateway) -> bool:
    for subnet in stack.resolve(gateway.subnet):
        attribute = "vpc_id" if is_terraform(subnet) else "VpcId"
        if any(_is_network(network) for network in stack.resolve(subnet.attr(attribute))):
            return True
    return False


def _is_network(resource: Resource) -> bool:
    return resource.type in ("aws_vpc", "AWS::EC2::VPC") and not resource.is_data


def _several(gateways: list[NatGateway]) -> Verdicts:
    if len(gateways) < 2:
        return
    first = gateways[0]
    yield finding(
        first.span,
        f"{len(gateways)} NAT gateways in non-production: one is enough, each costs by the hour",
        subject=without_instance(first.subject),
        block=first.resource.block,
        related=[(gateways[1].span, "another one")] if gateways[1].span != first.span else [],
    )
