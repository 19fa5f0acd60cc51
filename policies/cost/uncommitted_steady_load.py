"""Servers that always run, without a decision on how to pay for them."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

import msgspec

from djaws.model.cloud import Resource, Stack
from djaws.model.system import System
from djaws.policy import Verdicts, finding, policy

from ._environment import is_certainly_nonproduction


class Params(msgspec.Struct, frozen=True, rename="kebab", forbid_unknown_fields=True):
    """`decision` records how the steady load is paid for (`savings-plan`, `reserved`, `on-demand-justified`, …).

    `review` is the day (YYYY-MM-DD) to think about it again; `min-nodes` is how many
    nodes that always run are worth a decision.
    """

    decision: str = ""
    review: str = ""
    min_nodes: int = 3


#: Types that run all the time, with the attribute that says how many nodes one has.
_NODES = {
    "aws_instance": "",
    "aws_db_instance": "",
    "aws_rds_cluster_instance": "",
    "aws_elasticache_cluster": "num_cache_nodes",
    "aws_elasticache_replication_group": "num_cache_clusters",
    "aws_opensearch_domain": "cluster_config.instance_count",
    "aws_elasticsearch_domain": "cluster_config.instance_count",
    "aws_autoscaling_group": "min_size",
    "AWS::EC2::Instance": "",
    "AWS::RDS::DBInstance": "",
    "AWS::ElastiCache::CacheCluster": "NumCacheNodes",
    "AWS::ElastiCache::ReplicationGroup": "NumCacheClusters",
    "AWS::OpenSearchService::Domain": "ClusterConfig.InstanceCount",
    "AWS::Elasticsearch::Domain": "ElasticsearchClusterConfig.InstanceCount",
    "AWS::AutoScaling::AutoScalingGroup": "MinSize",
}


@policy(
    "Steady load without a decision on commitments",
    severity="info",
    confidence="low",
    pillar="cost",
    languages=("terraform", "cloudformation"),
    default="advice",
    advice=("A4.4",),
    source="AWS Well-Architected Framework, COST07-BP01",
)
def uncommitted_steady_load(system: System, params: Params) -> Verdicts:
    """Three or more servers, database or cache nodes of one root run all the time, and the configuration records no decision.

    Savings plans and reserved nodes are bought outside the code, so a recorded decision is all that is asked for, with a day on
    which to think again. Non-production and what may scale to zero do not count.

    ## Why

    What runs all year costs a third to two thirds less with a commitment. That nobody decided is the usual reason to have none.

    ## Fix: Terraform

    In djaws.toml (below `tool.djaws` in pyproject.toml):

    ```toml
    [policies."cost/uncommitted-steady-load"]
    decision = "compute savings plan, one year"
    review = "2027-05-01"
    ```

    ## Fix: CloudFormation

    The same.
    """
    if params.decision and _is_current(params.review, system.as_of):
        return
    for stack in system.stacks:
        nodes = sorted(_steady(system, stack), key=lambda node: node[0].span)
        total = sum(count for _, count in nodes)
        if nodes and total >= params.min_nodes:
            first = nodes[0][0]
            lapsed = f"; the decision was to be reviewed on {params.review}" if params.decision else ""
            yield finding(
                first.span,
                f"{total} nodes run all the time without a recorded decision on savings plans or reservations{lapsed}",
                subject=stack.path or ".",
                related=[(each.span, each.address) for each, _ in nodes[1:4]],
            )


def _is_current(review: str, today: datetime.date) -> bool:
    try:
        return not review or datetime.date.fromisoformat(review) >= today
    except ValueError:
        return False


def _steady(system: System, stack: Stack) -> Iterator[tuple[Resource, int]]:
    for resource in stack.of_type(*_NODES):
        count = _count(resource, _NODES[resource.type])
        if count and not is_certainly_nonproduction(system, stack, resource):
            yield resource, count


def _count(resource: Resource, attribute: str) -> int:
    """How many nodes run at least; an unknown number is one, an unknown minimum of a group none."""
    if not attribute:
        return 1
    numbers = [
        int(alternative.value)
        for alternative in resource.attr(attribute).alternatives
        if str(alternative.value).isdigit()
    ]
    is_group = attribute in ("min_size", "MinSize")
    return min(numbers) if numbers else int(not is_group)
