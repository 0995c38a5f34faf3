"""Tests of processing.settlement under random faults and interleavings: never two charges, never a wrong ending.

The bank of these tests counts every charge, also one with a key that it knows: nothing here leans on its idempotency.
Mutations of the code show that the storm would find them.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from lambdas.stand_ins import AnswerLostError, Bank, ClientError, Killed, Table
from payments.errors import PaymentsError
from payments.execution import Execution
from payments.facts import Payment
from payments.gateways.protocol import (
    ChargeAnswer,
    ChargeStatus,
    GatewayUnavailable,
    OutcomeUnknown,
    charge_request,
    idempotency_key,
)
from payments.ledger import Ledger, Move
from payments.money import Money
from payments.rows import Row, payment_item, strings
from processing import settlement
from processing.cases import Action, Said, Standing, next_action
from processing.job import Job

SEEDS = 400
PAYMENT = Payment(
    transaction_id="T", money=Money(minor=3040, currency="USD"), payment_method="credit_card", customer_id="C"
)


class Storm:
    """One payment whose every side effect may fail, be lost, or let another attempt in between."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.table, self.bank = Table(), Bank()
        self.now, self.attempts, self.depth, self.calm = 1_000_000.0, 0, 0, False
        self.struck: set[str] = set()
        self.flying: list[float] = []
        self.told: list[settlement.Outcome] = []
        self.bank.key_lifetime = 0.0
        signed = strings(status="VALIDATED", attempt="arn", execution="arn")
        self.table.items["T"] = {**payment_item(PAYMENT), **signed}
        self.bank.answer = self.chance.choice(
            [
                ChargeAnswer(status=ChargeStatus.SUCCEEDED, reference="r"),
                ChargeAnswer(status=ChargeStatus.DECLINED, reference="r", decline_code="lost_card"),
            ]
        )
        self.table.faults.append(self._table_fault)
        self.bank.faults.append(self._bank_fault)

    @property
    def status(self) -> str:
        return str(self.table.items["T"]["status"]["S"])

    def attempt(self, *, step: str = "reconcile", last: bool = False) -> None:
        """Run the function once, as Step Functions would: faults end it, answers are kept."""
        self.attempts += 1
        arn = f"arn-{self.chance.randrange(3)}"
        job = Job(
            payment=PAYMENT,
            execution=Execution(arn=arn, started_at=self.now),
            attempt=f"attempt-{self.attempts}",
            deadline=self.now + 60,
            step=step,
            last=last,
            quiet=300.0,
            margin=2.0,
            clock=lambda: self.now,
        )
        try:
            self.told.append(settlement.settle(Ledger(self.table, table="t"), self.bank, job))
        except (Killed, ClientError, PaymentsError) as error:
            self.struck.add(type(error).__name__)
        self.check_validated()

    def check_validated(self) -> None:
        """VALIDATED says that nothing was and is being sent."""
        assert self.status != "VALIDATED" or not (self.bank.charges or self.flying), "VALIDATED, and something was sent"

    def _strike(self, point: str, faults: list[BaseException | None]) -> None:
        if self.calm or self.chance.random() > 0.3:
            return
        self.struck.add(point)
        if self.depth < 2 and self.chance.random() < 0.5:
            # Another attempt comes in between, while this one is alive: its time is not over.
            self.depth += 1
            self.now += self.chance.choice([0, 1, 10])
            self.attempt(step=self.chance.choice(["process", "reconcile"]), last=self.chance.random() < 0.2)
            self.depth -= 1
            return
        fault = self.chance.choice(faults)
        if fault is not None:
            raise fault

    def _table_fault(self, call: str, when: str) -> None:
        lost: list[BaseException | None] = [Killed(), ClientError("InternalServerError"), AnswerLostError()]
        self._strike(f"{call} {when}", lost if when == "after" else [Killed(), ClientError("ThrottlingException")])

    def _late(self) -> BaseException:
        """The request is on its way: it arrives after the attempt that sent it has stopped waiting, or has died."""
        self.flying.append(self.now + self.chance.choice([1, 20, 299]))
        return self.chance.choice([OutcomeUnknown("silence"), Killed()])

    def _arrive(self) -> None:
        for at in [at for at in self.flying if at <= self.now]:
            self.flying.remove(at)
            self.bank.charges.setdefault(idempotency_key("T"), []).append(charge_request(PAYMENT))

    def _bank_fault(self, point: str) -> None:
        self._arrive()
        if point == "before charge" and not self.calm and self.chance.random() < 0.1:
            self.struck.add("late")
            raise self._late()
        refused, open_question = GatewayUnavailable("refused"), OutcomeUnknown("silence")
        faults: dict[str, list[BaseException | None]] = {
            "before charge": [refused, open_question, Killed()],
            "after charge": [open_question, KeyError("bug"), Killed()],
            "find": [refused, open_question, Killed()],
        }
        self._strike(point, faults[point])

    def run(self) -> None:
        """Storm for a while, then let the workflow's last asks go through in calm."""
        for _ in range(self.chance.randrange(1, 8)):
            self.attempt(step=self.chance.choice(["process", "reconcile"]), last=self.chance.random() < 0.1)
            self.now += self.chance.choice([0, 2, 30, 63, 300, 400])
        self.calm = True
        for last in (False, False, True):
            self.now += 400
            self.attempt(last=last)

    def check(self) -> None:
        """Compare the bank's book with the row and with what every caller was told."""
        self.now += 300
        self._arrive()
        charges = [charge for charges in self.bank.charges.values() for charge in charges]
        assert len(charges) <= 1, "charged twice"
        expected = {"SUCCEEDED": "COMPLETED", "DECLINED": "DECLINED"}[self.bank.answer.status]
        assert self.status == (expected if charges else "FAILED"), "the row and the bank disagree"
        assert all(charge.amount_minor == 3040 for charge in charges)
        final = [outcome for outcome in self.told if outcome.status != "UNKNOWN"]
        assert len({str(outcome.result) for outcome in final}) == 1, "two callers were told two results"
        assert sum(outcome.wrote for outcome in final) <= 1, "counted twice"


