"""Read the templates of a deployed stack and of every stack nested in it, as they were sent."""

from __future__ import annotations

from dataclasses import dataclass

from payflow_cfn.aws.client_types import CloudFormationClient
from payflow_cfn.deploy.cloudformation.aws_errors import explained
from payflow_cfn.deploy.cloudformation.stack import Stack, is_nested, need_stack
from payflow_cfn.diff import StackSource
from payflow_cfn.diff.stack_tree import parsed_template


@dataclass(frozen=True, slots=True)
class Deployed:
    """The templates of a deployed stack, and the root from DescribeStacks (a NoEcho value is `****`)."""

    source: StackSource
    root: Stack


def read_deployed(cloudformation: CloudFormationClient, *, stack_name: str) -> Deployed:
    """Read the templates of a stack and of every stack nested in it: two requests a stack.

    DeployError when there is no such stack or AWS refuses; FilesError or PlanError when a template cannot be read.
    """
    root = need_stack(cloudformation, stack_name)
    with explained("reading the templates", stack_name=stack_name):
        return Deployed(_source(cloudformation, root.stack_id), root)


def _source(cloudformation: CloudFormationClient, stack_id: str) -> StackSource:
    answer = cloudformation.get_template(StackName=stack_id, TemplateStage="Original")
    template = parsed_template(f"the template of {stack_id}", answer["TemplateBody"])  # boto3 parses JSON
    children = {}
    for page in cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack_id):
        for each in page["StackResourceSummaries"]:
            nested = each.get("PhysicalResourceId", "")
            if is_nested(each["ResourceType"], nested) and each["ResourceStatus"] != "DELETE_COMPLETE":
                children[each["LogicalResourceId"]] = _source(cloudformation, nested)
    return StackSource(template, children)
