"""Find the physical names of a set's resources in one environment, an extension's among them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from payflow_cfn.artifacts.template_set import TemplateSet
from payflow_cfn.aws.names import NAMED
from payflow_cfn.aws.parsed_set import ROOT, ParsedSet, parse_set
from payflow_cfn.aws.stack import Scope as Stack
from payflow_cfn.aws.template import stack_source
from payflow_cfn.aws.values import ABSENT, Either, listed
from payflow_cfn.aws.worlds import pseudo_parameters
from payflow_cfn.config import names
from payflow_cfn.iam.scope import FORMS, Owned, Scope

# CloudFormation's own name of these has no stack in it: nothing tells one environment's from another's.
_UNTOLD = frozenset({
    "AWS::Events::EventBus", "AWS::KMS::Alias", "AWS::SSM::Parameter", "AWS::SecretsManager::Secret"
})  # fmt: skip
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
            if resource.get("Type") in FORMS:
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
    key, _ = NAMED[resource["Type"]]
    given = stack.value(resource.get("Properties", {}).get(key, ABSENT))
    if given is ABSENT:
        return _generated(resource["Type"], stack.path, logical, scope)
    texts = list(_alternatives(given))
    if not all(isinstance(each, str) and _NAME.fullmatch(each) for each in texts):
        return [], f"its {key} is not known before the deploy"
    if not all(scope.environment in each for each in texts):
        return [], f"its {key} does not hold the environment"
    return texts, ""


def _generated(kind: str, path: tuple[str, ...], logical: str, scope: Scope) -> tuple[list[str], str]:
    """The name that CloudFormation makes of the stack, the logical id and random characters, cut short where needed.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-name.html
    """
    key, limit = NAMED[kind]
    start, end = "-".join([names.ROOT_STACK.text(scope.environment), *path, ""]), logical[:_LOGICAL]
    if kind in _UNTOLD:
        return [], f"without a {key} nothing tells it from another environment's"
    if len(start) + len(end) + _RANDOM > limit:
        return [], f"without a {key} its name is cut short in a long environment; give it one"
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
    document = stack.value(properties.get("AssumeRolePolicyDocument", {}))
    statements = listed(document.get("Statement")) if isinstance(document, Mapping) else []
    principals = [each.get("Principal") for each in statements if isinstance(each, Mapping)]
    services = (listed(each.get("Service")) for each in principals if isinstance(each, Mapping))
    return frozenset(str(each).partition(".")[0] for found in services for each in found if isinstance(each, str))
