"""Ask a payment's gateway now, or record the answer of its support: both through the processing function."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from payflow_cfn.errors import RunError
from payflow_cfn.payments.aws_calls import asked
from payflow_cfn.text import clause
from payflow_cfn.workflow.payment_input import payment_command

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_stepfunctions import SFNClient

_TAKEN = ("gateway", "quiet_seconds", "clock_margin_seconds")


class Workflow(NamedTuple):
    """The processing function's alias, and the gateway and times that the environment's state machine passes to it."""

    function: str
    payload: Mapping[str, Any]


class Word(NamedTuple):
    """The answer of the gateway's support: one of WORDS, its reference of the charge, and the reason to record it."""

    says: str
    reference: str
    reason: str


class Reply(NamedTuple):
    """The payment's status now, whether its notice was sent, and why a person's word was refused.

    `said` is the gateway's answer, empty if it was not asked. `not_before` (ISO 8601) is when every request has
    arrived, so that the payment can be settled; empty when that is now. `reference` is the gateway's, of a charge or
    of a decline.
    """

    status: str
    told: bool
    refused: str
    said: str = ""
    not_before: str = ""
    reference: str = ""


def read_workflow(sfn: SFNClient, machine_arn: str) -> Workflow:
    """Read the gateway and the times from the state machine's own definition."""
    with asked("reading the workflow's definition"):
        text = sfn.describe_state_machine(stateMachineArn=machine_arn)["definition"]
    try:
        arguments = json.loads(text)["States"]["ProcessPayment"]["Arguments"]
        payload = {name: arguments["Payload"][name] for name in _TAKEN}
        return Workflow(arguments["FunctionName"], payload)
    except (ValueError, KeyError, TypeError):
        raise RunError(
            "the workflow's definition has no readable state ProcessPayment",
            remedy="deploy the environment with this version, or check the state machine's ARN",
        ) from None


def ask_gateway(functions: LambdaClient, workflow: Workflow, transaction_id: str, *, by: str) -> Reply:
    """Ask the gateway for the payment's outcome and record it in the row; never charges. `by` is the caller's ARN."""
    return _invoked(functions, workflow, {"step": "ask"}, transaction_id, by)


def settle_payment(functions: LambdaClient, workflow: Workflow, transaction_id: str, word: Word, *, by: str) -> Reply:
    """Record the word of the gateway's support, unless the gateway itself answers or may still get the charge."""
    return _invoked(functions, workflow, {"step": "settle", "word": {**word._asdict(), "by": by}}, transaction_id, by)


def _invoked(
    functions: LambdaClient, workflow: Workflow, step: Mapping[str, Any], transaction_id: str, by: str
) -> Reply:
    payload = {**workflow.payload, **step, "transaction_id": transaction_id, "execution": {"arn": by}}
    with asked(f"invoking {workflow.function} for {transaction_id}"):
        answer = functions.invoke(FunctionName=workflow.function, Payload=json.dumps(payload).encode())
        text = answer["Payload"].read()
    try:
        body = json.loads(text)
        if not answer.get("FunctionError"):
            result = body.get("result") or {}
            reference = result.get("gateway_reference") or result.get("decline_code") or ""
            more = (body.get("said", ""), body.get("not_before", ""), reference)
            return Reply(body["outcome"], body["told"] is True, body["refused"], *more)
        fault = clause(str(body["errorMessage"]))
    except (ValueError, KeyError, TypeError):
        fault = "its answer is not readable"
    raise RunError(
        f"{workflow.function} failed for {transaction_id} ({fault})",
        remedy=f"nothing is charged; {payment_command(transaction_id)} shows its row",
    )
