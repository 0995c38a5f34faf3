"""The adapter of Acme Pay: PUT and GET /payments/{key}, states settled, refused and processing."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from payments.gateways.outcomes import decline_code
from payments.gateways.protocol import ChargeAnswer, ChargeRequest, ChargeStatus, GatewayUnavailable, OutcomeUnknown
from payments.gateways.transport import Answer, parse_url, seconds_for_request, send

# Acme's reasons, in the words of the money code. Any other reason is a generic decline.
REASONS = {"no_funds": "insufficient_funds", "card_expired": "expired_card", "blocked": "do_not_honor"}


class AcmePay:
    """The gateway at `url`; `secret` returns the API key, `time_left` the function's remaining seconds."""

    key_lifetime: float | None = 7 * 86400.0

    def __init__(self, *, url: str, secret: Callable[[], str], time_left: Callable[[], float]) -> None:
        self._url, self._secret, self._time_left = parse_url(url), secret, time_left

    def charge(self, request: ChargeRequest, *, idempotency_key: str) -> ChargeAnswer:
        """Charge once under the key."""
        amount = {"minor": request.amount_minor, "currency": request.currency}
        facts = {"reference": request.transaction_id, "payer": request.customer_id, "method": request.payment_method}
        answer = self._send("PUT", idempotency_key, json.dumps({**facts, "amount": amount}).encode())
        # Acme documents that it answers these before it charges.
        if answer.status in (400, 401, 403, 429):
            raise GatewayUnavailable(f"Acme Pay refused the request with HTTP {answer.status}")
        return _read(answer)

    def find(self, request: ChargeRequest, *, idempotency_key: str, since: float | None = None) -> ChargeAnswer:
        """Find the charge of the key; this never charges."""
        answer = self._send("GET", idempotency_key, None)
        # Not every 404 is Acme's: one of a proxy would allow a second charge.
        if answer.status == 404 and _fields(answer).get("problem") == "unknown_payment":
            return ChargeAnswer(ChargeStatus.NOT_FOUND)
        return _read(answer)

    def _send(self, method: str, key: str, body: bytes | None) -> Answer:
        headers = {"Authorization": f"Bearer {self._secret()}", "Content-Type": "application/json"}
        path, seconds = f"{self._url.path}/payments/{key}", seconds_for_request(self._time_left())
        return send(self._url, method, path, headers=headers, body=body, seconds=seconds)


def _read(answer: Answer) -> ChargeAnswer:
    """Read a charge; what is not one leaves the outcome unknown."""
    charge = _fields(answer)
    reference, state = str(charge.get("id", "")), charge.get("state") if answer.status == 200 else None
    if state == "settled" and reference:
        return ChargeAnswer(ChargeStatus.SUCCEEDED, reference)
    if state == "refused":
        return ChargeAnswer(ChargeStatus.DECLINED, reference, decline_code(charge.get("reason"), table=REASONS))
    if state == "processing":
        return ChargeAnswer(ChargeStatus.PENDING, reference)
    raise OutcomeUnknown(f"Acme Pay answered HTTP {answer.status} without a charge")


def _fields(answer: Answer) -> dict[str, Any]:
    try:
        value = json.loads(answer.body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
