"""Brings data/taggability.json up to the installed engines.

    python tools/refresh_taggability.py            rewrite the file
    python tools/refresh_taggability.py --check    fail when the file is not what a rewrite would give

CloudFormation types, where their tags go and in which shape come from the resource schemas that cfn-lint ships (MIT-0).
Terraform types with an argument `tags` come from Checkov's list (Apache-2.0), corrected by the tables below, which are kept by
hand. When an installed engine is not the version the file was read from, `--check` has nothing to compare.
"""

from __future__ import annotations

import json
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

from _engine_facts import cfn_lint_schemas
from _files import DATA, finish, read, today, with_lines

FILE = DATA / "taggability.json"
ABOUT = (
    "Where tags go. cloudformation and terraform: a type, the path of its tags and their shape: list (Key and Value), map, "
    "or blocks (key, value, propagate_at_launch). without_default_tags: Terraform types that the provider's default_tags never reach. "
    "taggers: Terraform resources that only tag another one, by the argument that names it. "
    "costly: types that appear on the bill in their own right. "
    "Read from cfn-lint's resource schemas, Checkov's list of taggable types and, for SAM, taggers and costly types, AWS documentation."
)

#: SAM's own types (the Serverless Application Model specification).
SAM = {
    f"AWS::Serverless::{name}": ["Tags", "map"]
    for name in ("Api", "Application", "Function", "GraphQLApi", "HttpApi", "SimpleTable", "StateMachine")
}

#: Types whose tags sit elsewhere than their schema says, or that have no tag metadata.
CLOUDFORMATION_CORRECTIONS = {
    "AWS::EC2::CapacityReservation": ["TagSpecifications.Tags", "list"],
    "AWS::EC2::CapacityReservationFleet": ["TagSpecifications.Tags", "list"],
    "AWS::DynamoDB::GlobalTable": ["Replicas.Tags", "list"],
    "AWS::EC2::LaunchTemplate": ["TagSpecifications.Tags", "list"],
}

#: `tag` blocks instead of `tags`.
TERRAFORM_CORRECTIONS = {"aws_autoscaling_group": ["tag", "blocks"]}
WITHOUT_DEFAULT_TAGS = ["aws_autoscaling_group"]
TAGGERS = {
    "aws_autoscaling_group_tag": "autoscaling_group_name",
    "aws_dynamodb_tag": "resource_arn",
    "aws_ec2_tag": "resource_id",
    "aws_ecs_tag": "resource_arn",
    "aws_transfer_tag": "resource_arn",
}

