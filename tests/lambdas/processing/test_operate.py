"""Tests for processing.operate: a person asks or settles, and nothing that a person does charges."""

from __future__ import annotations

import copy
import json
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from lambdas.stand_ins import Bank, Context, Item, Table
from payments import clients
from payments.errors import ConfigurationError, LedgerError
from payments.execution import time_text
from payments.facts import Payment
from payments.gateways.protocol import ChargeAnswer, ChargeStatus, OutcomeUnknown, idempotency_key
from payments.ledger import Ledger
from payments.money import Money
from payments.rows import Sent, open_item, payment_item, sent_item, strings
from processing import handler
from processing.operate import WORDS, Reply, operate

START = 1_000_000.0
QUIET = START + 300
PERSON = "arn:aws:sts::111122223333:assumed-role/operator/anna"
PAYMENT = Payment(
    transaction_id="T", money=Money(minor=3040, currency="USD"), payment_method="credit_card", customer_id="C"
)
GATEWAY = {"adapter": "http", "url": "https://bank.example", "secret_arn": "s"}
WORD = {"says": "not-charged", "reference": "case 7", "reason": "support found nothing", "by": PERSON}
SUCCEEDED = ChargeAnswer(status=ChargeStatus.SUCCEEDED, reference="bank-1")
DECLINED = ChargeAnswer(status=ChargeStatus.DECLINED, reference="bank-2", decline_code="insufficient_funds")
PENDING = ChargeAnswer(status=ChargeStatus.PENDING, reference="bank-3")
NOT_FOUND = ChargeAnswer(status=ChargeStatus.NOT_FOUND)


class Desk:
    """A payment whose charge may have been sent until START, its gateway, and the time at which a person comes."""

    def __init__(self, status: str = "UNKNOWN", **more: str) -> None:
        self.table, self.bank, self.now = Table(), Bank(), QUIET
        signed = strings(status=status, attempt="attempt", execution="arn", gateway=f"http {GATEWAY['url']}", **more)
        sent = sent_item(Sent(first=int(START - 60) * 1000, until=int(START) * 1000))
        self.table.items["T"] = {
            **payment_item(PAYMENT),
            **signed,
            **sent,
            **open_item(PAYMENT.facts, since="2026-11-25"),
        }
        self.before = copy.deepcopy(self.item)

    @property
    def item(self) -> Item:
        return self.table.items["T"]

    @property
    def is_untouched(self) -> bool:
        return self.item == self.before and self.bank.charges == {}

    def text(self, name: str) -> str | None:
        found: str | None = self.item.get(name, {}).get("S")
        return found

    def history(self) -> list[tuple[str, str, str | None]]:
        entries = [entry["M"] for entry in self.item.get("history", {}).get("L", ())]
        return [(each["status"]["S"], each["execution"]["S"], each.get("note", {}).get("S")) for each in entries]

    def send(self, step: str, **more: Any) -> Reply:
        event = {
            "step": step,
            "transaction_id": "T",
            "gateway": GATEWAY,
            "execution": {"arn": PERSON},
            "quiet_seconds": 300,
            "clock_margin_seconds": 2,
            **more,
        }
        return operate(Ledger(self.table, table="t"), self.bank, event, Context(), clock=lambda: self.now)

    def contradict(self, status: str, **more: str) -> None:
        """Let the row be final, with a result, and let the gateway have said something else."""
        result = json.dumps({"transaction_id": "T", "status": status})
        self.item.update(strings(status=status, result=result, contradicted_at="then", **more))
        self.item.update(strings(contradicting_reference="bank-1"))
        self.before = copy.deepcopy(self.item)

    def settle(self, **word: str) -> Reply:
        return self.send("settle", word=WORD | word)


def test_the_gateway_is_asked_about_the_payment_s_own_key_and_nothing_is_charged() -> None:
    desk = Desk()
    assert (desk.send("ask").outcome.status, desk.send("ask").refused) == ("UNKNOWN", "")
    assert set(desk.bank.asked) == {idempotency_key("T")}
    assert desk.bank.since[0] == START - 60
    assert desk.is_untouched


