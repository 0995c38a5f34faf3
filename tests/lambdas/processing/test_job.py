"""Tests for processing.job: one token for one call, and a claim that lasts as long as the function can."""

from __future__ import annotations

from typing import Any

import pytest

from lambdas.stand_ins import Context
from payments.errors import ConfigurationError
from payments.facts import Payment
from payments.money import Money
from processing.job import read_job

PAYMENT = Payment(
    transaction_id="T", money=Money(minor=1000, currency="USD"), payment_method="credit_card", customer_id="C"
)
EVENT: dict[str, Any] = {"payment": PAYMENT.as_json(), "execution": {"arn": "arn"}}


def test_a_claim_lasts_until_the_function_is_certainly_over() -> None:
    job = read_job(EVENT, Context(seconds=60), clock=lambda: 100.0)
    assert (job.lease_until, job.time_left()) == (162_000, 60.0)
    assert read_job(EVENT, None, clock=lambda: 100.0).lease_until == 402_000


def test_two_calls_never_share_a_token_even_when_lambda_repeats_the_request_id() -> None:
    first, second = (read_job(EVENT, Context()).attempt for _ in range(2))
    assert first != second
    assert first.startswith(Context.aws_request_id)
    assert read_job(EVENT, None).attempt.startswith("direct/")


@pytest.mark.parametrize(
    ("fields", "step", "last"),
    [
        ({}, "process", False),
        ({"step": "reconcile", "last": True}, "reconcile", True),
        ({"last": "true"}, "process", False),
    ],
)
def test_the_step_and_whether_it_is_the_last_come_from_the_payload(
    fields: dict[str, Any], step: str, last: bool
) -> None:
    job = read_job({**EVENT, **fields}, Context())
    assert (job.step, job.last) == (step, last)


@pytest.mark.parametrize(
    ("gateway", "name"),
    [
        ({"adapter": "http", "url": "https://gateway.example:8443/v1", "secret_arn": "arn"}, "http gateway.example"),
        ({"adapter": "stripe", "url": ""}, "stripe"),
        ({"adapter": "simulated"}, "simulated"),
        ({"adapter": "http", "url": "http://[::1"}, "http"),
        (None, ""),
    ],
)
def test_a_gateway_s_name_is_its_adapter_and_host(gateway: object, name: str) -> None:
    assert read_job({**EVENT, "gateway": gateway}, Context()).gateway == name


def test_how_long_a_charge_may_be_on_its_way_comes_from_the_payload() -> None:
    assert read_job(EVENT, Context()).quiet == 300.0
    job = read_job({**EVENT, "quiet_seconds": 7}, Context(), clock=lambda: 1_007.0)
    assert (job.is_quiet_since(1_000_000), job.is_quiet_since(1_000_001)) == (True, False)


@pytest.mark.parametrize("quiet", [-1, "7", True, None, float("inf"), float("nan")])
def test_a_quiet_time_that_is_no_number_of_seconds_is_refused(quiet: object) -> None:
    with pytest.raises(ConfigurationError):
        read_job({**EVENT, "quiet_seconds": quiet}, Context())


@pytest.mark.parametrize("fields", [{"step": "refund"}, {"execution": None}, {"payment": None}])
def test_an_unusable_payload_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        read_job({**EVENT, **fields}, Context())
