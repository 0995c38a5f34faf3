"""AWS Lambda."""

from __future__ import annotations

from typing import Any

from troposphere import AWSHelperFn, GetAtt, Ref, Tags
from troposphere.awslambda import Alias, Environment, Function, LoggingConfig, TracingConfig, Version, VPCConfig

from payflow_cfn.config.names import LIVE


class LocalCode(AWSHelperFn):  # type: ignore[misc]  # troposphere's own class is untyped
    """A path beside the template, which `aws cloudformation package` and ours replace with an S3 location."""

    def __init__(self, path: str) -> None:
        self.data: Any = path


def function(
    title: str,
    *,
    name: Any,
    purpose: str,
    role_arn: Any,
    code: str,
    runtime: str,
    architecture: str,
    handler: str,
    memory: int,
    timeout: int,
    environment: dict[str, Any],
    key_arn: Any,
    log_group: Any,
    tracing: bool,
    tags: Tags,
    network: tuple[Any, Any] | None = None,
    code_signing_config_arn: Any = None,
    reserved_concurrency: Any = None,
    metadata: dict[str, Any] | None = None,
) -> Function:
    """A function; memory in MB, timeout in seconds, `network` its subnets and its security groups.

    A value that is AWS's default is left out.
    """
    optional: dict[str, Any] = {}
    if architecture != "x86_64":
        optional["Architectures"] = [architecture]
    if tracing:
        optional["TracingConfig"] = TracingConfig(Mode="Active")
    if network is not None:
        optional["VpcConfig"] = VPCConfig(SubnetIds=network[0], SecurityGroupIds=network[1])
    if code_signing_config_arn is not None:
        optional["CodeSigningConfigArn"] = code_signing_config_arn
    if reserved_concurrency is not None:
        optional["ReservedConcurrentExecutions"] = reserved_concurrency
    if metadata is not None:
        optional["Metadata"] = metadata
    return Function(
        title,
        FunctionName=name,
        Description=purpose,
        Role=role_arn,
        Code=LocalCode(code),
        Runtime=runtime,
        Handler=handler,
        MemorySize=memory,
        Timeout=timeout,
        Environment=Environment(Variables=environment),
        KmsKeyArn=key_arn,
        LoggingConfig=LoggingConfig(LogGroup=log_group),
        Tags=tags,
        **optional,
    )


def version(function: Function, *, fingerprint: str, description: Any) -> Version:
    """A published version; its logical id changes exactly when the function's code or configuration changes.

    A changed description replaces the version, too: so a parameter's new value publishes one. Old versions are kept for
    a rollback.
    """
    return Version(
        f"{function.title.removesuffix('Function')}Version{fingerprint}",
        FunctionName=Ref(function),
        Description=description,
        DeletionPolicy="Retain",
        UpdateReplacePolicy="Retain",
    )


def live_alias(function: Function, version: Version) -> Alias:
    """The name that callers use; it moves to each new version."""
    return Alias(
        f"{function.title.removesuffix('Function')}Alias",
        Name=LIVE,
        FunctionName=Ref(function),
        FunctionVersion=GetAtt(version, "Version"),
    )
