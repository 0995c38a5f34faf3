"""The state machine as a plain dictionary (Amazon States Language, JSONata); it knows no template.

Every state that can fail keeps the payment: what a later state reads is in a variable, never in a state's output.
https://docs.aws.amazon.com/step-functions/latest/dg/workflow-variables.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

State = dict[str, Any]

# Errors of the Lambda service, its client and its sandbox, and of the function itself. The functions tell of
# business results as data, so each of these is technical, and each step may be repeated: it is idempotent.
# https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
FUNCTION_ERRORS = (
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.TooManyRequestsException",
    "Lambda.Unknown",
    "Sandbox.Timedout",
    "States.Timeout",
    "States.TaskFailed",
)
SERVICE_ERRORS = ("States.Timeout", "States.TaskFailed")

# A task may wait for its function's whole timeout, and a little for the way there and back.
TASK_MARGIN_SECONDS = 10
SERVICE_TASK_SECONDS = 30

# An id as the functions accept it. A text of digits alone may be a card number, which no notice may hold.
_SAFE_ID = (
    "$type($input) = 'object' and $type($input.transaction_id) = 'string' "
    "and $contains($input.transaction_id, /^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/) "
    "and $not($contains($input.transaction_id, /[0-9]([ ._:-]?[0-9]){11}/))"
)


@dataclass(frozen=True, slots=True)
class Parts:
    """What the definition refers to: ARNs, names and values, as text or as intrinsic functions."""

    invoke: Any
    publish: Any
    update_item: Any
    validation: Any
    processing: Any
    topic: Any
    table: Any
    environment: Any
    limit: Any
    risk_threshold: Any
    gateway: Any
    gateway_url: Any
    gateway_secret: Any


@dataclass(frozen=True, slots=True)
class Timing:
    """Literal numbers, in seconds (Step Functions refuses numbers that arrive as text)."""

    function_timeout: int
    attempts: int
    interval: int
    backoff: float
    max_delay: int
    reconcile_after: tuple[int, ...]

    @property
    def task_timeout(self) -> int:
        """How long one call of a function may take."""
        return self.function_timeout + TASK_MARGIN_SECONDS


def definition(parts: Parts, timing: Timing) -> dict[str, Any]:
    """The payment workflow of one environment."""
    return {
        "Comment": "Validates and processes one payment; every outcome is recorded, every failure is told once",
        "QueryLanguage": "JSONata",
        "StartAt": "ReceivePayment",
        "TimeoutSeconds": machine_timeout(timing),
        "States": {
            "ReceivePayment": _receive(),
            **_validation_states(parts, timing),
            **_processing_states(parts, timing),
            **_reconciliation_states(parts, timing),
            **_failure_states(parts, timing),
            **_end_states(),
        },
    }


def machine_timeout(timing: Timing) -> int:
    """The execution's own bound: the sum of every attempt, back-off and wait that can come one after another."""
    tries = timing.attempts + 1
    function_step = tries * timing.task_timeout + retry_delays(timing)
    service_step = tries * SERVICE_TASK_SECONDS + retry_delays(timing)
    reconciliations = len(timing.reconcile_after) * function_step + sum(timing.reconcile_after)
    return 2 * function_step + reconciliations + 2 * service_step + 60


def retry_delays(timing: Timing) -> int:
    """The longest that one step's back-offs can take (full jitter only shortens them)."""
    delays = (timing.interval * timing.backoff**each for each in range(timing.attempts))
    return int(sum(min(delay, timing.max_delay) for delay in delays)) + 1


def _receive() -> State:
    return {
        "Type": "Pass",
        "Assign": {
            "input": "{% $states.input %}",
            "execution": {
                "arn": "{% $states.context.Execution.Id %}",
                "started_at": "{% $states.context.Execution.StartTime %}",
            },
            "asks": 0,
            "status": "FAILED",
            "error": "None",
            "result": {},
            "payment": None,
        },
        "Next": "RememberFacts",
    }


