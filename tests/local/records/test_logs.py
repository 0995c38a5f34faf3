"""Test metric filter patterns, and reading the functions' log lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from payflow_cfn.errors import LocalError
from payflow_cfn.local.records.logs import event_value, log_events, pattern_matches

if TYPE_CHECKING:
    from collections.abc import Callable

    from payflow_cfn.local.emulator.clients import LocalClients

PROCESSED = {
    "event": "payment_processed",
    "duration_ms": 1200,
    "fine": True,
    "money": {"currency": "USD"},
    "none": None,
}


@pytest.mark.parametrize(
    ("pattern", "taken"),
    [
        ('{ $.event = "payment_processed" }', True),
        ('{ $.event = "payment_rejected" }', False),
        ('{ $.event != "payment_rejected" }', True),
        ('{ $.absent = "x" }', False),
        ("{ $.duration_ms = * }", True),
        ("{ $.absent = * }", False),
        ("{ $.none = * }", False),
        ("{ $.absent != * }", True),
        ("{ $.duration_ms >= 1200 }", True),
        ("{ $.duration_ms > 1200 }", False),
        ("{ $.fine > 0 }", False),
        ('{ $.money.currency = "USD" }', True),
        ('{ ($.event = "payment_processed") && ($.duration_ms = *) }', True),
        ('{ $.event = "payment_processed" && $.duration_ms < 10 }', False),
        ('{ $.event = "other" || $.duration_ms = 1200 }', True),
    ],
)
def test_a_pattern_takes_an_event_or_not(pattern: str, *, taken: bool) -> None:
    assert pattern_matches(pattern, PROCESSED) == taken


@pytest.mark.parametrize("pattern", ["ERROR", "{ $.event IS TRUE }", "[a, b]", '{ $.items[0] = "x" }'])
def test_a_pattern_of_another_kind_is_refused_and_not_guessed(pattern: str) -> None:
    with pytest.raises(LocalError, match="is not one this reader knows"):
        pattern_matches(pattern, PROCESSED)


@pytest.mark.parametrize(
    ("path", "value"),
    [("$.duration_ms", 1200), ("$.money.currency", "USD"), ("$.money", {"currency": "USD"}), ("$.event.more", None)],
)
def test_a_path_leads_to_a_value_or_to_none(path: str, value: Any) -> None:
    assert event_value(path, PROCESSED) == value


@pytest.mark.local
def test_the_json_lines_of_a_function_are_its_events(
    clients: LocalClients, make_function: Callable[[str, str], str]
) -> None:
    make_function(
        "logs",
        """
import json
def handle(event, context):
    print("no json")
    print(json.dumps([1]))
    print(json.dumps({"event": "payment_processed", "id": event["id"]}))
""",
    )
    for number in range(2):
        clients("lambda").invoke(FunctionName="logs", Payload=f'{{"id": {number}}}')
    events = log_events(clients, "/aws/lambda/logs")
    assert sorted(event["id"] for event in events) == [0, 1]
