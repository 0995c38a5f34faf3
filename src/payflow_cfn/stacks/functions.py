"""The stack of the two functions, each with its role, log group, published version and alias."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from troposphere import (
    AccountId,
    And,
    AWSHelperFn,
    Condition,
    Equals,
    GetAtt,
    If,
    Not,
    NoValue,
    Or,
    Parameter,
    Ref,
    Sub,
    Template,
)
from troposphere.awslambda import Alias, Environment, Function, LoggingConfig, TracingConfig, Version, VPCConfig
from troposphere.iam import Role
from troposphere.logs import LogGroup
from troposphere.secretsmanager import GenerateSecretString, ResourcePolicy, Secret

from payflow_cfn.artifacts.digest import version_digits
from payflow_cfn.config import names
from payflow_cfn.config.alarms import METRICS_NAMESPACE
from payflow_cfn.config.gateways import KEYLESS
from payflow_cfn.config.names import Name
from payflow_cfn.config.settings import Settings
from payflow_cfn.stacks.customer_resources import given_to_functions, version_description
from payflow_cfn.stacks.lint_suppressions import function_metadata
from payflow_cfn.stacks.policies import resources, roles
from payflow_cfn.stacks.policies.documents import assumed_by_functions, document
from payflow_cfn.stacks.template_base import add_outputs, arn, log_group, named, new_template, policy, role, tags, via


class Purpose(NamedTuple):
    """A function: its title in outputs, its description and its physical names.

    `variables` are its own environment variables, `package` is its folder of sources and the stem of its artifact.
    """

    title: str
    does: str
    function: Name
    role: Name
    policy: Name
    log_group: Name
    variables: Mapping[str, Any]
    package: str


_TABLE = {"TABLE_NAME": Ref("TransactionsTableName")}
VALIDATION = Purpose(
    "Validation",
    "Checks a payment and records it as validated or rejected",
    names.VALIDATION_FUNCTION,
    names.VALIDATION_ROLE,
    names.VALIDATION_POLICY,
    names.VALIDATION_LOGS,
    _TABLE,
    "validation",
)
PROCESSING = Purpose(
    "Processing",
    "Charges a validated payment once, or asks the gateway for its outcome",
    names.PROCESSING_FUNCTION,
    names.PROCESSING_ROLE,
    names.PROCESSING_POLICY,
    names.PROCESSING_LOGS,
    _TABLE,
    "processing",
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
    key = roles.use_table_key(Ref("DynamodbKeyArn"), via=via("dynamodb"), table=Ref("TransactionsTableName"))
    for purpose, statements, more in (
        (VALIDATION, [roles.store_validation(table), key], []),
        (PROCESSING, [roles.move_payment(table), key], _read_secret()),
    ):
        add_function(template, settings, purpose, identities[purpose.package], statements, more)
    _gateway_secret(template, settings)
    return template


def _is_none_of(parameter: str, values: Sequence[str]) -> Not:
    found = [Equals(Ref(parameter), each) for each in values]
    return Not(Or(*found) if len(found) > 1 else found[0])


def _gateway_secret(template: Template, settings: Settings) -> None:
    """The payment gateway's API key: created with a placeholder, filled in by hand, kept without its stack."""
    secret = template.add_resource(
        Secret(
            "GatewaySecret",
            Name=named(names.GATEWAY_SECRET),
            Description="API key of the payment gateway; store the real key after the first deploy",
            GenerateSecretString=GenerateSecretString(PasswordLength=32, ExcludePunctuation=True),
            KmsKeyId=Ref("LambdaKeyArn"),
            Condition="HasGatewaySecret",
            Tags=tags(settings),
            DeletionPolicy="Retain",
            UpdateReplacePolicy="Retain",
        )
    )
    template.add_resource(
        # Who may read the key, whatever their own policies say.
        ResourcePolicy(
            "GatewaySecretPolicy",
            SecretId=Ref(secret),
            ResourcePolicy=document(resources.deny_other_readers(GetAtt("ProcessingRole", "Arn"))),
            BlockPublicPolicy=True,
            Condition="HasGatewaySecretPolicy",
        )
    )
    add_outputs(template, {"GatewaySecretArn": If("HasGatewaySecret", Ref(secret), "")})


def _read_secret() -> list[Any]:
    # By name: the secret's own policy refers to the role, and a reference back would be a circular dependency.
    secret_arn = arn("secretsmanager", f"secret:{names.GATEWAY_SECRET.sub()}-??????")
    allowed = document(
        roles.read_gateway_key(secret_arn),
        roles.use_secret_key(Ref("LambdaKeyArn"), via=via("secretsmanager"), secret_arn=secret_arn),
    )
    return [If("HasGatewaySecret", policy(names.GATEWAY_POLICY, allowed), NoValue)]


