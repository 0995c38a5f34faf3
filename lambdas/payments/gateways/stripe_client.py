"""A transport for the official Stripe library: it sends requests through ours, which knows whether one was sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import stripe

from payments.gateways.secrets import forget_secrets
from payments.gateways.transport import parse_url, send


def stripe_transport(*, seconds: Callable[[], float]) -> stripe.HTTPClient:
    """Return a transport for the library; `seconds` returns how long the next request may take.

    It raises GatewayUnavailable and OutcomeUnknown, which the library does not catch.
    """

    class Transport(stripe.HTTPClient):
        name = "payflow"

        def request(
            self,
            method: str,
            url: str,
            headers: Mapping[str, str] | None,
            post_data: Any = None,
            *,
            _usage: list[str] | None = None,
        ) -> tuple[str, int, Mapping[str, str]]:
            address = parse_url(url.partition("?")[0])
            target = url.removeprefix(f"{address.scheme}://{address.netloc}") or "/"
            body = post_data.encode("utf-8") if isinstance(post_data, str) else post_data
            answer = send(address, method.upper(), target, headers=headers or {}, body=body or None, seconds=seconds())
            return answer.body.decode("utf-8", "replace"), answer.status, answer.headers

        def close(self) -> None:
            """Nothing stays open between two requests."""

    return Transport()


def forget_refused_key(error: Exception) -> None:
    """Drop the kept API key when Stripe refuses it, so that the next request reads a rotated one."""
    if isinstance(error, (stripe.AuthenticationError, stripe.PermissionError)):
        forget_secrets()
