"""Tests for processing.job: one token for one call, and when what it sends has certainly arrived."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from lambdas.stand_ins import Context
from payments.errors import ConfigurationError
from payments.facts import Payment
from payments.money import Money
from payments.rows import Sent
from processing.job import read_job

PAYMENT = Payment(
    transaction_id="T", money=Money(minor=1000, currency="USD"), payment_method="credit_card", customer_id="C"
)
EVENT: dict[str, Any] = {
    "payment": PAYMENT.as_json(),
    "execution": {"arn": "arn"},
    "quiet_seconds": 300,
    "clock_margin_seconds": 62,
}


def test_an_attempt_may_send_from_now_until_it_is_certainly_over() -> None:
    job = read_job(EVENT, Context(seconds=60), clock=lambda: 100.0)
    assert (job.sending, job.time_left()) == (Sent(first=100_000, until=222_000), 60.0)
    assert read_job(EVENT, None, clock=lambda: 100.0).sending == Sent(first=100_000, until=462_000)


def test_an_attempt_that_sends_no_more_may_have_sent_until_now_by_anybody_s_clock() -> None:
    job = read_job({**EVENT, "clock_margin_seconds": 2}, Context(seconds=60), clock=lambda: 100.0)
    assert job.sent_by_now(Sent(first=7, until=999_000)) == Sent(first=7, until=102_000)


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
        (
            {"adapter": "http", "url": "https://gateway.example:8443/v1", "secret_arn": "arn"},
            "http https://gateway.example:8443/v1",
        ),
        ({"adapter": "http", "url": "https://gateway.example/v2"}, "http https://gateway.example/v2"),
        ({"adapter": "stripe", "url": ""}, "stripe"),
        ({"adapter": "simulated"}, "simulated"),
        (
            {"adapter": "http", "url": "https://" + "x" * 300},
            f"sha256:{hashlib.sha256(b'http https://' + b'x' * 300).hexdigest()}",
        ),
        (None, ""),
    ],
)
def test_a_gateway_s_name_is_its_adapter_and_whole_address(gateway: object, name: str) -> None:
    assert read_job({**EVENT, "gateway": gateway}, Context()).gateway == name


def test_how_long_a_charge_may_be_on_its_way_comes_from_the_payload() -> None:
    assert read_job(EVENT, Context()).quiet == 300.0
    job = read_job({**EVENT, "quiet_seconds": 7}, Context(), clock=lambda: 1_007.0)
    ends = [Sent(first=0, until=until) for until in (1_000_000, 1_000_001)]
    assert [job.is_quiet_since(sent) for sent in ends] == [True, False]
    assert [job.is_over(Sent(first=0, until=until)) for until in (1_007_000, 1_007_001)] == [True, False]


def test_the_clocks_margin_comes_from_the_payload() -> None:
    assert read_job(EVENT, Context()).margin == 62.0
    job = read_job({**EVENT, "clock_margin_seconds": 1}, Context(seconds=10), clock=lambda: 100.0)
    assert job.sending.until == 111_000


@pytest.mark.parametrize(("lifetime", "remembered"), [(None, True), (432, True), (431, False), (0, False)])
def test_a_key_is_remembered_when_the_gateway_keeps_it_until_the_last_request_has_arrived(
    lifetime: float | None, remembered: bool
) -> None:
    # First sent at 100; what this attempt sends leaves until 221 and has arrived at 531, by a clock that is off by 1.
    fields = {"quiet_seconds": 310, "clock_margin_seconds": 1}
    job = read_job({**EVENT, **fields}, Context(seconds=60), clock=lambda: 160.0)
    assert job.is_remembered(Sent(first=100_000, until=150_000), lifetime=lifetime) is remembered


@pytest.mark.parametrize("seconds", [-1, "7", True, None, float("inf"), float("nan")])
@pytest.mark.parametrize("name", ["quiet_seconds", "clock_margin_seconds"])
def test_a_time_that_is_no_number_of_seconds_is_refused(name: str, seconds: object) -> None:
    with pytest.raises(ConfigurationError, match=name):
        read_job({**EVENT, name: seconds}, Context())


@pytest.mark.parametrize("fields", [{"step": "refund"}, {"execution": None}, {"payment": None}])
def test_an_unusable_payload_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        read_job({**EVENT, **fields}, Context())
