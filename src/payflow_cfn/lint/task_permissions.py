"""The calls of a machine's states, and the rule that its role may make them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from payflow_cfn.aws.data_resources import MACHINE, TABLE
from payflow_cfn.aws.grants import allowing, policies_of
from payflow_cfn.aws.intrinsics import expand, resource_arn
from payflow_cfn.aws.parsed_set import ParsedSet, Place
from payflow_cfn.aws.worlds import WORLD, World
from payflow_cfn.lint.findings import Breach, some
from payflow_cfn.lint.iam import concerns
from payflow_cfn.lint.machine import every_state

_DOCS = "https://docs.aws.amazon.com"


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


def calls_of(templates: ParsedSet, stack: str, machine: Mapping[str, Any], world: World = WORLD) -> Iterator[Call]:
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
    if place is not None and templates.resource(place).get("Type") == TABLE:
        return resource_arn(templates, place, world)  # named in the task, by ARN in a policy
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


def _allowed(templates: ParsedSet, role: Place) -> list[Mapping[str, Any]] | None:
    """The role's statements that allow; None where a managed policy may allow anything."""
    if templates.resource(role).get("Properties", {}).get("ManagedPolicyArns"):
        return None
    return allowing(policies_of(templates), "identity", role[:2])


def _is_allowed(allowed: list[Mapping[str, Any]], action: str, call: Call) -> bool:
    return any(
        concerns(each, "Action", action.lower(), lower=True) and concerns(each, "Resource", call.resource)
        for each in allowed
    )
