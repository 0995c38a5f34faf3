"""A DynamoDB client for the ledger's three calls, on botocore's signer and HTTP session.

The official client loads a service model and an endpoint rule set at each cold start and spends two thirds of a
request's CPU time on them; benchmarks/ has the figures. `clients.dynamodb` uses this client only if Lambda's
environment variables hold all that it needs.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.LowLevelAPI.html
"""

from __future__ import annotations

import json
import random
import re
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from payments.errors import PaymentsError

ATTEMPTS: Final = 3
BACKOFF_SECONDS: Final = 0.05
CONNECT_SECONDS: Final = 2
READ_SECONDS: Final = 4
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html; 5xx are repeated as well.
REPEATED: Final = frozenset(
    {
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ThrottlingException",
        "TransactionInProgressException",
    }
)
# The commercial and GovCloud partitions; any other one, and any special setting, is left to the official client.
_REGION: Final = re.compile(r"(?:us|eu|ap|sa|ca|me|af|il|mx)(?:-gov)?-[a-z]{4,9}-[0-9]")
_SPECIAL: Final = (
    "AWS_USE_FIPS_ENDPOINT",
    "AWS_USE_DUALSTACK_ENDPOINT",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "HTTPS_PROXY",
    "https_proxy",
    "HTTP_PROXY",
    "http_proxy",
)


class DynamoDBError(PaymentsError):
    """An error of DynamoDB, shaped as botocore's ClientError: `response` has Error.Code, and may have the old Item."""

    def __init__(self, code: str, *, item: object = None) -> None:
        super().__init__(f"DynamoDB answered {code}")
        self.response: dict[str, Any] = {"Error": {"Code": code}}
        if item is not None:
            self.response["Item"] = item


@dataclass(frozen=True, slots=True)
class Place:
    """Where requests go and who signs them."""

    endpoint: str
    region: str
    access_key: str
    secret_key: str
    token: str | None
    ca_bundle: str | None = None


def read_place(environment: Mapping[str, str]) -> Place | None:
    """Return the place from Lambda's environment variables; None if the official client is needed to find it."""
    region = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION") or ""
    access_key, secret_key = environment.get("AWS_ACCESS_KEY_ID"), environment.get("AWS_SECRET_ACCESS_KEY")
    if not access_key or not secret_key or not _REGION.fullmatch(region):
        return None
    if any(environment.get(name) for name in _SPECIAL):
        return None
    own = environment.get("AWS_ENDPOINT_URL_DYNAMODB") or environment.get("AWS_ENDPOINT_URL")
    return Place(
        endpoint=(own or f"https://dynamodb.{region}.amazonaws.com").rstrip("/") + "/",
        region=region,
        access_key=access_key,
        secret_key=secret_key,
        token=environment.get("AWS_SESSION_TOKEN"),
        ca_bundle=environment.get("AWS_CA_BUNDLE"),
    )


class DirectDynamoDB:
    """A client as `ledger.DynamoDB` describes it; it retries as the SDK's standard mode does.

    A repeated write is safe here: the ledger recognises its own token.
    """

    def __init__(self, place: Place, *, sleep: Callable[[float], None] = time.sleep, session: Any = None) -> None:
        from botocore.auth import SigV4Auth
        from botocore.credentials import Credentials
        from botocore.httpsession import URLLib3Session

        self._endpoint = place.endpoint
        self._signer = SigV4Auth(Credentials(place.access_key, place.secret_key, place.token), "dynamodb", place.region)
        options: dict[str, Any] = {
            "verify": place.ca_bundle or True,
            "timeout": (CONNECT_SECONDS, READ_SECONDS),
        }
        self._session = session or URLLib3Session(**options)
        self._sleep = sleep

    def put_item(self, **request: Any) -> dict[str, Any]:
        """Write a whole item."""
        return self._call("PutItem", request)

    def update_item(self, **request: Any) -> dict[str, Any]:
        """Change attributes of an item."""
        return self._call("UpdateItem", request)

    def get_item(self, **request: Any) -> dict[str, Any]:
        """Read an item."""
        return self._call("GetItem", request)

    def _call(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Send the request up to three times, until it gets an answer or an error that no retry changes."""
        body = json.dumps(request, separators=(",", ":")).encode("ascii")
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._once(operation, body)
            except DynamoDBError as error:
                if attempt == ATTEMPTS or not _is_repeated(error):
                    raise
            # Full jitter: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
            self._sleep(random.uniform(0, BACKOFF_SECONDS * 2**attempt))  # noqa: S311 - no secret
        raise AssertionError("the last attempt returns or raises")

    def _once(self, operation: str, body: bytes) -> dict[str, Any]:
        """Send one signed request and read its answer."""
        from botocore.awsrequest import AWSRequest
        from botocore.exceptions import BotoCoreError

        headers = {
            "X-Amz-Target": f"DynamoDB_20120810.{operation}",
            "Content-Type": "application/x-amz-json-1.0",
            "Accept-Encoding": "identity",
            "User-Agent": "payflow",
        }
        signed = AWSRequest("POST", self._endpoint, headers=headers, data=body)
        self._signer.add_auth(signed)
        try:
            answer = self._session.send(signed.prepare())
            status, content, checksum = answer.status_code, answer.content, answer.headers.get("x-amz-crc32")
        except BotoCoreError as error:
            raise DynamoDBError("ConnectionError") from error
        return _read(status, content, checksum)


def _is_repeated(error: DynamoDBError) -> bool:
    """Return whether the same request may succeed when it is sent again."""
    code = error.response["Error"]["Code"]
    return code in REPEATED or code in ("ConnectionError", "Garbled") or code.startswith("HTTP 5")


def _read(status: int, content: bytes, checksum: str | None) -> dict[str, Any]:
    """Return the answer's object; raise DynamoDBError for an error and for a damaged answer."""
    if checksum is not None and checksum != str(zlib.crc32(content)):
        raise DynamoDBError("Garbled")
    try:
        said = json.loads(content or b"{}")
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise DynamoDBError(f"HTTP {status}" if status >= 500 else "Garbled")
    if status == 200:
        return said
    # "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException"
    code = str(said.get("__type") or "").rpartition("#")[2]
    if status >= 500 or not code:
        raise DynamoDBError(f"HTTP {status}")
    raise DynamoDBError(code, item=said.get("Item"))
