"""List a customer's saved payment methods at Stripe that a payment may be charged to."""

from __future__ import annotations

from typing import Any

import stripe

from payments.gateways.protocol import GatewayUnavailable, OutcomeUnknown
from payments.gateways.stripe_client import forget_refused_key
from payments.gateways.stripe_tables import Kind


def saved_methods(client: Any, customer: str, kinds: tuple[Kind, ...]) -> list[Any]:
    """Return the customer's payment methods of these kinds: all of them, or the one that is the customer's default.

    Raise GatewayUnavailable if Stripe does not list them. An unknown customer is a fault of the API key, not of the
    payment: the key belongs to another account, or to the other mode.
    """
    try:
        methods = [method for kind in kinds for method in _listed(client, customer, kind)]
        if len(methods) < 2:
            return methods
        settings = getattr(client.v1.customers.retrieve(customer), "invoice_settings", None)
        default = getattr(settings, "default_payment_method", None)
        return [method for method in methods if method.id == default] or methods
    except stripe.InvalidRequestError as error:
        # Stripe answers 400 for an unknown id in the parameters, 404 for one in the path.
        if error.http_status == 404 or error.code == "resource_missing":
            raise GatewayUnavailable(
                "Stripe does not know the customer", remedy="use the API key of the customer's account and mode"
            ) from None
        raise GatewayUnavailable(f"Stripe refused to list the payment methods ({error.code or 'no code'})") from None
    except (stripe.StripeError, OutcomeUnknown) as error:
        forget_refused_key(error)
        raise GatewayUnavailable(f"Stripe did not list the payment methods ({type(error).__name__})") from None


def _listed(client: Any, customer: str, kind: Kind) -> list[Any]:
    """List the customer's payment methods of one kind."""
    found = client.v1.payment_methods.list({"customer": customer, "type": kind.type, "limit": 100}).auto_paging_iter()
    return [method for method in found if not kind.wallet or _wallet_of(method)]


def _wallet_of(method: Any) -> object:
    """Return a card's wallet; None for a card that was typed in."""
    return getattr(getattr(method, "card", None), "wallet", None)