def add_function(
    template: Template,
    settings: Settings,
    purpose: Purpose,
    identity: str,
    statements: Sequence[Any],
    more: Sequence[Any] = (),
) -> None:
    """Add a function with its role, log group, published version, alias and outputs.

    `identity` is its artifact's content hash, `statements` what its role may do beside what every function does, `more`
    further policies of the role.
    """
    group = template.add_resource(log_group(f"{purpose.title}LogGroup", name=purpose.log_group, settings=settings))
    function_role = template.add_resource(_role(settings, purpose, GetAtt(group, "Arn"), statements, more))
    function = template.add_resource(_function(settings, purpose, function_role, group))
    version = template.add_resource(_version(settings, purpose, function, identity))
    # The name that callers use; it moves to each new version.
    alias = Alias(
        f"{purpose.title}Alias",
        Name=names.LIVE,
        FunctionName=Ref(function),
        FunctionVersion=GetAtt(version, "Version"),
    )
    template.add_resource(alias)
    invoke = "apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Arn}/invocations"
    add_outputs(
        template,
        {
            f"{purpose.title}FunctionName": Ref(function),
            f"{purpose.title}FunctionArn": GetAtt(function, "Arn"),
            f"{purpose.title}FunctionInvokeArn": Sub(f"arn:${{AWS::Partition}}:{invoke}", Arn=GetAtt(function, "Arn")),
            f"{purpose.title}FunctionRoleArn": GetAtt(function_role, "Arn"),
            f"{purpose.title}AliasArn": Ref(alias),
            f"{purpose.title}LogGroupName": Ref(group),
            f"{purpose.title}LogGroupArn": GetAtt(group, "Arn"),
        },
    )


def _role(
    settings: Settings, purpose: Purpose, log_group_arn: Any, statements: Sequence[Any], more: Sequence[Any]
) -> Role:
    function_arn = arn("lambda", f"function:{purpose.function.sub()}")
    environment = roles.use_environment_key(Ref("LambdaKeyArn"), function_arn=function_arn)
    traces = [roles.send_traces()] if settings.tracing else []
    access = _network_access(function_arn) if settings.vpc else []
    log_lines = roles.write_function_logs(log_group_arn)
    allowed = document(*statements, environment, log_lines, *traces, *access)
    return role(
        f"{purpose.title}Role",
        name=purpose.role,
        trust=assumed_by_functions(account=AccountId),
        policies=[policy(purpose.policy, allowed), *more],
        settings=settings,
    )


def _network_access(function_arn: Any) -> list[Any]:
    shared = [Sub(f"arn:${{AWS::Partition}}:ec2:${{AWS::Region}}:*:{each}/*") for each in ("security-group", "subnet")]
    return [
        roles.describe_network(),
        roles.create_interfaces([arn("ec2", "*/*"), *shared]),
        roles.manage_interfaces(arn("ec2", "*/*")),
        roles.deny_network_to_code(function_arn),
    ]


class LocalCode(AWSHelperFn):  # type: ignore[misc]  # troposphere's own class is untyped
    """A path beside the template, which `aws cloudformation package` and ours replace with an S3 location."""

    def __init__(self, path: str) -> None:
        self.data: Any = path


def _function(settings: Settings, purpose: Purpose, function_role: Role, group: LogGroup) -> Function:
    return Function(
        f"{purpose.title}Function",
        FunctionName=named(purpose.function),
        Description=purpose.does,
        Role=GetAtt(function_role, "Arn"),
        Code=LocalCode(f"./artifacts/{purpose.package}.zip"),
        Runtime=settings.runtime,
        Handler=f"{purpose.package}.handler.handle",
        MemorySize=settings.function_memory,
        Timeout=settings.function_timeout,
        Environment=Environment(
            Variables={
                **purpose.variables,
                "ENVIRONMENT": Ref("Environment"),
                "LOG_LEVEL": settings.log_level,
                "POWERTOOLS_SERVICE_NAME": f"payment-{purpose.package}",
                "POWERTOOLS_METRICS_NAMESPACE": METRICS_NAMESPACE,
            }
        ),
        KmsKeyArn=Ref("LambdaKeyArn"),
        LoggingConfig=LoggingConfig(LogGroup=Ref(group)),
        Tags=tags(settings),
        Metadata=function_metadata(settings),
        **_optional(settings, purpose),
    )


def _optional(settings: Settings, purpose: Purpose) -> dict[str, Any]:
    """The properties that settings add; what AWS takes as its default is not written out."""
    found: dict[str, Any] = {}
    if settings.architecture != "x86_64":
        found["Architectures"] = [settings.architecture]
    if settings.tracing:
        found["TracingConfig"] = TracingConfig(Mode="Active")
    if settings.vpc:
        found["VpcConfig"] = VPCConfig(SubnetIds=Ref("SubnetIds"), SecurityGroupIds=Ref("SecurityGroupIds"))
    if settings.code_signing:
        found["CodeSigningConfigArn"] = Ref("CodeSigningConfigArn")
    if settings.reserved_concurrency:
        found["ReservedConcurrentExecutions"] = Ref(f"{purpose.title}ReservedConcurrency")
    return found


def _version(settings: Settings, purpose: Purpose, function: Function, identity: str) -> Version:
    """A published version; its logical id changes exactly when what makes a version changes.

    A changed description replaces the version, too: so a parameter's new value publishes one. Old versions are kept for
    a rollback.
    """
    digits = version_digits(function.to_dict()["Properties"], identity)
    return Version(
        f"{purpose.title}Version{digits}",
        FunctionName=Ref(function),
        Description=version_description(settings, digits),
        # From this and the function, lint derives the digits again.
        Metadata={"payflow": {"artifact": identity}},
        DeletionPolicy="Retain",
        UpdateReplacePolicy="Retain",
    )
