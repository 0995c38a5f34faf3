"""A responder for the workflow's calls: it answers as a story defines, and reports unexpected calls."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mutation.stories import ALL_WELL, FACTS, VALIDATED, Story
from mutation.traces import trace_of
from payflow_cfn.config.settings import Settings

_NO_FACTS = {"transaction_id": "T-1", "amount": None, "currency": None, "payment_method": None}
_NOW, _NOW_MS, _NOTICE_MS = "2026-01-01T00:00:01Z", 1767225601000, 465000
_CLOSED = "2026-01-01T00:07:46.000Z"  # 465 s later
_EXECUTION = {"arn": "arn:execution", "started_at": "2026-01-01T00:00:00Z"}
_GATEWAY = {"adapter": "http", "url": "", "secret_arn": "functions/GatewaySecret.Ref"}


def tell(definition: Mapping[str, Any], story: Story) -> str:
    """What a definition makes of the story, as a trace."""
    desk = _Desk(story, {kind: list(each) for kind, each in story.answers.items()})
    return trace_of(definition, desk.task, story.payment)


@dataclass(slots=True)
class _Desk:
    """Answers the workflow's calls; a call that is not as the other side expects it is reported in full."""

    story: Story
    left: dict[str, list[Any]]
    validated: bool = False

    def task(self, resource: str, arguments: Any) -> tuple[str, Any]:
        token = self._token(resource, arguments)
        kind = token.partition("(")[0].removesuffix("-last")
        script = self.left.get(kind, [])
        found = script.pop(0) if script else ALL_WELL.get(kind, "Unexpected")
        self.validated = self.validated or (kind == "validate" and isinstance(found, dict))
        return token, found

    def _token(self, resource: str, arguments: Any) -> str:
        wrong = f"wrong[{resource} {json.dumps(arguments, sort_keys=True)}]"
        facts = FACTS if self.validated else _NO_FACTS
        try:
            for token, expected in _calls(self.story.payment, arguments, facts):
                if (resource.rpartition(":::")[2], arguments) == expected:
                    return token
        except (KeyError, TypeError, ValueError):
            return wrong
        return wrong


def _calls(payment: Any, arguments: Any, facts: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str, Any]]]:
    """The calls that there are, as the other side expects them; an error and a status may be any text."""
    rules = {"limits": "USD 10000 5000", "risk_threshold": "50", "card_search_exemptions": ""}
    payload = {"payment": payment, "execution": _EXECUTION, "rules": rules}
    times = Settings()
    yield "validate", ("lambda:invoke", {"FunctionName": "functions/ValidationAlias.Ref", "Payload": payload})
    for token, step, last in (
        ("process", "process", False),
        ("ask", "reconcile", False),
        ("ask-last", "reconcile", True),
    ):
        job = {"payment": VALIDATED, "gateway": _GATEWAY, "execution": _EXECUTION, "step": step, "last": last}
        job |= {"quiet_seconds": times.charge_quiet_seconds, "clock_margin_seconds": times.clock_margin_seconds}
        yield token, ("lambda:invoke", {"FunctionName": "functions/ProcessingAlias.Ref", "Payload": job})
    for token, name in (("count", "PaymentsNeedingAttention"), ("lost", "NoticesLost")):
        metric = {"MetricName": name, "Unit": "Count", "Value": 1}
        data = [{**metric, "Dimensions": [{"Name": "environment", "Value": "dev"}]}]
        counted = {"Namespace": "PaymentWorkflow", "MetricData": data}
        yield token, ("aws-sdk:cloudwatch:putMetricData", counted)
    if "Key" in arguments:
        values = arguments["ExpressionAttributeValues"]
        # A failure's record has its key in its token; before the validation has answered, any safe id may be it.
        key = arguments["Key"]["transaction_id"]["S"] if ":error" in values else facts["transaction_id"]
        row = {"TableName": "dynamodb-transactions-dev", "Key": {"transaction_id": {"S": key}}}
        token, expected = _failed(key, values)
        yield token, ("dynamodb:updateItem", {**row, **expected})
    if "Message" in arguments:
        yield _notice(arguments, facts)


