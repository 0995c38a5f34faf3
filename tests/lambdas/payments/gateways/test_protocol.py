"""Tests for payments.gateways.protocol and outcomes: the key comes from the id alone, every word has a meaning."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.gateways.outcomes import DECLINE_CODES, STATUS_OF, decline_code
from payments.gateways.protocol import ChargeStatus, idempotency_key
from payments.statuses import TRANSITIONS


@given(text=st.text())
def test_the_key_depends_on_the_id_alone_and_fits_every_gateway(text: str) -> None:
    key = idempotency_key(text)
    assert key == idempotency_key(text)
    assert re.fullmatch(r"payflow-[0-9a-f]{48}", key)
    assert key != idempotency_key(text + "x")


def test_every_answer_but_not_found_has_a_status_of_the_ledger() -> None:
    assert set(STATUS_OF) == set(ChargeStatus) - {ChargeStatus.NOT_FOUND}
    assert set(STATUS_OF.values()) <= set(TRANSITIONS)


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("lost_card", "lost_card"),
        ("odd", "generic_decline"),
        (None, "generic_decline"),
        ([], "generic_decline"),
        ("lost_card" * 100, "generic_decline"),
        ("theirs", "stolen_card"),
    ],
)
def test_a_decline_code_is_one_of_ours(word: object, code: str) -> None:
    assert decline_code(word, table={"theirs": "stolen_card"}) == code
    assert code in DECLINE_CODES
