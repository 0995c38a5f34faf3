"""Which faults strike a payment, and where: every edge between two side effects, chosen by a seed."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

# The ledger's writes, by what they are for; each is a point before and a point after.
WRITES = ("enter", "claim", "record", "release", "suspect")
_STEPS = ("enter", "claim", "charge", "record")
_KILLS = tuple(f"killed {when} {what}" for what in _STEPS for when in ("before", "after"))
_TABLE_FAULTS = ("throttled before", "repeated after", "answer lost after")
_TABLE = tuple(f"{how} {what}" for what in WRITES for how in _TABLE_FAULTS)
_GATEWAY = (
    "unavailable before charge",
    "hang before charge",
    "hang after charge",
    "garbage after charge",
    "pending after charge",
    "late before charge",
    "killed before find",
    "hang before find",
)
_STARTS = (
    *(f"parallel {when} {what}" for what in _STEPS for when in ("before", "after")),
    "parallel before find",
    "duplicate after end",
)
_SERVICES = ("throttled before failure record", "throttled before count", "throttled before notice")
EDGES = (*_KILLS, *_TABLE, *_GATEWAY, *_STARTS, *_SERVICES)

# An edge off the straight way is reached only after another fault.
_AFTER = {
    "release": "unavailable before charge",
    "suspect": "hang before charge",
    "find": "killed after claim",
}

# What ends in a failure: every attempt to validate is killed, or every one that would ask after a charge; or only the
# last ask reaches the gateway, too late, and is repeated at once.
_ALONE = {
    "late before charge": [*["unavailable before charge"] * 6, "answer lost after suspect"],
    "throttled before failure record": ["killed before enter"] * 4,
    "throttled before count": ["killed after charge", *["killed before find"] * 15],
}


@dataclass(slots=True)
class Strikes:
    """The faults that still wait for one payment, as "how when what"; `struck` are those that struck, in turn."""

    pending: list[str] = field(default_factory=list)
    struck: list[str] = field(default_factory=list)

    def at(self, point: str) -> str | None:
        """The fault's kind that strikes at this point ("before charge") now, once; None when nothing does."""
        for edge in self.pending:
            if edge.endswith(" " + point):
                self.pending.remove(edge)
                self.struck.append(edge)
                return edge.removesuffix(" " + point)
        return None


def plan_faults(index: int, choice: random.Random) -> list[str]:
    """The faults of the payment number `index`: each edge in turn, what leads to it, and up to two others."""
    wanted = EDGES[index % len(EDGES)]
    before = _AFTER.get(wanted.rpartition(" ")[2], "")
    if wanted in _ALONE:
        return [*_ALONE[wanted], wanted]
    others = choice.sample(EDGES, choice.choice((0, 0, 1, 1, 2)))
    return [each for each in (wanted, before, *others) if each]
