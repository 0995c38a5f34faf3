"""Add a role that a service assumes, with the environment's path and permissions boundary."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from payflow_cfn.config import names
from payflow_cfn.extensions.permissions import Permission, allow
from payflow_cfn.extensions.plain import plain
from payflow_cfn.extensions.resources import add_resource
from payflow_cfn.stacks.draft import Draft
from payflow_cfn.stacks.template_base import arn, named


def add_role(
    payments: Draft, stack: str, name: str, *, purpose: str, service: str, source: Any, needs: Sequence[Permission]
) -> Draft:
    """Add a role that `service` ("states.amazonaws.com") assumes for the resource with the ARN `source`.

    `name` is its logical id; `purpose` is in its physical name: of "sfn-refunds" role-sfn-refunds-ENVIRONMENT. It has
    the parameters RolePath and PermissionsBoundary as our roles have, and just `needs`.
    """
    tests = {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}, "ArnLike": {"aws:SourceArn": source}}
    trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole", "Condition": tests}
    boundary = arn("iam", "policy/${PermissionsBoundary}", region=False)
    properties = {
        "RoleName": named(names.name("role", purpose)),
        "Path": {"Ref": "RolePath"},
        "PermissionsBoundary": {"Fn::If": ["HasBoundary", boundary, {"Ref": "AWS::NoValue"}]},
        "AssumeRolePolicyDocument": _document(trust),
        "Policies": [{"PolicyName": named(names.name("policy", purpose)), "PolicyDocument": _document()}],
    }
    has = {"Fn::Not": [{"Fn::Equals": [{"Ref": "PermissionsBoundary"}, ""]}]}
    payments = payments.with_section(stack, "Conditions", {"HasBoundary": has})
    made = {"Type": "AWS::IAM::Role", "Properties": plain(properties)}
    payments = add_resource(payments, stack, made, name=name, why="a service acts in this role")
    return allow(payments, f"{stack}/{name}", *needs)


def _document(*statements: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}
