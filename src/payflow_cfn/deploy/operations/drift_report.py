"""The report of a drift detection. Differences that CloudFormation reports although nothing changed are marked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from payflow_cfn.text import one_line

# Differences that CloudFormation reports although nothing changed: (resource type, start of the path, reason).
KNOWN_FALSE: tuple[tuple[str, str, str], ...] = (
    (
        "AWS::StepFunctions::StateMachine",
        "/DefinitionS",
        "CloudFormation compares the definition before its substitutions with the one after",
    ),
)


@dataclass(frozen=True, slots=True)
class Difference:
    """One property that differs from the template; `explained` is why it is not a real change (empty: it is one)."""

    path: str
    kind: str
    expected: str
    actual: str
    explained: str


@dataclass(frozen=True, slots=True)
class ResourceDrift:
    """One resource that is MODIFIED or DELETED; `path` is the logical ids from the root down."""

    path: tuple[str, ...]
    resource_type: str
    physical_id: str
    status: str
    differences: tuple[Difference, ...]

    @property
    def real(self) -> bool:
        """Whether it was really changed."""
        return self.status == "DELETED" or any(not each.explained for each in self.differences)

    @property
    def text(self) -> str:
        """The lines to print."""
        lines = [f"{self.status} {'/'.join(self.path)} ({self.resource_type}): {self.physical_id}"]
        for each in self.differences:
            why = f" (no real change: {each.explained})" if each.explained else ""
            lines.append(f"  {each.path}: {each.expected} -> {each.actual}{why}")
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Drift:
    """The drift of a whole set; `unchecked` are stacks that could not be checked, with the reason.

    `uncompared` counts the resources, by type, whose properties CloudFormation does not compare.
    """

    stack_name: str
    resources: tuple[ResourceDrift, ...]
    unchecked: tuple[tuple[str, str], ...]
    uncompared: Mapping[str, int] = field(default_factory=dict)

    @property
    def real(self) -> tuple[ResourceDrift, ...]:
        """The resources that were really changed."""
        return tuple(each for each in self.resources if each.real)

    @property
    def text(self) -> str:
        """The lines to print."""
        lines = [each.text for each in self.resources]
        lines += [f"{stack} was not checked: {reason}" for stack, reason in self.unchecked]
        if self.uncompared:
            kinds = ", ".join(f"{count} {kind}" for kind, count in self.uncompared.items())
            lines.append(f"properties not compared, for CloudFormation has no drift detection for them: {kinds}")
        real, false = len(self.real), len(self.resources) - len(self.real)
        no_change = f", without a real change: {false}" if false else ""
        return "\n".join([*lines, f"{self.stack_name}: resources changed outside of it: {real}{no_change}"])

    @property
    def data(self) -> dict[str, Any]:
        """The same for JSON."""
        return {
            "stack_name": self.stack_name,
            "drifted": bool(self.real),
            "resources": [{**asdict(each), "real": each.real} for each in self.resources],
            "unchecked": [{"stack": stack, "reason": reason} for stack, reason in self.unchecked],
            "uncompared": dict(self.uncompared),
        }


def resource_drift(each: Mapping[str, Any], path: tuple[str, ...]) -> ResourceDrift:
    """The drift of one resource from DescribeStackResourceDrifts; `path` is that of its stack."""
    resource_type = each["ResourceType"]
    return ResourceDrift(
        path=(*path, each["LogicalResourceId"]),
        resource_type=resource_type,
        physical_id=one_line(each.get("PhysicalResourceId", "")),
        status=each["StackResourceDriftStatus"],
        differences=tuple(_difference(item, resource_type) for item in each.get("PropertyDifferences", [])),
    )


def known_false(resource_type: str, path: str) -> str:
    """Why CloudFormation reports a difference at this path although nobody changed anything; empty where it is one."""
    return next((why for kind, start, why in KNOWN_FALSE if kind == resource_type and path.startswith(start)), "")


def same_meaning(expected: str, actual: str) -> bool:
    """Whether two values mean the same: JSON in another order, one value for a list of one, numbers as text."""
    return bool(expected) and _plain(_parsed(expected)) == _plain(_parsed(actual))


def _difference(item: dict[str, Any], resource_type: str) -> Difference:
    path, expected, actual = item["PropertyPath"], item.get("ExpectedValue", ""), item.get("ActualValue", "")
    known = known_false(resource_type, path)
    same = ["the same value in another notation"] if same_meaning(expected, actual) else []
    return Difference(
        path=path,
        kind=item.get("DifferenceType", ""),
        expected=one_line(expected),
        actual=one_line(actual),
        explained=known or next(iter(same), ""),
    )


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list):
        items = [_plain(each) for each in value]
        return items[0] if len(items) == 1 else sorted(items, key=repr)
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, (int, float)) else value
