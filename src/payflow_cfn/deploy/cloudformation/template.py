"""Read the root template for a deploy: its parameters, and the capabilities that the whole set needs."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from payflow_cfn.aws.client_types import CloudFormationClient
from payflow_cfn.deploy.cloudformation.aws_errors import explained
from payflow_cfn.deploy.cloudformation.parameter_check import wanted
from payflow_cfn.deploy.cloudformation.stack import Stack
from payflow_cfn.errors import DeployError, SettingsError, refuse

# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html: counted in bytes of UTF-8.
LARGEST_BODY = 51_200


@dataclass(frozen=True, slots=True)
class Parameter:
    """A declared parameter; `default` is None without a default, `rules` is its declaration if known."""

    name: str
    default: str | None
    secret: bool
    rules: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RootTemplate:
    """The root template: TemplateBody or TemplateURL as it is sent, its parameters, whether it has a transform."""

    sent: Mapping[str, Any]
    parameters: Mapping[str, Parameter]
    transform: bool


def read_root(
    cloudformation: CloudFormationClient, root_template: str, *, stack_name: str, text: str = ""
) -> RootTemplate:
    """Read the root template: a JSON text here; an https URL or another text with a call of CloudFormation.

    `text` is the template at the URL, if it is known: that saves the call.
    """
    sent = _sent(root_template)
    body = _parsed(text or sent.get("TemplateBody", ""))
    if body is not None:
        return _root(body, sent)
    with explained("reading the template", stack_name=stack_name):
        summary = cloudformation.get_template_summary(**sent)
    found = [
        Parameter(each["ParameterKey"], each.get("DefaultValue"), bool(each.get("NoEcho")))
        for each in summary.get("Parameters", [])
    ]
    return RootTemplate(sent, {each.name: each for each in found}, bool(summary.get("DeclaredTransforms")))


def parse_root(text: str) -> RootTemplate:
    """Parse a root template in JSON, before it is in a place from which CloudFormation reads it."""
    body = _parsed(text)
    if body is None:
        raise DeployError("the root template is not JSON", remedy="render it again")
    return _root(body, {})


def needed_capabilities(root: RootTemplate, templates: Iterable[str]) -> tuple[str, ...]:
    """The capabilities to acknowledge: named roles always (every set has them), expansion only with a transform."""
    transform = root.transform or any(_transforms(body) for body in map(_parsed, templates) if body is not None)
    return ("CAPABILITY_AUTO_EXPAND", "CAPABILITY_NAMED_IAM") if transform else ("CAPABILITY_NAMED_IAM",)


def parameter_list(
    root: RootTemplate, values: Mapping[str, str], *, stack: Stack | None
) -> tuple[list[dict[str, Any]], tuple[str, ...]]:
    """Every declared parameter with its value, and the names that were dropped because the template no longer has them.

    A value not given is the template's default, sent in full: CloudFormation would otherwise keep the stack's old
    value when a default changes. Only a secret (NoEcho) without a value keeps the deployed one.
    """
    deployed = stack.parameters if stack else {}
    dropped = dropped_names(root, values, deployed)
    return [_value(each, values, deployed) for _, each in sorted(root.parameters.items())], dropped


def dropped_names(root: RootTemplate, values: Mapping[str, str], deployed: Mapping[str, str]) -> tuple[str, ...]:
    """The given names that only the deployed stack has; a SettingsError for names that it does not have either."""
    dropped = tuple(sorted(set(values) - set(root.parameters)))
    refuse([_unknown(name, root.parameters) for name in dropped if name not in deployed])
    return dropped


def check_values(root: RootTemplate, values: Mapping[str, str]) -> None:
    """SettingsError with every value that the template's own declaration refuses."""
    found = []
    for name, value in values.items():
        declared = root.parameters.get(name)
        takes = wanted(declared.rules, value) if declared else ""
        if declared and takes:
            shown = "not what it takes" if declared.secret else repr(value)
            found.append(SettingsError(f"the parameter {name} is {shown}", remedy=f"it takes {takes}", parameter=name))
    refuse(found)


def _value(each: Parameter, values: Mapping[str, str], deployed: Mapping[str, str]) -> dict[str, Any]:
    if each.name in values:
        return {"ParameterKey": each.name, "ParameterValue": values[each.name]}
    if each.secret and each.name in deployed:
        return {"ParameterKey": each.name, "UsePreviousValue": True}
    if each.default is None:
        raise SettingsError(
            f"the parameter {each.name} has no value and no default",
            remedy="give it a value in payflow.toml",
            parameter=each.name,
        )
    return {"ParameterKey": each.name, "ParameterValue": each.default}


def _unknown(name: str, declared: Iterable[str]) -> SettingsError:
    close = difflib.get_close_matches(name, sorted(declared), n=1)
    remedy = f"did you mean {close[0]}?" if close else "leave it out"
    return SettingsError(f"the template has no parameter {name}", remedy=remedy, parameter=name)


def _root(body: Mapping[str, Any], sent: Mapping[str, str]) -> RootTemplate:
    declared = body.get("Parameters", {})
    return RootTemplate(sent, {name: _declared(name, each) for name, each in declared.items()}, _transforms(body))


def _sent(root_template: str) -> dict[str, Any]:
    if root_template.startswith(("https://", "http://")):
        return {"TemplateURL": root_template}
    size = len(root_template.encode())
    if size > LARGEST_BODY:
        raise DeployError(
            f"the root template has {size} bytes, CloudFormation takes {LARGEST_BODY} in a call",
            remedy="package it into a bucket and pass its URL",
            size=size,
        )
    return {"TemplateBody": root_template}


def _parsed(text: str) -> dict[str, Any] | None:
    try:
        body = json.loads(text)
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def _declared(name: str, each: Mapping[str, Any]) -> Parameter:
    default = each.get("Default")
    return Parameter(
        name,
        default if default is None or isinstance(default, str) else json.dumps(default),
        str(each.get("NoEcho", "")).lower() == "true",
        each,
    )


def _transforms(value: Any) -> bool:
    """Whether a template has a Transform, or Fn::Transform anywhere in it."""
    if isinstance(value, dict):
        return (
            "Fn::Transform" in value
            or ("Transform" in value and "Resources" in value)
            or any(map(_transforms, value.values()))
        )
    return isinstance(value, list) and any(map(_transforms, value))
