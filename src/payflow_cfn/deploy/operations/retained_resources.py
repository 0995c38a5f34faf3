"""List the resources that stay when a stack is deleted, and how to import them into a stack again."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from payflow_cfn.aws.client_types import CloudFormationClient
from payflow_cfn.aws.template import parse_text
from payflow_cfn.deploy.cloudformation.stack import StackResource, list_resources

_KEEPING = frozenset({"Retain", "RetainExceptOnCreate"})

# The property that identifies a resource of the type when it is imported:
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/import-resources-manually.html
IDENTIFIERS: Mapping[str, str] = {
    "AWS::DynamoDB::Table": "TableName",
    "AWS::KMS::Key": "KeyId",
    "AWS::KMS::Alias": "AliasName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::SNS::Topic": "TopicArn",
    "AWS::SQS::Queue": "QueueUrl",
    "AWS::SecretsManager::Secret": "Id",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::IAM::Role": "RoleName",
}

_BEFORE_DELETING: Mapping[str, str] = {
    "AWS::DynamoDB::Table": "it has deletion protection and holds every payment: back it up before you turn that off",
    "AWS::KMS::Key": "whatever it encrypted (table, backups, logs) is unreadable once it is deleted",
    "AWS::Logs::LogGroup": "it is the evidence of what happened",
}


@dataclass(frozen=True, slots=True)
class Retained:
    """A resource that a deletion leaves behind."""

    path: tuple[str, ...]
    resource_type: str
    physical_id: str

    @property
    def identifier(self) -> dict[str, str]:
        """Its identifier for an import; empty for a type that cannot be imported."""
        key = IDENTIFIERS.get(self.resource_type)
        return {key: self.physical_id} if key else {}

    @property
    def text(self) -> str:
        """Its path, type and id, and a warning for those who would delete it by hand."""
        warning = _BEFORE_DELETING.get(self.resource_type)
        return f"{'/'.join(self.path)} ({self.resource_type}): {self.physical_id}{f'; {warning}' if warning else ''}"


def what_stays(cloudformation: CloudFormationClient, stack_id: str) -> tuple[Retained, ...]:
    """The resources of the stack, and of every stack nested in it, that its templates keep when it is deleted."""
    policies: dict[str, frozenset[str]] = {}
    found: list[Retained] = []
    for each in list_resources(cloudformation, stack_id):
        if each.stack_id not in policies:
            policies[each.stack_id] = _kept_ids(cloudformation, each.stack_id)
        if _stays(each, policies[each.stack_id]):
            found.append(Retained(each.path, each.resource_type, each.physical_id))
    return tuple(found)


def bring_back(retained: Iterable[Retained], *, stack_name: str) -> str:
    """The text that explains how to import retained resources into a stack, with the import's resource list.

    A taken name stops the next deploy of the same environment, and CloudFormation imports automatically only resources
    with a literal name
    (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/import-resources-automatically.html).
    """
    listed = tuple(retained)
    lines = [
        f"kept by {stack_name}: {len(listed)} resources; their names stay taken",
        *(f"  {each.text}" for each in listed),
    ]
    lines.append("to bring them under a stack of their own, import them (a change set of type IMPORT) with:")
    lines.append(f"  --resources-to-import {shlex.quote(json.dumps(imports(listed), separators=(',', ':')))}")
    lines.append("or deploy under another environment name, or delete them by hand once nobody needs them")
    return "\n".join(lines)


def imports(retained: Iterable[Retained]) -> list[dict[str, Any]]:
    """The ResourcesToImport of CreateChangeSet; a logical id is the joined path, so that no two are the same."""
    return [
        {
            "ResourceType": each.resource_type,
            "LogicalResourceId": "".join(each.path),
            "ResourceIdentifier": each.identifier,
        }
        for each in retained
        if each.identifier
    ]


def _stays(each: StackResource, kept: frozenset[str]) -> bool:
    gone = each.status == "DELETE_COMPLETE" or not each.physical_id
    return each.logical_id in kept and not gone and not each.is_nested


def _kept_ids(cloudformation: CloudFormationClient, stack_id: str) -> frozenset[str]:
    body: Any = cloudformation.get_template(StackName=stack_id, TemplateStage="Processed")["TemplateBody"]
    template = parse_text(body, where=f"the template of {stack_id}") if isinstance(body, str) else body
    resources = template.get("Resources", {})
    return frozenset(name for name, each in resources.items() if each.get("DeletionPolicy") in _KEEPING)
