"""The wildcards that policies may have, with their reasons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Wildcards:
    """The wildcards that a statement may have, as `Field text` in the words of Fn::Sub, and why."""

    texts: tuple[str, ...]
    reason: str


# Every wildcard in a policy by the Sid of its statement, with the reason; the rule knows no others.
_FAMILIES = "the wildcard is the only name of this family of KMS actions; AWS's own examples use it "
_GATEWAY = (
    "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:secret-payment-gateway-${Environment}"
)
_INTERFACES = "arn:${AWS::Partition}:ec2:${AWS::Region}:${AWS::AccountId}:*/*"
_SUFFIX = (
    "Secrets Manager adds a hyphen and six characters to the name "
    "(https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_iam-permissions.html)"
)
_VIA = (
    "only AWS sets kms:ViaService, and AWS does not document the service's host names outside the partition aws "
    "(https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service)"
)
_KEY_PAGE = "(https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html)"
WILDCARDS: Mapping[str, Wildcards] = MappingProxyType(
    {
        "AllowAccountAdministration": Wildcards(
            ("Action kms:*",),
            "a key without its account's root can never be managed again; IAM policies of that account decide who does "
            + _KEY_PAGE,
        ),
        "AllowAlarms": Wildcards(
            ("Action kms:GenerateDataKey*",),
            _FAMILIES
            + "(https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html)",
        ),
        "AllowTopicToQueue": Wildcards(
            ("Action kms:GenerateDataKey*",),
            _FAMILIES + "(https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html)",
        ),
        "AllowLogs": Wildcards(
            ("Action kms:GenerateDataKey*", "Action kms:ReEncrypt*"),
            _FAMILIES + "(https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html)",
        ),
        "DeliverWorkflowLogs": Wildcards(
            ("Resource *",),
            "the log delivery actions have no resource types "
            "(https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html)",
        ),
        "SendTraces": Wildcards(
            ("Resource *",),
            "these X-Ray actions have no resource types "
            "(https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsx-ray.html)",
        ),
        "CountUnknown": Wildcards(
            ("Resource *",),
            "cloudwatch:PutMetricData has no resource types; a condition names the one namespace "
            "(https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html)",
        ),
        "DescribeNetwork": Wildcards(
            ("Resource *",),
            "the EC2 describe actions have no resource types "
            "(https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html)",
        ),
        "CreateInterfaces": Wildcards(
            (
                f"Resource {_INTERFACES}",
                "Resource arn:${AWS::Partition}:ec2:${AWS::Region}:*:security-group/*",
                "Resource arn:${AWS::Partition}:ec2:${AWS::Region}:*:subnet/*",
            ),
            "an interface has no id before Lambda makes it, and a shared subnet or security group is another account's "
            "(https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html)",
        ),
        "ManageInterfaces": Wildcards(
            (f"Resource {_INTERFACES}",),
            "an interface has no id before Lambda makes it, and Lambda asks with every resource id "
            "(https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html#configuration-vpc-permissions)",
        ),
        "ReadGatewayKey": Wildcards((f"Resource {_GATEWAY}-??????",), _SUFFIX),
        "UseSecretKey": Wildcards(
            (
                f"Condition kms:EncryptionContext:SecretARN {_GATEWAY}-??????",
                "Condition kms:ViaService secretsmanager.${AWS::Region}.*",
            ),
            f"{_SUFFIX}; {_VIA}",
        ),
        "UseTableKey": Wildcards(("Condition kms:ViaService dynamodb.${AWS::Region}.*",), _VIA),
        "UseTopicKey": Wildcards(("Condition kms:ViaService sns.${AWS::Region}.*",), _VIA),
    }
)
