"""The functions in subnets of a VPC: where they are, and what their roles let Lambda do there."""

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
    """What the function's role needs for its network interfaces, and the denial of it to the function's own code."""
    if not settings.vpc:
        return []
    # What another account shares keeps that account's id in its ARN.
    shared = [Sub(f"arn:${{AWS::Partition}}:ec2:${{AWS::Region}}:*:{each}/*") for each in ("security-group", "subnet")]
    return [
        policies.describe_network(),
        policies.create_interfaces([arn("ec2", "*/*"), *shared]),
        policies.manage_interfaces(arn("ec2", "*/*")),
        policies.deny_network_to_code(arn("lambda", f"function:{function.sub()}")),
    ]
