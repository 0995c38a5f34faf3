"""Wait for CloudFormation with growing delays; only the stack's own status decides when an operation has ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from payflow_cfn.aws.client_types import CloudFormationClient
from payflow_cfn.deploy.changeset.history import History
from payflow_cfn.deploy.cloudformation import events
from payflow_cfn.deploy.cloudformation.aws_errors import aws_errors, refusal, text_of, trouble_of
from payflow_cfn.deploy.cloudformation.events import OnEvent
from payflow_cfn.deploy.cloudformation.stack import Stack, find_stack
from payflow_cfn.errors import UnknownOutcomeError


@dataclass(frozen=True, slots=True)
class Pace:
    """The delays and limits of waiting, in seconds.

    Delays grow from `first` by the factor `growth` up to `most`. `patience` is how long a status may stay unreadable
    (throttling, no network) before the outcome counts as unknown. An operation is followed for at most `limit` (None:
    to its end).
    """

    first: float = 0.05
    growth: float = 1.6
    most: float = 5.0
    patience: float = 300.0
    limit: float | None = None
    events_every: float = 1.0
    clock: Callable[[], float] = field(default=time.monotonic, repr=False)
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)

    def delays(self) -> Iterator[float]:
        """The delays, without an end."""
        delay = self.first
        while True:
            yield delay
            delay = min(delay * self.growth, self.most)


def follow(
    cloudformation: CloudFormationClient,
    stack_id: str,
    *,
    stack_name: str,
    ended: Callable[[Stack | None], bool],
    history: History | None,
    on_event: OnEvent,
    pace: Pace,
) -> Stack | None:
    """Read the stack's status until `ended` returns True, and report the events and the end.

    The result is the stack as it was read last, None for a stack that is gone.

    UnknownOutcomeError when the credentials expire, when the status stays unreadable longer than `pace.patience`, or
    when `pace.limit` is over: the operation continues at AWS.
    """
    watch = _Watch(cloudformation, stack_id, stack_name, history, on_event, pace)
    for delay in pace.delays():
        known, stack = watch.look()
        if known and ended(stack):
            watch.report_events(last=True)
            on_event(events.Finished(stack_name, stack.status if stack else "DELETE_COMPLETE"))
            return stack
        watch.report_events()
        watch.check_limit()
        pace.sleep(delay)
    raise AssertionError("delays never end")


@dataclass(slots=True)
class _Watch:
    cloudformation: CloudFormationClient
    stack_id: str
    stack_name: str
    history: History | None
    on_event: OnEvent
    pace: Pace
    started: float = 0.0
    seen: float = 0.0
    told: float = float("-inf")
    status: str = ""

    def __post_init__(self) -> None:
        self.started = self.seen = self.pace.clock()

    def look(self) -> tuple[bool, Stack | None]:
        try:
            stack = find_stack(self.cloudformation, self.stack_id)
        except aws_errors() as error:
            self._unreadable(error)
            return False, None
        self.seen = self.pace.clock()
        if stack is not None and stack.status != self.status:
            self.status = stack.status
            self.on_event(events.StatusChanged(self.stack_name, stack.status, stack.reason))
        return True, stack

    def report_events(self, *, last: bool = False) -> None:
        now = self.pace.clock()
        if self.history is None or (now - self.told < self.pace.events_every and not last):
            return
        self.told = now
        for event in self.history.read(everything=last):
            self.on_event(event)
        if self.history.problem:
            self.on_event(events.EventsUnreadable(self.stack_name, self.history.problem))

    def check_limit(self) -> None:
        if self.pace.limit is not None and self.pace.clock() - self.started >= self.pace.limit:
            raise unknown_outcome(self.stack_name, self.stack_id, f"not over after {self.pace.limit:g} s", self.status)

    def _unreadable(self, error: Exception) -> None:
        trouble = trouble_of(error)
        if trouble == "refused":
            # Without the permission, the outcome is unknown, just as without a network.
            raise unknown_outcome(self.stack_name, self.stack_id, text_of(error), self.status) from error
        left = self.pace.patience - (self.pace.clock() - self.seen)
        if trouble == "credentials" or left <= 0:
            raise unknown_outcome(self.stack_name, self.stack_id, text_of(error), self.status) from error
        self.on_event(events.StatusUnreadable(self.stack_name, text_of(error), left))


def unknown_outcome(stack_name: str, stack_id: str, reason: str, status: str = "") -> UnknownOutcomeError:
    """The error for an operation that continues at AWS while we cannot read its status."""
    return UnknownOutcomeError(
        f"the stack {stack_name} is still in progress, its outcome is not known ({reason})",
        remedy="renew the credentials or the connection, then `payflow deploy --resume` goes on watching",
        stack_name=stack_name,
        stack_id=stack_id,
        status=status,
    )


def read_patiently(call: Callable[[], Any], *, doing: str, stack_name: str, pace: Pace) -> Any:
    """Make a call that only reads; repeat it while AWS throttles it or there is no network, then DeployError."""
    until = pace.clock() + pace.patience
    for delay in pace.delays():
        try:
            return call()
        except aws_errors() as error:
            if trouble_of(error) not in ("throttled", "network") or pace.clock() >= until:
                raise refusal(error, doing, stack_name=stack_name) from error
        pace.sleep(delay)
    raise AssertionError("delays never end")
