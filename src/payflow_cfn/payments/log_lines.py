"""The functions' log lines about one payment."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from payflow_cfn.errors import RunError
from payflow_cfn.payments.aws_calls import asked

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient

# The fields that are shown of a line: those of payments.observability.LOG_FIELDS without its ids, and the trace.
SHOWN_FIELDS = (
    "level", "step", "status", "amount", "currency", "payment_method", "risk_score", "adapter", "gateway_reference",
    "decline_code", "replayed", "error_type", "error", "duration_ms", "xray_trace_id",
)  # fmt: skip
# Lines may be older than the row's first write: the clocks differ, and a refused write logs before it.
_EARLIER = timedelta(hours=1)


class LogLine(NamedTuple):
    """One line: when, which event of a payment, the ARN of the execution that it is about, and the shown fields."""

    at: datetime
    event: str
    execution: str
    fields: Mapping[str, Any]


class LogLines(NamedTuple):
    """The lines of both functions; `unread` is what was not read, and why."""

    lines: tuple[LogLine, ...]
    unread: tuple[str, ...]


def read_lines(
    logs: CloudWatchLogsClient, *, groups: Sequence[str], transaction_id: str, since: datetime | None
) -> LogLines:
    """The lines of these log groups about a payment, in one request for each; `unread` holds a refusal."""
    lines: list[LogLine] = []
    unread: list[str] = []
    begin: Any = {"startTime": int((since - _EARLIER).timestamp() * 1000)} if since else {}
    for group in groups:
        try:
            with asked(f"reading {group}"):
                page = logs.filter_log_events(logGroupName=group, filterPattern=pattern(transaction_id), **begin)
        except RunError as error:
            unread.append(str(error))
            continue
        lines += (line for each in page.get("events", ()) if (line := _line(each, transaction_id)))
        if "nextToken" in page:
            unread.append(f"{group} holds more lines than one request returns")
    return LogLines(tuple(lines), tuple(unread))


def pattern(transaction_id: str) -> str:
    """The filter for lines about this payment. A sign that the pattern's syntax may use matches any sign."""
    return f'{{ $.transaction_id = "{re.sub("[^A-Za-z0-9._:-]", "*", transaction_id)}" }}'


def _line(event: Mapping[str, Any], transaction_id: str) -> LogLine | None:
    """The line; None for one about another payment, or one that the functions' logger did not write."""
    try:
        body = json.loads(event["message"])
    except ValueError:
        return None
    if not isinstance(body, dict) or body.get("transaction_id") != transaction_id or not body.get("event"):
        return None
    fields = {name: body[name] for name in SHOWN_FIELDS if isinstance(body.get(name), str | int | float)}
    at = datetime.fromtimestamp(event["timestamp"] / 1000, UTC)
    return LogLine(at, str(body["event"]), str(body.get("execution") or ""), fields)
