"""Other ways to charge a payment beside ours: one bank, one plan of faults, one verdict; prints docs/rivals.md's table.

    python benchmarks/rivals.py [--payments 2200] [--seed 1]

Durable functions need two packages (rival_durable.py has the line for pip); without them their rows are left out. They
run a tenth of the payments, because AWS's test runner takes the longest.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from rival_described import DescribedWorld
from rival_powertools import PowertoolsWithoutKey, PowertoolsWorld
from rival_world import BANKS, OTHERS, WRONGS, Ours, drive, make_world, verdict

from payflow_cfn.local.faults.lambda_functions import quiet_functions

COLUMNS = (*WRONGS, *OTHERS)
SCALE = 100_000


def drive_all(worlds: Sequence[Any]) -> None:
    """Run the payments one after the other."""
    for each in worlds:
        drive(each)


@dataclass(frozen=True, slots=True)
class Way:
    """One way to charge: its name in the table, its world, how a number of them is run, and which part of all."""

    name: str
    kind: type[Any]
    run: Callable[[Sequence[Any]], None] = drive_all
    part: int = 1


def ways() -> Iterator[Way]:
    """Every way whose packages are installed."""
    yield Way("described handlers", DescribedWorld)
    yield Way("Powertools", PowertoolsWithoutKey)
    yield Way("Powertools, key to the bank", PowertoolsWorld)
    if importlib.util.find_spec("aws_durable_execution_sdk_python_testing"):
        from rival_durable import AtMostOnceWorld, DurableWorld, run_durable

        yield Way("durable functions, key to the bank", DurableWorld, run_durable, part=10)
        yield Way("durable functions, at most once", AtMostOnceWorld, run_durable, part=10)
    yield Way("payflow_cfn", Ours)


def measured(way: Way, bank: str, *, payments: int, seed: int, faults: bool = True) -> list[Any]:
    """Run the payments of one way at one bank; their worlds at the end."""
    worlds = [make_world(way.kind, index, seed=seed, bank=bank, faults=faults) for index in range(payments)]
    with quiet_functions():
        way.run(worlds)
    return worlds


def row(way: Way, worlds: Sequence[Any]) -> str:
    """One line of the table: the number for 100,000 payments, and the count that was seen."""
    seen = Counter(name for each in worlds for name in verdict(each))
    cells = [f"{round(seen[name] * SCALE / len(worlds)):,} ({seen[name]})" for name in COLUMNS]
    faults = sum(len(each.strikes.struck) for each in worlds) / len(worlds)
    return f"| {way.name} | {len(worlds):,} | {faults:.2f} | {' | '.join(cells)} |"


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--payments", type=int, default=2200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    for bank in BANKS:
        print(f"\nA bank that {bank}:\n\n| way | payments | faults each | {' | '.join(COLUMNS)} |")
        print("|---" * (3 + len(COLUMNS)) + "|")
        for way in ways():
            count = max(1, options.payments // way.part)
            print(row(way, measured(way, bank, payments=count, seed=options.seed)), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
