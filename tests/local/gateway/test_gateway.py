"""Test the fake gateway: its contract, its books and its planned faults."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import pytest

from payflow_cfn.local.gateway.gateway import NOT_CHARGED, FakeGateway, GatewayFault, fake_gateway
from payflow_cfn.local.gateway.gateway_ledger import OUTCOMES, contract_faults
from payments.gateways.simulated import SCRIPTS
from scripted_faults import scripted

BODY = {
    "transaction_id": "t-1",
    "amount_minor": 10050,
    "currency": "USD",
    "payment_method": "credit_card",
    "customer_id": "c-1",
}


def _request(
    gateway: FakeGateway,
    method: str,
    path: str,
    body: object = None,
    *,
    timeout: float = 600,
    headers: dict[str, str] | None = None,
) -> tuple[int, Any]:
    url = urlsplit(gateway.url)
    connection = http.client.HTTPConnection(url.netloc, timeout=timeout)
    try:
        connection.request(method, url.path + path, json.dumps(body) if body is not None else None, headers or {})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def _charge(gateway: FakeGateway, key: str = "k-1", *, timeout: float = 600, **changes: object) -> tuple[int, Any]:
    return _request(gateway, "POST", "/charges", BODY | changes, timeout=timeout, headers={"Idempotency-Key": key})


def test_a_repeated_key_gets_the_first_answer_and_one_charge() -> None:
    with fake_gateway() as gateway:
        first, second = _charge(gateway), _charge(gateway)
        found = _request(gateway, "GET", "/charges/k-1")
        assert (first[0], second[0], found[0]) == (201, 200, 200)
        assert (
            first[1]
            == second[1]
            == found[1]
            == {"status": "SUCCEEDED", "reference": gateway.ledger.charges()[0].reference}
        )
        assert gateway.ledger.charged() == {"t-1": 10050}


def test_a_key_with_another_body_is_refused_and_not_charged() -> None:
    with fake_gateway() as gateway:
        _charge(gateway)
        assert _charge(gateway, amount_minor=20000) == (409, {"error": "idempotency_key_reused"})
        assert gateway.ledger.charged() == {"t-1": 10050}


def test_a_second_key_for_one_payment_shows_as_a_double_charge() -> None:
    with fake_gateway() as gateway:
        for key in ("k-1", "k-2"):
            _charge(gateway, key)
        _charge(gateway, "k-3", transaction_id="t-2")
        assert gateway.ledger.double_charged() == ["t-1"]
        assert gateway.ledger.charged() == {"t-1": 20100, "t-2": 10050}


def test_a_key_that_was_never_charged_is_not_found() -> None:
    with fake_gateway() as gateway:
        assert _request(gateway, "GET", "/charges/none") == (404, {"error": "no_such_charge"})


def test_a_key_with_odd_characters_is_found_by_its_escaped_path() -> None:
    with fake_gateway() as gateway:
        _charge(gateway, "a/b c%")
        assert _request(gateway, "GET", "/charges/a%2Fb%20c%25")[0] == 200


@pytest.mark.parametrize(
    ("minor", "answers"),
    [
        (10000, ["SUCCEEDED", "SUCCEEDED"]),
        (10005, ["DECLINED", "DECLINED"]),
        (10094, ["PENDING", "SUCCEEDED"]),
        (10097, ["PENDING", "DECLINED"]),
        (10093, ["PENDING", "PENDING"]),
    ],
)
def test_the_last_digits_of_the_amount_choose_the_outcome(minor: int, answers: list[str]) -> None:
    with fake_gateway() as gateway:
        _, charged = _charge(gateway, amount_minor=minor)
        _, found = _request(gateway, "GET", "/charges/k-1")
        assert [charged["status"], found["status"]] == answers
        assert gateway.ledger.charged() == ({"t-1": minor} if answers[-1] == "SUCCEEDED" else {})


def test_declines_have_the_simulated_adapters_endings_and_codes() -> None:
    simulated = {ending: script.decline_code for ending, script in SCRIPTS.items() if script.charge == "DECLINED"}
    assert {ending: outcome.code for ending, outcome in OUTCOMES.items() if outcome.status == "DECLINED"} == simulated


@pytest.mark.parametrize(
    ("key", "body", "faults"),
    [
        ("k", BODY, []),
        ("", BODY, ["no Idempotency-Key header"]),
        ("k", None, ["the body is not a JSON object"]),
        ("k", BODY | {"amount_minor": "100.50"}, ["amount_minor is not an integer"]),
        ("k", BODY | {"amount_minor": True}, ["amount_minor is not an integer"]),
        ("k", BODY | {"card": "4111"}, ["unknown field card"]),
        (
            "k",
            {"amount_minor": 1},
            [f"{name} is not text" for name in ("transaction_id", "currency", "payment_method", "customer_id")],
        ),
    ],
)
def test_a_broken_request_gets_every_fault(key: str, body: object, faults: list[str]) -> None:
    assert contract_faults(key, body) == faults


def test_a_wrong_secret_is_refused_and_a_right_one_is_never_kept() -> None:
    with fake_gateway(secret="s3cret") as gateway:
        assert _charge(gateway) == (401, {"error": "wrong_secret"})
        headers = {"Idempotency-Key": "k", "Authorization": "Bearer s3cret"}
        answer = _request(gateway, "POST", "/charges", BODY, headers=headers)
        assert answer[0] == 201
        assert "s3cret" not in repr(gateway.calls)


def _patience(fault: GatewayFault) -> float:
    """Seconds: only what never answers is given up."""
    return 0.2 if "hang" in fault else 600


@pytest.mark.parametrize("fault", list(GatewayFault))
def test_a_fault_charges_exactly_if_its_name_has_charged_and_a_repeat_charges_once(fault: GatewayFault) -> None:
    killed: list[int] = []
    with fake_gateway(faults=scripted({"POST": [fault]}), kill=killed.append, slow_seconds=0) as gateway:
        charged = {} if fault in NOT_CHARGED else {"t-1": 10050}
        with suppress(OSError, http.client.HTTPException, ValueError):
            _charge(gateway, timeout=_patience(fault))
        # Whoever hangs up on a gateway that hangs may do so before the call was read.
        while "hang" in fault and not (gateway.struck and gateway.ledger.charged() == charged):
            time.sleep(0.01)
        assert gateway.ledger.charged() == charged
        assert _charge(gateway)[1]["status"] == "SUCCEEDED"
        assert gateway.ledger.charged() == {"t-1": 10050}
        assert bool(killed) == ("kill" in fault)


@pytest.mark.parametrize(
    ("fault", "seen"),
    [
        (GatewayFault.DROP, ConnectionResetError),
        (GatewayFault.CHARGE_THEN_DROP, ConnectionResetError),
        (GatewayFault.HANG, TimeoutError),
        (GatewayFault.CHARGE_THEN_HANG, TimeoutError),
        (GatewayFault.GARBAGE, ValueError),
        (GatewayFault.HALF, (http.client.IncompleteRead, ConnectionResetError)),
    ],
)
def test_what_a_caller_sees_of_a_fault(fault: GatewayFault, seen: type[Exception]) -> None:
    with fake_gateway(faults=scripted({"POST": [fault], "GET": [fault]})) as gateway:
        with pytest.raises(seen):
            _charge(gateway, timeout=_patience(fault))
        with pytest.raises(seen):
            _request(gateway, "GET", "/charges/k-1", timeout=_patience(fault))


@pytest.mark.parametrize(
    ("fault", "status"),
    [(GatewayFault.THROTTLE, 429), (GatewayFault.ERROR, 500), (GatewayFault.CHARGE_THEN_ERROR, 500)],
)
def test_a_refusal_has_its_status(fault: GatewayFault, status: int) -> None:
    with fake_gateway(faults=scripted({"POST": [fault]})) as gateway:
        assert _charge(gateway)[0] == status


def test_an_answer_sent_twice_is_two_whole_answers_to_one_request() -> None:
    content = json.dumps(BODY).encode()
    request = b"POST %s/charges HTTP/1.1\r\nIdempotency-Key: k\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
    with fake_gateway(faults=scripted({"POST": [GatewayFault.ANSWER_TWICE]})) as gateway:
        url = urlsplit(gateway.url)
        with socket.create_connection((url.hostname, url.port), timeout=600) as connection:
            connection.sendall(request % (url.path.encode(), len(content)) + content)
            answers = b"".join(iter(lambda: connection.recv(4096), b""))
        assert answers.count(b"HTTP/1.1 201 Created") == 2
        assert gateway.ledger.charged() == {"t-1": 10050}


def test_a_gateway_that_refuses_connections_comes_back_at_the_same_address() -> None:
    with fake_gateway() as gateway:
        with gateway.refusing(), pytest.raises(ConnectionRefusedError):
            _charge(gateway)
        assert _charge(gateway)[0] == 201


def test_parallel_repeats_of_a_key_charge_once() -> None:
    with fake_gateway() as gateway:
        answers: list[tuple[int, Any]] = []
        threads = [threading.Thread(target=lambda: answers.append(_charge(gateway))) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(status for status, _ in answers) == [200] * 11 + [201]
        assert gateway.ledger.charged() == {"t-1": 10050}
