"""Test the commands from the notice of an unknown outcome to the payment's end, on the embedded AWS."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, get_args

import pytest

from payflow_cfn.cli.main import main
from payflow_cfn.cli.payment import Says
from payflow_cfn.local.demo.local_deploy import deployed
from payflow_cfn.local.emulator.clients import LocalClients, local_clients
from payflow_cfn.local.emulator.emulator import emulator
from payflow_cfn.local.records.notices import listen, payment_notices, received
from payflow_cfn.payments.open_payments import SHARDS
from payflow_cfn.workflow.payment_input import execution_name, numbered_name
from payments.facts import Payment
from payments.money import Money
from payments.rows import OPEN_SHARDS, Sent, open_item, payment_item, sent_item, strings
from processing import operate
from sessions import Given

pytestmark = [pytest.mark.local, pytest.mark.slow]

ENV = ["--env", "demo"]
LOST = {"payment_amount": "10.95", "payment_method": "credit_card", "customer_id": "C-1"}
NOBODY = "error: there is no payment nobody in demo. Check the id and the environment"
SETTLE = [*ENV, "--yes", "--reason", "case 7: support found nothing", "--settle"]


@dataclass
class Shop:
    """The deployed environment, its notices, and the requests of the command that ran last."""

    clients: LocalClients
    table: str
    queue: str
    capsys: Any = None
    asked: list[str] = field(default_factory=list)

    def connect(self, *_: str) -> Given:
        return Given(self.client, self.clients.region)

    def client(self, service: str) -> Any:
        client = self.clients(service)
        client.meta.events.register("before-call.*", self.note, unique_id="asked")
        return client

    def note(self, model: Any, **_: Any) -> None:
        self.asked.append(model.name)

    def type(self, *arguments: str) -> tuple[int, str, str]:
        """Run a command: its exit status, output and errors."""
        self.asked.clear()
        status = main(list(arguments), self.connect)
        said = self.capsys.readouterr()
        return status, said.out, said.err

    def json(self, *arguments: str) -> Any:
        status, out, _ = self.type(*arguments, "--json")
        assert status == 0
        return json.loads(out)

    def row(self, name: str) -> dict[str, Any]:
        item = self.clients("dynamodb").get_item(TableName=self.table, Key={"transaction_id": {"S": name}})["Item"]
        return {key: next(iter(value.values())) for key, value in item.items()}

    def pay(self, name: str, amount: str) -> int:
        payment = {"transaction_id": name, "payment_amount": amount, "payment_method": "credit_card"}
        return self.type("run", *ENV, json.dumps({**payment, "customer_id": "C-1"}))[0]

    def put(self, name: str, minor: int, status: str = "UNKNOWN", **more: str) -> None:
        """Write a row as an execution left it that ended long ago."""
        money = Money(minor=minor, currency="USD")
        payment = Payment(transaction_id=name, money=money, payment_method="credit_card", customer_id="C-1")
        signed = strings(status=status, attempt="a", execution="e", gateway="simulated", **more)
        since = open_item(payment.facts, since="2026-11-25T10:00:00.000Z")
        item = {**payment_item(payment), **signed, **sent_item(Sent(first=1000, until=2000)), **since}
        self.clients("dynamodb").put_item(TableName=self.table, Item=item)

    def log(self, group: str, line: dict[str, str]) -> None:
        """Write a line into a log, as a function would."""
        logs, at = self.clients("logs"), int(datetime.now(UTC).timestamp() * 1000)
        logs.create_log_stream(logGroupName=group, logStreamName="odd")
        events = [{"timestamp": at, "message": json.dumps(line)}]
        logs.put_log_events(logGroupName=group, logStreamName="odd", logEvents=events)

    def age(self, name: str) -> None:
        """Let what was sent have arrived: the time passes that a person would wait."""
        self.clients("dynamodb").update_item(
            TableName=self.table,
            Key={"transaction_id": {"S": name}},
            UpdateExpression="SET sent_from = :one, sent_until = :two",
            ExpressionAttributeValues={":one": {"N": "1000"}, ":two": {"N": "2000"}},
        )

    def open(self) -> list[str]:
        return [each["transaction_id"] for each in self.json("payments", "--open", *ENV)["payments"]]

    def notices(self) -> list[tuple[str, str]]:
        return [
            (each["transaction_id"], each["status"]) for each in payment_notices(received(self.clients, self.queue))
        ]


@pytest.fixture(scope="module")
def opened() -> Iterator[Shop]:
    with emulator() as cloud:
        clients = local_clients(cloud)
        outputs = deployed(clients)
        queue = listen(clients, outputs["NotificationsTopicArn"], queue="operating-notices")
        yield Shop(clients, outputs["TransactionsTableName"], queue)


@pytest.fixture
def shop(opened: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shop:
    monkeypatch.chdir(tmp_path)
    opened.capsys = capsys
    opened.notices()
    return opened


def test_an_unknown_payment_is_found_asked_about_settled_and_sends_one_notice(shop: Shop) -> None:
    assert shop.pay("lost-1", "10.95") == 1
    assert shop.notices() == [("lost-1", "UNKNOWN")]
    assert shop.open() == ["lost-1"]
    assert shop.asked == ["DescribeStacks", *["Query"] * SHARDS]

    status, out, _ = shop.type("payment", "lost-1", *ENV)
    assert (status, len(shop.asked) <= 6) == (0, True)
    assert "lost-1: UNKNOWN, open since" in out
    assert "`payflow payment --env demo lost-1 --ask`" in out.splitlines()[-1]
    assert "C-1" not in out

    status, out, _ = shop.type("payment", "lost-1", *ENV, "--ask")
    assert status == 0
    quiet = datetime.fromtimestamp(int(shop.row("lost-1")["sent_until"]) / 1000 + 300, UTC)
    not_before = quiet.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    assert f"not before {not_before}: `payflow payment --env demo lost-1 --ask`" in out.splitlines()[-1]
    assert "notice       UNKNOWN sent 20" in out

    status, _, err = shop.type("payment", "lost-1", *SETTLE, "not-charged")
    assert (status, err.splitlines()) == (
        1,
        ["error: lost-1 was not settled, because the charge may still arrive at the gateway. "
         f"Wait until {not_before}, then `payflow payment --env demo lost-1 --ask`"],
    )  # fmt: skip
    assert shop.notices() == []

    shop.age("lost-1")
    step = shop.type("payment", "lost-1", *ENV, "--ask")[1].splitlines()[-1]
    assert (
        f"confirms that of {shop.row('lost-1')['idempotency_key']}: `payflow payment --env demo lost-1 --settle" in step
    )
    status, out, _ = shop.type("payment", "lost-1", *SETTLE, "not-charged")
    assert status == 0
    assert out.startswith("lost-1: FAILED\n")
    assert "settled by   arn:aws:iam::" in out
    assert "nothing: it is settled, by a person; `payflow payment --env demo lost-1 --ask` compares" in out
    assert shop.notices() == [("lost-1", "FAILED")]
    assert shop.row("lost-1")["told_status"] == "FAILED"
    assert shop.open() == []
    found = shop.json("payment", "lost-1", *ENV)
    assert (found["told"], found["execution"]["error"]) == (True, "PaymentNotCharged")
    assert [each["status"] for each in found["history"]][-2:] == ["FAILED", "FAILED"]


def test_the_life_of_a_payment_is_in_order_in_six_requests_and_without_the_customer(shop: Shop, tmp_path: Path) -> None:
    assert shop.pay("life-1", "10.95") == 1
    assert shop.notices() == [("life-1", "UNKNOWN")]
    odd = {"event": "odd", "transaction_id": "life-1", "customer_id": "C-1", "error": "<b>bold</b>\x1b[2J"}
    shop.log("/aws/lambda/lambda-payment-processing-demo", odd)
    (tmp_path / "payflow.toml").write_text('[environments.demo]\naccount = "123456789012"\nregion = "us-east-1"\n')
    for named_account in (True, False):
        status, out, err = shop.type("payment", "life-1", *ENV, "--json", "--html", "life.html")
        assert (status, err, len(shop.asked)) == (0, "wrote life.html\n", 6), shop.asked
        assert shop.asked[0] == ("GetCallerIdentity" if named_account else "DescribeStacks")
        (tmp_path / "payflow.toml").unlink(missing_ok=True)
    found = json.loads(out)
    life = found["life"]
    assert [each["at"] for each in life] == sorted(each["at"] for each in life)
    assert (life[0]["what"], [each["what"] for each in life if each["kind"] == "execution"]) == (
        "started", ["started", "FAILED"]
    )  # fmt: skip
    assert [each["what"] for each in life if each["kind"] == "row"] == ["VALIDATED", "PROCESSING", "UNKNOWN"]
    assert [each["facts"] for each in life if each["kind"] == "notice"] == [{"status": "UNKNOWN"}]
    asks = [each["facts"] for each in life if each["what"] == "ReconcilePayment"]
    assert [(each["attempts"], each["errors"], each["seconds"] > 0) for each in asks] == [(1, [], True)] * 5
    events = [each["what"] for each in life if each["kind"] == "log"]
    assert (events[0], events.count("payment_needs_attention"), events.count("odd")) == ("payment_validated", 1, 1)
    assert found["unread"] == []
    text, html = shop.type("payment", "life-1", *ENV)[1], (tmp_path / "life.html").read_text()
    assert ["C-1" in each for each in (out, text, html)] == [False] * 3
    assert ("\x1b" in text, "<b>" in html, "&lt;b&gt;bold&lt;/b&gt;" in html) == (False, False, True)
    shop.clients("dynamodb").delete_item(TableName=shop.table, Key={"transaction_id": {"S": "life-1"}})


def test_a_repeated_execution_is_the_newest_one_and_the_older_one_is_named(shop: Shop) -> None:
    for _ in range(3):
        shop.type("run", *ENV, "--again", json.dumps({**LOST, "transaction_id": "life-3"}))
    found = shop.json("payment", "life-3", *ENV)
    assert len(shop.asked) <= 6
    assert found["execution"]["name"] == numbered_name(execution_name("life-3"), 3)
    assert found["unread"] == ["the states of 2 older executions of life-3 are not read"]
    shop.notices()
    shop.clients("dynamodb").delete_item(TableName=shop.table, Key={"transaction_id": {"S": "life-3"}})


def test_the_gateway_s_answer_is_recorded_and_a_decline_sends_one_notice(shop: Shop) -> None:
    shop.put("late-1", 1092)
    shop.put("late-2", 1096)
    assert shop.type("payment", "late-1", *ENV, "--ask")[0] == 0
    assert shop.row("late-1")["status"] == "COMPLETED"
    assert shop.notices() == []
    assert shop.type("payment", "late-2", *ENV, "--ask")[0] == 0
    assert shop.type("payment", "late-2", *ENV, "--ask")[0] == 0
    assert shop.notices() == [("late-2", "DECLINED")]
    assert shop.open() == []


def test_a_word_that_the_gateway_contradicts_is_refused_and_its_answer_is_recorded(shop: Shop) -> None:
    shop.put("wrong-1", 1096)
    status, _, err = shop.type("payment", "wrong-1", *SETTLE, "completed", "--reference", "ch_1")
    assert (status, err.count("\n")) == (1, 1)
    assert "error: the gateway says that it declined (sim-" in err
    assert "): recorded DECLINED; your word was not recorded. " in err
    assert shop.row("wrong-1")["status"] == "DECLINED"
    assert shop.notices() == [("wrong-1", "DECLINED")]


def test_if_two_people_settle_one_succeeds_and_the_other_gets_the_result(shop: Shop) -> None:
    shop.put("both-1", 1095)
    assert shop.type("payment", "both-1", *SETTLE, "not-charged")[0] == 0
    before = shop.row("both-1")
    status, _, err = shop.type("payment", "both-1", *SETTLE, "completed", "--reference", "ch_1")
    assert (status, "the payment is FAILED" in err, err.count("\n")) == (1, True, 1)
    assert shop.row("both-1") == before
    assert shop.notices() == [("both-1", "FAILED")]


def test_a_contradicted_payment_is_compared_settled_and_its_notice_sent_once(shop: Shop) -> None:
    result = json.dumps({"transaction_id": "odd-1", "status": "DECLINED", "amount": "10.50", "currency": "USD"})
    shop.put("odd-1", 1050, "DECLINED", result=result, contradicted_at="2026-11-25T10:00:00.000Z")
    _, out, _ = shop.type("payment", "odd-1", *ENV)
    assert "`payflow payment --env demo odd-1 --settle declined --reason TEXT`" in out.splitlines()[-1]
    assert shop.type("payment", "odd-1", *SETTLE, "not-charged")[0] == 1
    assert shop.open() == ["odd-1"]
    status, out, _ = shop.type("payment", "odd-1", *SETTLE, "declined")
    assert (status, shop.notices()) == (0, [("odd-1", "DECLINED")])
    row = shop.row("odd-1")
    assert (row["status"], row["result"], row["told_status"], "contradicted_at" in row) == (
        "DECLINED",
        result,
        "DECLINED",
        False,
    )
    assert shop.open() == []


def test_a_payment_that_was_settled_wrongly_is_found_told_and_corrected(shop: Shop) -> None:
    result = json.dumps({"transaction_id": "wrong-2", "status": "FAILED", "amount": "10.92", "currency": "USD"})
    shop.put("wrong-2", 1092, "FAILED", result=result, settled_by="arn:ben", told_status="FAILED", told_at="then")
    assert "settled by   arn:ben" in shop.type("payment", "wrong-2", *ENV)[1]
    status, out, _ = shop.type("payment", "wrong-2", *ENV, "--ask")
    assert (status, "asked        the gateway says that it charged" in out) == (0, True)
    assert "contradicted SUCCEEDED, sim-" in out
    assert "`payflow payment --env demo wrong-2 --settle not-charged --reason TEXT`" in out.splitlines()[-1]
    assert shop.notices() == [("wrong-2", "UNKNOWN")]
    assert shop.json("payments", "--open", *ENV)["payments"][0]["waits_for"] == "contradicted"
    assert shop.type("payment", "wrong-2", *ENV, "--ask")[0] == 0
    assert shop.notices() == []
    status, out, _ = shop.type("payment", "wrong-2", *SETTLE, "not-charged")
    assert (status, out.splitlines()[-1].split()) == (0, ["now", "nothing:", "it", "is", "settled"])
    row = shop.row("wrong-2")
    assert (row["status"], row["result"], "contradicted_at" in row) == ("FAILED", result, False)
    assert (shop.notices(), shop.open()) == ([], [])


def test_run_again_by_id_sends_a_missing_notice(shop: Shop) -> None:
    assert shop.pay("again-it", "11.95") == 1
    shop.clients("dynamodb").update_item(
        TableName=shop.table,
        Key={"transaction_id": {"S": "again-it"}},
        UpdateExpression="SET #s = :s, #r = :r",
        ExpressionAttributeNames={"#s": "status", "#r": "result"},
        ExpressionAttributeValues={
            ":s": {"S": "DECLINED"},
            ":r": {"S": '{"transaction_id":"again-it","status":"DECLINED"}'},
        },
    )
    assert "was not sent: `payflow run --env demo --again --id again-it`" in shop.type("payment", "again-it", *ENV)[1]
    shop.notices()
    status, out, _ = shop.type("run", *ENV, "--again", "--id", "again-it")
    assert (status, json.loads(out)["status"]) == (0, "DECLINED")
    assert shop.notices() == [("again-it", "DECLINED")]
    status, out, _ = shop.type("run", *ENV, "--again", "--id", "again-it")
    assert (status, shop.notices()) == (0, [])


def test_run_again_says_when_another_execution_has_the_claim_of_the_notice(shop: Shop) -> None:
    result = json.dumps({"transaction_id": "held-1", "status": "DECLINED", "amount": "10.50", "currency": "USD"})
    shop.put("held-1", 1050, "DECLINED", result=result)
    until = {":until": {"N": "4102444800000"}, ":other": {"S": "arn:other"}}
    shop.clients("dynamodb").update_item(
        TableName=shop.table,
        Key={"transaction_id": {"S": "held-1"}},
        UpdateExpression="SET notice_until = :until, notice_by = :other",
        ExpressionAttributeValues=until,
    )
    step = (
        "its notice was not sent: `payflow run --env demo --again --id held-1` sends it, "
        "not before 2100-01-01T00:00:00.000Z"
    )
    assert shop.type("payment", "held-1", *ENV)[1].endswith(f"  now          {step}\n")
    status, out, err = shop.type("run", *ENV, "--again", "--id", "held-1")
    assert (status, json.loads(out)["status"], err.splitlines()[-1]) == (1, "DECLINED", step)
    assert shop.notices() == []
    shop.clients("dynamodb").delete_item(TableName=shop.table, Key={"transaction_id": {"S": "held-1"}})


def test_a_corrected_payment_is_sent_under_its_id(shop: Shop) -> None:
    assert shop.pay("typo-1", "1000000") == 0
    assert shop.row("typo-1")["status"] == "REJECTED"
    assert shop.pay("typo-1", "10.00") == 0
    assert shop.row("typo-1")["status"] == "COMPLETED"
    assert shop.pay("typo-1", "12.00") == 1


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["payment", "nobody", *ENV], 1, NOBODY),
        (["payment", "nobody", *SETTLE, "declined"], 1, NOBODY),
        (["forget", "nobody", *ENV], 1, NOBODY),
        (["run", *ENV, "--again", "--id", "nobody"], 1, NOBODY),
        (["payment", "x", "--env", "other"], 1, "error: there is no stack payflow-other in us-east-1: check"),
        (["payments", "--open", "--env", "other"], 1, "error: there is no stack payflow-other in us-east-1: check"),
        (["payment", "x", *ENV, "--settle", "declined", "--yes"], 2, "Error: --settle declined needs --reason"),
        (["payment", "x", *SETTLE, "completed"], 2, "Error: --settle completed needs --reference"),
        (["payment", "x", *SETTLE, "declined", "--ask"], 2, "Error: choose one of --ask and --settle"),
        (["payment", "x", *ENV, "--reason", "r"], 2, "Error: --reference and --reason belong to --settle"),
        (["payment", "x", *ENV, "--html", "."], 1, "error: --html '.' is not a file's path: name a file"),
        (["payments", *ENV], 2, "Error: payments needs --open"),
        (["run", *ENV, "--id", "x"], 2, "Error: --id takes the place of PAYMENT, with --again"),
        (
            ["payment", "x", *ENV, "--settle", "declined", "--yes", "--reason", "card 4111 1111 1111 1111"],
            1,
            "error: --reason holds card data and was not sent",
        ),
    ],
)
def test_what_cannot_be_done_is_one_line(shop: Shop, arguments: list[str], status: int, said: str) -> None:
    found, out, err = shop.type(*arguments)
    assert (found, out) == (status, "")
    assert err.splitlines()[-1].startswith(said)
    assert shop.notices() == []


def test_nothing_is_recorded_without_a_yes(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.put("asked-1", 1095)
    before = shop.row("asked-1")
    monkeypatch.setattr("sys.stdin", io.StringIO())  # not a terminal
    reason = ["--reason", "case 7", "--settle", "not-charged"]
    status, _, err = shop.type("payment", "asked-1", *ENV, *reason)
    assert (status, "Record asked-1 (10.95 USD, UNKNOWN in demo) as not-charged? It is final." in err) == (1, True)
    assert (shop.row("asked-1"), shop.notices()) == (before, [])
    shop.clients("dynamodb").delete_item(TableName=shop.table, Key={"transaction_id": {"S": "asked-1"}})


def test_the_commands_use_the_functions_own_words_and_answers() -> None:
    assert tuple(operate.WORDS) == get_args(Says)
    assert OPEN_SHARDS == SHARDS


def test_twenty_open_ones_of_many_are_five_requests_oldest_first(shop: Shop) -> None:
    write: Callable[..., Any] = partial(shop.clients("dynamodb").batch_write_item)
    for start in range(0, 1000, 25):
        rows = [{"transaction_id": {"S": f"done-{start + each}"}, "status": {"S": "COMPLETED"}} for each in range(25)]
        write(RequestItems={shop.table: [{"PutRequest": {"Item": row}} for row in rows]})
    for each in range(20):
        item = strings(
            transaction_id=f"open-{each}",
            status="UNKNOWN",
            open_shard=str(each % 4),
            open_since=f"2026-11-25T10:{each:02}",
        )
        shop.clients("dynamodb").put_item(TableName=shop.table, Item=item)
    assert shop.open() == [f"open-{each}" for each in range(20)]
    assert shop.asked == ["DescribeStacks", *["Query"] * 4]
    found = shop.json("payments", "--open", *ENV, "--limit", "5")
    assert ([each["transaction_id"] for each in found["payments"]], found["more"]) == (
        [f"open-{each}" for each in range(5)],
        True,
    )
    assert len(shop.asked) <= 8
