"""One call of the processing function: the payment, who asks, the attempt's token and how long it may hold a claim."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from payments.bounds import REFERENCE_LENGTH, bounded
from payments.errors import ConfigurationError
from payments.execution import Execution, read_execution, time_text
from payments.facts import Payment, read_payment
from payments.ledger import Move

# Without a Lambda context: the functions' timeout in the described system.
DEFAULT_SECONDS: Final = 300.0
# A request that nobody waits for any more may still be with the gateway this long.
QUIET_SECONDS: Final = 300.0
# Clocks of two sandboxes differ a little; a claim is dead only when its function certainly is.
LEASE_MARGIN_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class Job:
    """What `settle` works on; `deadline` is when this attempt is certainly over, in seconds since 1970.

    `gateway` names the one that is charged and asked; for `quiet` seconds after a charge was sent, its not knowing the
    charge is no last word.
    """

    payment: Payment
    execution: Execution
    attempt: str
    deadline: float
    step: str = "process"
    last: bool = False
    quiet: float = QUIET_SECONDS
    gateway: str = ""
    clock: Callable[[], float] = time.time

    @property
    def lease_until(self) -> int:
        """When another attempt may take the claim over: milliseconds since 1970."""
        return int((self.deadline + LEASE_MARGIN_SECONDS) * 1000)

    def move(self, target: str) -> Move:
        """Return a move of this payment to `target`, signed by this attempt."""
        return Move(
            transaction_id=self.payment.transaction_id,
            target=target,
            attempt=self.attempt,
            execution=self.execution.arn,
            at=time_text(self.clock()),
        )

    def time_left(self) -> float:
        """Return the seconds until the function is stopped."""
        return self.deadline - self.clock()

    def is_quiet_since(self, sent: int) -> bool:
        """Say whether a request sent by then (milliseconds since 1970) would have reached the gateway by now."""
        return self.clock() * 1000 >= sent + self.quiet * 1000


def read_job(event: Mapping[str, Any], context: object, *, clock: Callable[[], float] = time.time) -> Job:
    """Read the payload; raise ConfigurationError when the definition and this function do not fit together."""
    step = event.get("step", "process")
    if step not in ("process", "reconcile"):
        raise ConfigurationError("step is not known", remedy='pass "process" or "reconcile"')
    return Job(
        payment=read_payment(event.get("payment")),
        execution=read_execution(event),
        attempt=_token(context),
        deadline=clock() + _seconds_left(context),
        step=step,
        last=event.get("last") is True,
        quiet=_quiet(event.get("quiet_seconds", QUIET_SECONDS)),
        gateway=_gateway_name(event.get("gateway")),
        clock=clock,
    )


def _quiet(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < float("inf"):
        raise ConfigurationError("quiet_seconds is not a number of seconds", remedy="pass the workflow's own number")
    return float(value)


def _gateway_name(value: object) -> str:
    """Return the adapter and its host: what one gateway never saw, another one may have charged."""
    gateway = value if isinstance(value, Mapping) else {}
    try:
        host = urlsplit(str(gateway.get("url") or "")).hostname or ""
    except ValueError:
        host = ""  # refused when the gateway is chosen
    return bounded(f"{gateway.get('adapter') or ''} {host}".strip(), limit=REFERENCE_LENGTH)


def _token(context: object) -> str:
    """Return this attempt's token: Lambda repeats a request id when it retries an event, so it is not enough."""
    return f"{getattr(context, 'aws_request_id', None) or 'direct'}/{uuid.uuid4().hex[:12]}"


def _seconds_left(context: object) -> float:
    """Return how long the function may still run."""
    ask = getattr(context, "get_remaining_time_in_millis", None)
    return float(ask()) / 1000 if callable(ask) else DEFAULT_SECONDS
