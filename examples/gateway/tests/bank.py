"""A stand-in for Acme Pay on loopback, with its own books."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Bank(ThreadingHTTPServer):
    """`charged` counts the charges of each key; `next` holds what goes wrong with the next requests."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.books: dict[str, dict[str, Any]] = {}
        self.charged: Counter[str] = Counter()
        self.next: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, *_: object) -> None:
        """A connection that is cut on purpose prints nothing."""


class _Handler(BaseHTTPRequestHandler):
    server: Bank

    def do_PUT(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        fault, key = self.server.next.pop() if self.server.next else "", self._key
        if fault == "busy":
            return self._answer(429, {"problem": "busy"})
        if key not in self.server.books:
            # Acme refuses amounts that end with 05.
            refused = body["amount"]["minor"] % 100 == 5
            state = {"state": "refused", "reason": "no_funds"} if refused else {"state": "settled"}
            self.server.books[key] = {"id": f"acme-{len(self.server.books)}", **state}
            self.server.charged[key] += not refused
        return None if fault == "silent" else self._answer(200, self.server.books[key])

    def do_GET(self) -> None:
        known = self.server.books.get(self._key)
        self._answer(200 if known else 404, known or {"problem": "unknown_payment"})

    @property
    def _key(self) -> str:
        return self.path.removeprefix("/payments/")

    def _answer(self, status: int, content: dict[str, Any]) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing is printed."""


@contextmanager
def open_bank() -> Iterator[Bank]:
    """A bank that serves as long as the block lasts."""
    bank = Bank()
    threading.Thread(target=bank.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield bank
    finally:
        bank.shutdown()
        bank.server_close()
