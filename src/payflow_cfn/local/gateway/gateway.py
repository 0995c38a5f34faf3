"""A fake payment gateway over HTTP that keeps its own books and injects the faults that it is given.

POST /charges with an Idempotency-Key header and {"transaction_id", "amount_minor", "currency", "payment_method",
"customer_id"} answers 201 (200 for a repeated key) with {"status": "SUCCEEDED", "reference"}, {"status": "DECLINED",
"code"} or {"status": "PENDING"}; 409 for a key with another body, 400 for a broken request, 401 for a wrong secret.
GET /charges/{key} answers 200 with the same, or 404 for a key that was never charged. Both are below the gateway's url,
whose path nobody can guess; a caller without it gets 403.
"""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from payflow_cfn.local.emulator.loopback import LoopbackServer, QuietHandler
from payflow_cfn.local.gateway.faults import Attempts, Call, no_faults
from payflow_cfn.local.gateway.gateway_ledger import GatewayLedger, Outcome, contract_faults, decide_by_amount

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


class GatewayFault(StrEnum):
    """A gateway's fault in one request; "charged" is whether the books have the charge afterwards."""

    DROP = "drop"  # connection reset, not charged
    HANG = "hang"  # no answer until the caller gives up, not charged
    CHARGE_THEN_DROP = "charge_then_drop"  # charged, connection reset
    CHARGE_THEN_HANG = "charge_then_hang"  # charged, no answer
    CHARGE_THEN_ERROR = "charge_then_error"  # charged, 500
    ANSWER_TWICE = "answer_twice"  # charged, the answer is sent two times
    GARBAGE = "garbage"  # charged, 200 with an answer that is not JSON
    HALF = "half"  # charged, half of the answer, then a reset
    THROTTLE = "throttle"  # 429, not charged
    ERROR = "error"  # 500, not charged
    SLOW = "slow"  # charged, answered after `slow_seconds`
    KILL = "kill"  # the caller is killed, not charged
    CHARGE_THEN_KILL = "charge_then_kill"  # charged, the caller is killed


NOT_CHARGED = frozenset(
    {GatewayFault.DROP, GatewayFault.HANG, GatewayFault.THROTTLE, GatewayFault.ERROR, GatewayFault.KILL}
)


@dataclass(eq=False)
class FakeGateway:
    """A running gateway: `url` to charge at, `ledger` with its books, `calls` it got (bodies included, no secrets).

    `struck` are the calls that something was done wrong with, each with its fault; the rest is as in `fake_gateway`.
    """

    decide: Callable[[Mapping[str, Any]], Outcome]
    faults: Callable[[Call], GatewayFault | None]
    secret: str | None
    slow_seconds: float
    decline_status: int | None
    kill: Callable[[int], None]
    calls: list[Call] = field(default_factory=list, init=False)
    struck: list[tuple[Call, GatewayFault]] = field(default_factory=list, init=False)
    attempts: Attempts = field(default_factory=Attempts, init=False)
    closing: threading.Event = field(default_factory=threading.Event, init=False)

    def __post_init__(self) -> None:
        self.ledger = GatewayLedger(decide=self.decide)
        self._server = self._listen()

    @property
    def url(self) -> str:
        """The gateway's address, without a slash at the end."""
        return self._server.url

    def _listen(self, port: int = 0, token: str = "") -> LoopbackServer:
        return LoopbackServer(type("Handler", (_GatewayHandler,), {"gateway": self}), port=port, token=token)

    def start(self) -> None:
        """Serve in a thread."""
        self._server.start()

    def stop(self) -> None:
        """Let hanging callers go and stop listening."""
        self.closing.set()
        self._server.stop()

    @contextmanager
    def refusing(self) -> Iterator[None]:
        """Refuse every new connection while the block lasts: nothing listens at the port, so nothing can be sent."""
        self._server.stop()
        try:
            yield
        finally:
            self._server = self._listen(self._server.server_port, self._server.token)
            self._server.start()


