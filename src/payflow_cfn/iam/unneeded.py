"""Handler permissions that a template set does not need, with reasons, which the schemas do not give."""

from __future__ import annotations

from collections.abc import Mapping

_METADATA = (
    "s3:CreateBucketMetadataTableConfiguration DeleteBucketMetadataTableConfiguration "
    "UpdateBucketMetadataAnnotationTableConfiguration UpdateBucketMetadataInventoryTableConfiguration "
    "UpdateBucketMetadataJournalTableConfiguration; "
    "s3tables:CreateNamespace CreateTable CreateTableBucket GetTable GetTableMetadataLocation PutTableBucketPolicy "
    "PutTableEncryption PutTablePolicy UpdateTableMetadataLocation"
)

# {resource type: {property: the permissions that its handlers use for that property alone}}. They are left out where no
# resource of the set has the property. What reads the resource itself is not here: a read handler reads everything.
FOR_PROPERTY: Mapping[str, Mapping[str, str]] = {
    "AWS::DynamoDB::Table": {
        "ImportSourceSpecification": "dynamodb:DescribeImport ImportTable; s3:GetObject ListBucket; "
        "logs:CreateLogGroup CreateLogStream DescribeLogGroups DescribeLogStreams PutLogEvents PutRetentionPolicy",
        "TimeToLiveSpecification": "dynamodb:UpdateTimeToLive",
        "ContributorInsightsSpecification": "dynamodb:UpdateContributorInsights",
        "PointInTimeRecoverySpecification": "dynamodb:UpdateContinuousBackups",
        "KinesisStreamSpecification": "dynamodb:EnableKinesisStreamingDestination DisableKinesisStreamingDestination "
        "UpdateKinesisStreamingDestination; kinesis:DescribeStream PutRecords",
        "ResourcePolicy": "dynamodb:PutResourcePolicy DeleteResourcePolicy",
        "SSESpecification": "kms:CreateGrant Decrypt DescribeKey Encrypt RevokeGrant ListAliases",
    },
    "AWS::Events::EventBus": {
        "KmsKeyIdentifier": "kms:Decrypt DescribeKey Encrypt GenerateDataKey GenerateDataKeyWithoutPlaintext "
        "ReEncryptFrom ReEncryptTo",
    },
    "AWS::Events::Rule": {"RoleArn": "iam:PassRole", "Targets.RoleArn": "iam:PassRole"},
    "AWS::IAM::Policy": {
        "Groups": "iam:DeleteGroupPolicy GetGroupPolicy PutGroupPolicy",
        "Users": "iam:DeleteUserPolicy GetUserPolicy PutUserPolicy",
    },
    "AWS::IAM::Role": {
        "ManagedPolicyArns": "iam:AttachRolePolicy DetachRolePolicy",
        "Description": "iam:UpdateRoleDescription",
        "PermissionsBoundary": "iam:PutRolePermissionsBoundary",
    },
    "AWS::KMS::Key": {"Enabled": "kms:EnableKey DisableKey"},
    "AWS::Lambda::Alias": {
        "ProvisionedConcurrencyConfig": "lambda:PutProvisionedConcurrencyConfig DeleteProvisionedConcurrencyConfig",
    },
    "AWS::Lambda::EventSourceMapping": {"KmsKeyArn": "kms:Decrypt DescribeKey GenerateDataKey"},
    "AWS::Lambda::Function": {
        "ReservedConcurrentExecutions": "lambda:PutFunctionConcurrency DeleteFunctionConcurrency",
        "Code.S3ObjectVersion": "s3:GetObjectVersion",
        "VpcConfig": "ec2:DescribeSecurityGroups DescribeSubnets DescribeVpcs DescribeNetworkInterfaces",
        "FileSystemConfigs": "elasticfilesystem:DescribeMountTargets; s3files:ListMountTargets",
        "KmsKeyArn": "kms:CreateGrant Decrypt DescribeKey Encrypt GenerateDataKey",
        "CodeSigningConfigArn": "lambda:GetCodeSigningConfig PutFunctionCodeSigningConfig "
        "DeleteFunctionCodeSigningConfig",
        "Layers": "lambda:GetLayerVersion",
        "RuntimeManagementConfig": "lambda:PutRuntimeManagementConfig",
        "RecursiveLoop": "lambda:PutFunctionRecursionConfig",
        "FunctionScalingConfig": "lambda:PutFunctionScalingConfig",
        "CapacityProviderConfig": "lambda:PassCapacityProvider",
        "PublishToLatestPublished": "lambda:PublishVersion",
    },
    "AWS::Lambda::Version": {
        "ProvisionedConcurrencyConfig": "lambda:PutProvisionedConcurrencyConfig",
        "RuntimePolicy": "lambda:PutRuntimeManagementConfig",
        "FunctionScalingConfig": "lambda:PutFunctionScalingConfig",
    },
    "AWS::Logs::LogGroup": {
        "DataProtectionPolicy": "logs:PutDataProtectionPolicy DeleteDataProtectionPolicy CreateLogDelivery; "
        "firehose:TagDeliveryStream",
        "FieldIndexPolicies": "logs:PutIndexPolicy DeleteIndexPolicy",
        "ResourcePolicyDocument": "logs:PutResourcePolicy DeleteResourcePolicy",
        "DeletionProtectionEnabled": "logs:PutLogGroupDeletionProtection",
        "BearerTokenAuthenticationEnabled": "logs:PutBearerTokenAuthentication",
    },
    "AWS::Logs::SubscriptionFilter": {"RoleArn": "iam:PassRole"},
    "AWS::S3::Bucket": {
        "AbacStatus": "s3:PutBucketAbac",
        "AccelerateConfiguration": "s3:PutAccelerateConfiguration",
        "AccessControl": "s3:PutBucketAcl PutObjectAcl",
        "BucketEncryption": "s3:PutEncryptionConfiguration",
        "CorsConfiguration": "s3:PutBucketCORS",
        "IntelligentTieringConfigurations": "s3:PutIntelligentTieringConfiguration",
        "InventoryConfigurations": "s3:PutInventoryConfiguration",
        "LifecycleConfiguration": "s3:PutLifecycleConfiguration",
        "LoggingConfiguration": "s3:PutBucketLogging",
        "MetadataConfiguration": _METADATA,
        "MetadataTableConfiguration": _METADATA,
        "MetricsConfigurations": "s3:PutMetricsConfiguration",
        "NotificationConfiguration": "s3:PutBucketNotification",
        "ObjectLockConfiguration": "s3:PutBucketObjectLockConfiguration",
        "ObjectLockEnabled": "s3:PutBucketObjectLockConfiguration",
        "OwnershipControls": "s3:PutBucketOwnershipControls",
        "PublicAccessBlockConfiguration": "s3:PutBucketPublicAccessBlock",
        "ReplicationConfiguration": "iam:PassRole; s3:PutReplicationConfiguration",
        "VersioningConfiguration": "s3:PutBucketVersioning",
        "WebsiteConfiguration": "s3:PutBucketWebsite DeleteBucketWebsite",
    },
    "AWS::SNS::Subscription": {"SubscriptionRoleArn": "iam:GetRole PassRole"},
    "AWS::SNS::Topic": {
        "Subscription": "sns:Subscribe Unsubscribe",
        "DataProtectionPolicy": "sns:PutDataProtectionPolicy",
        "DeliveryStatusLogging": "iam:GetRole PassRole",
    },
    "AWS::SecretsManager::Secret": {
        "ReplicaRegions": "secretsmanager:ReplicateSecretToRegions RemoveRegionsFromReplication",
        "GenerateSecretString": "secretsmanager:GetRandomPassword",
    },
    "AWS::StepFunctions::StateMachine": {
        "DefinitionS3Location": "s3:GetObject GetObjectVersion",
        "EncryptionConfiguration": "kms:DescribeKey GenerateDataKey Decrypt",
    },
}

