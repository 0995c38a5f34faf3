"""AWS does not accept the caller's credentials: how that is recognised, and the one remedy for it."""

from __future__ import annotations

REMEDY = "log in again, or choose other credentials (AWS_PROFILE), then try again"

_CODES = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "RequestExpired",
        "InvalidClientTokenId",
        "UnrecognizedClientException",
        "SignatureDoesNotMatch",
        "InvalidToken",
        "AuthFailure",
        "InvalidSignatureException",
    }
)


def are_refused(error: Exception) -> bool:
    """Whether what botocore raised is about the credentials: missing, expired, or unknown to AWS."""
    from botocore.exceptions import (
        ClientError,
        CredentialRetrievalError,
        NoCredentialsError,
        PartialCredentialsError,
        SSOError,
        TokenRetrievalError,
    )

    if isinstance(error, ClientError):
        return error.response.get("Error", {}).get("Code", "") in _CODES
    missing = (CredentialRetrievalError, NoCredentialsError, PartialCredentialsError, SSOError, TokenRetrievalError)
    return isinstance(error, missing)
