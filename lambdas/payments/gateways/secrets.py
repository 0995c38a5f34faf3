"""Read a gateway's API key from Secrets Manager; keep it for five minutes, and out of errors, logs and variables."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any, Final, Protocol

from payments.gateways.protocol import GatewayUnavailable

CACHE_SECONDS: Final = 300.0
CACHE_SIZE: Final = 8
_cache: dict[str, tuple[float, str]] = {}


class SecretsManager(Protocol):
    """The one call of the Secrets Manager client that is made."""

    def get_secret_value(self, **request: Any) -> dict[str, Any]: ...


def read_secret(client: SecretsManager, *, arn: str, clock: Callable[[], float] = time.monotonic) -> str:
    """Return the API key: the secret's text, or its `api_key` when the text is a JSON object.

    Raise GatewayUnavailable when there is none: nothing was sent to the gateway.
    """
    kept = _cache.get(arn)
    if kept and clock() < kept[0]:
        return kept[1]
    try:
        text = client.get_secret_value(SecretId=arn)["SecretString"]
    except Exception as error:
        # Only the class: the text of Secrets Manager may name what the caller should not see.
        raise GatewayUnavailable(f"the gateway's API key cannot be read ({type(error).__name__})") from None
    key = _api_key(text)
    if len(_cache) >= CACHE_SIZE:
        _cache.clear()
    _cache[arn] = (clock() + CACHE_SECONDS, key)
    return key


def forget_secrets() -> None:
    """Drop the kept keys, so that the next request reads a rotated one."""
    _cache.clear()


def _api_key(text: str) -> str:
    """Return the API key in a secret's text; raise GatewayUnavailable for a text that no header can hold."""
    key: object = text.strip()
    if text.lstrip().startswith("{"):
        try:
            key = json.loads(text).get("api_key")
        except ValueError:
            key = None
    if not isinstance(key, str) or not key or not key.isascii() or not key.isprintable() or " " in key:
        raise GatewayUnavailable("the gateway's secret holds no API key", remedy="store the key, or {'api_key': key}")
    return key
