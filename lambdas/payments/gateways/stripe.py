"""The adapter `stripe`: one PaymentIntent a payment, confirmed off session with the customer's saved payment method.

`customer_id` is Stripe's customer id (cus_...). The official library builds and reads the requests; our own transport
carries them, so that it is known whether one was sent. https://docs.stripe.com/api/payment_intents/create
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from typing import Any, Final

from payments.errors import ConfigurationError
from payments.gateways.outcomes import decline_code
from payments.gateways.protocol import ChargeAnswer, ChargeRequest, ChargeStatus, GatewayUnavailable, OutcomeUnknown
from payments.gateways.secrets import forget_secrets
from payments.gateways.stripe_tables import DECLINES, METHOD_TYPES, REFUSED_FOR_GOOD, STATUSES, stripe_amount
from payments.gateways.transport import parse_url, seconds_for_request

LARGEST_SEARCH: Final = 1_000


class StripeGateway:
    """Stripe at `url` (its own address when empty); `secret` is called for each payment's API key."""

    def __init__(self, *, url: str, secret: Callable[[], str], time_left: Callable[[], float]) -> None:
        # Before any claim is made: what is missing here is no question to the gateway.
        if importlib.util.find_spec("stripe") is None:
            raise ConfigurationError("the artifact holds no stripe", remedy="package it with the extra")
        self._url = url or "https://api.stripe.com"
        parse_url(self._url)
        self._secret = secret
        self._time_left = time_left

    def charge(self, request: ChargeRequest, *, idempotency_key: str) -> ChargeAnswer:
        """Create and confirm the payment's intent; Stripe answers a repeated key with the first answer."""
        amount = stripe_amount(request.amount_minor, request.currency)
        types = METHOD_TYPES.get(request.payment_method, {})
        kind = types.get(request.currency, types.get("*"))
        if amount is None or kind is None:
            return _declined("currency_not_supported" if amount is None else "method_not_supported")
        client = self._client()
        method = _saved_method(client, request.customer_id, kind=kind)
        if method is None:
            return _declined("method_not_supported")
        intent = _create(client, _intent(request, amount=amount, method=method, kind=kind), key=idempotency_key)
        return _settled(client, intent, request)

    def find(self, request: ChargeRequest, *, idempotency_key: str) -> ChargeAnswer:
        """Look the intent up among the customer's, newest first; lists are complete at once, searches are not."""
        client = self._client()
        for count, intent in enumerate(_intents(client, request.customer_id)):
            if getattr(intent.metadata, "payflow_key", None) == idempotency_key:
                return _settled(client, intent, request)
            if count >= LARGEST_SEARCH:
                raise OutcomeUnknown("the customer has too many intents to search")
        return ChargeAnswer(status=ChargeStatus.NOT_FOUND)

    def _client(self) -> Any:
        """Return a client of the official library on our transport; it repeats nothing by itself."""
        import stripe

        from payments.gateways.stripe_client import stripe_transport

        stripe.enable_telemetry = False
        return stripe.StripeClient(
            self._secret(),
            base_addresses={"api": self._url},
            http_client=stripe_transport(seconds=lambda: seconds_for_request(self._time_left())),
            max_network_retries=0,
        )


def _intent(request: ChargeRequest, *, amount: int, method: str, kind: str) -> dict[str, Any]:
    """Return the parameters; the metadata is how `find` recognises the payment."""
    return {
        "amount": amount,
        "currency": request.currency.lower(),
        "customer": request.customer_id,
        "payment_method": method,
        "payment_method_types": [kind],
        "confirm": True,
        "off_session": True,
    }


def _create(client: Any, params: dict[str, Any], *, key: str) -> Any:
    """Create the intent; a decline comes as an error that carries it."""
    import stripe

    params = {**params, "metadata": {"payflow_key": key}}
    try:
        return client.v1.payment_intents.create(params, options={"idempotency_key": key})
    except stripe.CardError as error:
        return error
    except (stripe.RateLimitError, stripe.AuthenticationError, stripe.PermissionError) as error:
        _forget_refused_key(error)
        raise GatewayUnavailable(f"Stripe refused the request ({type(error).__name__})") from None
    except stripe.InvalidRequestError as error:
        if error.code in REFUSED_FOR_GOOD:
            return error
        raise GatewayUnavailable(f"Stripe refused the parameters ({error.code or 'no code'})") from None
    except stripe.StripeError as error:
        raise OutcomeUnknown(f"Stripe's answer leaves the charge open ({type(error).__name__})") from None


