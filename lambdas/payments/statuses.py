"""A payment's statuses and every allowed move between them, as data that the ledger, the docs and the tests read."""

from __future__ import annotations

from typing import Final

NONE: Final = "none"
REJECTED: Final = "REJECTED"
VALIDATED: Final = "VALIDATED"
PROCESSING: Final = "PROCESSING"
UNKNOWN: Final = "UNKNOWN"
COMPLETED: Final = "COMPLETED"
DECLINED: Final = "DECLINED"
FAILED: Final = "FAILED"
# Answers to the workflow, never a row's status. CONTRADICTED has no branch there: an unexpected outcome sends a notice.
CONFLICT: Final = "CONFLICT"
CONTRADICTED: Final = "CONTRADICTED"

# PROCESSING -> VALIDATED gives a claim back when no request was sent. PROCESSING and UNKNOWN -> PROCESSING charge again
# when the gateway never saw the charge. UNKNOWN -> UNKNOWN records that the gateway knows the charge. NONE is also a
# row that holds only the workflow's failure record. NONE, REJECTED and VALIDATED -> UNKNOWN are for a restored table:
# no row shows what was sent after the restore point.
TRANSITIONS: Final[dict[str, tuple[str, ...]]] = {
    NONE: (REJECTED, UNKNOWN, VALIDATED),
    REJECTED: (REJECTED, UNKNOWN, VALIDATED),
    VALIDATED: (PROCESSING, UNKNOWN),
    PROCESSING: (COMPLETED, DECLINED, FAILED, PROCESSING, UNKNOWN, VALIDATED),
    UNKNOWN: (COMPLETED, DECLINED, FAILED, PROCESSING, UNKNOWN),
    COMPLETED: (),
    DECLINED: (),
    FAILED: (),
}

TERMINAL: Final = frozenset(status for status, moves in TRANSITIONS.items() if not moves)

# The error class of a status, for subscribers and for the workflow's Choice state.
ERRORS: Final[dict[str, str | None]] = {
    REJECTED: "PaymentRejected",
    CONFLICT: "PaymentConflict",
    VALIDATED: None,
    COMPLETED: None,
    DECLINED: "PaymentDeclined",
    FAILED: "PaymentNotCharged",
    UNKNOWN: "OutcomeUnknown",
    CONTRADICTED: "GatewayContradiction",
}


def sources(target: str) -> tuple[str, ...]:
    """Return the statuses from which a row may move to `target`."""
    return tuple(status for status, moves in TRANSITIONS.items() if target in moves)
