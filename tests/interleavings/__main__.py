"""The whole search: `python -m interleavings`, with tests/ and lambdas/ on the path; `tox -e interleavings` runs it.

Prints each scope with its states, edges and depth, and "complete" or "cut", then the walks by chance. With `--mutants`
it prints the planted faults instead, with `--steps` the shortest schedule to each. Exits with 1 when a promise is
broken, a scope was cut, a fault survived or docs/failures/found-by-search.md draws another schedule.
"""

from __future__ import annotations

import logging
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from itertools import chain

from interleavings.mutants import MUTANTS, Mutant, schedule
from interleavings.page import DRAWN, PAGE, drawn
from interleavings.picture import lines
from interleavings.scopes import WANDERED, WHOLE
from interleavings.search import Found, Step, search, wander
from interleavings.world import Scope

PROCESSES = 2
_WALKS, _SECONDS = 2_000, 30


def _searched(scope: Scope) -> Found:
    logging.disable(logging.CRITICAL)
    return search(scope)


def _wandered(scope: Scope) -> Found:
    logging.disable(logging.CRITICAL)
    return wander(scope, seed=1, walks=_WALKS, seconds=_SECONDS)


def main() -> int:
    """Run everything and return the exit status."""
    began, wrong = time.monotonic(), 0
    with ProcessPoolExecutor(PROCESSES) as pool:
        if "--mutants" not in sys.argv:
            for found in chain(pool.map(_searched, WHOLE), pool.map(_wandered, WANDERED)):
                print(found, flush=True)
                wrong += bool(found.faults) or not (found.complete or found.walks)
                for fault, steps in found.faults.items():
                    print(f"{fault}:\n{lines(steps)}")
        else:
            for mutant, (fault, steps) in zip(MUTANTS, pool.map(schedule, MUTANTS), strict=True):
                _show(mutant, fault)
                wrong += not fault or not _is_on_page(mutant, fault, steps)
                if "--steps" in sys.argv:
                    print(lines(steps))
    print(f"{time.monotonic() - began:.0f} s in all")
    return int(bool(wrong))


def _is_on_page(mutant: Mutant, fault: str, steps: tuple[Step, ...]) -> bool:
    return mutant.name not in DRAWN or drawn(mutant.name, fault, steps) in PAGE.read_text()


def _show(mutant: Mutant, fault: str) -> None:
    print(f"planted: {mutant.name}: {fault or 'NOT FOUND'}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
