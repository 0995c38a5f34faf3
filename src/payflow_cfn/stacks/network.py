"""The functions in a VPC: their subnets and security groups, and the network permissions of their roles."""

from __future__ import annotations

from typing import Any

from troposphere import Ref, Sub

from payflow_cfn.config.names import Name
from payflow_cfn.config.settings import Settings
from payflow_cfn.stacks import policies
from payflow_cfn.stacks.template_base import arn


def network(settings: Settings) -> tuple[Any, Any] | None:
    """Subnets and security groups, or None for no VPC."""
    return (Ref("SubnetIds"), Ref("SecurityGroupIds")) if settings.vpc else None


def network_access(settings: Settings, function: Name) -> list[Any]:
    """The permissions for the function's network interfaces, and their denial to the function's own code."""
    if not settings.vpc:
        return []
    # The ARN of a shared subnet or security group has the id of the account that shares it.
    shared = [Sub(f"arn:${{AWS::Partition}}:ec2:${{AWS::Region}}:*:{each}/*") for each in ("security-group", "subnet")]
    return [
        policies.describe_network(),
        policies.create_interfaces([arn("ec2", "*/*"), *shared]),
        policies.manage_interfaces(arn("ec2", "*/*")),
        policies.deny_network_to_code(arn("lambda", f"function:{function.sub()}")),
    ]
