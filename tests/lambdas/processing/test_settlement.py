"""Tests for processing.settlement: a payment is charged once or not at all, wherever the function dies."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest

from lambdas.stand_ins import Bank, ClientError, Killed, Table, lose_answer
from payments.errors import LedgerError
from payments.execution import Execution
from payments.facts import Payment
from payments.gateways.outcomes import STATUS_OF
from payments.gateways.protocol import (
    ChargeAnswer,
    ChargeStatus,
    GatewayUnavailable,
    OutcomeUnknown,
    idempotency_key,
)
from payments.ledger import Ledger
from payments.money import Money
from payments.rows import Sent, open_item, payment_item, read_row, sent_item, strings
from payments.statuses import TERMINAL
from processing.job import Job
from processing.settlement import Outcome, settle

START = 1_000_000.0
PAYMENT = Payment(
    transaction_id="T", money=Money(minor=3040, currency="USD"), payment_method="credit_card", customer_id="C"
)
NOT_FOUND = ChargeAnswer(status=ChargeStatus.NOT_FOUND)
PENDING = ChargeAnswer(status=ChargeStatus.PENDING)
DECLINE = ChargeAnswer(status=ChargeStatus.DECLINED, reference="r", decline_code="insufficient_funds")


class World:
    """One payment with a validated row, a bank, and a clock that the test moves."""

    def __init__(self, *, returns_old: bool = True) -> None:
        self.table = Table(returns_old=returns_old)
        self.bank = Bank()
        self.now = START
        self.attempts = 0
        signed = {
            **strings(status="VALIDATED", attempt="arn", execution="arn"),
            **open_item(PAYMENT.facts, since="now"),
        }
        self.table.items["T"] = {**payment_item(PAYMENT), **signed}

    @property
    def row(self) -> dict[str, Any]:
        return {name: next(iter(value.values())) for name, value in self.table.items["T"].items()}

    @property
    def charged(self) -> int:
        return sum(len(charges) for charges in self.bank.charges.values())

    def job(
        self,
        *,
        step: str = "process",
        last: bool = False,
        arn: str = "arn",
        seconds: float = 60.0,
        quiet: float = 300.0,
        margin: float = 2.0,
        gateway: str = "http old.example",
    ) -> Job:
        self.attempts += 1
        return Job(
            payment=PAYMENT,
            execution=Execution(arn=arn, started_at=self.now),
            attempt=f"attempt-{self.attempts}",
            deadline=self.now + seconds,
            step=step,
            last=last,
            quiet=quiet,
            margin=margin,
            gateway=gateway,
            clock=lambda: self.now,
        )

    def settle(self, **job: Any) -> Outcome:
        return settle(Ledger(self.table, table="t"), self.bank, self.job(**job))

    def killed(self, **job: Any) -> None:
        with pytest.raises(Killed):
            self.settle(**job)


def kill_at(world: World, *, call: str, when: str, number: int = 1) -> None:
    """Kill the function at the given side effect, once."""
    left = [number]

    def table_fault(name: str, moment: str) -> None:
        strike(name, moment)

    def bank_fault(point: str) -> None:
        moment, _, name = point.partition(" ")
        strike(name, moment)

    def strike(name: str, moment: str) -> None:
        if (name, moment) == (call, when):
            left[0] -= 1
            if left[0] == 0:
                raise Killed

    world.table.faults.append(table_fault)
    world.bank.faults.append(bank_fault)


def raising(point: str, error: Exception, *, times: int = 1) -> Callable[[str], None]:
    left = [times]

    def fault(at: str) -> None:
        if at == point and left[0]:
            left[0] -= 1
            raise error

    return fault


def test_a_payment_that_goes_well_costs_two_writes_here_and_one_charge() -> None:
    world = World()
    outcome = world.settle()
    assert outcome.as_json() == {
        "outcome": "COMPLETED",
        "replayed": False,
        "told": False,
        "error": None,
        "result": {
            "transaction_id": "T",
            "status": "COMPLETED",
            "amount": "30.40",
            "currency": "USD",
            "gateway_reference": "bank-1",
            "completed_at": "1970-01-12T13:46:40.000Z",
        },
    }
    assert world.table.calls == ["UpdateItem", "UpdateItem"]
    assert (world.row["status"], world.row["gateway_reference"], world.row["amount"]) == (
        "COMPLETED",
        "bank-1",
        "30.40",
    )
    assert world.charged == 1
    assert world.bank.asked == []


@pytest.mark.parametrize("when", ["before", "after"])
def test_what_was_sent_to_one_gateway_is_neither_asked_of_another_nor_charged_there(when: str) -> None:
    world = World()
    kill_at(world, call="charge", when=when)
    world.killed()
    world.now += 400.0
    assert world.settle(step="reconcile", gateway="http new.example").status == "UNKNOWN"
    assert world.row["status"] == "PROCESSING"
    for _ in range(2):
        assert world.settle(step="reconcile", gateway="http new.example", last=True).status == "UNKNOWN"
        assert world.row["status"] == "UNKNOWN"
    assert (world.bank.asked, world.charged) == ([], int(when == "after"))
    world.now += 400.0
    assert world.settle(step="reconcile", last=True).status == ("COMPLETED" if when == "after" else "FAILED")


def test_what_was_never_sent_may_be_charged_by_another_gateway() -> None:
    world = World()
    world.bank.faults.append(raising("before charge", GatewayUnavailable("refused")))
    with pytest.raises(GatewayUnavailable):
        world.settle()
    assert world.settle(gateway="http new.example").status == "COMPLETED"
    assert world.row["gateway"] == "http new.example"


def test_the_row_has_the_key_with_which_people_ask_the_gateway() -> None:
    world = World()
    kill_at(world, call="charge", when="after")
    world.killed()
    assert list(world.bank.charges) == [world.row["idempotency_key"]]
    world.now += 63.0
    world.settle(step="reconcile")
    assert list(world.bank.charges) == [world.row["idempotency_key"]]


def test_a_replay_is_one_request_and_the_stored_bytes() -> None:
    world = World()
    world.settle()
    world.table.calls.clear()
    again = world.settle(arn="another")
    assert world.table.calls == ["UpdateItem"]
    assert again.replayed is True
    assert json.dumps(again.result, separators=(",", ":")) == world.row["result"]
    assert world.charged == 1


def test_a_repeat_by_the_same_execution_tells_the_first_result_as_its_own() -> None:
    world = World()
    world.bank.answer = DECLINE
    world.settle()
    again = world.settle()
    assert (again.status, again.replayed, again.wrote) == ("DECLINED", False, False)


def test_a_decline_is_data_with_its_code() -> None:
    world = World()
    world.bank.answer = DECLINE
    answer = world.settle().as_json()
    assert (answer["outcome"], answer["error"]) == ("DECLINED", "PaymentDeclined")
    assert answer["result"]["decline_code"] == "insufficient_funds"
    assert world.row["status"] == "DECLINED"


# O10: each point between two side effects, and how many charges there may be before the next attempt.
KILLS = [
    ("UpdateItem", "before", 1, 0),
    ("UpdateItem", "after", 1, 0),
    ("charge", "before", 1, 0),
    ("charge", "after", 1, 1),
    ("UpdateItem", "before", 2, 1),
    ("UpdateItem", "after", 2, 1),
]


@pytest.mark.parametrize(("call", "when", "number", "charged"), KILLS, ids=lambda value: str(value))
@pytest.mark.parametrize("step", ["process", "reconcile"])
def test_killed_at_any_point_the_next_attempt_completes_with_one_charge(
    call: str, when: str, number: int, charged: int, step: str
) -> None:
    world = World()
    kill_at(world, call=call, when=when, number=number)
    world.killed()
    assert world.charged == charged
    world.now += 63.0  # the dead function's time is over
    outcome = world.settle(step=step)
    assert (outcome.status, outcome.replayed) == ("COMPLETED", False)
    assert world.row["status"] == "COMPLETED"
    assert world.charged == 1


@pytest.mark.parametrize(("call", "when", "number"), [("charge", "before", 1), ("UpdateItem", "after", 1)])
def test_an_attempt_that_may_still_run_is_waited_for(call: str, when: str, number: int) -> None:
    world = World()
    kill_at(world, call=call, when=when, number=number)
    world.killed()
    assert world.settle(step="process").status == "UNKNOWN"
    assert world.charged == 0
    assert world.row["status"] == "PROCESSING"
    world.now += 61.9
    assert world.settle(step="reconcile").status == "UNKNOWN"
    world.now += 0.2
    assert world.settle(step="reconcile").status == "COMPLETED"
    assert world.charged == 1


def test_killed_twice_the_claim_is_taken_over_twice_and_charged_once() -> None:
    world = World()
    for _ in range(2):
        kill_at(world, call="charge", when="before")
        world.killed()
        world.now += 63.0
    assert world.settle().status == "COMPLETED"
    assert world.charged == 1


@pytest.mark.parametrize("returns_old", [True, False])
@pytest.mark.parametrize("times", [1, 2])
def test_lost_answers_of_the_table_change_nothing(returns_old: bool, times: int) -> None:
    world = World(returns_old=returns_old)
    world.table.faults.append(lose_answer("UpdateItem", times=times))
    outcome = world.settle()
    assert (outcome.status, outcome.wrote, outcome.replayed) == ("COMPLETED", True, False)
    assert world.charged == 1


def test_of_many_parallel_attempts_one_charges() -> None:
    world = World()
    gate = threading.Barrier(8)
    outcomes: list[Outcome] = []
    jobs = [world.job(arn=f"arn-{number}") for number in range(8)]

    def attempt(job: Job) -> None:
        gate.wait()
        outcomes.append(settle(Ledger(world.table, table="t"), world.bank, job))

    threads = [threading.Thread(target=attempt, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert world.charged == 1
    assert len(outcomes) == 8
    assert [outcome.status for outcome in outcomes if outcome.wrote and outcome.status in TERMINAL] == ["COMPLETED"]
    assert world.row["status"] == "COMPLETED"


def test_a_gateway_that_was_not_reached_gives_the_claim_back_and_raises_for_the_retry() -> None:
    world = World()
    world.bank.faults.append(raising("before charge", GatewayUnavailable("refused")))
    with pytest.raises(GatewayUnavailable):
        world.settle()
    assert world.row["status"] == "VALIDATED"
    assert world.settle().status == "COMPLETED"
    assert world.charged == 1


def test_while_reconciling_an_unreachable_gateway_is_data_and_the_next_ask_charges() -> None:
    world = World()
    world.bank.faults.append(raising("before charge", GatewayUnavailable("refused")))
    assert world.settle(step="reconcile").status == "UNKNOWN"
    assert world.row["status"] == "VALIDATED"
    assert world.settle(step="reconcile").status == "COMPLETED"
    assert world.charged == 1


def test_a_gateway_that_was_never_reached_ends_the_payment_as_not_charged() -> None:
    world = World()
    world.bank.faults.append(raising("before charge", GatewayUnavailable("refused")))
    outcome = world.settle(step="reconcile", last=True)
    assert outcome.as_json()["outcome"] == "FAILED"
    assert outcome.result["failure_code"] == "NOT_CHARGED"
    assert world.row["status"] == "FAILED"
    assert world.settle(step="reconcile", last=True).status == "FAILED"
    assert world.charged == 0


@pytest.mark.parametrize("error", [OutcomeUnknown("no answer"), KeyError("a bug"), TimeoutError(), RecursionError()])
def test_whatever_breaks_in_a_charge_leaves_an_open_question_and_never_a_second_charge(error: Exception) -> None:
    world = World()
    world.bank.faults.append(raising("after charge", error))
    outcome = world.settle()
    assert (outcome.status, outcome.as_json()["error"]) == ("UNKNOWN", "OutcomeUnknown")
    assert world.row["status"] == "UNKNOWN"
    assert world.settle(step="reconcile").status == "COMPLETED"
    assert world.charged == 1


def unknown_world(found: ChargeAnswer | Exception, *, ago: float = 0.0) -> World:
    """A payment that may have been charged until `ago` seconds ago."""
    world = World()
    sent = Sent(first=0, until=int((world.now - ago) * 1000))
    world.table.items["T"].update({**strings(status="UNKNOWN", attempt="old"), **sent_item(sent)})
    world.bank.found = found
    return world


@pytest.mark.parametrize(
    ("found", "last", "status"),
    [
        (NOT_FOUND, False, "UNKNOWN"),
        (NOT_FOUND, True, "UNKNOWN"),
        (PENDING, False, "UNKNOWN"),
        (PENDING, True, "UNKNOWN"),
        (GatewayUnavailable("x"), True, "UNKNOWN"),
        (OutcomeUnknown("x"), True, "UNKNOWN"),
        (ValueError("x"), False, "UNKNOWN"),
        (DECLINE, False, "DECLINED"),
        (ChargeAnswer(status=ChargeStatus.SUCCEEDED, reference="r"), True, "COMPLETED"),
    ],
)
@pytest.mark.parametrize("step", ["process", "reconcile"])
def test_only_the_gateway_resolves_an_unknown_payment_whose_charge_may_be_on_its_way(
    found: ChargeAnswer | Exception, last: bool, status: str, step: str
) -> None:
    world = unknown_world(found)
    assert world.settle(step=step, last=last).status == status
    assert world.row["status"] == status
    assert world.charged == 0


@pytest.mark.parametrize("step", ["process", "reconcile"])
def test_what_the_gateway_never_saw_and_is_not_on_its_way_is_charged_again_under_the_same_key(step: str) -> None:
    world = unknown_world(NOT_FOUND, ago=300.0)
    assert world.settle(step=step).status == "COMPLETED"
    assert list(world.bank.charges) == [idempotency_key("T")]
    assert world.charged == 1


def test_at_the_last_ask_what_the_gateway_never_saw_ends_as_not_charged() -> None:
    world = unknown_world(NOT_FOUND, ago=300.0)
    outcome = world.settle(step="reconcile", last=True)
    assert (outcome.status, outcome.result["failure_code"], world.charged) == ("FAILED", "NOT_CHARGED", 0)


def test_a_charge_that_was_sent_just_now_may_still_arrive_and_is_not_given_up() -> None:
    world = World()
    world.bank.faults.append(raising("before charge", OutcomeUnknown("no answer")))
    assert world.settle(step="reconcile", last=True, arn="another").status == "UNKNOWN"
    # Step Functions repeats the last ask, or another execution comes to its last ask now.
    for seconds in (0.0, 1.0, 300.9):
        world.now += seconds
        assert world.settle(step="reconcile", last=True).status == "UNKNOWN"
    assert world.row["status"] == "UNKNOWN"
    world.now += 0.2
    assert world.settle(step="reconcile", last=True).status == "FAILED"


def test_a_dead_attempt_s_charge_may_still_arrive_when_nothing_more_can_be_sent() -> None:
    world = World()
    kill_at(world, call="charge", when="before")
    world.killed()
    world.now += 63.0
    assert world.settle(step="reconcile", last=True).status == "UNKNOWN"
    assert world.row["status"] == "UNKNOWN"
    world.now += 298.9
    assert world.settle(step="reconcile", last=True).status == "UNKNOWN"
    world.now += 0.2
    assert world.settle(step="reconcile", last=True).status == "FAILED"


def test_the_schedule_says_how_long_a_charge_may_be_on_its_way() -> None:
    world = World()
    world.bank.faults.append(raising("before charge", OutcomeUnknown("no answer")))
    world.settle()
    world.now += 2.9
    assert world.settle(step="reconcile", last=True, quiet=1.0).status == "UNKNOWN"
    world.now += 0.2
    assert world.settle(step="reconcile", last=True, quiet=1.0).status == "FAILED"


def sent_of(world: World) -> tuple[float, float] | None:
    """Say when requests may have left, in seconds from the test's start."""
    sent = read_row(world.table.items["T"]).sent
    return (sent.first / 1000 - START, sent.until / 1000 - START) if sent else None


