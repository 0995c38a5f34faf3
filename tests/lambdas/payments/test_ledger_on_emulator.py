"""Tests of the ledger on the embedded AWS's own DynamoDB, through both clients: the conditions mean what we think."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from payflow_cfn.local.clients import LocalClients
from payflow_cfn.local.emulator import Emulator
from payments.dynamodb import DirectDynamoDB, DynamoDBError, read_place
from payments.execution import Execution
from payments.gateways.simulated import SimulatedGateway
from payments.ledger import DynamoDB, Ledger, Move
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
        "AWS_CA_BUNDLE": str(clients._ca_bundle),
    }
    place = read_place(environment)
    assert place is not None
    return DirectDynamoDB(place)


def validated(client: DynamoDB, amount: str = "30.40", *, arn: str = "first") -> Any:
    payment = {"transaction_id": "T", "payment_amount": amount, "payment_method": "credit_card", "customer_id": "C"}
    limits = read_limits({"limits": "USD 10000 5000", "risk_threshold": "50"})
    submission = apply_rules(read_submission(payment), limits)
    return decide(Ledger(client, table=TABLE), submission, execution=Execution(arn=arn, started_at=None), now=0.0)


def job(payment: Any, *, attempt: str, arn: str = "first") -> Job:
    return Job(
        payment=payment,
        execution=Execution(arn=arn, started_at=None),
        attempt=attempt,
        deadline=60.0,
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


def test_our_own_writes_are_recognised_when_they_are_sent_again(client: DynamoDB) -> None:
    first, second = (validated(client) for _ in range(2))
    assert (first.outcome, second.outcome, second.replayed) == ("VALIDATED", "VALIDATED", False)
    ledger = Ledger(client, table=TABLE)
    move = Move(transaction_id="T", target="PROCESSING", attempt="a", execution="first", at="now")
    facts = first.submission.payment.facts
    assert ledger.claim(move, facts=facts, lease_until=5) is None
    assert ledger.claim(move, facts=facts, lease_until=5) is None
    other = Move(transaction_id="T", target="PROCESSING", attempt="b", execution="first", at="now")
    standing = ledger.claim(other, facts=facts, lease_until=9)
    assert standing is not None
    assert (standing.status, standing.attempt, standing.lease_until) == ("PROCESSING", "a", 5)


def test_of_parallel_claims_one_wins(client: DynamoDB) -> None:
    facts = validated(client).submission.payment.facts
    ledger, won = Ledger(client, table=TABLE), []

    def claim(number: int) -> None:
        move = Move(transaction_id="T", target="PROCESSING", attempt=str(number), execution="e", at="now")
        if ledger.claim(move, facts=facts, lease_until=5) is None:
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


def test_a_table_that_is_not_there_is_a_technical_error(client: DynamoDB) -> None:
    with pytest.raises(Exception, match="ResourceNotFoundException") as caught:
        Ledger(client, table="nowhere").claim(
            Move(transaction_id="T", target="PROCESSING", attempt="a", execution="e", at="now"),
            facts="f",
            lease_until=1,
        )
    assert isinstance(client, DirectDynamoDB) is isinstance(caught.value, DynamoDBError)
