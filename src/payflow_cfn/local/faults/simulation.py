"""Simulate a payment in one process: the shipped functions, with a table and a bank that fail."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from payflow_cfn.local.faults.memory_table import ConditionError, MemoryTable
from payflow_cfn.local.faults.schedule import Strikes
from payflow_cfn.local.walk.interpreter import State, TaskFailed, Walk
from payflow_cfn.workflow.states import REFUSED

# How long a late request is on its way: longer than the pause before a step is repeated.
LATE_SECONDS = 20.0
START_SECONDS = 1_764_064_800.0
STOPPED = "stopped"
# A sent notice is sent again if its mark was not written.
_CUTS = ("answer lost after notice", "stopped after notice", "stopped before mark", "refused before mark")


class Killed(BaseException):
    """The function's sandbox ended here: no handler of the function runs."""


class Stopped(BaseException):
    """The execution was stopped here: no state after it runs."""


class AnswerLost(Exception):  # noqa: N818 - what happened, not what is wrong
    """DynamoDB's answer did not come, whether or not it wrote."""


@dataclass(frozen=True, slots=True)
class Charge:
    """One line of the bank's own ledger; `run` is the number of the execution that asked for it."""

    key: str
    transaction_id: str
    amount_minor: int
    currency: str
    customer_id: str
    accepted: bool
    sent: float = START_SECONDS
    landed: float = START_SECONDS
    run: int = 0


