"""Refused credentials: recognise them, and say what to do."""

from __future__ import annotations

_LOG_IN = "log in again, or choose other credentials (AWS_PROFILE), then try again"
# Regions that an account has to enable first answer the same; where the credentials are right, this is the cause.
# https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html
_OR_ENABLE = "an opt-in region that the account has not enabled refuses right credentials in the same way"

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


_MAYBE_NOT_ENABLED = frozenset({"InvalidClientTokenId", "UnrecognizedClientException", "AuthFailure"})


def remedy_for(error: Exception) -> str:
    """What to do about refused credentials; both causes where AWS's code has two."""
    code = (getattr(error, "response", None) or {}).get("Error", {}).get("Code", "")
    return f"{_LOG_IN}; {_OR_ENABLE}" if code in _MAYBE_NOT_ENABLED else _LOG_IN


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
