"""Tests for validation.limits: a table has one form, its own currency's places, and one row for each currency."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payflow_cfn.config.settings import Settings
from payflow_cfn.stacks.root import parameters_of
from payments.currencies import EXPONENTS
from payments.money import Money, parse_amount
from validation.limits import Limit, LimitsError, read_table

PATTERN = parameters_of(Settings())["PaymentLimits"]["AllowedPattern"]


def test_each_currency_has_its_own_row_in_its_own_units() -> None:
    assert read_table("USD 10000 5000.5, JPY 1500000 750000,BHD 0.005 0.001", EXPONENTS) == {
        "USD": Limit(Decimal(10000), Decimal("5000.5")),
        "JPY": Limit(Decimal(1500000), Decimal(750000)),
        "BHD": Limit(Decimal("0.005"), Decimal("0.001")),
    }


@pytest.mark.parametrize(
    ("text", "row", "rule"),
    [
        ("", "", "a row is a currency"),
        ("10000", "10000", "a row is a currency"),
        ("USD 10000", "USD 10000", "a row is a currency"),
        ("USD 10000 5000,", "", "a row is a currency"),
        ("USD 10000 5000; EUR 9000 4500", "USD 10000 5000; EUR 9000 4500", "a row is a currency"),
        ("usd 10000 5000", "usd 10000 5000", "a row is a currency"),
        ("USD 1e4 5000", "USD 1e4 5000", "a row is a currency"),
        ("USD 010 5", "USD 010 5", "a row is a currency"),
        ("USD \u0661 1", "USD \u0661 1", "a row is a currency"),
        ("USD 10 5\n", "USD 10 5\n", "a row is a currency"),
        ("USD 10 5, XXX 10 5", "XXX 10 5", "XXX is not an ISO 4217 currency"),
        ("JPY 10.0 5", "JPY 10.0 5", "amounts in JPY have at most 0 decimal places"),
        ("USD 10 5.001", "USD 10 5.001", "amounts in USD have at most 2 decimal places"),
        ("USD 10 10.01", "USD 10 10.01", "the high-risk step is more than zero and at most the limit"),
        ("USD 10 0", "USD 10 0", "the high-risk step is more than zero and at most the limit"),
        ("USD 0 0", "USD 0 0", "the high-risk step is more than zero and at most the limit"),
        ("USD 10 5, EUR 10 5, USD 10 5", "USD 10 5", "keep one row for USD"),
        ("X" * 5000, "X" * 60, "a row is a currency"),
    ],
)
def test_a_wrong_table_names_the_row_and_the_rule(text: str, row: str, rule: str) -> None:
    with pytest.raises(LimitsError) as caught:
        read_table(text, EXPONENTS)
    assert caught.value.row == row
    assert caught.value.rule.startswith(rule)


@pytest.mark.parametrize("currency", EXPONENTS)
def test_the_largest_limit_of_every_currency_is_an_amount_that_a_payment_may_have(currency: str) -> None:
    places = EXPONENTS[currency]
    largest = "9" * 12 + (f".{'9' * places}" if places else "")
    limit = read_table(f"{currency} {largest} {largest}", EXPONENTS)[currency]
    assert parse_amount(largest, currency=currency).amount == limit.amount == limit.high
    for more in ("9" + largest, largest + ("9" if places else ".0")):
        with pytest.raises(LimitsError):
            read_table(f"{currency} {more} {largest}", EXPONENTS)


minors = st.integers(1, 10**12 - 1)
rows = st.tuples(st.sampled_from(sorted(EXPONENTS)), minors, minors)


@given(rows=st.lists(rows, min_size=1, max_size=5, unique_by=lambda row: row[0]), comma=st.sampled_from([",", ", "]))
def test_the_templates_pattern_takes_every_table_that_the_function_reads(
    rows: list[tuple[str, int, int]], comma: str
) -> None:
    amounts = {code: (Money(max(pair), code), Money(min(pair), code)) for code, *pair in rows}
    text = comma.join(f"{code} {limit.text} {step.text}" for code, (limit, step) in amounts.items())
    read = read_table(text, EXPONENTS)
    assert read == {code: Limit(limit.amount, step.amount) for code, (limit, step) in amounts.items()}
    assert re.fullmatch(PATTERN, text)


@given(text=st.text() | st.from_regex(PATTERN, fullmatch=True) | st.from_regex(r"[A-Z0-9 ,.]{0,40}", fullmatch=True))
def test_what_the_templates_pattern_refuses_the_function_refuses(text: str) -> None:
    try:
        read_table(text, EXPONENTS)
    except LimitsError:
        return
    assert re.fullmatch(PATTERN, text)
