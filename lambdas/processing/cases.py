"""The table of actions for a payment that was claimed before, by its row and the gateway's answer.

The first case that fits decides. A charge that the gateway has acknowledged is never given up. While a request may
still arrive, the payment is not given up; it is charged again only if the gateway still knows the key.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple


class Said(StrEnum):
    """The gateway's answer about a payment; SILENT: it gave no answer, or one that is not about this payment."""

    SUCCEEDED = "SUCCEEDED"
    DECLINED = "DECLINED"
    PENDING = "PENDING"
    NOT_FOUND = "NOT_FOUND"
    SILENT = "SILENT"


class Action(StrEnum):
    """The action of the step."""

    RECORD = "record"  # write the gateway's answer as the final status
    SUSPECT = "suspect"  # write UNKNOWN
    LEAVE = "leave"  # write nothing; the gateway is asked again later
    CHARGE = "charge"  # claim and send again, under the same key
    GIVE_UP = "give up"  # write FAILED: not charged


class Standing(NamedTuple):
    """The state of a payment after the gateway was asked."""

    said: Said
    held: bool  # the attempt that claimed it may still send
    acknowledged: bool  # the gateway has answered before that it knows the charge
    quiet: bool  # every request that was sent has arrived, or never will
    remembered: bool  # claimed by an attempt that died, and the gateway still knows the key
    last: bool  # the workflow's last question


class Case(NamedTuple):
    """A row of the table: its conditions, where None accepts any value, and the action."""

    action: Action
    why: str
    said: tuple[Said, ...] | None = None
    held: bool | None = None
    acknowledged: bool | None = None
    quiet: bool | None = None
    remembered: bool | None = None
    last: bool | None = None


CASES: Final = (
    Case(Action.RECORD, "the gateway decides", said=(Said.SUCCEEDED, Said.DECLINED)),
    Case(Action.SUSPECT, "the gateway knows the charge and has not decided", said=(Said.PENDING,)),
    Case(Action.LEAVE, "an attempt may still send", held=True),
    Case(Action.SUSPECT, "acknowledged: only the gateway ends it", acknowledged=True),
    Case(Action.SUSPECT, "for people to find", said=(Said.SILENT,), last=True),
    Case(Action.LEAVE, "asked again", said=(Said.SILENT,)),
    Case(Action.GIVE_UP, "never seen, and nothing is on its way", last=True, quiet=True),
    Case(Action.SUSPECT, "it may still arrive", last=True),
    Case(Action.CHARGE, "never seen, and nothing is on its way", quiet=True),
    Case(Action.CHARGE, "a dead attempt's claim; the key makes one charge of two requests", remembered=True),
    Case(Action.LEAVE, "it may still arrive"),
)


def next_action(standing: Standing) -> Action:
    """Return the action of the first case that fits."""
    return next(case.action for case in CASES if _fits(case, standing))


def _fits(case: Case, standing: Standing) -> bool:
    facts = (case.held, case.acknowledged, case.quiet, case.remembered, case.last)
    said = case.said is None or standing.said in case.said
    return said and all(wanted in (None, found) for wanted, found in zip(facts, standing[1:], strict=True))
