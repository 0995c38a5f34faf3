"""The page docs/failures/found-by-search.md: planted faults, each with its shortest schedule as a picture.

`python -m interleavings.page` writes it.
"""

from __future__ import annotations

from typing import Final

from interleavings.mutants import MUTANTS, ROOT, schedule
from interleavings.picture import diagram
from interleavings.search import Step

PAGE: Final = ROOT / "docs" / "failures" / "found-by-search.md"
# What the row remembers, who may enter a payment, who sends its notice.
DRAWN: Final = (
    "a refused charge always releases the claim",
    "an execution that had started before a failure may enter the payment",
    "validation assumes that each final status has its notice",
)
_INTRODUCTION: Final = """# Found by search

Each picture is the shortest way to one of three faults that are planted in a copy of the code.
[The search](fault-run.md#the-search) finds them; `tox -e interleavings` prints what it covered. E1 and E2 are
executions of the same payment.
"""


def drawn(name: str, fault: str, steps: tuple[Step, ...]) -> str:
    """Return one planted fault's part of the page."""
    return f"## Planted: {name}\n\nFound: {fault}.\n\n```mermaid\n{diagram(steps)}\n```\n"


def main() -> None:
    """Write the page."""
    parts = []
    for mutant in (each for each in MUTANTS if each.name in DRAWN):
        fault, steps = schedule(mutant)
        parts.append(drawn(mutant.name, fault, steps))
    PAGE.write_text("\n".join([_INTRODUCTION, *parts]))


if __name__ == "__main__":
    main()
