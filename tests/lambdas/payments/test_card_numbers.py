"""Tests for payments.card_numbers: ordinary ids pass whatever their digits are, a card number in any dress does not."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from payments.card_numbers import holds_card_number, is_card_number, plain_text


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


def test_an_account_number_with_wrong_check_digits_is_searched() -> None:
    assert not holds_card_number("DE86 3700 0000 0000 0000 07")
    assert holds_card_number("DE87 3700 0000 0000 0000 07")


def test_a_number_after_a_plus_is_a_telephone_number_up_to_fifteen_digits() -> None:
    assert not holds_card_number("+49 1511 2345 678")
    assert holds_card_number("49 1511 2345 678")
    assert holds_card_number("+4111111111111111")
