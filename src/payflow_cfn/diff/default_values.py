"""The values that AWS takes for properties and attributes without one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from payflow_cfn.aws.schemas import Schema
from payflow_cfn.aws.values import ABSENT, Path

# Documented at each type's page below
# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/ and in no schema.
_DOCUMENTED: Mapping[str, Mapping[Path, Any]] = {
    "AWS::CloudWatch::Alarm": {("ActionsEnabled",): True, ("TreatMissingData",): "missing"},
    "AWS::DynamoDB::Table": {
        ("BillingMode",): "PROVISIONED",
        ("DeletionProtectionEnabled",): False,
        ("TableClass",): "STANDARD",
    },
    "AWS::KMS::Key": {("Enabled",): True, ("EnableKeyRotation",): False, ("PendingWindowInDays",): 30},
    "AWS::Lambda::Function": {
        ("MemorySize",): 128,
        ("Timeout",): 3,
        ("TracingConfig",): {"Mode": "PassThrough"},
        ("TracingConfig", "Mode"): "PassThrough",
    },
    "AWS::SQS::Queue": {
        ("DelaySeconds",): 0,
        ("MessageRetentionPeriod",): 345600,
        ("ReceiveMessageWaitTimeSeconds",): 0,
        ("VisibilityTimeout",): 30,
    },
}
# A cluster, and an instance without one, leaves a snapshot
# (https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html).
_SNAPSHOTS = frozenset({"AWS::RDS::DBCluster", "AWS::RDS::DBInstance"})


def default_value(resource_type: str, schema: Schema | None, path: Path) -> Any:
    """The default of the property at a path, ABSENT where none is known; the path begins with the property's name."""
    names = tuple(step for step in path if not step.startswith("["))
    documented = _DOCUMENTED.get(resource_type, {})
    if names in documented or schema is None:
        return documented.get(names, ABSENT)
    return next((each["default"] for each in schema.parts(path) if each.get("default") is not None), ABSENT)


def default_attribute(resource_type: str, name: str) -> Any:
    """The default of a resource's attribute, such as DeletionPolicy; ABSENT where it has none."""
    if name == "DeletionPolicy" and resource_type in _SNAPSHOTS:
        return ABSENT
    return "Delete" if name in ("DeletionPolicy", "UpdateReplacePolicy") else ABSENT
