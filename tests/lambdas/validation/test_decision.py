"""Tests for validation.decision: what an id that is known already means for a payment."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lambdas.stand_ins import ClientError, Table, lose_answer
from payments.errors import LedgerError
from payments.execution import Execution
from payments.ledger import Ledger
from payments.rows import strings
from payments.statuses import COMPLETED, DECLINED, FAILED, PROCESSING, UNKNOWN
from validation.decision import Decision, decide
from validation.fields import read_submission
from validation.rules import apply_rules, read_limits

GOOD: dict[str, Any] = {
    "transaction_id": "TXN-001",
    "payment_amount": "30.4",
    "payment_method": "credit_card",
    "customer_id": "C-1",
}
BAD = {**GOOD, "payment_amount": "x"}


def sent(
    table: Table,
    payment: object,
    *,
    arn: str = "first",
    limits: str = "USD 10000 5000",
    started: float | None = None,
) -> Decision:
    rules = read_limits({"limits": limits, "risk_threshold": "50"})
    submission = apply_rules(read_submission(payment), rules)
    return decide(Ledger(table, table="t"), submission, execution=Execution(arn=arn, started_at=started), now=0.0)


def settled(table: Table, status: str, *, execution: str = "first") -> str:
    text = json.dumps({"transaction_id": "TXN-001", "status": status, "amount": "30.40"})
    table.items["TXN-001"].update(strings(status=status, result=text, execution=execution))
    return text


def test_a_valid_payment_is_stored_with_its_exact_amount_in_one_write() -> None:
    table = Table()
    decision = sent(table, {**GOOD, "metadata": {"a": "b"}, "extra": 1})
    assert decision.as_json()["outcome"] == "VALIDATED"
    assert table.calls == ["PutItem"]
    item = table.items["TXN-001"]
    assert item["amount"] == {"N": "30.40"}
    assert item["amount_minor"] == {"N": "3040"}
    assert "metadata" not in item
    assert "extra" not in item


def test_a_rejection_is_stored_where_there_is_an_id_and_answered_as_data() -> None:
    table = Table()
    answer = sent(table, BAD).as_json()
    assert (answer["outcome"], answer["error"], answer["replayed"]) == ("REJECTED", "PaymentRejected", False)
    assert answer["payment"] is None
    assert answer["result"] == {"transaction_id": "TXN-001", "status": "REJECTED", "errors": answer["errors"]}
    assert json.loads(table.items["TXN-001"]["result"]["S"]) == answer["result"]


def test_without_an_id_nothing_is_stored() -> None:
    table = Table()
    assert sent(table, {}).outcome == "REJECTED"
    assert table.calls == []


@pytest.mark.parametrize("status", [COMPLETED, DECLINED, FAILED])
def test_the_same_facts_replay_the_first_result_byte_for_byte(status: str) -> None:
    table = Table()
    sent(table, GOOD)
    text = settled(table, status)
    answer = sent(table, {**GOOD, "payment_amount": 30.40}, arn="second").as_json()
    assert (answer["outcome"], answer["replayed"]) == (status, True)
    assert json.dumps(answer["result"]) == text


def test_a_repeat_within_the_execution_that_ended_it_is_no_replay() -> None:
    table = Table()
    sent(table, GOOD)
    settled(table, DECLINED)
    assert sent(table, GOOD).replayed is False


@pytest.mark.parametrize("status", ["VALIDATED", PROCESSING, UNKNOWN])
def test_an_open_payment_with_the_same_facts_goes_on_to_processing(status: str) -> None:
    table = Table()
    sent(table, GOOD)
    table.items["TXN-001"].update(strings(status=status))
    before = dict(table.items["TXN-001"])
    answer = sent(table, GOOD, arn="second").as_json()
    assert answer["outcome"] == "VALIDATED"
    assert answer["payment"] is not None
    assert table.items["TXN-001"] == before


def test_an_open_payment_goes_on_even_if_the_limit_was_lowered_meanwhile() -> None:
    table = Table()
    sent(table, GOOD)
    assert sent(table, GOOD, arn="second", limits="USD 1 1").outcome == "VALIDATED"


@pytest.mark.parametrize(
    "change",
    [{"payment_amount": "20.00"}, {"currency": "EUR"}, {"payment_method": "debit_card"}, {"customer_id": "C-2"}],
    ids=lambda change: next(iter(change)),
)
@pytest.mark.parametrize("status", ["VALIDATED", PROCESSING, UNKNOWN, COMPLETED, DECLINED, FAILED])
def test_other_facts_are_a_conflict_and_change_nothing(status: str, change: dict[str, str]) -> None:
    table = Table()
    sent(table, GOOD)
    settled(table, status)
    before = dict(table.items["TXN-001"])
    answer = sent(table, {**GOOD, **change}, arn="second").as_json()
    assert (answer["outcome"], answer["error"], answer["payment"]) == ("CONFLICT", "PaymentConflict", None)
    assert answer["result"]["status"] == "CONFLICT"
    assert table.items["TXN-001"] == before


def test_a_corrected_payment_may_follow_its_rejection() -> None:
    table = Table()
    sent(table, BAD)
    assert sent(table, GOOD, arn="second").outcome == "VALIDATED"
    assert table.items["TXN-001"]["status"] == {"S": "VALIDATED"}
    assert "result" not in table.items["TXN-001"]


def test_the_same_rejection_again_is_a_replay_without_a_write_and_another_one_is_new() -> None:
    table = Table()
    first = sent(table, BAD)
    before = dict(table.items["TXN-001"])
    again = sent(table, BAD, arn="second")
    assert (again.replayed, again.result, again.errors) == (True, first.result, first.errors)
    assert table.items["TXN-001"] == before
    assert sent(table, {**BAD, "payment_method": "cash"}, arn="third").replayed is False


def test_a_refused_amount_replays_its_rejection_and_passes_when_the_rule_allows_it() -> None:
    table = Table()
    large = {**GOOD, "payment_amount": "10000.01"}
    assert sent(table, large).outcome == "REJECTED"
    assert sent(table, large, arn="second").replayed is True
    assert sent(table, large, arn="third", limits="USD 20000 5000").outcome == "VALIDATED"


@pytest.mark.parametrize("payment", [GOOD, BAD])
def test_our_own_write_whose_answer_was_lost_is_no_replay(payment: dict[str, Any]) -> None:
    table = Table()
    table.faults.append(lose_answer("PutItem"))
    decision = sent(table, payment)
    assert decision.replayed is False
    assert decision.outcome == ("VALIDATED" if payment is GOOD else "REJECTED")
    assert table.calls == ["PutItem", "PutItem"]


def test_a_valid_payment_is_listed_as_open_and_a_rejection_is_not() -> None:
    table = Table()
    sent(table, GOOD)
    sent(table, {**BAD, "transaction_id": "TXN-002"})
    assert "open_shard" in table.items["TXN-001"]
    assert table.items["TXN-001"]["open_since"] == {"S": "1970-01-01T00:00:00.000Z"}
    assert not {"open_shard", "open_since"} & table.items["TXN-002"].keys()


def statuses(table: Table) -> list[str]:
    return [each["M"]["status"]["S"] for each in table.items["TXN-001"]["history"]["L"]]


def test_the_history_goes_on_when_a_rejected_payment_is_corrected() -> None:
    table = Table()
    sent(table, BAD)
    sent(table, {**BAD, "payment_method": "cash"}, arn="second")
    sent(table, GOOD, arn="third")
    assert statuses(table) == ["REJECTED", "REJECTED", "VALIDATED"]
    history = [each["M"] for each in table.items["TXN-001"]["history"]["L"]]
    assert history[2]["execution"] == {"S": "third"}
    notes = ["amount_invalid", "amount_invalid; payment_method_invalid", ""]
    assert [each.get("note", {"S": ""})["S"] for each in history] == notes


@pytest.mark.parametrize(("told", "says"), [({}, False), ({"told_status": "DECLINED"}, True)])
def test_a_decline_says_whether_its_notice_was_sent(told: dict[str, str | None], says: bool) -> None:
    table = Table()
    sent(table, GOOD)
    settled(table, DECLINED)
    table.items["TXN-001"].update(strings(**told))
    assert [sent(table, GOOD, arn=arn).as_json()["told"] for arn in ("first", "second")] == [says, says]


def test_a_rejection_is_told_by_the_execution_that_wrote_it() -> None:
    table = Table()
    assert [sent(table, BAD, arn=arn).told for arn in ("first", "first", "second")] == [False, False, True]


RECORD = strings(transaction_id="TXN-001", failure_error="States.Timeout", closed_until="1970-01-01T00:01:40.000Z")


@pytest.mark.parametrize("started", [99.0, 100.0, None])
def test_an_execution_that_ran_when_the_payment_s_failure_was_recorded_may_not_enter_it(started: float | None) -> None:
    table = Table()
    table.items["TXN-001"] = dict(RECORD)
    with pytest.raises(LedgerError, match="failed after this one started"):
        sent(table, GOOD, started=started)
    assert table.items["TXN-001"] == RECORD


def test_an_execution_that_started_after_the_failure_enters_the_payment() -> None:
    table = Table()
    table.items["TXN-001"] = dict(RECORD)
    assert sent(table, GOOD, started=100.001).outcome == "VALIDATED"
    assert "failure_error" not in table.items["TXN-001"]


def test_a_rejection_in_between_does_not_let_in_who_had_started_before_the_failure() -> None:
    table = Table()
    table.items["TXN-001"] = dict(RECORD)
    assert sent(table, BAD, arn="second", started=101.0).outcome == "REJECTED"
    with pytest.raises(LedgerError, match="failed after this one started"):
        sent(table, GOOD, arn="first", started=99.0)
    assert sent(table, GOOD, arn="third", started=102.0).outcome == "VALIDATED"


def test_a_closing_that_cannot_be_read_lets_nobody_in() -> None:
    table = Table()
    table.items["TXN-001"] = RECORD | strings(closed_until="soon")
    with pytest.raises(LedgerError, match="failed after this one started"):
        sent(table, GOOD, started=1e9)


def test_a_rejection_is_not_corrected_by_an_execution_that_ran_when_a_failure_was_recorded() -> None:
    table = Table()
    sent(table, BAD, started=50.0)
    table.items["TXN-001"] |= strings(closed_until=RECORD["closed_until"]["S"])
    with pytest.raises(LedgerError, match="failed after this one started"):
        sent(table, GOOD, arn="second", started=99.0)
    assert sent(table, GOOD, arn="third", started=101.0).outcome == "VALIDATED"


def test_a_failure_that_is_recorded_while_the_payment_is_entered_stands() -> None:
    table = Table()
    sent(table, BAD, started=50.0)

    def another_fails(call: str, when: str) -> None:
        if (call, when, len(table.calls)) == ("PutItem", "before", 3):
            table.items["TXN-001"] |= strings(closed_until=RECORD["closed_until"]["S"])

    table.faults.append(another_fails)
    with pytest.raises(LedgerError, match="failed after this one started"):
        sent(table, GOOD, arn="second", started=99.0)
    assert table.items["TXN-001"]["status"] == {"S": "REJECTED"}


def test_card_data_beside_a_known_payment_is_a_conflict_and_leaves_the_row() -> None:
    table = Table()
    sent(table, GOOD)
    before = dict(table.items["TXN-001"])
    decision = sent(table, {**GOOD, "metadata": {"cvv": "123"}}, arn="second")
    assert decision.outcome == "CONFLICT"
    assert decision.errors[1].startswith("card_data")
    assert table.items["TXN-001"] == before


def test_a_throttled_table_is_a_technical_error() -> None:
    table = Table()

    def throttle(call: str, when: str) -> None:
        raise ClientError("ThrottlingException")

    table.faults.append(throttle)
    with pytest.raises(ClientError):
        sent(table, GOOD)
