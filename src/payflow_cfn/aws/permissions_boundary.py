"""A permissions boundary as people write it, and as the root parameter PermissionsBoundary takes it."""

from __future__ import annotations

import re

from payflow_cfn.errors import SettingsError

PARAMETER = "PermissionsBoundary"
_ARN = re.compile(r"arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/([\w+=,.@/-]{1,512})", re.ASCII)


def boundary_name(text: str, *, account: str, where: str) -> str:
    """The policy's name with its path, from that name or from an ARN; empty for none.

    The template puts partition and account before it, so an ARN has to be one of `account` (12 digits, empty where it
    is not known): SettingsError otherwise.
    """
    if not text.startswith("arn:"):
        return text
    match = _ARN.fullmatch(text)
    if not match:
        raise SettingsError(
            f"{where} is {text!r}", remedy="it takes the name or the ARN of an IAM policy", key=PARAMETER
        )
    if match[1] != account:
        raise SettingsError(
            f"{where} is a policy of {match[1]}, and the environment's account is {account or 'not said'}",
            remedy="set account beside it" if not account else "name a policy of that account",
            key=PARAMETER,
        )
    return match[2]
