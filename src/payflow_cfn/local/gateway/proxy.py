"""A loopback proxy between the Lambda workers and the emulator's DynamoDB that injects faults.

The workers get its address in AWS_ENDPOINT_URL_DYNAMODB: see `worker_environment`.
"""

from __future__ import annotations

import http.client
import json
import ssl
import threading
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from payflow_cfn.errors import LocalError
from payflow_cfn.local.emulator.environment import require_loopback
from payflow_cfn.local.emulator.loopback import LoopbackServer, QuietHandler
from payflow_cfn.local.gateway.faults import Attempts, Call, no_faults

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from payflow_cfn.local.emulator.emulator import Emulator


class TableFault(StrEnum):
    """A fault of one table call; "done" is whether the table has the change afterwards."""

    THROTTLE = "throttle"  # ProvisionedThroughputExceededException, not done
    ERROR = "error"  # InternalServerError, not done
    ERROR_AFTER = "error_after"  # InternalServerError, done
    DROP_REQUEST = "drop_request"  # connection reset, not done
    DROP_ANSWER = "drop_answer"  # done, connection reset
    DELAY = "delay"  # done after `delay_seconds`
    KILL_BEFORE = "kill_before"  # the caller is killed, not done
    KILL_AFTER = "kill_after"  # done, the caller is killed


NOT_DONE = frozenset({TableFault.THROTTLE, TableFault.ERROR, TableFault.DROP_REQUEST, TableFault.KILL_BEFORE})

# Headers between two neighbours only; https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1
_HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "te", "upgrade"})

Answer = tuple[int, "list[tuple[str, str]]", bytes]


class TableProxy:
    """A running proxy: `calls` it got, each with its fault in `struck`; give it the emulator with `forward_to`."""

    def __init__(self, *, faults: Callable[[Call], TableFault | None], delay_seconds: float) -> None:
        """Bind a free loopback port; `table_proxy` is how to get a served one."""
        self.faults = faults
        self.delay_seconds = delay_seconds
        self.kill: Callable[[int], None] = lambda _: None
        self.struck: list[tuple[Call, TableFault | None]] = []
        self.attempts = Attempts()
        self.closing = threading.Event()
        self.server = LoopbackServer(type("Handler", (_ProxyHandler,), {"proxy": self}))
        self._upstream: tuple[str, int] | None = None
        self._context: ssl.SSLContext | None = None

    def worker_environment(self) -> dict[str, str]:
        """The variables that send a Lambda worker's DynamoDB calls here."""
        return {"AWS_ENDPOINT_URL_DYNAMODB": self.server.url}

    def forward_to(self, emulator: Emulator, *, kill: Callable[[int], None] | None = None) -> None:
        """Send calls on to this emulator; `kill` gets the caller's port for the faults that kill it."""
        parts = urlsplit(require_loopback(emulator.endpoint))
        self._context = ssl.create_default_context(cafile=str(emulator.ca_bundle))
        self._upstream = (parts.hostname or "", parts.port or 443)
        self.kill = kill or self.kill

    def forward(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Send one request on as it is, its Host included (the signature covers it), and return the whole answer."""
        if self._upstream is None:
            raise LocalError("the proxy has no emulator to forward to", remedy="call forward_to first")
        # A connection for each call: one kept open could die under a write, and repeating that write is not ours to do.
        connection = http.client.HTTPSConnection(*self._upstream, timeout=60, context=self._context)
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in headers.items():
                if name.lower() not in _HOP_BY_HOP:
                    connection.putheader(name, value)
            connection.endheaders(body)
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            connection.close()


@contextmanager
def table_proxy(
    *, faults: Callable[[Call], TableFault | None] = no_faults, delay_seconds: float = 0.2
) -> Iterator[TableProxy]:
    """Run a proxy in a thread of this process for as long as the block lasts.

    It is made before the emulator, because the emulator's workers must know its address:
    `with table_proxy() as proxy, emulator(worker_environment=proxy.worker_environment()) as running:
    proxy.forward_to(running)`.
    """
    proxy = TableProxy(faults=faults, delay_seconds=delay_seconds)
    proxy.server.start()
    try:
        yield proxy
    finally:
        proxy.closing.set()
        proxy.server.stop()


class _ProxyHandler(QuietHandler):
    proxy: TableProxy

    def do_POST(self) -> None:  # noqa: N802 - the name is the standard library's
        """Every DynamoDB call is a POST; its operation is in X-Amz-Target."""
        body = self.read_body()
        operation = (self.headers.get("X-Amz-Target") or "").rpartition(".")[2]
        content = json.loads(body or b"{}")
        key = transaction_of(content)
        call = Call(operation, key, self.proxy.attempts.next(operation, key), content)
        fault = self.proxy.faults(call)
        self.proxy.struck.append((call, fault))
        if fault in NOT_DONE:
            self._spoil(fault)
            return
        if fault == TableFault.DELAY:
            self.proxy.closing.wait(self.proxy.delay_seconds)
        answer = self.proxy.forward("POST", self.path, dict(self.headers.items()), body)
        if fault in (None, TableFault.DELAY):
            self._pass_on(answer)
        else:
            self._spoil(fault)

    def _spoil(self, fault: TableFault | None) -> None:
        if fault == TableFault.THROTTLE:
            self._error(400, "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException")
        elif fault in (TableFault.ERROR, TableFault.ERROR_AFTER):
            self._error(500, "com.amazonaws.dynamodb.v20120810#InternalServerError")
        else:
            if fault in (TableFault.KILL_BEFORE, TableFault.KILL_AFTER):
                self.proxy.kill(self.client_address[1])
            self.drop()

    def _error(self, status: int, kind: str) -> None:
        content = json.dumps({"__type": kind, "message": "injected by payflow_cfn.local.gateway.proxy"}).encode()
        self._pass_on((status, [("Content-Type", "application/x-amz-json-1.0")], content))

    def _pass_on(self, answer: Answer) -> None:
        status, headers, content = answer
        self.send_response(status)
        for name, value in headers:
            if name.lower() not in _HOP_BY_HOP | {"content-length", "server", "date"}:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def transaction_of(content: Mapping[str, Any]) -> str:
    """The value of the table's key in a single-row call, "" in any other."""
    row = content.get("Key") or content.get("Item") or {}
    value = row.get("transaction_id") or {}
    return str(value.get("S", ""))
