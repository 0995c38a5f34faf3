"""The state machine as a plain dictionary (Amazon States Language, JSONata), without the template around it.

A caught error replaces a state's output, so every value that a later state reads is in a variable.
https://docs.aws.amazon.com/step-functions/latest/dg/workflow-variables.html
"""

from __future__ import annotations

from typing import Any

from payflow_cfn.workflow.failure_states import end_states, failure_states
from payflow_cfn.workflow.states import FUNCTION_ERRORS, Parts, State, Timing, catch, machine_timeout, retry, when

# An id that a notice may hold. A regular expression cannot check a card number, so this hides more ids than the
# functions refuse: with twelve digits, a security code's name, digits in hexadecimal, or possible base64.
_SAFE_ID = (
    "$type($input) = 'object' ? ($type($input.transaction_id) = 'string' "
    "? ($contains($input.transaction_id, /^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/) "
    "? ($contains($input.transaction_id, "
    "/[0-9]([._:-]*[0-9]){11}|(3[0-9]){4}|[Cc][Vv][VvCcNnDd]|[Cc][Ss][Cc]|[Cc][Aa][Vv]2"
    "|[Ss][Ee][Cc][Uu][Rr]|[Vv][Ee][Rr][Ii][Ff]/) ? null "
    ": ($contains($input.transaction_id, /[MNO][DTjz]/) "
    "? ($contains($input.transaction_id, /[A-Za-z0-9_-]{16}/) ? null : $input.transaction_id) "
    ": $input.transaction_id)) : null) : null) : null"
)

# The answer of each function, as variables for later states.
_OUTCOME = {
    "outcome": "{% $states.result.Payload.outcome %}",
    "told": "{% $states.result.Payload.told %}",
    "result": "{% $states.result.Payload.result %}",
    "status": "{% $states.result.Payload.outcome %}",
    # No expression relies on `and` stopping early: implementations differ, and a Pass state catches nothing.
    "error": "{% $type($states.result.Payload.error) = 'string' ? $states.result.Payload.error : 'None' %}",
}


def definition(parts: Parts, timing: Timing) -> dict[str, Any]:
    """The payment workflow of one environment."""
    return {
        "Comment": "Validates and processes one payment; every outcome is recorded, each failure sends one notice",
        "QueryLanguage": "JSONata",
        "StartAt": "ReceivePayment",
        "TimeoutSeconds": machine_timeout(timing),
        "States": {
            "ReceivePayment": _receive(),
            "RememberFacts": _remember_facts(parts),
            **_validation_states(parts, timing),
            **_processing_states(parts, timing),
            **_reconciliation_states(parts, timing),
            **failure_states(parts, timing),
            **end_states(),
        },
    }


def _receive() -> State:
    # Assigned alone: an assignment has at most 256 KiB, the size of the largest input, and a Pass state has no Catch.
    # https://docs.aws.amazon.com/step-functions/latest/dg/workflow-variables.html
    return {"Type": "Pass", "Assign": {"input": "{% $states.input %}"}, "Next": "RememberFacts"}


def _remember_facts(parts: Parts) -> State:
    # A second state, because an assignment cannot read a variable of its own state.
    return {
        "Type": "Pass",
        "Assign": {
            "execution": {
                "arn": "{% $states.context.Execution.Id %}",
                "started_at": "{% $states.context.Execution.StartTime %}",
            },
            "asks": 0,
            "tries": 0,
            "outcome": "None",
            "status": "FAILED",
            "error": "None",
            "result": {},
            "payment": None,
            "environment": parts.environment,
            "facts": {
                "transaction_id": f"{{% {_SAFE_ID} %}}",
                "amount": None,
                "currency": None,
                "payment_method": None,
            },
        },
        "Next": "ValidatePayment",
    }


def _validation_states(parts: Parts, timing: Timing) -> dict[str, State]:
    rules = {
        "limits": parts.limits,
        "risk_threshold": parts.risk_threshold,
        "card_search_exemptions": parts.exemptions,
    }
    return {
        "ValidatePayment": {
            **_invoke(
                parts,
                timing,
                parts.validation,
                {"payment": "{% $input %}", "rules": rules, "execution": "{% $execution %}"},
            ),
            "Assign": {
                **_OUTCOME,
                "payment": "{% $states.result.Payload.payment %}",
                "facts": "{% $states.result.Payload.facts %}",
            },
            "Catch": catch("RouteRecord", status="FAILED"),
            "Next": "RouteValidation",
        },
        "RouteValidation": {
            "Type": "Choice",
            "Choices": [
                when("$outcome = 'VALIDATED'", "ProcessPayment"),
                when("$outcome = 'COMPLETED'", "PaymentComplete"),
                when("$told and $outcome = 'DECLINED'", "PaymentDeclined"),
                when("$told and $outcome = 'REJECTED'", "PaymentRejected"),
                when("$told and $outcome = 'FAILED'", "PaymentFailed"),
                when("$outcome in ['REJECTED', 'CONFLICT']", "NotifyFailure"),
                when("$outcome in ['DECLINED', 'FAILED']", "ClaimNotice"),
            ],
            "Default": "UnexpectedOutcome",
        },
    }


def _processing_states(parts: Parts, timing: Timing) -> dict[str, State]:
    return {
        "ProcessPayment": {
            **_process(parts, timing, step="process", last=False),
            # The outcome of the charge is not known: the next step asks the gateway.
            "Catch": catch("WaitForOutcome", status="UNKNOWN"),
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
            "Catch": catch("AskAgain", status="UNKNOWN"),
            "Next": "RouteReconciliation",
        },
        "RouteReconciliation": _route_processing("AskAgain"),
        "AskAgain": {
            "Type": "Choice",
            "Choices": [when(f"$asks < {len(waits)}", "WaitForOutcome")],
            "Default": "RecordFailure",
        },
    }


def _invoke(parts: Parts, timing: Timing, function: Any, payload: dict[str, Any]) -> State:
    return {
        "Type": "Task",
        "Resource": parts.invoke,
        "Arguments": {"FunctionName": function, "Payload": payload},
        "Output": _OUTCOME["result"],
        "TimeoutSeconds": timing.task_timeout,
        "Retry": retry(FUNCTION_ERRORS, timing),
    }


def _process(parts: Parts, timing: Timing, *, step: str, last: Any) -> State:
    gateway = {"adapter": parts.gateway, "url": parts.gateway_url, "secret_arn": parts.gateway_secret}
    payload = {
        "payment": "{% $payment %}",
        "gateway": gateway | ({"key_lifetime_seconds": timing.key_lifetime} if timing.key_lifetime else {}),
        "execution": "{% $execution %}",
        "step": step,
        "last": last,
        "quiet_seconds": timing.quiet,
        "clock_margin_seconds": timing.margin,
    }
    return {**_invoke(parts, timing, parts.processing, payload), "Assign": dict(_OUTCOME)}


def _route_processing(unknown: str) -> State:
    return {
        "Type": "Choice",
        "Choices": [
            when("$outcome = 'COMPLETED'", "PaymentComplete"),
            when("$told and $outcome = 'DECLINED'", "PaymentDeclined"),
            when("$told and $outcome = 'FAILED'", "PaymentFailed"),
            when("$outcome in ['DECLINED', 'FAILED']", "ClaimNotice"),
            when("$outcome = 'UNKNOWN'", unknown),
        ],
        "Default": "UnexpectedOutcome",
    }
