"""Every mutant: `python -m mutation`, with tests/ on the path; `tox -e mutation` runs it.

With `--emulator` each observed permission is taken away on the embedded AWS as well. Exits with 1 when one survives.
"""

from __future__ import annotations

import sys
from itertools import groupby

from mutation.kill import Tally
from mutation.story_judge import treats_a_payment_differently
from mutation.whole import mutation, walked
from mutation.withheld import withhold
from payflow_cfn.audit.permissions.configurations import WIDEST
from payflow_cfn.audit.permissions.needs_vs_grants import set_of


def main(arguments: list[str]) -> int:
    """Print the survivors and the figures."""
    withheld = withhold() if "--emulator" in arguments else ()
    found = mutation(set_of(WIDEST), withheld, treats_a_payment_differently)
    _tell(found)
    share, missed = walked(set_of(WIDEST), treats_a_payment_differently(set_of(WIDEST)))
    print(f"the stories alone notice {share:.0%} of the changed workflows", *missed, sep="\nmissed: ")
    return 1 if found.survivors or missed or share <= 0.85 else 0


def _tell(found: Tally) -> None:
    for each in found.survivors:
        print(f"survived: {each}")
    for family, kinds in groupby(found.by_kind.items(), key=lambda item: item[0].partition(",")[0]):
        counts = [count for _, count in kinds]
        killed, total = sum(each.killed for each in counts), sum(each.total for each in counts)
        print(f"{killed:4} of {total:4} noticed: {family}, {len(counts)} kinds")
    print("noticed first:", ", ".join(f"{count} by {name}" for name, count in found.by_killer.items()))
    print(f"{found.killed} of {found.total} mutants noticed, {len(found.equivalent)} equivalent")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
