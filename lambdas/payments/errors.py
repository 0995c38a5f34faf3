"""Technical faults that stop a step. Step Functions may retry them, because every step may be repeated."""

from __future__ import annotations


class PaymentsError(Exception):
    """A technical fault in one line: what, where and the remedy. It never holds a payment's own text."""

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(f"{message}: {remedy}" if remedy else message)


class ConfigurationError(PaymentsError):
    """The payload or the environment variables of the function cannot be used."""


class LedgerError(PaymentsError):
    """This step cannot use the payment's row in its present state; nothing was changed."""
