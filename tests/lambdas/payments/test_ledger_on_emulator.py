"""Tests of the ledger on the embedded AWS's own DynamoDB, through both clients: the conditions mean what we think."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from payflow_cfn.local.emulator.clients import LocalClients
from payflow_cfn.local.emulator.emulator import Emulator
from payflow_cfn.local.faults.run import local_machine
from payflow_cfn.local.walk.interpreter import value
from payments.dynamodb import DirectDynamoDB, DynamoDBError, read_place
from payments.errors import LedgerError
from payments.execution import Execution, time_text
from payments.gateways.simulated import SimulatedGateway
from payments.ledger import HISTORY_LENGTH, DynamoDB, Ledger, Move
from payments.rows import Row, Sent, read_row, strings
from processing.job import Job
from processing.settlement import settle
from validation.decision import decide
from validation.fields import read_submission
from validation.rules import apply_rules, read_limits

pytestmark = pytest.mark.local
TABLE = "dynamodb-transactions-test"


@pytest.fixture(params=["direct", "official"])
def client(request: pytest.FixtureRequest, cloud: Emulator, clients: LocalClients) -> DynamoDB:
    """One of the two clients of an emulator that has the table."""
    official = clients("dynamodb")
    official.create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "transaction_id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "transaction_id", "AttributeType": "S"}],
    )
    if request.param == "official":
        return official  # type: ignore[no-any-return]
    environment = {
        "AWS_REGION": clients.region,
        "AWS_ACCESS_KEY_ID": cloud.keys.key_id,
        "AWS_SECRET_ACCESS_KEY": cloud.keys.secret,
        "AWS_ENDPOINT_URL": clients.endpoint,
        "AWS_CA_BUNDLE": str(cloud.ca_bundle),
    }
    place = read_place(environment)
    assert place is not None
    return DirectDynamoDB(place)


def validated(client: DynamoDB, amount: str = "30.40", *, arn: str = "first", started: float | None = None) -> Any:
    payment = {"transaction_id": "T", "payment_amount": amount, "payment_method": "credit_card", "customer_id": "C"}
    limits = read_limits({"limits": "USD 10000 5000", "risk_threshold": "50"})
    submission = apply_rules(read_submission(payment), limits)
    return decide(Ledger(client, table=TABLE), submission, execution=Execution(arn=arn, started_at=started), now=0.0)


def job(payment: Any, *, attempt: str, arn: str = "first") -> Job:
    return Job(
        payment=payment,
        execution=Execution(arn=arn, started_at=None),
        attempt=attempt,
        deadline=60.0,
        quiet=300.0,
        margin=62.0,
        clock=lambda: 0.0,
    )


def test_a_payment_goes_its_way_and_is_replayed_and_a_change_conflicts(client: DynamoDB) -> None:
    payment = validated(client).submission.payment
    ledger = Ledger(client, table=TABLE)
    outcome = settle(ledger, SimulatedGateway(), job(payment, attempt="a"))
    assert (outcome.status, outcome.wrote) == ("COMPLETED", True)
    again = settle(ledger, SimulatedGateway(), job(payment, attempt="b", arn="second"))
    assert (again.result, again.replayed) == (outcome.result, True)
    replay = validated(client, "30.4", arn="second")
    assert (replay.outcome, replay.result, replay.replayed) == ("COMPLETED", outcome.result, True)
    assert validated(client, "31.00", arn="third").outcome == "CONFLICT"


SENT = Sent(first=1, until=5)


def move(target: str, attempt: str, *, note: str = "") -> Move:
    return Move(transaction_id="T", target=target, attempt=attempt, execution="first", at="now", note=note)


def test_our_own_writes_are_recognised_when_they_are_sent_again(client: DynamoDB) -> None:
    first, second = (validated(client) for _ in range(2))
    assert (first.outcome, second.outcome, second.replayed) == ("VALIDATED", "VALIDATED", False)
    ledger = Ledger(client, table=TABLE)
    facts = first.submission.payment.facts
    assert ledger.claim(move("PROCESSING", "a"), facts=facts, sent=SENT) is None
    assert ledger.claim(move("PROCESSING", "a"), facts=facts, sent=SENT) is None
    standing = ledger.claim(move("PROCESSING", "b"), facts=facts, sent=Sent(first=2, until=9))
    assert standing is not None
    assert (standing.status, standing.attempt, standing.sent) == ("PROCESSING", "a", SENT)


def test_every_move_of_the_ledger_and_its_history(client: DynamoDB) -> None:
    facts = validated(client).submission.payment.facts
    ledger = Ledger(client, table=TABLE)
    assert ledger.claim(move("PROCESSING", "a"), facts="other", sent=SENT) is not None
    assert ledger.claim(move("PROCESSING", "a"), facts=facts, sent=SENT) is None
    assert ledger.release(move("VALIDATED", "a")) is None
    assert (row(client).status, row(client).sent) == ("VALIDATED", None)
    assert ledger.claim(move("PROCESSING", "b"), facts=facts, sent=SENT) is None
    stale = Row(status="PROCESSING", attempt="a")
    assert ledger.claim_again(move("PROCESSING", "c"), seen=stale, sent=SENT) is not None
    assert ledger.claim_again(move("PROCESSING", "c"), seen=row(client), sent=SENT) is None
    assert ledger.suspect(move("UNKNOWN", "d", note="pending"), seen=row(client), changes={}) is None
    assert ledger.suspect(move("UNKNOWN", "e"), seen=row(client), changes=strings(acknowledged_at="now")) is None
    assert row(client).acknowledged is True
    assert (
        ledger.settle_as_seen(move("FAILED", "f"), seen=Row(status="PROCESSING", attempt="e"), changes={}) is not None
    )
    assert ledger.settle(move("DECLINED", "f"), changes=strings(result="{}")) is None
    assert ledger.settle(move("COMPLETED", "g"), changes={}) is not None
    names = [each["M"]["status"]["S"] for each in row(client).history]
    assert names == [
        "VALIDATED",
        "PROCESSING",
        "VALIDATED",
        "PROCESSING",
        "PROCESSING",
        "UNKNOWN",
        "UNKNOWN",
        "DECLINED",
    ]
    assert "open_shard" in item(client)


def test_a_payment_that_was_given_up_is_open_until_it_is_told(client: DynamoDB) -> None:
    facts = validated(client).submission.payment.facts
    ledger = Ledger(client, table=TABLE)
    ledger.claim(move("PROCESSING", "a"), facts=facts, sent=SENT)
    assert ledger.settle_as_seen(move("FAILED", "b"), seen=row(client), changes=strings(result="{}")) is None
    assert (row(client).status, "open_shard" in item(client)) == ("FAILED", True)


def test_a_history_that_is_full_drops_its_oldest_moves(client: DynamoDB) -> None:
    facts = validated(client).submission.payment.facts
    ledger = Ledger(client, table=TABLE)
    for number in range(HISTORY_LENGTH // 2):
        assert ledger.claim(move("PROCESSING", str(number)), facts=facts, sent=SENT) is None
        assert ledger.release(move("VALIDATED", str(number))) is None
    assert ledger.claim(move("PROCESSING", "last"), facts="other", sent=SENT) is not None
    assert ledger.claim(move("PROCESSING", "last"), facts=facts, sent=SENT) is None
    attempts = [each["M"]["attempt"]["S"] for each in row(client).history]
    assert (len(attempts), attempts[0], attempts[-1]) == (HISTORY_LENGTH, "0", "last")


def item(client: DynamoDB) -> dict[str, Any]:
    answer = client.get_item(TableName=TABLE, Key={"transaction_id": {"S": "T"}}, ConsistentRead=True)
    return dict(answer.get("Item") or {})


def row(client: DynamoDB) -> Row:
    return read_row(item(client))


def test_of_parallel_claims_one_wins(client: DynamoDB) -> None:
    facts = validated(client).submission.payment.facts
    ledger, won = Ledger(client, table=TABLE), []

    def claim(number: int) -> None:
        if ledger.claim(move("PROCESSING", str(number)), facts=facts, sent=SENT) is None:
            won.append(number)

    threads = [threading.Thread(target=claim, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1


def test_a_rejection_is_replayed_and_then_corrected(client: DynamoDB) -> None:
    assert validated(client, "x").outcome == "REJECTED"
    assert validated(client, "x", arn="second").replayed is True
    assert validated(client, "10.00", arn="third").outcome == "VALIDATED"
    assert [each["M"]["status"]["S"] for each in row(client).history] == ["REJECTED", "VALIDATED"]


def test_a_failure_record_is_written_over_as_it_was_seen(client: DynamoDB) -> None:
    record = strings(failure_error="States.Timeout", closed_until="1970-01-01T00:01:40.000Z")
    update(client, "SET failure_error = :failure_error, closed_until = :closed_until", record)
    with pytest.raises(LedgerError, match="failed after this one started"):
        validated(client, started=100.0)
    assert validated(client, started=101.0).outcome == "VALIDATED"
    assert "failure_error" not in item(client)


def update(client: DynamoDB, expression: str, values: dict[str, Any]) -> None:
    client.update_item(
        TableName=TABLE,
        Key={"transaction_id": {"S": "T"}},
        UpdateExpression=expression,
        ExpressionAttributeValues={f":{name}": value for name, value in values.items()},
    )


class Telling:
    """The workflow's own writes about a notice, as the shipped definition sends them."""

    def __init__(self, client: DynamoDB) -> None:
        self.client = client
        self.states = local_machine()["States"]

    def send(self, name: str, *, by: str, at: float, status: str = "DECLINED") -> bool:
        """Send the state's request; False when its condition does not hold."""
        variables = {"status": status, "execution": {"arn": by}, "facts": {"transaction_id": "T"}}
        context = {"Execution": {"Name": by}, "State": {"EnteredTime": time_text(at)}}
        arguments = value(self.states[name]["Arguments"], variables, {"context": context})
        try:
            self.client.update_item(**{**arguments, "TableName": TABLE})
        except Exception as error:
            assert "ConditionalCheckFailed" in str(error)
            return False
        return True


