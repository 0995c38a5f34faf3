"""Tests for payments.exemptions: each entry is a field and a bounded pattern, and anything else is named."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.exemptions import LARGEST_TEXT, ExemptionsError, is_exempt, read_exemptions

ORDER = "metadata.order_number=[0-9]{3}-[0-9]{7}-[0-9]{7}"


def test_the_whole_value_has_the_form() -> None:
    known = read_exemptions(f" {ORDER} ; transaction_id = PAY[0-9A-F]{{2,4}};")
    assert is_exempt(known, "metadata.order_number", "302-1234567-1234567")
    assert not is_exempt(known, "metadata.order_number", "302-1234567-12345678")
    assert not is_exempt(known, "metadata.order_number", "302-1234567-1234567\n")
    assert not is_exempt(known, "order_number", "302-1234567-1234567")
    assert [is_exempt(known, "transaction_id", "PAY" + "A" * count) for count in range(1, 6)] == [
        *(False, True, True, True, False)
    ]


def test_a_mark_is_itself_and_a_field_may_have_two_forms() -> None:
    known = read_exemptions("x=a.b+c; x=#[0-9]{2}")
    assert [is_exempt(known, "x", text) for text in ("a.b+c", "#12", "aXb+c", "a.bbc")] == [True, True, False, False]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("metadata", "FIELD=PATTERN"),
        ("=a", "FIELD=PATTERN"),
        ("a=", "FIELD=PATTERN"),
        ("a..b=c", "FIELD=PATTERN"),
        ("a[]=c", "FIELD=PATTERN"),
        ("a=(b+)+", "a pattern has letters"),
        ("a=.*", "a pattern has letters"),
        ("a=b|c", "a pattern has letters"),
        ("a=[^0-9]", "a pattern has letters"),
        ("a=[ -~]", "a pattern has letters"),
        ("a=[0-9]{1,}", "a pattern has letters"),
        ("a=\\d", "a pattern has letters"),
        ("a=\u0664", "a pattern has letters"),
        ("a=[9-0]", "from the smaller to the larger"),
        ("a=b{5,2}", "from the smaller to the larger"),
        ("a=b{0}", "more than zero"),
        ("a=b{129}", "at most 128 characters"),
        ("a=b{1,2}c{1,2}d{1,2}", "two counts"),
        ("payment_amount=[0-9]{16}", "payment_amount is not an id"),
        ("transaction_id=[0-9]{16}", "has a letter"),
        ("customer_id=[0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]{4}", "has a letter"),
        ("transaction_id=[A-Z][0-9]{16}", "has a letter"),
        ("transaction_id=P{0,1}[0-9]{16}", "has a letter"),
        (";".join(["a=b"] * 21), "at most 20 entries"),
        ("a=" + "b" * LARGEST_TEXT, "at most 2000 characters"),
    ],
)
def test_another_form_is_refused_with_the_rule(text: str, rule: str) -> None:
    with pytest.raises(ExemptionsError) as raised:
        read_exemptions(text)
    assert rule in raised.value.rule


@given(st.text("ab09[]{},-=;. ()*+|^$\\", max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        read_exemptions("a=" + text)
    except ExemptionsError:
        return