def dead_claim(*, lifetime: float | None = None) -> World:
    """A claim from 0 to 62 s whose attempt died before it charged; its time is over."""
    world = World()
    world.bank.key_lifetime = lifetime
    kill_at(world, call="charge", when="before")
    world.killed()
    world.now += 63.0
    return world


def refused(world: World, *, times: int = 1) -> None:
    world.bank.faults.append(raising("before charge", GatewayUnavailable("refused"), times=times))


def test_a_refused_charge_says_that_nothing_was_sent() -> None:
    world = World()
    refused(world)
    with pytest.raises(GatewayUnavailable):
        world.settle()
    assert (world.row["status"], sent_of(world)) == ("VALIDATED", None)


def test_who_takes_a_dead_claim_over_remembers_what_that_may_have_sent() -> None:
    world = dead_claim()
    kill_at(world, call="charge", when="before")
    world.killed()
    assert sent_of(world) == (0, 125)


@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize("step", ["process", "reconcile"])
def test_a_refusal_after_a_take_over_leaves_what_the_dead_attempt_may_have_sent(step: str, last: bool) -> None:
    world = dead_claim()
    # The last ask does not charge; whoever claimed before it may be refused after it.
    refused(world)
    assert world.settle(step=step).status == "UNKNOWN"
    assert (world.row["status"], sent_of(world)) == ("UNKNOWN", (0, 62))
    assert world.settle(step=step, last=last).status == "UNKNOWN"
    assert (world.row["status"], sent_of(world), world.charged) == ("UNKNOWN", (0, 62), 0)


