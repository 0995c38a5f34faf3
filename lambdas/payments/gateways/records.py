"""The gateways, one row each: the functions, the settings, the templates' rules and the packaging read it."""

from __future__ import annotations

from typing import Final, NamedTuple


class Record(NamedTuple):
    """One gateway; `adapter` is the class in the module of the gateway's name.

    `needs_address`: there is no address of its own, so GatewayUrl has to be given. `needs_secret`: it takes an API key,
    and with it an address and the seconds that the function has. `sdk` is the name of the extra that brings its
    library, of the setting that puts it into the function, and of its pins. `key_lifetime` is for how many seconds it
    keeps an idempotency key, 0 for ever; with `sets_lifetime`, the setting http_key_lifetime_seconds says so.
    """

    name: str
    adapter: str
    needs_address: bool = False
    needs_secret: bool = True
    sdk: str = ""
    key_lifetime: float = 0.0
    sets_lifetime: bool = False


GATEWAYS: Final[dict[str, Record]] = {
    each.name: each
    for each in (
        Record("simulated", "SimulatedGateway", needs_secret=False),
        Record("http", "HttpGateway", needs_address=True, sets_lifetime=True),
        # Stripe keeps a key for at least 24 hours: https://docs.stripe.com/api/idempotent_requests
        Record("stripe", "StripeGateway", sdk="stripe", key_lifetime=24 * 3600.0),
    )
}
