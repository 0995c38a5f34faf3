"""The adapter `http`: a small JSON contract for a service in front of any payment provider.

POST {url}/charges with an Idempotency-Key header and {"transaction_id", "amount_minor", "currency", "payment_method",
"customer_id"}; GET {url}/charges/{key}. Both answer 200 or 201 with {"status": "SUCCEEDED", "reference"},
{"status": "DECLINED", "code"} or {"status": "PENDING"}; a decline may also come with 402 or another status of a
refused request. GET answers 404 with {"error": "no_such_charge"} for a key that it never saw. docs/money.md has the
whole table.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, Final
from urllib.parse import quote

from payments.bounds import REFERENCE_LENGTH
from payments.gateways.outcomes import decline_code
from payments.gateways.protocol import ChargeAnswer, ChargeRequest, ChargeStatus, GatewayUnavailable, OutcomeUnknown
from payments.gateways.secrets import forget_secrets
from payments.gateways.transport import Answer, parse_url, seconds_for_request, send

# Refused before anything was charged. 408 and 409 are not here: the first request of a key may have been charged.
NOT_CHARGED: Final = frozenset({400, 401, 402, 403, 404, 405, 406, 411, 413, 414, 415, 421, 422, 426, 429, 431})
# The gateway refuses our API key: such an answer is not about the payment.
WRONG_KEY: Final = frozenset({401, 403})
_SAID: Final = (ChargeStatus.SUCCEEDED, ChargeStatus.DECLINED, ChargeStatus.PENDING)


class HttpGateway:
    """A gateway at `url`; `secret` is called for each request, `time_left` returns the function's remaining seconds."""

    def __init__(
        self,
        *,
        url: str,
        secret: Callable[[], str],
        time_left: Callable[[], float],
        key_lifetime: float | None = None,
    ) -> None:
        self.key_lifetime = key_lifetime
        self._url = parse_url(url)
        self._secret = secret
        self._time_left = time_left

    def charge(self, request: ChargeRequest, *, idempotency_key: str) -> ChargeAnswer:
        """Charge once under the key."""
        body = json.dumps(asdict(request), separators=(",", ":")).encode("ascii")
        headers = {"Idempotency-Key": idempotency_key, "Content-Type": "application/json"}
        answer = self._send("POST", "charges", headers=headers, body=body)
        if answer.status in NOT_CHARGED and not _decides(answer):
            raise GatewayUnavailable(f"the gateway refused the request with HTTP {answer.status} and charged nothing")
        return _read_answer(answer, request)

    def find(
        self,
        request: ChargeRequest,
        *,
        idempotency_key: str,
        since: float | None = None,  # noqa: ARG002 - the protocol's
    ) -> ChargeAnswer:
        """Find the charge of the key; a 404 counts only if its body has the gateway's own `no_such_charge`."""
        answer = self._send("GET", f"charges/{quote(idempotency_key, safe='')}", headers={}, body=None)
        unknown = _json_object(answer.body).get("error") == "no_such_charge"
        if answer.status == 404 and unknown and not _decides(answer):
            return ChargeAnswer(status=ChargeStatus.NOT_FOUND)
        return _read_answer(answer, request)

    def _send(self, method: str, path: str, *, headers: dict[str, str], body: bytes | None) -> Answer:
        """Send one request with the API key, if there is one; no error holds a part of the key."""
        secret = self._secret()
        signed = {"Authorization": f"Bearer {secret}"} if secret else {}
        answer = send(
            self._url,
            method,
            f"{self._url.path.rstrip('/')}/{path}",
            headers={**headers, **signed, "Accept": "application/json", "Connection": "close"},
            body=body,
            seconds=seconds_for_request(self._time_left()),
        )
        if answer.status in WRONG_KEY:
            forget_secrets()
        return answer


def _decides(answer: Answer) -> bool:
    """Return whether the body of a refused request holds the status of the charge."""
    status = _json_object(answer.body).get("status")
    return status in _SAID and not (status == ChargeStatus.DECLINED and answer.status in WRONG_KEY)


def _read_answer(answer: Answer, request: ChargeRequest) -> ChargeAnswer:
    """Read an answer; raise OutcomeUnknown for one that breaks the contract or contradicts the request."""
    said = _json_object(answer.body)
    status = said.get("status")
    declined = status == ChargeStatus.DECLINED and answer.status in NOT_CHARGED - WRONG_KEY
    if status not in _SAID or not (answer.status in (200, 201) or declined):
        raise OutcomeUnknown(f"the gateway's answer (HTTP {answer.status}) does not follow the contract")
    for name in ("amount_minor", "currency", "transaction_id"):
        if name in said and said[name] != getattr(request, name):
            raise OutcomeUnknown(f"the gateway's charge has another {name}")
    reference = said.get("reference") or ""
    if status == ChargeStatus.SUCCEEDED and not _is_reference(reference):
        raise OutcomeUnknown("the gateway's charge has no usable reference")
    return ChargeAnswer(
        status=ChargeStatus(status),
        reference=reference if _is_reference(reference) else "",
        decline_code=decline_code(said.get("code")) if status == ChargeStatus.DECLINED else "",
    )


def _is_reference(value: object) -> bool:
    """Return whether a gateway's own id is a text that may be stored and shown unchanged."""
    return isinstance(value, str) and 0 < len(value) <= REFERENCE_LENGTH and value.isascii() and value.isprintable()


def _json_object(body: bytes) -> dict[str, Any]:
    """Return a JSON object, an empty one for anything else."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
