"""One search for card data: what the functions refuse is in no name of an execution and in no notice."""

from __future__ import annotations

import base64
import json
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payflow_cfn.artifacts.shipped import load_shipped
from payflow_cfn.config.settings import Settings
from payflow_cfn.stacks import build_stacks
from payflow_cfn.workflow.payment_input import execution_name
from payments.card_data import holds_card_data, is_card_number

PAN = "4111111111111111"


def safe_id() -> Any:
    """The workflow's own expression for the id that a notice may show, compiled."""
    from jsonata import Jsonata

    template = build_stacks(Settings(), {"validation": "a", "processing": "b"})["workflow"].to_dict()
    plain = json.loads(json.dumps(template))["Resources"]
    (machine,) = [each for each in plain.values() if each["Type"] == "AWS::StepFunctions::StateMachine"]
    text = machine["Properties"]["Definition"]["States"]["RememberFacts"]["Assign"]["facts"]["transaction_id"]
    return Jsonata(text.removeprefix("{%").removesuffix("%}"))


EXPRESSION = safe_id()


def shown(transaction_id: Any) -> Any:
    frame = EXPRESSION.create_frame()
    frame.bind("input", {"transaction_id": transaction_id})
    return EXPRESSION.evaluate(None, frame)


@st.composite
def card_ids(draw: st.DrawFn) -> str:
    """Ids that hold a card number in some form, by letters of the ids that the workflow shows."""
    length, prefix = draw(st.sampled_from([(16, "4"), (16, "51"), (15, "37"), (14, "36"), (19, "62"), (12, "5018")]))
    body = draw(st.text("0123456789", min_size=20, max_size=20))
    start = (prefix + body)[: length - 1]
    number = next(start + last for last in "0123456789" if is_card_number(start + last))
    size = draw(st.sampled_from([1, 2, 4, 5, 8, 19]))
    marks = st.text("._:-", min_size=1, max_size=draw(st.sampled_from([1, 2, 8])))
    written = number[:size]
    for index in range(size, length, size):
        written += draw(marks) + number[index : index + size]
    padded = "0" * draw(st.integers(0, 3)) + written + draw(st.text("0123456789", max_size=4))
    encoded = draw(
        st.sampled_from(
            [padded, padded, base64.urlsafe_b64encode(written.encode()).decode().rstrip("="), written.encode().hex()]
        )
    )
    before, after = (
        draw(st.from_regex("([A-Za-z0-9][A-Za-z0-9._:-]{0,5})?", fullmatch=True)),
        draw(st.sampled_from(["", "-x"])),
    )
    return before + encoded + after


@given(card_ids() | st.from_regex("[A-Za-z0-9][A-Za-z0-9._:-]{0,63}", fullmatch=True) | st.text(max_size=70))
def test_what_the_functions_refuse_as_an_id_is_in_no_notice_and_no_name(transaction_id: str) -> None:
    if holds_card_data(transaction_id):
        assert shown(transaction_id) is None
        assert execution_name(transaction_id).startswith("sha256-")


@pytest.mark.parametrize(
    "transaction_id",
    ["4111--1111--1111--1111", "x4111--------1111._:-1111:1111", "NDExMTExMTExMTExMTExMQ", "0004111111111111111",
     "343131312d313131312d313131312d31313131", "CVV-123", "securitycode:123", "card_verification_value:1234"],
)  # fmt: skip
def test_these_ids_are_refused_hidden_and_hashed(transaction_id: str) -> None:
    assert holds_card_data(transaction_id)
    assert shown(transaction_id) is None
    assert execution_name(transaction_id).startswith("sha256-")


@pytest.mark.parametrize(
    "transaction_id",
    ["TXN-001", "order:2026.17", "20261129-001", "a6d2f2c3-5b0e-4b11-9a11-a1b2c3d4e5f6", "01J9ZXVYBK3RSTC5F8PQHWG6XN"],
)
def test_an_ordinary_id_is_in_the_notice(transaction_id: str) -> None:
    assert not holds_card_data(transaction_id)
    assert shown(transaction_id) == transaction_id


def test_a_callers_own_package_named_payments_is_neither_used_nor_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = type(sys)("payments")
    monkeypatch.setitem(sys.modules, "payments", theirs)
    monkeypatch.delitem(sys.modules, "payments.card_data")
    load_shipped.cache_clear()
    assert execution_name(PAN).startswith("sha256-")
    assert sys.modules["payments"] is theirs
    assert "payments.card_data" not in sys.modules