@dataclass(slots=True)
class World:
    """All that one payment meets; what calls a shipped handler is given, so that no module here imports one.

    `key_lifetime` is for how long the bank keeps a key (None: for ever). `denied` is the number of the last execution
    that had started when a notice denied a charge; `cut` counts the notices that were sent and could
    not be marked as sent.
    """

    machine: State
    call: Callable[[World, str, dict[str, Any], float], dict[str, Any]]
    strikes: Strikes
    function_seconds: float
    quiet_seconds: float
    declines: bool = False
    key_lifetime: float | None = 0.0
    now: float = START_SECONDS
    table: MemoryTable = field(default_factory=MemoryTable)
    charges: list[Charge] = field(default_factory=list)
    flying: list[Charge] = field(default_factory=list)
    notices: list[dict[str, Any]] = field(default_factory=list)
    endings: list[tuple[str, str]] = field(default_factory=list)
    payment: dict[str, Any] = field(default_factory=dict)
    counted: dict[str, int] = field(default_factory=dict)
    started: int = 0
    denied: int = 0
    cut: int = 0

    def execute(self) -> str:
        """Start one execution for the payment and walk it to its ending."""
        self.started += 1
        name = f"{self.payment['transaction_id']}-{self.started}"
        arn = f"arn:aws:states:us-east-1:000000000000:execution:local:{name}"
        execution = {"Id": arn, "Name": name, "StartTime": _iso(self.now)}
        walk = Walk(
            self.machine,
            lambda: {"Execution": execution, "State": {"EnteredTime": _iso(self.now)}},
            task=self._task,
            waited=self.passed,
            repeated=lambda _, seconds: self.passed(seconds),
        )
        try:
            ending = walk.run(self.payment).name
        except Stopped:
            self.endings.append((STOPPED, ""))
            return STOPPED
        self.endings.append((ending, str(walk.variables["error"])))
        return ending

    def passed(self, seconds: float) -> None:
        """Let time go by: what was on its way to the bank arrives."""
        self.now += seconds
        for charge in [each for each in self.flying if each.landed <= self.now]:
            self.flying.remove(charge)
            self.land(charge)

    def land(self, charge: Charge) -> Charge:
        """Let a charge arrive at the bank: a key that it still knows gets its first answer."""
        kept = float("inf") if self.key_lifetime is None else self.key_lifetime
        for each in self.charges:
            if each.key == charge.key and charge.landed < each.landed + kept:
                return each
        self.charges.append(charge)
        return charge

    def strike(self, point: str, *, deadline: float) -> str | None:
        """Let the planned fault strike; a kind that its place must act out is returned."""
        kind = self.strikes.at(point)
        if kind == "killed":
            # Every other one dies by its timeout, so that its claim is over when the step is repeated.
            self.passed(self.function_seconds + 3 if len(point) % 2 else 1)
            raise Killed
        if kind == "parallel":
            self.execute()
            if self.now > deadline:
                raise Killed
        return kind

    def _task(self, state: State, arguments: Any) -> Any:
        if state["Resource"] == "invoke":
            return {"Payload": self._invoke(arguments["FunctionName"], arguments["Payload"])}
        what = _purpose_of(state["Resource"], arguments)
        self._disturb("before", what, "States.TaskFailed")
        answer = self._served(state["Resource"], arguments)
        self._disturb("after", what, "States.Timeout")
        return answer

    def _disturb(self, when: str, what: str, error: str) -> None:
        """Let a call of a service fail, or the execution be stopped beside it."""
        kind = self.strikes.at(f"{when} {what}")
        self.cut += f"{kind} {when} {what}" in _CUTS
        if kind == STOPPED:
            raise Stopped
        if kind:
            raise TaskFailed(error)

    def _served(self, resource: str, arguments: dict[str, Any]) -> dict[str, Any]:
        if resource == "update_item":
            try:
                return self.table.update_item(**arguments)
            except ConditionError as error:
                raise TaskFailed(REFUSED) from error
        if resource == "publish":
            notice = json.loads(arguments["Message"])
            self.notices.append({**notice, "row": self.status()})
            self.denied = self.started if notice["status"] == "FAILED" else self.denied
        else:
            name = arguments["MetricData"][0]["MetricName"]
            self.counted[name] = self.counted.get(name, 0) + 1
        return {}

    def status(self) -> str:
        """The row's status, "none" where there is no row or only a failure's record."""
        return self._text("status") or "none"

    def told(self) -> str:
        """The status of the sent notice, from the row."""
        return self._text("told_status")

    def _text(self, name: str) -> str:
        item = self.table.items.get(self.payment["transaction_id"], {})
        return str(item.get(name, {}).get("S", ""))

    def _invoke(self, function: str, payload: dict[str, Any]) -> dict[str, Any]:
        try:
            return self.call(self, function, payload, self.now + self.function_seconds)
        except Killed:
            raise TaskFailed("Sandbox.Timedout") from None
        except Exception as error:
            raise TaskFailed(type(error).__name__) from error


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _purpose_of(resource: str, arguments: Mapping[str, Any]) -> str:
    if resource == "publish":
        return "notice"
    if resource != "update_item":
        return "count" if arguments["MetricData"][0]["MetricName"] != "NoticesLost" else "count of lost notices"
    text = arguments["UpdateExpression"]
    if "REMOVE notice_until" in text:
        return "notice release"
    return "notice claim" if "notice_by" in text else "mark" if "told_at" in text else "failure record"


@dataclass(slots=True)
class StruckTable:
    """The table as one call of a function sees it; the function dies at `deadline`."""

    world: World
    deadline: float

    def put_item(self, **request: Any) -> dict[str, Any]:
        """Write a whole item."""
        return self._write("enter", self.world.table.put_item, request)

    def update_item(self, **request: Any) -> dict[str, Any]:
        """Change an item."""
        return self._write(_purpose(request), self.world.table.update_item, request)

    def get_item(self, **request: Any) -> dict[str, Any]:
        """Read an item."""
        return self.world.table.get_item(**request)

    def _write(self, what: str, write: Callable[..., dict[str, Any]], request: dict[str, Any]) -> dict[str, Any]:
        if self.world.strike(f"before {what}", deadline=self.deadline) == "throttled":
            raise AnswerLost("ProvisionedThroughputExceededException")
        answer = write(**request)
        kind = self.world.strike(f"after {what}", deadline=self.deadline)
        if kind == "answer lost":
            raise AnswerLost("ReadTimeoutError")
        # The SDK repeats a write whose answer it did not get.
        return write(**request) if kind == "repeated" else answer


def _purpose(request: Mapping[str, Any]) -> str:
    target = request["ExpressionAttributeValues"][":status"]["S"]
    return {"PROCESSING": "claim", "VALIDATED": "release", "UNKNOWN": "suspect"}.get(target, "record")
