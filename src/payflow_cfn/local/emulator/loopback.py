"""A small threaded HTTP server on the loopback, for stand-ins that run inside this process."""

from __future__ import annotations

import hmac
import secrets
import socket
import struct
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast


class LoopbackServer(ThreadingHTTPServer):
    """Listens on 127.0.0.1 below a path that nobody can guess: every account of this machine reaches the port.

    A client that disconnects is not reported.
    """

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, handler: type[BaseHTTPRequestHandler], *, port: int = 0, token: str = "") -> None:
        """Bind `port` of 127.0.0.1 (0 takes a free one) and listen; requests wait until the server is served.

        `token` is the first part of every path; a new one is made when it is empty.
        """
        self.token = token or secrets.token_hex(20)
        super().__init__(("127.0.0.1", port), handler)

    @property
    def url(self) -> str:
        """Where it listens, without a slash at the end."""
        return f"http://127.0.0.1:{self.server_port}/{self.token}"

    def start(self) -> None:
        """Serve in a thread until `stop`."""
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self) -> None:
        """Stop taking connections and close the port; answers that are under way still go out."""
        self.shutdown()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print nothing: these servers drop connections on purpose."""


class QuietHandler(BaseHTTPRequestHandler):
    """HTTP/1.1 with connections kept open and no log."""

    protocol_version = "HTTP/1.1"
    timeout = 120
    # Headers and body go out in two writes: without this, the second one waits 40 ms for an acknowledgement.
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the standard library's
        """Log nothing."""

    def parse_request(self) -> bool:
        """Read the request's head; a caller without the server's token is refused."""
        if not super().parse_request():
            return False
        token = self.path.split("/", 2)[1] if self.path.startswith("/") else ""
        if hmac.compare_digest(token.encode("latin-1", "replace"), cast("LoopbackServer", self.server).token.encode()):
            return True
        self.close_connection = True
        self.send_error(403)
        return False

    @property
    def below(self) -> str:
        """The request's path below the server's token."""
        return self.path.removeprefix(f"/{cast('LoopbackServer', self.server).token}")

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
