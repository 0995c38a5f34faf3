"""Tests for payments.gateways.stripe: the official library against localstripe, a third party's fake of Stripe."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import stripe

from payments.currencies import EXPONENTS
from payments.errors import ConfigurationError
from payments.gateways.outcomes import DECLINE_CODES
from payments.gateways.protocol import ChargeAnswer, ChargeRequest, ChargeStatus, GatewayUnavailable, OutcomeUnknown
from payments.gateways.stripe import StripeGateway
from payments.gateways.stripe_tables import DECLINES, METHOD_TYPES, REFUSED_FOR_GOOD, STATUSES, stripe_amount

SERVER = Path(__file__).with_name("localstripe_server.py")
API_KEY = "sk_test_12345"
GOOD, DECLINED, AUTHENTICATED = "4242424242424242", "4000000000000341", "4000002500003155"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Run localstripe in a child process that ends when its input is closed."""
    child = subprocess.Popen([sys.executable, str(SERVER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert child.stdin is not None
    assert child.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(child.stdout.readline())}"
    finally:
        child.stdin.close()
        child.wait()
        child.stdout.close()


def adapter(url: str, *, secret: str = API_KEY, time_left: float = 60.0) -> StripeGateway:
    return StripeGateway(url=url, secret=lambda: secret, time_left=lambda: time_left)


def customer(url: str, *cards: str) -> str:
    client = adapter(url)._client()
    name: str = client.v1.customers.create({"email": "a@example.com"}).id
    for number in cards:
        details = {"number": number, "exp_month": 12, "exp_year": 2040, "cvc": "123"}
        method = client.v1.payment_methods.create({"type": "card", "card": details})
        client.v1.payment_methods.attach(method.id, {"customer": name})
    return name


def request(
    customer_id: str, *, minor: int = 1050, currency: str = "USD", method: str = "credit_card"
) -> ChargeRequest:
    return ChargeRequest(
        transaction_id="T", amount_minor=minor, currency=currency, payment_method=method, customer_id=customer_id
    )


def intents(url: str, customer_id: str) -> list[Any]:
    return list(adapter(url)._client().v1.payment_intents.list({"customer": customer_id}).data)


def test_a_charge_and_its_repeat_and_its_finding_are_one_intent(url: str) -> None:
    who = customer(url, GOOD)
    gateway = adapter(url)
    first = gateway.charge(request(who), idempotency_key="key-1")
    assert first.status is ChargeStatus.SUCCEEDED
    assert gateway.charge(request(who), idempotency_key="key-1") == first
    assert gateway.find(request(who), idempotency_key="key-1") == first
    (intent,) = intents(url, who)
    assert (intent.id, intent.amount, intent.currency) == (first.reference, 1050, "usd")


def test_a_declined_card_is_declined_at_every_ask(url: str) -> None:
    who = customer(url, DECLINED)
    gateway = adapter(url)
    answer = gateway.charge(request(who), idempotency_key="key-2")
    assert (answer.status, answer.decline_code) == (ChargeStatus.DECLINED, "generic_decline")
    found = gateway.find(request(who), idempotency_key="key-2")
    assert (found.status, found.decline_code) == (ChargeStatus.DECLINED, "generic_decline")


def test_a_card_that_wants_its_holder_is_cancelled_and_declined(url: str) -> None:
    who = customer(url, AUTHENTICATED)
    answer = adapter(url).charge(request(who), idempotency_key="key-3")
    assert (answer.status, answer.decline_code) == (ChargeStatus.DECLINED, "authentication_required")
    assert [intent.status for intent in intents(url, who)] == ["canceled"]
    assert adapter(url).find(request(who), idempotency_key="key-3").status is ChargeStatus.DECLINED


def test_a_charge_whose_answer_is_lost_is_found_and_not_made_again(url: str) -> None:
    who = customer(url, GOOD)
    gateway = adapter(url)
    with pytest.raises(OutcomeUnknown):
        gateway.charge(request(who, minor=66606), idempotency_key="key-4")
    found = gateway.find(request(who, minor=66606), idempotency_key="key-4")
    assert found.status is ChargeStatus.SUCCEEDED
    assert gateway.charge(request(who, minor=66606), idempotency_key="key-4") == found
    assert len(intents(url, who)) == 1


def test_a_payment_is_found_among_many_and_not_among_another_customer_s(url: str) -> None:
    who, other = customer(url, GOOD), customer(url, GOOD)
    gateway = adapter(url)
    answers = {key: gateway.charge(request(who), idempotency_key=key) for key in ("key-5", "key-6", "key-7")}
    assert {key: gateway.find(request(who), idempotency_key=key) for key in answers} == answers
    for asked, key in ((who, "key-8"), (other, "key-5"), ("cus_unknown", "key-5")):
        assert gateway.find(request(asked), idempotency_key=key) == ChargeAnswer(status=ChargeStatus.NOT_FOUND)


def test_a_customer_with_several_cards_is_charged_on_the_same_one_at_every_try(url: str) -> None:
    who = customer(url, GOOD, GOOD, GOOD)
    for key in ("key-9", "key-10"):
        assert adapter(url).charge(request(who), idempotency_key=key).status is ChargeStatus.SUCCEEDED
    assert len({intent.payment_method for intent in intents(url, who)}) == 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"customer_id": "cus_unknown"}, "method_not_supported"),
        ({"method": "bank_transfer", "currency": "CHF"}, "method_not_supported"),
        ({"minor": 1234567, "currency": "BHD"}, "currency_not_supported"),
        ({"minor": 150, "currency": "MGA"}, "currency_not_supported"),
    ],
)
def test_what_stripe_cannot_take_is_declined_before_anything_is_sent(
    url: str, changes: dict[str, Any], code: str
) -> None:
    asked = request(**{"customer_id": customer(url, GOOD), **changes})
    assert adapter(url).charge(asked, idempotency_key="key-11").decline_code == code


