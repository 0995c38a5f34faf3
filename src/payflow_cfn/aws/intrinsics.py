"""Values of a set as text, for one imagined deployment, so that patterns and names compare."""

from __future__ import annotations

from typing import Any

from payflow_cfn.aws.parsed_set import ParsedSet, Place
from payflow_cfn.aws.values import ABSENT, Attribute, Given, plain
from payflow_cfn.aws.worlds import WORLD, World


def expand(templates: ParsedSet, stack: str, value: Any, world: World = WORLD) -> Any:
    """The value with its functions evaluated; both branches of an If stay, as a list.

    A parameter of the root has its default. None is what comes to nothing.
    """

    return as_text(templates, templates.scope(stack, world).value(value), world)


def as_text(templates: ParsedSet, value: Any, world: World = WORLD) -> Any:
    """A value of the model as text, as `expand` gives it."""

    def text(symbol: Any) -> str:
        match symbol:
            case Given():
                return templates.default(symbol)
            case Attribute():
                return _physical(templates, templates.place(symbol), world)
        return f"unknown:{symbol.name}"

    return None if value is ABSENT else plain(value, text)


# How the ARN of each type that a policy names is put together (the Service Authorization Reference's resource types).
ARNS = {
    "AWS::SNS::Topic": ("TopicName", "sns", ""),
    "AWS::SQS::Queue": ("QueueName", "sqs", ""),
    "AWS::Lambda::Function": ("FunctionName", "lambda", "function:"),
    "AWS::DynamoDB::Table": ("TableName", "dynamodb", "table/"),
    "AWS::Logs::LogGroup": ("LogGroupName", "logs", "log-group:"),
    "AWS::CloudWatch::Alarm": ("AlarmName", "cloudwatch", "alarm:"),
    "AWS::CloudWatch::CompositeAlarm": ("AlarmName", "cloudwatch", "alarm:"),
    "AWS::StepFunctions::StateMachine": ("StateMachineName", "states", "stateMachine:"),
}


def _physical(templates: ParsedSet, place: Place, world: World) -> str:
    resource = templates.resource(place)
    key, service, kind = ARNS.get(resource.get("Type", ""), ("", "", ""))
    given = resource.get("Properties", {}).get(key) if key else None
    if given is None:
        return f"{place.stack}/{place.resource}.{place.attribute}"
    text = str(expand(templates, place.stack, given, world))
    arn = place.attribute == "Arn" or (place.attribute == "Ref" and service in ("sns", "states"))
    return f"arn:{world.partition}:{service}:{world.region}:{world.account}:{kind}{text}" if arn else text


def resource_arn(templates: ParsedSet, place: Place, world: World) -> str:
    """The resource's ARN in that world."""
    return _physical(templates, Place(place.stack, place.resource, "Arn"), world)
