"""Test the remedies for the reasons that AWS gives most often."""

# ruff: noqa: E501 - CloudFormation's own texts, whole

from __future__ import annotations

import pytest

from payflow_cfn.deploy.cloudformation.remedies import HINTS, hint_for

ROLE = "arn:aws:iam::1:role/path/role-sfn-payment-workflow-dev"
DENIED = (
    f"User: arn:aws:iam::1:user/u is not authorized to perform: iam:CreateRole on resource: {ROLE} {{}} (Service: Iam)"
)
REASONS = {
    "key policy": "The specified KMS key does not exist or is not allowed to be used with LogGroup arn:aws:logs:x",
    "custom name": "CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename t",
    "log policy size": "Invalid request provided: InvalidLoggingConfiguration: the resource policy size was exceeded",
    "exists": "/aws/lambda/f already exists in stack s (Service: Logs, HandlerErrorCode: AlreadyExists)",
    "resource type": "Template error: Unrecognized resource types: [AWS::Logs::QueryDefinition]",
    "denied by service control policy": DENIED.format("with an explicit deny in a service control policy"),
    "denied by resource control policy": DENIED.format("with an explicit deny in a resource control policy"),
    "denied by permissions boundary": DENIED.format("because no permissions boundary allows the iam:CreateRole action"),
    "denied by session policy": DENIED.format("because no session policy allows the iam:CreateRole action"),
    "denied by VPC endpoint policy": DENIED.format("with an explicit deny in a VPC endpoint policy"),
    "denied by identity-based policy": DENIED.format("with an explicit deny in an identity-based policy"),
    "denied by resource-based policy": DENIED.format("with an explicit deny in a resource-based policy"),
    "denied by role trust policy": "User: u is not authorized to perform: sts:AssumeRole on resource: r with an explicit deny in the role trust policy",
    "service role": "Role arn:aws:iam::1:role/role-cloudformation is invalid or cannot be assumed",
    "export": "No export named vpc-Subnets found. Rollback requested by user.",
    "role to assume": "User: u is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::1:role/deployer",
    "action denied": "User: arn:aws:iam::1:user/u is not authorized to perform: dynamodb:CreateTable on resource: arn:aws:dynamodb:x",
    "template access": "S3 error: Access Denied For more information check http://docs",
    "role not ready": "The role defined for the function cannot be assumed by Lambda.",
    "concurrency": "Specified ReservedConcurrentExecutions for function decreases account's unreserved below 10",
    "quota": "Resource handler returned message: x (HandlerErrorCode: ServiceLimitExceeded)",
    "access denied": "Resource handler returned message: x (HandlerErrorCode: AccessDenied)",
    "capabilities": "InsufficientCapabilitiesException: Requires capabilities : [CAPABILITY_NAMED_IAM]",
    "throttled": "Rate exceeded (HandlerErrorCode: Throttling)",
    "not stable": "Resource f did not stabilize in expected time. (HandlerErrorCode: NotStabilized)",
    "alarm": "Rollback triggered: the alarm arn:aws:cloudwatch:alarm:x is in ALARM",
    "not found": "Resource of type AWS::SNS::Topic was not found (HandlerErrorCode: NotFound)",
    "invalid": "Template error: instance of Fn::GetAtt references undefined resource X",
}


def test_every_hint_has_its_reason_here() -> None:
    assert {each.name for each in HINTS} == set(REASONS)


@pytest.mark.parametrize("name", REASONS)
def test_a_reason_gets_its_own_hint(name: str) -> None:
    hint = next(each for each in HINTS if each.name == name)
    first = next(each for each in HINTS if each.pattern.search(REASONS[name]))
    assert first.name == hint.name
    assert hint_for(REASONS[name])


@pytest.mark.parametrize("reason", [
    "The provided execution role does not have permissions to call CreateNetworkInterface on EC2 (Service: Lambda)",
    "The function's execution role doesn't have permission to perform this operation. (HandlerErrorCode: InvalidRequest)",
])  # fmt: skip
def test_a_role_that_lambda_cannot_use_is_not_a_wrong_value(reason: str) -> None:
    assert "too new" in hint_for(reason)


def test_a_denied_action_is_named_with_its_resource() -> None:
    assert "lacks dynamodb:CreateTable on arn:aws:dynamodb:x" in hint_for(REASONS["action denied"])


def test_a_denied_action_without_a_resource_is_named_too() -> None:
    assert "lacks sns:CreateTopic on the resource" in hint_for("not authorized to perform: sns:CreateTopic")


def test_an_unknown_reason_has_no_hint() -> None:
    assert hint_for("The moon is full") == ""


@pytest.mark.parametrize("reason", [each for name, each in REASONS.items() if name.startswith("denied by ")])
def test_a_denial_names_the_policy_that_has_to_change_and_no_other(reason: str) -> None:
    assert "payflow policy" not in hint_for(reason)


@pytest.mark.parametrize("kind", ["service control policy", "resource-based policy", "permissions boundary"])
def test_a_denial_names_the_whole_resource(kind: str) -> None:
    denied = DENIED.format(f"with an explicit deny in a {kind}: arn:aws:organizations::1:policy/p-1")
    assert hint_for(denied).endswith(f" that denies iam:CreateRole on {ROLE}")
    assert hint_for(denied.replace(ROLE, "role payments")).endswith(" that denies iam:CreateRole on role payments")


def test_a_denied_use_of_a_key_by_the_organization_is_not_the_key_policys() -> None:
    reason = "not authorized to perform: kms:Decrypt on resource: k with an explicit deny in a service control policy"
    assert "organization" in hint_for(reason)


def test_an_action_that_nothing_allows_is_still_the_deployers_to_get() -> None:
    for how in ("because no identity-based policy allows the iam:CreateRole action", ""):
        assert f"lacks iam:CreateRole on {ROLE}: `payflow policy deployer`" in hint_for(DENIED.format(how))


def test_a_remedy_names_the_role_and_the_export_that_are_missing() -> None:
    assert "assume arn:aws:iam::1:role/role-cloudformation: check service_role_arn" in hint_for(REASONS["service role"])
    assert "exports vpc-Subnets: deploy" in hint_for(REASONS["export"])
