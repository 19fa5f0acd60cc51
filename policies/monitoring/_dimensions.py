"""What CloudWatch calls things: the dimensions of a namespace, and the attribute of a resource that each of them takes.

From the metrics pages of each service in the AWS documentation, and the reference of return values of the resource types.
"""

from __future__ import annotations

from dataclasses import dataclass

#: Dimensions of namespaces, for those that have few; a name in another case is none of them.
DIMENSIONS = {
    "AWS/SQS": frozenset({"QueueName"}),
    "AWS/Lambda": frozenset({"FunctionName", "Resource", "ExecutedVersion", "EventSourceMappingUUID"}),
    "AWS/ECS": frozenset({"ClusterName", "ServiceName"}),
    "AWS/ApplicationELB": frozenset({"LoadBalancer", "TargetGroup", "AvailabilityZone"}),
    "AWS/NetworkELB": frozenset({"LoadBalancer", "TargetGroup", "AvailabilityZone"}),
    "AWS/DynamoDB": frozenset({"TableName", "GlobalSecondaryIndexName", "Operation"}),
    "AWS/AutoScaling": frozenset({"AutoScalingGroupName"}),
    "AWS/SNS": frozenset({"TopicName"}),
    "AWS/ElastiCache": frozenset({"CacheClusterId", "CacheNodeId", "ReplicationGroupId"}),
    "AWS/NATGateway": frozenset({"NatGatewayId"}),
    "AWS/EFS": frozenset({"FileSystemId"}),
}


@dataclass(frozen=True)
class Named:
    """A dimension that is a resource's own name: in which namespaces, of what, and which attribute holds the name, by type."""

    what: str
    namespaces: frozenset[str]
    types: dict[str, str]


NAMED = {
    "QueueName": Named(
        "queue", frozenset({"AWS/SQS"}), {"aws_sqs_queue": "name", "AWS::SQS::Queue": "QueueName"}
    ),
    "FunctionName": Named(
        "function",
        frozenset({"AWS/Lambda"}),
        {
            "aws_lambda_function": "function_name",
            "AWS::Lambda::Function": "FunctionName",
            "AWS::Serverless::Function": "FunctionName",
        },
    ),
    "TableName": Named(
        "table",
        frozenset({"AWS/DynamoDB"}),
        {
            "aws_dynamodb_table": "name",
            "AWS::DynamoDB::Table": "TableName",
            "AWS::Serverless::SimpleTable": "TableName",
        },
    ),
    "DBInstanceIdentifier": Named(
        "database",
        frozenset({"AWS/RDS"}),
        {
            "aws_db_instance": "identifier",
            "aws_rds_cluster_instance": "identifier",
            "AWS::RDS::DBInstance": "DBInstanceIdentifier",
        },
    ),
    "DBClusterIdentifier": Named(
        "cluster",
        frozenset({"AWS/RDS"}),
        {"aws_rds_cluster": "cluster_identifier", "AWS::RDS::DBCluster": "DBClusterIdentifier"},
    ),
    "ServiceName": Named(
        "service", frozenset({"AWS/ECS"}), {"aws_ecs_service": "name", "AWS::ECS::Service": "ServiceName"}
    ),
    "TopicName": Named(
        "topic", frozenset({"AWS/SNS"}), {"aws_sns_topic": "name", "AWS::SNS::Topic": "TopicName"}
    ),
    "AutoScalingGroupName": Named(
        "group",
        frozenset({"AWS/AutoScaling", "AWS/EC2"}),
        {"aws_autoscaling_group": "name", "AWS::AutoScaling::AutoScalingGroup": "AutoScalingGroupName"},
    ),
}


@dataclass(frozen=True)
class Attribute:
    """Attributes of a type that a dimension does not take, and in words the one that it does. An empty one is `Ref`."""

    wrong: frozenset[str]
    right: str


def _attribute(right: str, *wrong: str) -> Attribute:
    return Attribute(frozenset(wrong), right)


