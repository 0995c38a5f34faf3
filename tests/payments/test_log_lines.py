"""The log lines of a payment: which are found, and which of their fields are shown."""

from __future__ import annotations

import json
from typing import Any

import pytest

from payflow_cfn.payments.log_lines import SHOWN_FIELDS, LogLines, pattern, read_lines
from payment_stubs import AT, Cloud
from payments.observability import LOG_FIELDS

GROUPS = [f"/aws/lambda/lambda-payment-{each}-dev" for each in ("validation", "processing")]
IDS = {"event", "transaction_id", "execution", "attempt", "function_request_id"}


def read(*messages: str, **more: str) -> LogLines:
    cloud = Cloud()
    events = [{"timestamp": int(AT.timestamp() * 1000), "message": each} for each in messages]
    pages: list[dict[str, Any]] = [{"events": events, **more}, {"events": []}]
    for group, page in zip(GROUPS, pages, strict=True):
        asked = {"logGroupName": group, "filterPattern": '{ $.transaction_id = "T-1" }'}
        cloud.stub("logs").add_response("filter_log_events", page, asked)
    found = read_lines(cloud.client("logs"), groups=GROUPS, transaction_id="T-1", since=None)
    cloud.check()
    return found


def line(**fields: Any) -> str:
    return json.dumps({"event": "e", "transaction_id": "T-1", **fields})


def test_the_shown_fields_are_those_that_the_functions_may_write_and_the_trace() -> None:
    assert set(SHOWN_FIELDS) == (LOG_FIELDS - IDS) | {"level", "xray_trace_id"}


def test_a_field_that_is_not_allowed_is_left_out() -> None:
    (found,) = read(line(status="UNKNOWN", xray_trace_id="1-2-3", customer_id="C-1", error={"card": "4111"})).lines
    assert (found.at, found.fields) == (AT, {"status": "UNKNOWN", "xray_trace_id": "1-2-3"})


@pytest.mark.parametrize("message", ["no json", "[1]", '"T-1"', line(transaction_id="T-10"), line(event="")])
def test_a_line_about_something_else_is_left_out(message: str) -> None:
    assert read(message) == LogLines((), ())


def test_more_lines_than_one_request_returns_are_reported() -> None:
    assert read(nextToken="t").unread == (f"{GROUPS[0]} holds more lines than one request returns",)


@pytest.mark.parametrize(("name", "asked"), [("T-1", "T-1"), ('a"b\\c*d', "a*b*c*d"), ("x}&&{", "x****")])
def test_signs_of_the_pattern_s_syntax_do_not_end_the_id(name: str, asked: str) -> None:
    assert pattern(name) == f'{{ $.transaction_id = "{asked}" }}'


def test_a_log_that_may_not_be_read_is_reported_and_stops_nothing() -> None:
    cloud = Cloud()
    for _ in GROUPS:
        cloud.stub("logs").add_client_error("filter_log_events", "AccessDeniedException", "not yours")
    found = read_lines(cloud.client("logs"), groups=GROUPS, transaction_id="T-1", since=AT)
    assert [each.partition(". ")[0] for each in found.unread] == [
        f"access denied reading {group} (not yours)" for group in GROUPS
    ]
