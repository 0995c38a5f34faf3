"""The execution's name and the payment's facts: one for one payment, and never one for two."""

from __future__ import annotations

import json
import re
import shlex
from decimal import Decimal
from typing import Any

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from payflow_cfn.cli.command_hints import whole
from payflow_cfn.cli.main import cli
from payflow_cfn.errors import PaymentError, RunError
from payflow_cfn.workflow.payment_input import (
    again_name,
    amount_text,
    execution_name,
    is_payment_id,
    name_of,
    payment_command,
    payment_facts,
    read_input,
    run_again,
)
from payments.card_data import holds_card_data
from validation.fields import read_submission

PAYMENT = {"transaction_id": "t-1", "payment_amount": "10.00", "payment_method": "credit_card", "customer_id": "c"}


@pytest.mark.parametrize("transaction_id", ["a", "TXN-001", "a_b", "x" * 80])
def test_an_id_that_is_a_name_is_the_name(transaction_id: str) -> None:
    assert execution_name(transaction_id) == transaction_id


@pytest.mark.parametrize(
    "transaction_id", ["x" * 81, "a b", "a/b", "ä", "", "a\n", "sha256-" + "0" * 64, "no-id-1", "\ud800"]
)
def test_an_id_that_is_no_name_is_hashed(transaction_id: str) -> None:
    assert re.fullmatch(r"sha256-[0-9a-f]{64}", execution_name(transaction_id))


@pytest.mark.parametrize(
    "transaction_id",
    ["4111111111111111", "TXN-4111-1111-1111-1111", "x4111111111111111y", "pay_4111_1111_1111_1111", "378282246310005",
     "41111111111111111225", "4111--1111--1111--1111", "x-NDExMTExMTExMTExMTExMQ", "cvv-123"],
)  # fmt: skip
def test_a_card_number_is_never_in_a_name_since_names_are_in_logs_and_notices(transaction_id: str) -> None:
    assert re.fullmatch(r"sha256-[0-9a-f]{64}", execution_name(transaction_id))


@pytest.mark.parametrize(
    "transaction_id", ["TXN-20261126154859", "20261126-000128", "2611291548590001", "1732500000005", "4111111111111112"]
)
def test_a_date_or_another_long_number_is_a_name(transaction_id: str) -> None:
    assert execution_name(transaction_id) == transaction_id


@given(st.text(), st.text(), st.integers(2, 100))
def test_the_name_of_a_later_start_is_no_ids_name_and_fits(one: str, other: str, number: int) -> None:
    name = again_name(execution_name(one), number)
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,80}", name)
    assert execution_name(other) != name
    assert execution_name(name) != name
    assert (again_name(execution_name(other), number) == name) == (one == other)


@given(st.text(), st.text())
def test_two_ids_never_share_a_name(one: str, other: str) -> None:
    assert (execution_name(one) == execution_name(other)) == (one == other)


@given(st.text())
def test_no_id_gets_the_name_of_another_ids_hash(text: str) -> None:
    assert execution_name(execution_name(text)) != execution_name(text) or execution_name(text) == text


@given(st.text())
def test_a_name_is_one_that_step_functions_and_its_logs_take(text: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,80}", execution_name(text))


def test_an_input_without_an_id_has_a_name_of_its_own_that_no_id_gets() -> None:
    names = {name_of(each) for each in ({}, {"transaction_id": 5}, {"transaction_id": ""}, [1], None)}
    assert len(names) == 5
    assert not names & {execution_name(each) for each in names}


@pytest.mark.parametrize("amount", ["10", "10.0", "10.00", "010.000", 10, Decimal("10.0"), Decimal("1E+1")])
def test_one_amount_written_in_many_ways_is_one_fact(amount: object) -> None:
    assert payment_facts(PAYMENT | {"payment_amount": amount}) == payment_facts(PAYMENT)


@pytest.mark.parametrize("other", [
    {"payment_amount": "10.01"}, {"payment_amount": "1e1"}, {"payment_amount": None}, {"payment_amount": True},
    {"payment_amount": " 10"}, {"payment_method": "bank_transfer"}, {"customer_id": "d"}, {"currency": "EUR"},
    {"transaction_id": "t-2"},
])  # fmt: skip
def test_another_fact_is_another_payment(other: dict[str, object]) -> None:
    assert payment_facts(PAYMENT | other) != payment_facts(PAYMENT)


def test_the_default_currency_the_order_of_keys_and_metadata_are_no_facts() -> None:
    turned = dict(reversed(PAYMENT.items())) | {"currency": "USD", "metadata": {"note": "x"}}
    assert payment_facts(turned) == payment_facts(PAYMENT)


def test_a_currency_of_null_is_no_currency_as_the_workflow_reads_it() -> None:
    assert payment_facts(PAYMENT | {"currency": None}) == payment_facts(PAYMENT)
    assert payment_facts(PAYMENT | {"currency": ""}) != payment_facts(PAYMENT)


