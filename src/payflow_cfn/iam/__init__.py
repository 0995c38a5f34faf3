"""Least-privilege IAM policies for the people and the applications of one environment."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from payflow_cfn.artifacts.template_set import TemplateSet
from payflow_cfn.aws.template import prefix_of
from payflow_cfn.errors import SettingsError
from payflow_cfn.iam.caller import caller_grants
from payflow_cfn.iam.deployer import direct_grants, handler_grants, not_granted, own_grants
from payflow_cfn.iam.documents import Document, documents
from payflow_cfn.iam.grants import Grant
from payflow_cfn.iam.handlers import children_of
from payflow_cfn.iam.keeper import keeper_grants
from payflow_cfn.iam.operator import operator_grants
from payflow_cfn.iam.owned import owned_by
from payflow_cfn.iam.planner import planner_grants
from payflow_cfn.iam.reader import reader_grants
from payflow_cfn.iam.scope import Scope
from payflow_cfn.iam.wildcards import WILDCARDS

__all__ = ["ROLES", "WILDCARDS", "Access", "Document", "Role", "Scope", "access_for", "children_of"]

Role = Literal["deployer", "planner", "operator", "reader", "keeper", "caller"]
ROLES: tuple[Role, ...] = ("deployer", "planner", "operator", "reader", "keeper", "caller")


@dataclass(frozen=True, slots=True)
class Access:
    """The documents of one role. With a service role, `service` are that role's and `trust` is its trust policy.

    `left_out` names what the set's resources need and no document grants: a type without a place here, a name that is
    not known.
    """

    documents: tuple[Document, ...]
    service: tuple[Document, ...] = ()
    trust: Mapping[str, Any] | None = None
    left_out: tuple[str, ...] = ()

    def wildcards(self) -> dict[str, str]:
        """{action: reason} of what is granted on `*`."""
        statements = (text for each in (*self.documents, *self.service) for text in each.body["Statement"])
        wild = {action for each in statements if each["Resource"] == ["*"] for action in each["Action"]}
        return {action: WILDCARDS[action] for action in sorted(wild)}


def access_for(
    role: Role,
    scope: Scope,
    templates: TemplateSet,
    *,
    service_role: str = "",
) -> Access:
    """The documents for `role` and this set.

    `service_role` is the ARN of the role that CloudFormation works with, empty where it works in the deployer's name.
    SettingsError when a value could not stand in a policy, or the documents would break a limit of IAM.
    """
    _check_role(service_role, scope)
    owned, nameless = owned_by(scope, templates)
    scope = replace(scope, owned=tuple(owned), naming=prefix_of(templates.root))
    if role == "reader":
        from payflow_cfn.stacks.root import ALLOW_EXECUTION_DATA

        grants = reader_grants(scope, execution_data_logged=ALLOW_EXECUTION_DATA in templates.parameters)
        return Access(_named(role, grants, scope))
    if role == "operator":
        return Access(_named(role, operator_grants(scope, service_role=bool(service_role)), scope))
    if role == "keeper":
        return Access(_named(role, keeper_grants(scope), scope))
    if role == "caller":
        return Access(_named(role, caller_grants(scope), scope))
    if role == "planner":
        return Access(_named(role, planner_grants(scope, service_role=service_role), scope))
    left_out = (*not_granted(scope, templates), *nameless)
    if not service_role:
        return Access(_named(role, direct_grants(scope, templates), scope), left_out=left_out)
    return Access(
        _named(role, own_grants(scope, service_role=service_role), scope),
        _named("cloudformation", handler_grants(scope, templates), scope),
        TRUST,
        left_out,
    )


def _check_role(arn: str, scope: Scope) -> None:
    if arn and not re.fullmatch(rf"{scope.role('/')}[\w+=,.@/-]+", arn, re.ASCII):
        raise SettingsError(
            f"{arn[:80]!r} is not the ARN of a role of {scope.account}", remedy=f"it has to be {scope.role('/')}<name>"
        )


def _named(role: str, grants: Iterable[Grant], scope: Scope) -> tuple[Document, ...]:
    return documents(f"policy-payflow-{role}-{scope.environment}", grants)


# No condition: CloudFormation documents none that it sets when it assumes a service role. Who may hand the role to it
# is what iam:PassRole says (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-iam-servicerole.html)
TRUST: Mapping[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "AssumeByCloudFormation",
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"Service": "cloudformation.amazonaws.com"},
        }
    ],
}
