"""Choose the faults of a payment by a seed: every point between two side effects is a candidate."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

# The ledger's writes, by what they are for; each is a point before and a point after.
WRITES = ("enter", "claim", "record", "release", "suspect")
_STEPS = ("enter", "claim", "charge", "record")
_KILLS = tuple(f"killed {when} {what}" for what in _STEPS for when in ("before", "after"))
_TABLE_FAULTS = ("throttled before", "repeated after", "answer lost after")
_TABLE = tuple(f"{how} {what}" for what in WRITES for how in _TABLE_FAULTS)
# "killed late": the request is sent at the end of the function's time, arrives just before it is quiet, and its sender
# is dead by then.
_GATEWAY = (
    "unavailable before charge",
    "hang before charge",
    "hang after charge",
    "garbage after charge",
    "pending after charge",
    "late before charge",
    "killed late before charge",
    "unavailable before last charge",
    "late before last charge",
    "killed late before last charge",
    "killed before find",
    "hang before find",
    "pending before find",
    "not yet before find",
)
_STARTS = (
    *(f"parallel {when} {what}" for what in _STEPS for when in ("before", "after")),
    "parallel before find",
    "duplicate after end",
)
# The workflow's own calls for a final status's notice, in turn.
TELLING = ("notice claim", "notice", "mark")
_TELLING = tuple(
    f"{how} {what}"
    for what in TELLING
    for how in ("throttled before", "stopped before", "answer lost after", "stopped after")
)
_SERVICES = (
    "throttled before failure record",
    "answer lost after failure record",
    "stopped before failure record",
    "stopped after failure record",
    "throttled before count",
    "refused before notice",
    "throttled before count of lost notices",
    "refused before notice claim",
    "refused before mark",
)
EDGES = (*_KILLS, *_TABLE, *_GATEWAY, *_STARTS, *_TELLING, *_SERVICES)

# An edge off the straight way is reached only after another fault.
_AFTER = {
    "release": "unavailable before charge",
    "suspect": "hang before charge",
    "find": "killed after claim",
}

# Every attempt to validate is killed; or every one that would ask after a charge; or no charge reaches the gateway
# before the last ask; or every attempt to call a service fails, the last one for good.
_INVALID = ["killed before enter"] * 4
_UNREACHED = ["unavailable before charge"] * 6
_ALONE = {
    "late before charge": [*["unavailable before charge"] * 3, "answer lost after suspect"],
    **{
        f"{how} before last charge": [*_UNREACHED, "answer lost after suspect"]
        for how in ("unavailable", "late", "killed late")
    },
    **{
        f"{how} failure record": _INVALID
        for how in ("throttled before", "answer lost after", "stopped before", "stopped after")
    },
    "throttled before count": ["killed after charge", *["killed before find"] * 15],
    **{f"refused before {what}": [f"throttled before {what}"] * 3 for what in TELLING},
    "throttled before count of lost notices": ["throttled before notice"] * 4,
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
    if wanted == "parallel before enter" and choice.random() < 0.5:
        # The other execution tells that nothing is charged, while this one is about to enter the payment.
        return [wanted, *_INVALID]
    others = choice.sample(EDGES, choice.choice((0, 0, 1, 1, 2)))
    return [each for each in (wanted, before, *others) if each]
