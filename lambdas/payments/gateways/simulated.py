"""A gateway without a network: the last two digits of the amount choose the outcome, the same one each time."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from payments.gateways.protocol import ChargeAnswer, ChargeRequest, ChargeStatus, GatewayUnavailable, OutcomeUnknown


@dataclass(frozen=True, slots=True)
class Script:
    """The behaviour for one ending of the amount: a status or an error from `charge`, a status from `find`."""

    charge: ChargeStatus | type[GatewayUnavailable | OutcomeUnknown]
    find: ChargeStatus
    decline_code: str = ""


def _declined(code: str) -> Script:
    return Script(charge=ChargeStatus.DECLINED, find=ChargeStatus.DECLINED, decline_code=code)


# Amount modulo 100 minor units -> script: 12.05 is declined for funds, 12.92 times out and turns out charged.
SCRIPTS: Final[dict[int, Script]] = {
    4: _declined("expired_card"),
    5: _declined("insufficient_funds"),
    14: _declined("stolen_card"),
    41: _declined("lost_card"),
    59: _declined("fraudulent"),
    61: _declined("limit_exceeded"),
    91: Script(charge=GatewayUnavailable, find=ChargeStatus.NOT_FOUND),
    92: Script(charge=OutcomeUnknown, find=ChargeStatus.SUCCEEDED),
    93: Script(charge=OutcomeUnknown, find=ChargeStatus.PENDING),
    94: Script(charge=ChargeStatus.PENDING, find=ChargeStatus.SUCCEEDED),
    95: Script(charge=OutcomeUnknown, find=ChargeStatus.NOT_FOUND),
    96: Script(charge=OutcomeUnknown, find=ChargeStatus.DECLINED, decline_code="do_not_honor"),
}
SUCCESS: Final = Script(charge=ChargeStatus.SUCCEEDED, find=ChargeStatus.SUCCEEDED)


class SimulatedGateway:
    """The adapter `simulated`; it has no memory, so `find` answers from the amount as `charge` does."""

    key_lifetime: float | None = None

    def charge(self, request: ChargeRequest, *, idempotency_key: str) -> ChargeAnswer:
        """Return the status, or raise the error, for the amount's last two digits."""
        script = _script(request)
        if not isinstance(script.charge, ChargeStatus):
            raise script.charge(f"the simulated gateway raises {script.charge.__name__} for this amount")
        return _answer(script.charge, code=script.decline_code, key=idempotency_key)

    def find(
        self,
        request: ChargeRequest,
        *,
        idempotency_key: str,
        since: float | None = None,  # noqa: ARG002 - the protocol's
    ) -> ChargeAnswer:
        """Return the status for the amount's last two digits; never charges."""
        script = _script(request)
        return _answer(script.find, code=script.decline_code, key=idempotency_key)


def _script(request: ChargeRequest) -> Script:
    return SCRIPTS.get(request.amount_minor % 100, SUCCESS)


def _answer(status: ChargeStatus, *, code: str, key: str) -> ChargeAnswer:
    if status is ChargeStatus.NOT_FOUND:
        return ChargeAnswer(status=status)
    reference = "sim-" + hashlib.sha256(key.encode("ascii", "replace")).hexdigest()[:24]
    return ChargeAnswer(status=status, reference=reference, decline_code=code)
