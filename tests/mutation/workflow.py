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
# A condition that the row does not meet is an answer: first of all, it is not repeated.
_REFUSED = "DynamoDB.ConditionalCheckFailedException"
_CONDITIONAL = ("RecordFailure", "ClaimNotice", "MarkTold", "ReopenPayment", "ReleaseNotice")
_BACKOFF = "BackoffRate 2.0, IntervalSeconds 2, JitterStrategy FULL, MaxAttempts 3, MaxDelaySeconds 60"

WORKFLOW: Texts = MappingProxyType(
    # Two steps and five reconciliations, each with its retries, the waits, and a minute: 2510 + 6275 + 176820 + 60. On
    # the way out three waits for others that send the notice, and seven calls of services: 3 * 465 + 7 * 135.
    {"StartAt": "ReceivePayment", "QueryLanguage": "JSONata", "TimeoutSeconds": "188005"}
)

# A task: what it calls, how long it may take (s), what it is repeated after, what it hands on.
TASKS: Mapping[str, tuple[str, int, str, str]] = MappingProxyType(
    {
        "ValidatePayment": ("lambda:invoke", 310, _CALL_ERRORS, "{% $states.result.Payload.result %}"),
        "ProcessPayment": ("lambda:invoke", 310, _CALL_ERRORS, "{% $states.result.Payload.result %}"),
        "ReconcilePayment": ("lambda:invoke", 310, _CALL_ERRORS, "{% $states.result.Payload.result %}"),
        "RecordFailure": ("dynamodb:updateItem", 30, _SERVICE_ERRORS, "{% $result %}"),
        "CountUnknown": ("aws-sdk:cloudwatch:putMetricData", 30, _SERVICE_ERRORS, "{% $result %}"),
        "ClaimNotice": ("dynamodb:updateItem", 30, _SERVICE_ERRORS, "{% $result %}"),
        "NotifyFailure": ("sns:publish", 30, _SERVICE_ERRORS, "{% $result %}"),
        "MarkTold": ("dynamodb:updateItem", 30, _SERVICE_ERRORS, "{% $result %}"),
        "ReopenPayment": ("dynamodb:updateItem", 30, _SERVICE_ERRORS, "{% $result %}"),
        "CountLostNotice": ("aws-sdk:cloudwatch:putMetricData", 30, _SERVICE_ERRORS, "{% $result %}"),
        "ReleaseNotice": ("dynamodb:updateItem", 30, _SERVICE_ERRORS, "{% $result %}"),
    }
)

# Where a task goes when it fails for good, and as what the payment counts from then on (nothing: as before).
_ERROR: Texts = {"error": "{% $substring($states.errorOutput.Error, 0, 128) %}"}

CATCHES: Mapping[str, tuple[str, Texts]] = MappingProxyType(
    {
        "ValidatePayment": ("RouteRecord", {**_ERROR, "status": "FAILED"}),
        # The charge may have been made: the gateway is asked before anything else.
        "ProcessPayment": ("WaitForOutcome", {**_ERROR, "status": "UNKNOWN"}),
        "ReconcilePayment": ("AskAgain", {**_ERROR, "status": "UNKNOWN"}),
        # A failure to record, count or tell must not hide the first failure; an unseen row may be a charged one's.
        "RecordFailure": ("RouteUnknown", {"status": "UNKNOWN"}),
        "CountUnknown": ("NotifyFailure", {}),
        # Nobody knows who else would send it: a notice too many is better than none.
        "ClaimNotice": ("NotifyFailure", {}),
        "NotifyFailure": ("NoticeLost", {}),
        "MarkTold": ("RouteFailure", {}),
        "ReopenPayment": ("PaymentFailed", {}),
        "CountLostNotice": ("RouteLost", {}),
        # The claim then ends by its time.
        "ReleaseNotice": ("PaymentFailed", {}),
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
        "ClaimNotice": "NotifyFailure",
        "AwaitNotice": "ClaimNotice",
        "NotifyFailure": "RouteTold",
        "MarkTold": "RouteFailure",
        "ReopenPayment": "PaymentFailed",
        "NoticeLost": "CountLostNotice",
        "CountLostNotice": "RouteLost",
        "ReleaseNotice": "PaymentFailed",
    }
)