def test_a_refusal_after_everything_was_quiet_says_that_nothing_was_sent() -> None:
    world = dead_claim()
    world.now += 300.0
    refused(world)
    assert world.settle(step="reconcile").status == "UNKNOWN"
    assert (world.row["status"], sent_of(world)) == ("VALIDATED", None)
    assert world.settle(step="reconcile").status == "COMPLETED"


def test_a_decline_while_an_earlier_request_may_arrive_is_no_last_word() -> None:
    world = dead_claim()
    world.bank.answer = DECLINE
    assert world.settle().status == "UNKNOWN"
    assert (world.row["status"], sent_of(world)) == ("UNKNOWN", (0, 65))
    assert world.settle(step="reconcile").status == "DECLINED"


def test_what_was_quiet_is_forgotten_by_the_next_charge() -> None:
    world = dead_claim()
    world.now += 300.0
    kill_at(world, call="charge", when="after")
    world.killed()
    assert sent_of(world) == (363, 425)


def test_an_attempt_whose_charge_had_no_answer_sends_no_more() -> None:
    world = World()
    world.bank.faults.append(raising("before charge", OutcomeUnknown("no answer")))
    world.settle()
    assert (world.row["status"], sent_of(world)) == ("UNKNOWN", (0, 2))


def test_the_gateway_is_asked_for_charges_since_the_first_that_may_have_been_sent() -> None:
    world = dead_claim()
    kill_at(world, call="charge", when="before")
    world.killed()
    world.now += 63.0
    world.settle()
    assert world.bank.since == [START, START]


