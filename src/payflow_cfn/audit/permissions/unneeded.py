"""Permissions that a reader may look for and that are not needed, each with the reason and its page."""

from __future__ import annotations

from dataclasses import dataclass

from payflow_cfn.audit.permissions import terms


@dataclass(frozen=True, slots=True)
class Unneeded:
    """No policy whose name begins with `policy` grants this action (on the resource that `on` describes)."""

    policy: str
    action: str
    on: str
    why: str
    source: str


_ENVIRONMENT = f"{terms.DOCS}lambda/latest/dg/configuration-envvars-encryption.html"
_SAMPLING = f"{terms.DOCS}lambda/latest/dg/services-xray.html"
_METRICS = f"{terms.DOCS}AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format.html"

UNNEEDED = (
    Unneeded("identity", "logs:CreateLogGroup", "a function's log group",
             "the template creates the groups with key and retention; a function would create them without",
             terms.FUNCTION_LOGS),
    Unneeded("identity", "kms:CreateGrant", "the key of a function's environment",
             "Lambda creates its grant with the deployer's permissions", _ENVIRONMENT),
    Unneeded("identity", "kms:Encrypt", "the table's key", "DynamoDB encrypts with its own data keys; a caller only "
             "needs to decrypt these", terms.TABLE_KEY),
    Unneeded("identity ValidationRole", "xray:GetSamplingRules", "every resource", "Lambda samples itself", _SAMPLING),
    Unneeded("identity ProcessingRole", "xray:GetSamplingRules", "every resource", "Lambda samples itself", _SAMPLING),
    Unneeded("identity ValidationRole", "sns:Publish", "the topic", "the workflow sends the notices",
             terms.MACHINE_ROLE),
    Unneeded("identity ProcessingRole", "sns:Publish", "the topic", "the workflow sends the notices",
             terms.MACHINE_ROLE),
    Unneeded("identity", "dynamodb:DeleteItem", "the table", "a payment's row is never deleted by the workflow",
             terms.CONDITIONAL),
    *(
        Unneeded(f"identity {each}Role", "cloudwatch:PutMetricData", "the function's metrics",
                 "a function writes its metrics into its log lines", _METRICS)
        for each in ("Validation", "Processing")
    ),
)  # fmt: skip
