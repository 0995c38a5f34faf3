"""Tests for payments.gateways.stripe: the official library against localstripe, a third party's fake of Stripe."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import stripe

from payments.currencies import EXPONENTS
from payments.errors import ConfigurationError
from payments.gateways.outcomes import DECLINE_CODES
from payments.gateways.protocol import ChargeAnswer, ChargeRequest, ChargeStatus, GatewayUnavailable, OutcomeUnknown
from payments.gateways.stripe import StripeGateway
from payments.gateways.stripe_client import stripe_transport
from payments.gateways.stripe_tables import (
    COMPLETABLE,
    DECLINES,
    METHOD_KINDS,
    REFUSALS,
    REFUSED_PARAMETERS,
    STATUSES,
    stripe_amount,
)

SERVER = Path(__file__).with_name("localstripe_server.py")
API_KEY = "sk_test_12345"
GOOD, DECLINED, AUTHENTICATED = "4242424242424242", "4000000000000341", "4000002500003155"
WALLET = "5555555555554444"


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


def client(url: str) -> Any:
    transport = stripe_transport(seconds=lambda: 20.0)
    return stripe.StripeClient(API_KEY, base_addresses={"api": url}, http_client=transport)


def customer(url: str, *cards: str) -> str:
    name: str = client(url).v1.customers.create({"email": "a@example.com"}).id
    for number in cards:
        attach(url, name, number)
    return name


def attach(url: str, name: str, number: str) -> str:
    details = {"number": number, "exp_month": 12, "exp_year": 2040, "cvc": "123"}
    method: str = client(url).v1.payment_methods.create({"type": "card", "card": details}).id
    client(url).v1.payment_methods.attach(method, {"customer": name})
    return method


def request(
    customer_id: str, *, minor: int = 1050, currency: str = "USD", method: str = "credit_card"
) -> ChargeRequest:
    return ChargeRequest(
        transaction_id="T", amount_minor=minor, currency=currency, payment_method=method, customer_id=customer_id
    )


def intents(url: str, customer_id: str) -> list[Any]:
    return list(client(url).v1.payment_intents.list({"customer": customer_id}).data)


def test_a_charge_and_its_repeat_and_its_finding_are_one_intent(url: str) -> None:
    who = customer(url, GOOD)
    gateway = adapter(url)
    first = gateway.charge(request(who), idempotency_key="key-1")
    assert first.status is ChargeStatus.SUCCEEDED
    assert gateway.charge(request(who), idempotency_key="key-1") == first
    assert gateway.find(request(who), idempotency_key="key-1") == first
    (intent,) = intents(url, who)
    assert (intent.id, intent.amount, intent.currency) == (first.reference, 1050, "usd")
    assert intent.metadata.to_dict() == {"payflow_key": "key-1", "payflow_transaction_id": "T"}


@pytest.mark.parametrize(
    ("number", "code"), [(DECLINED, "generic_decline"), (AUTHENTICATED, "authentication_required")]
)
def test_what_is_declined_is_ended_and_declined_at_every_ask(url: str, number: str, code: str) -> None:
    who, gateway = customer(url, number), adapter(url)
    first = gateway.charge(request(who), idempotency_key=f"key-{number}")
    (intent,) = intents(url, who)
    assert first == ChargeAnswer(status=ChargeStatus.DECLINED, reference=intent.id, decline_code=code)
    assert intent.status == "canceled"
    with pytest.raises(stripe.InvalidRequestError):
        client(url).v1.payment_intents.confirm(intent.id)
    assert gateway.charge(request(who), idempotency_key=f"key-{number}") == first
    assert gateway.find(request(who), idempotency_key=f"key-{number}").status is ChargeStatus.DECLINED


def test_a_decline_whose_reader_died_is_ended_by_the_question(url: str) -> None:
    who, gateway = customer(url, DECLINED), adapter(url)
    with pytest.raises(OutcomeUnknown):
        gateway.charge(request(who, minor=66606), idempotency_key="key-2")
    assert [intent.status for intent in intents(url, who)] == ["requires_payment_method"]
    found = gateway.find(request(who, minor=66606), idempotency_key="key-2")
    assert (found.status, found.decline_code) == (ChargeStatus.DECLINED, "generic_decline")
    assert [intent.status for intent in intents(url, who)] == ["canceled"]


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
    for asked, key in ((who, "key-8"), (other, "key-5")):
        assert gateway.find(request(asked), idempotency_key=key) == ChargeAnswer(status=ChargeStatus.NOT_FOUND)


def test_a_question_reads_the_intents_since_the_first_charge_and_an_hour_before(url: str) -> None:
    who, gateway = customer(url, GOOD), adapter(url)
    answer = gateway.charge(request(who), idempotency_key="key-30")
    now = time.time()
    for since in (None, 0.0, now, now + 1800):
        assert gateway.find(request(who), idempotency_key="key-30", since=since) == answer
    found = gateway.find(request(who), idempotency_key="key-30", since=now + 7200)
    assert found.status is ChargeStatus.NOT_FOUND


def test_a_customer_whom_the_key_s_account_does_not_know_is_neither_declined_nor_found(url: str) -> None:
    gateway = adapter(url)
    with pytest.raises(GatewayUnavailable, match="does not know the customer"):
        gateway.charge(request("cus_unknown"), idempotency_key="key-31")
    with pytest.raises(OutcomeUnknown):
        gateway.find(request("cus_unknown"), idempotency_key="key-31")


def test_of_several_cards_only_the_default_is_charged(url: str) -> None:
    who = customer(url, GOOD, GOOD)
    default = attach(url, who, GOOD)
    attach(url, who, GOOD)
    answer = adapter(url).charge(request(who), idempotency_key="key-9")
    assert answer == ChargeAnswer(status=ChargeStatus.DECLINED, decline_code="method_ambiguous")
    assert intents(url, who) == []
    client(url).v1.customers.update(who, {"invoice_settings": {"default_payment_method": default}})
    assert adapter(url).charge(request(who), idempotency_key="key-10").status is ChargeStatus.SUCCEEDED
    assert [intent.payment_method for intent in intents(url, who)] == [default]


def test_a_card_in_a_wallet_is_a_digital_wallet(url: str) -> None:
    who = customer(url, GOOD)
    wallet = request(who, method="digital_wallet")
    assert adapter(url).charge(wallet, idempotency_key="key-32").decline_code == "method_not_supported"
    apple = attach(url, who, WALLET)
    assert adapter(url).charge(wallet, idempotency_key="key-33").status is ChargeStatus.SUCCEEDED
    assert [intent.payment_method for intent in intents(url, who)] == [apple]


def test_a_repeat_that_meets_other_cards_is_answered_with_the_charge_that_it_repeats(url: str) -> None:
    who, gateway = customer(url), adapter(url)
    card = attach(url, who, GOOD)
    first = gateway.charge(request(who), idempotency_key="key-34")
    other = attach(url, who, GOOD)
    assert gateway.charge(request(who), idempotency_key="key-34") == first
    for method in (card, other):
        client(url).v1.payment_methods.detach(method)
    assert gateway.charge(request(who), idempotency_key="key-34") == first
    assert len(intents(url, who)) == 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [
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


class Answers:
    """A Stripe of fixed answers by method and path; `calls` are the requests that it got."""

    def __init__(self, answers: dict[str, tuple[int, Any]]) -> None:
        self.answers = {"GET /v1/payment_methods": (200, listed(CARD)), **answers}
        self.calls: list[str] = []


@contextmanager
def answering(
    answers: dict[str, tuple[int, Any]], *, time_left: Callable[[], float] = lambda: 60.0
) -> Iterator[tuple[StripeGateway, Answers]]:
    """Serve fixed answers on a loopback port, and what is not among them as an error of Stripe's."""
    fixed = Answers(answers)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            call = f"{self.command} {self.path.partition('?')[0]}"
            fixed.calls.append(call)
            status, answer = fixed.answers.get(call, (500, {"error": {"type": "api_error"}}))
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the standard library's
            """Log nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        url = f"http://127.0.0.1:{server.server_port}"
        yield StripeGateway(url=url, secret=lambda: API_KEY, time_left=time_left), fixed
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def listed(*items: dict[str, Any]) -> dict[str, Any]:
    return {"object": "list", "data": list(items), "has_more": False, "url": "/v1/any"}


def error_of(kind: str = "invalid_request_error", **facts: Any) -> dict[str, Any]:
    return {"error": {"type": kind, "message": "no", **facts}}


def intent_of(status: str, **facts: Any) -> dict[str, Any]:
    known = {"amount": 1050, "amount_received": 1050, "currency": "usd", "metadata": {"payflow_key": "k"}}
    return {"id": "pi_1", "object": "payment_intent", "status": status, **known, **facts}


CARD = {"id": "pm_1", "object": "payment_method", "type": "card", "card": {}}
INTENTS, CREATE = "GET /v1/payment_intents", "POST /v1/payment_intents"
CANCEL, RETRIEVE = "POST /v1/payment_intents/pi_1/cancel", "GET /v1/payment_intents/pi_1"
FAILED = {"last_payment_error": {"code": "card_declined", "decline_code": "lost_card"}}


@pytest.mark.parametrize(
    ("status", "error", "expected"),
    [
        (429, error_of(code="rate_limit"), GatewayUnavailable),
        (429, error_of(code="lock_timeout"), GatewayUnavailable),
        (401, error_of(code="api_key_expired"), GatewayUnavailable),
        (401, error_of(code="platform_api_key_expired"), GatewayUnavailable),
        (403, error_of(code="account_invalid"), GatewayUnavailable),
        (400, error_of(code="resource_missing", param="customer"), GatewayUnavailable),
        (400, error_of(code="resource_missing", param="payment_method"), GatewayUnavailable),
        (400, error_of(code="livemode_mismatch"), GatewayUnavailable),
        (400, error_of(code="testmode_charges_only"), GatewayUnavailable),
        (400, error_of(code="secret_key_required"), GatewayUnavailable),
        (400, error_of(code="payment_method_unactivated", param="payment_method_types"), GatewayUnavailable),
        (400, error_of(code="charge_exceeds_transaction_limit"), GatewayUnavailable),
        (400, error_of(code="parameter_unknown", param="off_session"), GatewayUnavailable),
        (400, error_of(), GatewayUnavailable),
        (400, error_of("idempotency_error"), OutcomeUnknown),
        (409, error_of(code="idempotency_key_in_use"), OutcomeUnknown),
        (500, error_of("api_error"), OutcomeUnknown),
        (503, [], OutcomeUnknown),
    ],
    ids=str,
)
def test_what_is_wrong_with_the_account_or_the_request_declines_nothing(
    status: int, error: Any, expected: type[Exception]
) -> None:
    with answering({CREATE: (status, error), INTENTS: (200, listed())}) as (gateway, fixed):
        with pytest.raises(expected):
            gateway.charge(request("cus_1"), idempotency_key="k")
        assert fixed.calls[-1] == CREATE


@pytest.mark.parametrize(
    ("facts", "code"),
    [({"code": word}, code) for word, code in REFUSALS.items()]
    + [({"param": name}, code) for name, code in REFUSED_PARAMETERS.items()]
    + [({"param": "mandate_data", "code": "parameter_missing"}, "mandate_required")],
    ids=str,
)
def test_what_is_wrong_with_the_payment_declines_it_at_once(facts: dict[str, str], code: str) -> None:
    with answering({CREATE: (400, error_of(**facts)), INTENTS: (200, listed())}) as (gateway, _):
        answer = gateway.charge(request("cus_1"), idempotency_key="k")
    assert answer == ChargeAnswer(status=ChargeStatus.DECLINED, decline_code=code)


@pytest.mark.parametrize("status", ["requires_payment_method", "requires_confirmation", "requires_action"])
@pytest.mark.parametrize(
    ("http", "error", "code"),
    [
        (402, {"kind": "card_error", "code": "card_declined", "decline_code": "lost_card"}, "lost_card"),
        (402, {"kind": "card_error", "code": "authentication_required"}, "authentication_required"),
        (400, {"code": "payment_intent_mandate_invalid"}, "mandate_required"),
    ],
    ids=str,
)
def test_the_intent_of_a_refusal_is_ended(http: int, error: dict[str, Any], code: str, status: str) -> None:
    refusal = error_of(**error, payment_intent=intent_of(status))
    with answering({CREATE: (http, refusal), CANCEL: (200, intent_of("canceled"))}) as (gateway, fixed):
        answer = gateway.charge(request("cus_1"), idempotency_key="k")
    assert answer == ChargeAnswer(status=ChargeStatus.DECLINED, reference="pi_1", decline_code=code)
    assert fixed.calls[1:] == [CREATE, CANCEL]


REFUSED_CANCEL = error_of(code="payment_intent_unexpected_state")
UNLISTED = error_of(code="charge_exceeds_transaction_limit", payment_intent=intent_of("requires_payment_method"))


def test_a_technical_refusal_ends_its_intent_and_declines_nothing() -> None:
    with answering({CREATE: (400, UNLISTED), CANCEL: (200, intent_of("canceled"))}) as (gateway, fixed):
        with pytest.raises(GatewayUnavailable):
            gateway.charge(request("cus_1"), idempotency_key="k")
        assert fixed.calls[1:] == [CREATE, CANCEL]


@pytest.mark.parametrize("status", ["processing", "requires_payment_method"])
def test_a_technical_refusal_whose_intent_stays_open_is_pending(status: str) -> None:
    answers = {CREATE: (400, UNLISTED), CANCEL: (400, REFUSED_CANCEL), RETRIEVE: (200, intent_of(status))}
    with answering(answers) as (gateway, _):
        answer = gateway.charge(request("cus_1"), idempotency_key="k")
    assert answer == ChargeAnswer(status=ChargeStatus.PENDING, reference="pi_1")


def test_a_refusal_whose_intent_cannot_be_looked_up_leaves_the_outcome_open() -> None:
    seconds = iter((60.0, 60.0, 1.0))
    refusal = error_of("card_error", code="card_declined")
    with answering({CREATE: (402, refusal)}, time_left=lambda: next(seconds)) as (gateway, fixed):
        with pytest.raises(OutcomeUnknown):
            gateway.charge(request("cus_1"), idempotency_key="k")
        assert fixed.calls[-1] == CREATE


@pytest.mark.parametrize(
    ("cancel", "then", "status"),
    [
        ((200, intent_of("canceled")), None, ChargeStatus.DECLINED),
        ((400, REFUSED_CANCEL), (200, intent_of("canceled")), ChargeStatus.DECLINED),
        ((400, REFUSED_CANCEL), (200, intent_of("succeeded")), ChargeStatus.PENDING),
        ((400, REFUSED_CANCEL), (500, {}), ChargeStatus.PENDING),
        ((200, intent_of("processing")), None, ChargeStatus.PENDING),
        ((403, error_of()), None, ChargeStatus.PENDING),
        ((429, error_of()), None, ChargeStatus.PENDING),
        ((500, error_of("api_error")), None, ChargeStatus.PENDING),
    ],
    ids=str,
)
def test_what_cannot_be_ended_is_not_declined_yet(
    cancel: tuple[int, Any], then: tuple[int, Any] | None, status: ChargeStatus
) -> None:
    fixed = {INTENTS: (200, listed(intent_of("requires_payment_method", **FAILED))), CANCEL: cancel}
    with answering({**fixed, **({RETRIEVE: then} if then else {})}) as (gateway, _):
        answer = gateway.find(request("cus_1"), idempotency_key="k")
    assert (answer.status, answer.reference) == (status, "pi_1")
    assert answer.decline_code == ("lost_card" if status is ChargeStatus.DECLINED else "")


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, error_of(code="resource_missing", param="customer")),
        (404, error_of(code="resource_missing", param="id")),
        (400, error_of(code="livemode_mismatch")),
        (401, error_of()),
        (403, error_of()),
        (429, error_of()),
        (500, error_of("api_error")),
    ],
    ids=str,
)
def test_without_a_list_of_the_customer_s_methods_nothing_is_declined_or_sent(status: int, error: Any) -> None:
    with answering({"GET /v1/payment_methods": (status, error)}) as (gateway, fixed):
        with pytest.raises(GatewayUnavailable):
            gateway.charge(request("cus_1"), idempotency_key="k")
        assert fixed.calls == ["GET /v1/payment_methods"]


def test_a_key_that_was_used_for_other_money_is_no_answer_to_this_payment(url: str) -> None:
    who, gateway = customer(url, GOOD), adapter(url)
    gateway.charge(request(who), idempotency_key="key-20")
    for changes in ({"minor": 1051}, {"currency": "EUR"}):
        for ask in (gateway.find, gateway.charge):
            with pytest.raises(OutcomeUnknown):
                ask(request(who, **changes), idempotency_key="key-20")
    assert len(intents(url, who)) == 1


@pytest.mark.parametrize(
    ("intent", "status"),
    [
        (intent_of("succeeded"), ChargeStatus.SUCCEEDED),
        (intent_of("succeeded", amount=1051), None),
        (intent_of("succeeded", amount_received=1049), None),
        (intent_of("succeeded", currency="eur"), None),
        (intent_of("processing", amount_received=0), ChargeStatus.PENDING),
        (intent_of("requires_capture", amount_received=0), ChargeStatus.PENDING),
        (intent_of("requires_confirmation", amount_received=0), ChargeStatus.PENDING),
        (intent_of("requires_payment_method", amount_received=0), ChargeStatus.PENDING),
        (intent_of("requires_payment_method", **FAILED), ChargeStatus.DECLINED),
        (intent_of("requires_action"), ChargeStatus.DECLINED),
        (intent_of("canceled"), ChargeStatus.DECLINED),
        (intent_of("of another time"), ChargeStatus.PENDING),
    ],
    ids=str,
)
def test_an_intent_is_read_by_its_status_and_only_with_the_payment_s_facts(
    intent: dict[str, Any], status: ChargeStatus | None
) -> None:
    with answering({INTENTS: (200, listed(intent)), CANCEL: (200, intent_of("canceled"))}) as (gateway, _):
        if status is None:
            with pytest.raises(OutcomeUnknown, match="another amount or currency"):
                gateway.find(request("cus_1"), idempotency_key="k")
        else:
            assert gateway.find(request("cus_1"), idempotency_key="k").status is status


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_stripe_refuses_anywhere_is_read_again(status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    dropped: list[bool] = []
    monkeypatch.setattr("payments.gateways.stripe_client.forget_secrets", lambda: dropped.append(True))
    refused = (status, error_of())
    for call in ("GET /v1/payment_methods", CREATE):
        with answering({call: refused}) as (gateway, _), pytest.raises(GatewayUnavailable):
            gateway.charge(request("cus_1"), idempotency_key="k")
    with answering({INTENTS: refused}) as (gateway, _), pytest.raises(OutcomeUnknown):
        gateway.find(request("cus_1"), idempotency_key="k")
    with answering({INTENTS: (200, listed(intent_of("requires_action"))), CANCEL: refused}) as (gateway, _):
        gateway.find(request("cus_1"), idempotency_key="k")
    assert dropped == [True] * 4
    with answering({CREATE: (429, error_of())}) as (gateway, _), pytest.raises(GatewayUnavailable):
        gateway.charge(request("cus_1"), idempotency_key="k")
    assert len(dropped) == 4


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
    assert {*DECLINES.values(), *REFUSALS.values(), *REFUSED_PARAMETERS.values()} <= DECLINE_CODES
    assert ChargeStatus.NOT_FOUND not in STATUSES.values()
    assert {STATUSES[status] for status in COMPLETABLE} == {ChargeStatus.PENDING}
    assert {currency for kinds in METHOD_KINDS.values() for currency in kinds} - {"*"} <= set(EXPONENTS)
