"""The adapter `stripe`: one PaymentIntent a payment, confirmed off session with the customer's saved payment method.

`customer_id` is Stripe's customer id (cus_...). The official library builds the requests and reads the answers. Our
own transport sends them, because it knows whether anything was sent.
https://docs.stripe.com/api/payment_intents/create
"""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable
from typing import Any, Final

from payments.errors import ConfigurationError
from payments.gateways.outcomes import GENERIC, decline_code
from payments.gateways.protocol import ChargeAnswer, ChargeRequest, ChargeStatus, GatewayUnavailable, OutcomeUnknown
from payments.gateways.records import GATEWAYS
from payments.gateways.stripe_tables import (
    COMPLETABLE,
    DECLINES,
    REFUSALS,
    REFUSED_PARAMETERS,
    STATUSES,
    method_kinds,
    stripe_amount,
)
from payments.gateways.transport import parse_url, seconds_for_request

KEY_LIFETIME: Final = GATEWAYS["stripe"].key_lifetime
LARGEST_SEARCH: Final = 1_000
# Seconds by which Stripe's clock and ours may differ, chosen generously.
CLOCK_MARGIN: Final = 3_600.0


class StripeGateway:
    """Stripe at `url` (its own address when empty); `secret` is called for each payment's API key."""

    key_lifetime: float | None = KEY_LIFETIME

    def __init__(self, *, url: str, secret: Callable[[], str], time_left: Callable[[], float]) -> None:
        # Checked before any claim: a missing library must not leave a payment with an unknown outcome.
        if importlib.util.find_spec("stripe") is None:
            raise ConfigurationError("the artifact holds no stripe", remedy="package it with the extra")
        self._url = url or "https://api.stripe.com"
        parse_url(self._url)
        self._secret = secret
        self._time_left = time_left

    def charge(self, request: ChargeRequest, *, idempotency_key: str) -> ChargeAnswer:
        """Create and confirm the payment's intent; Stripe answers a repeated key with the first answer."""
        from payments.gateways.stripe_methods import saved_methods

        amount = stripe_amount(request.amount_minor, request.currency)
        kinds = method_kinds(request.payment_method, request.currency)
        if amount is None or not kinds:
            return _declined("currency_not_supported" if amount is None else "method_not_supported")
        client = self._client()
        methods = saved_methods(client, request.customer_id, kinds)
        if len(methods) != 1:
            code = "method_ambiguous" if methods else "method_not_supported"
            return _refused(client, None, request, key=idempotency_key, code=code)
        return _charged(client, request, amount=amount, method=methods[0], key=idempotency_key)

    def find(self, request: ChargeRequest, *, idempotency_key: str, since: float | None = None) -> ChargeAnswer:
        """Find the intent in the customer's list, newest first; Stripe's list is always complete, its search is not."""
        client = self._client()
        intent = _intent_of(client, request.customer_id, key=idempotency_key, since=since)
        return _settled(client, intent, request) if intent else ChargeAnswer(status=ChargeStatus.NOT_FOUND)

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


def _charged(client: Any, request: ChargeRequest, *, amount: int, method: Any, key: str) -> ChargeAnswer:
    """Create the intent and read its status; a decline comes as an error that carries the intent."""
    import stripe

    from payments.gateways.stripe_client import forget_refused_key

    try:
        intent = client.v1.payment_intents.create(
            _parameters(request, amount=amount, method=method, key=key), options={"idempotency_key": key}
        )
    except stripe.CardError as error:
        return _refused(client, error.error, request, key=key, code=_code(error.error or error))
    except stripe.InvalidRequestError as error:
        return _refused_request(client, error, request, key=key)
    except (stripe.RateLimitError, stripe.AuthenticationError, stripe.PermissionError) as error:
        forget_refused_key(error)
        raise GatewayUnavailable(f"Stripe refused the request ({type(error).__name__})") from None
    except stripe.StripeError as error:
        raise OutcomeUnknown(f"Stripe's answer leaves the charge open ({type(error).__name__})") from None
    return _settled(client, intent, request)


def _parameters(request: ChargeRequest, *, amount: int, method: Any, key: str) -> dict[str, Any]:
    """Return the intent's parameters. In the metadata, the key is for `find` and the id is for people."""
    return {
        "amount": amount,
        "currency": request.currency.lower(),
        "customer": request.customer_id,
        "payment_method": method.id,
        "payment_method_types": [method.type],
        "confirm": True,
        "off_session": True,
        "metadata": {"payflow_key": key, "payflow_transaction_id": request.transaction_id},
    }