@pytest.mark.parametrize(("answer", "status"), [(SUCCEEDED, "COMPLETED"), (DECLINED, "DECLINED")])
def test_what_the_gateway_says_is_recorded_for_whoever_asked(answer: ChargeAnswer, status: str) -> None:
    desk = Desk()
    desk.bank.found = answer
    reply = desk.send("ask")
    assert (reply.outcome.status, reply.outcome.told, reply.refused) == (status, False, "")
    assert (desk.text("status"), desk.text("gateway_reference")) == (status, answer.reference)
    assert desk.history()[-1][:2] == (status, "assumed-role/operator/anna")
    assert ("open_shard" in desk.item) == (status == "DECLINED")
    assert desk.bank.charges == {}


def test_a_pending_charge_is_acknowledged_when_a_person_asks() -> None:
    desk = Desk()
    desk.bank.found = PENDING
    assert desk.send("ask").outcome.status == "UNKNOWN"
    assert (desk.text("gateway_reference"), desk.text("status")) == ("bank-3", "UNKNOWN")
    assert "acknowledged_at" in desk.item


@pytest.mark.parametrize(
    ("says", "status", "facts"),
    [
        ("declined", "DECLINED", {"gateway_reference": "case 7", "decline_code": "generic_decline"}),
        ("not-charged", "FAILED", {"gateway_reference": "case 7", "failure_code": "NOT_CHARGED"}),
    ],
)
@pytest.mark.parametrize("found", [NOT_FOUND, OutcomeUnknown("silent")])
def test_the_support_s_word_is_recorded_with_who_and_why(
    says: str, status: str, facts: dict[str, str], found: ChargeAnswer | Exception
) -> None:
    desk = Desk()
    desk.bank.found = found if says == "not-charged" else OutcomeUnknown("silent")
    reply = desk.settle(says=says)
    assert (reply.outcome.status, reply.refused) == (status, "")
    assert {name: desk.text(name) for name in facts} == facts
    assert reply.outcome.result | facts == reply.outcome.result == json.loads(desk.text("result") or "")
    assert reply.outcome.result["settled_by"] == desk.text("settled_by") == PERSON
    assert desk.text("settled_reason") == "support found nothing"
    assert desk.history() == [(status, "assumed-role/operator/anna", f"{PERSON}: support found nothing")]
    assert ("open_shard" in desk.item) == (status != "COMPLETED")
    assert desk.bank.charges == {}


def test_a_word_may_settle_a_claim_whose_attempt_is_dead() -> None:
    desk = Desk("PROCESSING")
    assert desk.settle().outcome.status == "FAILED"


def test_a_word_waits_for_an_attempt_that_may_still_send() -> None:
    desk = Desk("PROCESSING")
    desk.now = START - 1
    reply = desk.settle()
    assert (reply.outcome.status, reply.refused) == ("UNKNOWN", "the charge may still arrive at the gateway")
    assert desk.is_untouched


@pytest.mark.parametrize("status", ["PROCESSING", "UNKNOWN"])
def test_a_word_waits_until_what_was_sent_has_arrived(status: str) -> None:
    desk = Desk(status)
    desk.now = QUIET - 0.001
    assert desk.settle().refused == "the charge may still arrive at the gateway"
    assert desk.is_untouched


@pytest.mark.parametrize("says", list(WORDS))
@pytest.mark.parametrize(("answer", "status"), [(SUCCEEDED, "COMPLETED"), (DECLINED, "DECLINED")])
def test_the_gateway_s_own_word_goes_before_a_person_s(says: str, answer: ChargeAnswer, status: str) -> None:
    desk = Desk()
    desk.bank.found = answer
    reply = desk.settle(says=says)
    assert (reply.outcome.status, reply.refused) == (status, "the gateway itself says so")
    assert desk.text("status") == status
    assert "settled_by" not in desk.item


