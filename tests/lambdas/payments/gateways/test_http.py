"""Tests for payments.gateways.http, against a gateway server that fails in every way that it can be told to."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest

from payflow_cfn.local.gateway.gateway import NOT_CHARGED as FAULTS_BEFORE
from payflow_cfn.local.gateway.gateway import FakeGateway, GatewayFault, fake_gateway
from payments.errors import ConfigurationError
from payments.gateways.http import NOT_CHARGED, WRONG_KEY, HttpGateway
from payments.gateways.protocol import ChargeAnswer, ChargeRequest, ChargeStatus, GatewayUnavailable, OutcomeUnknown
from scripted_faults import scripted

REQUEST = ChargeRequest(
    transaction_id="T", amount_minor=10050, currency="USD", payment_method="credit_card", customer_id="C"
)
KEY = "payflow-1"
SECRET = "sk-very-secret"


def adapter(url: str, *, secret: str = "", time_left: float = 1.6) -> HttpGateway:
    return HttpGateway(url=url, secret=lambda: secret, time_left=lambda: time_left)


def charge(gateway: FakeGateway, **request: Any) -> ChargeAnswer:
    asked = ChargeRequest(**{**{name: getattr(REQUEST, name) for name in REQUEST.__slots__}, **request})
    return adapter(gateway.url).charge(asked, idempotency_key=KEY)


def test_a_charge_and_its_repeat_and_its_finding_say_the_same() -> None:
    with fake_gateway() as gateway:
        first = charge(gateway)
        assert first.status is ChargeStatus.SUCCEEDED
        assert first.reference == gateway.ledger.charges()[0].reference
        assert charge(gateway) == first
        assert adapter(gateway.url).find(REQUEST, idempotency_key=KEY) == first
        assert gateway.ledger.charged() == {"T": 10050}


@pytest.mark.parametrize(
    ("minor", "answer"),
    [
        (105, ChargeAnswer(status=ChargeStatus.DECLINED, decline_code="insufficient_funds")),
        (193, ChargeAnswer(status=ChargeStatus.PENDING)),
    ],
)
def test_a_decline_and_a_pending_charge_are_answers(minor: int, answer: ChargeAnswer) -> None:
    with fake_gateway() as gateway:
        assert charge(gateway, amount_minor=minor) == answer


def test_a_charge_that_was_never_seen_is_not_found() -> None:
    with fake_gateway() as gateway:
        assert adapter(gateway.url).find(REQUEST, idempotency_key=KEY).status is ChargeStatus.NOT_FOUND


EXPECTED: dict[GatewayFault, type[Exception] | None] = {
    GatewayFault.DROP: OutcomeUnknown,
    GatewayFault.HANG: OutcomeUnknown,
    GatewayFault.CHARGE_THEN_DROP: OutcomeUnknown,
    GatewayFault.CHARGE_THEN_HANG: OutcomeUnknown,
    GatewayFault.CHARGE_THEN_ERROR: OutcomeUnknown,
    GatewayFault.ANSWER_TWICE: None,
    GatewayFault.GARBAGE: OutcomeUnknown,
    GatewayFault.HALF: OutcomeUnknown,
    GatewayFault.THROTTLE: GatewayUnavailable,
    GatewayFault.ERROR: OutcomeUnknown,
    GatewayFault.SLOW: None,
}


@pytest.mark.parametrize("fault", EXPECTED)
def test_each_fault_of_a_gateway_is_told_apart_and_one_question_settles_it(fault: GatewayFault) -> None:
    expected = EXPECTED[fault]
    with fake_gateway(faults=scripted({"POST": [fault]})) as gateway:
        if expected is None:
            assert charge(gateway).status is ChargeStatus.SUCCEEDED
        else:
            with pytest.raises(expected):
                charge(gateway)
        found = adapter(gateway.url).find(REQUEST, idempotency_key=KEY)
        assert found.status is (ChargeStatus.NOT_FOUND if fault in FAULTS_BEFORE else ChargeStatus.SUCCEEDED)
        assert charge(gateway).status is ChargeStatus.SUCCEEDED
        assert gateway.ledger.charged() == {"T": 10050}


@pytest.mark.parametrize("fault", sorted(set(EXPECTED) - {GatewayFault.ANSWER_TWICE, GatewayFault.SLOW}))
def test_a_question_that_goes_wrong_is_no_answer(fault: GatewayFault) -> None:
    with fake_gateway(faults=scripted({"GET": [fault]})) as gateway:
        charge(gateway)
        with pytest.raises(OutcomeUnknown):
            adapter(gateway.url).find(REQUEST, idempotency_key=KEY)


def test_a_gateway_that_refuses_connections_was_sent_nothing() -> None:
    with fake_gateway() as gateway, gateway.refusing():
        with pytest.raises(GatewayUnavailable, match="ConnectionRefusedError"):
            charge(gateway)
        with pytest.raises(GatewayUnavailable):
            adapter(gateway.url).find(REQUEST, idempotency_key=KEY)


def test_without_time_to_record_the_outcome_nothing_is_sent() -> None:
    with fake_gateway() as gateway:
        with pytest.raises(GatewayUnavailable, match="too little time"):
            adapter(gateway.url, time_left=1.0).charge(REQUEST, idempotency_key=KEY)
        assert gateway.calls == []


def test_the_api_key_is_sent_as_a_bearer_token_and_a_wrong_one_charges_nothing() -> None:
    with fake_gateway(secret=SECRET) as gateway:
        right = adapter(gateway.url, secret=SECRET).charge(REQUEST, idempotency_key=KEY)
        assert right.status is ChargeStatus.SUCCEEDED
        with pytest.raises(GatewayUnavailable, match="HTTP 401") as caught:
            adapter(gateway.url, secret="wrong-" + SECRET).charge(REQUEST, idempotency_key="other")
        assert SECRET not in str(caught.value)
        assert gateway.ledger.charged() == {"T": 10050}


@pytest.mark.parametrize("ask", ["charge", "find"])
def test_a_key_that_the_gateway_refuses_is_read_again(ask: str, monkeypatch: pytest.MonkeyPatch) -> None:
    dropped: list[bool] = []
    monkeypatch.setattr("payments.gateways.http.forget_secrets", lambda: dropped.append(True))
    with fake_gateway(secret=SECRET) as gateway:
        old = adapter(gateway.url, secret="old")
        with pytest.raises((GatewayUnavailable, OutcomeUnknown)):
            (old.charge if ask == "charge" else old.find)(REQUEST, idempotency_key=KEY)
    assert dropped == [True]


def test_a_key_with_another_body_is_an_open_question() -> None:
    with fake_gateway() as gateway:
        charge(gateway)
        with pytest.raises(OutcomeUnknown, match="HTTP 409"):
            charge(gateway, amount_minor=1)


@contextmanager
def answering(status: int, body: bytes, *headers: tuple[str, str]) -> Iterator[str]:
    """Serve one fixed answer on a loopback port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.send_response(status)
            for name, value in (("Content-Length", str(len(body))), *headers):
                self.send_header(name, value)
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
        yield f"http://127.0.0.1:{server.server_port}/pay/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


