"""Add resources, stacks, outputs and root parameters to the set."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from payflow_cfn.aws.grants import policies
from payflow_cfn.aws.schemas import tags_type
from payflow_cfn.aws.shares import USE, shares
from payflow_cfn.aws.values import Attribute, Given
from payflow_cfn.errors import ExtensionError
from payflow_cfn.extensions.alarms import extend_statement
from payflow_cfn.extensions.naming import set_tags
from payflow_cfn.extensions.plain import new_names, noted, plain
from payflow_cfn.stacks.draft import Draft
from payflow_cfn.stacks.template_base import arn
from payflow_cfn.version import TEMPLATE_VERSION

_STACK = re.compile(r"[a-z][a-z0-9]{1,30}")
_LOGICAL = re.compile(r"[A-Za-z][A-Za-z0-9]{0,254}")


def add_resource(
    payments: Draft,
    stack: str,
    resource: Any,
    *,
    name: str = "",
    outputs: Mapping[str, Any] | None = None,
    why: str = "",
    accept: Mapping[str, str] | None = None,
) -> Draft:
    """Add a resource, a troposphere object or {"Type": ..., "Properties": ...}, to a nested stack.

    `name` is its logical id, by default the object's title. A taggable resource without tags gets the set's. `outputs`
    are what other stacks may refer to by name. A resource that grants permissions needs `why`, the reason that `audit`
    then knows; `accept` holds the reasons {rule: text} for findings of lint.
    """
    name = name or str(getattr(resource, "title", None) or "") if not isinstance(resource, str) else name
    made = plain(resource)
    if not _LOGICAL.fullmatch(name) or not isinstance(made, dict) or not isinstance(made.get("Type"), str):
        raise ExtensionError(
            f"{name or 'a resource'} has no Type or no logical id", remedy="give both, as in a template"
        )
    new_names(payments, stack, "Resources", [name])
    needs = _needs(made)
    shared = next(shares(made["Type"], _resolved(payments, made.get("Properties", {}))), None)
    if (needs or shared) and not why:
        raise ExtensionError(f"{stack}/{name} grants permissions", remedy="say why: add_resource(..., why=REASON)")
    made = noted(_tagged(payments, made), extension=payments.extension, needs=needs, accept=accept, why=why)
    payments = payments.with_section(stack, "Resources", {name: made}).claimed(f"{stack}/{name}")
    payments = _let_logs_use_key(payments, made)
    for each, value in (outputs or {}).items():
        payments = add_output(payments, stack, each, value)
    return payments


def _needs(resource: Mapping[str, Any]) -> dict[str, Any]:
    """The statements of each policy of the resource by its kind; the second of a kind is "kind 2"."""
    found: dict[str, Any] = {}
    for each in policies(resource["Type"], resource.get("Properties", {})):
        if each.kind == USE:
            continue  # what is evaluated decides it: audit takes it from the set, see declared_grants
        number = sum(key.partition(" ")[0] == each.kind for key in found) + 1
        found[each.kind if number == 1 else f"{each.kind} {number}"] = each.statements
    return found


def _resolved(payments: Draft, value: Any) -> Any:
    """The value with the symbols that `shares` knows in a parsed set: what stays in the set needs no reason there."""
    if isinstance(value, list):
        return [_resolved(payments, each) for each in value]
    if not isinstance(value, Mapping):
        return value
    if "Fn::GetAtt" in value:
        return Attribute((), str(value["Fn::GetAtt"]))
    name = str(value.get("Ref", ""))
    if name and not name.startswith("AWS::"):
        return Given((), name) if name in payments.parameters else Attribute((), name)
    return {key: _resolved(payments, each) for key, each in value.items()}


def _let_logs_use_key(payments: Draft, resource: Mapping[str, Any]) -> Draft:
    """The draft whose key for logs also takes this group, if it is a named log group under that key."""
    properties = resource.get("Properties", {})
    named = properties.get("LogGroupName", {})
    ours = resource["Type"] == "AWS::Logs::LogGroup" and properties.get("KmsKeyId") == {"Ref": "CloudwatchKeyArn"}
    if not ours or not isinstance(named, Mapping) or not isinstance(named.get("Fn::Sub"), str):
        return payments
    group = plain(arn("logs", f"log-group:{named['Fn::Sub']}"))
    return extend_statement(payments, "encryption", "CloudwatchKey", "AllowLogs", group)


def _tagged(payments: Draft, resource: dict[str, Any]) -> dict[str, Any]:
    """The resource with the set's tags, where its type has tags and it has none."""
    properties = resource.get("Properties", {})
    kind = tags_type(resource["Type"]) if "Tags" not in properties else ""
    return {**resource, "Properties": {**properties, "Tags": set_tags(payments, kind)}} if kind else resource


def add_output(payments: Draft, stack: str, name: str, value: Any) -> Draft:
    """Add an output; every other stack may refer to it by this name, and root has it, too."""
    for each, template in payments.stacks.items():
        if name in template.get("Outputs", {}):
            raise ExtensionError(f"{name} is already an output of {each}", remedy="choose another name")
    if name in payments.parameters:
        raise ExtensionError(f"{name} is already a parameter of root", remedy="choose another name")
    return payments.with_section(stack, "Outputs", {name: {"Value": plain(value)}})


def add_parameter(
    payments: Draft, name: str, *, description: str, default: str | float | Sequence[str] | None = None, **facts: Any
) -> Draft:
    """Add a parameter of root, which every stack may refer to by its name; `facts` are CloudFormation's, Type String.

    Without a default, each environment has to give a value. With Type="CommaDelimitedList" a stack refers to a list.
    """
    taken = [
        stack for stack, each in payments.stacks.items() if name in {**each.get("Outputs", {}), **each["Resources"]}
    ]
    if name in payments.parameters or taken or not _LOGICAL.fullmatch(name):
        raise ExtensionError(f"{name} cannot be a new parameter of root", remedy="choose another name: letters, digits")
    given = {"Type": "String", "Description": description, **plain(facts)}
    value = default if default is None or isinstance(default, (str, int, float)) else ",".join(default)
    added = {**given, "Default": value} if value is not None else given
    return replace(payments, parameters={**payments.parameters, name: added}).claimed(f"root/parameters/{name}")


def add_stack(payments: Draft, name: str, *, purpose: str) -> Draft:
    """Add a nested stack, still empty, after the others; `purpose` goes into its description."""
    if not _STACK.fullmatch(name) or name == "root" or name in payments.stacks:
        raise ExtensionError(f"{name!r} cannot be a new stack", remedy="use a new name of small letters and digits")
    template = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"payflow {TEMPLATE_VERSION} {name}: {purpose}",
        "Resources": {},
    }
    return payments.with_stack(name, template).claimed(name)
