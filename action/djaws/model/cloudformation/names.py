"""Which identifiers are names that a property sets.

The property is the type's primary identifier in the CloudFormation resource schemas (those that cfn-lint ships; a test holds the
table to them), except where `DOCUMENTED` says that `Ref` gives a name and the schema has another identifier.
"""

from __future__ import annotations

#: `Ref` gives the value of this property, when it is set.
NAMES = {
    "AWS::AutoScaling::AutoScalingGroup": "AutoScalingGroupName",
    "AWS::AutoScaling::LaunchConfiguration": "LaunchConfigurationName",
    "AWS::CloudTrail::Trail": "TrailName",
    "AWS::CloudWatch::Alarm": "AlarmName",
    "AWS::CloudWatch::CompositeAlarm": "AlarmName",
    "AWS::CloudWatch::Dashboard": "DashboardName",
    "AWS::CodeBuild::Project": "Name",
    "AWS::CodeDeploy::Application": "ApplicationName",
    "AWS::CodeDeploy::DeploymentGroup": "DeploymentGroupName",
    "AWS::CodePipeline::Pipeline": "Name",
    "AWS::DynamoDB::GlobalTable": "TableName",
    "AWS::DynamoDB::Table": "TableName",
    "AWS::ECR::Repository": "RepositoryName",
    "AWS::ECS::Cluster": "ClusterName",
    "AWS::EKS::Cluster": "Name",
    "AWS::ElastiCache::CacheCluster": "ClusterName",
    "AWS::ElastiCache::ReplicationGroup": "ReplicationGroupId",
    "AWS::ElastiCache::SubnetGroup": "CacheSubnetGroupName",
    "AWS::ElasticBeanstalk::Application": "ApplicationName",
    "AWS::ElasticBeanstalk::Environment": "EnvironmentName",
    "AWS::ElasticLoadBalancing::LoadBalancer": "LoadBalancerName",
    "AWS::Elasticsearch::Domain": "DomainName",
    "AWS::Events::EventBus": "Name",
    "AWS::IAM::Group": "GroupName",
    "AWS::IAM::InstanceProfile": "InstanceProfileName",
    "AWS::IAM::Role": "RoleName",
    "AWS::IAM::User": "UserName",
    "AWS::KMS::Alias": "AliasName",
    "AWS::Kinesis::Stream": "Name",
    "AWS::KinesisFirehose::DeliveryStream": "DeliveryStreamName",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::OpenSearchService::Domain": "DomainName",
    "AWS::RDS::DBCluster": "DBClusterIdentifier",
    "AWS::RDS::DBClusterParameterGroup": "DBClusterParameterGroupName",
    "AWS::RDS::DBInstance": "DBInstanceIdentifier",
    "AWS::RDS::DBParameterGroup": "DBParameterGroupName",
    "AWS::RDS::DBSubnetGroup": "DBSubnetGroupName",
    "AWS::Redshift::Cluster": "ClusterIdentifier",
    "AWS::S3::Bucket": "BucketName",
    "AWS::SSM::Parameter": "Name",
    "AWS::Scheduler::Schedule": "Name",
    "AWS::Serverless::Function": "FunctionName",
    "AWS::Serverless::SimpleTable": "TableName",
    "AWS::Synthetics::Canary": "Name",
}

#: `Fn::GetAtt` of this attribute gives the value of this property, when it is set.
ATTRIBUTES = {
    ("AWS::ECS::Service", "Name"): "ServiceName",
    ("AWS::SNS::Topic", "TopicName"): "TopicName",
    ("AWS::SQS::Queue", "QueueName"): "QueueName",
    ("AWS::StepFunctions::StateMachine", "Name"): "StateMachineName",
    ("AWS::Serverless::StateMachine", "Name"): "Name",
}

#: Types whose `Ref` is their name by the resource reference's "Return values", whatever their schema's identifier is.
DOCUMENTED = frozenset(
    {
        "AWS::CodeBuild::Project",
        "AWS::CodeDeploy::DeploymentGroup",
        "AWS::Elasticsearch::Domain",
        "AWS::Serverless::Function",
        "AWS::Serverless::SimpleTable",
    }
)