@pytest.mark.parametrize(
    ("lifetime", "charged"),
    [(None, 1), (427.0, 1), (426.9, 0), (0.0, 0)],
)
def test_a_dead_claim_is_charged_again_at_once_only_while_the_gateway_knows_its_key(
    lifetime: float | None, charged: int
) -> None:
    world = dead_claim(lifetime=lifetime)
    outcome = world.settle(step="reconcile")
    assert (outcome.status, world.charged) == ("COMPLETED" if charged else "UNKNOWN", charged)
    world.now += 300.0
    assert world.settle(step="reconcile").status == "COMPLETED"
    assert world.charged == 1


@pytest.mark.parametrize("ago", [0.0, 1_000.0])
@pytest.mark.parametrize("last", [False, True])
def test_what_the_gateway_acknowledged_is_neither_given_up_nor_charged_again(ago: float, last: bool) -> None:
    world = unknown_world(ChargeAnswer(status=ChargeStatus.PENDING, reference="ch_1"), ago=ago)
    world.settle(step="reconcile")
    world.bank.found = NOT_FOUND
    world.now += 1_000.0
    assert world.settle(step="reconcile", last=last).status == "UNKNOWN"
    assert (world.row["status"], world.row["gateway_reference"], world.charged) == ("UNKNOWN", "ch_1", 0)
    world.bank.found = ChargeAnswer(status=ChargeStatus.SUCCEEDED, reference="ch_1")
    assert world.settle(step="reconcile").status == "COMPLETED"