def _validation_states(parts: Parts, timing: Timing) -> dict[str, State]:
    rules = {"limit": parts.limit, "risk_threshold": parts.risk_threshold}
    return {
        # A second step, because an assignment cannot read a variable of the same state.
        "RememberFacts": {
            "Type": "Pass",
            "Assign": {
                "environment": parts.environment,
                "facts": {
                    "transaction_id": f"{{% {_SAFE_ID} ? $input.transaction_id : null %}}",
                    "amount": None,
                    "currency": None,
                    "payment_method": None,
                },
            },
            "Next": "ValidatePayment",
        },
        "ValidatePayment": {
            **_invoke(
                parts,
                timing,
                parts.validation,
                {"payment": "{% $input %}", "rules": rules, "execution": "{% $execution %}"},
            ),
            "Assign": {
                "outcome": "{% $states.result.Payload.outcome %}",
                "replayed": "{% $states.result.Payload.replayed %}",
                "payment": "{% $states.result.Payload.payment %}",
                "facts": "{% $states.result.Payload.facts %}",
                "result": "{% $states.result.Payload.result %}",
                "status": "{% $states.result.Payload.outcome %}",
                "error": "{% $exists($states.result.Payload.error) and $states.result.Payload.error != null "
                "? $states.result.Payload.error : 'None' %}",
            },
            "Catch": _catch("RecordFailure"),
            "Next": "RouteValidation",
        },
        "RouteValidation": {
            "Type": "Choice",
            "Choices": [
                _when("$outcome = 'VALIDATED'", "ProcessPayment"),
                _when("$outcome = 'COMPLETED'", "PaymentComplete"),
                _when("$replayed and $outcome = 'DECLINED'", "PaymentDeclined"),
                _when("$replayed and $outcome = 'REJECTED'", "PaymentRejected"),
                _when("$replayed and $outcome = 'FAILED'", "PaymentFailed"),
                _when("$outcome in ['REJECTED', 'CONFLICT']", "NotifyFailure"),
            ],
            "Default": "UnexpectedOutcome",
        },
    }


def _processing_states(parts: Parts, timing: Timing) -> dict[str, State]:
    return {
        "ProcessPayment": {
            **_process(parts, timing, step="process", last=False),
            # What happened to the charge is not known: the gateway is asked before anything else.
            "Catch": _catch("WaitForOutcome"),
            "Next": "RouteProcessing",
        },
        "RouteProcessing": _route_processing("WaitForOutcome"),
    }


def _reconciliation_states(parts: Parts, timing: Timing) -> dict[str, State]:
    waits = list(timing.reconcile_after)
    return {
        "WaitForOutcome": {
            "Type": "Wait",
            "Seconds": f"{{% {waits}[$asks] %}}",
            "Assign": {"asks": "{% $asks + 1 %}"},
            "Next": "ReconcilePayment",
        },
        "ReconcilePayment": {
            **_process(parts, timing, step="reconcile", last=f"{{% $asks >= {len(waits)} %}}"),
            "Catch": _catch("AskAgain"),
            "Next": "RouteReconciliation",
        },
        "RouteReconciliation": _route_processing("AskAgain"),
        "AskAgain": {
            "Type": "Choice",
            "Choices": [_when(f"$asks < {len(waits)}", "WaitForOutcome")],
            "Default": "RecordFailure",
        },
    }


def _failure_states(parts: Parts, timing: Timing) -> dict[str, State]:
    notice = (
        "{% $string({'transaction_id': $facts.transaction_id, 'amount': $facts.amount, 'currency': $facts.currency, "
        "'payment_method': $facts.payment_method, 'status': $status, 'error': $error, "
        "'execution_arn': $execution.arn, 'environment': $environment}) %}"
    )
    return {
        "UnexpectedOutcome": {
            "Type": "Pass",
            "Assign": {"error": "UnexpectedOutcome", "status": "FAILED"},
            "Next": "RecordFailure",
        },
        "RecordFailure": {
            "Type": "Task",
            "Resource": parts.update_item,
            "Arguments": {
                "TableName": parts.table,
                "Key": {"transaction_id": {"S": "{% $facts.transaction_id %}"}},
                "UpdateExpression": "SET failure_error = :error, failure_execution = :execution, failed_at = :now",
                "ExpressionAttributeValues": {
                    ":error": {"S": "{% $error %}"},
                    ":execution": {"S": "{% $execution.arn %}"},
                    ":now": {"S": "{% $states.context.State.EnteredTime %}"},
                },
            },
            "TimeoutSeconds": SERVICE_TASK_SECONDS,
            "Retry": _retry(SERVICE_ERRORS, timing),
            # A failure that cannot be recorded (no usable id, no table) is told all the same.
            "Catch": _keep_error_catch("NotifyFailure"),
            "Next": "NotifyFailure",
        },
        "NotifyFailure": {
            "Type": "Task",
            "Resource": parts.publish,
            "Arguments": {
                "TopicArn": parts.topic,
                "Subject": "Payment needs attention",
                "Message": notice,
                "MessageAttributes": {
                    "status": {"DataType": "String", "StringValue": "{% $status %}"},
                    "error": {"DataType": "String", "StringValue": "{% $error %}"},
                    "environment": {"DataType": "String", "StringValue": parts.environment},
                },
            },
            "TimeoutSeconds": SERVICE_TASK_SECONDS,
            "Retry": _retry(SERVICE_ERRORS, timing),
            "Catch": _keep_error_catch("NoticeLost"),
            "Next": "RouteFailure",
        },
        "NoticeLost": {"Type": "Pass", "Assign": {"error": "NoticeLost"}, "Next": "PaymentFailed"},
        "RouteFailure": {
            "Type": "Choice",
            "Choices": [
                _when("$status in ['REJECTED', 'CONFLICT']", "PaymentRejected"),
                _when("$status = 'DECLINED'", "PaymentDeclined"),
            ],
            "Default": "PaymentFailed",
        },
    }


