"""The calls of a machine's states, and the rule that its role may make them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from payflow_cfn.aws.data_resources import MACHINE
from payflow_cfn.lint.findings import Breach, some
from payflow_cfn.lint.iam import flat, like
from payflow_cfn.lint.intrinsics import World, expand, resource_arn
from payflow_cfn.lint.machine import every_state
from payflow_cfn.lint.templates import ParsedSet, Place, listed

_DOCS = "https://docs.aws.amazon.com"
_WORLD = World()


@dataclass(frozen=True, slots=True)
class Integration:
    """What a task's integration takes: the action, the argument that names its resource (none: every resource).

    `condition` is an operator, a condition key and the argument that has its value.
    """

    action: str
    source: str
    argument: str = ""
    condition: tuple[str, str, str] | None = None


INTEGRATIONS: Mapping[str, Integration] = MappingProxyType(
    {
        "lambda:invoke": Integration(
            "lambda:InvokeFunction", f"{_DOCS}/step-functions/latest/dg/connect-lambda.html", "FunctionName"
        ),
        "sns:publish": Integration("sns:Publish", f"{_DOCS}/step-functions/latest/dg/connect-sns.html", "TopicArn"),
        "dynamodb:updateItem": Integration(
            "dynamodb:UpdateItem", f"{_DOCS}/step-functions/latest/dg/connect-ddb.html", "TableName"
        ),
        "aws-sdk:cloudwatch:putMetricData": Integration(
            "cloudwatch:PutMetricData",
            f"{_DOCS}/service-authorization/latest/reference/list_amazoncloudwatch.html",
            condition=("StringEquals", "cloudwatch:namespace", "Namespace"),
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Call:
    """One Task's call: the integration's name as the definition has it, and the resource as a policy names it."""

    state: str
    name: str
    integration: Integration | None
    resource: str
    arguments: Mapping[str, Any]


def calls_of(templates: ParsedSet, stack: str, machine: Mapping[str, Any], world: World = _WORLD) -> Iterator[Call]:
    """What each Task of a machine calls; the integration is None where INTEGRATIONS does not know it."""
    for state, task in every_state(machine.get("Properties", {}).get("Definition", {})):
        if task.get("Type") != "Task":
            continue
        name = str(expand(templates, stack, task.get("Resource"), world)).rpartition(":states:::")[2]
        known, given = INTEGRATIONS.get(name), task.get("Arguments", {})
        argument = given.get(known.argument) if known and known.argument else "*"
        yield Call(state, name, known, _resource(templates, stack, argument, world), given)


def _resource(templates: ParsedSet, stack: str, value: Any, world: World) -> str:
    place = templates.origin(stack, value)
    if place is not None and templates.resource(place).get("Type") == "AWS::DynamoDB::Table":
        return resource_arn(templates, place.stack, place.resource, world)  # named in the task, by ARN in a policy
    return str(expand(templates, stack, value, world))


def steps_are_allowed(templates: ParsedSet) -> Iterator[Breach]:
    """PF029: the role of a state machine may call what its Tasks call, each on its own resource.

    Nothing checks it before the step runs, in the middle of a payment
    (https://docs.aws.amazon.com/step-functions/latest/dg/procedure-create-iam-role.html).
    """
    for stack, logical, machine in some("state machine", templates.resources(MACHINE)):
        role = templates.origin(stack, machine.get("Properties", {}).get("RoleArn"))
        allowed = _allowed(templates, role) if role else None
        for call in calls_of(templates, stack, machine):
            if allowed is not None and call.integration and not _is_allowed(allowed, call.integration.action, call):
                message = f"the role may not {call.integration.action} what {call.state} names"
                path = f"Resources/{logical}/Properties/Definition/States/{call.state}"
                yield Breach(stack, path, message)


def _allowed(templates: ParsedSet, role: Place) -> list[dict[str, Any]] | None:
    """The role's statements that allow; None where a managed policy may allow anything."""
    properties = templates.resource(role).get("Properties", {})
    if properties.get("ManagedPolicyArns"):
        return None
    documents = [(role.stack, each.get("PolicyDocument")) for each in _flat_policies(properties.get("Policies"))]
    documents += templates.attached("AWS::IAM::Policy", "Roles", role)
    statements = (
        expand(templates, stack, each, _WORLD)
        for stack, document in documents
        if isinstance(document, dict)
        for each in listed(document.get("Statement"))
    )
    return [each for each in statements if isinstance(each, dict) and each.get("Effect") == "Allow"]


def _flat_policies(value: Any) -> Iterator[dict[str, Any]]:
    """Inline policies, and both branches of one that is there under a condition."""
    for each in listed(value):
        if isinstance(each, dict) and "Fn::If" in each:
            yield from _flat_policies(each["Fn::If"][1:])
        elif isinstance(each, dict):
            yield each


def _is_allowed(statements: list[dict[str, Any]], action: str, call: Call) -> bool:
    return any(
        any(like(action.lower(), each.lower()) for each in flat(statement.get("Action")))
        and any(like(call.resource, each) for each in flat(statement.get("Resource")))
        for statement in statements
    )