@pytest.mark.parametrize("number", ["100.10000000000000000001", "1E+2", "-0.50", "12345678901234567890", "1.0"])
def test_a_text_is_written_from_what_was_read_with_every_digit(number: str) -> None:
    text = f'{{"payment_amount": {number}, "metadata": [{{"a": null}}, [], {{}}, true, "x"]}}'
    assert read_input(text.replace(" ", "  \n"))[0] == text
    assert read_input(f"\ufeff{text}")[0] == text


@pytest.mark.parametrize(
    ("payment", "key"),
    [
        ('{"customer_id": "4111111111111111", "a": 1, "customer_id": "C-1"}', " customer_id"),
        ('{"customer_id": "x", "customer\\u005fid": "C-1"}', " customer_id"),
        ('{"metadata": [{"note": 1, "note": 1}]}', " note"),
        ('{"4111111111111111": 1, "4111111111111111": 2}', ""),
        ({1: "4111111111111111", "1": "x"}, " 1"),
    ],
)
def test_a_key_that_stands_twice_is_refused_with_its_name_without_card_data(payment: Any, key: str) -> None:
    with pytest.raises(PaymentError) as refused:
        read_input(payment)
    assert str(refused.value) == f"the payment has the key{key} twice in one object. Write each key once"


@pytest.mark.parametrize(
    ("payment", "said"),
    [
        ("[" * 100_000, "the payment is nested too deeply. Use at most 32 levels"),
        ("1" * 5000, "the payment is not JSON: a number has too many digits. Give one JSON object in UTF-8"),
        (
            "1e9999999999999999999",
            "the payment is not JSON: a number has too many digits. Give one JSON object in UTF-8",
        ),
        (
            '{"a": "\udcff"}',
            "the payment is not JSON: it holds bytes that are not UTF-8. Give one JSON object in UTF-8",
        ),
    ],
)
def test_what_the_interpreter_cannot_read_is_a_line_about_the_payment(payment: str, said: str) -> None:
    with pytest.raises(PaymentError) as refused:
        read_input(payment)
    assert str(refused.value) == said


def test_a_decimal_in_a_mapping_becomes_text_with_every_digit() -> None:
    assert json.loads(read_input({"payment_amount": Decimal("100.50")})[0]) == {"payment_amount": "100.50"}


NO_JSON = [
    "{",
    '{"a": NaN}',
    '{"a": Infinity}',
    {"a": float("nan")},
    {"a": object()},
    {"a": Decimal("NaN")},
    '"\ud800"',
]


@pytest.mark.parametrize("payment", [*NO_JSON, '"' + "x" * 262_143 + '"', "[" * 100_000])
def test_what_is_no_json_or_too_large_is_refused(payment: object) -> None:
    with pytest.raises(RunError):
        read_input(payment)  # type: ignore[arg-type]


def test_the_largest_input_passes() -> None:
    assert len(read_input('"' + "x" * 262_142 + '"')[0]) == 262_144


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        ("12.5", "USD", "12.50"), ("12", "USD", "12.00"), ("12.50", "USD", "12.50"), ("500", "JPY", "500"),
        ("1.5", "BHD", "1.500"), ("9007199254740991", "USD", "9007199254740991.00"), ("12.555", "USD", "12.555"),
        ("12.5", "XXX", "12.5"), ("12.5", "", "12.5"), ("no amount", "USD", "no amount"),
    ],
)  # fmt: skip
def test_a_stored_amount_is_written_with_its_currency_s_places(amount: str, currency: str, text: str) -> None:
    assert amount_text(amount, currency) == text


@given(st.text() | st.from_regex("[!-~]{100,140}", fullmatch=True))
@pytest.mark.slow
def test_an_id_is_what_the_functions_take(text: str) -> None:
    taken = read_submission({"transaction_id": text}).transaction_id is not None
    assert taken == (is_payment_id(text) and not holds_card_data(text))


@pytest.mark.parametrize("name", ["T-1", "-x", "--ask", "-", "--", "a'b", "$(x)"])
def test_a_printed_command_is_read_with_its_id(name: str) -> None:
    shown = read("payment", payment_command(name, "--settle", "declined", "--reason", "TEXT"))
    assert (shown["transaction_id"], shown["settle"], shown["reason"]) == (name, "declined", "TEXT")
    again = read("run", run_again(name))
    assert (again["transaction_id"], again["again"], again["payment"]) == (name, True, "-")


def read(command: str, text: str) -> dict[str, Any]:
    """The parameters of a printed command, as the shell and click read them after `whole`."""
    words = shlex.split(whole(text, {"--env": "dev"}).strip("`"))
    assert words[:2] == ["payflow", command]
    found = cli.get_command(click.Context(cli), command)
    assert found is not None
    return found.make_context(command, words[2:]).params
