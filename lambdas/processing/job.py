"""One call of the processing function: the payment, its execution, the attempt's token and how long it may claim."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from payments.errors import ConfigurationError
from payments.execution import Execution, read_execution, time_text
from payments.facts import Payment, read_payment
from payments.gateways.choose import gateway_name
from payments.ledger import Move
from payments.rows import Sent

# The workflow processes and reconciles; a person asks and settles (processing.operate).
STEPS: Final = ("process", "reconcile", "ask", "settle")
# Without a Lambda context: the default timeout of the functions.
DEFAULT_SECONDS: Final = 300.0


@dataclass(frozen=True, slots=True)
class Job:
    """The input of `settle`; `deadline` is when this attempt is certainly over, in seconds since 1970.

    `gateway` names the one that is charged and asked. For `quiet` seconds after a charge was sent, it may still arrive
    there. The clocks of two attempts differ by less than `margin` seconds.
    """

    payment: Payment
    execution: Execution
    attempt: str
    deadline: float
    quiet: float
    margin: float
    step: str = "process"
    last: bool = False
    gateway: str = ""
    clock: Callable[[], float] = time.time

    @property
    def sending(self) -> Sent:
        """When this attempt may send: from now until it is certainly over, by anybody's clock."""
        return Sent(first=self._milliseconds(), until=self._milliseconds(self.deadline + self.margin))

    def sent_by_now(self, sent: Sent) -> Sent:
        """Return the time in which requests may have been sent, now that this attempt sends no more."""
        return Sent(first=sent.first, until=self._milliseconds(self.clock() + self.margin))

    def move(self, target: str, *, note: str = "") -> Move:
        """Return this attempt's move of the payment to `target`; `note` is for the row's history."""
        return Move(
            transaction_id=self.payment.transaction_id,
            target=target,
            attempt=self.attempt,
            execution=self.execution.arn,
            at=time_text(self.clock()),
            note=note,
        )

    def time_left(self) -> float:
        """Return the seconds until the function is stopped."""
        return self.deadline - self.clock()

    def is_over(self, sent: Sent) -> bool:
        """Return whether the attempt that may have sent is certainly over."""
        return self._milliseconds() >= sent.until

    def is_quiet_since(self, sent: Sent) -> bool:
        """Return whether every request that may have been sent has reached the gateway by now, or never will."""
        return self._milliseconds() >= sent.until + self.quiet * 1000

    def is_remembered(self, sent: Sent, *, lifetime: float | None) -> bool:
        """Return whether the gateway still knows the key when the last request of this attempt arrives.

        The gateway keeps a key for `lifetime` seconds; None means for ever.
        """
        arrived = self.sending.until + self.quiet * 1000
        return lifetime is None or arrived <= sent.first + (lifetime - self.margin) * 1000

    def _milliseconds(self, seconds: float | None = None) -> int:
        """Return a time in seconds since 1970, now by default, in milliseconds."""
        return int((self.clock() if seconds is None else seconds) * 1000)


def read_job(event: Mapping[str, Any], context: object, *, clock: Callable[[], float] = time.time) -> Job:
    """Read the payload; raise ConfigurationError when it is not one that the workflow's definition sends."""
    step = event.get("step", "process")
    if step not in STEPS:
        raise ConfigurationError("step is not known", remedy=f"pass one of {', '.join(STEPS)}")
    return Job(
        payment=read_payment(event.get("payment")),
        execution=read_execution(event),
        attempt=_token(context),
        deadline=clock() + seconds_left(context),
        step=step,
        last=event.get("last") is True,
        quiet=_seconds(event, "quiet_seconds"),
        margin=_seconds(event, "clock_margin_seconds"),
        gateway=gateway_name(event.get("gateway")),
        clock=clock,
    )


def _seconds(event: Mapping[str, Any], name: str) -> float:
    value = event.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < float("inf"):
        raise ConfigurationError(f"{name} is not a number of seconds", remedy="pass the workflow's own number")
    return float(value)


def _token(context: object) -> str:
    """Return this attempt's token; a request id alone is not unique, since Lambda repeats it when it retries."""
    return f"{getattr(context, 'aws_request_id', None) or 'direct'}/{uuid.uuid4().hex[:12]}"


def seconds_left(context: object) -> float:
    """Return how long the function may still run."""
    ask = getattr(context, "get_remaining_time_in_millis", None)
    return float(ask()) / 1000 if callable(ask) else DEFAULT_SECONDS