#: What is billed in its own right: CloudFormation type, Terraform types.
COSTLY: dict[str, tuple[str, ...]] = {
    "AWS::AmazonMQ::Broker": ("aws_mq_broker",),
    "AWS::Amplify::App": ("aws_amplify_app",),
    "AWS::ApiGateway::RestApi": ("aws_api_gateway_rest_api",),
    "AWS::ApiGateway::Stage": ("aws_api_gateway_stage",),
    "AWS::ApiGatewayV2::Api": ("aws_apigatewayv2_api",),
    "AWS::AppRunner::Service": ("aws_apprunner_service",),
    "AWS::Athena::WorkGroup": ("aws_athena_workgroup",),
    "AWS::AutoScaling::AutoScalingGroup": ("aws_autoscaling_group",),
    "AWS::Backup::BackupVault": ("aws_backup_vault",),
    "AWS::Batch::ComputeEnvironment": ("aws_batch_compute_environment",),
    "AWS::CloudFront::Distribution": ("aws_cloudfront_distribution",),
    "AWS::CloudTrail::Trail": ("aws_cloudtrail",),
    "AWS::CodeBuild::Project": ("aws_codebuild_project",),
    "AWS::CodePipeline::Pipeline": ("aws_codepipeline",),
    "AWS::Cognito::UserPool": ("aws_cognito_user_pool",),
    "AWS::DAX::Cluster": ("aws_dax_cluster",),
    "AWS::DMS::ReplicationInstance": ("aws_dms_replication_instance",),
    "AWS::DocDB::DBCluster": ("aws_docdb_cluster",),
    "AWS::DocDB::DBInstance": ("aws_docdb_cluster_instance",),
    "AWS::DynamoDB::GlobalTable": (),
    "AWS::DynamoDB::Table": ("aws_dynamodb_table",),
    "AWS::EC2::EIP": ("aws_eip",),
    "AWS::EC2::Host": ("aws_ec2_host",),
    "AWS::EC2::Instance": ("aws_instance", "aws_spot_instance_request"),
    "AWS::EC2::NatGateway": ("aws_nat_gateway",),
    "AWS::EC2::TransitGateway": ("aws_ec2_transit_gateway",),
    "AWS::EC2::VPCEndpoint": ("aws_vpc_endpoint",),
    "AWS::EC2::VPNConnection": ("aws_vpn_connection",),
    "AWS::EC2::Volume": (
        "aws_ebs_volume",
        "aws_ebs_snapshot",
        "aws_ebs_snapshot_copy",
        "aws_ami",
        "aws_ami_copy",
    ),
    "AWS::ECR::Repository": ("aws_ecr_repository",),
    "AWS::ECS::Service": ("aws_ecs_service",),
    "AWS::EFS::FileSystem": ("aws_efs_file_system",),
    "AWS::EKS::Cluster": ("aws_eks_cluster",),
    "AWS::EKS::FargateProfile": ("aws_eks_fargate_profile",),
    "AWS::EKS::Nodegroup": ("aws_eks_node_group",),
    "AWS::EMR::Cluster": ("aws_emr_cluster",),
    "AWS::ElastiCache::CacheCluster": ("aws_elasticache_cluster",),
    "AWS::ElastiCache::ReplicationGroup": ("aws_elasticache_replication_group",),
    "AWS::ElastiCache::ServerlessCache": ("aws_elasticache_serverless_cache",),
    "AWS::ElasticBeanstalk::Environment": ("aws_elastic_beanstalk_environment",),
    "AWS::ElasticLoadBalancing::LoadBalancer": ("aws_elb",),
    "AWS::ElasticLoadBalancingV2::LoadBalancer": ("aws_lb", "aws_alb"),
    "AWS::Elasticsearch::Domain": ("aws_elasticsearch_domain",),
    "AWS::FSx::FileSystem": (
        "aws_fsx_lustre_file_system",
        "aws_fsx_ontap_file_system",
        "aws_fsx_openzfs_file_system",
        "aws_fsx_windows_file_system",
    ),
    "AWS::GlobalAccelerator::Accelerator": ("aws_globalaccelerator_accelerator",),
    "AWS::Glue::Job": ("aws_glue_job",),
    "AWS::KMS::Key": ("aws_kms_key",),
    "AWS::Kinesis::Stream": ("aws_kinesis_stream",),
    "AWS::KinesisFirehose::DeliveryStream": ("aws_kinesis_firehose_delivery_stream",),
    "AWS::Lambda::Function": ("aws_lambda_function",),
    "AWS::Lightsail::Instance": ("aws_lightsail_instance",),
    "AWS::Logs::LogGroup": ("aws_cloudwatch_log_group",),
    "AWS::MSK::Cluster": ("aws_msk_cluster",),
    "AWS::MemoryDB::Cluster": ("aws_memorydb_cluster",),
    "AWS::Neptune::DBCluster": ("aws_neptune_cluster",),
    "AWS::Neptune::DBInstance": ("aws_neptune_cluster_instance",),
    "AWS::NetworkFirewall::Firewall": ("aws_networkfirewall_firewall",),
    "AWS::OpenSearchService::Domain": ("aws_opensearch_domain",),
    "AWS::RDS::DBCluster": ("aws_rds_cluster",),
    "AWS::RDS::DBInstance": ("aws_db_instance", "aws_rds_cluster_instance", "aws_db_snapshot"),
    "AWS::RDS::DBProxy": ("aws_db_proxy",),
    "AWS::Redshift::Cluster": ("aws_redshift_cluster",),
    "AWS::RedshiftServerless::Workgroup": ("aws_redshiftserverless_workgroup",),
    "AWS::Route53::HostedZone": ("aws_route53_zone",),
    "AWS::S3::Bucket": ("aws_s3_bucket",),
    "AWS::SNS::Topic": ("aws_sns_topic",),
    "AWS::SQS::Queue": ("aws_sqs_queue",),
    "AWS::SageMaker::Endpoint": ("aws_sagemaker_endpoint",),
    "AWS::SageMaker::NotebookInstance": ("aws_sagemaker_notebook_instance",),
    "AWS::SecretsManager::Secret": ("aws_secretsmanager_secret",),
    "AWS::Serverless::Api": (),
    "AWS::Serverless::Function": (),
    "AWS::Serverless::HttpApi": (),
    "AWS::Serverless::SimpleTable": (),
    "AWS::Serverless::StateMachine": (),
    "AWS::StepFunctions::StateMachine": ("aws_sfn_state_machine",),
    "AWS::Transfer::Server": ("aws_transfer_server",),
    "AWS::WAFv2::WebACL": ("aws_wafv2_web_acl",),
}


