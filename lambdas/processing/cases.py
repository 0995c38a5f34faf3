"""What becomes of a payment that was claimed before: by its row, by what the gateway says of it, and by the ask.

The first case that fits decides. What the gateway has acknowledged is never given up; what may still be on its way is
neither given up nor charged again, unless the gateway still knows the key.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple


class Said(StrEnum):
    """What the gateway says when it is asked; SILENT is no answer, or one that is not about this payment."""

    SUCCEEDED = "SUCCEEDED"
    DECLINED = "DECLINED"
    PENDING = "PENDING"
    NOT_FOUND = "NOT_FOUND"
    SILENT = "SILENT"


class Action(StrEnum):
    """What the step does then."""

    RECORD = "record"  # the gateway's word is the end
    SUSPECT = "suspect"  # the row says UNKNOWN
    LEAVE = "leave"  # the row stays; it is asked again
    CHARGE = "charge"  # claimed again and sent again, under the same key
    GIVE_UP = "give up"  # FAILED: not charged


class Standing(NamedTuple):
    """A payment's state when the gateway has been asked."""

    said: Said
    held: bool  # the attempt that claimed it may still send
    acknowledged: bool  # the gateway has said before that it knows the charge
    quiet: bool  # whatever was sent has arrived, or never will
    remembered: bool  # a dead attempt's claim, whose key the gateway still knows
    last: bool  # nobody asks after this


class Case(NamedTuple):
    """A row of the table: what it needs, None for anything, and what is done."""

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
    """Return what the first case that fits says."""
    return next(case.action for case in CASES if _fits(case, standing))


def _fits(case: Case, standing: Standing) -> bool:
    facts = (case.held, case.acknowledged, case.quiet, case.remembered, case.last)
    said = case.said is None or standing.said in case.said
    return said and all(wanted in (None, found) for wanted, found in zip(facts, standing[1:], strict=True))
