"""The structures whose policies differ: what is decided when rendering, and what is decided by a parameter.

A new setting that changes a policy gets a line in CASES, a fact, and its lines in the table of needs. A fact is read
from the set itself, so that it holds for a set of whatever settings.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import Any

from payflow_cfn.aws.data_resources import FUNCTION, MACHINE
from payflow_cfn.aws.parsed_set import ROOT, ParsedSet
from payflow_cfn.config.gateways import GATEWAYS
from payflow_cfn.config.settings import Settings


@dataclass(frozen=True, slots=True)
class Case:
    """One structure: `parameters` are root parameters that are not left at their default."""

    name: str
    settings: Settings = field(default_factory=Settings)
    parameters: Mapping[str, str] = field(default_factory=dict)


_KEYS = ("DynamodbKey", "SnsKey", "CloudwatchKey", "LambdaKey", "StatesKey")
GIVEN_KEYS = {f"{each}Arn": f"arn:aws:kms:eu-west-2:111122223333:key/{each}" for each in _KEYS}


def _value(decided: ParsedSet, parameter: str) -> Any:
    return decided.templates[ROOT]["Parameters"][parameter]["Default"]


def _needs_secret(decided: ParsedSet) -> bool:
    """Whether the chosen gateway has an API key; of a team's gateway, the set's own condition decides."""
    known = GATEWAYS.get(str(_value(decided, "GatewayAdapter")))
    secrets = [logical for _, logical, _ in decided.resources("AWS::SecretsManager::Secret")]
    return known.needs_secret if known else "GatewaySecret" in secrets


def _has(decided: ParsedSet, key: str) -> bool:
    runs = decided.resources(FUNCTION, MACHINE)
    return any(key in resource.get("Properties", {}) for _, _, resource in runs)


def _makes(key: str, decided: ParsedSet) -> bool:
    return f"{key}Arn" not in decided.templates[ROOT].get("Parameters", {})


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
        {**GIVEN_KEYS, "GatewayAdapter": "http"},
    ),
    Case("one existing key", Settings(existing_keys=("sns",)), {"SnsKeyArn": GIVEN_KEYS["SnsKeyArn"]}),
    Case(
        "everything",
        Settings(tracing=True, log_execution_data=True, vpc=True),
        {"GatewayAdapter": "http", "NotificationEmail": "payments@example.com"},
    ),
)

# The widest case: each statement that any case has is in it, so that it is the one that is mutated.
WIDEST = CASES[-1]

# What a line of the table of needs may depend on: facts of a set whose parameters are decided.
FACTS: Mapping[str, Callable[[ParsedSet], bool]] = MappingProxyType(
    {
        "always": lambda _: True,
        "gateway key": _needs_secret,
        "gateway key policy": lambda decided: (
            FACTS["gateway key"](decided) and _value(decided, "ResourceCoverage") == "full"
        ),
        "tracing": lambda decided: _has(decided, "TracingConfig") or _has(decided, "TracingConfiguration"),
        "vpc": lambda decided: _has(decided, "VpcConfig"),
        **{f"own {key}": partial(_makes, key) for key in _KEYS},
    }
)
