"""Tests for payments.card_data: ordinary ids pass whatever their digits are, a card number in any dress does not."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.card_data import holds_card_data, holds_card_number, is_card_number, plain_text


def number_of(prefix: str, digits: str) -> str:
    return next(prefix + digits + last for last in "0123456789" if is_card_number(prefix + digits + last))


@given(st.uuids())
def test_no_uuid_is_a_card_number(value: object) -> None:
    letters = str(value)
    assert not holds_card_number(letters if any(each in "abcdef" for each in letters) else "")


@given(
    st.integers(946_684_800, 4_102_444_799),
    st.integers(0, 99_999),
    st.sampled_from(["%Y%m%d%H%M%S", "%Y%m%d-%H%M%S-", "%Y%m%d", "%Y-%m-%d %H-%M-%S T"]),
)
def test_no_id_that_begins_with_a_date_is_a_card_number(second: int, number: int, form: str) -> None:
    assert not holds_card_number(f"TXN-{datetime.fromtimestamp(second, UTC).strftime(form)}{number:05d}")


@given(
    prefix=st.sampled_from(["4", "51", "2221", "6011"]),
    digits=st.text("0123456789", min_size=15, max_size=15),
    separator=st.sampled_from([".", "_", "/", ":", "|", " . ", "--", "\u2022", "\u00b7", "\u200b", "\u2060"]),
    zero=st.sampled_from(["0", "\u0660", "\u06f0", "\u0966", "\uff10"]),
)
def test_a_card_number_is_found_with_any_one_separator_and_in_any_script(
    prefix: str, digits: str, separator: str, zero: str
) -> None:
    number = number_of(prefix, digits[: 15 - len(prefix)])
    written = separator.join(number[index : index + 4] for index in range(0, 16, 4))
    foreign = "".join(chr(ord(zero) + int(each)) if each.isdigit() else each for each in written)
    assert holds_card_number(plain_text(f"paid with {foreign}, thanks"))


@given(
    prefix=st.sampled_from(["4", "51", "2221", "6011", "62", "5018"]),
    body=st.text("0123456789", min_size=15, max_size=15),
    data=st.data(),
)
def test_a_number_printed_in_fours_is_found_whatever_marks_divide_it(
    prefix: str, body: str, data: st.DataObject
) -> None:
    number = number_of(prefix, body[: 15 - len(prefix)])
    marks = st.text(" -._:/|#*\t\n\u2013\u2022", min_size=1, max_size=8)
    written = number[:4]
    for index in range(4, 16, 4):
        written += data.draw(marks) + number[index : index + 4]
    assert holds_card_data(f"T {written} T")


@given(
    body=st.text("0123456789", min_size=14, max_size=14),
    before=st.sampled_from(["", "tok", "card:", "x/", "ab", "v1."]),
    divider=st.sampled_from(["", "-", " "]),
    form=st.sampled_from(["base64", "url", "hex", "percent"]),
)
def test_a_number_is_found_encoded_wherever_the_part_begins(body: str, before: str, divider: str, form: str) -> None:
    number = number_of("4", body)
    text = divider.join(number[index : index + 4] for index in range(0, 16, 4)).encode()
    encoded = {
        "base64": base64.b64encode(text).decode(),
        "url": base64.urlsafe_b64encode(text).decode().rstrip("="),
        "hex": text.hex(),
        "percent": "".join(f"%{each:02x}" for each in text),
    }[form]
    assert holds_card_data(before + encoded)


@pytest.mark.parametrize("length", [13, 14, 17, 19])
def test_a_number_behind_zeros_is_found_and_its_digits_elsewhere_are_not(length: int) -> None:
    assert holds_card_number("4111111111111111".zfill(length + 4)) is (length + 4 >= 16)
    assert not holds_card_number("9" + "4111111111111111".zfill(length + 4))


def test_coordinates_and_amounts_are_no_card_number() -> None:
    assert not holds_card_number("52.520008,13.404955")
    assert holds_card_number("52 520008 13 404955")
    assert is_card_number("5252000813404955")


def test_an_account_number_with_wrong_check_digits_is_searched() -> None:
    assert not holds_card_number("DE95 4111 1111 1111 1111 00")
    assert holds_card_number("DE13 4111 1111 1111 1111 00")


def test_a_number_after_a_plus_is_a_telephone_number_up_to_thirteen_digits() -> None:
    assert not holds_card_number("+49 1511 2345 603")
    assert not holds_card_number("+4222222222222")
    assert holds_card_number("4222222222222")
    assert holds_card_number("+378282246310005")
    assert holds_card_number("+4111111111111111")
    assert holds_card_number("+49 4111 1111 1111 1111")