def test_a_customer_without_a_card_is_declined(url: str) -> None:
    assert adapter(url).charge(request(customer(url)), idempotency_key="k").decline_code == "method_not_supported"


def test_a_wrong_api_key_charges_nothing_and_is_not_told(url: str) -> None:
    with pytest.raises(GatewayUnavailable) as caught:
        adapter(url, secret="wrong_secret").charge(request(customer(url, GOOD)), idempotency_key="k")
    assert "wrong_secret" not in str(caught.value)
    with pytest.raises(OutcomeUnknown):
        adapter(url, secret="wrong_secret").find(request("cus_1"), idempotency_key="k")


def test_nothing_is_sent_to_a_stripe_that_is_not_there_or_without_time(url: str) -> None:
    with pytest.raises(GatewayUnavailable):
        adapter("http://127.0.0.1:9").charge(request("cus_1"), idempotency_key="k")
    with pytest.raises(GatewayUnavailable, match="too little time"):
        adapter(url, time_left=1.0).charge(request("cus_1"), idempotency_key="k")


class Refusing:
    """A client of the library whose create raises."""

    def __init__(self, error: Exception) -> None:
        self.error = error
        self.v1 = self.payment_intents = self

    def create(self, params: dict[str, Any], options: dict[str, Any]) -> Any:
        assert options["idempotency_key"] == params["metadata"]["payflow_key"] == "k"
        raise self.error


def stripe_error(name: str, *args: Any, **kwargs: Any) -> Exception:
    """Make one of the library's errors; this one has no annotations."""
    error: Exception = getattr(stripe, name)(*args, **kwargs)
    return error


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (stripe.RateLimitError("slow down", http_status=429), GatewayUnavailable),
        (stripe.AuthenticationError("no"), GatewayUnavailable),
        (stripe.PermissionError("no"), GatewayUnavailable),
        (stripe_error("InvalidRequestError", "no such thing", "customer", code="resource_missing"), GatewayUnavailable),
        (stripe.IdempotencyError("in use", http_status=409), OutcomeUnknown),
        (stripe.APIError("boom", http_status=500), OutcomeUnknown),
        (stripe_error("APIConnectionError", "lost"), OutcomeUnknown),
        (OutcomeUnknown("lost"), OutcomeUnknown),
        (GatewayUnavailable("refused"), GatewayUnavailable),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_stripe_s_errors_are_sorted_by_whether_a_charge_may_exist(error: Exception, expected: type[Exception]) -> None:
    from payments.gateways.stripe import _create

    with pytest.raises(expected):
        _create(Refusing(error), {}, key="k")


def test_an_amount_that_stripe_never_takes_is_a_decline() -> None:
    from payments.gateways.stripe import _create, _settled

    error = stripe_error(
        "InvalidRequestError",
        "small",
        "amount",
        code="amount_too_small",
        json_body={"error": {"code": "amount_too_small"}},
    )
    answer = _settled(None, _create(Refusing(error), {}, key="k"), request("cus_1"))
    assert (answer.status, answer.decline_code) == (ChargeStatus.DECLINED, "amount_not_supported")