def _failed(key: str, values: Any) -> tuple[str, Any]:
    """The record of a failure, the payment's reopening after its notice, or a turn at telling a final status."""
    if ":error" in values:
        return _record(key, values[":error"]["S"])
    if ":status" in values:
        return _turn(values)
    if ":me" in values:
        return "release", {
            "UpdateExpression": "REMOVE notice_until",
            "ConditionExpression": "notice_by = :me",
            "ExpressionAttributeValues": {":me": {"S": "arn:execution"}},
        }
    return "reopen", {
        "UpdateExpression": "SET closed_until = :now",
        "ConditionExpression": "failure_execution = :execution",
        "ExpressionAttributeValues": {":execution": {"S": "arn:execution"}, ":now": {"S": _NOW}},
    }


def _record(key: str, error: str) -> tuple[str, Any]:
    return f"record({key},{error})", {
        "UpdateExpression": "SET failure_error = :error, failure_execution = :execution, failed_at = :now, "
        "closed_until = :until",
        "ConditionExpression": "attribute_not_exists(closed_until) OR closed_until < :now "
        "OR failure_execution = :execution",
        "ExpressionAttributeValues": {
            ":error": {"S": error},
            ":execution": {"S": "arn:execution"},
            ":now": {"S": _NOW},
            ":until": {"S": _CLOSED},
        },
        "ReturnValues": "ALL_NEW",
    }


def _turn(values: Any) -> tuple[str, Any]:
    """Being the one who sends the notice, and having sent it."""
    status, me = values[":status"]["S"], {"S": "arn:execution"}
    if ":until" in values:
        return f"claim({status})", {
            "UpdateExpression": "SET notice_by = :me, notice_until = :until",
            "ConditionExpression": "#status = :status AND attribute_not_exists(told_at) AND "
            "(attribute_not_exists(notice_until) OR notice_until < :now OR notice_by = :me)",
            "ExpressionAttributeNames": {"#status": "status"},
            "ExpressionAttributeValues": {
                ":me": me,
                ":status": {"S": status},
                ":now": {"N": str(_NOW_MS)},
                ":until": {"N": str(_NOW_MS + _NOTICE_MS)},
            },
        }
    entry = {"at": {"S": _NOW}, "status": {"S": status}, "execution": {"S": "execution"}, "note": {"S": "told"}}
    return f"mark({status})", {
        "UpdateExpression": "SET told_status = :status, told_at = :now, told_by = :me, "
        "history = list_append(if_not_exists(history, :none), :entry) REMOVE open_shard, open_since",
        "ConditionExpression": "attribute_not_exists(told_at)",
        "ExpressionAttributeValues": {
            ":status": {"S": status},
            ":now": {"S": _NOW},
            ":me": me,
            ":none": {"L": []},
            ":entry": {"L": [{"M": entry}]},
        },
    }


def _notice(arguments: Any, facts: Mapping[str, Any]) -> tuple[str, tuple[str, Any]]:
    message = json.loads(arguments["Message"])
    status, error = message["status"], message["error"]
    known = {
        "execution_arn": "arn:execution",
        "environment": "dev",
        "status": status,
        "error": error,
        "runbook": "docs/runbooks/payment-needs-attention.md" if status == "UNKNOWN" else None,
    }
    # Before the validation has answered, only an id that is safe is known.
    told = facts if facts is FACTS else {**facts, "transaction_id": message["transaction_id"]}
    attributes = {
        name: {"DataType": "String", "StringValue": value}
        for name, value in (("status", status), ("error", error), ("environment", "dev"))
    }
    expected = {
        "TopicArn": "arn:aws:sns:eu-west-2:111122223333:sns-payment-notifications-dev",
        "Subject": f"Payment {status} in dev",
        "Message": arguments["Message"] if message == {**told, **known} else "wrong",
        "MessageAttributes": attributes,
    }
    return f"tell({status},{error})", ("sns:publish", expected)