def _saved_method(client: Any, customer: str, *, kind: str) -> str | None:
    """Return the customer's payment method of this kind, the default one where there are several."""
    import stripe

    try:
        methods = client.v1.payment_methods.list({"customer": customer, "type": kind, "limit": 10}).data
        if len(methods) < 2:
            return methods[0].id if methods else None
        settings = getattr(client.v1.customers.retrieve(customer), "invoice_settings", None)
        names = sorted(method.id for method in methods)
        default = getattr(settings, "default_payment_method", None)
        return default if default in names else names[0]
    except stripe.InvalidRequestError as error:
        # Stripe says 400 of an id in the parameters, 404 of one in the path.
        if error.http_status == 404 or error.code == "resource_missing":
            return None
        raise GatewayUnavailable("Stripe refused to list the customer's payment methods") from None
    except (stripe.StripeError, OutcomeUnknown) as error:
        _forget_refused_key(error)
        raise GatewayUnavailable(f"Stripe did not list the payment methods ({type(error).__name__})") from None


def _intents(client: Any, customer: str) -> Iterator[Any]:
    """Yield the customer's intents.

    A customer whom Stripe does not know leaves the question open: the key may be another account's by now.
    """
    import stripe

    try:
        yield from client.v1.payment_intents.list({"customer": customer, "limit": 100}).auto_paging_iter()
    except stripe.StripeError as error:
        _forget_refused_key(error)
        raise OutcomeUnknown(f"Stripe did not list the intents ({type(error).__name__})") from None


def _forget_refused_key(error: Exception) -> None:
    """Drop the kept API key when Stripe refuses it, so that a rotated one is read at the next request."""
    import stripe

    if isinstance(error, (stripe.AuthenticationError, stripe.PermissionError)):
        forget_secrets()


def _settled(client: Any, intent: Any, request: ChargeRequest) -> ChargeAnswer:
    """Read an intent or the error that carries a decline."""
    import stripe

    if isinstance(intent, stripe.StripeError):
        return _declined(_code(intent.error or intent))
    _check_facts(intent, request)
    status = STATUSES.get(intent.status, ChargeStatus.PENDING)
    if intent.status == "requires_action":
        return _cancelled(client, intent)
    if status is ChargeStatus.DECLINED:
        failure = getattr(intent, "last_payment_error", None)
        if intent.status == "requires_payment_method" and failure is None:
            return ChargeAnswer(status=ChargeStatus.PENDING, reference=intent.id)  # not tried yet
        return _declined(_code(failure), reference=intent.id)
    return ChargeAnswer(status=status, reference=intent.id)


def _check_facts(intent: Any, request: ChargeRequest) -> None:
    """Raise OutcomeUnknown for an intent that is another payment's: its key was used before, for other money."""
    due = stripe_amount(request.amount_minor, request.currency)
    received = getattr(intent, "amount_received", due) if intent.status == "succeeded" else due
    if intent.amount != due or received != due or intent.currency != request.currency.lower():
        raise OutcomeUnknown("Stripe's intent of this payment has another amount or currency")


def _cancelled(client: Any, intent: Any) -> ChargeAnswer:
    """Nobody is there to authenticate: end the intent, so that it cannot be completed after we said declined."""
    import stripe

    try:
        ended = client.v1.payment_intents.cancel(intent.id)
    except (stripe.StripeError, GatewayUnavailable, OutcomeUnknown):
        return ChargeAnswer(status=ChargeStatus.PENDING, reference=intent.id)
    if ended.status != "canceled":
        return ChargeAnswer(status=ChargeStatus.PENDING, reference=intent.id)
    return _declined("authentication_required", reference=intent.id)


def _code(error: object) -> str:
    """Return our decline code for Stripe's: the issuer's word where there is one, else Stripe's own."""
    return decline_code(getattr(error, "decline_code", None) or getattr(error, "code", None), table=DECLINES)


def _declined(code: str, *, reference: str = "") -> ChargeAnswer:
    return ChargeAnswer(status=ChargeStatus.DECLINED, reference=reference, decline_code=code)