# In this order, and where none holds.
CHOICES: Mapping[str, tuple[tuple[tuple[str, str], ...], str]] = MappingProxyType(
    {
        "RouteValidation": (
            (
                ("$outcome = 'VALIDATED'", "ProcessPayment"),
                ("$outcome = 'COMPLETED'", "PaymentComplete"),
                ("$told and $outcome = 'DECLINED'", "PaymentDeclined"),
                ("$told and $outcome = 'REJECTED'", "PaymentRejected"),
                ("$told and $outcome = 'FAILED'", "PaymentFailed"),
                ("$outcome in ['REJECTED', 'CONFLICT']", "NotifyFailure"),
                ("$outcome in ['DECLINED', 'FAILED']", "ClaimNotice"),
            ),
            "UnexpectedOutcome",
        ),
        "RouteProcessing": (
            (
                ("$outcome = 'COMPLETED'", "PaymentComplete"),
                ("$told and $outcome = 'DECLINED'", "PaymentDeclined"),
                ("$told and $outcome = 'FAILED'", "PaymentFailed"),
                ("$outcome in ['DECLINED', 'FAILED']", "ClaimNotice"),
                ("$outcome = 'UNKNOWN'", "WaitForOutcome"),
            ),
            "UnexpectedOutcome",
        ),
        "RouteReconciliation": (
            (
                ("$outcome = 'COMPLETED'", "PaymentComplete"),
                ("$told and $outcome = 'DECLINED'", "PaymentDeclined"),
                ("$told and $outcome = 'FAILED'", "PaymentFailed"),
                ("$outcome in ['DECLINED', 'FAILED']", "ClaimNotice"),
                ("$outcome = 'UNKNOWN'", "AskAgain"),
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
        "RouteNotice": ((("$tries < 3", "AwaitNotice"),), "RouteFailure"),
        "RouteTold": (
            (
                ("$outcome in ['DECLINED', 'FAILED']", "MarkTold"),
                # A technical failure of a payment that has a row.
                ("$status = 'FAILED' and $facts.transaction_id != null", "ReopenPayment"),
            ),
            "RouteFailure",
        ),
        # An execution claims only the notice of a row's final status before it sends it.
        "RouteLost": ((("$outcome in ['DECLINED', 'FAILED']", "ReleaseNotice"),), "PaymentFailed"),
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
        "WaitForOutcome": {"Type": "Wait", "Seconds": "{% [60, 360, 3600, 86400, 86400][$asks] %}"},
        # What who claimed the notice may need to claim, send and mark it, three calls of a service, and a minute.
        "AwaitNotice": {"Type": "Wait", "Seconds": "465"},
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
        if name in _CONDITIONAL:
            yield f"{name} repeats 1. after {_REFUSED} with MaxAttempts 0"
        number = 2 if name in _CONDITIONAL else 1
        yield from (f"{name} repeats {number}. after {error} with {_BACKOFF}" for error in errors.split())
    for name, (target, kept) in CATCHES.items():
        yield from (f"{name} {fact}" for fact in _catches(name, target, kept))
    yield from (f"{name} goes to {target}" for name, target in GOES.items())
    for name, (rules, otherwise) in CHOICES.items():
        yield from (f"{name} chooses {n}. {{% {test} %}}: goes to {to}" for n, (test, to) in enumerate(rules, 1))
        yield f"{name} otherwise goes to {otherwise}"
    yield from (f"{name} has {key} {value}" for name, fields in STATES.items() for key, value in fields.items())
    yield from (f"{name} sends {path} = {value}" for name, paths in sends.items() for path, value in paths.items())
    yield from (f"{name} remembers {path} = {v}" for name, paths in remembers.items() for path, v in paths.items())


def _catches(name: str, target: str, kept: Texts) -> Iterator[str]:
    """States.ALL does not hold States.DataLimitExceeded, and stands last; of an error only its class is kept.

    After the payment's result that result goes on, never the error.
    """
    output = {} if "Payload" in TASKS[name][3] else {"Output": TASKS[name][3]}
    if name == "ClaimNotice":
        again = {"Assign": {"tries": "{% $tries + 1 %}"}, **output}
        yield f"catches 1. {_REFUSED}: goes to RouteNotice and remembers {json.dumps(again)}"
    told = {**({"Assign": dict(kept)} if kept else {}), **output}
    remembered = f" and remembers {json.dumps(told)}" if told else ""
    for number, error in enumerate(("States.DataLimitExceeded", "States.ALL"), 2 if name == "ClaimNotice" else 1):
        yield f"catches {number}. {error}: goes to {target}{remembered}"
