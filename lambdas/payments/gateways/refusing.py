"""A gateway that charges nothing: a step of the workflow before the charge refused the payment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from payments.bounds import CODE_LENGTH, bounded
from payments.gateways.protocol import ChargeAnswer, ChargeRequest, ChargeStatus, Gateway

DECLINE_CODE: Final = "refused_before_charge"


@dataclass(frozen=True, slots=True)
class RefusingGateway:
    """Declines every charge without sending it, and asks the real gateway about what was sent before.

    So a refusal moves a payment as a decline by the gateway does, and one that was charged before is still found.
    `code` is the step's reason.
    """

    gateway: Gateway
    code: str

    @property
    def key_lifetime(self) -> float | None:
        """The real gateway's."""
        return self.gateway.key_lifetime

    def charge(self, request: ChargeRequest, *, idempotency_key: str) -> ChargeAnswer:  # noqa: ARG002 - the protocol's
        """Decline; nothing is sent."""
        reference = f"refused: {bounded(self.code, limit=CODE_LENGTH)}"
        return ChargeAnswer(ChargeStatus.DECLINED, reference=reference, decline_code=DECLINE_CODE)

    def find(self, request: ChargeRequest, *, idempotency_key: str, since: float | None = None) -> ChargeAnswer:
        """Ask the real gateway."""
        return self.gateway.find(request, idempotency_key=idempotency_key, since=since)