# {resource type: {permissions: why this set never needs them}}.
NEVER: Mapping[str, Mapping[str, str]] = {
    "AWS::CloudFormation::Stack": {"iam:PassRole": "a nested stack works with what its parent works with"},
    "AWS::DynamoDB::Table": {
        "dynamodb:CreateTableReplica AssociateTableReplica Scan Query GetItem PutItem UpdateItem DeleteItem "
        "BatchWriteItem": "replicas only, which this type cannot have: a deployer reads and writes no payment",
        "iam:CreateServiceLinkedRole": "replicas and provisioned capacity only",
        "s3:GetObjectMetadata": "there is no such IAM action",
    },
    "AWS::Events::EventBus": {"kms:ReEncrypt": "there is no such IAM action"},
    "AWS::IAM::Role": {
        "iam:DeleteRolePermissionsBoundary": "a bounded role stays bounded",
    },
    "AWS::KMS::Key": {"kms:DisableKeyRotation": "rotation is on in every version of the set"},
    "AWS::Lambda::Alias": {
        "codedeploy:CreateDeployment GetDeployment GetDeploymentConfig GetDeploymentGroup StopDeployment": "an update "
        "policy of CodeDeploy only, which no alias of the set has",
    },
    "AWS::Lambda::Function": {"lambda:AssociateRuntimeAlias": "there is no such IAM action"},
    "AWS::Logs::LogGroup": {
        "logs:DeleteRetentionPolicy": "every group has a retention",
        "logs:DisassociateKmsKey": "every group has a key",
        "s3:REST.PUT.OBJECT": "there is no such IAM action",
    },
    "AWS::S3::Bucket": {
        "s3:DeleteBucketAnalyticsConfiguration DeleteBucketCors DeleteBucketEncryption DeleteBucketLifecycle "
        "DeleteBucketMetricsConfiguration DeleteBucketReplication PutBucketReplication "
        "PutObjectLockConfiguration": "there is no such IAM action",
        "s3:DeleteObject": "CloudFormation deletes an empty bucket only",
    },
    "AWS::SecretsManager::Secret": {
        "secretsmanager:GetSecretValue": "the secret's own policy denies it to all but the processing function's role",
    },
}

# Permissions that the schemas lack and that the service's own pages require.
ALSO: Mapping[str, Mapping[str, str]] = {
    "AWS::CloudFormation::Stack": {
        "cloudformation:CreateChangeSet DescribeChangeSet ExecuteChangeSet DeleteChangeSet ContinueUpdateRollback "
        "RollbackStack "
        "DetectStackDrift DescribeStackResources TagResource UntagResource": "what is done to root is done to the "
        "nested stacks (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/change-sets-for-nested-stacks.html)",
    },
    "AWS::DynamoDB::Table": {
        "kms:GenerateDataKey ReEncryptFrom ReEncryptTo": "https://docs.aws.amazon.com/amazondynamodb/latest/"
        "developerguide/encryption.usagenotes.html",
    },
    "AWS::SecretsManager::Secret": {
        "kms:Decrypt GenerateDataKey": "https://docs.aws.amazon.com/secretsmanager/latest/userguide/"
        "security-encryption.html",
    },
}