def test_a_charge_that_the_gateway_is_deciding_is_not_settled() -> None:
    desk = Desk()
    desk.bank.found = PENDING
    reply = desk.settle(says="not-charged")
    assert (reply.outcome.status, reply.refused) == ("UNKNOWN", "the gateway has not decided")
    assert desk.text("status") == "UNKNOWN"
    assert "acknowledged_at" in desk.item


def test_a_row_that_changed_while_the_gateway_was_asked_is_not_settled() -> None:
    desk = Desk()
    desk.bank.faults.append(lambda _: desk.item.update(strings(attempt="another")))
    reply = desk.settle()
    assert (reply.outcome.status, reply.refused) == ("UNKNOWN", "the payment changed meanwhile")
    assert (desk.text("status"), desk.history()) == ("UNKNOWN", [])


@pytest.mark.parametrize("says", ["completed", "declined"])
def test_a_charge_that_the_gateway_does_not_have_is_only_not_charged(says: str) -> None:
    desk = Desk()
    desk.bank.found = NOT_FOUND
    assert desk.settle(says=says).refused == "the gateway says that it has no such charge"
    assert desk.is_untouched


def test_completed_is_taken_of_a_gateway_that_does_not_answer() -> None:
    desk = Desk()
    desk.bank.found = OutcomeUnknown("silent")
    assert desk.settle(says="completed").outcome.status == "COMPLETED"
    assert (desk.text("gateway_reference"), "open_shard" in desk.item) == ("case 7", False)


@pytest.mark.parametrize("says", ["declined", "not-charged"])
def test_the_longest_word_is_kept_whole(says: str) -> None:
    desk = Desk()
    desk.bank.found = OutcomeUnknown("silent")
    reason, reference = "r" * 200, "c" * 255
    assert desk.settle(says=says, reason=reason, reference=reference).refused == ""
    assert desk.history()[-1][2] == f"{PERSON}: {reason}"
    assert (desk.text("settled_reason"), desk.text("gateway_reference")) == (reason, reference)


def test_a_reason_is_kept_as_it_was_typed_without_what_a_terminal_obeys() -> None:
    desk = Desk()
    desk.settle(reason="Zo\u00eb, \u652f\u63f4 \U0001f44d \x1b[2J\u202e\ud800")
    wanted = "Zo\u00eb, \u652f\u63f4 \U0001f44d  [2J  "
    assert (desk.text("settled_reason"), desk.history()[-1][2]) == (wanted, f"{PERSON}: {wanted}")


@pytest.mark.parametrize(
    "word",
    [
        {"reason": "card 4111 1111 1111 1111"},
        {"reason": "card \uff14111111111111111"},
        {"reference": "4111111111111111"},
    ],
)
def test_a_word_with_card_data_is_refused(word: dict[str, str]) -> None:
    desk = Desk()
    with pytest.raises(ConfigurationError, match="card data"):
        desk.settle(**word)
    assert desk.is_untouched


def test_without_the_workflow_s_quiet_time_nothing_is_asked() -> None:
    desk = Desk()
    with pytest.raises(ConfigurationError, match="quiet_seconds"):
        desk.send("ask", quiet_seconds=None)
    assert desk.bank.asked == []


def test_of_two_people_the_second_learns_what_the_first_recorded() -> None:
    desk = Desk()
    desk.bank.found = OutcomeUnknown("silent")
    other = {"by": PERSON.replace("anna", "ben"), "says": "declined"}

    def first_comes(_: str) -> None:
        desk.bank.faults.clear()
        desk.settle()

    desk.bank.faults.append(first_comes)
    reply = desk.settle(**other)
    assert (reply.outcome.status, reply.refused) == ("FAILED", "the payment changed meanwhile")
    assert (desk.text("status"), desk.text("settled_by")) == ("FAILED", PERSON)
    assert len(desk.history()) == 1


