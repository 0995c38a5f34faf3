"""Test the comparison of a payment's row, the gateway's books and the notices."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from payflow_cfn.local.faults.lambda_functions import quiet_functions
from payflow_cfn.local.faults.reconciliation import Seen, faults_of, line_of
from payflow_cfn.local.gateway.faults import Call
from payflow_cfn.local.gateway.gateway import GatewayFault
from payflow_cfn.local.gateway.gateway_ledger import Charge, Outcome
from payflow_cfn.local.gateway.proxy import TableFault

PAYMENT = {"transaction_id": "T-1", "payment_amount": "10.00", "currency": "USD"}
SEEN = Seen(payment=PAYMENT, start="parallel start", status="COMPLETED", endings=(("SUCCEEDED", ""),))


def charge(minor: int = 1000, *, key: str = "k", status: str = "SUCCEEDED") -> Charge:
    body = {"transaction_id": "T-1", "amount_minor": minor, "currency": "USD"}
    return Charge(key=key, body=body, outcome=Outcome(status))


def note(status: str, error: str = "Runtime.ExitError") -> dict[str, Any]:
    return {"transaction_id": "T-1", "status": status, "error": error}


FAILED = (("FAILED", "Runtime.ExitError"), ("SUCCEEDED", ""))


@pytest.mark.parametrize(
    ("seen", "book", "notices", "wrong"),
    [
        (SEEN, [charge()], [], set()),
        (SEEN, [charge(), charge(key="other")], [], {"double_charged"}),
        (SEEN, [charge(999)], [], {"wrong_amount"}),
        (SEEN, [], [], {"lost"}),
        (SEEN, [charge()], [note("DECLINED")], {"extra_notice"}),
        (replace(SEEN, status="PROCESSING"), [], [], {"stuck"}),
        (replace(SEEN, status="PROCESSING"), [charge()], [], {"stuck", "lost"}),
        (replace(SEEN, status="DECLINED"), [charge(status="DECLINED")], [note("DECLINED")], set()),
        (replace(SEEN, status="DECLINED"), [charge(status="DECLINED")], [], {"missing_notice"}),
        (replace(SEEN, endings=FAILED), [charge()], [note("UNKNOWN")], set()),
        (replace(SEEN, endings=FAILED), [charge()], [], {"missing_notice"}),
        (replace(SEEN, endings=FAILED), [charge()], [note("UNKNOWN")] * 2, {"extra_notice"}),
    ],
)
def test_each_wrong_is_named(seen: Seen, book: list[Charge], notices: list[dict[str, Any]], wrong: set[str]) -> None:
    assert line_of(seen, (), book, notices).wrong == wrong


def test_other_payments_do_not_count() -> None:
    other = replace(SEEN, payment={**PAYMENT, "transaction_id": "T-2"}, status="FAILED")
    line = line_of(other, ("a",), [charge()], [note("UNKNOWN"), {**note("FAILED"), "transaction_id": "T-2"}])
    assert (line.charges, line.notices, line.faults) == ((), ("FAILED",), ("a",))


def test_faults_of_the_table_and_of_the_gateway_find_their_payment() -> None:
    with quiet_functions():
        from payments.gateways.protocol import idempotency_key

        key = idempotency_key("T-1")
    table = [(Call("PutItem", "T-1", 1), TableFault.THROTTLE), (Call("UpdateItem", "T-1", 1), None)]
    bank = [(Call("GET", key, 1), GatewayFault.HANG)]
    assert faults_of([SEEN], table, bank) == {"T-1": ["parallel start", "throttle PutItem", "hang GET"]}
