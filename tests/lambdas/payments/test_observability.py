"""Tests for payments.observability: an allow-list of fields, and metrics in CloudWatch's embedded format."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from payments.observability import AMOUNTS, COUNTS, count_payment
from payments.statuses import TERMINAL

LAMBDAS = Path(__file__).resolve().parents[3] / "lambdas"
LOG = """
from payments.observability import log_event
log_event("payment_processed", transaction_id="T", duration_ms=12, error="x" * 9_000, secret="sk_1", card="4111",
          amount="30.40", currency=None, replayed=False)
log_event("gateway_unavailable", level="warning", error_type="GatewayUnavailable")
log_event("noise", level="debug", transaction_id="T")
"""


def test_a_log_line_is_one_json_object_with_allowed_bounded_fields() -> None:
    environment = {"PYTHONPATH": str(LAMBDAS), "POWERTOOLS_SERVICE_NAME": "payments", "LOG_LEVEL": "INFO"}
    done = subprocess.run([sys.executable, "-c", LOG], env=environment, capture_output=True, text=True, check=True)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["event"] for line in lines] == ["payment_processed", "gateway_unavailable"]
    first = lines[0]
    assert (first["transaction_id"], first["amount"], first["duration_ms"]) == ("T", "30.40", 12)
    assert (first["level"], first["service"], first["replayed"]) == ("INFO", "payments", False)
    assert len(first["error"]) == 200
    assert not {"secret", "card", "currency"} & set(first)


@pytest.mark.parametrize(
    ("traced", "shown"),
    [({"_X_AMZN_TRACE_ID": "Root=1-5759e988-bd862e3fe;Parent=53995c3f42cd8ad8;Sampled=1"}, "1-5759e988-bd862e3fe"),
     ({}, None)],
)  # fmt: skip
def test_a_log_line_has_the_trace_where_there_is_one(traced: dict[str, str], shown: str | None) -> None:
    environment = {"PYTHONPATH": str(LAMBDAS), "POWERTOOLS_SERVICE_NAME": "payments", **traced}
    done = subprocess.run([sys.executable, "-c", LOG], env=environment, capture_output=True, text=True, check=True)
    assert [json.loads(line).get("xray_trace_id") for line in done.stdout.splitlines()] == [shown, shown]


def metrics(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_a_payment_is_counted_by_environment_and_by_method_and_currency(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENVIRONMENT", "dev")
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "lambda-payment-processing")
    count_payment("COMPLETED", payment_method="credit_card", currency="USD", minor=1050, duration_ms=12)
    (line,) = metrics(capsys.readouterr().out)
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == "PaymentWorkflow"
    assert directive["Dimensions"] == [
        ["environment", "payment_method", "currency", "service"],
        ["environment"],
        ["environment", "currency"],
    ]
    assert directive["Metrics"] == [
        {"Name": "PaymentsCompleted", "Unit": "Count"},
        {"Name": "AmountCompleted", "Unit": "Count"},
        {"Name": "AmountOpen", "Unit": "Count"},
        {"Name": "PaymentDuration", "Unit": "Milliseconds"},
    ]
    assert (line["PaymentsCompleted"], line["PaymentDuration"]) == ([1.0], [12.0])
    assert (line["AmountCompleted"], line["AmountOpen"]) == ([1050.0], [-1050.0])
    assert (line["environment"], line["payment_method"], line["currency"]) == ("dev", "credit_card", "USD")


def test_every_end_of_a_payment_has_a_metric() -> None:
    assert set(COUNTS) == TERMINAL | {"REJECTED", "UNKNOWN", "VALIDATED"}
    assert set(AMOUNTS) == TERMINAL
    assert len(set(COUNTS.values())) == len(COUNTS)


def test_two_threads_do_not_mix_their_payments(capsys: pytest.CaptureFixture[str]) -> None:
    def count(method: str) -> None:
        for _ in range(50):
            count_payment("UNKNOWN", payment_method=method, currency="USD")

    threads = [threading.Thread(target=count, args=(name,)) for name in ("credit_card", "bank_transfer")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = metrics(capsys.readouterr().out)
    assert [line["PaymentsUnknown"] for line in lines] == [[1.0]] * 100
    assert sorted(line["payment_method"] for line in lines) == ["bank_transfer"] * 50 + ["credit_card"] * 50
