"""From the adapter's name in the payload to the adapter; an adapter's libraries load only when it is chosen."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, Final

from payments.errors import ConfigurationError
from payments.gateways.protocol import Gateway
from payments.gateways.simulated import SimulatedGateway

ADAPTERS: Final = ("simulated", "http", "stripe")


def choose_gateway(value: object, *, time_left: Callable[[], float]) -> Gateway:
    """Return the adapter that `gateway` of the payload names; `time_left` says how many seconds the function has."""
    gateway: Mapping[str, Any] = value if isinstance(value, Mapping) else {}
    adapter, url = gateway.get("adapter"), str(gateway.get("url") or "")
    secret_arn = str(gateway.get("secret_arn") or "")
    if adapter == "simulated":
        return SimulatedGateway()
    if adapter == "http":
        from payments.gateways.http import HttpGateway

        return HttpGateway(url=url, secret=functools.partial(_secret, secret_arn), time_left=time_left)
    if adapter == "stripe":
        from payments.gateways.stripe import StripeGateway

        return StripeGateway(url=url, secret=functools.partial(_secret, secret_arn), time_left=time_left)
    raise ConfigurationError("gateway.adapter is not known", remedy=f"use one of {', '.join(ADAPTERS)}")


def _secret(arn: str) -> str:
    from payments import clients
    from payments.gateways.secrets import read_secret

    return read_secret(clients.secrets(), arn=arn)
