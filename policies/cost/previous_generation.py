"""Hardware that AWS has replaced by something cheaper."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import msgspec

from djaws import data
from djaws.model.cloud import Resource, members
from djaws.model.system import System
from djaws.model.value import Map, Seq, Value
from djaws.policy import Verdicts, convict, policy, undecided

from .model import likely, once, outdated


class Params(msgspec.Struct, frozen=True, rename="kebab", forbid_unknown_fields=True):
    """`allow` lists instance families (`t2`, or `t2.micro` for one size) and volume types that are to be left alone."""

    allow: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Place:
    """Where a type of resource names its hardware. `block` is a nested block or list, `service` the table to look it up in."""

    service: str
    attribute: str
    block: str = ""


_INSTANCES: dict[str, tuple[_Place, ...]] = {
    "aws_instance": (_Place("ec2", "instance_type"),),
    "aws_spot_instance_request": (_Place("ec2", "instance_type"),),
    "aws_launch_template": (_Place("ec2", "instance_type"),),
    "aws_launch_configuration": (_Place("ec2", "instance_type"),),
    "aws_autoscaling_group": (
        _Place("ec2", "instance_type", "mixed_instances_policy.launch_template.override"),
    ),
    "aws_eks_node_group": (_Place("ec2", "instance_types"),),
    "aws_batch_compute_environment": (_Place("ec2", "instance_type", "compute_resources"),),
    "aws_db_instance": (_Place("rds", "instance_class"),),
    "aws_rds_cluster_instance": (_Place("rds", "instance_class"),),
    "aws_elasticache_cluster": (_Place("elasticache", "node_type"),),
    "aws_elasticache_replication_group": (_Place("elasticache", "node_type"),),
    "aws_elasticsearch_domain": (_Place("opensearch", "instance_type", "cluster_config"),),
    "aws_opensearch_domain": (_Place("opensearch", "instance_type", "cluster_config"),),
    "AWS::EC2::Instance": (_Place("ec2", "InstanceType"),),
    "AWS::EC2::LaunchTemplate": (_Place("ec2", "InstanceType", "LaunchTemplateData"),),
    "AWS::AutoScaling::LaunchConfiguration": (_Place("ec2", "InstanceType"),),
    "AWS::AutoScaling::AutoScalingGroup": (
        _Place("ec2", "InstanceType", "MixedInstancesPolicy.LaunchTemplate.Overrides"),
    ),
    "AWS::EKS::Nodegroup": (_Place("ec2", "InstanceTypes"),),
    "AWS::RDS::DBInstance": (_Place("rds", "DBInstanceClass"),),
    "AWS::ElastiCache::CacheCluster": (_Place("elasticache", "CacheNodeType"),),
    "AWS::ElastiCache::ReplicationGroup": (_Place("elasticache", "CacheNodeType"),),
    "AWS::Elasticsearch::Domain": (_Place("opensearch", "InstanceType", "ElasticsearchClusterConfig"),),
    "AWS::OpenSearchService::Domain": (_Place("opensearch", "InstanceType", "ClusterConfig"),),
}

_VOLUMES: dict[str, tuple[_Place, ...]] = {
    "aws_ebs_volume": (_Place("ebs", "type"),),
    "aws_instance": (
        _Place("ebs", "volume_type", "root_block_device"),
        _Place("ebs", "volume_type", "ebs_block_device"),
    ),
    "aws_launch_configuration": (
        _Place("ebs", "volume_type", "root_block_device"),
        _Place("ebs", "volume_type", "ebs_block_device"),
    ),
    "aws_launch_template": (_Place("ebs", "volume_type", "block_device_mappings.ebs"),),
    "aws_db_instance": (_Place("ebs", "storage_type"),),
    "aws_elasticsearch_domain": (_Place("ebs", "volume_type", "ebs_options"),),
    "aws_opensearch_domain": (_Place("ebs", "volume_type", "ebs_options"),),
    "AWS::EC2::Volume": (_Place("ebs", "VolumeType"),),
    "AWS::EC2::Instance": (_Place("ebs", "VolumeType", "BlockDeviceMappings.Ebs"),),
    "AWS::EC2::LaunchTemplate": (_Place("ebs", "VolumeType", "LaunchTemplateData.BlockDeviceMappings.Ebs"),),
    "AWS::AutoScaling::LaunchConfiguration": (_Place("ebs", "VolumeType", "BlockDeviceMappings.Ebs"),),
    "AWS::RDS::DBInstance": (_Place("ebs", "StorageType"),),
    "AWS::Elasticsearch::Domain": (_Place("ebs", "VolumeType", "EBSOptions"),),
    "AWS::OpenSearchService::Domain": (_Place("ebs", "VolumeType", "EBSOptions"),),
}

_CLASS = re.compile(r"(?:db\.|cache\.)?([a-z]+\d[a-z0-9-]*)\.[a-z0-9-]+(?:\.(?:search|elasticsearch))?$")


@policy(
    "Instance or volume of a previous generation",
    severity="low",
    pillar="cost",
    languages=("terraform", "cloudformation"),
    advice=("A4.2",),
    source="https://aws.amazon.com/ec2/previous-generation/ and the EBS volume types' prices",
)
def previous_generation(system: System, params: Params) -> Verdicts:
    """An instance, database, cache or search node is of a family that AWS has replaced, or a volume is of type gp2 or standard.

    Found in launch templates and their overrides too. A volume whose type is not written is left alone. List what is to stay
    in `allow` under `[tool.djaws.policies."cost/previous-generation"]`. The table is djaws' own; more than 400 days old, it
    convicts nobody.

    ## Why

    The successor is faster for the same money or less: gp3 costs a fifth less than gp2. AWS takes old families out of service
    in the end.

    ## Fix: Terraform

    ```hcl
    instance_type = "t3.large"

    root_block_device {
      volume_type = "gp3"
    }
    ```

    gp2 becomes gp3 without downtime.

    ## Fix: CloudFormation

    ```yaml
    InstanceType: t3.large
    ```
    """
    yield from once(_all(system, params))


def _all(system: System, params: Params) -> Verdicts:
    for table, places, judge in (
        ("instance_families", _INSTANCES, _instance),
        ("volume_types", _VOLUMES, _volume),
    ):
        because = outdated(system, table)
        if because:
            first = next(system.of_type(*places), None)
            if first is not None:
                yield undecided(first.span, because)
            continue
        for stack in system.stacks:
            for resource in stack.of_type(*places):
                for place in places[resource.type]:
                    for value in _values(resource, place):
                        yield from judge(resource, place, likely(value, stack).when(resource.guard), params)


def _values(resource: Resource, place: _Place) -> Iterator[Value[Any]]:
    """The values at a place, each item of a list by itself."""
    for block in _blocks(resource, place.block):
        value = block.get(place.attribute)
        lists = [
            alternative.value for alternative in value.alternatives if isinstance(alternative.value, Seq)
        ]
        if lists:
            yield from (item for items in lists for item in items)
        else:
            yield value


def _blocks(resource: Resource, path: str) -> Iterator[Map]:
    found: list[Map] = [resource.body]
    for name in path.split(".") if path else ():
        found = [inner for block in found for inner in members(block.get(name))[0]]
    yield from found


@cache
def _families() -> dict[tuple[str, str], str]:
    return {(row.service, row.family): row.successor for row in data.lifecycles().instance_families}


@cache
def _volume_types() -> dict[str, data.VolumeType]:
    return {row.type: row for row in data.lifecycles().volume_types}


def _family(text: object) -> str:
    found = _CLASS.match(str(text).lower())
    return found[1] if found else ""


def _instance(resource: Resource, place: _Place, value: Value[Any], params: Params) -> Verdicts:
    def is_old(text: object) -> bool:
        family = _family(text)
        return (
            (place.service, family) in _families()
            and family not in params.allow
            and str(text) not in params.allow
        )

    def told(text: object) -> str:
        return f"{text} is of a previous generation, {_families()[place.service, _family(text)]} replaced it"

    yield from convict(value, is_old, told, subject=resource.address, block=resource.block)


def _volume(resource: Resource, place: _Place, value: Value[Any], params: Params) -> Verdicts:
    def is_old(text: object) -> bool:
        return text in _volume_types() and text not in params.allow

    def told(text: object) -> str:
        row = _volume_types()[str(text)]
        return f"the storage is {row.type}: {row.why}"

    yield from convict(value, is_old, told, subject=resource.address, block=resource.block)
