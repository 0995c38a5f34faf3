"""Policy documents, and the trust policies of the roles."""

from __future__ import annotations

from typing import Any

from awacs.aws import (
    Action,
    Allow,
    ArnLike,
    Condition,
    PolicyDocument,
    Principal,
    Statement,
    StringEquals,
    StringEqualsIfExists,
)


def document(*statements: Any) -> PolicyDocument:
    """A policy document of these statements (or conditions that choose one)."""
    return PolicyDocument(Version="2012-10-17", Statement=list(statements))


def assumed_by_functions(*, account: Any) -> PolicyDocument:
    """The trust of a function's role: Lambda, and only for a function of this account if Lambda sends the account.

    The developer guide shows no condition. CreateFunction does send aws:SourceAccount: with another account in the
    condition, it is refused (https://github.com/mohamedsorour1998/Grace, infra/provision_iam.py). AWS's toolkit sets
    the condition as well (https://github.com/aws/agent-toolkit-for-aws, lambda-trust-policy.json). With a condition on
    aws:SourceArn, the first function in a VPC was refused (https://github.com/aws/aws-parallelcluster/pull/6926). So
    the condition is IfExists, and on the account only.
    """
    return document(_assume("lambda.amazonaws.com", StringEqualsIfExists({"aws:SourceAccount": account})))


def assumed_by_machine(machine_arn: Any, *, account: Any) -> PolicyDocument:
    """The trust of the workflow's role: one state machine of this account.

    https://docs.aws.amazon.com/step-functions/latest/dg/procedure-create-iam-role.html
    """
    conditions = (StringEquals({"aws:SourceAccount": account}), ArnLike({"aws:SourceArn": machine_arn}))
    return document(_assume("states.amazonaws.com", *conditions))


def _assume(service: str, *conditions: Any) -> Statement:
    trust = statement("AssumeByService", "sts:AssumeRole", None, *conditions, principal=Principal("Service", service))
    del trust.properties["Resource"]  # a trust policy has no resource
    return trust


def statement(
    sid: str, actions: str, resource: Any, *conditions: Any, principal: Any = None, effect: str = Allow
) -> Statement:
    """One statement; `actions` are "service:Action Action", `resource` an ARN or a list of them."""
    service, _, names = actions.partition(":")
    parts: dict[str, Any] = {
        "Sid": sid,
        "Effect": effect,
        "Action": [Action(service, each) for each in names.split()],
        "Resource": resource if isinstance(resource, list) else [resource],
    }
    if principal is not None:
        parts["Principal"] = principal
    if conditions:
        parts["Condition"] = Condition(list(conditions))
    return Statement(**parts)
