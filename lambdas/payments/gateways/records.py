"""The table of gateways; the functions, the settings, the templates' rules and the packaging read it."""

from __future__ import annotations

from typing import Final, NamedTuple


class Record(NamedTuple):
    """One gateway; `adapter` is the class in the module that has the gateway's name.

    `needs_address`: it has no address of its own, so GatewayUrl is required. `needs_secret`: its adapter takes an API
    key, an address and the function's remaining seconds. `sdk` is the name of three things: the extra that installs
    its library, the setting that puts the library into the function, and its pins. The gateway keeps an idempotency key
    for `key_lifetime` seconds, 0 for ever; with `sets_lifetime`, the setting http_key_lifetime_seconds gives the time.
    `module` holds the adapter of a platform team.
    """

    name: str
    adapter: str
    needs_address: bool = False
    needs_secret: bool = True
    sdk: str = ""
    key_lifetime: float = 0.0
    sets_lifetime: bool = False
    module: str = ""


GATEWAYS: Final[dict[str, Record]] = {
    each.name: each
    for each in (
        Record("simulated", "SimulatedGateway", needs_secret=False),
        Record("http", "HttpGateway", needs_address=True, sets_lifetime=True),
        # Stripe keeps a key for at least 24 hours: https://docs.stripe.com/api/idempotent_requests
        Record("stripe", "StripeGateway", sdk="stripe", key_lifetime=24 * 3600.0),
    )
}
