"""The stack of the two functions, each with its role, log group, published version and alias."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from troposphere import AccountId, And, Condition, Equals, GetAtt, If, Not, NoValue, Or, Parameter, Ref, Sub, Template
from troposphere.awslambda import Function
from troposphere.iam import Role
from troposphere.logs import LogGroup

from payflow_cfn.config import names
from payflow_cfn.config.alarms import METRICS_NAMESPACE
from payflow_cfn.config.gateways import KEYLESS
from payflow_cfn.config.names import Name
from payflow_cfn.config.settings import Settings
from payflow_cfn.stacks import policies
from payflow_cfn.stacks.customer_resources import given_to_functions, version_description
from payflow_cfn.stacks.lint_suppressions import function_metadata
from payflow_cfn.stacks.network import network, network_access
from payflow_cfn.stacks.resources import awslambda, iam, logs, secretsmanager
from payflow_cfn.stacks.template_base import add_outputs, arn, named, new_template, tags, via


class Purpose(NamedTuple):
    """One of the two functions: its title in outputs, its description and its physical names."""

    title: str
    does: str
    function: Name
    role: Name
    policy: Name
    log_group: Name

    @property
    def package(self) -> str:
        """The function's folder in lambdas/ and the stem of its artifact."""
        return self.title.lower()


VALIDATION = Purpose(
    "Validation",
    "Checks a payment and records it as validated or rejected",
    names.VALIDATION_FUNCTION,
    names.VALIDATION_ROLE,
    names.VALIDATION_POLICY,
    names.VALIDATION_LOGS,
)
PROCESSING = Purpose(
    "Processing",
    "Charges a validated payment once, or asks the gateway for its outcome",
    names.PROCESSING_FUNCTION,
    names.PROCESSING_ROLE,
    names.PROCESSING_POLICY,
    names.PROCESSING_LOGS,
)


def functions_stack(settings: Settings, identities: Mapping[str, str]) -> Template:
    """Both functions; `identities` are the artifacts' content hashes by function."""
    template = new_template(
        "functions",
        "validation and processing",
        *("DynamodbKeyArn", "CloudwatchKeyArn", "LambdaKeyArn", "TransactionsTableName", "TransactionsTableArn"),
        *("LogRetentionDays", "PermissionsBoundary", "RolePath", "GatewayAdapter", "ResourceCoverage"),
    )
    for name, facts in given_to_functions(settings).items():
        template.add_parameter(Parameter(name, **facts))
    template.add_condition("HasBoundary", Not(Equals(Ref("PermissionsBoundary"), "")))
    template.add_condition("HasGatewaySecret", _is_none_of("GatewayAdapter", KEYLESS))
    template.add_condition("FullCoverage", Equals(Ref("ResourceCoverage"), "full"))
    template.add_condition("HasGatewaySecretPolicy", And(Condition("HasGatewaySecret"), Condition("FullCoverage")))
    table = Ref("TransactionsTableArn")
    _add_function(template, settings, VALIDATION, identities, [policies.store_validation(table)], [])
    _add_function(template, settings, PROCESSING, identities, [policies.move_payment(table)], _read_secret())
    _gateway_secret(template, settings)
    return template


def _is_none_of(parameter: str, values: Sequence[str]) -> Not:
    found = [Equals(Ref(parameter), each) for each in values]
    return Not(Or(*found) if len(found) > 1 else found[0])


def _gateway_secret(template: Template, settings: Settings) -> None:
    secret = template.add_resource(
        secretsmanager.gateway_secret(
            name=named(names.GATEWAY_SECRET),
            key_arn=Ref("LambdaKeyArn"),
            condition="HasGatewaySecret",
            tags=tags(settings),
        )
    )
    template.add_resource(
        secretsmanager.gateway_secret_policy(
            secret,
            policy=policies.document(policies.deny_other_readers(GetAtt("ProcessingRole", "Arn"))),
            condition="HasGatewaySecretPolicy",
        )
    )
    add_outputs(template, {"GatewaySecretArn": If("HasGatewaySecret", Ref(secret), "")})


def _read_secret() -> list[Any]:
    # By name: the secret's own policy refers to the role, and a reference back would be a circular dependency.
    secret_arn = arn("secretsmanager", f"secret:{names.GATEWAY_SECRET.sub()}-??????")
    document = policies.document(
        policies.read_gateway_key(secret_arn),
        policies.use_secret_key(Ref("LambdaKeyArn"), via=via("secretsmanager"), secret_arn=secret_arn),
    )
    policy = iam.policy(name=named(names.GATEWAY_POLICY), document=document)
    return [If("HasGatewaySecret", policy, NoValue)]


