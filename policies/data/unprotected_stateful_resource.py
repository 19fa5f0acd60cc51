"""Resources that hold data and that one command deletes."""

from __future__ import annotations

from collections.abc import Iterator

from djaws.model.cloud import Resource, Stack, members
from djaws.model.system import System
from djaws.model.value import Value
from djaws.policy import Verdicts, convict, finding, policy, undecided

from ._environment import in_production, is_spared
from .model import is_terraform, once

#: What holds data, with the attribute that protects it from deletion, if it has one.
_STATEFUL = {
    "aws_dynamodb_table": "deletion_protection_enabled",
    "aws_db_instance": "deletion_protection",
    "aws_rds_cluster": "deletion_protection",
    "aws_cognito_user_pool": "deletion_protection",
    "aws_efs_file_system": "",
    "aws_opensearch_domain": "",
    "aws_elasticsearch_domain": "",
    "AWS::DynamoDB::Table": "DeletionProtectionEnabled",
    "AWS::RDS::DBInstance": "DeletionProtection",
    "AWS::RDS::DBCluster": "DeletionProtection",
    "AWS::Cognito::UserPool": "DeletionProtection",
    "AWS::EFS::FileSystem": "",
    "AWS::OpenSearchService::Domain": "",
    "AWS::Elasticsearch::Domain": "",
}
_SNAPSHOTTED = ("AWS::RDS::DBInstance", "AWS::RDS::DBCluster")
_COPIES = ("cluster_identifier", "replicate_source_db", "DBClusterIdentifier", "SourceDBInstanceIdentifier")


@policy(
    "Stateful resource that nothing protects from deletion",
    severity="low",
    pillar="reliability",
    languages=("terraform", "cloudformation"),
    default="strict",
    advice=("A5.2",),
    source="AWS Well-Architected Framework, REL08-BP04 and OPS06",
)
def unprotected_stateful_resource(system: System) -> Verdicts:
    """A database, table, user pool, file system or search domain of production has neither deletion protection nor
    `prevent_destroy` (Terraform), nor `DeletionPolicy: Retain` (CloudFormation); or a bucket has `force_destroy`.

    CloudFormation takes a snapshot of RDS databases unless told otherwise: that counts as protected. Buckets without
    `force_destroy` are never deleted while they hold anything, and KMS keys wait for days. Replicas and members of clusters
    are left alone, as is non-production.

    ## Why

    A renamed resource or a wrong `destroy` deletes what no deployment can bring back.

    ## Fix: Terraform

    ```hcl
    deletion_protection_enabled = true

    lifecycle {
      prevent_destroy = true
    }
    ```

    ## Fix: CloudFormation

    ```yaml
    Orders:
      Type: AWS::DynamoDB::Table
      DeletionPolicy: Retain
      UpdateReplacePolicy: Retain
    ```
    """
    yield from once(_all(system))


def _all(system: System) -> Verdicts:
    for stack in system.stacks:
        for resource in stack.of_type(*_STATEFUL):
            if any(
                not resource.attr(name).is_absent for name in _COPIES if resource.type.endswith("nstance")
            ):
                continue
            if not is_spared(system, stack, resource):
                yield from _resource(system, stack, resource)
        for bucket in stack.of_type("aws_s3_bucket"):
            if not is_spared(system, stack, bucket):
                yield from _bucket(system, stack, bucket)


def _resource(system: System, stack: Stack, resource: Resource) -> Verdicts:
    values = [
        in_production(value, system, stack)
        for value in (_protection(resource), *_lifecycle(resource))
        if value
    ]
    if any(value.always(bool) for value in values):
        return
    unknown = next((value.unknown for value in values if value.unknown), None)
    if unknown:
        yield undecided(unknown.span, unknown.because)
        return
    weak = next(
        (alternative for value in values for alternative in value.sometimes(lambda is_set: not is_set)), None
    )
    if weak is None:
        return
    yield finding(
        resource.span,
        f"{resource.address} holds data, and nothing protects it from deletion",
        subject=resource.address,
        block=resource.block,
        guard=weak.guard,
    )


def _protection(resource: Resource) -> Value[bool] | None:
    attribute = _STATEFUL[resource.type]
    if not attribute:
        return None
    return resource.attr(attribute).map(lambda text: str(text).lower() in ("true", "active"))


def _lifecycle(resource: Resource) -> Iterator[Value[bool]]:
    if is_terraform(resource):
        for lifecycle in members(resource.meta.get("lifecycle"))[0]:
            yield lifecycle.get("prevent_destroy").map(lambda is_set: is_set is True)
        return
    kept = ("Retain", "RetainExceptOnCreate", "Snapshot")
    default = "Snapshot" if resource.type in _SNAPSHOTTED else "Delete"
    yield resource.meta.get("DeletionPolicy").or_default(default).map(lambda text: text in kept)


def _bucket(system: System, stack: Stack, bucket: Resource) -> Verdicts:
    value = in_production(bucket.attr("force_destroy").or_default(False), system, stack)
    yield from convict(
        value,
        lambda is_set: is_set is True,
        f"{bucket.address} is deleted with everything in it",
        subject=bucket.address,
        block=bucket.block,
    )
