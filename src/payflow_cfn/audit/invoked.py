"""What the state machine's role needs because of what its states call: read from the definition itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from payflow_cfn.audit.grants import WORLD
from payflow_cfn.audit.needs import Need
from payflow_cfn.check.expand import World, expand, resource_arn
from payflow_cfn.check.templates import TemplateSet

_DOCS = "https://docs.aws.amazon.com/step-functions/latest/dg"

# A task's integration: the action that it takes, the argument that names the resource, the page that says so.
INTEGRATIONS: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "lambda:invoke": ("lambda:InvokeFunction", "FunctionName", f"{_DOCS}/connect-lambda.html"),
        "sns:publish": ("sns:Publish", "TopicArn", f"{_DOCS}/connect-sns.html"),
        "dynamodb:updateItem": ("dynamodb:UpdateItem", "TableName", f"{_DOCS}/connect-ddb.html"),
    }
)


def invoked(templates: TemplateSet, world: World = WORLD) -> Iterator[Need]:
    """One need for each action and resource that a Task state uses; the reason names the states."""
    for stack, _, machine in templates.resources("AWS::StepFunctions::StateMachine"):
        properties = machine["Properties"]
        role = templates.origin(stack, properties.get("RoleArn"))
        users: dict[tuple[str, str, str], list[str]] = {}
        for name, state in properties["Definition"]["States"].items():
            if state.get("Type") == "Task":
                users.setdefault(_use(templates, stack, state, world), []).append(name)
        for (action, resource, source), states in sorted(users.items()):
            why = f"called by {', '.join(sorted(states))}"
            yield Need(f"identity {role.resource if role else '?'}", action, resource, why, source, seen="derived")


def _use(templates: TemplateSet, stack: str, state: Mapping[str, Any], world: World) -> tuple[str, str, str]:
    called = str(expand(templates, stack, state.get("Resource"), world)).rpartition(":states:::")[2]
    action, argument, source = INTEGRATIONS.get(called, (f"unknown integration {called}", "", ""))
    value = state.get("Arguments", {}).get(argument)
    place = templates.origin(stack, value)
    if place is not None and templates.resource(place).get("Type") == "AWS::DynamoDB::Table":
        return action, resource_arn(templates, place.stack, place.resource, world), source
    return action, str(expand(templates, stack, value, world)), source
