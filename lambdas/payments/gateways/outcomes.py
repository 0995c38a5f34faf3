"""The payment status of each gateway answer, and the decline codes that a result may hold."""

from __future__ import annotations

from typing import Final

from payments.bounds import CODE_LENGTH
from payments.gateways.protocol import ChargeStatus
from payments.statuses import COMPLETED, DECLINED, UNKNOWN

# The status that the ledger records for an answer of `charge` or `find`.
STATUS_OF: Final[dict[ChargeStatus, str]] = {
    ChargeStatus.SUCCEEDED: COMPLETED,
    ChargeStatus.DECLINED: DECLINED,
    ChargeStatus.PENDING: UNKNOWN,
}

DECLINE_CODES: Final = frozenset(
    {
        "insufficient_funds",
        "stolen_card",
        "lost_card",
        "expired_card",
        "incorrect_cvc",
        "do_not_honor",
        "fraudulent",
        "processing_error",
        "limit_exceeded",
        "account_closed",
        "currency_not_supported",
        "method_not_supported",
        "method_ambiguous",
        "mandate_required",
        "amount_not_supported",
        "authentication_required",
        "refused_before_charge",
        "generic_decline",
    }
)
GENERIC: Final = "generic_decline"


def decline_code(word: object, *, table: dict[str, str] | None = None) -> str:
    """Return our decline code for a gateway's code; an unknown code is a generic decline."""
    text = str(word)[:CODE_LENGTH] if isinstance(word, str) else ""
    code = (table or {}).get(text, text)
    return code if code in DECLINE_CODES else GENERIC
