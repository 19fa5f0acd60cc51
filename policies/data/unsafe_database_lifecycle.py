"""Databases that take their data with them."""

from __future__ import annotations

import msgspec

from djaws.model.cloud import Stack
from djaws.model.system import System
from djaws.policy import Verdicts, convict, finding, policy

from ._environment import in_production, is_spared
from .model import Cluster, Database, is_terraform, once


class Params(msgspec.Struct, frozen=True, rename="kebab", forbid_unknown_fields=True):
    """`min-retention` is the number of days that automated backups must be kept."""

    min_retention: int = 7


@policy(
    "Database that can be lost on deletion, or has no usable backups",
    severity="high",
    pillar="reliability",
    languages=("terraform", "cloudformation"),
    advice=("A5.2", "A3.3"),
    source="AWS Security Hub RDS.11, RDS.7, RDS.8",
)
def unsafe_database_lifecycle(system: System, params: Params) -> Verdicts:
    """An RDS instance or Aurora cluster of production keeps no backups or too few (`min-retention` days, 7 unless set
    otherwise), or is deleted without a last snapshot: `skip_final_snapshot` in Terraform, `DeletionPolicy: Delete` in
    CloudFormation.

    Read replicas, members of clusters and everything that says non-production (path, name, condition) are left alone.
    Deletion protection makes up for a missing last snapshot. Too few backups are told with medium severity, none with high.

    ## Why

    A wrong `apply`, or a change that replaces the database, deletes it. Then the backups and the last snapshot are all there is.

    ## Fix: Terraform

    ```hcl
    backup_retention_period   = 14
    skip_final_snapshot       = false
    final_snapshot_identifier = "shop-final"
    deletion_protection       = true
    ```

    ## Fix: CloudFormation

    ```yaml
    Database:
      Type: AWS::RDS::DBInstance
      DeletionPolicy: Snapshot
      UpdateReplacePolicy: Snapshot
      Properties:
        BackupRetentionPeriod: 14
        DeletionProtection: true
    ```
    """
    yield from once(_all(system, params))


def _all(system: System, params: Params) -> Verdicts:
    for stack in system.stacks:
        owners: list[Database | Cluster] = [
            database for database in stack.each(Database) if not database.is_clustered
        ]
        owners += stack.each(Cluster)
        for owner in owners:
            if not owner.is_replica and not is_spared(system, stack, owner.resource):
                yield from _backups(system, stack, owner, params.min_retention)
                yield from _deletion(system, stack, owner)


def _backups(system: System, stack: Stack, owner: Database | Cluster, least: int) -> Verdicts:
    retention = owner.retention
    if retention.sometimes(lambda days: days is None):
        if not owner.snapshot.is_absent:
            return
        is_instance = isinstance(owner, Database) and is_terraform(owner.resource)
        retention = retention.or_default(0 if is_instance else 1)
    retention = in_production(retention, system, stack)
    if retention.sometimes(lambda days: days == 0):
        yield from convict(
            retention,
            lambda days: days == 0,
            f"{owner.subject} has no automated backups",
            subject=owner.subject,
            block=owner.resource.block,
        )
        return
    yield from convict(
        retention,
        lambda days: days < least,
        lambda days: f"{owner.subject} keeps its backups for {_days(days)}, fewer than {least}",
        subject=owner.subject,
        block=owner.resource.block,
        severity="medium",
    )


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"


def _deletion(system: System, stack: Stack, owner: Database | Cluster) -> Verdicts:
    if in_production(owner.is_protected, system, stack).always(bool):
        return
    if is_terraform(owner.resource):
        skips = in_production(owner.skips_final_snapshot, system, stack)
        yield from convict(
            skips,
            bool,
            f"{owner.subject} is deleted without a final snapshot, and nothing protects it from deletion",
            subject=owner.subject,
            block=owner.resource.block,
        )
        return
    policy = in_production(owner.resource.meta.get("DeletionPolicy"), system, stack)
    for alternative in policy.sometimes(lambda text: text == "Delete")[:1]:
        yield finding(
            alternative.span,
            f"{owner.subject} is deleted with its stack without a snapshot, and nothing protects it from deletion",
            subject=owner.subject,
            block=owner.resource.block,
            guard=alternative.guard,
        )