@contextmanager
def fake_gateway(
    *,
    decide: Callable[[Mapping[str, Any]], Outcome] = decide_by_amount,
    faults: Callable[[Call], GatewayFault | None] = no_faults,
    secret: str | None = None,
    slow_seconds: float = 0.2,
    decline_status: int | None = None,
    kill: Callable[[int], None] | None = None,
) -> Iterator[FakeGateway]:
    """Run a gateway in a thread of this process for as long as the block lasts.

    `faults` chooses what to do wrong with a call; `secret`, when given, must come as a bearer token;
    `decline_status`, when given, is the HTTP status of every decline, as some gateways answer them with 402;
    `kill` gets the caller's port for the faults that kill it (see payflow_cfn.local.faults.kill_worker).
    """
    gateway = FakeGateway(decide, faults, secret, slow_seconds, decline_status, kill or (lambda _: None))
    gateway.start()
    try:
        yield gateway
    finally:
        gateway.stop()


class _GatewayHandler(QuietHandler):
    gateway: FakeGateway

    def do_POST(self) -> None:  # noqa: N802 - the name is the standard library's
        """Charge."""
        body = _parsed(self.read_body())
        key = self.headers.get("Idempotency-Key") or ""
        if self.below != "/charges":
            self._answer(404, {"error": "no_such_path"})
        elif self._authorized():
            faults = contract_faults(key, body)
            if faults:
                self._answer(400, {"error": "; ".join(faults)})
            else:
                self._handle("POST", key, body, lambda: self.gateway.ledger.charge(key, body))

    def do_GET(self) -> None:  # noqa: N802 - the name is the standard library's
        """Find."""
        _, separator, key = self.below.partition("/charges/")
        if not separator:
            self._answer(404, {"error": "no_such_path"})
        elif self._authorized():
            key = unquote(key)
            self._handle("GET", key, {}, lambda: self.gateway.ledger.find(key))

    def _authorized(self) -> bool:
        secret = self.gateway.secret
        if secret is None or self.headers.get("Authorization") == f"Bearer {secret}":
            return True
        self._answer(401, {"error": "wrong_secret"})
        return False

    def _handle(
        self, operation: str, key: str, body: Mapping[str, Any], act: Callable[[], tuple[int, dict[str, str]]]
    ) -> None:
        call = Call(operation, key, self.gateway.attempts.next(operation, key), body)
        self.gateway.calls.append(call)
        fault = self.gateway.faults(call)
        self.gateway.struck += [(call, fault)] if fault else []
        if fault in NOT_CHARGED:
            self._fail(fault)
            return
        status, answer = act()
        if answer.get("status") == "DECLINED":
            status = self.gateway.decline_status or status
        if fault is None:
            self._answer(status, answer)
        else:
            self._spoil(fault, status, answer)

    def _fail(self, fault: GatewayFault | None) -> None:
        """Act out the fault before a charge."""
        if fault == GatewayFault.THROTTLE:
            self._answer(429, {"error": "too_many_requests"}, ("Retry-After", "1"))
        elif fault == GatewayFault.ERROR:
            self._answer(500, {"error": "internal"})
        else:
            self._go_silent(fault)

    def _spoil(self, fault: GatewayFault, status: int, answer: Mapping[str, str]) -> None:
        """Act out the fault after a charge."""
        if fault == GatewayFault.CHARGE_THEN_ERROR:
            self._answer(500, {"error": "internal"})
        elif fault == GatewayFault.GARBAGE:
            self._send(200, b"<html>it works!</html>")
        elif fault == GatewayFault.ANSWER_TWICE:
            self._answer(status, answer)
            self._answer(status, answer)
        elif fault == GatewayFault.SLOW:
            self.gateway.closing.wait(self.gateway.slow_seconds)
            self._answer(status, answer)
        elif fault == GatewayFault.HALF:
            self._send_half(status, json.dumps(answer).encode())
        else:
            self._go_silent(fault)

    def _go_silent(self, fault: GatewayFault | None) -> None:
        if fault in (GatewayFault.KILL, GatewayFault.CHARGE_THEN_KILL):
            self.gateway.kill(self.client_address[1])
        if fault in (GatewayFault.HANG, GatewayFault.CHARGE_THEN_HANG):
            self.gateway.closing.wait()
        self.drop()

    def _answer(self, status: int, answer: Mapping[str, str], *headers: tuple[str, str]) -> None:
        self._send(status, json.dumps(answer, sort_keys=True).encode(), *headers)

    def _send(self, status: int, content: bytes, *headers: tuple[str, str]) -> None:
        self.send_response(status)
        for name, value in (("Content-Type", "application/json"), ("Content-Length", str(len(content))), *headers):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def _send_half(self, status: int, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: len(content) // 2])
        self.drop()


def _parsed(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return None
