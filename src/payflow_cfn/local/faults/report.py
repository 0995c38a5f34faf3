"""The report of a fault run: a line for each payment, the totals, and the verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

FINAL = ("COMPLETED", "DECLINED", "FAILED", "REJECTED")
NOT_CHARGED = "PaymentNotCharged"
NOTICE_LOST = "NoticeLost"
WRONGS = ("double_charged", "lost", "stuck", "wrong_amount", "missing_notice", "extra_notice")


@dataclass(frozen=True, slots=True)
class FaultLine:
    """One payment at its end.

    `amount` is its text with the currency, `faults` are those that struck, in turn, `charges` the amounts that the
    gateway's own book took, `notices` the statuses of the notices, `wrong` the names of WRONGS that it breaks.
    """

    transaction_id: str
    amount: str
    faults: tuple[str, ...]
    status: str
    charges: tuple[str, ...]
    notices: tuple[str, ...]
    wrong: frozenset[str] = frozenset()

    def text(self) -> str:
        """The payment in one line, its verdict first."""
        return "  ".join(
            (
                f"WRONG {', '.join(sorted(self.wrong))}:" if self.wrong else "ok",
                f"{self.transaction_id} {self.amount}",
                f"row {self.status}",
                f"charged {' and '.join(self.charges) or 'nothing'}",
                f"told {', '.join(self.notices) or 'nothing'}",
                f"faults: {', '.join(self.faults) or 'none'}",
            )
        )


def notice_kind(status: str, error: str) -> str:
    """The content of a notice: a decision's status, or a `technical` failure."""
    return status if status in ("DECLINED", "REJECTED") or error == NOT_CHARGED else "technical"


@dataclass(frozen=True, slots=True)
class FaultTotals:
    """The number of payments with each fault (all 0 when the workflow is right), and of hits of each edge."""

    payments: int
    double_charged: int
    lost: int
    stuck: int
    wrong_amount: int
    missing_notice: int
    extra_notice: int
    edges: dict[str, int]
    lines: tuple[FaultLine, ...] = field(default=(), repr=False)

    @property
    def never_hit(self) -> tuple[str, ...]:
        """The edges that no payment met: the run proves nothing about them."""
        return tuple(edge for edge, hits in self.edges.items() if not hits)

    @property
    def clean(self) -> bool:
        """Whether nothing went wrong and every edge was hit."""
        return not any(getattr(self, name) for name in WRONGS) and not self.never_hit

    def as_json(self) -> dict[str, Any]:
        """The totals as the command prints them."""
        return {"payments": self.payments, **{name: getattr(self, name) for name in WRONGS}, "edges": dict(self.edges)}

    def as_text(self) -> str:
        """A line for each payment, one for each total, then the edges that were never hit."""
        counts = [f"{name}: {value}" for name, value in self.as_json().items() if name != "edges"]
        hit = len(self.edges) - len(self.never_hit)
        missed = [f"never hit: {edge}" for edge in self.never_hit]
        found = [each.text() for each in self.lines]
        return "\n".join([*found, *counts, f"edges hit: {hit} of {len(self.edges)}", *missed])


def totals_of(lines: Sequence[FaultLine], edges: Sequence[str]) -> FaultTotals:
    """Add the payments up; `edges` are all that should have been hit."""
    wrong = Counter(name for line in lines for name in line.wrong)
    hits = Counter(fault for line in lines for fault in line.faults)
    return FaultTotals(
        payments=len(lines),
        **{name: wrong[name] for name in WRONGS},
        edges={edge: hits[edge] for edge in edges},
        lines=tuple(lines),
    )