def main() -> int:
    checking = "--check" in sys.argv[1:]
    old = read(FILE) if FILE.exists() else {}
    versions = {"cfn-lint": version("cfn-lint"), "checkov": version("checkov")}
    if checking and old.get("engines") != versions:
        print("not compared: the installed engines are not those the file was read from")
        return 0
    cloudformation = _cloudformation()
    terraform = _terraform()
    new: dict[str, Any] = {
        "about": ABOUT,
        "read": "",
        "engines": versions,
        "without_default_tags": WITHOUT_DEFAULT_TAGS,
        "taggers": TAGGERS,
        "costly": {
            "cloudformation": sorted(COSTLY),
            "terraform": sorted(name for names in COSTLY.values() for name in names),
        },
        "cloudformation": cloudformation,
        "terraform": terraform,
    }
    missing = [name for name in COSTLY if name not in cloudformation]
    missing += [name for names in COSTLY.values() for name in names if name not in terraform]
    if missing:
        print("costly but not taggable: " + ", ".join(missing))
    unchanged = old == {**new, "read": old.get("read")}
    new["read"] = old["read"] if unchanged or checking else today()
    return finish(FILE, with_lines(new, "cloudformation", "terraform"), checking=checking)


def _cloudformation() -> dict[str, list[str]]:
    schemas = cfn_lint_schemas()
    hashes: dict[str, str] = {}
    for region in sorted(
        (schemas / "providers").glob("*.json"), key=lambda file: (file.stem != "us-east-1", file.stem)
    ):
        for name, digest in json.loads(region.read_text()).items():
            hashes.setdefault(name, digest)
    found = {}
    for name, digest in hashes.items():
        file = schemas / "resources" / f"{digest}.json"
        place = _tags(json.loads(file.read_text())) if file.exists() else None
        if place:
            found[name] = place
    return dict(sorted({**found, **SAM, **CLOUDFORMATION_CORRECTIONS}.items()))


def _tags(schema: dict[str, Any]) -> list[str] | None:
    """The path and the shape of a type's tags; a type without tag metadata counts when it has `Tags`."""
    tagging = schema.get("tagging")
    pointer = "/properties/Tags"
    if tagging is not None:
        if not tagging.get("taggable", True):
            return None
        pointer = tagging.get("tagProperty", pointer)
    name = pointer.removeprefix("/properties/")
    definition = schema.get("properties", {}).get(name)
    if definition is None:
        return None
    while "$ref" in definition:
        definition = schema["definitions"][definition["$ref"].rpartition("/")[2]]
    kinds = definition.get("type", "array" if "items" in definition else "object")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    return [name, "list" if "array" in kinds else "map"]


def _terraform() -> dict[str, list[str]]:
    from checkov.common.checks_infra.resources_types import resources_types

    found = {name: ["tags", "map"] for name in resources_types["aws_taggable"]}
    return dict(sorted({**found, **TERRAFORM_CORRECTIONS}.items()))


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    sys.exit(main())
