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


CASES = (
    Case("as described"),
    Case("gateway over http", parameters={"GatewayAdapter": "http"}),
    Case("gateway stripe", Settings(stripe=True), {"GatewayAdapter": "stripe"}),
    Case("core resources", parameters={"GatewayAdapter": "http", "ResourceCoverage": "core"}),
    Case("tracing", Settings(tracing=True)),
    Case("execution data logged", Settings(log_execution_data=True)),
    Case("execution logs off", Settings(workflow_log_level="OFF")),
    Case(
        "everything",
        Settings(tracing=True, log_execution_data=True),
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
    }
)


def _full(case: Case) -> bool:
    return case.parameters.get("ResourceCoverage", "full") == "full"