def test_of_two_people_who_settle_at_once_one_does_and_the_other_learns_it() -> None:
    desk, both_have_read = Desk(), Barrier(2, timeout=60)
    desk.bank.found = OutcomeUnknown("silent")

    def meet(_: str) -> None:
        both_have_read.wait()

    desk.bank.faults.append(meet)
    with ThreadPoolExecutor(2) as people:
        words = ({"says": "declined", "by": f"{PERSON}-1"}, {"says": "not-charged", "by": f"{PERSON}-2"})
        replies = [each.result() for each in [people.submit(desk.settle, **word) for word in words]]
    taken = [each for each in replies if not each.refused]
    assert [each.refused for each in replies if each.refused] == ["the payment changed meanwhile"]
    assert {each.outcome.status for each in replies} == {desk.text("status")} == {taken[0].outcome.status}
    assert len(desk.history()) == 1


@pytest.mark.parametrize(
    ("found", "now", "said", "not_before"),
    [
        (NOT_FOUND, QUIET - 1, "NOT_FOUND", QUIET),
        (NOT_FOUND, QUIET, "NOT_FOUND", 0),
        (OutcomeUnknown("silent"), START - 1, "SILENT", QUIET),
        (OutcomeUnknown("silent"), QUIET, "SILENT", 0),
        (PENDING, START - 1, "PENDING", QUIET),
        (PENDING, QUIET, "PENDING", 0),
        (SUCCEEDED, START - 1, "SUCCEEDED", 0),
        (DECLINED, START - 1, "DECLINED", 0),
    ],
)
@pytest.mark.parametrize("step", ["ask", "settle"])
def test_the_answer_has_what_the_gateway_said_and_when_a_word_is_taken(
    step: str, found: ChargeAnswer | Exception, now: float, said: str, not_before: float
) -> None:
    desk = Desk()
    desk.bank.found, desk.now = found, now
    answer = desk.send(step, word=WORD).as_json()
    settled = step == "settle" and not answer["refused"]
    assert (answer["said"], answer["not_before"]) == (said, time_text(not_before) if not_before and not settled else "")


@pytest.mark.parametrize(
    ("status", "says"), [("COMPLETED", "completed"), ("DECLINED", "declined"), ("FAILED", "not-charged")]
)
@pytest.mark.parametrize("is_told", [True, False])
def test_a_word_that_agrees_with_a_contradicted_row_ends_the_contradiction(
    status: str, says: str, is_told: bool
) -> None:
    desk = Desk()
    desk.contradict(status, **({"told_status": status} if is_told else {}))
    assert desk.send("ask").outcome.status == "CONTRADICTED"
    reply = desk.settle(says=says)
    assert (reply.outcome.status, reply.refused, reply.outcome.told) == (status, "", is_told)
    assert reply.outcome.wrote is False
    kept = ("status", "result", "contradicting_reference", "gateway_reference")
    assert {name: desk.item.get(name) for name in kept} == {name: desk.before.get(name) for name in kept}
    assert (desk.text("settled_by"), desk.text("settled_reason")) == (PERSON, "support found nothing")
    assert desk.text("settled_reference") == "case 7"
    assert desk.history() == [(status, "assumed-role/operator/anna", f"{PERSON}: support found nothing (case 7)")]
    assert "contradicted_at" not in desk.item
    assert ("open_shard" in desk.item) == (status != "COMPLETED" and not is_told)
    assert (desk.bank.asked, desk.bank.charges) == ([], {})
    assert desk.settle(says=says).refused == f"the payment is {status}"


def test_a_word_that_says_another_status_leaves_the_contradiction() -> None:
    desk = Desk()
    desk.contradict("FAILED", told_status="FAILED")
    assert desk.settle(says="completed").refused == "the payment is FAILED"
    assert desk.is_untouched


def test_a_contradiction_that_comes_again_meanwhile_stays() -> None:
    desk = Desk()
    desk.contradict("FAILED", told_status="FAILED")

    def comes(name: str, when: str) -> None:
        if (name, when) == ("UpdateItem", "before"):
            desk.item.update(strings(attempt="another", contradicted_at="later"))

    desk.table.faults.append(comes)
    reply = desk.settle()
    assert (reply.outcome.status, reply.refused) == ("CONTRADICTED", "the payment changed meanwhile")
    assert (desk.text("contradicted_at"), desk.history()) == ("later", [])


