"""An S3 on loopback that counts requests: PUT, HEAD bucket and ListObjectsV2, with a bucket's owner and region."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit


@dataclass
class StandIn:
    """What the server holds and saw; `objects` is {key: bytes}, `headers` {key: the PUT's headers}.

    `before` is called with every request that has arrived, before it is answered.
    """

    url: str = ""
    bucket: str = "artifacts"
    region: str = "eu-west-2"
    owner: str = "111122223333"
    says_region: bool = True
    page: int = 1000
    refuse_put: str = ""
    before: Callable[[], object] = lambda: None
    objects: dict[str, bytes] = field(default_factory=dict)
    headers: dict[str, dict[str, str]] = field(default_factory=dict)
    requests: Counter[str] = field(default_factory=Counter)

    def client(self, region: str = "eu-west-2") -> Any:
        import boto3
        from botocore.config import Config

        return boto3.client(
            "s3",
            endpoint_url=self.url,
            region_name=region,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(proxies={}, retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
        )


@contextmanager
def stand_in() -> Iterator[StandIn]:
    """A running stand-in; it ends with the block."""
    state = StandIn()
    handler = type("Handler", (_Handler,), {"state": state, "lock": threading.Lock()})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    state: StandIn
    lock: threading.Lock
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""

    def answer(self, status: int, body: str = "") -> None:
        self.send_response(status)
        if self.state.says_region:
            self.send_header("x-amz-bucket-region", self.state.region)
        self.send_header("Content-Length", str(len(body.encode())))
        self.end_headers()
        if self.command != "HEAD":
            with suppress(BrokenPipeError):  # whoever asked may have been interrupted
                self.wfile.write(body.encode())

    def error(self, status: int, code: str) -> None:
        self.answer(status, f"<Error><Code>{code}</Code><Message>no</Message></Error>")

    def serve(self) -> None:
        url = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        bucket, _, key = unquote(url.path).lstrip("/").partition("/")
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        self.state.before()
        with self.lock:
            self.state.requests["LIST" if "list-type" in query else self.command] += 1
            self.route(bucket, key, query, body)

    def route(self, bucket: str, key: str, query: dict[str, str], body: bytes) -> None:
        if bucket != self.state.bucket:
            self.error(404, "NoSuchBucket")
        elif self.headers.get("x-amz-expected-bucket-owner", self.state.owner) != self.state.owner:
            self.error(403, "AccessDenied")
        elif self.command == "PUT":
            self.put(key, body)
        else:
            self.answer(200, self.listing(query) if "list-type" in query else "")

    def put(self, key: str, body: bytes) -> None:
        if self.state.refuse_put and self.state.refuse_put in key:
            self.error(403, "AccessDenied")
            return
        self.state.objects[key] = body
        self.state.headers[key] = {name.lower(): value for name, value in self.headers.items()}
        self.answer(200)

    def listing(self, query: dict[str, str]) -> str:
        after = query.get("continuation-token", "")
        keys = sorted(key for key in self.state.objects if key.startswith(query.get("prefix", "")) and key > after)
        shown, more = keys[: self.state.page], len(keys) > self.state.page
        token = f"<NextContinuationToken>{shown[-1]}</NextContinuationToken>" if more else ""
        contents = "".join(f"<Contents><Key>{key}</Key></Contents>" for key in shown)
        return f"<ListBucketResult><IsTruncated>{str(more).lower()}</IsTruncated>{token}{contents}</ListBucketResult>"

    do_GET = do_PUT = do_HEAD = serve  # noqa: N815
