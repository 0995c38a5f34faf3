"""AWS Identity and Access Management."""

from __future__ import annotations

from typing import Any

from troposphere import Tags
from troposphere.iam import Policy, Role


def policy(*, name: Any, document: Any) -> Policy:
    """An inline policy of a role."""
    return Policy(PolicyName=name, PolicyDocument=document)


def role(title: str, *, name: Any, path: Any, boundary: Any, trust: Any, policies: list[Any], tags: Tags) -> Role:
    """A role with its inline policies: a resource that refers to the role is created after them, too."""
    return Role(
        title,
        RoleName=name,
        Path=path,
        PermissionsBoundary=boundary,
        AssumeRolePolicyDocument=trust,
        Policies=policies,
        Tags=tags,
    )
