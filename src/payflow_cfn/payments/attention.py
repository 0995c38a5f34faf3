"""Find what needs a person: payments that are open for too long, and alarms in ALARM."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from payflow_cfn.errors import RunError
from payflow_cfn.payments.aws_calls import asked
from payflow_cfn.payments.open_payments import Counted, age, count_open, seconds_since

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_dynamodb import DynamoDBClient

# A payment takes seconds; after an hour, the gateway has left the first asks about it without a final answer.
LATE_SECONDS = 3600
_LIST = "`payflow payments --open` lists them"
# The most names that DescribeAlarms takes.
_NAMES = 100


class Ringing(NamedTuple):
    """An alarm in ALARM: since when (ISO 8601), and its description, which names the first step and the runbook."""

    name: str
    since: str
    description: str


class Attention(NamedTuple):
    """The open payments and the alarms in ALARM; `unread` is what could not be looked up, and why."""

    open_payments: int | None
    oldest_since: str
    oldest_age: str
    late: bool
    alarms: tuple[Ringing, ...]
    unread: tuple[str, ...]

    @property
    def is_needed(self) -> bool:
        """Whether the payments are not in order, or it is not known that they are."""
        return bool(self.late or self.alarms or self.unread)

    @property
    def text(self) -> str:
        """The lines to print below the status of the stack."""
        late = f", more than {age_limit()}: {_LIST}" if self.late else ""
        oldest = f", the oldest for {self.oldest_age}{late}" if self.open_payments else ""
        lines = [f"  open payments: {self.open_payments}{oldest}"] if self.open_payments is not None else []
        lines += [f"  {each.name} is in ALARM since {each.since}: {each.description}" for each in self.alarms]
        return "\n".join([*lines, *(f"  not known: {each}" for each in self.unread)])

    def as_json(self) -> dict[str, Any]:
        """The facts as one JSON object."""
        return {**self._asdict(), "alarms": [each._asdict() for each in self.alarms]}


def read_attention(
    dynamodb: DynamoDBClient, cloudwatch: CloudWatchClient, *, table: str, alarms: Sequence[str], now: datetime
) -> Attention:
    """Count the open payments and read the state of these alarms; `unread` holds what was refused."""
    unread: list[str] = []
    counted: Counted | None = None
    ringing: tuple[Ringing, ...] = ()
    try:
        counted = count_open(dynamodb, table=table)
    except RunError as error:
        unread.append(str(error))
    try:
        with asked("reading the alarms"):
            ringing = tuple(_ringing(cloudwatch, alarms))
    except RunError as error:
        unread.append(str(error))
    since = counted.oldest_since if counted else ""
    return Attention(
        open_payments=counted.payments if counted else None,
        oldest_since=since,
        oldest_age=age(since, now),
        late=(seconds_since(since, now) or 0) > LATE_SECONDS,
        alarms=ringing,
        unread=tuple(unread),
    )


def age_limit() -> str:
    """The age above which an open payment is late, in words."""
    return f"{LATE_SECONDS // 60} min"


def _ringing(cloudwatch: CloudWatchClient, names: Sequence[str]) -> Iterator[Ringing]:
    for start in range(0, len(names), _NAMES):
        found = cloudwatch.describe_alarms(
            AlarmNames=list(names[start : start + _NAMES]),
            AlarmTypes=["MetricAlarm", "CompositeAlarm"],
            StateValue="ALARM",
            MaxRecords=_NAMES,
        )
        for each in (*found.get("MetricAlarms", ()), *found.get("CompositeAlarms", ())):
            since = each.get("StateTransitionedTimestamp") or each["StateUpdatedTimestamp"]
            at = since.isoformat(timespec="seconds").replace("+00:00", "Z")
            yield Ringing(each["AlarmName"], at, each.get("AlarmDescription", ""))