#: By dimension and type.
ATTRIBUTES = {
    ("LoadBalancer", "aws_lb"): _attribute("arn_suffix", "arn", "id", "name", "dns_name"),
    ("LoadBalancer", "aws_alb"): _attribute("arn_suffix", "arn", "id", "name", "dns_name"),
    ("TargetGroup", "aws_lb_target_group"): _attribute("arn_suffix", "arn", "id", "name"),
    ("TargetGroup", "aws_alb_target_group"): _attribute("arn_suffix", "arn", "id", "name"),
    ("QueueName", "aws_sqs_queue"): _attribute("name", "arn", "id", "url"),
    ("FunctionName", "aws_lambda_function"): _attribute(
        "function_name", "arn", "invoke_arn", "qualified_arn"
    ),
    ("DBInstanceIdentifier", "aws_db_instance"): _attribute(
        "identifier", "arn", "resource_id", "endpoint", "address"
    ),
    ("DBClusterIdentifier", "aws_rds_cluster"): _attribute(
        "cluster_identifier", "arn", "endpoint", "cluster_resource_id"
    ),
    ("ServiceName", "aws_ecs_service"): _attribute("name", "arn", "id"),
    ("ClusterName", "aws_ecs_cluster"): _attribute("name", "arn", "id"),
    ("TableName", "aws_dynamodb_table"): _attribute("name", "arn"),
    ("AutoScalingGroupName", "aws_autoscaling_group"): _attribute("name", "arn"),
    ("InstanceId", "aws_instance"): _attribute("id", "arn"),
    ("ApiName", "aws_api_gateway_rest_api"): _attribute("name", "arn", "id", "execution_arn"),
    ("ApiId", "aws_apigatewayv2_api"): _attribute("id", "arn", "execution_arn", "api_endpoint"),
    ("TopicName", "aws_sns_topic"): _attribute("name", "arn", "id"),
    ("DistributionId", "aws_cloudfront_distribution"): _attribute("id", "arn", "domain_name"),
    ("StateMachineArn", "aws_sfn_state_machine"): _attribute("arn", "name"),
    ("LoadBalancer", "AWS::ElasticLoadBalancingV2::LoadBalancer"): _attribute(
        "LoadBalancerFullName", "", "LoadBalancerArn", "LoadBalancerName", "DNSName"
    ),
    ("TargetGroup", "AWS::ElasticLoadBalancingV2::TargetGroup"): _attribute(
        "TargetGroupFullName", "", "TargetGroupArn", "TargetGroupName"
    ),
    ("QueueName", "AWS::SQS::Queue"): _attribute("QueueName", "", "Arn", "QueueUrl"),
    ("FunctionName", "AWS::Lambda::Function"): _attribute("its Ref", "Arn"),
    ("FunctionName", "AWS::Serverless::Function"): _attribute("its Ref", "Arn"),
    ("DBInstanceIdentifier", "AWS::RDS::DBInstance"): _attribute(
        "its Ref", "DBInstanceArn", "DbiResourceId", "Endpoint.Address"
    ),
    ("DBClusterIdentifier", "AWS::RDS::DBCluster"): _attribute(
        "its Ref", "DBClusterArn", "DBClusterResourceId", "Endpoint.Address"
    ),
    ("ServiceName", "AWS::ECS::Service"): _attribute("Name", "", "ServiceArn"),
    ("ClusterName", "AWS::ECS::Cluster"): _attribute("its Ref", "Arn"),
    ("TableName", "AWS::DynamoDB::Table"): _attribute("its Ref", "Arn"),
    ("ApiName", "AWS::ApiGateway::RestApi"): _attribute("its name", "", "RestApiId", "RootResourceId"),
    ("TopicName", "AWS::SNS::Topic"): _attribute("TopicName", "", "TopicArn"),
    ("StateMachineArn", "AWS::StepFunctions::StateMachine"): _attribute("its Ref", "Name"),
}
