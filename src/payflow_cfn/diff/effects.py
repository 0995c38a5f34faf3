"""The effect of a property's change on the existing resource."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from payflow_cfn.aws.schemas import Schema
from payflow_cfn.aws.values import ABSENT, Path
from payflow_cfn.diff.changes import Effect
from payflow_cfn.diff.compare import Difference, same
from payflow_cfn.diff.default_values import default_value

_TABLE = "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-table.html"
_KEY = "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-kms-key.html"
_LOG_CLASSES = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch_Logs_Log_Classes.html"


@dataclass(frozen=True, slots=True)
class Fact:
    """A documented effect that no schema has: that of a change of `property`, where `when` holds of it."""

    property: str
    effect: Effect
    source: str
    when: Callable[[Difference], bool] = lambda _: True


def _edits_an_item(change: Difference) -> bool:
    return (change.before is not ABSENT and change.after is not ABSENT) or len(change.path) > 2


# The schema calls a table's key schema conditionally replaceable; DynamoDB's UpdateTable cannot change it at all, nor
# the type of an attribute. A key's immutable properties, and a log group's class, fail the update and replace nothing.
FACTS: Mapping[str, tuple[Fact, ...]] = {
    "AWS::DynamoDB::Table": (
        Fact("KeySchema", Effect.REPLACES, _TABLE),
        Fact("AttributeDefinitions", Effect.REPLACES, _TABLE, _edits_an_item),
        Fact("AttributeDefinitions", Effect.MAY_INTERRUPT, _TABLE),
        Fact("SSESpecification", Effect.MAY_INTERRUPT, _TABLE),
        Fact("LocalSecondaryIndexes", Effect.REPLACES, _TABLE),
    ),
    "AWS::Logs::LogGroup": (Fact("LogGroupClass", Effect.REFUSED, _LOG_CLASSES),),
    "AWS::KMS::Key": tuple(
        Fact(name, Effect.REFUSED, _KEY) for name in ("KeySpec", "KeyUsage", "Origin", "MultiRegion")
    ),
}


def property_effect(resource_type: str, schema: Schema | None, change: Difference) -> Effect:
    """The effect of one difference below a resource's properties (its path begins with the property's name)."""
    if schema is None:
        return Effect.UNKNOWN
    for fact in FACTS.get(resource_type, ()):
        if change.path[:1] == (fact.property,) and fact.when(change):
            return fact.effect
    if any(touches(pointer, change) for pointer in schema.create_only):
        return Effect.MAY_REPLACE if _is_written_out(resource_type, schema, change) else Effect.REPLACES
    if any(touches(pointer, change) for pointer in schema.conditional):
        return Effect.MAY_REPLACE
    return Effect.NO_INTERRUPTION


def _is_written_out(resource_type: str, schema: Schema, change: Difference) -> bool:
    """Whether only the default comes or goes: the templates differ, and the service may take it as the same value."""
    default = default_value(resource_type, schema, change.path)
    sides = [each for each in (change.before, change.after) if each is not ABSENT]
    return default is not ABSENT and len(sides) == 1 and same(sides[0], default)


def touches(pointer: Path, change: Difference) -> bool:
    """Whether a difference is one of the property at `pointer`: in it, or in a value that holds it."""
    steps = tuple(step for step in change.path if not step.startswith("["))
    if steps[: len(pointer)] == pointer:
        return True
    if pointer[: len(steps)] != steps:
        return False
    rest = pointer[len(steps) :]
    return not same(_at(change.before, rest), _at(change.after, rest))


def _at(value: Any, path: Path) -> Any:
    """What lies at a path; for a list, what lies there in each item."""
    for number, step in enumerate(path):
        if isinstance(value, list):
            return [_at(each, path[number:]) for each in value]
        if not isinstance(value, Mapping) or step not in value:
            return ABSENT
        value = value[step]
    return value