def run_storm(seeds: range) -> set[str]:
    """Run and check a storm for each seed; return the points that were struck."""
    struck: set[str] = set()
    for seed in seeds:
        storm = Storm(seed)
        try:
            storm.run()
            storm.check()
        except AssertionError as error:
            raise AssertionError(f"seed {seed}: {error}") from error
        struck |= storm.struck
    return struck


def test_no_storm_charges_twice_or_ends_a_payment_wrongly() -> None:
    struck = run_storm(range(SEEDS))
    assert struck >= {"UpdateItem before", "UpdateItem after", "before charge", "after charge", "find"}
    assert struck >= {"Killed", "ClientError", "GatewayUnavailable", "late"}


def claim_without_condition(monkeypatch: pytest.MonkeyPatch) -> None:
    claim = Ledger.claim

    def takes_what_stands(ledger: Ledger, move: Move, **options: Any) -> Row | None:
        standing = claim(ledger, move, **options)
        return standing and ledger.claim_again(move, seen=standing, sent=options["sent"])

    monkeypatch.setattr(Ledger, "claim", takes_what_stands)


def charge_what_may_be_on_its_way(monkeypatch: pytest.MonkeyPatch) -> None:
    def action(standing: Standing) -> Action:
        return Action.CHARGE if standing.said == Said.NOT_FOUND and not standing.held else next_action(standing)

    monkeypatch.setattr(settlement, "next_action", action)


def key_from_the_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    counter = iter(range(10**9))
    monkeypatch.setattr(settlement, "idempotency_key", lambda text: f"{text}-{next(counter)}")


def no_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Job, "is_over", lambda job, sent: True)
    monkeypatch.setattr(Job, "is_remembered", lambda job, sent, *, lifetime: True)


def keys_are_kept_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Job, "is_remembered", lambda job, sent, *, lifetime: True)


def quiet_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Job, "is_quiet_since", lambda job, sent: True)


def unknown_treated_as_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settlement, "GatewayUnavailable", (GatewayUnavailable, OutcomeUnknown))


@pytest.mark.parametrize(
    "mutate",
    [
        claim_without_condition,
        charge_what_may_be_on_its_way,
        key_from_the_attempt,
        no_lease,
        keys_are_kept_for_ever,
        quiet_at_once,
        unknown_treated_as_not_sent,
    ],
)
@pytest.mark.slow
def test_the_storm_finds_a_mutation(
    mutate: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    mutate(monkeypatch)
    with pytest.raises(AssertionError, match=r"charged twice|disagree|something was sent"):
        run_storm(range(SEEDS))
