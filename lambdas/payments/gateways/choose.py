"""From the adapter's name in the payload to the adapter; an adapter's libraries load only when it is chosen."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from payments.errors import ConfigurationError
from payments.gateways.protocol import Gateway
from payments.gateways.simulated import SimulatedGateway

ADAPTERS: Final = ("simulated", "http", "stripe")


def choose_gateway(value: object, *, time_left: Callable[[], float]) -> Gateway:
    """Return the adapter that `gateway` of the payload names; `time_left` says how many seconds the function has."""
    gateway: Mapping[str, Any] = value if isinstance(value, Mapping) else {}
    adapter, url = gateway.get("adapter"), str(gateway.get("url") or "")
    if adapter == "simulated":
        return SimulatedGateway()
    if adapter == "http":
        from payments.gateways.http import HttpGateway

        return HttpGateway(url=url, secret=_secret(gateway, url), time_left=time_left)
    if adapter == "stripe":
        from payments.gateways.stripe import StripeGateway

        return StripeGateway(url=url, secret=_secret(gateway, url), time_left=time_left)
    raise ConfigurationError("gateway.adapter is not known", remedy=f"use one of {', '.join(ADAPTERS)}")


def _secret(gateway: Mapping[str, Any], url: str) -> Callable[[], str]:
    """Return how to get the API key; only a stand-in on this machine does without one."""
    from payments.gateways.transport import is_loopback

    arn = str(gateway.get("secret_arn") or "")
    if not arn:
        if url and is_loopback(urlsplit(url).hostname or ""):
            return lambda: ""
        raise ConfigurationError("gateway.secret_arn is empty", remedy="store the API key in Secrets Manager")
    return functools.partial(_read, arn)


def _read(arn: str) -> str:
    from payments import clients
    from payments.gateways.secrets import read_secret

    return read_secret(clients.secrets(), arn=arn)
