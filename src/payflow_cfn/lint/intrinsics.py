"""Evaluate intrinsic functions for one imagined deployment, so that patterns and names compare as text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from payflow_cfn.lint.templates import ROOT, ParsedSet, reference

# A variable in the text of Fn::Sub; `${!Literal}` is not one.
VARIABLE = re.compile(r"\$\{([^!}][^}]*)\}")


@dataclass(frozen=True, slots=True)
class World:
    """Where the imagined deployment is."""

    environment: str = "dev"
    region: str = "eu-west-2"
    account: str = "111122223333"
    partition: str = "aws"
    suffix: str = "amazonaws.com"


@lru_cache(100)
def _pseudo(world: World) -> dict[str, str]:
    """The pseudo parameters' values."""
    return {
        "AWS::Region": world.region,
        "AWS::AccountId": world.account,
        "AWS::Partition": world.partition,
        "AWS::URLSuffix": world.suffix,
        "Environment": world.environment,
    }


# One deployment in each partition that has regions for everybody or for a state (the AWS General Reference).
WORLDS = (
    World(),
    World(region="cn-north-1", partition="aws-cn", suffix="amazonaws.com.cn"),
    World(region="us-gov-west-1", partition="aws-us-gov"),
    World(region="eusc-de-east-1", partition="aws-eusc", suffix="amazonaws.eu"),
)


def expand(templates: ParsedSet, stack: str, value: Any, world: World = World()) -> Any:
    """The value with Ref, GetAtt, Sub, Join and If evaluated; both branches of an If stay, as a list."""
    if isinstance(value, list):
        return [expand(templates, stack, each, world) for each in value]
    if not isinstance(value, dict):
        return value
    if reference(value)[0]:
        return _referred(templates, stack, value, world)
    if "Fn::Sub" in value:
        return _substituted(templates, stack, value["Fn::Sub"], world)
    if "Fn::Join" in value:
        glue, parts = value["Fn::Join"]
        return glue.join(str(each) for each in expand(templates, stack, parts, world))
    if "Fn::If" in value:
        return [expand(templates, stack, each, world) for each in value["Fn::If"][1:]]
    return {key: expand(templates, stack, each, world) for key, each in value.items()}


def _substituted(templates: ParsedSet, stack: str, value: Any, world: World) -> str:
    text, extra = value if isinstance(value, list) else (value, {})

    def one(match: re.Match[str]) -> str:
        key = match[1]
        if key in extra:
            return str(expand(templates, stack, extra[key], world))
        how = {"Fn::GetAtt": key} if "." in key else {"Ref": key}
        return str(expand(templates, stack, how, world))

    return VARIABLE.sub(one, text).replace("${!", "${")


def _referred(templates: ParsedSet, stack: str, value: dict[str, Any], world: World) -> Any:
    _, target = reference(value)
    if target in _pseudo(world):
        return _pseudo(world)[target]
    parameters = templates.templates[stack].get("Parameters", {})
    if target in parameters and stack == ROOT:
        return str(parameters[target].get("Default", ""))
    place = templates.origin(stack, value)
    if place is None:
        passed = templates.passed(stack, target) if target in parameters else None
        return expand(templates, ROOT, passed, world) if passed is not None else f"unknown:{target}"
    return _physical(templates, place.stack, place.resource, place.attribute, world)


# How the ARN of each type that a policy names is put together (the Service Authorization Reference's resource types).
_ARNS = {
    "AWS::SNS::Topic": ("TopicName", "sns", ""),
    "AWS::SQS::Queue": ("QueueName", "sqs", ""),
    "AWS::Lambda::Function": ("FunctionName", "lambda", "function:"),
    "AWS::DynamoDB::Table": ("TableName", "dynamodb", "table/"),
    "AWS::Logs::LogGroup": ("LogGroupName", "logs", "log-group:"),
    "AWS::CloudWatch::Alarm": ("AlarmName", "cloudwatch", "alarm:"),
    "AWS::StepFunctions::StateMachine": ("StateMachineName", "states", "stateMachine:"),
}


def _physical(templates: ParsedSet, stack: str, logical: str, attribute: str, world: World) -> str:
    resource = templates.templates[stack]["Resources"][logical]
    key, service, kind = _ARNS.get(resource.get("Type", ""), ("", "", ""))
    given = resource.get("Properties", {}).get(key) if key else None
    if given is None:
        return f"{stack}/{logical}.{attribute}"
    text = str(expand(templates, stack, given, world))
    arn = attribute == "Arn" or (attribute == "Ref" and service in ("sns", "states"))
    return f"arn:{world.partition}:{service}:{world.region}:{world.account}:{kind}{text}" if arn else text


def resource_arn(templates: ParsedSet, stack: str, logical: str, world: World) -> str:
    """The resource's ARN in that world."""
    return _physical(templates, stack, logical, "Arn", world)
