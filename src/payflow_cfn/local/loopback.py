"""A small threaded HTTP server on the loopback, for stand-ins that run inside this process."""

from __future__ import annotations

import socket
import struct
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class LoopbackServer(ThreadingHTTPServer):
    """Listens on 127.0.0.1; a client that goes away is no news."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, handler: type[BaseHTTPRequestHandler], *, port: int = 0) -> None:
        """Bind `port` of 127.0.0.1 (0 takes a free one) and listen; requests wait until the server is served."""
        super().__init__(("127.0.0.1", port), handler)

    @property
    def url(self) -> str:
        """Where it listens, without a slash at the end."""
        return f"http://127.0.0.1:{self.server_port}"

    def start(self) -> None:
        """Serve in a thread until `stop`."""
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self) -> None:
        """Stop taking connections and close the port; answers that are under way still go out."""
        self.shutdown()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: dropped connections are what these servers are for."""


class QuietHandler(BaseHTTPRequestHandler):
    """HTTP/1.1 with connections kept open and no log."""

    protocol_version = "HTTP/1.1"
    timeout = 120
    # Headers and body go out in two writes: without this, the second one waits 40 ms for an acknowledgement.
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the standard library's
        """Log nothing."""

    def read_body(self) -> bytes:
        """The request's whole body."""
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def drop(self) -> None:
        """End the connection with a reset instead of an answer."""
        self.close_connection = True
        with suppress(OSError):
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            # A detached descriptor: the streams that the handler still holds would keep the socket itself open.
            socket.close(self.connection.detach())
