"""Sort failed AWS calls: throttled, no network, no credentials, or refused; turn them into errors of a command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from payflow_cfn.aws import credentials
from payflow_cfn.errors import DeployError
from payflow_cfn.text import one_line

Trouble = Literal["throttled", "network", "credentials", "refused"]

_THROTTLED = frozenset(
    {
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestThrottled",
        "RequestThrottledException",
        "TooManyRequestsException",
        "RequestLimitExceeded",
        "BandwidthLimitExceeded",
        "SlowDown",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "InternalFailure",
        "InternalError",
        "ServiceUnavailable",
        "ServiceUnavailableException",
    }
)


def aws_errors() -> tuple[type[Exception], ...]:
    """The exceptions of a boto3 call, for `except aws_errors()`: botocore is imported only when one was raised."""
    from botocore.exceptions import BotoCoreError, ClientError

    return BotoCoreError, ClientError


def trouble_of(error: Exception) -> Trouble:
    """The kind of an exception that a boto3 call raised."""
    from botocore.exceptions import ClientError, HTTPClientError
    from botocore.exceptions import ConnectionError as BotocoreConnectionError

    if credentials.are_refused(error):
        return "credentials"
    if isinstance(error, ClientError):
        code, status = code_of(error), error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return "throttled" if code in _THROTTLED or status >= 500 else "refused"
    if isinstance(error, (BotocoreConnectionError, HTTPClientError)):
        return "network"
    return "refused"


def code_of(error: Exception) -> str:
    """The service's error code; empty when the call never got an answer."""
    response = getattr(error, "response", None) or {}
    return str(response.get("Error", {}).get("Code", ""))


def text_of(error: Exception) -> str:
    """The error in one line that is safe to print."""
    response = getattr(error, "response", None) or {}
    return one_line(str(response.get("Error", {}).get("Message") or error))


def says_missing(error: Exception) -> bool:
    """Whether the answer was that the stack or the change set does not exist.

    CloudFormation has no code of its own for a missing stack: it is a ValidationError that differs from all others in
    its text alone (https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html).
    """
    code = code_of(error)
    return code in ("ChangeSetNotFound", "ChangeSetNotFoundException", "StackNotFoundException") or (
        code == "ValidationError" and "does not exist" in text_of(error)
    )


@contextmanager
def explained(doing: str, *, stack_name: str = "") -> Iterator[None]:
    """Turn botocore's exceptions into the `refusal` of `doing`; all others pass unchanged."""
    try:
        yield
    except aws_errors() as error:
        raise refusal(error, doing, stack_name=stack_name) from error


def refusal(error: Exception, doing: str, *, stack_name: str = "") -> DeployError:
    """The DeployError for a call that failed before anything was started; `stack_name` is the stack it concerns."""
    from payflow_cfn.deploy.cloudformation.remedies import hint_for

    remedies = {
        "throttled": "AWS is short of capacity for calls: try again in a minute",
        "network": "check the network and the region, then try again; nothing was started",
        "credentials": f"{credentials.remedy_for(error)}; nothing was started",
    }
    text = text_of(error)
    remedy = remedies.get(trouble_of(error)) or hint_for(f"{code_of(error)}: {text}")
    what = f"{doing} of {stack_name}" if stack_name else doing
    return DeployError(f"{what} failed: {text}", remedy=remedy, stack_name=stack_name, code=code_of(error))
