"""Calls about one payment: what AWS refuses or does not answer becomes one line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from payflow_cfn.errors import RunError
from payflow_cfn.text import one_line

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
        text = one_line(str(error.response.get("Error", {}).get("Message") or code))
        raise RunError(f"{doing} failed: {text}", remedy=_remedy(code), code=code) from error
    except BotoCoreError as error:
        remedy = "log in, or check network and region, then try again: nothing is charged"
        raise RunError(f"{doing} failed: {one_line(str(error))}", remedy=remedy) from error


def _remedy(code: str) -> str:
    if code in _DENIED:
        return "whoever operates needs the permissions that `payflow policy operator` prints"
    if code in _MISSING:
        return "deploy the environment first, or check its name, the account and the region"
    return "try again: nothing is charged"
