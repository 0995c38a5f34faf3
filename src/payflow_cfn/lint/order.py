"""Rules about the order that CloudFormation makes things in."""

from __future__ import annotations

from collections.abc import Iterator

from payflow_cfn.aws.parsed_set import ParsedSet
from payflow_cfn.aws.state_graph import reachable
from payflow_cfn.lint.findings import Breach, some
from payflow_cfn.lint.nested import used_names

_USERS = {"AWS::Lambda::Function": "Role", "AWS::StepFunctions::StateMachine": "RoleArn"}
_POLICIES = ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::RolePolicy")


def roles_first(templates: ParsedSet) -> Iterator[Breach]:
    """PF050: a function or state machine refers to its role, and depends on each policy of that role.

    With a role that is named by text, CloudFormation has no order, and the first call is denied
    (https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-role.html).
    """
    for stack, logical, resource in some("function or state machine", templates.resources(*_USERS)):
        field = _USERS[resource["Type"]]
        path = f"Resources/{logical}/Properties/{field}"
        role = templates.origin(stack, resource.get("Properties", {}).get(field))
        if role is None or templates.resource(role).get("Type") != "AWS::IAM::Role":
            yield Breach(stack, path, "the role is not a resource that it refers to")
            continue
        for policy in _late_policies(templates, stack, logical, role.resource):
            yield Breach(stack, path, f"the policy {policy} may come later")


def _late_policies(templates: ParsedSet, stack: str, logical: str, role: str) -> Iterator[str]:
    resources = templates.templates[stack]["Resources"]
    edges = {key: used_names(value) & set(resources) for key, value in resources.items()}
    for key, value in resources.items():
        if value.get("Type") in _POLICIES and role in edges[key] and key not in reachable(edges, logical):
            # A policy under a condition orders nothing when it is left out, so it cannot be depended on by GetAtt;
            # DependsOn on it is allowed, and asked for.
            yield key
