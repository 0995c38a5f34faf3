"""An S3 on loopback that takes its time and counts; PUT, HEAD, listing and location are what packaging asks."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

XML = "http://s3.amazonaws.com/doc/2006-03-01/"


@dataclass(slots=True)
class SlowS3:
    """What the server holds, and how often each method was asked."""

    url: str
    delay: float
    keys: set[str] = field(default_factory=set)
    requests: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)


@contextmanager
def slow_s3(*, delay: float) -> Iterator[SlowS3]:
    """A running server that answers each request `delay` seconds late; it ends with the block."""
    state = SlowS3("", delay)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"state": state}))
    server.daemon_threads = True
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    state: SlowS3

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_PUT(self) -> None:
        self._read()
        with self.state.lock:
            self.state.keys.add(unquote(urlsplit(self.path).path))
        self._answer(200)

    def do_HEAD(self) -> None:
        self._read()
        path = unquote(urlsplit(self.path).path)
        self._answer(200 if path in self.state.keys or path.count("/") < 2 else 404)

    def do_GET(self) -> None:
        self._read()
        query = parse_qs(urlsplit(self.path).query, keep_blank_values=True)
        if "location" in query:
            self._answer(200, f'<LocationConstraint xmlns="{XML}">eu-west-1</LocationConstraint>')
        else:
            self._answer(200, self._listing(query.get("prefix", [""])[0]))

    def _listing(self, prefix: str) -> str:
        with self.state.lock:
            names = [key.split("/", 2)[2] for key in sorted(self.state.keys)]
        found = [f"<Contents><Key>{name}</Key><Size>1</Size></Contents>" for name in names if name.startswith(prefix)]
        return f'<ListBucketResult xmlns="{XML}"><IsTruncated>false</IsTruncated>{"".join(found)}</ListBucketResult>'

    def _read(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        with self.state.lock:
            self.state.requests[self.command] += 1
        time.sleep(self.state.delay)

    def _answer(self, status: int, body: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("x-amz-bucket-region", "eu-west-1")
        self.send_header("ETag", '"0"')
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body.encode())
