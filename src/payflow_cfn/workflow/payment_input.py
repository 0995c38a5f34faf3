"""A payment as an execution's input: its text, its facts, and the name that makes a repeat recognisable."""

from __future__ import annotations

import hashlib
import json
import re
import shlex
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NoReturn

from payflow_cfn.artifacts.shipped import load_shipped
from payflow_cfn.errors import PaymentError
from payflow_cfn.text import one_line

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
_ID = re.compile("[!-~]{1,128}")
_AMOUNT = re.compile(r"[0-9]{1,40}(\.[0-9]{1,40})?")
_LARGEST_NUMBER = 10**40


def is_payment_id(text: str) -> bool:
    """Whether the functions take the text as an id: 1 to 128 visible ASCII characters (validation.fields)."""
    return _ID.fullmatch(text) is not None


def execution_name(transaction_id: str) -> str:
    """The execution's name for a transaction id: at most 80 characters, and never the same for two ids.

    An id that is a valid name is used unchanged. Any other id is hashed, and so is one that looks like a name made
    here, or one in which the functions' own search finds card data: a name is in ARNs, logs and notices.
    """
    usable = _PLAIN_NAME.fullmatch(transaction_id) and not transaction_id.startswith((_HASHED, _NAMELESS, _AGAIN))
    if usable and not load_shipped("payments/card_data.py").holds_card_data(transaction_id):
        return transaction_id
    return _HASHED + _sha256(transaction_id)


def again_name(name: str, number: int) -> str:
    """The name of a payment's execution number `number` (from 2), made from the first one's name; no id gets it."""
    return f"{_AGAIN}{number}-{_sha256(name)}"


def numbered_name(name: str, number: int) -> str:
    """The name of a payment's execution number `number`, from 1; `name` is the first one's."""
    return name if number == 1 else again_name(name, number)


def payment_command(transaction_id: str, *options: str) -> str:
    """The `payflow payment` command of an id, to be pasted; click takes an id with a leading dash only after `--`."""
    name = shlex.quote(transaction_id)
    words = (*options, "--", name) if name.startswith("-") else (name, *options)
    return f"`payflow payment {' '.join(words)}`"


def run_again(transaction_id: str) -> str:
    """The command that starts the payment of an id again, to be pasted."""
    return f"`payflow run --again --id {shlex.quote(transaction_id)}`"


def payment_facts(payment: Any) -> tuple[str, ...]:
    """The facts by which two inputs are the same payment, normalised: "10.0" is "10.00", no currency is USD."""
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

    Any other value, or an amount in an unknown currency or with more places, is returned unchanged.
    """
    places = load_shipped("payments/currencies.py").EXPONENTS.get(currency)
    if places is None or not _AMOUNT.fullmatch(amount):
        return amount
    text = f"{Decimal(amount):.{places}f}"
    return text if Decimal(text) == Decimal(amount) else amount


def _amount(value: Any) -> str:
    """The same text for the same amount in any notation; the JSON text of any other value."""
    text = value
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool) and abs(Decimal(value)) < _LARGEST_NUMBER:
        text = f"{value:f}"
    if not isinstance(text, str) or not _AMOUNT.fullmatch(text):
        return _canonical(value)
    return f"{Decimal(text):f}".rstrip("0").rstrip(".") if "." in text else text.lstrip("0")


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)


def read_input(payment: Mapping[str, Any] | str) -> tuple[str, Any]:
    """The input's text and its value, with exact numbers; PaymentError if it is not JSON or too large.

    The text is written from the value, so that the text that is sent was searched for card data.
    """
    try:
        value = json.loads(
            _given(payment), parse_float=Decimal, parse_constant=_no_number, object_pairs_hook=_without_doubles
        )
        text = _written(value)
    except RecursionError:
        raise PaymentError("the payment is nested too deeply", remedy="use at most 32 levels") from None
    except (ValueError, TypeError, ArithmeticError) as error:
        raise PaymentError(
            f"the payment is not JSON: {_reason(error)}", remedy="give one JSON object in UTF-8"
        ) from error
    size = len(text.encode())
    if size > LARGEST_INPUT:
        raise PaymentError(
            f"the payment has {size} bytes, Step Functions takes {LARGEST_INPUT}", remedy="shorten it", size=size
        )
    return text, value


def _given(payment: Mapping[str, Any] | str) -> str:
    """The payment's JSON, without the byte order mark that editors on Windows write."""
    if not isinstance(payment, str):
        return json.dumps(dict(payment), allow_nan=False, default=_as_text)
    text = payment.removeprefix("\ufeff")
    if not text.strip():
        raise PaymentError("no payment was given", remedy="pass one JSON object as the argument, or on standard input")
    text.encode()
    return text


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object without duplicate keys: of two equal keys, a parser takes the last one, and a log keeps both."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            shown = (
                "" if load_shipped("payments/card_data.py").holds_card_data(name) else f" {one_line(name, longest=80)}"
            )
            raise PaymentError(f"the payment has the key{shown} twice in one object", remedy="write each key once")
        found[name] = value
    return found


def _written(value: Any) -> str:
    """The JSON of a parsed value, with every digit of its numbers."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{json.dumps(name)}: {_written(each)}' for name, each in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_written, value))}]"
    return str(value) if isinstance(value, Decimal) else json.dumps(value)


def _reason(error: Exception) -> str:
    """Why a text is not JSON; the interpreter's own limits and codecs in words about the payment."""
    if isinstance(error, UnicodeError):
        return "it holds bytes that are not UTF-8"
    if isinstance(error, ArithmeticError) or "integer string conversion" in str(error):
        return "a number has too many digits"
    return str(error)


def _as_text(value: Any) -> str:
    # The contract prefers an amount as text: it is exact, and a JSON number may not be.
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
    # Without a usable id, the payment is still started: the workflow rejects it. The same text gets the same name.
    return _NAMELESS + _sha256(_canonical(value))


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