Ask = Callable[[HttpGateway], ChargeAnswer]
ASKS: dict[str, Ask] = {
    "charge": lambda gateway: gateway.charge(REQUEST, idempotency_key=KEY),
    "find": lambda gateway: gateway.find(REQUEST, idempotency_key=KEY),
}
GOOD = {"status": "SUCCEEDED", "reference": "ch_1"}


@pytest.mark.parametrize("name", ASKS)
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"\xff\xfe",
        b"[" * 100_000,
        json.dumps({"status": "succeeded", "reference": "x"}).encode(),
        json.dumps({"status": "NOT_FOUND"}).encode(),
        json.dumps({"status": ["SUCCEEDED"], "reference": "x"}).encode(),
        json.dumps({"status": "SUCCEEDED"}).encode(),
        json.dumps({"status": "SUCCEEDED", "reference": ""}).encode(),
        json.dumps({"status": "SUCCEEDED", "reference": 5}).encode(),
        json.dumps({"status": "SUCCEEDED", "reference": "x" * 256}).encode(),
        json.dumps({"status": "SUCCEEDED", "reference": "a\nb"}).encode(),
        json.dumps({**GOOD, "amount_minor": 10051}).encode(),
        json.dumps({**GOOD, "currency": "EUR"}).encode(),
        json.dumps({**GOOD, "transaction_id": "other"}).encode(),
        b" " * (2 << 20),
    ],
    ids=lambda body: repr(body[:60]),
)
def test_an_answer_that_breaks_the_contract_leaves_the_outcome_open(name: str, body: bytes) -> None:
    with answering(200, body) as url, pytest.raises(OutcomeUnknown):
        ASKS[name](adapter(url))


@pytest.mark.parametrize("status", [200, 201])
def test_an_answer_may_say_the_charge_s_facts_again(status: int) -> None:
    body = json.dumps({**GOOD, "amount_minor": 10050, "currency": "USD", "transaction_id": "T", "more": 1}).encode()
    with answering(status, body) as url:
        assert ASKS["charge"](adapter(url)).reference == "ch_1"


