"""Read a gateway's API key from Secrets Manager; keep it for five minutes, and out of errors, logs and variables."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any, Final, NamedTuple, Protocol

from payments.gateways.protocol import GatewayUnavailable

CACHE_SECONDS: Final = 300.0
CACHE_SIZE: Final = 8


class _Kept(NamedTuple):
    """A secret's API key and the only gateway that it is for, empty for any; kept until a time."""

    until: float
    key: str
    only_for: str


_cache: dict[str, _Kept] = {}


class SecretsManager(Protocol):
    """The one call of the Secrets Manager client that is made."""

    def get_secret_value(self, **request: Any) -> dict[str, Any]: ...


def read_secret(
    client: SecretsManager, *, arn: str, gateway: str = "", clock: Callable[[], float] = time.monotonic
) -> str:
    """Return the API key: the secret's text, or its `api_key` when the text is a JSON object.

    Raise GatewayUnavailable when there is none, or when it is only for another gateway than `gateway` (adapter and
    address): nothing was sent.
    """
    kept = _cache.get(arn)
    if kept is None or clock() >= kept.until:
        kept = _read(client, arn, clock)
    if kept.only_for not in ("", gateway):
        raise GatewayUnavailable(
            "the gateway's API key is only for another gateway", remedy="correct only_for in the secret, or GatewayUrl"
        )
    return kept.key


def _read(client: SecretsManager, arn: str, clock: Callable[[], float]) -> _Kept:
    try:
        text = client.get_secret_value(SecretId=arn)["SecretString"]
    except Exception as error:
        # Only the class: the text of Secrets Manager may name what the caller should not see.
        raise GatewayUnavailable(f"the gateway's API key cannot be read ({type(error).__name__})") from None
    key, only_for = _parsed(text)
    if len(_cache) >= CACHE_SIZE:
        _cache.clear()
    _cache[arn] = _Kept(clock() + CACHE_SECONDS, key, only_for)
    return _cache[arn]


def forget_secrets() -> None:
    """Drop the kept keys, so that the next request reads a rotated one."""
    _cache.clear()


def _parsed(text: str) -> tuple[str, str]:
    """Return the API key in a secret's text and its gateway; raise GatewayUnavailable for what no header can hold."""
    key: object = text.strip()
    only_for = ""
    if text.lstrip().startswith("{"):
        try:
            found = json.loads(text)
            key, only_for = found.get("api_key"), str(found.get("only_for", ""))
        except ValueError:
            key = None
    if not isinstance(key, str) or not key or not key.isascii() or not key.isprintable() or " " in key:
        raise GatewayUnavailable("the gateway's secret holds no API key", remedy="store the key, or {'api_key': key}")
    return key, only_for
