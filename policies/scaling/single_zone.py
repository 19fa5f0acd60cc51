"""What one failing zone takes down."""

from __future__ import annotations

from collections.abc import Iterator

from djaws.model.cloud import Attr, Resource, Stack, View
from djaws.model.system import System
from djaws.model.value import Value
from djaws.policy import Verdicts, convict, finding, policy, undecided

from ._environment import in_production, is_spared
from .model import Group, Service, elements, once, texts

_SUBNETS = ("aws_subnet", "AWS::EC2::Subnet")


class Database(View):
    """An RDS instance."""

    types = ("aws_db_instance", "AWS::RDS::DBInstance")
    engine = Attr(str, tf="engine", cfn="Engine")
    cluster = Attr(str, tf="cluster_identifier", cfn="DBClusterIdentifier")
    primary = Attr(str, tf="replicate_source_db", cfn="SourceDBInstanceIdentifier")
    spread = Attr(bool, tf="multi_az", cfn="MultiAZ", default=False)


class CacheGroup(View):
    """An ElastiCache replication group; a CloudFormation one counts its replicas without the primary."""

    types = ("aws_elasticache_replication_group", "AWS::ElastiCache::ReplicationGroup")
    nodes = Attr(int, tf="num_cache_clusters", cfn="NumCacheClusters")
    older = Attr(int, tf="number_cache_clusters", cfn="NumCacheClusters")
    replicas = Attr(int, tf="replicas_per_node_group", cfn="ReplicasPerNodeGroup")
    nested = Attr(int, tf="cluster_mode.replicas_per_node_group", cfn="ReplicasPerNodeGroup")
    fails_over = Attr(bool, tf="automatic_failover_enabled", cfn="AutomaticFailoverEnabled", default=False)
    global_group = Attr(str, tf="global_replication_group_id", cfn="GlobalReplicationGroupId")


@policy(
    "Service, group, cache or database in one zone",
    severity="medium",
    confidence="medium",
    pillar="reliability",
    languages=("terraform", "cloudformation"),
    advice=("A8.1", "A5.2"),
    source="AWS Security Hub RDS.5, AutoScaling.2 and ElastiCache.3",
)
def single_zone(system: System) -> Verdicts:
    """Production depends on one availability zone: an RDS instance without a standby, a cache with one node, a service or an
    Auto Scaling group whose subnets are one subnet, or all in one zone.

    Read replicas and members of Aurora clusters are left alone, as is everything that says non-production. Subnets that come
    from a module, a variable or a data source are not counted.

    ## Why

    Zones fail, and are patched, one at a time. What is in two of them goes on.

    ## Fix: Terraform

    ```hcl
    multi_az = true                                       # aws_db_instance

    automatic_failover_enabled = true                     # aws_elasticache_replication_group
    num_cache_clusters         = 2

    network_configuration {                               # aws_ecs_service
      subnets = [aws_subnet.a.id, aws_subnet.b.id]
    }
    ```

    ## Fix: CloudFormation

    ```yaml
    MultiAZ: true
    ```
    """
    yield from once(_all(system))


def _all(system: System) -> Verdicts:
    for stack in system.stacks:
        for database in stack.each(Database):
            if not is_spared(system, stack, database.resource):
                yield from _database(system, stack, database)
        for cache in stack.each(CacheGroup):
            if not is_spared(system, stack, cache.resource):
                yield from _cache(system, stack, cache)
        for service in stack.each(Service):
            if not is_spared(system, stack, service.resource):
                yield from _subnets(stack, service.resource, service.subnets, "its subnets")
        for group in stack.each(Group):
            if not is_spared(system, stack, group.resource):
                yield from _subnets(stack, group.resource, group.subnets, "its subnets")
                yield from _zones(group)


def _database(system: System, stack: Stack, database: Database) -> Verdicts:
    if not database.cluster.is_absent or not database.primary.is_absent:
        return
    if database.engine.sometimes(lambda name: bool(name) and name.startswith(("aurora", "docdb", "neptune"))):
        return
    yield from convict(
        in_production(database.spread, system, stack),
        lambda is_spread: not is_spread,
        f"{database.subject} has no standby in another zone",
        subject=database.subject,
        block=database.resource.block,
    )


def _cache(system: System, stack: Stack, cache: CacheGroup) -> Verdicts:
    if not cache.global_group.is_absent:
        return
    if not in_production(cache.fails_over, system, stack).always(lambda is_on: not is_on):
        if cache.fails_over.unknown:
            yield undecided(cache.fails_over.unknown.span, cache.fails_over.unknown.because)
        return
    counts = [
        in_production(value, system, stack)
        for value in (
            cache.nodes,
            cache.older,
            cache.replicas.map(_with_primary),
            cache.nested.map(_with_primary),
        )
    ]
    told = [count for count in counts if not count.is_absent]
    count = told[0] if told else Value.of(1, cache.span)
    yield from convict(
        count,
        lambda nodes: nodes == 1,
        f"{cache.subject} has one node: it is gone with its zone",
        subject=cache.subject,
        block=cache.resource.block,
    )


def _with_primary(replicas: int | None) -> int | None:
    return None if replicas is None else replicas + 1


def _subnets(stack: Stack, resource: Resource, subnets: Value[object], name: str) -> Verdicts:
    listed = elements(subnets)
    if listed is None:
        return
    found = [_subnet(stack, each) for each in listed]
    if not found or any(each is None for each in found):
        return
    addresses = {each.address if isinstance(each, Resource) else each for each in found}
    zones = {zone for each in found for zone in _zone_of(each)}
    if len(addresses) == 1 or (len(zones) == 1 and "" not in zones):
        where = f"are all in {next(iter(zones))}" if len(addresses) > 1 else "are one subnet"
        yield finding(
            subnets.span,
            f"{resource.address} is in one zone: {name} {where}",
            subject=resource.address,
            block=resource.block,
        )


def _subnet(stack: Stack, value: Value[object]) -> Resource | str | None:
    """The one subnet that an item of a list is; None when that cannot be said."""
    found = stack.resolve(value)
    if len(found) == 1 and found[0].type in _SUBNETS and not found[0].uncertain:
        whole = all(reference.attribute in ("id", "Ref", "SubnetId", "") for reference in value.references)
        return found[0] if whole and "count" not in found[0].meta.entries else None
    known = texts(value)
    if not found and value.is_known and len(known) == 1 and known[0].startswith("subnet-"):
        return known[0]
    return None


def _zone_of(subnet: Resource | str | None) -> Iterator[str]:
    if not isinstance(subnet, Resource):
        yield ""
        return
    name = "availability_zone" if subnet.dialect == "terraform" else "AvailabilityZone"
    known = texts(subnet.attr(name)) if subnet.attr(name).is_known else ()
    yield from known if len(known) == 1 else ("",)


def _zones(group: Group) -> Verdicts:
    listed = elements(group.zones)
    zones = [] if listed is None else list(listed)
    if len(zones) == 1 and zones[0].is_known and len(texts(zones[0])) == 1:
        yield finding(
            group.zones.span,
            f"{group.subject} is in one zone: {texts(zones[0])[0]}",
            subject=group.subject,
            block=group.resource.block,
        )
