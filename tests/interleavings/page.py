"""The section of docs/failures/found-by-search.md that the search writes: planted faults, each with its shortest schedule as a picture.

`python -m interleavings.page` puts it into the page, after the line that begins it.
"""

from __future__ import annotations

from typing import Final

from interleavings.mutants import MUTANTS, ROOT, schedule
from interleavings.picture import diagram
from interleavings.search import Step

HEADING: Final = "# Found by search"
PAGE: Final = ROOT / "docs" / "failures" / "found-by-search.md"
# What the row remembers, who may enter a payment, who sends its notice.
DRAWN: Final = (
    "a refused charge always releases the claim",
    "an execution that had started before a failure may enter the payment",
    "validation assumes that each final status has its notice",
)
_INTRODUCTION: Final = """
`tests/interleavings` explores every order of events within bounds, on the shipped functions and definition.
`tox -e interleavings` prints what it covered. To test the search, faults are planted in a copy of the code. Each
picture is the shortest way to one of three planted faults. E1 and E2 are executions of the same payment.
"""


def drawn(name: str, fault: str, steps: tuple[Step, ...]) -> str:
    """Return one planted fault's part of the section."""
    return f"## Planted: {name}\n\nFound: {fault}.\n\n```mermaid\n{diagram(steps)}\n```\n"


def main() -> None:
    """Write the section."""
    parts = []
    for mutant in (each for each in MUTANTS if each.name in DRAWN):
        fault, steps = schedule(mutant)
        parts.append(drawn(mutant.name, fault, steps))
    text = PAGE.read_text()
    before = text[: text.index(HEADING)] if HEADING in text else text + "\n"
    PAGE.write_text(before + "\n".join([HEADING + "\n" + _INTRODUCTION, *parts]))


if __name__ == "__main__":
    main()
