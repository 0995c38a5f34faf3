"""What the state machine's role needs because of what its states call: read from the definition itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from payflow_cfn.audit.grants import WORLD, Conditions
from payflow_cfn.audit.words import Need
from payflow_cfn.check.expand import World, expand, resource_arn
from payflow_cfn.check.templates import TemplateSet

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


def invoked(templates: TemplateSet, world: World = WORLD) -> Iterator[Need]:
    """One need for each action and resource that a Task state uses; the reason names the states."""
    for stack, _, machine in templates.resources("AWS::StepFunctions::StateMachine"):
        properties = machine["Properties"]
        role = templates.origin(stack, properties.get("RoleArn"))
        users: dict[tuple[Integration, str, Conditions], list[str]] = {}
        for name, state in properties["Definition"]["States"].items():
            if state.get("Type") == "Task":
                users.setdefault(_use(templates, stack, state, world), []).append(name)
        for (called, resource, conditions), states in sorted(users.items(), key=_order):
            yield Need(
                f"identity {role.resource if role else '?'}",
                called.action,
                resource,
                f"called by {', '.join(sorted(states))}",
                called.source,
                conditions=conditions,
                seen="derived",
            )


def _use(
    templates: TemplateSet, stack: str, state: Mapping[str, Any], world: World
) -> tuple[Integration, str, Conditions]:
    name = str(expand(templates, stack, state.get("Resource"), world)).rpartition(":states:::")[2]
    called = INTEGRATIONS.get(name, Integration(f"unknown:{name}", ""))
    given = state.get("Arguments", {})
    conditions: Conditions = ()
    if called.condition:
        operator, key, argument = called.condition
        conditions = ((operator, key, (str(expand(templates, stack, given.get(argument), world)),)),)
    resource = _resource(templates, stack, given.get(called.argument), world) if called.argument else "*"
    return called, resource, conditions


def _resource(templates: TemplateSet, stack: str, value: Any, world: World) -> str:
    place = templates.origin(stack, value)
    if place is not None and templates.resource(place).get("Type") == "AWS::DynamoDB::Table":
        return resource_arn(templates, place.stack, place.resource, world)  # named in the task, by ARN in a policy
    return str(expand(templates, stack, value, world))


def _order(item: tuple[tuple[Integration, str, Conditions], list[str]]) -> tuple[str, str]:
    (called, resource, _), _states = item
    return called.action, resource
