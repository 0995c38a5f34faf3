"""Test on a deployed set: a forgotten payment stays paid, and nothing is charged twice after a restore."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from payflow_cfn.cli.main import main
from payflow_cfn.config.names import GATEWAY_SECRET
from payflow_cfn.config.settings import Settings
from payflow_cfn.deploy.deploy_set import deploy_set
from payflow_cfn.local.emulator.clients import LocalClients, local_clients
from payflow_cfn.local.emulator.emulator import emulator
from payflow_cfn.local.gateway.gateway import FakeGateway, fake_gateway
from payflow_cfn.stacks.render import build_set
from payments.execution import Execution
from payments.gateways.protocol import idempotency_key
from payments.ledger import Ledger, Move
from payments.rows import Item, Row, Sent
from payments.statuses import PROCESSING, UNKNOWN
from sessions import always
from validation.decision import decide
from validation.fields import read_submission
from validation.rules import apply_rules, read_limits

pytestmark = [pytest.mark.local, pytest.mark.slow]

# Waits are skipped: what was sent a second ago is quiet.
SETTINGS = Settings(
    function_timeout=10,
    retry_interval_seconds=1,
    reconcile_after_seconds=(30, 30, 30),
    charge_quiet_seconds=1,
    clock_margin_seconds=1,
)
API_KEY = "books-test"


@dataclass(frozen=True, slots=True)
class Site:
    """The deployed workflow, its table, and the gateway that it charges."""

    clients: LocalClients
    outputs: Mapping[str, str]
    bank: FakeGateway

    def pay(self, transaction_id: str, amount: str = "10.10", **more: str) -> tuple[str, str]:
        """Start an execution of its own, as another caller does; its status and output when it is over."""
        sfn, payment = self.clients("stepfunctions"), {**payment_of(transaction_id, amount), **more}
        arn = sfn.start_execution(stateMachineArn=self.outputs["StateMachineArn"], input=json.dumps(payment))
        while (found := sfn.describe_execution(executionArn=arn["executionArn"]))["status"] == "RUNNING":
            time.sleep(0.05)
        return found["status"], found.get("output") or found.get("error") or ""

    def item(self, transaction_id: str) -> Item:
        key = {"transaction_id": {"S": transaction_id}}
        answer = self.clients("dynamodb").get_item(TableName=self.table, Key=key, ConsistentRead=True)
        found: Item = answer.get("Item", {})
        return found

    @property
    def table(self) -> str:
        return self.outputs["TransactionsTableName"]

    @property
    def charged(self) -> list[str]:
        """The key of every request to charge that the gateway got."""
        return [call.key for call in self.bank.calls if call.operation == "POST"]


def payment_of(transaction_id: str, amount: str = "10.10") -> dict[str, str]:
    facts = {"transaction_id": transaction_id, "payment_amount": amount, "currency": "USD"}
    return {**facts, "payment_method": "credit_card", "customer_id": "C-1"}


@pytest.fixture(scope="module")
def deployed() -> Iterator[Site]:
    with emulator() as cloud, fake_gateway(secret=API_KEY) as bank:
        clients = local_clients(cloud)
        clients("s3").create_bucket(Bucket="books-artifacts")
        outputs = deploy_set(
            clients("cloudformation"),
            clients("s3"),
            build_set(SETTINGS),
            bucket="books-artifacts",
            prefix="payflow",
            parameters={
                "Environment": "demo",
                "ResourceCoverage": "core",
                "GatewayAdapter": "http",
                "GatewayUrl": bank.url,
            },
            on_event=lambda _: None,
        ).outputs
        clients("secretsmanager").put_secret_value(SecretId=GATEWAY_SECRET.text("demo"), SecretString=API_KEY)
        yield Site(clients, outputs, bank)


@pytest.fixture
def site(deployed: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    """The deployed set, in a folder without payflow.toml."""
    monkeypatch.chdir(tmp_path)
    return deployed


def test_a_forgotten_payment_is_replayed_and_its_id_stays_used(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    first = site.pay("GONE-1")
    before, charged = site.item("GONE-1"), site.charged
    assert main(["forget", "GONE-1", "--env", "demo", "--yes"], always(site.clients)) == 0
    assert capsys.readouterr().out == "the customer of GONE-1 (COMPLETED) is forgotten; the payment's history stays\n"
    after = site.item("GONE-1")
    assert "C-1" not in json.dumps(after)
    kept = ("amount", "currency", "status", "result", "gateway_reference", "facts")
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}

    assert site.pay("GONE-1") == first
    status, output = site.pay("GONE-1", customer_id="C-2")
    assert (status, json.loads(output)["status"]) == ("SUCCEEDED", "CONFLICT")
    assert site.charged == charged
    assert main(["forget", "GONE-1", "--env", "demo", "--yes"], always(site.clients)) == 0
    assert "was forgotten already" in capsys.readouterr().out


def enter(site: Site, transaction_id: str, amount: str = "10.10", *, status: str = "") -> None:
    """Leave a row as an execution of an hour ago left it: validated, or claimed and dead, or unknown."""
    ledger = Ledger(site.clients("dynamodb"), table=site.table)
    limits = read_limits({"limits": "USD 10000 5000", "risk_threshold": "50"})
    submission = apply_rules(read_submission(payment_of(transaction_id, amount)), limits)
    then = time.time() - 3600
    decide(ledger, submission, execution=Execution(arn="arn:earlier", started_at=then), now=then)
    move = Move(transaction_id, PROCESSING, attempt="earlier", execution="arn:earlier", at="earlier")
    if status:
        payment, sent = submission.payment, Sent(first=int(then * 1000), until=int(then * 1000) + 1000)
        assert payment is not None
        ledger.claim(move, facts=payment.facts, sent=sent)
    if status == UNKNOWN:
        seen = Row(status=PROCESSING, attempt="earlier")
        ledger.suspect(Move(transaction_id, UNKNOWN, "earlier", "arn:earlier", "earlier"), seen=seen, changes={})


OPEN = {"OLD-VALIDATED": "", "OLD-PROCESSING": PROCESSING, "OLD-UNKNOWN": UNKNOWN}


def put_back(site: Site, items: Mapping[str, Item]) -> None:
    """Let the table be as it was: the rows of then, and none that came later."""
    client = site.clients("dynamodb")
    for page in client.get_paginator("scan").paginate(TableName=site.table):
        for each in page["Items"]:
            client.delete_item(TableName=site.table, Key={"transaction_id": each["transaction_id"]})
    for item in items.values():
        client.put_item(TableName=site.table, Item=item)


def all_items(site: Site) -> dict[str, Item]:
    pages = site.clients("dynamodb").get_paginator("scan").paginate(TableName=site.table)
    return {each["transaction_id"]["S"]: each for page in pages for each in page["Items"]}


def restored(site: Site, capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    """Run the command for a restore point of a minute ago; {id: the status that it found}."""
    capsys.readouterr()
    now = datetime.now(UTC)
    since, until = ((now - timedelta(seconds=each)).isoformat() for each in (60, 5))
    assert (
        main(["restored", "--env", "demo", "--since", since, "--until", until, "--json", "--yes"], always(site.clients))
        == 0
    )
    return {each["transaction_id"]: each["found"] for each in json.loads(capsys.readouterr().out)["marked"]}


def test_nothing_is_charged_twice_after_a_restore(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    for transaction_id, status in OPEN.items():
        enter(site, transaction_id, status=status)
    enter(site, "OLD-NEVER-SENT")
    site.pay("OLD-COMPLETED")
    site.pay("OLD-REJECTED", "99999.00")
    then = all_items(site)
    ids = [*OPEN, "OLD-COMPLETED", "OLD-REJECTED", "LATE-1"]
    before = {each: json.loads(site.pay(each)[1]) for each in ids}
    assert {each["status"] for each in before.values()} == {"COMPLETED"}
    site.pay("LATE-REJECTED", "99999.00")

    put_back(site, then)
    charged = site.charged
    found = {name: status for name, status in restored(site, capsys).items() if name.startswith(("OLD", "LATE"))}
    assert found == {
        "OLD-VALIDATED": "VALIDATED",
        "OLD-PROCESSING": "PROCESSING",
        "OLD-UNKNOWN": "UNKNOWN",
        "OLD-NEVER-SENT": "VALIDATED",
        "OLD-REJECTED": "REJECTED",
        "LATE-1": "none",
    }
    after = {each: json.loads(site.pay(each)[1]) for each in [*ids, "OLD-NEVER-SENT"]}
    assert {each["status"] for each in after.values()} == {"COMPLETED"}
    references = {name: each["gateway_reference"] for name, each in after.items()}
    assert references.items() >= {name: each["gateway_reference"] for name, each in before.items()}.items()
    assert site.charged[len(charged) :] == [idempotency_key("OLD-NEVER-SENT")]


def test_the_marking_may_be_repeated_and_finds_no_more(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    enter(site, "TWICE-1")
    assert restored(site, capsys)["TWICE-1"] == "VALIDATED"
    window = site.item("TWICE-1")["sent_from"]
    assert restored(site, capsys)["TWICE-1"] == "UNKNOWN"
    assert site.item("TWICE-1")["sent_from"] == window
    assert json.loads(site.pay("TWICE-1")[1])["status"] == "COMPLETED"
    assert "TWICE-1" not in restored(site, capsys)
