"""Refuse requests that are not signed with a secret of this run.

MiniStack takes a request without a key, with the key id `test` or with twelve digits for the account's root and checks
no signature; its own endpoints (/_ministack/reset, /_ministack/config) ask nobody; and a function's session has a
secret that follows from two ARNs. Any account of the machine reaches the loopback, so all of it is checked here.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    App = Callable[[Mapping[str, Any], Callable[[], Awaitable[Any]], Callable[[Any], Awaitable[None]]], Awaitable[None]]

Refusal = tuple[str, str]
_UNSIGNED: Refusal = ("MissingAuthenticationToken", "the embedded AWS takes only requests signed in their headers")
_UNKNOWN: Refusal = ("UnrecognizedClientException", "the access key is not one of this run of the embedded AWS")
# MiniStack's own endpoints, and those it has for LocalStack's clients: for the user who started it, not for its
# functions.
_OWN_PATHS = ("/_", "/health")


def signed_only(app: App, *, key_id: str, secret: str) -> App:
    """The same application behind the check; `key_id` and `secret` are the root's of this run."""

    async def checked(scope: Mapping[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        headers = _headers(scope)
        refusal, body = await _checked(scope, headers, receive, key_id, secret)
        if refusal is None:
            await app(scope, receive if body is None else _again(body, receive), send)
        else:
            await _refuse(headers, send, refusal)

    return checked


async def _checked(
    scope: Mapping[str, Any], headers: Mapping[str, str], receive: Any, key_id: str, secret: str
) -> tuple[Refusal | None, bytes | None]:
    """Why the request is refused, if it is, and its body where the signature had to be checked with it."""
    from ministack.core import sigv4

    if not headers.get("authorization", "").startswith("AWS4-HMAC-SHA256 "):
        return _UNSIGNED, None
    signature = sigv4.parse_header_signature(headers)
    if not isinstance(signature, sigv4.HeaderSignature):
        return signature, None
    root = hmac.compare_digest(signature.access_key_id.encode(), key_id.encode())
    known = secret if root else _secret_of(signature.access_key_id)
    if known is None or (not root and scope["path"].startswith(_OWN_PATHS)):
        return _UNKNOWN, None
    late = sigv4.request_time_failure(signature)
    if late:
        return late, None
    # S3's clients sign a hash of the body that they send along; others sign the body itself.
    body = None if "x-amz-content-sha256" in headers else await _read(receive)
    raw_path = scope.get("raw_path") or quote(scope["path"]).encode()
    query = parse_qs(scope.get("query_string", b"").decode("utf-8"), keep_blank_values=True)
    failure = sigv4.header_signature_failure(
        signature, known, scope["method"], raw_path.decode("latin-1"), query, headers, body or b""
    )
    return failure, body


def _secret_of(key_id: str) -> str | None:
    from ministack.core import iam_evaluator

    # Those that MiniStack takes for the root without a look at the signature.
    if iam_evaluator.is_root_access_key(key_id):
        return None
    from ministack.core.responses import _account_from_sts_session

    account = _account_from_sts_session(key_id) or os.environ["MINISTACK_ACCOUNT_ID"]
    found = iam_evaluator.resolve_credential(key_id, account)
    return found.secret_access_key if isinstance(found, iam_evaluator.ResolvedCredential) else None


def _headers(scope: Mapping[str, Any]) -> dict[str, str]:
    """The headers with lower-case names; what came on several lines is signed joined by a comma."""
    joined: dict[str, str] = {}
    for raw, value in scope["headers"]:
        name, text = raw.decode("latin-1").lower(), value.decode("latin-1")
        joined[name] = f"{joined[name]},{text}" if name in joined else text
    return joined


async def _read(receive: Any) -> bytes:
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


def _again(body: bytes, receive: Any) -> Any:
    """Return a body that was already read, then the connection's further messages."""
    left = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> Any:
        return left.pop() if left else await receive()

    return receive_again


async def _refuse(headers: Mapping[str, str], send: Any, refusal: Refusal) -> None:
    code, message = refusal
    # Each kind of client finds the code in its own place: query and S3 in XML, the others in JSON and a header.
    scope = headers.get("authorization", "").partition("Credential=")[2].partition(",")[0]
    if "x-www-form-urlencoded" in headers.get("content-type", "") or scope.endswith("/s3/aws4_request"):
        kind, text = (
            "text/xml",
            f"<ErrorResponse><Error><Code>{code}</Code><Message>{_plain(message)}</Message></Error></ErrorResponse>",
        )
    else:
        kind, text = "application/json", json.dumps({"__type": code, "message": message})
    content = text.encode()
    told = [
        (b"content-type", kind.encode()),
        (b"content-length", str(len(content)).encode()),
        (b"x-amzn-errortype", code.encode()),
        # What is left of a body that nobody reads must not be taken for the next request.
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 403, "headers": told})
    await send({"type": "http.response.body", "body": content})


def _plain(text: str) -> str:
    return text.translate({ord("&"): None, ord("<"): None, ord(">"): None})


def session_key(function_arn: str, role_arn: str) -> str:
    """The access key of a function's session, as MiniStack 1.5.33 derives it from the two ARNs."""
    return "ASIA" + hashlib.sha256(f"{function_arn}:{role_arn}".encode()).hexdigest()[:16].upper()


def keep_sessions_secret(secret: str) -> None:
    """Derive the secrets of the functions' sessions from this run's `secret` too; MiniStack takes the ARNs alone."""
    from ministack.core import lambda_runtime
    from ministack.services import lambda_svc, sts

    if not callable(getattr(lambda_runtime, "execution_credentials", None)):
        raise RuntimeError("this MiniStack makes the sessions of functions elsewhere: their secrets could be guessed")

    def credentials(config: Mapping[str, Any]) -> dict[str, str]:
        function, role = config["FunctionArn"], config["Role"]
        key_id = session_key(function, role)
        account, name = role.split(":")[4], role.rpartition("/")[2]
        made = [hmac.new(secret.encode(), f"{part}:{key_id}".encode(), hashlib.sha256) for part in ("secret", "token")]
        password, token = (each.hexdigest() for each in made)
        session = config["FunctionName"][:64]
        sts.register_session(
            key_id,
            {
                "Arn": f"arn:aws:sts::{account}:assumed-role/{name}/{session}",
                "UserId": f"{name}:{session}",
                "SecretAccessKey": password,
                "SessionToken": token,
            },
        )
        return {"AWS_ACCESS_KEY_ID": key_id, "AWS_SECRET_ACCESS_KEY": password, "AWS_SESSION_TOKEN": token}

    lambda_runtime.execution_credentials = credentials
    lambda_svc.execution_credentials = credentials