@pytest.fixture
def telling(client: DynamoDB) -> Telling:
    """A declined payment that was not told."""
    facts = validated(client).submission.payment.facts
    ledger = Ledger(client, table=TABLE)
    ledger.claim(move("PROCESSING", "a"), facts=facts, sent=SENT)
    ledger.settle(move("DECLINED", "a"), changes=strings(result="{}"))
    return Telling(client)


def test_one_execution_tells_and_another_one_when_its_time_is_over(telling: Telling) -> None:
    assert telling.send("ClaimNotice", by="one", at=1_000.0)
    assert telling.send("ClaimNotice", by="one", at=1_001.0)
    assert not telling.send("ClaimNotice", by="two", at=1_002.0)
    assert telling.send("ClaimNotice", by="two", at=100_000.0)


def test_only_the_row_s_own_final_status_is_told(telling: Telling) -> None:
    assert not telling.send("ClaimNotice", by="one", at=1_000.0, status="FAILED")


def test_a_told_payment_is_open_no_more_and_is_not_told_again(client: DynamoDB, telling: Telling) -> None:
    telling.send("ClaimNotice", by="one", at=1_000.0)
    assert telling.send("MarkTold", by="one", at=1_001.0)
    assert row(client).told == "DECLINED"
    assert not {"open_shard", "open_since"} & item(client).keys()
    assert row(client).history[-1]["M"]["note"] == {"S": "told"}
    assert not telling.send("MarkTold", by="two", at=1_002.0)
    assert not telling.send("ClaimNotice", by="two", at=100_000.0)


def test_a_table_that_is_not_there_is_a_technical_error(client: DynamoDB) -> None:
    with pytest.raises(Exception, match="ResourceNotFoundException") as caught:
        Ledger(client, table="nowhere").claim(
            Move(transaction_id="T", target="PROCESSING", attempt="a", execution="e", at="now"),
            facts="f",
            sent=SENT,
        )
    assert isinstance(client, DirectDynamoDB) is isinstance(caught.value, DynamoDBError)
