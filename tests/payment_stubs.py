"""AWS for commands about one payment: stubbed clients, each call with the parameters that it must have."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from botocore.config import Config
from botocore.response import StreamingBody
from botocore.session import Session
from botocore.stub import Stubber

from payflow_cfn.workflow.payment_input import numbered_name

MACHINE = "arn:aws:states:eu-west-2:123456789012:stateMachine:sfn-payment-workflow-dev"
OFFLINE: dict[str, Any] = {"retries": {"total_max_attempts": 1}, "ignore_configured_endpoint_urls": True}
EXECUTIONS = MACHINE.replace(":stateMachine:", ":execution:")
TABLE = "dynamodb-transactions-dev"
PERSON = "arn:aws:sts::123456789012:assumed-role/operator/anna"
FUNCTION = "arn:aws:lambda:eu-west-2:123456789012:function:lambda-payment-processing-dev:live"
AT = datetime(2026, 11, 25, 10, tzinfo=UTC)
ENDED = datetime(2026, 11, 25, 10, 5, tzinfo=UTC)
PAYMENT = {
    "transaction_id": "T-1", "payment_amount": "12.50", "currency": "USD", "payment_method": "credit_card",
    "customer_id": "C-1",
}  # fmt: skip
# One for all tests: it reads each service's description once.
_SESSION = Session()


class Cloud:
    """The clients of one environment, by botocore's names; every call has to be announced."""

    region = "eu-west-2"

    def __init__(self) -> None:
        self._stubs: dict[str, Stubber] = {}

    def client(self, service: str) -> Any:
        return self.stub(service).client

    def stub(self, service: str) -> Stubber:
        if service not in self._stubs:
            config = Config(**OFFLINE)
            made = _SESSION.create_client(
                service, region_name="eu-west-2", aws_access_key_id="x", aws_secret_access_key="y", config=config
            )
            self._stubs[service] = Stubber(made)
            self._stubs[service].activate()
        return self._stubs[service]

    def check(self) -> None:
        """Every announced call was made."""
        for each in self._stubs.values():
            each.assert_no_pending_responses()

    def stopped(self, service: str, *, after: int = 0) -> None:
        """Ctrl-C at a request to the service, after so many others."""
        begun: list[str] = []

        def stop(model: Any, **_: Any) -> None:
            begun.append(model.name)
            if len(begun) > after:
                raise KeyboardInterrupt

        self.client(service).meta.events.register("provide-client-params.*.*", stop)

    def stack(self) -> None:
        outputs = {"StateMachineArn": MACHINE, "TransactionsTableName": TABLE}
        stack = {
            "StackId": "arn:aws:cloudformation:eu-west-2:123456789012:stack/payflow-dev/1",
            "StackName": "payflow-dev",
            "CreationTime": AT,
            "StackStatus": "CREATE_COMPLETE",
            "Outputs": [{"OutputKey": name, "OutputValue": value} for name, value in outputs.items()],
        }
        self.stub("cloudformation").add_response("describe_stacks", {"Stacks": [stack]}, {"StackName": "payflow-dev"})

    def no_stack(self) -> None:
        self.stub("cloudformation").add_client_error(
            "describe_stacks",
            "ValidationError",
            "Stack with id payflow-dev does not exist",
            expected_params={"StackName": "payflow-dev"},
        )

    def reads(self, item: dict[str, Any] | None, name: str = "T-1") -> None:
        self.stub("dynamodb").add_response("get_item", {"Item": item} if item else {}, asked_for(name))

    def denies_reading(self, message: str) -> None:
        self.stub("dynamodb").add_client_error(
            "get_item", "AccessDeniedException", message, expected_params=asked_for("T-1")
        )

    def execution(self, status: str, *, number: int = 1, more: Mapping[str, str] | None = None) -> None:
        name = numbered_name("T-1", number)
        shown = {
            "executionArn": f"{EXECUTIONS}:{name}",
            "stateMachineArn": MACHINE,
            "startDate": AT,
            "status": status,
            "input": json.dumps(PAYMENT),
            **({} if status == "RUNNING" else {"stopDate": ENDED}),
            **(more or {}),
        }
        self.stub("stepfunctions").add_response("describe_execution", shown, {"executionArn": f"{EXECUTIONS}:{name}"})

    def no_execution(self, *, number: int = 1) -> None:
        self.stub("stepfunctions").add_client_error(
            "describe_execution",
            "ExecutionDoesNotExist",
            expected_params={"executionArn": f"{EXECUTIONS}:{numbered_name('T-1', number)}"},
        )

    def life(self, status: str, *, more: Mapping[str, str] | None = None) -> None:
        """No log lines, and the only execution of the payment: its start, one state and, unless it runs, its end."""
        for purpose in ("validation", "processing"):
            asked = {
                "logGroupName": f"/aws/lambda/lambda-payment-{purpose}-dev",
                "filterPattern": '{ $.transaction_id = "T-1" }',
            }
            self.stub("logs").add_response("filter_log_events", {"events": []}, asked)
        kind = {"SUCCEEDED": "Succeeded", "FAILED": "Failed", "ABORTED": "Aborted"}.get(status)
        events: list[dict[str, Any]] = [
            {"id": 1, "type": "ExecutionStarted", "timestamp": AT},
            {"id": 2, "type": "PassStateEntered", "timestamp": AT, "stateEnteredEventDetails": {"name": "Only"}},
        ]
        if kind:
            details = {f"execution{kind}EventDetails": dict(more or {})}
            events.append({"id": 3, "type": f"Execution{kind}", "timestamp": ENDED, **details})
        stub = self.stub("stepfunctions")
        stub.add_response("get_execution_history", {"events": events[::-1]}, history_of(1))
        stub.add_client_error("get_execution_history", "ExecutionDoesNotExist", expected_params=history_of(2))

    def starts(self, *, number: int = 1, exists: bool = False) -> None:
        name = numbered_name("T-1", number)
        asked = {"stateMachineArn": MACHINE, "name": name, "input": json.dumps(PAYMENT)}
        stub = self.stub("stepfunctions")
        if exists:
            stub.add_client_error("start_execution", "ExecutionAlreadyExists", expected_params=asked)
        else:
            # A day that is later than every test's clock: this call started it.
            begun = {"executionArn": f"{EXECUTIONS}:{name}", "startDate": datetime(2999, 1, 1, tzinfo=UTC)}
            stub.add_response("start_execution", begun, asked)

    def definition(self) -> None:
        payload = {"gateway": {"adapter": "simulated"}, "quiet_seconds": 300, "clock_margin_seconds": 62}
        states = {"ProcessPayment": {"Arguments": {"FunctionName": FUNCTION, "Payload": payload}}}
        answer = {
            "stateMachineArn": MACHINE, "name": "m", "definition": json.dumps({"States": states}), "roleArn": "r" * 20,
            "type": "STANDARD", "creationDate": AT,
        }  # fmt: skip
        self.stub("stepfunctions").add_response("describe_state_machine", answer, {"stateMachineArn": MACHINE})

    def caller(self) -> None:
        self.stub("sts").add_response("get_caller_identity", {"Arn": PERSON}, {})

    def invoked(self, answer: dict[str, Any], *, step: str = "ask", word: dict[str, str] | None = None) -> None:
        """The processing function's answer; one with `errorMessage` is its failure."""
        sent = {
            "gateway": {"adapter": "simulated"}, "quiet_seconds": 300, "clock_margin_seconds": 62, "step": step,
            **({"word": {**word, "by": PERSON}} if word else {}), "transaction_id": "T-1", "execution": {"arn": PERSON},
        }  # fmt: skip
        text = json.dumps(answer).encode()
        failed = {"FunctionError": "Unhandled"} if "errorMessage" in answer else {}
        reply = {"StatusCode": 200, **failed, "Payload": StreamingBody(io.BytesIO(text), len(text))}
        asked = {"FunctionName": FUNCTION, "Payload": json.dumps(sent).encode()}
        self.stub("lambda").add_response("invoke", reply, asked)


