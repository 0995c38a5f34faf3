"""A payment's world in this process: the shipped functions between a table and a bank that fail at chosen points."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from payflow_cfn.local.fault_plan import Strikes
from payflow_cfn.local.known_expressions import compute
from payflow_cfn.local.machine import State, TaskFailed, Walk, pause
from payflow_cfn.local.memory_table import MemoryTable

# The workflow's own calls, by what they are for.
_SERVICES = {"update_item": "failure record", "put_metric": "count", "publish": "notice"}
# How long a late request is on its way: longer than the pause before a step is repeated.
LATE_SECONDS = 20.0
START_SECONDS = 1_764_064_800.0


class Killed(BaseException):
    """The function's sandbox ended here: no handler of the function runs."""


class AnswerLost(Exception):  # noqa: N818 - what happened, not what is wrong
    """DynamoDB's answer did not come, whether or not it wrote."""


@dataclass(frozen=True, slots=True)
class Charge:
    """One line of the bank's own ledger."""

    key: str
    transaction_id: str
    amount_minor: int
    currency: str
    customer_id: str
    accepted: bool


@dataclass(slots=True)
class World:
    """All that one payment meets; what calls a shipped handler is given, so that no module here imports one."""

    machine: State
    call: Callable[[World, str, dict[str, Any], float], dict[str, Any]]
    strikes: Strikes
    declines: bool = False
    function_seconds: float = 300.0
    now: float = START_SECONDS
    table: MemoryTable = field(default_factory=MemoryTable)
    charges: list[Charge] = field(default_factory=list)
    flying: list[tuple[float, Charge]] = field(default_factory=list)
    notices: list[dict[str, Any]] = field(default_factory=list)
    endings: list[tuple[str, str]] = field(default_factory=list)
    payment: dict[str, Any] = field(default_factory=dict)
    started: int = 0
    counted: int = 0

    def execute(self) -> str:
        """Start one execution for the payment and walk it to its ending."""
        self.started += 1
        arn = f"arn:aws:states:us-east-1:000000000000:execution:local:{self.payment['transaction_id']}-{self.started}"
        at = datetime.fromtimestamp(self.now, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        walk = Walk(
            self.machine,
            {"Execution": {"Id": arn, "StartTime": at}, "State": {"EnteredTime": at}},
            task=self._task,
            compute=compute,
            waited=self.passed,
            repeated=lambda rule, done: self.passed(pause(rule, done)),
        )
        ending = walk.run(self.payment).name
        self.endings.append((ending, str(walk.variables["error"])))
        return ending

    def passed(self, seconds: float) -> None:
        """Let time go by: what was on its way to the bank arrives."""
        self.now += seconds
        arrived = [each for each in self.flying if each[0] <= self.now]
        self.charges += [charge for _, charge in arrived]
        self.flying = [each for each in self.flying if each not in arrived]

    def send_late(self, charge: Charge) -> None:
        """Let a charge arrive at the bank later."""
        self.flying.append((self.now + LATE_SECONDS, charge))

    def book(self) -> list[Charge]:
        """Every charge that was sent to the bank and has arrived, or will."""
        return [*self.charges, *(charge for _, charge in self.flying)]

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
        resource = state["Resource"]
        if resource == "invoke":
            return {"Payload": self._invoke(arguments["FunctionName"], arguments["Payload"])}
        if self.strikes.at(f"before {_SERVICES[resource]}"):
            raise TaskFailed("States.TaskFailed")
        if resource == "update_item":
            return self.table.update_item(**arguments)
        if resource == "publish":
            self.notices.append({**arguments["Message"], "row": self.status()})
        else:
            self.counted += 1
        return {}

    def status(self) -> str:
        """The row's status, "none" where there is no row or only a failure's record."""
        item = self.table.items.get(self.payment["transaction_id"], {})
        return str(item.get("status", {}).get("S", "none"))

    def _invoke(self, function: str, payload: dict[str, Any]) -> dict[str, Any]:
        try:
            return self.call(self, function, payload, self.now + self.function_seconds)
        except Killed:
            raise TaskFailed("Sandbox.Timedout") from None
        except Exception as error:
            raise TaskFailed(type(error).__name__) from error


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
