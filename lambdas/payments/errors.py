"""What stops a step: technical faults that Step Functions may retry because every step may be repeated."""

from __future__ import annotations


class PaymentsError(Exception):
    """A technical fault: one line that says what, where and the remedy; never a payment's own text."""

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(f"{message}: {remedy}" if remedy else message)


class ConfigurationError(PaymentsError):
    """The payload or the environment that the template gives to the function is not usable."""


class LedgerError(PaymentsError):
    """The payment's row is not what this step may work on; nothing was changed."""