@pytest.mark.parametrize("status", ["COMPLETED", "DECLINED", "FAILED"])
def test_a_settled_payment_stays_and_nobody_is_asked(status: str) -> None:
    result = {"transaction_id": "T", "status": status}
    desk = Desk(status, result=json.dumps(result), told_status=status)
    assert desk.settle().refused == f"the payment is {status}"
    reply = desk.send("ask")
    assert (reply.refused, reply.outcome.result, reply.outcome.told) == ("", result, True)
    assert desk.is_untouched
    assert desk.bank.asked == []


SETTLED = {"completed": "COMPLETED", "declined": "DECLINED", "not-charged": "FAILED"}


@pytest.mark.parametrize(
    ("says", "found", "known"),
    [
        ("not-charged", SUCCEEDED, "bank-1"),
        ("not-charged", DECLINED, "bank-2"),
        ("declined", SUCCEEDED, "bank-1"),
        ("completed", DECLINED, "bank-2"),
        ("completed", NOT_FOUND, None),
    ],
)
def test_a_gateway_that_answers_again_contradicts_a_wrong_word(
    says: str, found: ChargeAnswer, known: str | None
) -> None:
    desk, status = Desk(), SETTLED[says]
    desk.bank.found = OutcomeUnknown("silent")
    assert desk.settle(says=says).outcome.status == status
    desk.item.update(strings(told_status=status))
    for name in ("open_shard", "open_since"):
        desk.item.pop(name, None)
    before, desk.bank.found = copy.deepcopy(desk.item), found
    reply = desk.send("ask")
    assert (reply.outcome.status, reply.outcome.wrote, reply.said) == ("CONTRADICTED", False, found.status)
    assert (desk.text("status"), desk.item["result"], desk.text("settled_by")) == (status, before["result"], PERSON)
    assert (desk.text("contradicted_at"), desk.text("contradicting_reference")) == (time_text(QUIET), known)
    assert desk.history()[-1] == (status, "assumed-role/operator/anna", f"gateway: {found.status}")
    assert {"open_shard", "open_since"} <= desk.item.keys()
    assert desk.bank.charges == {}
    # The books are compared: from then on the row is final, whatever the gateway answers.
    assert desk.settle(says=says, reason="case 8: refunded").outcome.status == status
    compared = copy.deepcopy(desk.item)
    asked = len(desk.bank.asked)
    assert desk.send("ask").outcome.status == status
    assert (desk.item, len(desk.bank.asked)) == (compared, asked)


@pytest.mark.parametrize(
    ("says", "found"),
    [
        *((each, answer) for each in SETTLED for answer in (PENDING, OutcomeUnknown("silent"))),
        ("not-charged", NOT_FOUND),
        ("declined", NOT_FOUND),
        ("declined", DECLINED),
        ("completed", SUCCEEDED),
    ],
)
def test_a_word_stays_when_the_gateway_agrees_or_does_not_decide(says: str, found: ChargeAnswer | Exception) -> None:
    desk = Desk()
    desk.bank.found = OutcomeUnknown("silent")
    desk.settle(says=says)
    before, desk.bank.found = copy.deepcopy(desk.item), found
    reply = desk.send("ask")
    said = found.status if isinstance(found, ChargeAnswer) else "SILENT"
    assert (reply.outcome.status, reply.said, desk.item) == (SETTLED[says], said, before)


def test_a_second_word_about_a_settled_payment_is_refused_and_nobody_is_asked() -> None:
    desk = Desk()
    desk.bank.found = OutcomeUnknown("silent")
    desk.settle()
    asked = len(desk.bank.asked)
    assert desk.settle(says="completed").refused == "the payment is FAILED"
    assert len(desk.bank.asked) == asked


