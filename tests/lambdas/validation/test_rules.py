"""Tests for validation.rules: limits hold in the payment's currency, the risk score adds up, a team can add a rule."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.bounds import ERROR_LENGTH
from payments.currencies import EXPONENTS
from payments.errors import ConfigurationError
from payments.money import Money
from validation.fields import Submission, read_submission
from validation.rules import RULES, Limits, apply_rules, read_limits

DESCRIBED = "USD 10000 5000"


def limits(table: str = DESCRIBED, threshold: str = "50") -> Limits:
    return read_limits({"limits": table, "risk_threshold": threshold})


def judged(amount: str, *, table: str = DESCRIBED, **facts: str) -> Submission:
    payment = {"transaction_id": "T", "payment_amount": amount, "payment_method": "credit_card", "customer_id": "C"}
    return apply_rules(read_submission({**payment, **facts}), limits(table))


def codes(submission: Submission) -> list[str]:
    return [refusal.split(":")[0] for refusal in submission.refusals]


@pytest.mark.parametrize(
    ("amount", "method", "score", "found"),
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
def test_the_limit_and_the_risk_at_their_edges(amount: str, method: str, score: int, found: list[str]) -> None:
    submission = judged(amount, payment_method=method)
    assert submission.risk_score == score
    assert codes(submission) == found


def assert_edges(currency: str, step: int, limit: int) -> None:
    """The step adds to the risk, and the limit refuses, one minor unit above."""

    def paid(minor: int) -> Submission:
        table = f"USD 1 1, {row}" if currency != "USD" else row
        return judged(Money(minor, currency).text, table=table, currency=currency)

    row = f"{currency} {Money(limit, currency).text} {Money(step, currency).text}"
    assert (paid(step).risk_score, paid(step + 1).risk_score) == (0, 30)
    assert (codes(paid(limit)), codes(paid(limit + 1))) == ([], ["amount_above_limit"])
    assert paid(limit + 1).refusals[0].endswith(f"the limit of {Money(limit, currency).text} {currency}")


@pytest.mark.parametrize("currency", EXPONENTS)
def test_every_currency_has_its_edges_at_its_own_minor_unit(currency: str) -> None:
    for step, limit in ((1, 2), (999, 1000), (500_000, 1_000_000), (1, 10**12 - 1), (10**12 - 2, 10**12 - 1)):
        assert_edges(currency, step, limit)


@given(data=st.data())
def test_every_limit_and_step_has_its_edges_at_the_minor_unit(data: st.DataObject) -> None:
    limit = data.draw(st.integers(2, 10**12 - 1))
    assert_edges(data.draw(st.sampled_from(sorted(EXPONENTS))), data.draw(st.integers(1, limit - 1)), limit)


def test_one_limit_is_never_the_limit_of_another_currency() -> None:
    table = "USD 10000 5000, VND 250000000 125000000, KWD 3000 1500"
    assert codes(judged("250000000", table=table, currency="VND")) == []
    assert codes(judged("3000.001", table=table, currency="KWD")) == ["amount_above_limit"]
    assert judged("125000001", table=table, currency="VND", payment_method="bank_transfer").risk_score == 50


def test_a_currency_without_a_row_is_refused_and_the_accepted_ones_are_named() -> None:
    submission = judged("1", currency="EUR", table="USD 10 5, JPY 10 5")
    assert submission.refusals == ("currency_not_accepted: payments in EUR are not accepted; accepted are USD, JPY",)
    assert codes(judged("1", table="EUR 10 5")) == ["currency_not_accepted"]  # without a currency it is in USD
    assert codes(judged("x", currency="EUR")) == ["currency_not_accepted"]


def test_a_currency_that_is_not_one_is_the_inputs_fault_alone() -> None:
    submission = judged("1", currency="EURO")
    assert ([each.split(":")[0] for each in submission.faults], submission.refusals) == (["currency_invalid"], ())


def test_the_text_about_a_currency_stays_bounded_with_every_other_one_accepted() -> None:
    table = ", ".join(f"{each} 10 5" for each in EXPONENTS if each != "EUR")
    (text,) = judged("1", currency="EUR", table=table).refusals
    assert len(text) <= ERROR_LENGTH
    assert text.endswith(f" and {len(EXPONENTS) - 21} more")


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        (None, "rules.limits has the row ''"),
        ({"limits": 10000, "risk_threshold": "50"}, "rules.limits has the row '10000'"),
        ({"limits": "USD 10 5, XYZ 1 1", "risk_threshold": "50"}, "rules.limits has the row 'XYZ 1 1': XYZ is not"),
        ({"limits": DESCRIBED}, "rules.risk_threshold is not a whole number"),
        ({"limits": DESCRIBED, "risk_threshold": "1.5"}, "rules.risk_threshold is not a whole number"),
        ({"limits": DESCRIBED, "risk_threshold": "0"}, "rules.risk_threshold must be more than zero"),
    ],
)
def test_rules_that_cannot_be_read_stop_the_step(rules: Any, said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_limits(rules)
    assert str(caught.value).startswith(said)


def test_a_team_adds_a_rule_of_its_own() -> None:
    def no_wallets(submission: Submission, limits: Limits) -> str | None:
        return "no_wallets: not here" if submission.payment_method == "digital_wallet" else None

    payment = {"transaction_id": "T", "payment_amount": 1, "payment_method": "digital_wallet", "customer_id": "C"}
    submission = apply_rules(read_submission(payment), limits(), rules=(*RULES, no_wallets))
    assert submission.refusals == ("no_wallets: not here",)
