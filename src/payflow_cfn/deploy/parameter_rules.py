"""Read the root parameters that are tables, by the functions' own rules, before anything is sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from payflow_cfn.artifacts.shipped import load_shipped
from payflow_cfn.errors import SettingsError

EXEMPTIONS = "CardSearchExemptions"
LIMITS = "PaymentLimits"


def read_exemptions(text: str) -> Any:
    """The exemptions from the card search; SettingsError for an entry that the function would refuse."""
    rule = load_shipped("payments/exemptions.py")
    try:
        return rule.read_exemptions(text)
    except rule.ExemptionsError as error:
        raise _refused(EXEMPTIONS, f"entry {error.entry!r}", error.rule) from error


def read_limits(text: str) -> Any:
    """The limits by currency; SettingsError for a row that the function would refuse."""
    rule, places = load_shipped("validation/limits.py"), load_shipped("payments/currencies.py").EXPONENTS
    try:
        return rule.read_table(text, places)
    except rule.LimitsError as error:
        raise _refused(LIMITS, f"row {error.row!r}", error.rule) from error


def _refused(name: str, what: str, rule: str) -> SettingsError:
    return SettingsError(f"the parameter {name} has the {what}", remedy=rule, parameter=name)


RULES: Mapping[str, Callable[[str], Any]] = MappingProxyType({EXEMPTIONS: read_exemptions, LIMITS: read_limits})
