"""Tests for payments.privacy: card data is found wherever it hides, and clocks and ids are not taken for it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.card_data import is_card_number
from payments.exemptions import read_exemptions
from payments.privacy import refusal

PAN = "4111111111111111"


@pytest.mark.parametrize(
    "value",
    [
        PAN,
        "4111 1111 1111 1111",
        "4111-1111-1111-1111",
        "4111 - 1111 - 1111 - 1111",
        "pay with 12 4111111111111111 please",
        "x4111111111111111y",
        "4111\u00a01111\u00a01111\u00a01111",
        "4111\u20131111\u20131111\u20131111",
        "".join(chr(ord(digit) + 0xFEE0) for digit in PAN),
        "41111111111111111225",
        "4111.1111.1111.1111",
        "4111_1111_1111_1111",
        "(4111/1111/1111/1111)",
        "4111 \u2022 1111 \u2022 1111 \u2022 1111",
        "4111     1111     1111     1111",
        "3782.822463.10005",
        "4111\u200b1111\u200b1111\u200b1111",
        "4111\u00ad1111\u00ad1111\u00ad1111",
        "".join(chr(ord(digit) + 0x0630) for digit in PAN),
        "".join(chr(ord(digit) + 0x0936) for digit in PAN),
        "DE11 4111 1111 1111 1111",
        "41111111-1111-1111-4111-111111111111",
        "+49 4111 1111 1111 1111",
        "5555555555554444",
        "378282246310005",
        "6011111111111117",
        "4222222222222",
        int(PAN),
        float(PAN),
        -int(PAN),
        {"a": [{"b": {"c": PAN}}]},
        {PAN: 1},
        {"note": "my cvv is 123"},
        {"note": "CVC2: 1234"},
        {"cvv": "123"},
        {"CVV2": None},
        {"card_cvv_code": 123},
        {"cvn": "123"},
        {"CVD-2": "123"},
        {"note": "cvn: 123"},
        {"card-cvc": 1},
        {"Card Number": "x"},
        {"securityCode": "999"},
        {"track2": "?"},
        {"\uff43\uff56\uff56": "123"},
        "%B4111111111111111^DOE/JOHN^25121010000000000000?",
        ";4000000000000=25121011234567?",
    ],
    ids=lambda value: repr(value)[:40],
)
def test_card_data_is_found(value: object) -> None:
    assert refusal({"deep": [value]}) == "card_data"


@pytest.mark.parametrize(
    "value",
    [
        "TXN-001",
        1732500000005,
        "1732500000000000",
        "4111111111111112",
        "20261125-0000001234567",
        "0b5e3d0e-1111-4222-8333-444455556666",
        # Each of these holds 13 to 19 digits that pass Luhn's check.
        "TXN-20261126154859",
        "20261126-000128",
        "a6d2f2c3-5b0e-4411-4111-111111111111",
        "4111111111111111aaaaaaaaaaaaaaaa",
        "+4915112345678",
        "DE86 3700 0000 0000 0000 07",
        "2025-11-26 15:48:50.123456",
        "3500, 4200, 5100, 6004",
        {"customer_note": "cvvs are never asked for"},
        {"pandas": 1, "tracking": "1Z999AA10123456784", "company": "x"},
        100.5,
        "",
        None,
        True,
    ],
    ids=lambda value: repr(value)[:40],
)
def test_ids_clocks_and_words_pass(value: object) -> None:
    assert refusal({"metadata": value}) is None


@given(
    issued=st.sampled_from(
        ["4 13", "4 16", "4 19", "51 16", "2720 16", "34 15", "305 14", "36 18", "3589 17", "62 19"]
    ),
    digits=st.text("0123456789", min_size=18, max_size=18),
    separator=st.sampled_from(" -"),
)
@pytest.mark.slow
def test_every_number_with_luhn_s_digit_is_found_with_and_without_separators(
    issued: str, digits: str, separator: str
) -> None:
    prefix, length = issued.split()
    start = (prefix + digits)[: int(length) - 1]
    number = next(start + last for last in "0123456789" if is_card_number(start + last))
    printed = separator.join(number[index : index + 4] for index in range(0, len(number), 4))
    assert refusal([printed]) == "card_data"
    if length != "13" and start[:1] != "2":  # an article number, or a time, has the same digits
        assert refusal([number]) == "card_data"


CARD = {"metadata": {"kid": PAN, "items": [{"kid": PAN}], "other": "x"}, "transaction_id": "PAY" + PAN}


@pytest.mark.parametrize(
    ("exemptions", "why"),
    [
        ("", "card_data"),
        ("metadata.kid=[0-9]{16}", "card_data"),
        ("metadata.kid=[0-9]{16}; metadata.items.kid=[0-9]{16}", "card_data"),
        ("metadata.kid=[0-9]{16}; metadata.items.kid=[0-9]{16}; transaction_id=PAY[0-9]{16}", None),
        ("metadata.kid=[0-9]{15}; metadata.items.kid=[0-9]{16}; transaction_id=PAY[0-9]{16}", "card_data"),
        ("kid=[0-9]{16}; items.kid=[0-9]{16}; transaction_id=PAY[0-9]{16}", "card_data"),
    ],
)
def test_an_id_of_a_known_form_passes_in_its_field_and_nowhere_else(exemptions: str, why: str | None) -> None:
    assert refusal(CARD, read_exemptions(exemptions)) == why


def test_a_number_is_compared_as_its_text_and_a_key_is_never_exempt() -> None:
    known = read_exemptions("metadata.kid=[0-9]{16}")
    assert refusal({"metadata": {"kid": int(PAN)}}, known) is None
    assert refusal({"metadata": {"kid": {PAN: 1}}}, known) == "card_data"
    assert refusal({"metadata": {"kid": PAN + " "}}, known) == "card_data"


@pytest.mark.parametrize("value", [["4111", 1111, "1111", 1111], {"a": "3782", "b": "822463", "c": "10005"}])
def test_printed_groups_in_a_list_or_an_object_are_one_number(value: object) -> None:
    assert refusal({"deep": [value]}) == "card_data"


@pytest.mark.parametrize("value", [["41111111", "11111111"], ["4111", "1111", "1111", "1111", ""], [], [PAN[:-1]]])
def test_other_lists_of_digits_are_not_joined(value: object) -> None:
    assert refusal({"deep": [value]}) is None


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ({"note": "x" * 300_000}, "too_large"),
        ({"x" * 9_000: 1}, "too_large"),
        ([1] * 6_000, "too_large"),
        (["x" * 8_000] * 9, "too_large"),
        (nested(100_000), "too_deep"),
        ({"a": "\ud800"}, "not_unicode"),
        ({"\udfff": 1}, "not_unicode"),
        (nested(20), None),
        ({"a": 10**5000}, None),
    ],
    ids=["text", "key", "nodes", "total", "depth", "surrogate", "surrogate key", "fine", "huge number"],
)
def test_what_cannot_be_searched_is_refused_as_a_whole(value: object, why: str | None) -> None:
    assert refusal(value) == why
