"""Starting a payment: repeats find the first execution, other facts are a conflict, a new role is waited for."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import NoCredentialsError, ReadTimeoutError, SSOTokenLoadError
from botocore.session import Session
from botocore.stub import Stubber

from payflow_cfn.errors import RunError
from payflow_cfn.local.emulator.clients import LocalClients
from payflow_cfn.workflow.execution import Execution
from payflow_cfn.workflow.payment_input import again_name
from payflow_cfn.workflow.run import find_newest, run_payment, start_anew, start_payment

ARN = "arn:aws:states:eu-west-2:123456789012:stateMachine:sfn-payment-workflow-dev"
RUN = "arn:aws:states:eu-west-2:123456789012:execution:sfn-payment-workflow-dev:t-1"
NOW = datetime(2026, 11, 25, 10, 0, 0, tzinfo=UTC)
OFFLINE: dict[str, Any] = {"retries": {"total_max_attempts": 1}, "ignore_configured_endpoint_urls": True}
PAYMENT = {"transaction_id": "t-1", "payment_amount": "10.00", "payment_method": "credit_card", "customer_id": "c"}
TEXT = json.dumps(PAYMENT)
NEEDED = "the caller needs the permissions that `payflow policy operator` prints"


SESSION = Session()  # reads the service's model once


@pytest.fixture
def sfn() -> Any:
    return SESSION.create_client(
        "stepfunctions",
        region_name="eu-west-2",
        aws_access_key_id="x",
        aws_secret_access_key="y",
        config=Config(**OFFLINE),
    )


def start(stub: Stubber, *, at: datetime = NOW, text: str = TEXT) -> None:
    stub.add_response(
        "start_execution",
        {"executionArn": RUN, "startDate": at},
        {"stateMachineArn": ARN, "name": "t-1", "input": text},
    )


def describe(stub: Stubber, status: str, **more: Any) -> None:
    answer = {"executionArn": RUN, "stateMachineArn": ARN, "startDate": NOW, "status": status, **more}
    stub.add_response("describe_execution", answer, {"executionArn": RUN})


def test_a_payment_is_started_under_its_id_with_every_digit(sfn: Any) -> None:
    text = '{"transaction_id": "t-1",  "payment_amount": 10.10}'
    with Stubber(sfn) as stub:
        start(stub, text=text.replace("  ", " "))
        assert start_payment(sfn, ARN, text, now=lambda: NOW) == Execution(RUN, "t-1", "RUNNING", "", "", "", False)


def test_the_same_text_while_the_first_runs_is_a_replay(sfn: Any) -> None:
    with Stubber(sfn) as stub:
        start(stub, at=NOW - timedelta(seconds=1))
        assert start_payment(sfn, ARN, PAYMENT, now=lambda: NOW).replayed is True


def test_a_clock_that_is_wrong_here_makes_no_replay(sfn: Any) -> None:
    with Stubber(sfn) as stub:
        stub.add_response(
            "start_execution",
            {
                "executionArn": RUN,
                "startDate": NOW,
                "ResponseMetadata": {"HTTPHeaders": {"date": "Wed, 25 Nov 2026 10:00:00 GMT"}},
            },
        )
        assert start_payment(sfn, ARN, PAYMENT, now=lambda: NOW + timedelta(hours=1)).replayed is False


@pytest.mark.parametrize("first", [
    PAYMENT, dict(reversed(PAYMENT.items())), PAYMENT | {"payment_amount": 10.0}, PAYMENT | {"currency": "USD"},
])  # fmt: skip
@pytest.mark.parametrize("machine", [ARN, ARN + ":live", ARN + ":7"])
def test_a_repeat_returns_the_first_execution(sfn: Any, first: dict[str, Any], machine: str) -> None:
    with Stubber(sfn) as stub:
        stub.add_client_error("start_execution", "ExecutionAlreadyExists", "exists")
        describe(stub, "SUCCEEDED", input=json.dumps(first), output='{"status":"COMPLETED"}')
        found = start_payment(sfn, machine, PAYMENT)
        assert (found.arn, found.status, found.replayed, found.result) == (
            RUN,
            "SUCCEEDED",
            True,
            {"status": "COMPLETED"},
        )


@pytest.mark.parametrize("first", [json.dumps(PAYMENT | {"payment_amount": "20.00"}), "not JSON", "[]"])
def test_the_same_id_with_other_facts_is_a_conflict(sfn: Any, first: str) -> None:
    with Stubber(sfn) as stub:
        stub.add_client_error("start_execution", "ExecutionAlreadyExists", "exists")
        describe(stub, "SUCCEEDED", input=first)
        with pytest.raises(RunError, match="t-1 exists with other facts") as caught:
            start_payment(sfn, ARN, PAYMENT)
        assert caught.value.data == {"arn": RUN, "conflict": True}


REJECTED = '{"status":"REJECTED"}'


def ended(stub: Stubber, name: str, status: str, **more: Any) -> None:
    stub.add_client_error("start_execution", "ExecutionAlreadyExists", "exists", expected_params=starting(name))
    described(stub, name, status, **more)


def described(stub: Stubber, name: str, status: str, **more: Any) -> None:
    arn = RUN.removesuffix("t-1") + name
    answer = {"executionArn": arn, "stateMachineArn": ARN, "startDate": NOW, "status": status, "input": TEXT, **more}
    stub.add_response("describe_execution", answer, {"executionArn": arn})


def absent(stub: Stubber, name: str) -> None:
    asked = {"executionArn": RUN.removesuffix("t-1") + name}
    stub.add_client_error("describe_execution", "ExecutionDoesNotExist", "none", expected_params=asked)


def starting(name: str) -> dict[str, str]:
    return {"stateMachineArn": ARN, "name": name, "input": TEXT}


@pytest.mark.parametrize(
    ("status", "more"), [("FAILED", {}), ("TIMED_OUT", {}), ("ABORTED", {}), ("SUCCEEDED", {"output": REJECTED})]
)
def test_a_payment_that_failed_is_started_anew_when_that_is_asked_for_and_not_else(
    sfn: Any, status: str, more: dict[str, str]
) -> None:
    second, third = (again_name("t-1", number) for number in (2, 3))
    with Stubber(sfn) as stub:
        ended(stub, "t-1", status, **more)
        absent(stub, second)
        assert start_payment(sfn, ARN, PAYMENT).status == status
        ended(stub, "t-1", status, **more)
        ended(stub, second, status, **more)
        stub.add_response("start_execution", {"executionArn": RUN, "startDate": NOW}, starting(third))
        found = start_payment(sfn, ARN, PAYMENT, again=True, now=lambda: NOW)
        assert (found.name, found.status, found.replayed) == (third, "RUNNING", False)
        stub.assert_no_pending_responses()


@pytest.mark.parametrize(
    ("status", "more"),
    [
        ("RUNNING", {}),
        ("SUCCEEDED", {"output": '{"status":"COMPLETED"}'}),
    ],
)
def test_a_payment_that_runs_or_is_completed_is_never_started_anew(sfn: Any, status: str, more: dict[str, str]) -> None:
    with Stubber(sfn) as stub:
        ended(stub, "t-1", status, **more)
        assert start_payment(sfn, ARN, PAYMENT, again=True).replayed is True


@pytest.mark.parametrize(
    ("status", "more"),
    [("FAILED", {"error": "PaymentNotCharged"}), ("SUCCEEDED", {"output": '{"status":"DECLINED"}'})],
)
def test_a_settled_payment_is_started_anew_so_that_a_notice_that_was_not_sent_is_sent(
    sfn: Any, status: str, more: dict[str, str]
) -> None:
    second = again_name("t-1", 2)
    with Stubber(sfn) as stub:
        ended(stub, "t-1", status, **more)
        assert start_payment(sfn, ARN, PAYMENT).replayed is True
        ended(stub, "t-1", status, **more)
        stub.add_response("start_execution", {"executionArn": RUN, "startDate": NOW}, starting(second))
        assert start_payment(sfn, ARN, PAYMENT, again=True, now=lambda: NOW).name == second


def test_other_facts_are_a_conflict_also_for_a_payment_that_failed(sfn: Any) -> None:
    with Stubber(sfn) as stub:
        ended(stub, "t-1", "FAILED", input=json.dumps(PAYMENT | {"payment_amount": "20.00"}))
        with pytest.raises(RunError, match="other facts"):
            start_payment(sfn, ARN, PAYMENT, again=True)


def test_a_payment_that_fails_for_ever_is_not_started_for_ever(sfn: Any) -> None:
    with Stubber(sfn) as stub:
        for number in range(1, 101):
            ended(stub, "t-1" if number == 1 else again_name("t-1", number), "FAILED")
        with pytest.raises(RunError, match="100 times"):
            start_payment(sfn, ARN, PAYMENT, again=True)


def test_a_repeat_shows_the_newest_execution(sfn: Any) -> None:
    second, third = (again_name("t-1", number) for number in (2, 3))
    with Stubber(sfn) as stub:
        ended(stub, "t-1", "FAILED", error="OutcomeUnknown")
        described(stub, second, "FAILED", error="OutcomeUnknown")
        described(stub, third, "SUCCEEDED", output='{"status":"COMPLETED"}')
        found = start_payment(sfn, ARN, PAYMENT)
        assert (found.name, found.replayed, found.result) == (third, True, {"status": "COMPLETED"})
        stub.assert_no_pending_responses()


CORRECTED = json.dumps(PAYMENT | {"payment_amount": "20.00"})


def test_a_corrected_payment_takes_the_id_of_a_rejected_one(sfn: Any) -> None:
    second = again_name("t-1", 2)
    wanted = {"stateMachineArn": ARN, "name": second, "input": CORRECTED}
    with Stubber(sfn) as stub:
        stub.add_client_error("start_execution", "ExecutionAlreadyExists", "exists")
        described(stub, "t-1", "SUCCEEDED", output=REJECTED)
        stub.add_response("start_execution", {"executionArn": RUN, "startDate": NOW}, wanted)
        found = start_payment(sfn, ARN, CORRECTED, now=lambda: NOW)
        assert (found.name, found.replayed) == (second, False)


def test_the_rejected_payment_conflicts_with_the_one_that_took_its_id(sfn: Any) -> None:
    with Stubber(sfn) as stub:
        ended(stub, "t-1", "SUCCEEDED", output=REJECTED)
        described(stub, again_name("t-1", 2), "SUCCEEDED", input=CORRECTED, output='{"status":"COMPLETED"}')
        with pytest.raises(RunError, match="other facts"):
            start_payment(sfn, ARN, PAYMENT)


def test_one_more_execution_is_started_while_another_one_waits(sfn: Any) -> None:
    second, third = (again_name("t-1", number) for number in (2, 3))
    with Stubber(sfn) as stub:
        stub.add_response("start_execution", {"executionArn": RUN, "startDate": NOW - timedelta(days=1)})
        stub.add_client_error("start_execution", "ExecutionAlreadyExists", "exists", expected_params=starting(second))
        stub.add_response("start_execution", {"executionArn": RUN, "startDate": NOW}, starting(third))
        found = start_anew(sfn, ARN, PAYMENT, now=lambda: NOW)
        assert (found.name, found.replayed) == (third, False)


def test_the_newest_execution_is_the_last_of_its_numbers(sfn: Any) -> None:
    with Stubber(sfn) as stub:
        described(stub, again_name("t-1", 2), "FAILED")
        described(stub, again_name("t-1", 3), "RUNNING", input=CORRECTED)
        absent(stub, again_name("t-1", 4))
        found = find_newest(sfn, ARN, "t-1", known=2)
        assert found is not None
        assert (found.execution.status, found.input) == ("RUNNING", CORRECTED)
        absent(stub, "t-1")
        assert find_newest(sfn, ARN, "t-1") is None


def test_a_role_that_is_too_new_is_tried_again_and_it_is_said(sfn: Any) -> None:
    slept: list[float] = []
    told: list[str] = []
    with Stubber(sfn) as stub:
        for _ in range(2):
            stub.add_client_error("start_execution", "AccessDeniedException", "role not ready")
        start(stub)
        start_payment(sfn, ARN, PAYMENT, sleep=slept.append, on_retry=told.append, now=lambda: NOW)
    assert slept == [1.0, 2.0]
    assert [each.endswith("role not ready") for each in told] == [True, True]


def test_access_that_stays_denied_ends_with_the_reason(sfn: Any) -> None:
    slept: list[float] = []
    with Stubber(sfn) as stub:
        for _ in range(6):
            stub.add_client_error("start_execution", "AccessDeniedException", "no states:StartExecution")
        with pytest.raises(RunError, match="after 6 attempts: no states:StartExecution"):
            start_payment(sfn, ARN, PAYMENT, sleep=slept.append)
    assert slept == [1.0, 2.0, 4.0, 8.0, 16.0]


def test_another_refusal_is_not_tried_again(sfn: Any) -> None:
    with Stubber(sfn) as stub:
        stub.add_client_error("start_execution", "StateMachineDoesNotExist", "gone")
        with pytest.raises(RunError, match="Deploy the environment first"):
            start_payment(sfn, ARN, PAYMENT, sleep=_never)


def test_a_run_waits_for_the_end_through_throttling(sfn: Any) -> None:
    slept: list[float] = []
    with Stubber(sfn) as stub:
        start(stub)
        describe(stub, "RUNNING")
        stub.add_client_error("describe_execution", "ThrottlingException", "Rate exceeded")
        describe(stub, "FAILED", error="PaymentFailed", cause="why")
        found = run_payment(sfn, ARN, PAYMENT, sleep=slept.append, clock=lambda: sum(slept))
    assert (found.status, found.error, found.cause) == ("FAILED", "PaymentFailed", "why")
    assert len(slept) == 3


def test_a_run_that_goes_on_too_long_says_that_it_goes_on(sfn: Any) -> None:
    slept: list[float] = []
    with Stubber(sfn) as stub:
        start(stub)
        for _ in range(20):
            describe(stub, "RUNNING")
        with pytest.raises(RunError, match="still running after 5 s") as caught:
            run_payment(sfn, ARN, PAYMENT, sleep=slept.append, clock=lambda: sum(slept), timeout=5)
    assert caught.value.data == {"arn": RUN}


def test_the_end_cannot_be_read_without_access(sfn: Any) -> None:
    with Stubber(sfn) as stub:
        start(stub)
        stub.add_client_error("describe_execution", "AccessDeniedException", "no")
        with pytest.raises(RunError, match=rf"cannot be read: no\. It goes on at AWS; {NEEDED}"):
            run_payment(sfn, ARN, PAYMENT, sleep=lambda _: None)


def test_an_execution_that_nobody_may_read_is_not_said_to_go_on(sfn: Any) -> None:
    with Stubber(sfn) as stub:
        stub.add_client_error("describe_execution", "AccessDeniedException", "no")
        with pytest.raises(RunError, match=rf"cannot be read: no\. {NEEDED.capitalize()}"):
            find_newest(sfn, ARN, "t-1")


class Silent:
    """The client, but one operation is never answered: botocore raises what is no ClientError."""

    def __init__(self, sfn: Any, operation: str, error: Exception) -> None:
        self._sfn, self._operation, self._error = sfn, operation, error

    def __getattr__(self, name: str) -> Any:
        return self._fail if name == self._operation else getattr(self._sfn, name)

    def _fail(self, **_: Any) -> None:
        raise self._error


def silent(sfn: Any, operation: str, error: Exception) -> Any:
    """The same as a client."""
    return Silent(sfn, operation, error)


@pytest.mark.parametrize(
    "error", [NoCredentialsError(), SSOTokenLoadError(error_msg="gone"), ReadTimeoutError(endpoint_url="https://x")]
)
def test_a_start_without_an_answer_is_an_error_that_says_to_run_it_again(sfn: Any, error: Exception) -> None:
    remedy = (
        r"(Log in again, or choose other credentials \(AWS_PROFILE\), then try|Check the network .* run it) again; no"
    )
    with pytest.raises(RunError, match=rf"it is not known whether the execution t-1 was started: .*\. {remedy}"):
        start_payment(silent(sfn, "start_execution", error), ARN, PAYMENT, sleep=_never)


def test_credentials_that_are_lost_while_it_runs_are_an_error_that_says_that_it_goes_on(sfn: Any) -> None:
    lost = silent(sfn, "describe_execution", SSOTokenLoadError(error_msg="gone"))
    with Stubber(sfn) as stub:
        start(stub)
        with pytest.raises(
            RunError, match=r"cannot be read: Error loading SSO Token, gone. It goes on at AWS; log in again"
        ) as caught:
            run_payment(lost, ARN, PAYMENT, sleep=lambda _: None)
        assert caught.value.data == {"arn": RUN}
        stub.add_client_error("start_execution", "ExecutionAlreadyExists")
        with pytest.raises(RunError, match=r"cannot be read: Error loading SSO Token, gone\. Log in again"):
            start_payment(lost, ARN, PAYMENT)


def test_a_refusal_that_nobody_foresaw_has_a_remedy_too(sfn: Any) -> None:
    with Stubber(sfn) as stub:
        stub.add_client_error("start_execution", "ExpiredTokenException", "expired")
        with pytest.raises(RunError, match=r"expired. Log in again, or choose other credentials \(AWS_PROFILE\), then"):
            start_payment(sfn, ARN, PAYMENT, sleep=_never)


@pytest.mark.local
def test_repeats_on_the_embedded_aws_return_the_first_execution(clients: LocalClients) -> None:
    role = clients("iam").create_role(
        RoleName="r",
        AssumeRolePolicyDocument=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}
                ],
            }
        ),
    )["Role"]["Arn"]
    machine = clients("stepfunctions").create_state_machine(
        name="m", roleArn=role, definition=json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}})
    )["stateMachineArn"]
    run: Callable[..., Execution] = lambda payment: run_payment(clients("stepfunctions"), machine, payment)  # noqa: E731
    first = run(PAYMENT)
    again = [run(each) for each in (TEXT, dict(reversed(PAYMENT.items())), PAYMENT | {"payment_amount": "10.0"})]
    assert (first.status, first.replayed) == ("SUCCEEDED", False)
    assert [(each.arn, each.output, each.replayed) for each in again] == [(first.arn, first.output, True)] * 3
    with pytest.raises(RunError, match="other facts"):
        run(PAYMENT | {"payment_amount": "10.01"})


def _never(_: float) -> None:
    raise AssertionError("slept")
