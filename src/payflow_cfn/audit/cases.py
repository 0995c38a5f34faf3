"""The structures whose policies differ: what is decided when rendering, and what is decided by a parameter.

A new setting that changes a policy gets a line in CASES, a fact, and its lines in the table of needs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from payflow_cfn.settings import Settings


@dataclass(frozen=True, slots=True)
class Case:
    """One structure: `parameters` are root parameters that are not left at their default."""

    name: str
    settings: Settings = field(default_factory=Settings)
    parameters: Mapping[str, str] = field(default_factory=dict)


_KEYS = ("DynamodbKey", "SnsKey", "CloudwatchKey", "LambdaKey", "StatesKey")
_GIVEN_KEYS = {f"{each}Arn": f"arn:aws:kms:eu-west-2:111122223333:key/{each}" for each in _KEYS}

CASES = (
    Case("as described"),
    Case("gateway over http", parameters={"GatewayAdapter": "http"}),
    Case("gateway stripe", Settings(stripe=True), {"GatewayAdapter": "stripe"}),
    Case("core resources", parameters={"GatewayAdapter": "http", "ResourceCoverage": "core"}),
    Case("tracing", Settings(tracing=True)),
    Case("execution data logged", Settings(log_execution_data=True)),
    Case("execution logs off", Settings(workflow_log_level="OFF")),
    Case("in a vpc", Settings(vpc=True)),
    Case(
        "existing keys",
        Settings(existing_keys=("dynamodb", "sns", "cloudwatch", "lambda", "states")),
        {**_GIVEN_KEYS, "GatewayAdapter": "http"},
    ),
    Case("one existing key", Settings(existing_keys=("sns",)), {"SnsKeyArn": _GIVEN_KEYS["SnsKeyArn"]}),
    Case(
        "everything",
        Settings(tracing=True, log_execution_data=True, vpc=True),
        {"GatewayAdapter": "http", "NotificationEmail": "payments@example.com"},
    ),
)

# The widest case: each statement that any case has is in it, so that it is the one that is mutated.
WIDEST = CASES[-1]

# What a line of the table of needs may depend on.
FACTS: Mapping[str, Callable[[Case], bool]] = MappingProxyType(
    {
        "always": lambda _: True,
        "gateway key": lambda case: case.parameters.get("GatewayAdapter", "simulated") != "simulated",
        "gateway key policy": lambda case: FACTS["gateway key"](case) and _full(case),
        "tracing": lambda case: case.settings.tracing,
        "vpc": lambda case: case.settings.vpc,
        "own DynamodbKey": lambda case: "dynamodb" not in case.settings.existing_keys,
        "own SnsKey": lambda case: "sns" not in case.settings.existing_keys,
        "own CloudwatchKey": lambda case: "cloudwatch" not in case.settings.existing_keys,
        "own LambdaKey": lambda case: "lambda" not in case.settings.existing_keys,
        "own StatesKey": lambda case: "states" not in case.settings.existing_keys,
    }
)


def _full(case: Case) -> bool:
    return case.parameters.get("ResourceCoverage", "full") == "full"
