"""Refuse card data, and an invalid payment id, before a command sends or looks up anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from payflow_cfn.text import one_line

# The reasons for which a value cannot be searched (payments.privacy).
_UNSEARCHED = {
    "too_large": "is too large",
    "too_deep": "is nested too deeply",
    "not_unicode": "has a text that is not Unicode",
}


def refuse_card_data(
    value: Any, where: str, environment: str | None = None, *, remedy: str = "send the customer's id, not the card"
) -> None:
    """RunError for card data, by the workflow's own search, before anything is sent: AWS keeps an input for 90 days.

    The environment's exemptions in payflow.toml apply; with `--machine-arn` there are none.
    """
    from payflow_cfn.errors import RunError

    search = _card_search(environment)
    found = search(value)
    if found in _UNSEARCHED:
        raise RunError(
            f"{where} {_UNSEARCHED[found]}, so that it cannot be searched for card data, and was not sent",
            remedy="shorten it, and use plain text",
        )
    if found:

        def has_card_data(part: Any) -> bool:
            return search(part) == "card_data"

        field = card_field(value, has_card_data) if isinstance(value, Mapping) else ""
        inside = f" in the field {field}" if field else ""
        raise RunError(f"{where} holds card data{inside} and was not sent", remedy=remedy)


def check_id(transaction_id: str, environment: str | None = None) -> None:
    """Refuse, before a look-up, an id that the workflow would refuse; card data is not repeated."""
    from payflow_cfn.errors import PaymentError, RunError
    from payflow_cfn.workflow.payment_input import is_payment_id

    if _card_search(environment)({"transaction_id": transaction_id}) == "card_data":
        raise RunError(
            "the id holds card data and was not looked up", remedy="use the payment's transaction_id, not the card"
        )
    if not is_payment_id(transaction_id):
        raise PaymentError("this is not a payment id", remedy="an id has 1 to 128 visible ASCII characters, no spaces")


def card_field(payment: Mapping[str, Any], has_card_data: Callable[[Any], bool], path: tuple[str, ...] = ()) -> str:
    """The first field that holds card data, such as metadata.note; empty if only several fields together hold it.

    A field name that is card data is not repeated.
    """
    for key, child in payment.items():
        if not has_card_data(_at(path, {key: child})):
            continue
        name = "(its name)" if has_card_data(key) else one_line(key, longest=80)
        is_named_so = has_card_data(_at(path, {key: ""}))
        deeper = isinstance(child, Mapping) and not is_named_so
        inner = card_field(child, has_card_data, (*path, key)) if deeper else ""
        return f"{name}.{inner}" if inner else name
    return ""


def _at(path: tuple[str, ...], value: Mapping[str, Any]) -> Mapping[str, Any]:
    """The value at its place in a payment, since exemptions name whole paths."""
    for key in reversed(path):
        value = {key: value}
    return value


def _card_search(environment: str | None) -> Callable[[Any], str]:
    """The functions' own search with payflow.toml's exemptions; it returns why a value is refused, or an empty text."""
    from payflow_cfn.artifacts.shipped import shipped_packages
    from payflow_cfn.config.project import read_project
    from payflow_cfn.deploy.parameter_rules import EXEMPTIONS, read_exemptions

    parameters = read_project().target(environment).parameters if environment else {}
    exemptions = read_exemptions(parameters.get(EXEMPTIONS, ""))

    with shipped_packages():
        from payments.privacy import refusal
    return lambda value: refusal(value, exemptions) or ""
