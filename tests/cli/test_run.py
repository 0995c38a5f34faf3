"""Test `run` against stubs: its refusals and its output."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from payflow_cfn.cli.main import main
from payflow_cfn.workflow.payment_input import numbered_name
from payment_stubs import MACHINE, PAYMENT, Cloud, stored
from sessions import always

SECOND = numbered_name("T-1", 2)
COMPLETED = '{"status":"COMPLETED"}'
REJECTED = '{"status":"REJECTED"}'
CARD = "4111111111111111"
TEXT = json.dumps(PAYMENT)


@pytest.fixture
def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    monkeypatch.chdir(tmp_path)
    cloud = Cloud()
    yield cloud
    cloud.check()


def typed(cloud: Cloud, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, list[str]]:
    status = main(["run", "--env", "dev", *arguments], always(cloud))
    said = capsys.readouterr()
    return status, said.out, said.err.splitlines()


def test_again_by_id_prints_the_source_of_the_payment_and_the_new_execution(
    cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    cloud.stack()
    cloud.execution("FAILED", more={"error": "OutcomeUnknown"})
    cloud.no_execution(number=2)
    cloud.starts(exists=True)
    cloud.execution("FAILED", more={"error": "OutcomeUnknown"})
    cloud.starts(number=2)
    cloud.execution("SUCCEEDED", number=2, more={"output": COMPLETED})
    status, out, err = typed(cloud, capsys, "--again", "--id", "T-1")
    assert (status, out.strip()) == (0, COMPLETED)
    assert err == [
        "took the payment from the execution T-1 (FAILED, OutcomeUnknown)",
        f"started the execution {SECOND}",
    ]


def test_again_that_starts_nothing_prints_why(cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    cloud.stack()
    cloud.execution("SUCCEEDED", more={"output": COMPLETED})
    cloud.no_execution(number=2)
    cloud.starts(exists=True)
    cloud.execution("SUCCEEDED", more={"output": COMPLETED})
    assert typed(cloud, capsys, "--again", "--id", "T-1")[2] == [
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
             "With --again the payment is started again, and nothing is charged twice"],
        ),
        (
            "SUCCEEDED",
            {"output": REJECTED},
            0,
            ["the payment was rejected before, and this is that result. Correct it and send it under the same id, "
             "or use --again if the rules have changed"],
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
    found, _, err = typed(cloud, capsys, TEXT, *options)
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
    status, out, (said,) = typed(cloud, capsys, json.dumps(PAYMENT | payment))
    assert (status, out) == (1, "")
    assert said.startswith(f"error: the payment holds card data in the field {field} and was not sent. Send the")


def test_card_data_that_only_several_fields_make_names_what_holds_them(
    cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    payment = PAYMENT | {"metadata": {"a": "4111", "b": "1111", "c": "1111", "d": "1111"}}
    assert "in the field metadata and was not sent" in typed(cloud, capsys, json.dumps(payment))[2][0]


def test_a_card_number_behind_a_key_that_stands_twice_is_not_sent(
    cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    text = TEXT.replace('{"', '{"customer_id": "4111111111111111", "', 1)
    said = "error: the payment has the key customer_id twice in one object. Write each key once"
    assert typed(cloud, capsys, text) == (2, "", [said])


@pytest.mark.parametrize("given", ["", " \n"])
def test_no_payment_is_told_apart_from_one_that_is_not_json(
    given: str, cloud: Cloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(given))
    said = "error: no payment was given. Pass one JSON object as the argument, or on standard input"
    assert typed(cloud, capsys) == (2, "", [said])


def test_a_payment_whose_executions_are_gone_is_started_from_its_row(
    cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    cloud.stack()
    cloud.no_execution()
    cloud.reads(stored("DECLINED"))
    cloud.starts()
    cloud.execution("SUCCEEDED", more={"output": '{"status":"DECLINED"}'})
    cloud.reads(stored("DECLINED", told_status="DECLINED"))
    status, out, said = typed(cloud, capsys, "--again", "--id", "T-1")
    assert (status, out) == (0, '{"status":"DECLINED"}\n')
    assert said == ["took the payment from its row: AWS keeps no execution of it", "started the execution T-1"]


@pytest.mark.parametrize(
    ("row", "status", "more"),
    [
        ("DECLINED", "SUCCEEDED", {"output": '{"status":"DECLINED"}'}),
        ("FAILED", "FAILED", {"error": "PaymentNotCharged"}),
    ],
)
def test_run_again_does_not_end_in_silence_while_the_notice_is_owed(
    row: str, status: str, more: dict[str, str], cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    cloud.stack()
    cloud.starts()
    cloud.execution(status, more=more)
    cloud.reads({**stored(row), "notice_until": {"N": "1764065100000"}})
    found, _, said = typed(cloud, capsys, TEXT, "--again")
    assert found == 1
    assert said[-1] == (
        "its notice was not sent: `payflow run --env dev --again --id T-1` sends it, "
        "not before 2025-11-25T10:05:00.000Z"
    )


def test_who_may_read_a_payment_and_not_start_it_gets_one_error_at_once(
    cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    cloud.stack()
    cloud.execution("FAILED", more={"error": "Broken"})
    cloud.no_execution(number=2)
    cloud.stub("stepfunctions").add_client_error("start_execution", "AccessDeniedException", "no")
    status, out, said = typed(cloud, capsys, "--again", "--id", "T-1")
    assert (status, out, said) == (
        1,
        "",
        ["took the payment from the execution T-1 (FAILED, Broken)",
         "error: the execution T-1 could not be started: no. The caller needs the permissions that "
         "`payflow policy --env dev operator` prints"],
    )  # fmt: skip


def test_a_forgotten_payment_whose_executions_are_gone_is_not_called_missing(
    cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    cloud.stack()
    cloud.no_execution()
    cloud.reads({name: value for name, value in stored("COMPLETED").items() if name != "customer_id"})
    status, out, (said,) = typed(cloud, capsys, "--again", "--id", "T-1")
    assert (status, out) == (1, "")
    assert said.startswith("error: no execution of the payment T-1 is kept. AWS keeps one for 90 days; pass the")


@pytest.mark.parametrize(
    ("after", "options", "said"),
    [
        (0, [TEXT], "the payment's execution may have been started, and goes on then"),
        (1, [TEXT], "the execution T-1 goes on"),
        (3, ["--again", "--id", "T-1"], "the execution T-1 goes on"),
    ],
)
def test_ctrl_c_after_the_start_prints_what_goes_on(
    after: int, options: list[str], said: str, cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    cloud.stack()
    if "--id" in options:
        cloud.execution("FAILED", more={"error": "Broken"})
        cloud.no_execution(number=2)
    if after:
        cloud.starts()
    cloud.stopped("stepfunctions", after=after)
    status, out, err = typed(cloud, capsys, *options)
    assert (status, out, err[-2:]) == (5, "", ["", f"stopped: {said}. `payflow payment --env dev T-1` shows it"])


def test_ctrl_c_without_an_environment_advises_to_run_it_again(
    cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    cloud.stopped("stepfunctions")
    assert main(["run", "--machine-arn", MACHINE, TEXT], always(cloud)) == 5
    assert capsys.readouterr().err.endswith("Run it again to see how it ended; no payment is charged twice\n")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("null", "is not a JSON object. Give one with its transaction_id"),
        ("[]", "is not a JSON object. Give one with its transaction_id"),
        ("5", "is not a JSON object. Give one with its transaction_id"),
        ("{}", "has no transaction_id. Add one: by it, a repeated payment is recognised"),
        ('{"transaction_id": ""}', "has no transaction_id. Add one: by it, a repeated payment is recognised"),
        ('{"transaction_id": null}', "has no transaction_id. Add one: by it, a repeated payment is recognised"),
    ],
)
def test_a_payment_without_an_id_starts_nothing(
    given: str, said: str, cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed(cloud, capsys, given) == (2, "", [f"error: the payment {said}"])


@pytest.mark.parametrize(
    ("metadata", "why"),
    [
        ({"note": "x" * 8193, "card": CARD}, "is too large"),
        ({"\ud800": 1, "card": CARD}, "has a text that is not Unicode"),
        (json.loads('{"a":' * 40 + f'"{CARD}"' + "}" * 40), "is nested too deeply"),
    ],
)
def test_what_the_search_does_not_read_to_its_end_is_not_sent(
    metadata: object, why: str, cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, (said,) = typed(cloud, capsys, json.dumps(PAYMENT | {"metadata": metadata}))
    assert (status, out) == (1, "")
    assert said == (
        f"error: the payment {why}, so that it cannot be searched for card data, and was not sent. "
        "Shorten it, and use plain text"
    )
