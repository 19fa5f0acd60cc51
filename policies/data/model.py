"""What the data policies read of databases and tables, in both dialects."""

from __future__ import annotations

import re
from typing import Any

from djaws.finding import Finding, Span
from djaws.model.cloud import Attr, Resource, Stack, Unresolved, View, references_in
from djaws.model.value import Value
from djaws.policy import Verdicts


class Database(View):
    """An RDS instance, or a member of a cluster."""

    types = ("aws_db_instance", "AWS::RDS::DBInstance")
    engine = Attr(str, tf="engine", cfn="Engine")
    identifier = Attr(str, tf="identifier", cfn="DBInstanceIdentifier")
    cluster = Attr(str, tf="cluster_identifier", cfn="DBClusterIdentifier")
    primary = Attr(str, tf="replicate_source_db", cfn="SourceDBInstanceIdentifier")
    snapshot = Attr(str, tf="snapshot_identifier", cfn="DBSnapshotIdentifier")
    retention = Attr(int, tf="backup_retention_period", cfn="BackupRetentionPeriod")
    skips_final_snapshot = Attr(bool, tf="skip_final_snapshot", cfn="SkipFinalSnapshot", default=False)
    is_protected = Attr(bool, tf="deletion_protection", cfn="DeletionProtection", default=False)
    most_storage = Attr(int, tf="max_allocated_storage", cfn="MaxAllocatedStorage", default=0)
    storage_type = Attr(str, tf="storage_type", cfn="StorageType", default="")

    @property
    def is_replica(self) -> bool:
        """Whether it copies another instance, or may for all that is known."""
        return not self.primary.is_absent

    @property
    def is_clustered(self) -> bool:
        """Whether a cluster keeps its data, or may for all that is known."""
        return not self.cluster.is_absent or bool(
            self.engine.sometimes(lambda name: bool(name) and name.startswith(("aurora", "neptune", "docdb")))
        )


class Cluster(View):
    """An Aurora or Multi-AZ cluster."""

    types = ("aws_rds_cluster", "AWS::RDS::DBCluster")
    identifier = Attr(str, tf="cluster_identifier", cfn="DBClusterIdentifier")
    primary = Attr(str, tf="replication_source_identifier", cfn="ReplicationSourceIdentifier")
    snapshot = Attr(str, tf="snapshot_identifier", cfn="SnapshotIdentifier")
    retention = Attr(int, tf="backup_retention_period", cfn="BackupRetentionPeriod")
    skips_final_snapshot = Attr(bool, tf="skip_final_snapshot", cfn="SkipFinalSnapshot", default=False)
    is_protected = Attr(bool, tf="deletion_protection", cfn="DeletionProtection", default=False)

    @property
    def is_replica(self) -> bool:
        return not self.primary.is_absent


class Table(View):
    """A DynamoDB table."""

    types = ("aws_dynamodb_table", "AWS::DynamoDB::Table")
    name = Attr(str, tf="name", cfn="TableName")
    billing = Attr(str, tf="billing_mode", cfn="BillingMode", default="PROVISIONED")
    reads = Attr(int, tf="read_capacity", cfn="ProvisionedThroughput.ReadCapacityUnits", default=0)
    writes = Attr(int, tf="write_capacity", cfn="ProvisionedThroughput.WriteCapacityUnits", default=0)


class ScalableTarget(View):
    types = ("aws_appautoscaling_target", "AWS::ApplicationAutoScaling::ScalableTarget")
    scaled = Attr(str, tf="resource_id", cfn="ResourceId")
    namespace = Attr(str, tf="service_namespace", cfn="ServiceNamespace")


class Alarm(View):
    types = ("aws_cloudwatch_metric_alarm", "AWS::CloudWatch::Alarm")
    metric = Attr(str, tf="metric_name", cfn="MetricName")


def is_terraform(resource: Resource) -> bool:
    return resource.dialect == "terraform"


def without_instance(address: str) -> str:
    """An address without instance keys: all instances of a block share it."""
    return re.sub(r"\[[^\]]*\]", "", address)


def may_hold(stack: Stack, resource: Resource) -> Unresolved | None:
    """A module or nested stack that is not here and is told of the resource: it may complete it."""
    wanted = without_instance(resource.address)
    for unresolved in stack.unresolved:
        for reference in references_in(unresolved.arguments):
            if without_instance(reference.address) == wanted:
                return unresolved
    return None


def known_texts(value: Value[Any]) -> tuple[str, ...]:
    return tuple(
        alternative.value for alternative in value.alternatives if isinstance(alternative.value, str)
    )


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
