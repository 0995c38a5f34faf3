"""Tests for payments.money: what an amount may look like, and that none is ever rounded."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from payments.currencies import EXPONENTS
from payments.money import AmountError, Money, parse_amount

CURRENCIES = st.sampled_from(sorted(EXPONENTS))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("100.50", "100.50"),
        ("0.01", "0.01"),
        ("10000.00", "10000.00"),
        (5, "5.00"),
        (100.5, "100.50"),
        ("30.4", "30.40"),
        (30.4, "30.40"),
        (0.1, "0.10"),
        ("1", "1.00"),
        (1000.0, "1000.00"),
    ],
)
def test_a_plain_amount_is_read_exactly(value: object, text: str) -> None:
    assert parse_amount(value, currency="USD").text == text


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("30.405", "amount_places"),
        (30.405, "amount_places"),
        ("1e3", "amount_invalid"),
        (1e22, "amount_invalid"),
        (1e-7, "amount_invalid"),
        ("NaN", "amount_invalid"),
        (float("nan"), "amount_invalid"),
        ("Infinity", "amount_invalid"),
        (float("inf"), "amount_invalid"),
        (float("-inf"), "amount_invalid"),
        (True, "amount_invalid"),
        (False, "amount_invalid"),
        ("1_000", "amount_invalid"),
        (" 12 ", "amount_invalid"),
        ("12\n", "amount_invalid"),
        ("\u0661\u0662", "amount_invalid"),
        ("\uff11\uff12", "amount_invalid"),
        ("-0", "amount_invalid"),
        (-0.0, "amount_invalid"),
        (0.1 + 0.2, "amount_invalid"),
        (json.loads("123456789012345.68"), "amount_invalid"),
        (json.loads("99999999999999.999"), "amount_invalid"),
        (json.loads("9007199254740993"), "amount_invalid"),
        (-5, "amount_invalid"),
        ("+5", "amount_invalid"),
        ("", "amount_invalid"),
        (None, "amount_invalid"),
        ({"v": 1}, "amount_invalid"),
        ([1], "amount_invalid"),
        ("9" * 39, "amount_invalid"),
        ("90071992547409.92", "amount_invalid"),
        (90071992547410, "amount_invalid"),
        (10**4000, "amount_invalid"),
        ("1,000", "amount_invalid"),
        (".5", "amount_invalid"),
        ("5.", "amount_invalid"),
        ("007", "amount_invalid"),
        ("0x10", "amount_invalid"),
        ("0", "amount_not_positive"),
        ("0.00", "amount_not_positive"),
        (0, "amount_not_positive"),
        ("1" * 300_000, "amount_invalid"),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_anything_else_is_refused_by_its_rule(value: object, code: str) -> None:
    with pytest.raises(AmountError) as caught:
        parse_amount(value, currency="USD")
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("value", "currency", "minor", "text"),
    [
        ("500", "JPY", 500, "500"),
        ("90071992547409.91", "USD", 2**53 - 1, "90071992547409.91"),
        ("1.234", "BHD", 1234, "1.234"),
        ("1.2", "KWD", 1200, "1.200"),
        (7, "EUR", 700, "7.00"),
    ],
)
def test_the_currency_decides_the_places(value: object, currency: str, minor: int, text: str) -> None:
    money = parse_amount(value, currency=currency)
    assert (money.minor, money.text) == (minor, text)


def test_the_currencies_are_those_in_which_somebody_pays_today() -> None:
    assert len(EXPONENTS) == 155
    withdrawn = {"BGN", "HRK", "CUC", "SLL", "ZWL", "ANG", "VEF", "STD", "MRO", "BYR", "LTL", "LVL", "EEK"}
    funds_and_metals = {"XAU", "XDR", "XXX", "XTS", "CHE", "CHW", "CLF", "COU", "MXV", "USN", "UYI", "UYW", "BOV"}
    assert not (withdrawn | funds_and_metals) & set(EXPONENTS)


@pytest.mark.parametrize(("value", "currency"), [("500.0", "JPY"), ("1.2345", "BHD"), ("0.001", "EUR")])
def test_more_places_than_the_currency_has_are_refused(value: str, currency: str) -> None:
    with pytest.raises(AmountError, match=f"places of {currency}"):
        parse_amount(value, currency=currency)


@given(minor=st.integers(1, 2**53 - 1), currency=CURRENCIES)
def test_the_text_of_an_amount_reads_back_as_the_same_amount(minor: int, currency: str) -> None:
    most = 10 ** (15 + EXPONENTS[currency]) - 1  # fifteen digits before the point
    money = Money(minor=min(minor, most), currency=currency)
    assert parse_amount(money.text, currency=currency) == money
    assert Decimal(money.text) == money.amount


@given(minor=st.integers(1, 10**12))
def test_a_json_number_is_the_amount_that_its_text_says(minor: int) -> None:
    text = Money(minor=minor, currency="USD").text
    assert parse_amount(float(text), currency="USD").text == text


@given(whole=st.integers(0, 10**17), places=st.integers(1, 6), currency=CURRENCIES)
@example(whole=12_499_999_999_999_999, places=4, currency="AED")
def test_a_json_number_is_charged_exactly_as_it_was_written_or_refused(whole: int, places: int, currency: str) -> None:
    written = f"{Decimal(whole).scaleb(-places):f}"
    try:
        money = parse_amount(json.loads(written), currency=currency)
    except AmountError:
        return
    # Fifteen digits are exact. Of more, reading and printing may lose half a double's spacing each: together, below
    # 10**15 minor units, 2**-52 of the amount, under a quarter of a minor unit.
    off = abs(money.amount - Decimal(written))
    assert off == 0 if whole < 10**15 else off < Decimal(1).scaleb(-EXPONENTS[currency]) / 4


@given(value=st.text(max_size=40) | st.floats() | st.integers() | st.booleans() | st.none(), currency=CURRENCIES)
def test_what_is_accepted_has_the_input_s_exact_value(value: object, currency: str) -> None:
    try:
        money = parse_amount(value, currency=currency)
    except AmountError:
        return
    assert money.amount == Decimal(value if isinstance(value, str) else repr(value))
    assert money.minor > 0