@pytest.mark.parametrize("status", ["VALIDATED", "REJECTED"])
@pytest.mark.parametrize("step", ["ask", "settle"])
def test_a_payment_of_which_nothing_was_sent_is_not_settled(status: str, step: str) -> None:
    desk = Desk(status)
    with pytest.raises(LedgerError, match=f"row is {status}: nothing was sent"):
        desk.send(step, word=WORD)
    assert desk.is_untouched


def test_a_payment_that_is_not_there_is_not_settled() -> None:
    desk = Desk()
    with pytest.raises(LedgerError, match="row is none: nothing was sent"):
        desk.send("settle", word=WORD, transaction_id="U")
    assert list(desk.table.items) == ["T"]


@pytest.mark.parametrize(
    ("word", "match"),
    [
        (None, "says is missing"),
        (WORD | {"says": "charged"}, "use one of completed, declined, not-charged"),
        (WORD | {"says": "completed", "reference": ""}, "word.reference is empty"),
        (WORD | {"reason": ""}, "reason is missing"),
        (WORD | {"by": None}, "by is missing"),
        (WORD | {"reason": "x" * 201}, "reason has more than 200 characters"),
        (WORD | {"reference": "x" * 256}, "reference has more than 255 characters"),
    ],
)
def test_a_word_that_says_too_little_or_too_much_is_refused(word: Any, match: str) -> None:
    desk = Desk()
    with pytest.raises(ConfigurationError, match=match):
        desk.send("settle", word=word)
    assert desk.is_untouched


def test_another_gateway_than_the_one_that_was_charged_does_not_decide() -> None:
    desk = Desk()
    desk.bank.found = SUCCEEDED
    elsewhere = GATEWAY | {"url": "https://other.example"}
    assert desk.send("ask", gateway=elsewhere).outcome.status == "UNKNOWN"
    assert desk.bank.asked == []
    assert desk.is_untouched


@pytest.mark.parametrize("found", [SUCCEEDED, DECLINED, PENDING, NOT_FOUND, OutcomeUnknown("silent")])
@pytest.mark.parametrize("status", ["PROCESSING", "UNKNOWN"])
@pytest.mark.parametrize("now", [START - 1, START, QUIET, QUIET + 10**6])
def test_nobody_charges_by_asking_or_settling(status: str, found: ChargeAnswer | Exception, now: float) -> None:
    for step in ("ask", "settle"):
        desk = Desk(status)
        desk.bank.found, desk.now = found, now
        desk.send(step, word=WORD)
        assert desk.bank.charges == {}


def test_the_function_takes_both_steps_and_logs_who_and_why_not(monkeypatch: pytest.MonkeyPatch) -> None:
    desk, logged = Desk(), list[dict[str, Any]]()
    desk.item.update(strings(gateway="simulated"))
    monkeypatch.setattr("payments.clients.dynamodb", lambda: desk.table)
    monkeypatch.setenv("TABLE_NAME", "t")
    monkeypatch.setattr(handler, "log_event", lambda event, **fields: logged.append({"event": event, **fields}))
    clients.ledger.cache_clear()
    event = {
        "transaction_id": "T",
        "gateway": {"adapter": "simulated", "url": "", "secret_arn": ""},
        "execution": {"arn": PERSON},
        "quiet_seconds": 300,
        "clock_margin_seconds": 2,
        "word": WORD,
    }
    asked = handler.handle(event | {"step": "ask"}, Context())
    settled = handler.handle(event | {"step": "settle"}, Context())
    clients.ledger.cache_clear()
    assert (asked["outcome"], asked["refused"]) == ("COMPLETED", "")  # 30.40: the simulated gateway says SUCCEEDED
    assert (settled["outcome"], settled["refused"]) == ("COMPLETED", "the payment is COMPLETED")
    assert logged == [
        {"event": "payment_ask", "transaction_id": "T", "execution": PERSON, "status": "COMPLETED", "error": None},
        {
            "event": "payment_settle",
            "transaction_id": "T",
            "execution": PERSON,
            "status": "COMPLETED",
            "error": "the payment is COMPLETED",
        },
    ]
