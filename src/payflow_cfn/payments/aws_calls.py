"""Calls about one payment: what AWS refuses, does not answer or does not have becomes one line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from payflow_cfn.errors import RunError
from payflow_cfn.text import clause

_DENIED = ("AccessDenied", "AccessDeniedException", "UnauthorizedException")
_MISSING = ("ResourceNotFoundException", "StateMachineDoesNotExist")


@contextmanager
def asked(doing: str) -> Iterator[None]:
    """Turn what botocore raises while `doing` into a RunError; every other exception passes as it is."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        text = clause(str(error.response.get("Error", {}).get("Message") or code))
        message = f"access denied {doing} ({text})" if code in _DENIED else f"{doing} failed ({text})"
        raise RunError(message, remedy=_remedy(code), code=code) from error
    except BotoCoreError as error:
        remedy = "log in, or check network and region, then try again; nothing is charged"
        raise RunError(f"{doing} failed ({clause(str(error))})", remedy=remedy) from error


def says_absent(error: RunError) -> bool:
    """Whether AWS has no such table, function or state machine."""
    return error.data.get("code") in _MISSING


def no_payment(transaction_id: str, table: str) -> RunError:
    """The error of every command for an id without a payment."""
    return RunError(
        f"there is no payment {transaction_id} in {table}", remedy="check the id and the environment", table=table
    )


def _remedy(code: str) -> str:
    if code in _DENIED:
        return "the caller needs the permissions that `payflow policy operator` prints"
    if code in _MISSING:
        return "deploy the environment first, or check its name, the account and the region"
    return "try again; nothing is charged"
