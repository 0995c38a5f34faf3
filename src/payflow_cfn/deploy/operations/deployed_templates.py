"""Read the templates of a deployed stack and of every stack nested in it, as they were sent."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from payflow_cfn.deploy.cloudformation.aws_errors import explained
from payflow_cfn.deploy.cloudformation.stack import Stack, is_nested, need_stack
from payflow_cfn.diff import StackSource
from payflow_cfn.errors import PlanError

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient


@dataclass(frozen=True, slots=True)
class Deployed:
    """The templates of a deployed stack, and the root from DescribeStacks (a NoEcho value is `****`)."""

    source: StackSource
    root: Stack


def read_deployed(cloudformation: CloudFormationClient, *, stack_name: str) -> Deployed:
    """Read the templates of a stack and of every stack nested in it: two requests a stack.

    DeployError when there is no such stack or AWS refuses; PlanError when a template is not JSON.
    """
    root = need_stack(cloudformation, stack_name)
    with explained("reading the templates", stack_name=stack_name):
        return Deployed(_source(cloudformation, root.stack_id), root)


def _source(cloudformation: CloudFormationClient, stack_id: str) -> StackSource:
    answer = cloudformation.get_template(StackName=stack_id, TemplateStage="Original")
    template = _parsed(answer["TemplateBody"], stack_id)
    children = {}
    for page in cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack_id):
        for each in page["StackResourceSummaries"]:
            nested = each.get("PhysicalResourceId", "")
            if is_nested(each["ResourceType"], nested) and each["ResourceStatus"] != "DELETE_COMPLETE":
                children[each["LogicalResourceId"]] = _source(cloudformation, nested)
    return StackSource(template, children)


def _parsed(body: Any, stack_id: str) -> dict[str, Any]:
    """The template as an object; boto3 has already parsed a template in JSON."""
    try:
        found = json.loads(body) if isinstance(body, str) else body
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise PlanError(
            f"the template of {stack_id} is not JSON",
            remedy="it was not deployed from a rendered set; compare the files it came from",
            stack_id=stack_id,
        )
    return found
