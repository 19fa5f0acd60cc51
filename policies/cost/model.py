"""What the cost policies read of resources, in both dialects, and what they ask of a whole stack."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from typing import Any

from djaws import data
from djaws.finding import Finding, Span
from djaws.model.cloud import Attr, Resource, Stack, View, members
from djaws.model.system import System
from djaws.model.value import Guard, Value
from djaws.policy import Verdicts

#: Past this age a dated table says more about its day than about today.
MAX_AGE = datetime.timedelta(days=400)


class Instance(View):
    types = ("aws_instance", "AWS::EC2::Instance")
    instance_type = Attr(str, tf="instance_type", cfn="InstanceType")


class Database(View):
    """An RDS instance; `cluster` is set on members of an Aurora cluster."""

    types = ("aws_db_instance", "AWS::RDS::DBInstance")
    engine = Attr(str, tf="engine", cfn="Engine")
    version = Attr(str, tf="engine_version", cfn="EngineVersion")
    support = Attr(str, tf="engine_lifecycle_support", cfn="EngineLifecycleSupport")
    cluster = Attr(str, tf="cluster_identifier", cfn="DBClusterIdentifier")
    copies_tags = Attr(bool, tf="copy_tags_to_snapshot", cfn="CopyTagsToSnapshot", default=False)
    retention = Attr(int, tf="backup_retention_period", cfn="BackupRetentionPeriod")
    skips_final_snapshot = Attr(bool, tf="skip_final_snapshot", cfn="SkipFinalSnapshot", default=False)


class DatabaseCluster(View):
    types = (
        "aws_rds_cluster",
        "aws_neptune_cluster",
        "AWS::RDS::DBCluster",
        "AWS::Neptune::DBCluster",
    )
    copies_tags = Attr(bool, tf="copy_tags_to_snapshot", cfn="CopyTagsToSnapshot", default=False)


class ContainerService(View):
    """An ECS service."""

    types = ("aws_ecs_service", "AWS::ECS::Service")
    launch_type = Attr(str, tf="launch_type", cfn="LaunchType")
    propagates = Attr(str, tf="propagate_tags", cfn="PropagateTags", default="NONE")
    managed_tags = Attr(bool, tf="enable_ecs_managed_tags", cfn="EnableECSManagedTags", default=False)
    desired = Attr(int, tf="desired_count", cfn="DesiredCount")

    @property
    def strategies(self) -> Value[object]:
        name = "capacity_provider_strategy" if self.is_terraform else "CapacityProviderStrategy"
        return self.resource.attr(name)

    @property
    def is_terraform(self) -> bool:
        return self.resource.dialect == "terraform"

    def capacity_providers(self) -> Iterator[Value[object]]:
        """The names of the capacity providers it is placed on."""
        name = "capacity_provider" if self.is_terraform else "CapacityProvider"
        for strategy in members(self.strategies)[0]:
            yield strategy.get(name)


class Bucket(View):
    types = ("aws_s3_bucket", "AWS::S3::Bucket")


class ImageRepository(View):
    types = ("aws_ecr_repository", "AWS::ECR::Repository")


class NatGateway(View):
    types = ("aws_nat_gateway", "AWS::EC2::NatGateway")
    subnet = Attr(str, tf="subnet_id", cfn="SubnetId")
    connectivity = Attr(str, tf="connectivity_type", cfn="ConnectivityType", default="public")


class Endpoint(View):
    """A VPC endpoint."""

    types = ("aws_vpc_endpoint", "AWS::EC2::VPCEndpoint")
    service = Attr(str, tf="service_name", cfn="ServiceName")
    kind = Attr(str, tf="vpc_endpoint_type", cfn="VpcEndpointType", default="Gateway")
    vpc = Attr(str, tf="vpc_id", cfn="VpcId")


def is_terraform(resource: Resource) -> bool:
    return resource.dialect == "terraform"


def outdated(system: System, table: str) -> str:
    """Why a table of data/lifecycles.json is too old to judge by on the day asked for; empty when it is not."""
    read = data.lifecycles().sources[table].read
    if system.as_of - read <= MAX_AGE:
        return ""
    return f"the table of {table.replace('_', ' ')} was read on {read}, too long ago: update djaws"


#: Files of tools that create infrastructure which djaws does not analyse.
_OTHER_TOOLS = {
    "cdk.json": "AWS CDK",
    "Pulumi.yaml": "Pulumi",
    "Pulumi.yml": "Pulumi",
    "serverless.yml": "the Serverless Framework",
    "serverless.yaml": "the Serverless Framework",
    "terragrunt.hcl": "Terragrunt",
    "zappa_settings.json": "Zappa",
}


def hidden_infrastructure(system: System, stack: Stack | None = None) -> tuple[str, Span] | None:
    """What may hold infrastructure that djaws does not see, in a stack or anywhere; None when all is here."""
    for each in (stack,) if stack else system.stacks:
        for unresolved in each.unresolved:
            return f"{unresolved.source} is not in the repository", unresolved.span
    if stack is None:
        for path in system.tree.paths:
            tool = _OTHER_TOOLS.get(path.rpartition("/")[2])
            if tool:
                return f"{tool} may hold it, which is not analysed", Span(path)
    return None


def words(text: str) -> frozenset[str]:
    """The lower-case words of a name or path: `shop-devEU/api` is shop, dev, eu and api."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", text)
    return frozenset(re.split(r"[^a-z0-9]+", spaced.lower())) - {""}