def test_a_key_that_was_used_for_other_money_is_no_answer_to_this_payment(url: str) -> None:
    who, gateway = customer(url, GOOD), adapter(url)
    gateway.charge(request(who), idempotency_key="key-20")
    for changes in ({"minor": 1051}, {"currency": "EUR"}):
        for ask in (gateway.find, gateway.charge):
            with pytest.raises(OutcomeUnknown):
                ask(request(who, **changes), idempotency_key="key-20")
    assert len(intents(url, who)) == 1


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, ChargeStatus.SUCCEEDED),
        ({"amount": 1051}, None),
        ({"amount_received": 1049}, None),
        ({"currency": "eur"}, None),
        ({"status": "processing", "amount_received": 0}, ChargeStatus.PENDING),
        ({"status": "requires_payment_method", "amount_received": 0}, ChargeStatus.PENDING),
        ({"status": "requires_payment_method", "last_payment_error": SimpleNamespace()}, ChargeStatus.DECLINED),
        ({"status": "canceled"}, ChargeStatus.DECLINED),
    ],
    ids=str,
)
def test_an_intent_is_read_by_its_status_and_only_with_the_payment_s_facts(
    changes: dict[str, Any], status: ChargeStatus | None
) -> None:
    from payments.gateways.stripe import _settled

    facts = {"id": "pi_1", "status": "succeeded", "amount": 1050, "amount_received": 1050, "currency": "usd"}
    intent = SimpleNamespace(**{**facts, **changes})
    if status is None:
        with pytest.raises(OutcomeUnknown, match="another amount or currency"):
            _settled(None, intent, request("cus_1"))
    else:
        assert _settled(None, intent, request("cus_1")).status is status


class Listing:
    """A client of the library whose lists raise."""

    def __init__(self, error: Exception) -> None:
        self.error = error
        self.v1 = self.payment_methods = self.payment_intents = self

    def list(self, params: dict[str, Any]) -> Any:
        raise self.error


def test_a_customer_whom_stripe_does_not_know_has_no_method_but_may_have_been_charged() -> None:
    from payments.gateways.stripe import _intents, _saved_method

    error = stripe_error("InvalidRequestError", "no such", "customer", code="resource_missing", http_status=400)
    assert _saved_method(Listing(error), "cus_1", kind="card") is None
    with pytest.raises(OutcomeUnknown):
        list(_intents(Listing(error), "cus_1"))


@pytest.mark.parametrize("error", [stripe.AuthenticationError("no"), stripe.PermissionError("no")], ids=str)
def test_a_key_that_stripe_refuses_anywhere_is_read_again(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    from payments.gateways.stripe import _create, _intents, _saved_method

    dropped: list[bool] = []
    monkeypatch.setattr("payments.gateways.stripe.forget_secrets", lambda: dropped.append(True))
    with pytest.raises(GatewayUnavailable):
        _saved_method(Listing(error), "cus_1", kind="card")
    with pytest.raises(GatewayUnavailable):
        _create(Refusing(error), {}, key="k")
    with pytest.raises(OutcomeUnknown):
        list(_intents(Listing(error), "cus_1"))
    assert dropped == [True] * 3
    with pytest.raises(GatewayUnavailable):
        _create(Refusing(stripe.RateLimitError("slow down")), {}, key="k")
    assert len(dropped) == 3


def test_an_artifact_without_the_library_is_refused_before_any_claim(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ConfigurationError, match="no stripe"):
        adapter("")


@pytest.mark.parametrize(
    ("minor", "currency", "amount"),
    [
        (1050, "USD", 1050),
        (500, "JPY", 500),
        (500, "ISK", 50000),
        (500, "UGX", 50000),
        (15000, "MGA", 150),
        (1230, "KWD", 1230),
        (1234, "KWD", None),
    ],
)
def test_amounts_are_in_stripe_s_own_minor_units(minor: int, currency: str, amount: int | None) -> None:
    assert stripe_amount(minor, currency) == amount


def test_the_tables_map_into_our_words() -> None:
    assert set(DECLINES.values()) <= DECLINE_CODES
    assert set(DECLINES) >= REFUSED_FOR_GOOD
    assert ChargeStatus.NOT_FOUND not in STATUSES.values()
    assert {currency for types in METHOD_TYPES.values() for currency in types} - {"*"} <= set(EXPONENTS)