def _end_states() -> dict[str, State]:
    done: State = {"Type": "Succeed", "Output": "{% $result %}"}
    return {
        "PaymentComplete": dict(done),
        "PaymentDeclined": dict(done),
        "PaymentRejected": dict(done),
        "PaymentFailed": {
            "Type": "Fail",
            "Error": "{% $error %}",
            "Cause": "{% 'The payment ended as ' & $status & '; its row and its notice say what is known' %}",
        },
    }


def _invoke(parts: Parts, timing: Timing, function: Any, payload: dict[str, Any]) -> State:
    return {
        "Type": "Task",
        "Resource": parts.invoke,
        "Arguments": {"FunctionName": function, "Payload": payload},
        "TimeoutSeconds": timing.task_timeout,
        "Retry": _retry(FUNCTION_ERRORS, timing),
    }


def _process(parts: Parts, timing: Timing, *, step: str, last: Any) -> State:
    payload = {
        "payment": "{% $payment %}",
        "gateway": {"adapter": parts.gateway, "url": parts.gateway_url, "secret_arn": parts.gateway_secret},
        "execution": "{% $execution %}",
        "step": step,
        "last": last,
    }
    return {
        **_invoke(parts, timing, parts.processing, payload),
        "Assign": {
            "outcome": "{% $states.result.Payload.outcome %}",
            "replayed": "{% $states.result.Payload.replayed %}",
            "status": "{% $states.result.Payload.outcome %}",
            "result": "{% $states.result.Payload.result %}",
            "error": "{% $exists($states.result.Payload.error) and $states.result.Payload.error != null "
            "? $states.result.Payload.error : 'None' %}",
        },
    }


def _route_processing(unknown: str) -> State:
    return {
        "Type": "Choice",
        "Choices": [
            _when("$outcome = 'COMPLETED'", "PaymentComplete"),
            _when("$replayed and $outcome = 'DECLINED'", "PaymentDeclined"),
            _when("$replayed and $outcome = 'FAILED'", "PaymentFailed"),
            _when("$outcome = 'DECLINED'", "NotifyFailure"),
            _when("$outcome = 'UNKNOWN'", unknown),
            _when("$outcome = 'FAILED'", "RecordFailure"),
        ],
        "Default": "UnexpectedOutcome",
    }


def _when(condition: str, next_state: str) -> State:
    return {"Condition": f"{{% {condition} %}}", "Next": next_state}


def _retry(errors: tuple[str, ...], timing: Timing) -> list[State]:
    return [
        {
            "ErrorEquals": list(errors),
            "IntervalSeconds": timing.interval,
            "MaxAttempts": timing.attempts,
            "BackoffRate": timing.backoff,
            "MaxDelaySeconds": timing.max_delay,
            "JitterStrategy": "FULL",
        }
    ]


def _catch(next_state: str) -> list[State]:
    """States.DataLimitExceeded by its own name: States.ALL does not hold it.

    Only the error's class is kept, cut short: a cause may be any text, so nobody reads it.
    """
    remember = {"error": "{% $substring($states.errorOutput.Error, 0, 128) %}", "status": "FAILED"}
    return [
        {"ErrorEquals": ["States.DataLimitExceeded"], "Assign": remember, "Next": next_state},
        {"ErrorEquals": ["States.ALL"], "Assign": remember, "Next": next_state},
    ]


def _keep_error_catch(next_state: str) -> list[State]:
    """A failure to record or to tell must not hide the first error."""
    return [
        {"ErrorEquals": ["States.DataLimitExceeded"], "Next": next_state},
        {"ErrorEquals": ["States.ALL"], "Next": next_state},
    ]