@pytest.mark.parametrize("status", [202, 204, 301, 302, 307, 408, 409, 418, 425, 500, 502, 503, 504])
def test_a_status_outside_the_contract_leaves_a_charge_open_even_with_a_good_body(status: int) -> None:
    body = b"" if status == 204 else json.dumps(GOOD).encode()
    with answering(status, body, ("Location", "http://127.0.0.1:1/")) as url, pytest.raises(OutcomeUnknown):
        ASKS["charge"](adapter(url))


@pytest.mark.parametrize("status", sorted(NOT_CHARGED))
def test_a_refused_request_charged_nothing(status: int) -> None:
    for body in (b"{}", b"<html>", b'{"status": "declined"}', b'{"status": ["DECLINED"]}', b'{"error": "DECLINED"}'):
        with answering(status, body) as url, pytest.raises(GatewayUnavailable, match=f"HTTP {status}"):
            ASKS["charge"](adapter(url))


DECLINE = {"status": "DECLINED", "code": "insufficient_funds"}


@pytest.mark.parametrize("ask", ["charge", "find"])
def test_a_gateway_that_declines_with_402_has_declined_at_every_ask(ask: str) -> None:
    with fake_gateway(decline_status=402) as gateway:
        asked = ChargeRequest("T", 105, "USD", "credit_card", "C")
        for name in ("charge", ask):
            answer = getattr(adapter(gateway.url), name)(asked, idempotency_key=KEY)
            assert answer == ChargeAnswer(status=ChargeStatus.DECLINED, decline_code="insufficient_funds")
        assert gateway.ledger.charged() == {}


@pytest.mark.parametrize("name", ASKS)
@pytest.mark.parametrize("status", sorted(NOT_CHARGED - WRONG_KEY))
def test_a_refused_request_may_carry_a_decline(name: str, status: int) -> None:
    with answering(status, json.dumps(DECLINE).encode()) as url:
        assert ASKS[name](adapter(url)).decline_code == "insufficient_funds"


@pytest.mark.parametrize("status", sorted(WRONG_KEY))
def test_a_refused_api_key_declines_no_payment(status: int) -> None:
    with answering(status, json.dumps(DECLINE).encode()) as url:
        with pytest.raises(GatewayUnavailable, match=f"HTTP {status}"):
            ASKS["charge"](adapter(url))
        with pytest.raises(OutcomeUnknown, match=f"HTTP {status}"):
            ASKS["find"](adapter(url))


@pytest.mark.parametrize("name", ASKS)
@pytest.mark.parametrize(
    ("status", "body"),
    [
        (status, body)
        for status in (401, 402, 404, 422, 429)
        for body in (GOOD, {"status": "PENDING"}, {**GOOD, "error": "no_such_charge"})
    ]
    + [(402, {**DECLINE, "transaction_id": "other"}), (422, {**DECLINE, "amount_minor": 1})],
    ids=str,
)
def test_a_refused_request_whose_body_says_something_else_leaves_the_outcome_open(
    name: str, status: int, body: dict[str, Any]
) -> None:
    with answering(status, json.dumps(body).encode()) as url, pytest.raises(OutcomeUnknown):
        ASKS[name](adapter(url))


@pytest.mark.parametrize("status", [408, 409, 500, 503])
def test_a_decline_with_a_status_that_may_hide_a_charge_leaves_the_outcome_open(status: int) -> None:
    with answering(status, json.dumps(DECLINE).encode()) as url, pytest.raises(OutcomeUnknown):
        ASKS["charge"](adapter(url))


def test_only_the_gateway_s_own_404_says_that_a_charge_is_unknown() -> None:
    with answering(404, b"<html>no such site</html>") as url, pytest.raises(OutcomeUnknown):
        ASKS["find"](adapter(url))
    with answering(404, b'{"error": "no_such_charge"}') as url:
        assert ASKS["find"](adapter(url)).status is ChargeStatus.NOT_FOUND


def test_an_unknown_decline_code_is_a_generic_one() -> None:
    with answering(200, b'{"status": "DECLINED", "code": "<script>"}') as url:
        assert ASKS["charge"](adapter(url)).decline_code == "generic_decline"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "gateway.example",
        "http://gateway.example",
        "ftp://127.0.0.1",
        "https://",
        "https://user:pass@gateway.example",
        "https://gateway.example/?key=1",
        "https://gateway.example:99999",
        "http://127.0.0.1.example.com",
        "http://[::1",
        "file:///etc/passwd",
        "https://g\u00e4teway.example",
        "https://gateway.example/a b",
        "https://gateway.example/a\tb",
        "https://gateway.example\n",
    ],
)
def test_an_address_that_is_not_https_or_loopback_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError):
        adapter(url)


@pytest.mark.parametrize(
    "url", ["https://gateway.example/v1", "http://localhost:1", "http://[::1]:80", "http://127.9.9.9"]
)
def test_https_and_loopback_are_addresses(url: str) -> None:
    adapter(url)