def test_a_charge_that_is_pending_at_once_keeps_the_gateway_s_reference() -> None:
    world = World()
    world.bank.answer = ChargeAnswer(status=ChargeStatus.PENDING, reference="ch_1")
    assert world.settle().status == "UNKNOWN"
    assert (world.row["gateway_reference"], "acknowledged_at" in world.row) == ("ch_1", True)
    acknowledged = world.row["acknowledged_at"]
    world.now += 60.0
    world.bank.found = ChargeAnswer(status=ChargeStatus.PENDING, reference="another")
    world.settle(step="reconcile")
    assert (world.row["gateway_reference"], world.row["acknowledged_at"]) == ("ch_1", acknowledged)


@pytest.mark.parametrize("told", ["DECLINED", ""])
def test_a_settled_payment_says_whether_its_notice_was_sent(told: str) -> None:
    world = World()
    world.bank.answer = DECLINE
    assert world.settle().told is False
    world.table.items["T"].update(strings(told_status=told))
    assert world.settle(arn="another").as_json()["told"] is bool(told)


def test_the_row_keeps_what_the_gateway_said_in_turn() -> None:
    world = dead_claim()
    refused(world)
    world.settle()
    world.now += 300.0
    world.bank.answer = DECLINE
    world.settle()
    moves = [each["M"] for each in world.row["history"]]
    assert [(each["status"]["S"], each.get("note", {}).get("S")) for each in moves] == [
        ("PROCESSING", None),
        ("PROCESSING", "never seen"),
        ("UNKNOWN", None),
        ("PROCESSING", "never seen"),
        ("DECLINED", "insufficient_funds"),
    ]


