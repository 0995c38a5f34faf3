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
# Answers to the workflow; never a row's status. It does not know CONTRADICTED, so that people are told.
CONFLICT: Final = "CONFLICT"
CONTRADICTED: Final = "CONTRADICTED"

# PROCESSING -> VALIDATED gives a claim back when nothing was sent and nothing is on its way; PROCESSING and UNKNOWN ->
# PROCESSING charge again what the gateway never saw; UNKNOWN -> UNKNOWN keeps that the gateway knows the charge. NONE
# is also a row that holds only the workflow's failure record. NONE, REJECTED and VALIDATED -> UNKNOWN are for a table
# that was restored: what was sent after the restore point is in no row.
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

# The error class that a status has for subscribers and for the workflow's Choice.
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
