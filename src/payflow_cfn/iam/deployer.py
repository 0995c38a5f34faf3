"""Permissions of a deployer: the calls of our commands, and those that CloudFormation makes for them."""

from __future__ import annotations

from collections.abc import Iterator

from payflow_cfn.artifacts.template_set import TemplateSet
from payflow_cfn.iam.grants import Conditions, Grant, grant, merged, under
from payflow_cfn.iam.handlers import permissions
from payflow_cfn.iam.planner import VIA_CLOUDFORMATION, pass_service_role, plan_grants
from payflow_cfn.iam.scope import Scope
from payflow_cfn.iam.targets import grants_for, left_out, use_bucket_key

# A policy for a role without the boundary would be a way around it; taking one away is not.
_BOUNDED = frozenset({"iam:CreateRole", "iam:PutRolePolicy", "iam:PutRolePermissionsBoundary"})


def direct_grants(scope: Scope, templates: TemplateSet) -> list[Grant]:
    """The permissions of a person who deploys without a service role, with those of the set's handlers.

    Those hold only for calls that CloudFormation makes; nobody deletes a function by hand with them.
    """
    handlers = (
        Grant(f"Handle{each.sid}", each.actions, each.resources, each.conditions)
        for each in under(VIA_CLOUDFORMATION, handler_grants(scope, templates))
        if each.sid not in ("ReadPackages", "ReadWithBucketKey")  # who stores packages reads them anyway
    )
    return merged([*_own_calls(scope), *handlers])


def own_grants(scope: Scope, *, service_role: str) -> list[Grant]:
    """The permissions of a deployer with a service role: own calls, and passing that role to CloudFormation."""
    return merged([*_own_calls(scope), pass_service_role(service_role)])


def handler_grants(scope: Scope, templates: TemplateSet) -> list[Grant]:
    """The permissions of the service role: those of the set's handlers, and to read packaged sets."""
    found = [
        each
        for kind, actions in permissions(templates).items()
        for each in grants_for(kind, _of_parameters(actions, scope), scope)
    ]
    read = use_bucket_key("ReadWithBucketKey", "kms:Decrypt", scope)
    return list(_with_boundary(merged([*found, read]), scope))


def not_granted(scope: Scope, templates: TemplateSet) -> list[str]:
    """What an extension's types or newer schemas need and has no grant here; empty for the described set."""
    return sorted(
        f"{kind} {action}"
        for kind, actions in permissions(templates).items()
        for action in left_out(kind, actions, scope) or (() if actions else ("all: cfn-lint has no schema of it",))
    )


def _of_parameters(actions: frozenset[str], scope: Scope) -> frozenset[str]:
    return actions if scope.boundary else actions - {"iam:PutRolePermissionsBoundary"}


def _with_boundary(grants: list[Grant], scope: Scope) -> Iterator[Grant]:
    for each in grants:
        if each.sid != "Roles" or not scope.boundary:
            yield each
            continue
        policy = f"arn:{scope.partition}:iam::{scope.account}:policy/{scope.boundary}"
        bounded: Conditions = {"StringEquals": {"iam:PermissionsBoundary": policy}}
        yield Grant("Roles", each.actions - _BOUNDED, each.resources)
        yield Grant("BoundedRoles", each.actions & _BOUNDED, each.resources, bounded)


def _own_calls(scope: Scope) -> Iterator[Grant]:
    """The calls of our commands: those of a plan, then execute, protect, drift, recover, destroy."""
    yield from plan_grants(scope)
    yield grant(
        "RootStack",
        "cloudformation:ExecuteChangeSet UpdateTerminationProtection DeleteStack ContinueUpdateRollback RollbackStack",
        scope.root_stack(),
    )
    yield grant(
        "Stacks",
        "cloudformation:SetStackPolicy DetectStackDrift DescribeStackResourceDrifts",
        [scope.root_stack(), *scope.nested_stacks()],
    )
    yield grant("StorePackages", "s3:PutObject GetObject", scope.objects())
    yield grant("Look", "cloudformation:GetTemplateSummary DescribeStackDriftDetectionStatus", "*")
