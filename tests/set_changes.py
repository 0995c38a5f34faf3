"""Ways into the parsed templates of a set, for changing a copy of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Sets = dict[str, Any]
Change = Callable[[Sets], object]
STATES = "PaymentWorkflow"


def props(sets: Sets, stack: str, logical: str) -> dict[str, Any]:
    found: dict[str, Any] = sets[stack]["Resources"][logical]["Properties"]
    return found


def states(sets: Sets) -> dict[str, Any]:
    found: dict[str, Any] = props(sets, "workflow", STATES)["Definition"]["States"]
    return found


def put(container: dict[str, Any], key: str, value: Any) -> None:
    container[key] = value


def together(*changes: Change) -> Change:
    def changed(sets: Sets) -> None:
        for change in changes:
            change(sets)

    return changed


def statement(sets: Sets, key: str, sid: str) -> dict[str, Any]:
    found = props(sets, "encryption", key)["KeyPolicy"]["Statement"]
    return next(each for each in found if each["Sid"] == sid)


def drop_statement(sets: Sets, key: str, sid: str) -> None:
    policy = props(sets, "encryption", key)["KeyPolicy"]
    policy["Statement"] = [each for each in policy["Statement"] if each["Sid"] != sid]


def role_policy(sets: Sets) -> dict[str, Any]:
    found: dict[str, Any] = props(sets, "workflow", "WorkflowRole")["Policies"][0]["PolicyDocument"]["Statement"][0]
    return found
