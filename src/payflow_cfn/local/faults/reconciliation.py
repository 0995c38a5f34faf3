"""Compare the payments of a fault run on the emulator with the gateway's own records and the notices."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from payflow_cfn.local.faults.lambda_functions import quiet_functions
from payflow_cfn.local.faults.report import FINAL, NOT_CHARGED, FaultLine, notice_kind
from payflow_cfn.local.gateway.faults import Call
from payflow_cfn.local.gateway.gateway import GatewayFault
from payflow_cfn.local.gateway.gateway_ledger import Charge
from payflow_cfn.local.gateway.proxy import TableFault


@dataclass(frozen=True, slots=True)
class Seen:
    """One payment after its executions: how it was started, its row, and how each execution ended."""

    payment: dict[str, Any]
    start: str
    status: str
    endings: tuple[tuple[str, str], ...]

    @property
    def name(self) -> str:
        """The payment's id."""
        return str(self.payment["transaction_id"])


def faults_of(
    seen: Sequence[Seen],
    table: Sequence[tuple[Call, TableFault | None]],
    bank: Sequence[tuple[Call, GatewayFault]],
) -> dict[str, list[str]]:
    """{transaction id: the edges that it met}; the gateway knows a payment by its key, which the first charge names."""
    faults = {each.name: [each.start] if each.start else [] for each in seen}
    with quiet_functions():
        from payments.gateways.protocol import idempotency_key

        names = {idempotency_key(each.name): each.name for each in seen}
    for call, fault in table:
        if fault:
            faults[call.key].append(f"{fault} {call.operation}")
    for call, struck in bank:
        faults[names[call.key]].append(f"{struck} {call.operation}")
    return faults


def line_of(
    seen: Seen, faults: tuple[str, ...], book: Sequence[Charge], notices: Sequence[Mapping[str, Any]]
) -> FaultLine:
    """One payment beside the gateway's records and the notices."""
    told = [note for note in notices if note["transaction_id"] == seen.name]
    charged = (each.body for each in book if each.outcome.status == "SUCCEEDED")
    taken = [each for each in charged if each["transaction_id"] == seen.name]
    return FaultLine(
        transaction_id=seen.name,
        amount=f"{seen.payment['payment_amount']} {seen.payment['currency']}",
        faults=faults,
        status=seen.status,
        charges=tuple(f"{each['amount_minor'] / 100:.2f} {each['currency']}" for each in taken),
        notices=tuple(str(note["status"]) for note in told),
        wrong=frozenset(_wrong_books(seen, [each["amount_minor"] for each in taken]) | _wrong_notices(seen, told)),
    )


def _wrong_books(seen: Seen, taken: Sequence[int]) -> set[str]:
    due = round(float(seen.payment["payment_amount"]) * 100)
    found = {
        "double_charged": len(taken) > 1,
        "lost": bool(taken) != (seen.status == "COMPLETED"),
        "stuck": seen.status not in FINAL,
        "wrong_amount": any(each != due for each in taken),
    }
    return {name for name, wrong in found.items() if wrong}


def _wrong_notices(seen: Seen, notices: Sequence[Mapping[str, Any]]) -> set[str]:
    """A decision sends one notice for each payment, a technical failure one for each execution."""
    told = Counter(notice_kind(note["status"], note["error"]) for note in notices)
    due = Counter({seen.status: 1}) if seen.status in ("DECLINED", "FAILED", "REJECTED") else Counter[str]()
    due["technical"] = sum(end == "FAILED" and why != NOT_CHARGED for end, why in seen.endings)
    return ({"missing_notice"} if due - told else set()) | ({"extra_notice"} if told - due else set())