@pytest.mark.parametrize("found", [PENDING, GatewayUnavailable("x")])
def test_after_the_last_ask_a_claim_whose_attempt_is_over_says_unknown_in_its_row(
    found: ChargeAnswer | Exception,
) -> None:
    world = World()
    kill_at(world, call="charge", when="before")
    world.killed()
    world.bank.found = found
    world.now += 63.0
    assert world.settle(step="reconcile", last=True).status == "UNKNOWN"
    assert world.row["status"] == "UNKNOWN"
    assert world.charged == 0


@pytest.mark.parametrize("found", [NOT_FOUND, GatewayUnavailable("x")])
def test_the_last_ask_leaves_a_claim_to_an_attempt_that_may_still_charge(found: ChargeAnswer | Exception) -> None:
    world = World()

    def others_ask_for_the_last_time(point: str) -> None:
        world.bank.faults.clear()
        world.bank.found = found
        for arn in ("another", "a third"):
            assert world.settle(step="reconcile", last=True, arn=arn).status == "UNKNOWN"
        assert world.row["status"] == "PROCESSING"

    world.bank.faults.append(others_ask_for_the_last_time)
    assert world.settle().status == "COMPLETED"
    assert world.charged == 1


def test_a_pending_charge_that_is_lost_again_is_not_given_up_while_its_attempt_may_run() -> None:
    world = World()

    def others_ask(point: str) -> None:
        if point == "before charge":
            world.bank.faults.clear()
            world.bank.found = PENDING
            world.settle(arn="another")
            world.bank.found = NOT_FOUND
            assert world.settle(step="reconcile", last=True, arn="a third").status == "UNKNOWN"

    world.bank.faults.append(others_ask)
    assert world.settle().status == "COMPLETED"


def test_a_live_attempt_may_still_complete_a_payment_that_another_one_marked_unknown() -> None:
    world = World()

    def another_asks(point: str) -> None:
        world.bank.faults.clear()
        world.bank.found = PENDING
        assert world.settle(arn="another").status == "UNKNOWN"
        assert world.row["status"] == "UNKNOWN"

    world.bank.faults.append(another_asks)
    assert world.settle().status == "COMPLETED"
    assert world.row["status"] == "COMPLETED"


def test_the_one_who_records_a_decline_tells_it_and_the_other_does_not() -> None:
    world = World()
    world.bank.answer = DECLINE

    def another_asks(point: str) -> None:
        if point == "after charge":
            world.bank.faults.clear()
            other = world.settle(arn="another")
            assert (other.status, other.replayed) == ("DECLINED", False)

    world.bank.faults.append(another_asks)
    mine = world.settle()
    assert (mine.status, mine.replayed) == ("DECLINED", True)


