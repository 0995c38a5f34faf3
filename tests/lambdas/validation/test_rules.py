"""Tests for validation.rules: limits are compared in Decimal, the risk score adds up, a team can add a rule."""

from __future__ import annotations

from decimal import Decimal

import pytest

from payments.errors import ConfigurationError
from validation.fields import Submission, read_submission
from validation.rules import RULES, Limits, apply_rules, read_limits


def judged(amount: str, *, method: str = "credit_card", limits: Limits | None = None) -> Submission:
    payment = {"transaction_id": "T", "payment_amount": amount, "payment_method": method, "customer_id": "C"}
    return apply_rules(read_submission(payment), limits or Limits())


@pytest.mark.parametrize(
    ("amount", "method", "score", "codes"),
    [
        ("5000.00", "credit_card", 0, []),
        ("5000.01", "credit_card", 30, []),
        ("10000.00", "debit_card", 30, []),
        ("10000.01", "digital_wallet", 30, ["amount_above_limit"]),
        ("1.00", "bank_transfer", 20, []),
        ("5000.00", "bank_transfer", 20, []),
        ("5000.01", "bank_transfer", 50, ["risk_too_high"]),
        ("10000.01", "bank_transfer", 50, ["amount_above_limit", "risk_too_high"]),
    ],
)
def test_the_limit_and_the_risk_at_their_edges(amount: str, method: str, score: int, codes: list[str]) -> None:
    submission = judged(amount, method=method)
    assert submission.risk_score == score
    assert [refusal.split(":")[0] for refusal in submission.refusals] == codes


def test_the_limits_come_as_texts_from_template_parameters() -> None:
    assert read_limits({"limit": "250.50", "risk_threshold": "20"}) == Limits(amount=Decimal("250.50"), risk=20)
    assert read_limits(None) == Limits(amount=Decimal(10000), risk=50)


@pytest.mark.parametrize(
    "rules",
    [
        {"limit": "x"},
        {"limit": "NaN"},
        {"limit": "0"},
        {"limit": "-1"},
        {"risk_threshold": "1.5"},
        {"risk_threshold": "0"},
    ],
)
def test_limits_that_are_no_numbers_stop_the_step(rules: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError):
        read_limits(rules)


def test_a_team_adds_a_rule_of_its_own() -> None:
    def no_wallets(submission: Submission, limits: Limits) -> str | None:
        return "no_wallets: not here" if submission.payment_method == "digital_wallet" else None

    payment = {"transaction_id": "T", "payment_amount": 1, "payment_method": "digital_wallet", "customer_id": "C"}
    submission = apply_rules(read_submission(payment), Limits(), rules=(*RULES, no_wallets))
    assert submission.refusals == ("no_wallets: not here",)
