"""Find the physical names of a set's resources in one environment, an extension's among them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from payflow_cfn.artifacts.template_set import TemplateSet
from payflow_cfn.aws.parsed_set import ROOT, ParsedSet, parse_set
from payflow_cfn.aws.stack import Scope as Stack
from payflow_cfn.aws.template import stack_source
from payflow_cfn.aws.values import ABSENT, Either, listed
from payflow_cfn.aws.worlds import pseudo_parameters
from payflow_cfn.config import names
from payflow_cfn.iam.scope import Owned, Scope


class _Form(NamedTuple):
    """How a type is named: the property, the longest name, and whether CloudFormation makes a name by itself."""

    key: str
    limit: int
    generated: bool = True


# What is not here has an ARN by its id alone, or that of another resource: an API, a subscription, a policy.
_FORMS: Mapping[str, _Form] = {
    "AWS::CloudWatch::Alarm": _Form("AlarmName", 255),
    "AWS::CloudWatch::CompositeAlarm": _Form("AlarmName", 255),
    "AWS::CloudWatch::Dashboard": _Form("DashboardName", 255),
    "AWS::DynamoDB::Table": _Form("TableName", 255),
    "AWS::Events::EventBus": _Form("Name", 256, generated=False),
    "AWS::Events::Rule": _Form("Name", 64),
    "AWS::IAM::Role": _Form("RoleName", 64),
    "AWS::KMS::Alias": _Form("AliasName", 256, generated=False),
    "AWS::Lambda::Function": _Form("FunctionName", 64),
    "AWS::Logs::LogGroup": _Form("LogGroupName", 512),
    "AWS::S3::Bucket": _Form("BucketName", 63),
    "AWS::SNS::Topic": _Form("TopicName", 256),
    "AWS::SQS::Queue": _Form("QueueName", 80),
    # CloudFormation's own name of these has no stack in it: nothing tells one environment's from another's.
    "AWS::SSM::Parameter": _Form("Name", 2048, generated=False),
    "AWS::Scheduler::Schedule": _Form("Name", 64),
    "AWS::SecretsManager::Secret": _Form("Name", 512, generated=False),
    "AWS::StepFunctions::StateMachine": _Form("StateMachineName", 80),
}
_NAME = re.compile(r"[\w+=,.@/#-]+", re.ASCII)
# Hyphen and random characters that CloudFormation puts behind a stack's logical id, or a resource's.
_RANDOM = 14
_LOGICAL = 24


def owned_by(scope: Scope, templates: TemplateSet) -> tuple[list[Owned], list[str]]:
    """The named resources of the set in this environment, and a line for each that no policy can name, with why."""
    parsed = parse_set(templates.templates)
    found: list[Owned] = []
    left_out: list[str] = []
    for stack in _stacks(parsed, scope):
        for logical, resource in stack.part("Resources").items():
            if resource.get("Type") in _FORMS:
                texts, problem = _names(stack, logical, resource, scope)
                found += [_owned(stack, resource, text) for text in texts]
                left_out += [f"{resource['Type']} {logical}: {problem}"] if problem else []
    return found, left_out


def _stacks(parsed: ParsedSet, scope: Scope) -> Iterator[Stack]:
    """Every stack of the set, with both sides of each condition."""
    given = {**scope.parameters, "Environment": scope.environment, "RolePath": scope.role_path}
    pseudo = {**pseudo_parameters(scope.region), "AWS::AccountId": scope.account}
    source = stack_source(ROOT, parsed.templates, parsed.children)
    yield from Stack(source, (), lambda name: given.get(name, ABSENT), pseudo, None, None).every()


def _names(stack: Stack, logical: str, resource: Mapping[str, Any], scope: Scope) -> tuple[list[str], str]:
    """The names that the resource may get, and why one is not known."""
    form = _FORMS[resource["Type"]]
    given = stack.value(resource.get("Properties", {}).get(form.key, ABSENT))
    if given is ABSENT:
        return _generated(form, stack.path, logical, resource["Type"], scope)
    texts = list(_alternatives(given))
    if not all(isinstance(each, str) and _NAME.fullmatch(each) for each in texts):
        return [], f"its {form.key} is not known before the deploy"
    if not all(scope.environment in each for each in texts):
        return [], f"its {form.key} does not hold the environment"
    return texts, ""


def _generated(form: _Form, path: tuple[str, ...], logical: str, kind: str, scope: Scope) -> tuple[list[str], str]:
    """The name that CloudFormation makes of the stack, the logical id and random characters, cut short where needed.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-name.html
    """
    start, end = "-".join([names.ROOT_STACK.text(scope.environment), *path, ""]), logical[:_LOGICAL]
    if not form.generated:
        return [], f"without a {form.key} nothing tells it from another environment's"
    if len(start) + len(end) + _RANDOM > form.limit:
        return [], f"without a {form.key} its name is cut short in a long environment; give it one"
    text = f"{start}*-{end}{'*' if end != logical else ''}-*"
    return [text.lower() if kind == "AWS::S3::Bucket" else text], ""


def _alternatives(value: Any) -> Iterator[Any]:
    if isinstance(value, Either):
        yield from _alternatives(value.yes)
        yield from _alternatives(value.no)
    elif value is not ABSENT:
        yield value


def _owned(stack: Stack, resource: Mapping[str, Any], text: str) -> Owned:
    properties, kind = resource.get("Properties", {}), resource["Type"]
    path = stack.value(properties.get("Path", "/"))
    name = text.removeprefix("/") if kind == "AWS::SSM::Parameter" else text
    return Owned(kind, name, path if isinstance(path, str) else "/", _trusted(stack, properties))


def _trusted(stack: Stack, properties: Mapping[str, Any]) -> frozenset[str]:
    """The services that may assume a role, by their names without a domain."""
    document = stack.value(properties.get("AssumeRolePolicyDocument", {}))
    statements = listed(document.get("Statement")) if isinstance(document, Mapping) else []
    principals = [each.get("Principal") for each in statements if isinstance(each, Mapping)]
    services = (listed(each.get("Service")) for each in principals if isinstance(each, Mapping))
    return frozenset(str(each).partition(".")[0] for found in services for each in found if isinstance(each, str))
