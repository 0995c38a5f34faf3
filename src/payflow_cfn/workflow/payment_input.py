"""A payment as an execution's input: its text, its facts, and the name that makes a repeat recognisable."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NoReturn

from payflow_cfn.artifacts.shipped import load_shipped
from payflow_cfn.errors import PaymentError

EXAMPLE = '{"transaction_id": "T-1", "payment_amount": "100.50", "payment_method": "credit_card", "customer_id": "C-1"}'
LONGEST_NAME = 80
# https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html#service-limits-task-executions
LARGEST_INPUT = 262_144

# Step Functions takes more characters than these, but CloudWatch can only log under ASCII names
# (https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html).
_PLAIN_NAME = re.compile(f"[A-Za-z0-9_-]{{1,{LONGEST_NAME}}}")
_HASHED = "sha256-"
_NAMELESS = "no-id-"
_AGAIN = "again-"
_AMOUNT = re.compile(r"[0-9]{1,40}(\.[0-9]{1,40})?")
_LARGEST_NUMBER = 10**40


def execution_name(transaction_id: str) -> str:
    """The execution's name for a transaction id: at most 80 characters, and never the same for two ids.

    An id that is a name already stays as it is; any other, and any that looks like a name made here, is hashed. So is
    one that holds card data by the functions' own search: they refuse it, but a name is in ARNs, logs and notices.
    """
    usable = _PLAIN_NAME.fullmatch(transaction_id) and not transaction_id.startswith((_HASHED, _NAMELESS, _AGAIN))
    if usable and not load_shipped("payments/card_data.py").holds_card_data(transaction_id):
        return transaction_id
    return _HASHED + _sha256(transaction_id)


def again_name(name: str, number: int) -> str:
    """The name of a payment's execution number `number` (from 2), after the first one's name; no id gets it."""
    return f"{_AGAIN}{number}-{_sha256(name)}"


def numbered_name(name: str, number: int) -> str:
    """The name of a payment's execution number `number`, from 1; `name` is the first one's."""
    return name if number == 1 else again_name(name, number)


def payment_facts(payment: Any) -> tuple[str, ...]:
    """The facts that make two inputs the same payment, in one form: "10.0" is "10.00", no currency is USD."""
    if not isinstance(payment, dict):
        return (_canonical(payment),)
    return (
        _canonical(payment.get("transaction_id")),
        _amount(payment.get("payment_amount")),
        _canonical("USD" if payment.get("currency") is None else payment["currency"]),
        _canonical(payment.get("payment_method")),
        _canonical(payment.get("customer_id")),
    )


def amount_text(amount: str, currency: str) -> str:
    """A stored amount with its currency's places, since DynamoDB drops zeros: "12.5" USD is "12.50".

    Any other value, and an amount in another currency or with more places than it, stays as it is.
    """
    places = load_shipped("payments/currencies.py").EXPONENTS.get(currency)
    if places is None or not _AMOUNT.fullmatch(amount):
        return amount
    text = f"{Decimal(amount):.{places}f}"
    return text if Decimal(text) == Decimal(amount) else amount


def _amount(value: Any) -> str:
    """One text for one amount, however it was written; any other value stays as it is."""
    text = value
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool) and abs(Decimal(value)) < _LARGEST_NUMBER:
        text = f"{value:f}"
    if not isinstance(text, str) or not _AMOUNT.fullmatch(text):
        return _canonical(value)
    return f"{Decimal(text):f}".rstrip("0").rstrip(".") if "." in text else text.lstrip("0")


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)


def read_input(payment: Mapping[str, Any] | str) -> tuple[str, Any]:
    """The input's text and its value, numbers exact; PaymentError for no JSON, or too much for Step Functions.

    A byte order mark, which editors on Windows put before a text, is not sent.
    """
    try:
        text = (
            payment.removeprefix("\ufeff")
            if isinstance(payment, str)
            else json.dumps(dict(payment), allow_nan=False, default=_as_text)
        )
        size = len(text.encode())
        if not text.strip():
            raise PaymentError(
                "no payment was given", remedy="pass one JSON object as the argument, or on standard input"
            )
        value = json.loads(text, parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, TypeError, RecursionError) as error:
        raise PaymentError(f"the payment is not JSON: {error}", remedy="give one JSON object in UTF-8") from error
    if size > LARGEST_INPUT:
        raise PaymentError(
            f"the payment has {size} bytes, Step Functions takes {LARGEST_INPUT}", remedy="shorten it", size=size
        )
    return text, value


def _as_text(value: Any) -> str:
    # An amount as text is what the contract prefers, and it is exact where a JSON number may not be.
    if isinstance(value, Decimal) and value.is_finite():
        return f"{value:f}"
    raise TypeError(f"{type(value).__name__} has no JSON form")


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def name_of(value: Any) -> str:
    """The execution's name for an input, also for one without a usable transaction id."""
    transaction_id = value.get("transaction_id") if isinstance(value, dict) else None
    if isinstance(transaction_id, str) and transaction_id:
        return execution_name(transaction_id)
    # No usable id: the workflow is what rejects it, so it has to get there; the same text again is the same attempt.
    return _NAMELESS + _sha256(_canonical(value))


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
