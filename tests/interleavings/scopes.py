"""The bounded questions that the search answers completely, and those that only a walk by chance can look into."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Final

from interleavings.world import Scope

SAME: Final = (("100.50", "one"), ("100.50", "one"))
OTHER_FACTS: Final = (("100.50", "one"), ("20.00", "one"))
OTHER_ADDRESS: Final = (("100.50", "one"), ("100.50", "two"))
VERDICTS: Final = ("SUCCEEDED", "DECLINED", "PENDING SUCCEEDED", "PENDING DECLINED")
# Every other sandbox's clock is ahead or behind.
CLOCKS: Final = ((0, 0), (-30, 30), (30, -30))
# Longer than a charge may be on its way, and over before an execution that starts long after.
LIFETIME: Final = 500.0

# With three faults, an ask less: before and after it is quiet, and the last.
_ONE = Scope("1 execution", faults=3, waits=(130, 210, 100))
_MORE_ASKS = Scope("1 execution", faults=2)
_AGAIN = Scope("1 execution, then --again", faults=2, kinds=SAME, again=True)
_TWO = Scope("2 executions", faults=2, kinds=SAME)
_FACTS = Scope("2 executions with other facts", faults=2, kinds=OTHER_FACTS)


def _named(scope: Scope) -> Scope:
    parts = [f"{scope.faults} faults", f"the bank says {scope.verdict}"]
    parts += [f"clocks {scope.offsets[0]:+d} and {scope.offsets[1]:+d} s"] if any(scope.offsets) else []
    parts += [f"keys for {scope.lifetime:g} s"] if scope.lifetime else []
    parts += ["another address"] if scope.kinds == OTHER_ADDRESS else []
    return replace(scope, name=", ".join([scope.name, *parts]))


_PERSON = replace(_ONE, name="1 execution and a person", faults=1, operator=1)

# The longest first: both processes have something to do until the end.
WHOLE: Final = tuple(
    _named(scope)
    for scope in (
        *(replace(_TWO, verdict=verdict) for verdict in VERDICTS[1::-1]),
        *(replace(_ONE, verdict=verdict) for verdict in VERDICTS[::-1]),
        replace(_ONE, offsets=CLOCKS[1]),
        replace(_ONE, lifetime=LIFETIME),
        *(replace(_MORE_ASKS, verdict=verdict, offsets=each) for verdict, each in product(VERDICTS, CLOCKS[1:])),
        *(replace(_MORE_ASKS, verdict=verdict, lifetime=LIFETIME) for verdict in VERDICTS),
        *(replace(_AGAIN, verdict=verdict) for verdict in VERDICTS[::-1]),
        *(replace(_AGAIN, verdict=verdict, lifetime=LIFETIME) for verdict in VERDICTS[:2]),
        *(replace(_AGAIN, verdict=verdict, lifetime=LIFETIME, faults=1) for verdict in VERDICTS[2:]),
        *(replace(_AGAIN, kinds=OTHER_ADDRESS, verdict=verdict) for verdict in VERDICTS),
        _FACTS,
        replace(_FACTS, verdict="DECLINED"),
        *(replace(_PERSON, verdict=verdict) for verdict in VERDICTS),
        replace(_PERSON, name="1 execution, then --again, and a person", kinds=SAME, again=True, verdict="DECLINED"),
    )
)

# In the suite: the same with a fault less, or with none where each answer of the bank comes late.
SMALL: Final = tuple(
    _named(replace(scope, faults=scope.faults - 1))
    for scope in (
        *(replace(_ONE, verdict=verdict, offsets=CLOCKS[1]) for verdict in VERDICTS[:2]),
        replace(_ONE, faults=2, verdict="PENDING SUCCEEDED", offsets=CLOCKS[1]),
        *(replace(_AGAIN, verdict=verdict, lifetime=LIFETIME) for verdict in VERDICTS[:2]),
        *(replace(_AGAIN, faults=1, verdict=verdict, lifetime=LIFETIME) for verdict in VERDICTS[2:]),
        replace(_AGAIN, kinds=OTHER_ADDRESS),
        _TWO,
        _FACTS,
        replace(_PERSON, faults=1, verdict="PENDING DECLINED"),
    )
)

# Beyond what can be looked at completely.
WANDERED: Final = tuple(
    _named(scope)
    for scope in (
        Scope("3 executions", faults=4, kinds=(*SAME, SAME[0]), lifetime=LIFETIME, offsets=CLOCKS[1]),
        Scope("3 executions", faults=4, kinds=(*OTHER_FACTS, SAME[0]), verdict="DECLINED"),
        Scope("3 executions one after another", faults=6, kinds=(*SAME, SAME[0]), again=True, lifetime=LIFETIME),
        Scope("2 executions", faults=6, kinds=OTHER_ADDRESS, verdict="PENDING SUCCEEDED"),
    )
)
