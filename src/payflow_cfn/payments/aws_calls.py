"""Turn the failures of AWS calls about a payment into errors of one line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from payflow_cfn.aws import credentials
from payflow_cfn.config.names import TABLE
from payflow_cfn.errors import RunError
from payflow_cfn.text import clause
from payflow_cfn.workflow.execution import DENIED, NEEDS

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

_PASSING = re.compile("Throttl|TooManyRequests|LimitExceeded|Throughput|Internal|Unavailable")
_IMPOSSIBLE = "AWS does not take such a request: check the id, the environment and the region"
# Texts of notices, logs and gateways that are not a payment's id, each with the way from it to the id.
_OTHER_NAMES = (
    (
        r"payflow-[0-9a-f]{48}",
        "this is a key of the gateway. `payflow payments --open` lists it with the id of an open payment; of any other "
        "one, the charge at the gateway has the id",
    ),
    (
        r"(ch|pi|py|re)_\w+",
        "this is a gateway's reference. The charge at the gateway has the id (Stripe: payflow_transaction_id in its "
        "metadata)",
    ),
    (
        r"arn:.*:execution:.*|(again-\d+|sha256|no-id)-[0-9a-f]{64}",
        "this is an execution. Its input has the id: `aws stepfunctions describe-execution --query input --output text "
        "--execution-arn ARN`",
    ),
)
_MISSING = ("ResourceNotFoundException", "StateMachineDoesNotExist")


@contextmanager
def asked(doing: str, *, role: str = "operator") -> Iterator[None]:
    """Turn botocore's exceptions while `doing` into a RunError; all others pass unchanged.

    `role` is the one whose policy has the permission.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        text = clause(str(error.response.get("Error", {}).get("Message") or code))
        message = f"access denied {doing} ({text})" if code in DENIED else f"{doing} failed ({text})"
        raise RunError(message, remedy=_remedy(error, code, role), code=code) from error
    except BotoCoreError as error:
        raise RunError(f"{doing} failed ({clause(str(error))})", remedy=_unanswered(error)) from error


def environment_of(table: str) -> str:
    """The environment of a table of payments; the table's own name if it does not follow our pattern."""
    return table.removeprefix(TABLE.text(""))


def no_payment(transaction_id: str, table: str) -> RunError:
    """The error of every command for an id without a payment."""
    known = (remedy for pattern, remedy in _OTHER_NAMES if re.fullmatch(pattern, transaction_id))
    return RunError(
        f"there is no payment {transaction_id} in {environment_of(table)}",
        remedy=next(known, "check the id and the environment"),
        table=table,
    )


def _remedy(error: ClientError, code: str, role: str) -> str:
    if code in DENIED:
        return NEEDS.format(role=role)
    if code in _MISSING:
        return "deploy the environment first, or check its name, the account and the region"
    if credentials.are_refused(error):
        return credentials.remedy_for(error)
    passes = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= 500 or _PASSING.search(code)
    return "try again; nothing is charged" if passes else _IMPOSSIBLE


def _unanswered(error: Exception) -> str:
    """The remedy for a call without an answer; a call that botocore refused to send is not worth a repetition."""
    from botocore.exceptions import ParamValidationError

    if isinstance(error, ParamValidationError):
        return _IMPOSSIBLE
    if credentials.are_refused(error):
        return credentials.remedy_for(error)
    return "check the network and the region, then try again; nothing is charged"
