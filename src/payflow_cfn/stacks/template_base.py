"""The common parts of all stacks: shared parameters, outputs, tags, names and ARNs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from troposphere import If, NoValue, Output, Parameter, Ref, Sub, Tags, Template
from troposphere.iam import Policy, Role
from troposphere.kms import Alias, Key
from troposphere.logs import LogGroup

from payflow_cfn.aws.tags import ENVIRONMENT_TAG, FIXED_TAGS
from payflow_cfn.config.gateways import GATEWAYS, SIMULATED
from payflow_cfn.config.names import ENVIRONMENT_LIMIT, ENVIRONMENT_PATTERN, TELLING_ALARMS, Name
from payflow_cfn.config.settings import Settings
from payflow_cfn.version import TEMPLATE_VERSION

# The condition of the resource types that the embedded AWS lacks, and of their outputs.
FULL = "FullCoverage"

# Parameters that nested stacks take from root, with the rules that CloudFormation checks; root adds the defaults.
SHARED_PARAMETERS: Mapping[str, Mapping[str, Any]] = {
    "Environment": {
        "Type": "String",
        "AllowedPattern": ENVIRONMENT_PATTERN,
        "MaxLength": ENVIRONMENT_LIMIT,
        "ConstraintDescription": "a lower-case letter first, then letters, digits and single hyphens",
        "Description": "Name of the environment; part of every physical name",
    },
    "ResourceCoverage": {
        "Type": "String",
        "AllowedValues": ["full", "core"],
        "Description": "core leaves out the resource types that the embedded AWS cannot create",
    },
    "PermissionsBoundary": {
        "Type": "String",
        "AllowedPattern": "([\\w+=,.@/-]{1,512})?",
        "Description": "Name (with path) of this account's permissions boundary for every role; empty for none",
    },
    "RolePath": {
        "Type": "String",
        "AllowedPattern": "/|/[\\x21-\\x7e]{1,510}/",
        "Description": "IAM path of every role",
    },
    "LogRetentionDays": {
        "Type": "Number",
        "AllowedValues": [
            1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653
        ],
        "Description": "Days that log events are kept",
    },
    "GatewayAdapter": {
        "Type": "String",
        "AllowedValues": list(GATEWAYS),
        "Description": f"Payment gateway that charges; {SIMULATED} moves no money",
    },
}  # fmt: skip

# A list in a nested stack: its parameters are texts.
TEXT_LIST = "CommaDelimitedList"


def is_list(kind: str) -> bool:
    """Whether a parameter of this type holds a list."""
    return "List" in kind


def new_template(name: str, purpose: str, *parameters: str) -> Template:
    """An empty template with the named parameters; one that is not shared is another stack's output (text)."""
    template = Template(Description=f"payflow {TEMPLATE_VERSION} {name}: {purpose}")
    template.set_version("2010-09-09")
    for each in ("Environment", *parameters):
        template.add_parameter(Parameter(each, **SHARED_PARAMETERS.get(each, {"Type": "String"})))
    return template


def add_outputs(template: Template, values: Mapping[str, Any], *, condition: str = "") -> None:
    """Add outputs, with the condition of their resource; another stack's parameter and root's output share a name."""
    limited = {"Condition": condition} if condition else {}
    for name, value in values.items():
        template.add_output(Output(name, Value=value, **limited))


def tags(settings: Settings) -> Tags:
    """The tags of every resource: its environment, the four fixed tags, the user's."""
    return Tags({ENVIRONMENT_TAG: Ref("Environment"), **FIXED_TAGS, **settings.tags})


def named(name: Name) -> Sub:
    """The physical name with this stack's environment."""
    return Sub(name.sub())


def arn(service: str, resource: str, *, region: bool = True, account: bool = True) -> Sub:
    """An ARN in the partition, region and account of the stack."""
    place = "${AWS::Region}" if region else ""
    owner = "${AWS::AccountId}" if account else ""
    return Sub(f"arn:${{AWS::Partition}}:{service}:{place}:{owner}:{resource}")


def alarm_arns() -> list[Sub]:
    """The ARNs of this environment's alarms, for the policies of the topic and its key.

    Each is a whole name: `alarm-*-a` would also match the alarms of an environment called `b-a`.
    """
    return [arn("cloudwatch", f"alarm:{each.sub()}") for each in TELLING_ALARMS]


def host(service: str) -> Sub:
    """The regional host name of a service, which is also its regional principal."""
    return Sub(f"{service}.${{AWS::Region}}.${{AWS::URLSuffix}}")


def via(service: str) -> Sub:
    """A pattern for kms:ViaService of a service: AWS does not document its suffix in other partitions than aws.

    https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html
    """
    return Sub(f"{service}.${{AWS::Region}}.*")


def key(title: str, *, purpose: str, policy: Any, settings: Settings) -> Key:
    """A symmetric key, rotated each year, kept without its stack: without the key, the encrypted data is lost."""
    return Key(
        title,
        Description=purpose,
        EnableKeyRotation=True,
        KeyPolicy=policy,
        PendingWindowInDays=settings.key_pending_window_days,
        Tags=tags(settings),
        DeletionPolicy="Retain",
        UpdateReplacePolicy="Retain",
    )


def alias(of: Key, *, name: Any) -> Alias:
    """The key's readable name."""
    return Alias(f"{of.title}Alias", AliasName=name, TargetKeyId=Ref(of))


def log_group(title: str, *, name: Name, settings: Settings, log_class: str = "STANDARD") -> LogGroup:
    """An encrypted log group that is kept without its stack, as evidence. Its class cannot be changed later."""
    optional = {} if log_class == "STANDARD" else {"LogGroupClass": log_class}
    return LogGroup(
        title,
        LogGroupName=named(name),
        RetentionInDays=Ref("LogRetentionDays"),
        KmsKeyId=Ref("CloudwatchKeyArn"),
        Tags=tags(settings),
        DeletionPolicy="Retain",
        UpdateReplacePolicy="Retain",
        **optional,
    )


def role(title: str, *, name: Name, trust: Any, policies: list[Any], settings: Settings) -> Role:
    """A role with its inline policies: a resource that refers to the role waits for them, too.

    The stack has the parameters RolePath and PermissionsBoundary, and the condition HasBoundary.
    """
    boundary = arn("iam", "policy/${PermissionsBoundary}", region=False)
    return Role(
        title,
        RoleName=named(name),
        Path=Ref("RolePath"),
        PermissionsBoundary=If("HasBoundary", boundary, NoValue),
        AssumeRolePolicyDocument=trust,
        Policies=policies,
        Tags=tags(settings),
    )


def policy(name: Name, document: Any) -> Policy:
    """An inline policy of a role."""
    return Policy(PolicyName=named(name), PolicyDocument=document)
