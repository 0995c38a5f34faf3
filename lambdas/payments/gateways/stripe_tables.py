"""Stripe's words and ours: intent statuses, decline codes, payment method types and minor units."""

from __future__ import annotations

from typing import Final

from payments.currencies import EXPONENTS
from payments.gateways.protocol import ChargeStatus

# https://docs.stripe.com/payments/paymentintents/lifecycle
STATUSES: Final[dict[str, ChargeStatus]] = {
    "succeeded": ChargeStatus.SUCCEEDED,
    "processing": ChargeStatus.PENDING,
    "requires_action": ChargeStatus.PENDING,
    "requires_capture": ChargeStatus.PENDING,
    "requires_confirmation": ChargeStatus.PENDING,
    "requires_payment_method": ChargeStatus.DECLINED,
    "canceled": ChargeStatus.DECLINED,
}

# https://docs.stripe.com/declines/codes; words that are the same in both are not listed.
DECLINES: Final[dict[str, str]] = {
    "amount_too_large": "amount_not_supported",
    "amount_too_small": "amount_not_supported",
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

# Errors of a request that no repeat can mend: the payment is declined, nothing was charged.
REFUSED_FOR_GOOD: Final = frozenset({"amount_too_large", "amount_too_small"})

# Payment method -> Stripe's type, by currency where banks differ ("*" is any currency).
METHOD_TYPES: Final[dict[str, dict[str, str]]] = {
    "credit_card": {"*": "card"},
    "debit_card": {"*": "card"},
    "bank_transfer": {"EUR": "sepa_debit", "GBP": "bacs_debit", "USD": "us_bank_account"},
    "digital_wallet": {"*": "link"},
}

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
    # Stripe wants the last digit of a three-place currency to be 0.
    return None if theirs == 3 and amount % 10 else amount
