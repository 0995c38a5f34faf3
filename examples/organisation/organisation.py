"""The rules of an organisation: roles have its prefix and its boundary, and logs are kept for more than a year."""

from typing import Any

from payflow_cfn.extensions import Draft, override

PREFIX = "acme-"
BOUNDARY = "org/payments"
# AWS's limit of a role's name, less the longest name of ours without its environment.
LONGEST_ENVIRONMENT = 64 - len("role-sfn-payment-workflow-") - len(PREFIX)


def rules(payments: Draft) -> Draft:
    """Put this extension last in the list, so that it also finds the roles of the others."""
    for stack, template in payments.stacks.items():
        for name, resource in template["Resources"].items():
            if resource["Type"] == "AWS::IAM::Role":
                payments = override(payments, f"{stack}/{name}/RoleName", _prefixed)
                payments = override(payments, f"{stack}/{name}/Metadata", _accepted)
    # Values of root, so that no environment can leave them out or choose less.
    for path, value in {
        "Environment/MaxLength": LONGEST_ENVIRONMENT,
        "PermissionsBoundary/Default": BOUNDARY,
        "PermissionsBoundary/AllowedPattern": f"{BOUNDARY}(-[a-z]+)?",
        "LogRetentionDays/Default": 400,
        "LogRetentionDays/AllowedValues": lambda days: [each for each in days if each >= 400],
    }.items():
        payments = override(payments, f"Root/Parameters/{path}", value)
    return payments


def _prefixed(name: dict[str, Any]) -> dict[str, Any]:
    return {"Fn::Sub": PREFIX + name["Fn::Sub"]}


def _accepted(metadata: dict[str, Any] | None) -> dict[str, Any]:
    """Lint knows our names without a prefix, and measures them with an environment of 38 characters."""
    notes = (metadata or {}).get("payflow", {})
    return {**(metadata or {}), "payflow": {**notes, "accept": {"PF041": "the organisation's names of roles"}}}
