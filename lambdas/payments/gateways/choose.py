"""Choose the adapter that the payload names; an adapter's libraries load only when it is chosen."""

from __future__ import annotations

import functools
import hashlib
import importlib
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from payments import team
from payments.bounds import REFERENCE_LENGTH, bounded
from payments.errors import ConfigurationError
from payments.gateways.protocol import Gateway
from payments.gateways.records import GATEWAYS, Record


def choose_gateway(value: object, *, time_left: Callable[[], float]) -> Gateway:
    """Return the adapter that `gateway` of the payload names; `time_left` returns the function's remaining seconds."""
    gateway: Mapping[str, Any] = value if isinstance(value, Mapping) else {}
    name = gateway.get("adapter")
    known = {**GATEWAYS, **{each["name"]: Record(**each) for each in team.GATEWAYS}}
    record = known.get(name) if isinstance(name, str) else None
    if record is None:
        raise ConfigurationError("gateway.adapter is not known", remedy=f"use one of {', '.join(known)}")
    arguments: dict[str, Any] = {}
    if record.needs_secret:
        url = str(gateway.get("url") or "")
        arguments = {"url": url, "secret": _secret(gateway, url), "time_left": time_left}
    if record.sets_lifetime:
        arguments["key_lifetime"] = _key_lifetime(gateway)
    module = importlib.import_module(record.module or f"payments.gateways.{record.name}")
    made: Gateway = getattr(module, record.adapter)(**arguments)
    return made


def gateway_name(value: object) -> str:
    """Return the adapter and its whole address: another gateway may have charged what this one never saw."""
    gateway = value if isinstance(value, Mapping) else {}
    name = f"{gateway.get('adapter') or ''} {gateway.get('url') or ''}".strip()
    # If they were cut, two long addresses could get the same name.
    digest = hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()
    return bounded(name if len(name) <= REFERENCE_LENGTH else f"sha256:{digest}", limit=REFERENCE_LENGTH)


def _key_lifetime(gateway: Mapping[str, Any]) -> float | None:
    """Return for how many seconds the gateway remembers a key; without it in the payload None, which means for ever."""
    seconds = gateway.get("key_lifetime_seconds")
    if seconds is None:
        return None
    if isinstance(seconds, bool) or not isinstance(seconds, (int, float)) or not 0 < seconds < float("inf"):
        raise ConfigurationError(
            "gateway.key_lifetime_seconds is not a number of seconds", remedy="leave it out when keys are kept for ever"
        )
    return float(seconds)


def _secret(gateway: Mapping[str, Any], url: str) -> Callable[[], str]:
    """Return a function that reads the API key; only a gateway on this machine needs none."""
    from payments.gateways.transport import is_loopback

    arn = str(gateway.get("secret_arn") or "")
    if not arn:
        if url and is_loopback(urlsplit(url).hostname or ""):
            return lambda: ""
        raise ConfigurationError("gateway.secret_arn is empty", remedy="store the API key in Secrets Manager")
    return functools.partial(_read, arn, gateway_name(gateway))


def _read(arn: str, gateway: str) -> str:
    from payments import clients
    from payments.gateways.secrets import read_secret

    return read_secret(clients.secrets(), arn=arn, gateway=gateway)
