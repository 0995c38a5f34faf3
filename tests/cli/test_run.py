"""`run`: what it refuses, and what it says that it did, against stubs."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from payflow_cfn.cli import session
from payflow_cfn.cli.main import main
from payflow_cfn.workflow.payment_input import numbered_name
from payment_stubs import PAYMENT, Cloud, stored

SECOND = numbered_name("T-1", 2)
COMPLETED = '{"status":"COMPLETED"}'
REJECTED = '{"status":"REJECTED"}'
TEXT = json.dumps(PAYMENT)


@pytest.fixture
def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    monkeypatch.chdir(tmp_path)
    cloud = Cloud()
    monkeypatch.setattr(session, "client", cloud.client)
    monkeypatch.setattr(session, "open_session", lambda *_: None)
    monkeypatch.setattr(session, "region_of", lambda _: "eu-west-2")
    yield cloud
    cloud.check()


def typed(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, list[str]]:
    status = main(["run", "--env", "dev", *arguments])
    said = capsys.readouterr()
    return status, said.out, said.err.splitlines()


def test_again_by_id_says_where_the_payment_came_from_and_what_was_started(
    cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    cloud.stack()
    cloud.execution("FAILED", more={"error": "OutcomeUnknown"})
    cloud.no_execution(number=2)
    cloud.starts(exists=True)
    cloud.execution("FAILED", more={"error": "OutcomeUnknown"})
    cloud.starts(number=2)
    cloud.execution("SUCCEEDED", number=2, more={"output": COMPLETED})
    status, out, err = typed(capsys, "--again", "--id", "T-1")
    assert (status, out.strip()) == (0, COMPLETED)
    assert err == [
        "took the payment from the execution T-1 (FAILED, OutcomeUnknown)",
        f"started the execution {SECOND}",
    ]


def test_again_that_starts_nothing_says_why(cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    cloud.stack()
    cloud.execution("SUCCEEDED", more={"output": COMPLETED})
    cloud.no_execution(number=2)
    cloud.starts(exists=True)
    cloud.execution("SUCCEEDED", more={"output": COMPLETED})
    assert typed(capsys, "--again", "--id", "T-1")[2] == [
        "took the payment from the execution T-1 (SUCCEEDED)",
        "started nothing, since the execution T-1 completed the payment",
    ]


@pytest.mark.parametrize("options", [[], ["--json"]])
@pytest.mark.parametrize(
    ("status", "more", "exit_status", "said"),
    [
        (
            "FAILED",
            {"error": "Broken"},
            1,
            ["the execution T-1 (FAILED, Broken) ended before it settled the payment. "
             "With --again the payment is started anew, and nothing is charged twice"],
        ),
        (
            "SUCCEEDED",
            {"output": REJECTED},
            0,
            ["the payment was rejected before, and this is that result. Correct it and send it under the same id, "
             "or use --again where the rules have changed"],
        ),
        ("FAILED", {"error": "PaymentNotCharged"}, 1, []),
        ("SUCCEEDED", {"output": '{"status":"DECLINED"}'}, 0, []),
        ("SUCCEEDED", {"output": COMPLETED}, 0, []),
    ],
)  # fmt: skip
def test_an_earlier_end_is_explained_by_what_it_was(
    status: str,
    more: dict[str, str],
    exit_status: int,
    said: list[str],
    options: list[str],
    cloud: Cloud,
    capsys: pytest.CaptureFixture[str],
) -> None:
    cloud.stack()
    cloud.starts(exists=True)
    cloud.execution(status, more=more)
    if said:
        cloud.no_execution(number=2)
    found, _, err = typed(capsys, TEXT, *options)
    assert (found, err) == (exit_status, said)


@pytest.mark.parametrize(
    ("payment", "field"),
    [
        ({"metadata": {"note": "4111 1111 1111 1111"}}, "metadata.note"),
        ({"metadata": {"deep": [{"cvv": "123"}]}}, "metadata.deep"),
        ({"customer_id": "4111111111111111"}, "customer_id"),
        ({"metadata": {"card": {"cvv": "123", "name": "x"}}}, "metadata.card.cvv"),
        ({"metadata": {"4111111111111111": "x"}}, "metadata.(its name)"),
    ],
)
def test_card_data_in_a_payment_names_its_field(
    payment: dict[str, object], field: str, cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, (said,) = typed(capsys, json.dumps(PAYMENT | payment))
    assert (status, out) == (1, "")
    assert said.startswith(f"error: the payment holds card data in the field {field} and was not sent. Send the")


def test_card_data_that_only_several_fields_make_names_what_holds_them(
    cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    payment = PAYMENT | {"metadata": {"a": "4111", "b": "1111", "c": "1111", "d": "1111"}}
    assert "in the field metadata and was not sent" in typed(capsys, json.dumps(payment))[2][0]


@pytest.mark.parametrize("given", ["", " \n"])
@pytest.mark.parametrize("is_argument", [True, False])
def test_no_payment_is_told_apart_from_one_that_is_not_json(
    given: str, is_argument: bool, cloud: Cloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(given))
    said = "error: no payment was given. Pass one JSON object as the argument, or on standard input"
    assert typed(capsys, *([given] if is_argument else [])) == (2, "", [said])


def test_a_payment_whose_executions_are_gone_is_not_called_missing(
    cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    cloud.stack()
    cloud.no_execution()
    cloud.reads(stored("COMPLETED"))
    status, out, (said,) = typed(capsys, "--again", "--id", "T-1")
    assert (status, out) == (1, "")
    assert said.startswith("error: no execution of the payment T-1 is kept. AWS keeps one for 90 days; pass the")