def asked_for(name: str) -> dict[str, Any]:
    """The parameters of a consistent read of a payment."""
    return {"TableName": TABLE, "Key": {"transaction_id": {"S": name}}, "ConsistentRead": True}


def history_of(number: int) -> dict[str, Any]:
    """The parameters of a reading of an execution's history, newest events first, without inputs and outputs."""
    arn = f"{EXECUTIONS}:{numbered_name('T-1', number)}"
    return {"executionArn": arn, "maxResults": 1000, "reverseOrder": True, "includeExecutionData": False}


def stored(status: str, **more: str) -> dict[str, Any]:
    """A payment's item: 12.50 USD, whose last zero DynamoDB drops."""
    texts = {"transaction_id": "T-1", "status": status, "currency": "USD", "payment_method": "credit_card", **more}
    item = {name: {"S": value} for name, value in texts.items()}
    return {**item, "customer_id": {"S": "C-1"}, "amount": {"N": "12.5"}, "amount_minor": {"N": "1250"}}


def sent(item: dict[str, Any]) -> dict[str, Any]:
    """The item of a payment that may have been sent, between 09:59 and 10:00."""
    until = int(AT.timestamp() * 1000)
    times = {"sent_from": {"N": str(until - 60_000)}, "sent_until": {"N": str(until)}}
    return {**item, **times, "idempotency_key": {"S": "payflow-key"}}
