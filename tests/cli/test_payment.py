"""Test `payment` against stubs: its output, the next step, and its refusals."""

from __future__ import annotations

import io
import json
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from payflow_cfn.cli import main
from payment_stubs import MACHINE, PAYMENT, Cloud, sent, stored
from sessions import always

CARD = "4111111111111111"
NOT_BEFORE = "2026-11-25T10:05:00.000Z"
CAUSE = "The payment ended as UNKNOWN; its row and its notice say what is known"
FAILED = {"error": "OutcomeUnknown", "cause": CAUSE}


@pytest.fixture
def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    monkeypatch.chdir(tmp_path)
    cloud = Cloud()
    yield cloud
    cloud.check()


def written(status: str, execution: str) -> dict[str, Any]:
    """The item, and which execution wrote its status."""
    entry = {"at": {"S": "then"}, "status": {"S": status}, "execution": {"S": execution}}
    return {**stored(status), "history": {"L": [{"M": entry}]}}


def typed(cloud: Cloud, capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = main.main(["payment", *arguments, "--env", "dev"], always(cloud))
    said = capsys.readouterr()
    return status, said.out, said.err


def line(out: str, label: str) -> str:
    """What stands behind a label; empty where the label is not there."""
    found = [each.strip() for each in out.splitlines() if each.split()[:1] == [label]]
    return found[0].removeprefix(label).strip() if found else ""


def shown(cloud: Cloud, item: dict[str, Any], status: str = "FAILED", **more: str) -> None:
    cloud.stack()
    cloud.reads(item)
    cloud.life(status, more=more)


def answered(cloud: Cloud, said: str, *, not_before: str = "", status: str = "UNKNOWN", refused: str = "") -> None:
    """The gateway's answer to an ask of an UNKNOWN payment."""
    cloud.stack()
    cloud.reads(sent(stored("UNKNOWN")))
    cloud.definition()
    cloud.caller()
    cloud.invoked({"outcome": status, "told": False, "refused": refused, "said": said, "not_before": not_before})
    cloud.reads(sent(stored(status)))
    cloud.life("FAILED", more=FAILED)


def parsed_command(step: str) -> click.Context:
    """The one command between the first backticks of a step, as the shell and click read it."""
    assert "|" not in step
    words = shlex.split(step.split("`")[1])
    assert words[:2] == ["payflow", "payment"]
    command = main.cli.get_command(click.Context(main.cli), "payment")
    assert command is not None
    return command.make_context("payment", words[2:])


@pytest.mark.parametrize(
    ("said", "not_before", "words", "options"),
    [
        ("NOT_FOUND", NOT_BEFORE, ["the gateway has no such charge", "may still arrive", "not before"], {"ask": True}),
        ("SILENT", NOT_BEFORE, ["the gateway did not say", "may still arrive", "not before"], {"ask": True}),
        (
            "PENDING",
            NOT_BEFORE,
            ["wait: the gateway has not decided, and nobody can settle the payment before it does. Ask again after"],
            {"ask": True},
        ),
        (
            "PENDING",
            "",
            ["wait: the gateway has not decided, and nobody can settle the payment before it does. Ask again later"],
            {"ask": True},
        ),
        ("NOT_FOUND", "", ["the gateway has no such charge", "payflow-key"], {"settle": "not-charged"}),
        ("SILENT", "", ["the gateway did not say", "payflow-key"], {"settle": "completed", "reference": "R"}),
    ],
)
def test_after_an_ask_it_prints_the_answer_and_one_command_that_is_possible_now(
    said: str,
    not_before: str,
    words: list[str],
    options: dict[str, Any],
    cloud: Cloud,
    capsys: pytest.CaptureFixture[str],
) -> None:
    answered(cloud, said, not_before=not_before)
    status, out, _ = typed(cloud, capsys, "T-1", "--ask")
    step = line(out, "now")
    assert (status, [each for each in words if each not in step]) == (0, [])
    assert (not_before in step) is True
    given = parsed_command(step).params
    wanted = {"environment": "dev", "transaction_id": "T-1", "ask": False, "settle": None, "reference": "", **options}
    assert {name: given[name] for name in wanted} == wanted
    answered(cloud, said, not_before=not_before)
    status, out, _ = typed(cloud, capsys, "T-1", "--ask", "--json")
    assert (json.loads(out)["next"], json.loads(out)["gateway_said"]) == (step, said)


@pytest.mark.slow
def test_what_the_gateway_decides_is_shown_and_needs_nothing_more(
    cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    answered(cloud, "SUCCEEDED", status="COMPLETED")
    _, out, _ = typed(cloud, capsys, "T-1", "--ask")
    assert line(out, "asked") == "the gateway says that it charged"
    assert line(out, "now") == "nothing: it is settled"


@pytest.mark.parametrize(
    ("item", "status", "more", "notice"),
    [
        (stored("UNKNOWN"), "FAILED", FAILED, "UNKNOWN sent 2026-11-25T10:05:00.000Z"),
        (
            stored("UNKNOWN"),
            "FAILED",
            {**FAILED, "error": "NoticeLost"},
            "lost: it could not be published to the topic",
        ),
        (stored("UNKNOWN"), "ABORTED", {}, "not sent by the newest execution"),
        (stored("UNKNOWN"), "RUNNING", {}, ""),
        (written("REJECTED", "T-1"), "SUCCEEDED", {}, "REJECTED sent 2026-11-25T10:05:00.000Z"),
        (written("REJECTED", "another"), "SUCCEEDED", {}, ""),
        (written("COMPLETED", "T-1"), "SUCCEEDED", {}, ""),
        (stored("DECLINED"), "FAILED", FAILED, "not sent"),
        (stored("DECLINED", told_status="DECLINED", told_at="then"), "FAILED", FAILED, "DECLINED sent then"),
    ],
)
def test_the_notice_is_the_row_s_or_the_newest_execution_s(
    item: dict[str, Any],
    status: str,
    more: dict[str, str],
    notice: str,
    cloud: Cloud,
    capsys: pytest.CaptureFixture[str],
) -> None:
    shown(cloud, sent(item), status, **more)
    assert line(typed(cloud, capsys, "T-1")[1], "notice") == notice
    shown(cloud, sent(item), status, **more)
    assert json.loads(typed(cloud, capsys, "T-1", "--json")[1])["notice"] == notice


@pytest.mark.parametrize(
    ("item", "window"),
    [
        (sent(stored("UNKNOWN")), "maybe, 2026-11-25T09:59:00.000Z to 2026-11-25T10:00:00.000Z"),
        (stored("VALIDATED"), "nothing"),
        (sent(stored("COMPLETED")), ""),
        (sent(stored("DECLINED")), ""),
        (sent(stored("FAILED")), ""),
    ],
)
def test_what_may_have_been_sent_is_shown_of_an_open_payment(
    item: dict[str, Any], window: str, cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    shown(cloud, item)
    out = typed(cloud, capsys, "T-1")[1]
    assert (line(out, "sent"), line(out, "payment")) == (window, "12.50 USD, credit_card")


@pytest.mark.parametrize(
    ("status", "command"),
    [
        ("COMPLETED", "`payflow payment --env dev T-1 --settle completed --reference R --reason TEXT`"),
        ("DECLINED", "`payflow payment --env dev T-1 --settle declined --reason TEXT`"),
        ("FAILED", "`payflow payment --env dev T-1 --settle not-charged --reason TEXT`"),
    ],
)
def test_a_contradicted_payment_names_the_command_that_clears_it(
    status: str, command: str, cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    shown(cloud, stored(status, contradicted_at="then", told_status=status, told_at="then"))
    step = line(typed(cloud, capsys, "T-1")[1], "now")
    assert step == ("the gateway's answer differs from the row. Correct at the gateway what is wrong, then: " + command)
    parsed_command(step)


@pytest.mark.parametrize("options", [[], ["--ask"], ["--settle", "declined", "--reason", "case 7"], ["--json"]])
def test_a_card_number_as_id_is_neither_looked_up_nor_repeated(
    options: list[str], cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, err = typed(cloud, capsys, CARD, *options)
    assert (status, out) == (1, "")
    assert (
        err == "error: the id holds card data and was not looked up. Use the payment's transaction_id, not the card\n"
    )


@pytest.mark.parametrize("arguments", [[*["4111", "1111", "1111", "1111"]], ["T-1", CARD], [CARD, "--bogus"]])
def test_a_card_number_in_wrong_usage_is_not_repeated(
    arguments: list[str], cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, err = typed(cloud, capsys, *arguments)
    assert (status, out, "1111" in err, "card data" in err) == (2, "", False, True)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["completed"], "--reason (the support's case and answer) and --reference (the gateway's own id of"),
        (["completed", "--reason", "case 7"], "--settle completed needs --reference (the gateway's own id of"),
        (["declined"], "--settle declined needs --reason (the support's case and answer)\n"),
    ],
)
def test_what_a_word_lacks_is_named_at_once(
    options: list[str], said: str, cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    status, _, err = typed(cloud, capsys, "T-1", "--settle", *options)
    assert (status, said in err) == (2, True)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            ["--reason", f"paid with {CARD}", "--reference", "ch_1"],
            "error: --reason holds card data and was not sent. Leave the card out; the support's case is enough\n",
        ),
        (
            ["--reason", "case 7", "--reference", CARD],
            "error: --reference holds card data and was not sent. Pass the gateway's own id of the charge; "
            "if that looks like a card number, the support's case\n",
        ),
    ],
)
def test_card_data_in_a_word_names_its_option(
    options: list[str], said: str, cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed(cloud, capsys, "T-1", "--settle", "completed", *options) == (1, "", said)


def test_who_may_not_read_gets_one_line_with_the_way_out(cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    cloud.stack()
    cloud.denies_reading(
        "User: arn:aws:iam::123456789012:user/ben is not authorized to perform: dynamodb:GetItem on resource: "
        "arn:aws:dynamodb:eu-west-2:123456789012:table/dynamodb-transactions-dev because no identity-based policy "
        "allows the dynamodb:GetItem action"
    )
    assert typed(cloud, capsys, "T-1") == (
        1,
        "",
        "error: access denied reading the payment T-1 in dev (User "
        "arn:aws:iam::123456789012:user/ben is not authorized to perform dynamodb:GetItem on resource "
        "arn:aws:dynamodb:eu-west-2:123456789012:table/dynamodb-transactions-dev because no identity-based policy "
        "allows the dynamodb:GetItem action). The caller needs the permissions that "
        "`payflow policy --env dev operator` prints\n",
    )


def test_a_function_that_fails_is_one_line_with_the_id_and_the_environment(
    cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    cloud.stack()
    cloud.reads(sent(stored("UNKNOWN")))
    cloud.definition()
    cloud.caller()
    cloud.invoked({"errorMessage": "the row has no fact: look at the row"})
    status, out, err = typed(cloud, capsys, "T-1", "--ask")
    assert (status, out) == (1, "")
    assert err.endswith(
        "function:lambda-payment-processing-dev:live failed for T-1 (the row has no fact, look at the row). "
        "Nothing is charged; `payflow payment --env dev T-1` shows its row\n"
    )


@pytest.mark.parametrize(
    ("status", "remedy"),
    [
        ("VALIDATED", "`payflow run --env dev --again --id T-1` goes on"),
        (
            "REJECTED",
            "It was refused; a corrected payment may be sent under this id with `payflow run --env dev`",
        ),
    ],
)
@pytest.mark.parametrize("options", [["--ask"], ["--settle", "declined", "--reason", "case 7", "--yes"]])
def test_a_payment_that_was_not_sent_is_not_asked_about(
    status: str, remedy: str, options: list[str], cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    cloud.stack()
    cloud.reads(stored(status))
    said = f"error: nothing was sent to the gateway for T-1 ({status}). {remedy}\n"
    assert typed(cloud, capsys, "T-1", *options) == (1, "", said)


def test_a_word_that_comes_too_early_gets_the_time_to_try_again(
    cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    cloud.stack()
    cloud.reads(sent(stored("UNKNOWN")))
    cloud.definition()
    cloud.caller()
    early = {"refused": "the charge may still arrive at the gateway", "said": "NOT_FOUND", "not_before": NOT_BEFORE}
    word = {"says": "not-charged", "reference": "", "reason": "case 7"}
    cloud.invoked({"outcome": "UNKNOWN", "told": False, **early}, step="settle", word=word)
    assert typed(cloud, capsys, "T-1", "--settle", "not-charged", "--reason", "case 7", "--yes") == (
        1,
        "",
        "error: T-1 was not settled, because the charge may still arrive at the gateway. "
        f"Wait until {NOT_BEFORE}, then `payflow payment --env dev T-1 --ask`\n",
    )


@pytest.mark.parametrize("arguments", [["payment", "T-1"], ["forget", "T-1"], ["run", "--again", "--id", "T-1"]])
def test_a_payment_that_is_not_there_has_one_text(
    arguments: list[str], cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    cloud.stack()
    if arguments[0] == "forget":
        cloud.caller()
    if arguments[0] == "run":
        cloud.no_execution()
    cloud.reads(None)
    assert main.main([*arguments, "--env", "dev"], always(cloud)) == 1
    said = "error: there is no payment T-1 in dev. Check the id and the environment\n"
    assert capsys.readouterr() == ("", said)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("payflow-" + "0" * 48, "This is a key of the gateway. `payflow payments --env dev --open` lists it with"),
        ("ch_3Nx", "This is a gateway's reference. The charge at the gateway has the id"),
        ("arn:aws:states:eu-west-2:1:execution:m:T-1", "This is an execution. Its input has the id"),
        ("again-2-" + "a" * 64, "This is an execution. Its input has the id"),
    ],
)
def test_another_name_of_a_payment_gets_the_way_to_its_id(
    name: str, said: str, cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    cloud.stack()
    cloud.reads(None, name)
    status, _, err = typed(cloud, capsys, name)
    assert (status, err.startswith(f"error: there is no payment {name} in dev. {said}"), err.count("\n")) == (
        1,
        True,
        1,
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ["payment", "T-1"], ["payment", "T-1", "--ask"], ["payments", "--open"], ["forget", "T-1"],
        ["restored", "--since", "2026-01-01T00:00:00Z"], ["run", "--again", "--id", "T-1"],
        ["run", json.dumps(PAYMENT)], ["outputs"], ["status"], ["diagnose"], ["drift"],
    ],
)  # fmt: skip
def test_an_environment_that_is_not_there_has_one_text(
    arguments: list[str], cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    cloud.no_stack()
    assert main.main([*arguments, "--env", "dev"], always(cloud)) == 1
    said = "there is no stack payflow-dev in eu-west-2: check the environment and the region, or deploy it"
    first, *notes = capsys.readouterr().err.removeprefix("error: ").splitlines()
    assert first == said
    assert bool(notes) is (arguments == ["status"])  # what it could not look up


@pytest.mark.parametrize("arguments", [["forget", CARD], ["run", "--again", "--id", CARD]])
def test_every_command_refuses_a_card_number_as_id_with_one_text(
    arguments: list[str], cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.main([*arguments, "--env", "dev"], always(cloud)) == 1
    said = "error: the id holds card data and was not looked up. Use the payment's transaction_id, not the card\n"
    assert capsys.readouterr() == ("", said)


def test_an_id_that_payflow_toml_exempts_is_looked_up(
    cloud: Cloud, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = f"PAY{CARD}"
    assert typed(cloud, capsys, name)[0] == 1
    parameters = 'parameters = { CardSearchExemptions = "transaction_id=PAY[0-9]{16}" }'
    (tmp_path / "payflow.toml").write_text(f"[environments.dev]\n{parameters}\n")
    cloud.stack()
    cloud.reads(None, name)
    assert f"there is no payment {name}" in typed(cloud, capsys, name)[2]


@pytest.mark.parametrize(
    ("options", "before", "may"),
    [
        (["--ask"], "invoke", "the gateway may have been asked, and its answer recorded for T-1, and its notice sent"),
        (
            ["--settle", "declined", "--reason", "case 7", "--yes"],
            "invoke",
            "your word may have been recorded for T-1, and its notice sent",
        ),
        (["--ask"], "read", "the gateway may have been asked, and its answer recorded for T-1, and its notice sent"),
    ],
)
def test_ctrl_c_after_the_request_prints_what_may_have_happened(
    options: list[str], before: str, may: str, cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    cloud.stack()
    cloud.reads(sent(stored("UNKNOWN")))
    cloud.definition()
    cloud.caller()
    if before == "read":
        cloud.invoked({"outcome": "UNKNOWN", "told": False, "refused": "", "said": "SILENT", "not_before": ""})
    cloud.stopped("lambda" if before == "invoke" else "dynamodb", after=0 if before == "invoke" else 1)
    status, out, err = typed(cloud, capsys, "T-1", *options)
    assert (status, out) == (5, "")
    assert err == f"\nstopped: {may}. `payflow payment --env dev T-1` shows it\n"


def test_ctrl_c_before_the_request_only_stops(cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    cloud.stack()
    cloud.stopped("dynamodb")
    assert typed(cloud, capsys, "T-1", "--ask") == (1, "", "\nstopped\n")


@pytest.mark.parametrize(
    ("word", "said", "status", "result", "line"),
    [
        (
            "declined",
            "SUCCEEDED",
            "COMPLETED",
            {"gateway_reference": "sim-1"},
            "the gateway says that it charged (sim-1): recorded COMPLETED; your word was not recorded",
        ),
        (
            "completed",
            "SUCCEEDED",
            "COMPLETED",
            {"gateway_reference": "sim-1"},
            "the gateway says that it charged (sim-1): recorded COMPLETED; your word agrees, and was not recorded",
        ),
        (
            "completed",
            "DECLINED",
            "DECLINED",
            {"decline_code": "do_not_honor"},
            "the gateway says that it declined (do_not_honor): recorded DECLINED; your word was not recorded",
        ),
    ],
)
def test_a_word_that_the_gateway_s_answer_replaces_gets_what_was_recorded(
    word: str,
    said: str,
    status: str,
    result: dict[str, str],
    line: str,
    cloud: Cloud,
    capsys: pytest.CaptureFixture[str],
) -> None:
    cloud.stack()
    cloud.reads(sent(stored("UNKNOWN")))
    cloud.definition()
    cloud.caller()
    answer = {"outcome": status, "told": True, "refused": "the gateway itself says so", "said": said, "result": result}
    given = {"says": word, "reference": "ch_1", "reason": "case 7"}
    cloud.invoked(answer, step="settle", word=given)
    options = ["--settle", word, "--reference", "ch_1", "--reason", "case 7", "--yes"]
    shows = "`payflow payment --env dev T-1` shows its status"
    assert typed(cloud, capsys, "T-1", *options) == (1, "", f"error: {line}. {shows}\n")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--reason", "x" * 201, "--reference", "r"], "--reason has 201 characters, the limit is 200"),
        (["--reason", "r", "--reference", "x" * 256], "--reference has 256 characters, the limit is 255"),
    ],
)
def test_a_word_that_is_too_long_is_refused_before_the_question(
    options: list[str], said: str, cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, err = typed(cloud, capsys, "T-1", "--settle", "completed", *options)
    assert (status, out, err.splitlines()[-1]) == (2, "", f"Error: {said}")


def test_a_contradicted_payment_shows_what_contradicts_it(cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    at = "2026-11-25T11:00:00.000Z"
    told = {"told_status": "DECLINED", "told_at": "then"}
    item = stored("DECLINED", contradicted_at=at, contradicting_reference="sim-2", **told)
    entry = {"at": {"S": at}, "status": {"S": "DECLINED"}, "note": {"S": "gateway: SUCCEEDED"}}
    item["history"] = {"L": [{"M": entry}]}
    shown(cloud, item)
    assert line(typed(cloud, capsys, "T-1")[1], "contradicted") == f"SUCCEEDED, sim-2, {at}"
    shown(cloud, item)
    assert json.loads(typed(cloud, capsys, "T-1", "--json")[1])["contradiction"] == f"SUCCEEDED, sim-2, {at}"


@pytest.mark.slow
def test_an_ask_of_a_final_payment_prints_that_the_gateway_was_not_asked(
    cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    for options in ([], ["--json"]):
        cloud.stack()
        cloud.reads(stored("COMPLETED"))
        cloud.definition()
        cloud.caller()
        cloud.invoked({"outcome": "COMPLETED", "told": False, "refused": "", "said": "", "not_before": ""})
        cloud.reads(stored("COMPLETED"))
        cloud.life("SUCCEEDED")
        out = typed(cloud, capsys, "T-1", "--ask", *options)[1]
        why = "the gateway was not asked, because COMPLETED is final"
        assert (json.loads(out)["not_asked"] if options else line(out, "asked")) == why


def test_a_rejected_payment_shows_why(cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    result = {"status": "REJECTED", "errors": ["amount_missing: payment_amount is missing", "currency_invalid: x"]}
    shown(cloud, stored("REJECTED", result=json.dumps(result)), "SUCCEEDED")
    out = typed(cloud, capsys, "T-1")[1]
    assert line(out, "rejected") == "amount_missing: payment_amount is missing; currency_invalid: x"


@pytest.mark.parametrize(
    ("item", "word", "said"),
    [
        (stored("COMPLETED"), "declined", "the payment is COMPLETED. `payflow payment --env dev T-1` shows it"),
        (
            stored("DECLINED"),
            "declined",
            "the payment is DECLINED. Its notice was not sent: `payflow run --env dev --again --id T-1` sends it",
        ),
        (
            stored("FAILED", contradicted_at="then", told_status="FAILED"),
            "declined",
            "the payment is FAILED, and only the word not-charged settles what contradicts it. "
            "`payflow payment --env dev T-1` shows it",
        ),
    ],
)
def test_what_cannot_be_settled_is_refused_before_the_question(
    item: dict[str, Any], word: str, said: str, cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    cloud.stack()
    cloud.reads(item)
    options = ["--settle", word, "--reason", "case 7"]
    assert typed(cloud, capsys, "T-1", *options) == (1, "", f"error: T-1 was not settled, because {said}\n")


@pytest.mark.parametrize(
    ("word", "hint"),
    [("declined", " For a charge that the gateway does not know, the word is not-charged."), ("not-charged", "")],
)
def test_the_question_has_status_and_environment(
    word: str, hint: str, cloud: Cloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    cloud.stack()
    cloud.reads(sent(stored("UNKNOWN")))
    status, _, err = typed(cloud, capsys, "T-1", "--settle", word, "--reason", "case 7")
    question = f"Record T-1 (12.50 USD, UNKNOWN in dev) as {word}? It is final.{hint} [y/N]"
    assert (status, err.startswith(question)) == (1, True)


def test_yes_belongs_to_settle(cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    for options in ([], ["--ask"]):
        status, _, err = typed(cloud, capsys, "T-1", "--yes", *options)
        assert (status, err.splitlines()[-1]) == (2, "Error: --yes belongs to --settle, which alone asks a question")


@pytest.mark.parametrize("name", ["T 1", "x" * 129, "T\udcff", "T\x1b[2J", "T\n", "M\u00fcller", "a" * 9000 + CARD])
@pytest.mark.parametrize("arguments", [["payment"], ["payment", "--ask"], ["forget"], ["run", "--again", "--id"]])
def test_what_cannot_be_an_id_is_refused_before_a_look_up(
    arguments: list[str], name: str, cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    options = [f"--id={name}"] if "--id" in arguments else [name]
    assert main.main([*(each for each in arguments if each != "--id"), *options, "--env", "dev"], always(cloud)) == 2
    said = "error: this is not a payment id. An id has 1 to 128 visible ASCII characters, no spaces\n"
    assert capsys.readouterr() == ("", said)


@pytest.mark.parametrize(
    ("code", "status", "remedy"),
    [
        ("ValidationException", 400, "AWS does not take such a request: check the id, the environment and the region"),
        ("ThrottlingException", 400, "Try again; nothing is charged"),
        ("InternalServerError", 500, "Try again; nothing is charged"),
        ("ExpiredTokenException", 400, "Log in again, or choose other credentials (AWS_PROFILE), then try again"),
        (
            "UnrecognizedClientException",
            400,
            "Log in again, or choose other credentials (AWS_PROFILE), then try again; "
            "an opt-in region that the account has not enabled refuses right credentials in the same way",
        ),
    ],
)
def test_try_again_is_the_remedy_for_temporary_failures(
    code: str, status: int, remedy: str, cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    cloud.stack()
    cloud.stub("dynamodb").add_client_error("get_item", code, "no", http_status_code=status)
    status, _, err = typed(cloud, capsys, "T-1")
    assert (status, err.partition("(no). ")[2]) == (1, f"{remedy}\n")


def test_a_wrong_access_key_has_one_remedy_in_every_command(cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    code = "UnrecognizedClientException"
    for _ in range(2):
        cloud.stub("cloudformation").add_client_error("describe_stacks", code, "no")
    cloud.stub("stepfunctions").add_client_error("start_execution", code, "no")
    for arguments in (
        ["payment", "T-1", "--env", "dev"],
        ["payments", "--open", "--env", "dev"],
        ["run", "--machine-arn", MACHINE, json.dumps(PAYMENT)],
    ):
        assert main.main(arguments, always(cloud)) == 1
        assert "og in again, or choose other credentials (AWS_PROFILE), then try again" in capsys.readouterr().err


SETTLED = sent(stored("FAILED", settled_by="arn:ben", settled_reason="case 7", told_status="FAILED", told_at="then"))


def asked_about_a_word(cloud: Cloud, outcome: str, said: str) -> None:
    """The gateway's answer to an ask of a payment that a person settled as not charged."""
    cloud.stack()
    cloud.reads(SETTLED)
    cloud.definition()
    cloud.caller()
    cloud.invoked({"outcome": outcome, "told": True, "refused": "", "said": said, "not_before": ""})


def test_a_payment_that_a_person_settled_names_the_command_that_compares_it(
    cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    shown(cloud, SETTLED)
    out = typed(cloud, capsys, "T-1")[1]
    step = line(out, "now")
    assert step == (
        "nothing: it is settled, by a person; `payflow payment --env dev T-1 --ask` compares it with the gateway"
    )
    assert parsed_command(step).params["ask"] is True
    assert "settled by   arn:ben, case 7" in out
    shown(cloud, {**SETTLED, "compared_at": {"S": "later"}})
    assert line(typed(cloud, capsys, "T-1")[1], "now") == "nothing: it is settled"


def test_a_gateway_that_agrees_with_a_person_sends_nothing(cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    asked_about_a_word(cloud, "FAILED", "NOT_FOUND")
    cloud.reads(SETTLED)
    cloud.life("FAILED", more=FAILED)
    status, out, _ = typed(cloud, capsys, "T-1", "--ask")
    assert (status, line(out, "asked")) == (0, "the gateway has no such charge")


@pytest.mark.parametrize(
    ("said", "not_before", "remedy"),
    [
        ("PENDING", "", "Ask again later: `payflow payment --env dev T-1 --ask`"),
        ("PENDING", NOT_BEFORE, f"Wait until {NOT_BEFORE}, then `payflow payment --env dev T-1 --ask`"),
        (
            "NOT_FOUND",
            "",
            "When its support confirms that: `payflow payment --env dev T-1 --settle not-charged --reason TEXT`",
        ),
    ],
)
def test_a_refused_word_names_the_next_step(
    said: str, not_before: str, remedy: str, cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    cloud.stack()
    cloud.reads(sent(stored("UNKNOWN")))
    cloud.definition()
    cloud.caller()
    word = {"says": "declined", "reference": "", "reason": "case 7"}
    refusal = {"refused": "of a reason", "said": said, "not_before": not_before}
    cloud.invoked({"outcome": "UNKNOWN", "told": False, **refusal}, step="settle", word=word)
    _, _, err = typed(cloud, capsys, "T-1", "--settle", "declined", "--reason", "case 7", "--yes")
    assert err == f"error: T-1 was not settled, because of a reason. {remedy}\n"
