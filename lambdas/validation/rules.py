"""The rules for a readable payment: a list of plain functions, to which a platform team adds its own."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from payments import team
from payments.currencies import EXPONENTS
from payments.errors import ConfigurationError
from validation.fields import Submission
from validation.limits import Limit, LimitsError, read_table

HIGH_AMOUNT_RISK: Final = 30
BANK_TRANSFER_RISK: Final = 20
_NAMED: Final = 20


@dataclass(frozen=True, slots=True)
class Limits:
    """The parameters of the rules: the limit of each accepted currency, and the risk score that is refused."""

    table: Mapping[str, Limit]
    risk: int

    def of(self, submission: Submission) -> Limit | None:
        """Return the limit of the payment's currency, if it has one."""
        return self.table.get(submission.currency or "")


Rule = Callable[[Submission, Limits], str | None]


def read_limits(value: object) -> Limits:
    """Read `rules` of the payload (texts from template parameters); raise ConfigurationError on anything else."""
    given = value if isinstance(value, Mapping) else {}
    return _limits(str(given.get("limits", "")), str(given.get("risk_threshold", "")))


@lru_cache(maxsize=8)
def _limits(table: str, risk_threshold: str) -> Limits:
    """Parse both texts once: they are the same for every payment of an environment."""
    try:
        limits = Limits(table=read_table(table, EXPONENTS), risk=int(risk_threshold))
    except LimitsError as error:
        raise ConfigurationError(f"rules.limits has the row {error.row!r}", remedy=error.rule) from error
    except ValueError as error:
        raise ConfigurationError("rules.risk_threshold is not a whole number") from error
    if limits.risk <= 0:
        raise ConfigurationError("rules.risk_threshold must be more than zero")
    return limits


def risk_score(submission: Submission, limits: Limits) -> int:
    """Return 30 for an amount above the currency's high-risk step, plus 20 for a bank transfer."""
    limit, money = limits.of(submission), submission.money
    score = HIGH_AMOUNT_RISK if limit and money and money.amount > limit.high else 0
    return score + (BANK_TRANSFER_RISK if submission.payment_method == "bank_transfer" else 0)


def accepted_currency(submission: Submission, limits: Limits) -> str | None:
    """Refuse a currency without a limit."""
    if submission.currency is None or limits.of(submission):
        return None
    accepted = list(limits.table)
    more = f" and {len(accepted) - _NAMED} more" if len(accepted) > _NAMED else ""
    named = ", ".join(accepted[:_NAMED]) + more
    return f"currency_not_accepted: payments in {submission.currency} are not accepted; accepted are {named}"


def within_limit(submission: Submission, limits: Limits) -> str | None:
    """Refuse an amount above the currency's limit."""
    limit, money = limits.of(submission), submission.money
    if limit and money and money.amount > limit.amount:
        return f"amount_above_limit: payment_amount is more than the limit of {limit.amount:f} {money.currency}"
    return None


def below_risk_threshold(submission: Submission, limits: Limits) -> str | None:
    """Refuse a risk score that reaches the threshold."""
    if submission.risk_score >= limits.risk:
        return f"risk_too_high: risk score {submission.risk_score} reaches the threshold of {limits.risk}"
    return None


def team_rules(names: Iterable[str] = team.RULES) -> tuple[Rule, ...]:
    """Import the rules that a platform team added, each by "module:function"."""
    found = (each.partition(":") for each in names)
    return tuple(getattr(importlib.import_module(module), function) for module, _, function in found)


RULES: Final[tuple[Rule, ...]] = (accepted_currency, within_limit, below_risk_threshold, *team_rules())


def apply_rules(submission: Submission, limits: Limits, *, rules: tuple[Rule, ...] = RULES) -> Submission:
    """Return the submission with its risk score and the rules' refusals."""
    scored = replace(submission, risk_score=risk_score(submission, limits))
    found = tuple(fault for rule in rules if (fault := rule(scored, limits)))
    return replace(scored, refusals=found)
