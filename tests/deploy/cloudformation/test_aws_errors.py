"""Test that a failed AWS call becomes one error of ours with the operation, and that our own errors pass unchanged."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from payflow_cfn.deploy.cloudformation.aws_errors import explained
from payflow_cfn.errors import BusyError, DeployError


def test_the_error_of_a_refused_call_names_the_operation() -> None:
    denied = ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "GetStackPolicy")
    told = pytest.raises(DeployError, match=r"^the stack policy of payflow-dev failed: no")
    with told as caught, explained("the stack policy", stack_name="payflow-dev"):
        raise denied
    assert (caught.value.data["code"], caught.value.__cause__) == ("AccessDenied", denied)


def test_our_own_error_keeps_its_text_and_its_exit_status() -> None:
    with pytest.raises(BusyError, match=r"^busy$") as caught, explained("reading", stack_name="payflow-dev"):
        raise BusyError("busy")
    assert caught.value.exit_status == 4
