"""Tables from Stripe's terms to ours: intent statuses, decline codes, payment method types and minor units."""

from __future__ import annotations

from typing import Final, NamedTuple

from payments.currencies import EXPONENTS
from payments.gateways.protocol import ChargeStatus

# https://docs.stripe.com/payments/paymentintents/lifecycle
STATUSES: Final[dict[str, ChargeStatus]] = {
    "succeeded": ChargeStatus.SUCCEEDED,
    "processing": ChargeStatus.PENDING,
    "requires_action": ChargeStatus.PENDING,
    "requires_capture": ChargeStatus.PENDING,
    "requires_confirmation": ChargeStatus.PENDING,
    "requires_payment_method": ChargeStatus.PENDING,
    "canceled": ChargeStatus.DECLINED,
}

# Statuses in which somebody could still complete the intent; a declined one is cancelled:
# https://docs.stripe.com/api/payment_intents/cancel
COMPLETABLE: Final = frozenset({"requires_payment_method", "requires_confirmation", "requires_action"})

# https://docs.stripe.com/declines/codes; without the codes that are the same as ours.
DECLINES: Final[dict[str, str]] = {
    "authentication_not_handled": "authentication_required",
    "card_decline_rate_limit_exceeded": "limit_exceeded",
    "card_velocity_exceeded": "limit_exceeded",
    "currency_not_supported": "currency_not_supported",
    "expired_card": "expired_card",
    "highest_risk_level": "fraudulent",
    "incorrect_cvc": "incorrect_cvc",
    "invalid_account": "account_closed",
    "invalid_cvc": "incorrect_cvc",
    "invalid_expiry_month": "expired_card",
    "invalid_expiry_year": "expired_card",
    "merchant_blacklist": "fraudulent",
    "new_account_information_available": "account_closed",
    "payment_intent_authentication_failure": "authentication_required",
    "pickup_card": "stolen_card",
    "restricted_card": "stolen_card",
    "withdrawal_count_limit_exceeded": "limit_exceeded",
}

# Errors that refuse this payment for good, with our decline code; nothing was charged. Every other error
# (resource_missing, livemode_mismatch, payment_method_unactivated, api_key_expired ...) is about the account, its key
# or our request, and is not a decline. https://docs.stripe.com/error-codes
REFUSALS: Final[dict[str, str]] = {
    "amount_too_large": "amount_not_supported",
    "amount_too_small": "amount_not_supported",
    "invalid_charge_amount": "amount_not_supported",
    "payment_method_currency_mismatch": "currency_not_supported",
    "payment_intent_mandate_invalid": "mandate_required",
    "india_recurring_payment_mandate_canceled": "mandate_required",
    "account_closed": "account_closed",
    "no_account": "account_closed",
    "bank_account_declined": "method_not_supported",
    "bank_account_restricted": "method_not_supported",
    "bank_account_unusable": "method_not_supported",
    "bank_account_unverified": "method_not_supported",
    "payment_method_bank_account_blocked": "method_not_supported",
    "payment_method_billing_details_address_missing": "method_not_supported",
}

# The same by the wrong parameter. Stripe gives no code for a currency that it or the account does not support, and
# parameter_missing for a debit without a mandate. https://docs.stripe.com/api/errors#errors-param
REFUSED_PARAMETERS: Final[dict[str, str]] = {
    "currency": "currency_not_supported",
    "mandate": "mandate_required",
    "mandate_data": "mandate_required",
}


class Kind(NamedTuple):
    """A type of payment method at Stripe; `wallet`: only cards that are in a wallet."""

    type: str
    wallet: bool = False


# Payment method -> Stripe's kinds, by currency where banks differ ("*" is any currency). Apple Pay and Google Pay are
# cards with a wallet: https://docs.stripe.com/api/payment_methods/object#payment_method_object-card-wallet
METHOD_KINDS: Final[dict[str, dict[str, tuple[Kind, ...]]]] = {
    "credit_card": {"*": (Kind("card"),)},
    "debit_card": {"*": (Kind("card"),)},
    "bank_transfer": {"EUR": (Kind("sepa_debit"),), "GBP": (Kind("bacs_debit"),), "USD": (Kind("us_bank_account"),)},
    "digital_wallet": {"*": (Kind("link"), Kind("card", wallet=True))},
}


def method_kinds(payment_method: str, currency: str) -> tuple[Kind, ...]:
    """Return the kinds of saved payment method that a payment may be charged to."""
    kinds = METHOD_KINDS.get(payment_method, {})
    return kinds.get(currency) or kinds.get("*", ())


# Where Stripe's minor unit is not ISO 4217's: https://docs.stripe.com/currencies#special-cases
_PLACES: Final[dict[str, int]] = {"ISK": 2, "MGA": 0, "UGX": 2}


def stripe_amount(minor: int, currency: str) -> int | None:
    """Return the amount in Stripe's unit; None when Stripe cannot express it exactly."""
    places, theirs = EXPONENTS[currency], _PLACES.get(currency, EXPONENTS[currency])
    if theirs >= places:
        amount = minor * 10 ** (theirs - places)
    else:
        amount, rest = divmod(minor, 10 ** (places - theirs))
        if rest:
            return None
    # Stripe requires that the last digit of a three-place currency is 0.
    return None if theirs == 3 and amount % 10 else amount