def _refused_request(client: Any, error: Any, request: ChargeRequest, *, key: str) -> ChargeAnswer:
    """Decline for a code about the payment. Any other code is technical: cancel its intent, so nothing is charged."""
    code = REFUSALS.get(error.code or "") or REFUSED_PARAMETERS.get(error.param or "")
    if code or getattr(error.error, "payment_intent", None):
        answer = _refused(client, error.error, request, key=key, code=code or GENERIC)
        if code or answer.status is not ChargeStatus.DECLINED:
            return answer
    raise GatewayUnavailable(f"Stripe refused the parameters ({error.code or 'no code'})") from None


def _intent_of(client: Any, customer: str, *, key: str, since: float | None) -> Any | None:
    """Return the intent that was made under a key, None when there is none.

    If Stripe does not know the customer, the outcome stays unknown: the API key may belong to another account by now.
    """
    import stripe

    from payments.gateways.stripe_client import forget_refused_key

    bound = {} if since is None else {"created": {"gte": max(0, int(since - CLOCK_MARGIN))}}
    try:
        found = client.v1.payment_intents.list({"customer": customer, "limit": 100, **bound}).auto_paging_iter()
        for count, intent in enumerate(found):
            if getattr(intent.metadata, "payflow_key", None) == key:
                return intent
            if count >= LARGEST_SEARCH:
                raise OutcomeUnknown("the customer has too many intents to search")
    except stripe.StripeError as error:
        forget_refused_key(error)
        raise OutcomeUnknown(f"Stripe did not list the intents ({type(error).__name__})") from None
    return None


def _refused(client: Any, error: Any, request: ChargeRequest, *, key: str, code: str) -> ChargeAnswer:
    """Read a refusal through its intent: from the error, or from an earlier charge with the same key.

    Without an intent there is nothing that somebody could complete. An intent older than the key's lifetime was
    looked for before this charge. https://docs.stripe.com/api/errors#errors-payment_intent
    """
    intent = getattr(error, "payment_intent", None)
    try:
        if intent is None:
            intent = _intent_of(client, request.customer_id, key=key, since=time.time() - KEY_LIFETIME)
    except GatewayUnavailable:
        # The charge was sent before this look-up, so an intent may be open.
        raise OutcomeUnknown("Stripe refused the charge and could not be asked for its intent") from None
    return _declined(code) if intent is None else _settled(client, intent, request, refusal=code)


def _settled(client: Any, intent: Any, request: ChargeRequest, *, refusal: str = "") -> ChargeAnswer:
    """Read an intent. A refused one is cancelled first, so that nobody completes it after we recorded a decline."""
    _check_facts(intent, request)
    status = STATUSES.get(intent.status, ChargeStatus.PENDING)
    code = refusal or _failure(intent)
    if intent.status in COMPLETABLE and code:
        status = ChargeStatus.DECLINED if _is_cancelled(client, intent.id) else ChargeStatus.PENDING
    if status is ChargeStatus.DECLINED:
        return _declined(code or GENERIC, reference=intent.id)
    return ChargeAnswer(status=status, reference=intent.id)


def _failure(intent: Any) -> str:
    """Return the decline code of an intent whose last attempt failed; off session, no customer can authenticate."""
    if intent.status == "requires_action":
        return "authentication_required"
    failure = getattr(intent, "last_payment_error", None)
    return _code(failure) if failure and intent.status in ("requires_payment_method", "canceled") else ""


def _check_facts(intent: Any, request: ChargeRequest) -> None:
    """Raise OutcomeUnknown for another payment's intent: its key was used before, for another amount or currency."""
    due = stripe_amount(request.amount_minor, request.currency)
    received = getattr(intent, "amount_received", due) if intent.status == "succeeded" else due
    if intent.amount != due or received != due or intent.currency != request.currency.lower():
        raise OutcomeUnknown("Stripe's intent of this payment has another amount or currency")


def _is_cancelled(client: Any, intent_id: str) -> bool:
    """Cancel an intent. If Stripe refuses, an earlier attempt may have cancelled it already."""
    import stripe

    from payments.gateways.stripe_client import forget_refused_key

    intents = client.v1.payment_intents
    try:
        try:
            ended = intents.cancel(intent_id)
        except stripe.InvalidRequestError:
            ended = intents.retrieve(intent_id)
    except (stripe.StripeError, GatewayUnavailable, OutcomeUnknown) as error:
        forget_refused_key(error)
        return False
    return bool(ended.status == "canceled")


def _code(error: object) -> str:
    """Return our decline code for Stripe's: from the issuer's code if there is one, else from Stripe's own."""
    word = getattr(error, "decline_code", None) or getattr(error, "code", None)
    return decline_code(word, table={**REFUSALS, **DECLINES})


def _declined(code: str, *, reference: str = "") -> ChargeAnswer:
    return ChargeAnswer(status=ChargeStatus.DECLINED, reference=reference, decline_code=code)
