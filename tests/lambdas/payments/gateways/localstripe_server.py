"""Serves localstripe on a free port of 127.0.0.1 and prints it; the original listens on every address.

What Stripe does and localstripe 1.15 does not is added here: a list of intents by customer and time, lists of payment
methods of every type, cards with a wallet (the number of WALLET), and one answer for one Idempotency-Key. A charge of
66606 minor units is made and its answer is lost.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from aiohttp import web
from localstripe import resources, server

ANSWERS: dict[str, tuple[int, bytes]] = {}
WALLET = "5555555555554444"


def list_intents(url: str, customer: str, created: dict[str, str] | None = None, **query: Any) -> Any:
    """List the intents of one customer, newest first."""
    resources.Customer._api_retrieve(customer)
    found = super(resources.PaymentIntent, resources.PaymentIntent)._api_list_all(url, **query)
    oldest = int((created or {}).get("gte", 0))
    found._list = [each for each in reversed(found._list) if each.customer == customer and each.created >= oldest]
    return found


def list_methods(url: str, customer: str, type: str, **query: Any) -> Any:  # noqa: A002 - Stripe's name
    """List the payment methods of one customer and type."""
    resources.Customer._api_retrieve(customer)
    found = super(resources.PaymentMethod, resources.PaymentMethod)._api_list_all(url, **query)
    found._list = [method for method in found._list if (method.customer, method.type) == (customer, type)]
    return found


def put_into_wallet(made: Any) -> Any:
    """Give the card of a payment method that is made its wallet."""

    def create(self: Any, **data: Any) -> None:
        number = (data.get("card") or {}).get("number")
        made(self, **data)
        if number == WALLET:
            self.card["wallet"] = {"type": "apple_pay", "apple_pay": {}}

    return create


@web.middleware
async def answer_once(request: web.Request, handler: Any) -> web.StreamResponse:
    """Repeat the first answer to an idempotency key; lose the answer to a charge of 66606."""
    key = request.headers.get("Idempotency-Key", "")
    if key in ANSWERS:
        status, body = ANSWERS[key]
        return web.Response(status=status, body=body, content_type="application/json")
    form = (await request.text()) if request.method == "POST" else ""
    answer: web.Response = await handler(request)
    if key:
        body = answer.body if isinstance(answer.body, bytes) else b""
        ANSWERS[key] = (answer.status, body)
    if "amount=66606&" in form and request.transport is not None:
        request.transport.abort()
    return answer


async def serve() -> None:
    """Serve until the parent closes our input."""
    resources.PaymentIntent._api_list_all = list_intents
    resources.PaymentMethod._api_list_all = list_methods
    resources.PaymentMethod.__init__ = put_into_wallet(resources.PaymentMethod.__init__)
    # It would keep a copy of everything in a fixed file of the machine.
    resources.Store.dump_to_disk = lambda self: None
    server.app.middlewares.insert(0, answer_once)
    runner = web.AppRunner(server.app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    sys.stdout.write(f"{runner.addresses[0][1]}\n")
    sys.stdout.flush()
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(serve())
