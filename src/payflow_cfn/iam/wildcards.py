"""Every action that is granted on `*`, with the reason."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_NONE = "the service offers no resource level for it"
_COMPOSITE = (
    "CloudWatch answers for composite alarms on `*` only "
    "(https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_"
)

WILDCARDS: Mapping[str, str] = MappingProxyType(
    {
        "cloudformation:DescribeStackDriftDetectionStatus": _NONE,
        "cloudformation:DescribeStackResources": "called with the id of a resource to find its stack, "
        "when a name is taken",
        "cloudformation:GetHookResult": _NONE,
        "cloudformation:GetTemplateSummary": "called with a template's address, before any stack has it",
        "cloudformation:ListStacks": _NONE,
        "cloudwatch:DescribeAlarmHistory": f"{_COMPOSITE}DescribeAlarmHistory.html)",
        "cloudwatch:DescribeAlarms": f"{_COMPOSITE}DescribeAlarms.html)",
        "cloudwatch:GetMetricData": "metrics have no ARN: the resource level is for datasets",
        "cloudwatch:GetMetricStatistics": _NONE,
        "cloudwatch:ListMetrics": "metrics have no ARN: the resource level is for datasets",
        "cloudwatch:PutCompositeAlarm": f"{_COMPOSITE}PutCompositeAlarm.html)",
        "ec2:DescribeNetworkInterfaces": _NONE,
        "ec2:DescribeSecurityGroups": _NONE,
        "ec2:DescribeSubnets": _NONE,
        "ec2:DescribeVpcs": _NONE,
        "kms:CreateKey": f"{_NONE}; the new key has to carry our tags",
        "kms:ListAliases": _NONE,
        "lambda:CreateEventSourceMapping": f"{_NONE}; the mapping has to be of a function of the set",
        "logs:DeleteQueryDefinition": _NONE,
        "logs:DescribeIndexPolicies": _NONE,
        "logs:DescribeLogGroups": _NONE,
        "logs:DescribeQueryDefinitions": _NONE,
        "logs:DescribeResourcePolicies": _NONE,
        "logs:PutQueryDefinition": _NONE,
        "logs:StopQuery": _NONE,
        "secretsmanager:GetRandomPassword": _NONE,
        "sts:GetCallerIdentity": f"{_NONE}; every caller may call it",
    }
)
