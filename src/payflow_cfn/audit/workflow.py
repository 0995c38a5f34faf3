"""What the payment workflow has to be, fact by fact: written from the rules of docs/failures.md, not from its code.

Numbers are those of the described system (the default settings), references are resolved for one imagined deployment.
`sentences` says the rendered definition in the same words; a fact too many or too few is a fault.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from types import MappingProxyType

Texts = Mapping[str, str]

# Error classes of a Lambda call that mean something technical: its step may be repeated, since it is idempotent.
_CALL_ERRORS = (
    "Lambda.ServiceException Lambda.AWSLambdaException Lambda.SdkClientException "
    "Lambda.ClientExecutionTimeoutException Lambda.TooManyRequestsException Lambda.Unknown Sandbox.Timedout "
    "States.Timeout States.TaskFailed"
)
_SERVICE_ERRORS = "States.Timeout States.TaskFailed"
_BACKOFF = "BackoffRate 2.0, IntervalSeconds 2, JitterStrategy FULL, MaxAttempts 3, MaxDelaySeconds 60"

WORKFLOW: Texts = MappingProxyType(
    # Two steps, five reconciliations and three service calls, each with its retries, the waits, and a minute.
    {"StartAt": "ReceivePayment", "QueryLanguage": "JSONata", "TimeoutSeconds": "185980"}
)

# A task: what it calls, how long it may take (s), what it is repeated after, what it hands on.
TASKS: Mapping[str, tuple[str, int, str, str]] = MappingProxyType(
    {
        "ValidatePayment": ("lambda:invoke", 310, _CALL_ERRORS, "{% $states.result.Payload.result %}"),
        "ProcessPayment": ("lambda:invoke", 310, _CALL_ERRORS, "{% $states.result.Payload.result %}"),
        "ReconcilePayment": ("lambda:invoke", 310, _CALL_ERRORS, "{% $states.result.Payload.result %}"),
        "RecordFailure": ("dynamodb:updateItem", 30, _SERVICE_ERRORS, "{% $result %}"),
        "CountUnknown": ("aws-sdk:cloudwatch:putMetricData", 30, _SERVICE_ERRORS, "{% $result %}"),
        "NotifyFailure": ("sns:publish", 30, _SERVICE_ERRORS, "{% $result %}"),
    }
)

# Where a task goes when it fails for good, and as what the payment counts from then on (nothing: as before).
_ERROR: Texts = {"error": "{% $substring($states.errorOutput.Error, 0, 128) %}"}
_UNSEEN: Texts = {"status": "{% $status = 'FAILED' and $outcome != 'FAILED' ? 'UNKNOWN' : $status %}"}

CATCHES: Mapping[str, tuple[str, Texts]] = MappingProxyType(
    {
        "ValidatePayment": ("RouteRecord", {**_ERROR, "status": "FAILED"}),
        # The charge may have been made: the gateway is asked before anything else.
        "ProcessPayment": ("WaitForOutcome", {**_ERROR, "status": "UNKNOWN"}),
        "ReconcilePayment": ("AskAgain", {**_ERROR, "status": "UNKNOWN"}),
        # A failure to record, count or tell must not hide the first failure; an unseen row may be a charged one's.
        "RecordFailure": ("RouteUnknown", _UNSEEN),
        "CountUnknown": ("NotifyFailure", {}),
        "NotifyFailure": ("NoticeLost", {}),
    }
)

GOES: Texts = MappingProxyType(
    {
        "ReceivePayment": "RememberFacts",
        "RememberFacts": "ValidatePayment",
        "ValidatePayment": "RouteValidation",
        "ProcessPayment": "RouteProcessing",
        "WaitForOutcome": "ReconcilePayment",
        "ReconcilePayment": "RouteReconciliation",
        "UnexpectedOutcome": "RouteRecord",
        "UnseenRow": "RouteUnknown",
        "RecordFailure": "RouteUnknown",
        "CountUnknown": "NotifyFailure",
        "NotifyFailure": "RouteFailure",
        "NoticeLost": "PaymentFailed",
    }
)

# In this order, and where none holds.
CHOICES: Mapping[str, tuple[tuple[tuple[str, str], ...], str]] = MappingProxyType(
    {
        "RouteValidation": (
            (
                ("$outcome = 'VALIDATED'", "ProcessPayment"),
                ("$outcome = 'COMPLETED'", "PaymentComplete"),
                ("$replayed and $outcome = 'DECLINED'", "PaymentDeclined"),
                ("$replayed and $outcome = 'REJECTED'", "PaymentRejected"),
                ("$replayed and $outcome = 'FAILED'", "PaymentFailed"),
                ("$outcome in ['REJECTED', 'CONFLICT']", "NotifyFailure"),
            ),
            "UnexpectedOutcome",
        ),
        "RouteProcessing": (
            (
                ("$outcome = 'COMPLETED'", "PaymentComplete"),
                ("$replayed and $outcome = 'DECLINED'", "PaymentDeclined"),
                ("$replayed and $outcome = 'FAILED'", "PaymentFailed"),
                ("$outcome = 'DECLINED'", "NotifyFailure"),
                ("$outcome = 'UNKNOWN'", "WaitForOutcome"),
                ("$outcome = 'FAILED'", "RecordFailure"),
            ),
            "UnexpectedOutcome",
        ),
        "RouteReconciliation": (
            (
                ("$outcome = 'COMPLETED'", "PaymentComplete"),
                ("$replayed and $outcome = 'DECLINED'", "PaymentDeclined"),
                ("$replayed and $outcome = 'FAILED'", "PaymentFailed"),
                ("$outcome = 'DECLINED'", "NotifyFailure"),
                ("$outcome = 'UNKNOWN'", "AskAgain"),
                ("$outcome = 'FAILED'", "RecordFailure"),
            ),
            "UnexpectedOutcome",
        ),
        "AskAgain": ((("$asks < 5", "WaitForOutcome"),), "RecordFailure"),
        "RouteRecord": (
            (
                ("$facts.transaction_id != null", "RecordFailure"),
                ("$type($input.transaction_id) = 'string'", "UnseenRow"),
            ),
            "RouteUnknown",
        ),
        "RouteUnknown": ((("$status = 'UNKNOWN'", "CountUnknown"),), "NotifyFailure"),
        "RouteFailure": (
            (("$status in ['REJECTED', 'CONFLICT']", "PaymentRejected"), ("$status = 'DECLINED'", "PaymentDeclined")),
            "PaymentFailed",
        ),
    }
)

# What else a state is or has.
STATES: Mapping[str, Texts] = MappingProxyType(
    {
        **{each: {"Type": "Pass"} for each in ("ReceivePayment", "RememberFacts", "UnexpectedOutcome")},
        **{each: {"Type": "Pass"} for each in ("UnseenRow", "NoticeLost")},
        **{each: {"Type": "Choice"} for each in CHOICES},
        **{each: {"Type": "Succeed"} for each in ("PaymentComplete", "PaymentDeclined", "PaymentRejected")},
        "WaitForOutcome": {"Type": "Wait", "Seconds": "{% [30, 300, 3600, 86400, 86400][$asks] %}"},
        "PaymentFailed": {
            "Type": "Fail",
            "Error": "{% $error %}",
            "Cause": "{% 'The payment ended as ' & $status & '; its row and its notice say what is known' %}",
        },
    }
)


def expected_sentences(sends: Mapping[str, Texts], remembers: Mapping[str, Texts]) -> Iterator[str]:
    """Every fact that the definition has to have; what is sent and remembered is in `payloads`."""
    yield from (f"the workflow has {key} {value}" for key, value in WORKFLOW.items())
    for name, (call, seconds, errors, output) in TASKS.items():
        yield f"{name} has Type Task"
        yield f"{name} has Resource arn:aws:states:::{call}"
        yield f"{name} has TimeoutSeconds {seconds}"
        yield f"{name} has Output {output}"
        yield from (f"{name} repeats after {error} with {_BACKOFF}" for error in errors.split())
    for name, (target, kept) in CATCHES.items():
        yield from (f"{name} {fact}" for fact in _catches(target, kept))
    yield from (f"{name} goes to {target}" for name, target in GOES.items())
    for name, (rules, otherwise) in CHOICES.items():
        yield from (f"{name} chooses {n}. {{% {test} %}}: goes to {to}" for n, (test, to) in enumerate(rules, 1))
        yield f"{name} otherwise goes to {otherwise}"
    yield from (f"{name} has {key} {value}" for name, fields in STATES.items() for key, value in fields.items())
    yield from (f"{name} sends {path} = {value}" for name, paths in sends.items() for path, value in paths.items())
    yield from (f"{name} remembers {path} = {v}" for name, paths in remembers.items() for path, v in paths.items())


def _catches(target: str, kept: Texts) -> Iterator[str]:
    """States.ALL does not hold States.DataLimitExceeded, and stands last; of an error only its class is kept."""
    remembered = f" and remembers {json.dumps({'Assign': dict(kept)})}" if kept else ""
    yield f"catches 1. States.DataLimitExceeded: goes to {target}{remembered}"
    yield f"catches 2. States.ALL: goes to {target}{remembered}"