def _add_function(
    template: Template,
    settings: Settings,
    purpose: Purpose,
    identities: Mapping[str, str],
    statements: list[Any],
    more: list[Any],
) -> None:
    group = template.add_resource(
        logs.log_group(
            f"{purpose.title}LogGroup",
            name=named(purpose.log_group),
            retention_days=Ref("LogRetentionDays"),
            key_arn=Ref("CloudwatchKeyArn"),
            tags=tags(settings),
        )
    )
    role = template.add_resource(_role(settings, purpose, GetAtt(group, "Arn"), statements, more))
    function = template.add_resource(_function(settings, purpose, role, group))
    digits = fingerprint(function, identities[purpose.package])
    version = template.add_resource(
        awslambda.version(function, fingerprint=digits, description=version_description(settings, digits))
    )
    alias = template.add_resource(awslambda.live_alias(function, version))
    invoke = "apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Arn}/invocations"
    add_outputs(
        template,
        {
            f"{purpose.title}FunctionName": Ref(function),
            f"{purpose.title}FunctionArn": GetAtt(function, "Arn"),
            f"{purpose.title}FunctionInvokeArn": Sub(f"arn:${{AWS::Partition}}:{invoke}", Arn=GetAtt(function, "Arn")),
            f"{purpose.title}FunctionRoleArn": GetAtt(role, "Arn"),
            f"{purpose.title}AliasArn": Ref(alias),
            f"{purpose.title}LogGroupName": Ref(group),
            f"{purpose.title}LogGroupArn": GetAtt(group, "Arn"),
        },
    )


def _role(settings: Settings, purpose: Purpose, log_group_arn: Any, statements: list[Any], more: list[Any]) -> Role:
    table_key = policies.use_table_key(Ref("DynamodbKeyArn"), via=via("dynamodb"), table=Ref("TransactionsTableName"))
    function_arn = arn("lambda", f"function:{purpose.function.sub()}")
    environment = policies.use_environment_key(Ref("LambdaKeyArn"), function_arn=function_arn)
    traces = [policies.send_traces()] if settings.tracing else []
    access = network_access(settings, purpose.function)
    log_lines = policies.write_function_logs(log_group_arn)
    document = policies.document(*statements, table_key, environment, log_lines, *traces, *access)
    return iam.role(
        f"{purpose.title}Role",
        name=named(purpose.role),
        path=Ref("RolePath"),
        boundary=boundary(),
        trust=policies.assumed_by_functions(account=AccountId),
        policies=[iam.policy(name=named(purpose.policy), document=document), *more],
        tags=tags(settings),
    )


def boundary() -> If:
    """The permissions boundary, or no property."""
    policy = arn("iam", "policy/${PermissionsBoundary}", region=False)
    return If("HasBoundary", policy, NoValue)


def _function(settings: Settings, purpose: Purpose, role: Role, group: LogGroup) -> Function:
    return awslambda.function(
        f"{purpose.title}Function",
        name=named(purpose.function),
        purpose=purpose.does,
        role_arn=GetAtt(role, "Arn"),
        code=f"./artifacts/{purpose.package}.zip",
        runtime=settings.runtime,
        architecture=settings.architecture,
        handler=f"{purpose.package}.handler.handle",
        memory=settings.function_memory,
        timeout=settings.function_timeout,
        environment={
            "TABLE_NAME": Ref("TransactionsTableName"),
            "ENVIRONMENT": Ref("Environment"),
            "LOG_LEVEL": settings.log_level,
            "POWERTOOLS_SERVICE_NAME": f"payment-{purpose.package}",
            "POWERTOOLS_METRICS_NAMESPACE": METRICS_NAMESPACE,
        },
        key_arn=Ref("LambdaKeyArn"),
        log_group=Ref(group),
        tracing=settings.tracing,
        tags=tags(settings),
        network=network(settings),
        code_signing_config_arn=Ref("CodeSigningConfigArn") if settings.code_signing else None,
        reserved_concurrency=Ref(f"{purpose.title}ReservedConcurrency") if settings.reserved_concurrency else None,
        metadata=function_metadata(settings),
    )


# The properties that a published version keeps (https://docs.aws.amazon.com/lambda/latest/dg/configuration-versions.html).
# Tags and reserved concurrency are not among them, and Lambda refuses a version without a difference.
_FROZEN = (
    *("Architectures", "Description", "Environment", "Handler", "KmsKeyArn", "Layers", "LoggingConfig"),
    *("MemorySize", "Role", "Runtime", "Timeout", "TracingConfig", "VpcConfig"),
)


def fingerprint(function: Function, identity: str) -> str:
    """Ten hexadecimal digits that change exactly when a published version of the function would."""
    properties = function.to_dict()["Properties"]
    frozen = {key: properties[key] for key in _FROZEN if key in properties}
    text = json.dumps([identity, frozen], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:10]
