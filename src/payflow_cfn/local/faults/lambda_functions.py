"""The shipped functions in this process, called as Lambda calls them, and the bank that they charge."""

from __future__ import annotations

import contextlib
import io
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from payflow_cfn.artifacts.shipped import shipped_packages
from payflow_cfn.local.faults.simulation import LATE_SECONDS, Charge, Killed, StruckTable, World


@contextlib.contextmanager
def quiet_functions() -> Iterator[None]:
    """Make the shipped packages importable; their log lines and metrics go nowhere while the block lasts."""
    disabled = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with shipped_packages(), contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        logging.disable(disabled)


@dataclass(frozen=True, slots=True)
class _Context:
    aws_request_id: str
    seconds: float

    def get_remaining_time_in_millis(self) -> int:
        return int(self.seconds * 1000)


def call_function(world: World, function: str, payload: dict[str, Any], deadline: float) -> dict[str, Any]:
    """Call `validation` or `processing` with its own clients, as its handler does."""
    from payments.ledger import Ledger
    from processing import handler as processing
    from processing.job import read_job
    from validation import handler as validation

    ledger = Ledger(StruckTable(world, deadline), table="payments")
    if function == "validation":
        answer: dict[str, Any] = validation.validate(ledger, payload, now=world.now).as_json()
        return answer
    context = _Context("local", world.function_seconds)
    job = read_job(payload, context, clock=lambda: world.now)
    bank = Bank(world, deadline, run=int(job.execution.arn.rpartition("-")[2]), last=job.last)
    settled: dict[str, Any] = processing.process(ledger, bank, job, adapter="local").as_json()
    return settled


@dataclass(slots=True)
class Bank:
    """A strict gateway: it charges a forgotten key again, and finds no charge from before `since`."""

    world: World
    deadline: float
    run: int = 0
    last: bool = False

    @property
    def key_lifetime(self) -> float | None:
        """For how many seconds the bank keeps a key."""
        return self.world.key_lifetime

    def charge(self, request: Any, *, idempotency_key: str) -> Any:
        """Charge, and fail in the way that is planned."""
        from payments.gateways.protocol import GatewayUnavailable, OutcomeUnknown

        kind = self.world.strike("before last charge", deadline=self.deadline) if self.last else None
        kind = kind or self.world.strike("before charge", deadline=self.deadline)
        if kind == "unavailable":
            raise GatewayUnavailable("connection refused")
        if kind == "hang":
            raise OutcomeUnknown("no answer")
        if kind == "late":
            self.world.flying.append(self._line(request, idempotency_key, late=LATE_SECONDS))
            raise OutcomeUnknown("no answer")
        if kind == "killed late":
            self._die_sending(request, idempotency_key)
        line = self.world.land(self._line(request, idempotency_key))
        kind = self.world.strike("after charge", deadline=self.deadline)
        if kind in ("hang", "garbage"):
            raise OutcomeUnknown("no answer that can be read")
        return _pending(line) if kind == "pending" else _answer(line)

    def find(self, request: Any, *, idempotency_key: str, since: float | None = None) -> Any:  # noqa: ARG002 - the protocol
        """Return the outcome of a key; a new charge may not be listed yet."""
        from payments.gateways.protocol import ChargeAnswer, ChargeStatus, OutcomeUnknown

        kind = self.world.strike("before find", deadline=self.deadline)
        if kind == "hang":
            raise OutcomeUnknown("no answer")
        known = [each for each in self.world.charges if each.key == idempotency_key and each.landed >= (since or 0)]
        if kind == "not yet":
            known = [each for each in known if each.sent + self.world.quiet_seconds <= self.world.now]
        if not known:
            return ChargeAnswer(status=ChargeStatus.NOT_FOUND)
        return _pending(known[0]) if kind == "pending" else _answer(known[0])

    def _die_sending(self, request: Any, key: str) -> None:
        """Send at the end of the function's time; the request arrives just before everything is quiet."""
        self.world.passed(max(0.0, self.deadline - 1 - self.world.now))
        self.world.flying.append(self._line(request, key, late=self.world.quiet_seconds - 1))
        self.world.passed(4)
        raise Killed

    def _line(self, request: Any, key: str, *, late: float = 0) -> Charge:
        return Charge(
            key,
            request.transaction_id,
            request.amount_minor,
            request.currency,
            request.customer_id,
            accepted=not self.world.declines,
            sent=self.world.now,
            landed=self.world.now + late,
            run=self.run,
        )


def _pending(line: Charge) -> Any:
    from payments.gateways.protocol import ChargeAnswer, ChargeStatus

    return ChargeAnswer(status=ChargeStatus.PENDING, reference="ch_" + line.key[-8:])


def _answer(line: Charge) -> Any:
    from payments.gateways.protocol import ChargeAnswer, ChargeStatus

    if line.accepted:
        return ChargeAnswer(status=ChargeStatus.SUCCEEDED, reference="ch_" + line.key[-8:])
    return ChargeAnswer(status=ChargeStatus.DECLINED, decline_code="insufficient_funds")