def is_nonproduction(text: str, system: System) -> bool:
    """Whether a name, a path or a tag's value says non-production, and nothing in it says production."""
    found = words(text)
    return not found.isdisjoint(system.config.nonproduction) and found.isdisjoint(
        {"prod", "production", "live", "prd"}
    )


class Links:
    """Resources of one type by what they belong to: by a reference in `attribute`, or by naming it there."""

    def __init__(self, stack: Stack, kind: str, attribute: str) -> None:
        self._by_address: dict[str, list[Resource]] = {}
        self._by_name: dict[object, list[Resource]] = {}
        self._loose: dict[frozenset[str], Resource] = {}
        for other in stack.of_type(kind):
            value = other.attr(attribute)
            targets = stack.resolve(value)
            for target in targets:
                self._by_address.setdefault(target.address, []).append(other)
            for alternative in value.alternatives:
                if isinstance(alternative.value, str):
                    self._by_name.setdefault(alternative.value, []).append(other)
            if value.unknown:
                self._loose.setdefault(frozenset(target.type for target in targets), other)

    def of(self, resource: Resource, name: str) -> tuple[list[Resource], Resource | None]:
        """Those of a resource, whose own name is its attribute `name`; and one that may be its for all that is known."""
        found = list(self._by_address.get(resource.address, ()))
        for alternative in resource.attr(name).alternatives:
            if isinstance(alternative.value, str):
                found += self._by_name.get(alternative.value, ())
        perhaps = next((other for types, other in self._loose.items() if resource.type not in types), None)
        return list(dict.fromkeys(found)), perhaps


def without_instance(address: str) -> str:
    """An address without instance keys: all instances of a block share it."""
    return re.sub(r"\[[^\]]*\]", "", address)


def likely(value: Value[Any], stack: Stack) -> Value[Any]:
    """What a value is when nobody chooses otherwise: parameters at their defaults, one of the known variable files in use."""
    kept = tuple(alternative for alternative in value.alternatives if _is_likely(alternative.guard, stack))
    return Value(kept or value.alternatives, value.unknown)


def _is_likely(guard: Guard, stack: Stack) -> bool:
    for subject, equal, values in guard.terms:
        if subject == "tfvars" and not equal and set(stack.environments) <= values:
            return False
        parameter = stack.parameters.get(subject)
        if stack.dialect == "cloudformation" and parameter is not None and parameter.alternatives:
            default = parameter.alternatives[0].value
            if (default in values) is not equal:
                return False
    return True


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