def test_a_settled_row_that_the_gateway_contradicts_keeps_its_status_and_is_no_result_any_more() -> None:
    world = World()

    def another_gives_up(point: str) -> None:
        world.table.items["T"].update(strings(status="FAILED", result='{"status":"FAILED"}'))

    world.bank.faults.append(another_gives_up)
    assert world.settle().status == "CONTRADICTED"
    assert (world.row["status"], world.row["contradicting_reference"]) == ("FAILED", "bank-1")
    assert {"contradicted_at", "open_shard"} <= world.row.keys()
    # A repeat of the step, or a later execution, does not take the row for the payment's result.
    world.bank.faults.clear()
    assert world.settle().status == "CONTRADICTED"


@pytest.mark.parametrize("status", ["", "REJECTED", "VALIDATED", "PROCESSING", "UNKNOWN", "COMPLETED", "DECLINED"])
def test_a_row_that_was_not_validated_with_these_facts_is_refused(status: str) -> None:
    world = World()
    world.table.items["T"] = strings(transaction_id="T", status=status, facts="other", result="{}")
    before = dict(world.table.items["T"])
    with pytest.raises(LedgerError, match="other facts"):
        world.settle()
    assert world.table.items["T"] == before
    assert world.charged == 0


def test_a_row_that_was_given_back_while_it_was_read_is_left_to_the_retry() -> None:
    world = World(returns_old=False)
    world.table.items["T"].update(strings(status="PROCESSING", attempt="old"))

    def given_back(call: str, when: str) -> None:
        if call == "GetItem":
            world.table.items["T"].update(strings(status="VALIDATED"))

    world.table.faults.append(given_back)
    with pytest.raises(LedgerError, match="repeat the step"):
        world.settle()
    assert world.charged == 0
    assert world.settle().status == "COMPLETED"


def test_an_unknown_payment_that_is_still_pending_costs_one_request() -> None:
    world = unknown_world(PENDING)
    world.settle(step="reconcile")
    world.table.calls.clear()
    world.settle(step="reconcile")
    assert world.table.calls == ["UpdateItem"]


def test_the_first_step_raises_for_its_retry_even_when_it_is_called_the_last() -> None:
    world = World()
    world.bank.faults.append(raising("before charge", GatewayUnavailable("refused")))
    with pytest.raises(GatewayUnavailable):
        world.settle(step="process", last=True)
    assert world.row["status"] == "VALIDATED"


def test_a_payment_without_a_row_is_refused() -> None:
    world = World()
    world.table.items.clear()
    with pytest.raises(LedgerError):
        world.settle()
    assert world.table.items == {}


@pytest.mark.parametrize("number", [1, 2])
def test_a_throttled_write_is_technical_and_the_retry_completes_with_one_charge(number: int) -> None:
    world = World()
    seen = [0]

    def throttle(call: str, when: str) -> None:
        if when == "before":
            seen[0] += 1
            if seen[0] == number:
                raise ClientError("ThrottlingException")

    world.table.faults.append(throttle)
    with pytest.raises(ClientError):
        world.settle()
    world.now += 63.0
    assert world.settle().status == "COMPLETED"
    assert world.charged == 1


@pytest.mark.parametrize("status", [ChargeStatus.SUCCEEDED, ChargeStatus.DECLINED, ChargeStatus.PENDING])
@pytest.mark.parametrize("reference", ["4111111111111111", "ch-4111--1111--1111--1111", "NDExMTExMTExMTExMTExMQ=="])
def test_a_reference_that_may_be_a_card_number_is_left_out_of_the_row_the_result_and_the_log(
    reference: str, status: ChargeStatus, caplog: pytest.LogCaptureFixture
) -> None:
    world = World()
    world.bank.answer = ChargeAnswer(status=status, reference=reference)
    outcome = world.settle()
    assert "gateway_reference" not in outcome.result
    assert reference not in json.dumps([outcome.as_json(), world.table.items])
    assert reference not in str([vars(each) for each in caplog.records])
    assert caplog.messages == ["gateway_reference_left_out"]
    assert outcome.status == STATUS_OF[status]


def test_a_gateway_s_endless_reference_is_cut_short_in_the_row_and_the_result() -> None:
    world = World()
    world.bank.answer = ChargeAnswer(status=ChargeStatus.SUCCEEDED, reference="x" * 100_000)
    outcome = world.settle()
    assert len(json.dumps(outcome.as_json())) < 1_000
    assert len(json.dumps(world.table.items)) < 4_000
