"""Send one HTTPS request and know whether anything was sent: if nothing was, a repeat is safe.

http.client follows no redirect, uses no proxy and repeats nothing, so one call here is at most one request. Each call
opens its own connection: on a kept one, a reset would not show whether the request had arrived.
"""

from __future__ import annotations

import http.client
import ipaddress
import re
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urlsplit

from payments.errors import ConfigurationError
from payments.gateways.protocol import GatewayUnavailable, OutcomeUnknown

CONNECT_SECONDS: Final = 5.0
REQUEST_SECONDS: Final = 25.0
# Left for the ledger's writes after the gateway's answer or a timeout.
RESERVE_SECONDS: Final = 15.0
SHORTEST_SECONDS: Final = 1.0
LARGEST_ANSWER: Final = 1 << 20
# urlsplit drops or keeps other characters, and http.client would refuse them only after a claim was made.
_VISIBLE: Final = re.compile("[!-~]+")


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole HTTP answer; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def seconds_for_request(time_left: float) -> float:
    """Return how long a request may take; raise GatewayUnavailable if no time is left to record its outcome."""
    # With little time left, a third of it stays for the record.
    seconds = min(REQUEST_SECONDS, time_left - min(RESERVE_SECONDS, time_left / 3))
    if seconds < SHORTEST_SECONDS:
        raise GatewayUnavailable("the function has too little time left for a charge", remedy="repeat the step")
    return seconds


def parse_url(text: str) -> SplitResult:
    """Return the gateway's address: https, or http to loopback; raise ConfigurationError for anything else."""
    try:
        url = urlsplit(text)
        host, port = url.hostname or "", url.port
    except ValueError as error:
        raise ConfigurationError("gateway.url is not an address") from error
    if not host or port == 0 or url.username is not None or url.query or url.fragment or not _VISIBLE.fullmatch(text):
        raise ConfigurationError("gateway.url is not an address", remedy="use https://host[:port][/path]")
    if url.scheme != "https" and not (url.scheme == "http" and is_loopback(host)):
        raise ConfigurationError("gateway.url is not encrypted", remedy="use https")
    return url


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def send(
    url: SplitResult, method: str, target: str, *, headers: Mapping[str, str], body: bytes | None, seconds: float
) -> Answer:
    """Connect and send one request within `seconds` in all, and return its answer.

    Raise GatewayUnavailable when no connection was made in time, OutcomeUnknown when one was made but no whole answer
    came.
    """
    started = time.monotonic()
    connection = _connected(url, seconds=min(CONNECT_SECONDS, seconds))
    try:
        # Each address of a name may take the whole time to connect.
        left = seconds - (time.monotonic() - started)
        if left <= 0:
            raise GatewayUnavailable("the connection to the gateway took all the time", remedy="repeat the step")
        with _deadline(connection, seconds=left):
            connection.request(method, target, body=body, headers=dict(headers))
            answer = _read(connection)
        return answer  # noqa: RET504 - the deadline may still raise on leaving the block
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise OutcomeUnknown(f"no whole answer from the gateway ({type(error).__name__})") from error
    finally:
        connection.close()


def _connected(url: SplitResult, *, seconds: float) -> http.client.HTTPConnection:
    """Open a connection, TLS included; if this fails, no byte of the request was sent."""
    host = url.hostname or ""
    connection: http.client.HTTPConnection
    if url.scheme == "https":
        connection = http.client.HTTPSConnection(host, url.port, timeout=seconds, context=ssl.create_default_context())
    else:
        connection = http.client.HTTPConnection(host, url.port, timeout=seconds)
    try:
        connection.connect()
    except (OSError, http.client.HTTPException, ValueError) as error:
        connection.close()
        raise GatewayUnavailable(f"no connection to the gateway ({type(error).__name__})") from error
    return connection


@contextmanager
def _deadline(connection: http.client.HTTPConnection, *, seconds: float) -> Iterator[None]:
    """Cut the connection after `seconds` in all: a socket's own timeout starts again with every byte."""
    opened, over = connection.sock, threading.Event()
    opened.settimeout(seconds)
    timer = threading.Timer(seconds, _cut, args=(opened, over))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
    if over.is_set():
        # To http.client, a cut connection can look like the end of an answer.
        raise TimeoutError


def _cut(opened: socket.socket, over: threading.Event) -> None:
    """Shut a socket down while another thread reads it."""
    over.set()
    with suppress(OSError):
        opened.shutdown(socket.SHUT_RDWR)


def _read(connection: http.client.HTTPConnection) -> Answer:
    """Read the whole answer; raise IncompleteRead for one longer than any real answer, or cut short."""
    response = connection.getresponse()
    body = response.read(LARGEST_ANSWER + 1)
    if len(body) > LARGEST_ANSWER or (response.length or 0) > 0:
        raise http.client.IncompleteRead(b"")
    headers = {name.lower(): value for name, value in response.getheaders()}
    return Answer(status=response.status, headers=headers, body=body)
