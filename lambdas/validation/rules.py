"""What a readable payment must also satisfy: a list of plain functions, to which a platform team adds its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Final

from payments.errors import ConfigurationError
from validation.fields import Submission

HIGH_AMOUNT: Final = Decimal(5000)
HIGH_AMOUNT_RISK: Final = 30
BANK_TRANSFER_RISK: Final = 20


@dataclass(frozen=True, slots=True)
class Limits:
    """The parameters of the rules: the largest amount in the payment's currency, and the score that is refused."""

    amount: Decimal = Decimal(10000)
    risk: int = 50


Rule = Callable[[Submission, Limits], str | None]


def read_limits(value: object) -> Limits:
    """Read `rules` of the payload (texts from template parameters); raise ConfigurationError on anything else."""
    given = value if isinstance(value, Mapping) else {}
    try:
        limits = Limits(amount=Decimal(str(given.get("limit", 10000))), risk=int(str(given.get("risk_threshold", 50))))
    except (InvalidOperation, ValueError) as error:
        raise ConfigurationError("rules.limit or rules.risk_threshold is not a number") from error
    if not limits.amount.is_finite() or limits.amount <= 0 or limits.risk <= 0:
        raise ConfigurationError("rules.limit and rules.risk_threshold must be more than zero")
    return limits


def risk_score(submission: Submission) -> int:
    """Return 30 above 5000 plus 20 for a bank transfer."""
    score = HIGH_AMOUNT_RISK if submission.money and submission.money.amount > HIGH_AMOUNT else 0
    return score + (BANK_TRANSFER_RISK if submission.payment_method == "bank_transfer" else 0)


def within_limit(submission: Submission, limits: Limits) -> str | None:
    """Refuse an amount above the limit."""
    if submission.money and submission.money.amount > limits.amount:
        return f"amount_above_limit: payment_amount is more than the limit of {limits.amount:f}"
    return None


def below_risk_threshold(submission: Submission, limits: Limits) -> str | None:
    """Refuse a risk score that reaches the threshold."""
    if submission.risk_score >= limits.risk:
        return f"risk_too_high: risk score {submission.risk_score} reaches the threshold of {limits.risk}"
    return None


RULES: Final[tuple[Rule, ...]] = (within_limit, below_risk_threshold)


def apply_rules(submission: Submission, limits: Limits, *, rules: tuple[Rule, ...] = RULES) -> Submission:
    """Return the submission with its risk score and the rules' refusals."""
    scored = replace(submission, risk_score=risk_score(submission))
    found = tuple(fault for rule in rules if (fault := rule(scored, limits)))
    return replace(scored, refusals=found)
