"""Read what functions logged on the emulator, and match it with a metric filter's JSON pattern as CloudWatch does."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from payflow_cfn.errors import LocalError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from payflow_cfn.local.emulator.clients import LocalClients

_CONDITION = re.compile(r'^\$\.(?P<path>[\w.]+)\s*(?P<operator>=|!=|>=|<=|>|<)\s*(?P<value>"[^"]*"|\S+)$')


def log_messages(clients: LocalClients, group: str) -> Iterator[str]:
    """Every message of a log group, oldest first within its stream."""
    pages = clients("logs").get_paginator("filter_log_events").paginate(logGroupName=group)
    for page in pages:
        for event in page["events"]:
            yield event["message"]


def log_events(clients: LocalClients, group: str) -> list[dict[str, Any]]:
    """The messages of a log group that are JSON objects; START, END, REPORT and tracebacks are left out."""
    return [event for message in log_messages(clients, group) if (event := _json_object(message)) is not None]


def pattern_matches(pattern: str, event: Mapping[str, Any]) -> bool:
    """Whether a JSON filter pattern takes an event: conditions on paths, joined with && or with ||, not mixed.

    See https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html; LocalError for what
    this reader does not know, rather than a guess. MiniStack itself lets a JSON pattern match everything.
    """
    text = pattern.strip().removeprefix("{").removesuffix("}").strip()
    joint = any if "||" in text else all
    parts = re.split(r"\|\||&&", text)
    return joint([_holds(part.strip().removeprefix("(").removesuffix(")").strip(), event) for part in parts])


def event_value(path: str, event: Mapping[str, Any]) -> Any:
    """The value at a path such as `$.duration_ms`, None when there is none."""
    value: Any = event
    for name in path.removeprefix("$.").split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _holds(condition: str, event: Mapping[str, Any]) -> bool:
    parsed = _CONDITION.match(condition)
    if parsed is None:
        raise LocalError(
            f"the filter condition {condition!r} is not one this reader knows",
            remedy="use $.name, an operator and a quoted text, a number or *",
        )
    found = event_value(parsed["path"], event)
    wanted = parsed["value"]
    if wanted == "*":
        return (found is not None) == (parsed["operator"] == "=")
    return _compare(found, parsed["operator"], wanted)


def _compare(found: Any, operator: str, wanted: str) -> bool:
    if wanted.startswith('"'):
        return isinstance(found, str) and (found == wanted.strip('"')) == (operator == "=")
    if isinstance(found, bool) or not isinstance(found, int | float):
        return False
    number = float(wanted)
    return {
        "=": found == number,
        "!=": found != number,
        ">": found > number,
        ">=": found >= number,
        "<": found < number,
        "<=": found <= number,
    }[operator]


def _json_object(message: str) -> dict[str, Any] | None:
    try:
        event = json.loads(message)
    except ValueError:
        return None
    return event if isinstance(event, dict) else None
