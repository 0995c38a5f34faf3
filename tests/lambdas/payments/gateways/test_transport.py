"""Tests for payments.gateways.transport: what was not sent is told from what may have been, in bounded time."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import SimpleNamespace

import pytest

from payments.gateways.protocol import GatewayUnavailable, OutcomeUnknown
from payments.gateways.transport import Answer, parse_url, seconds_for_request, send


@contextmanager
def serving(act: Callable[[socket.socket], None]) -> Iterator[str]:
    """Accept one connection on loopback and let `act` treat it."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):
            accepted, _ = listener.accept()
            with accepted:
                act(accepted)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.close()
        thread.join(5)


def sent(url: str, *, seconds: float = 1.0, body: bytes | None = b"{}") -> Answer:
    return send(parse_url(url), "POST", "/charges", headers={"X": "y"}, body=body, seconds=seconds)


def test_the_whole_answer_is_returned() -> None:
    def answer(accepted: socket.socket) -> None:
        accepted.recv(65536)
        accepted.sendall(b"HTTP/1.1 200 OK\r\nX-One: 1\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 500 No\r\n\r\n")

    with serving(answer) as address:
        got = sent(f"http://{address}")
    assert (got.status, got.body, got.headers["x-one"]) == (200, b"ok", "1")


def test_an_answer_that_trickles_is_cut_off_at_the_deadline() -> None:
    text = b"HTTP/1.1 200 OK\r\nX: " + b"x" * 1000
    given = []

    def trickle(accepted: socket.socket) -> None:
        for byte in text:
            accepted.sendall(bytes([byte]))
            given.append(byte)
            time.sleep(0.02)

    with serving(trickle) as address, pytest.raises(OutcomeUnknown):
        sent(f"http://{address}", seconds=0.3)
    assert len(given) < len(text)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf",
        b"SSH-2.0-x\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200,
    ],
    ids=lambda text: repr(text[:30]),
)
def test_half_an_answer_is_none(text: bytes) -> None:
    def answer(accepted: socket.socket) -> None:
        accepted.recv(65536)
        accepted.sendall(text)

    with serving(answer) as address, pytest.raises(OutcomeUnknown):
        sent(f"http://{address}")


def test_what_fails_before_the_request_is_told_apart() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        closed = listener.getsockname()[1]
    with pytest.raises(GatewayUnavailable, match="ConnectionRefusedError"):
        sent(f"http://127.0.0.1:{closed}")
    with pytest.raises(GatewayUnavailable, match="gaierror"):
        sent("https://nowhere.invalid")


def test_a_connection_that_takes_the_request_s_time_is_sent_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    received: list[bytes] = []
    clock = iter([100.0, 101.0])
    monkeypatch.setattr("payments.gateways.transport.time", SimpleNamespace(monotonic=lambda: next(clock)))
    with (
        serving(lambda accepted: received.append(accepted.recv(65536))) as address,
        pytest.raises(GatewayUnavailable, match="took all the time"),
    ):
        sent(f"http://{address}", seconds=1.0)
    assert b"".join(received) == b""


def test_a_server_without_tls_is_sent_nothing() -> None:
    received: list[bytes] = []

    def answer(accepted: socket.socket) -> None:
        received.append(accepted.recv(65536))
        accepted.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with serving(answer) as address, pytest.raises(GatewayUnavailable, match="SSL"):
        sent(f"https://{address}", body=b"secret body")
    assert b"secret body" not in b"".join(received)


@pytest.mark.parametrize(("left", "seconds"), [(300.0, 25.0), (40.0, 25.0), (30.0, 20.0), (3.0, 2.0), (1.5, 1.0)])
def test_a_request_leaves_the_function_time_to_record_it(left: float, seconds: float) -> None:
    assert seconds_for_request(left) == pytest.approx(seconds)


def test_a_function_that_is_nearly_over_sends_nothing() -> None:
    with pytest.raises(GatewayUnavailable, match="too little time"):
        seconds_for_request(1.4)
