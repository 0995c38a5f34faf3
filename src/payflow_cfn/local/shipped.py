"""The shipped functions in this process, called as Lambda calls them, and the bank that they charge."""

from __future__ import annotations

import contextlib
import io
import logging
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from payflow_cfn.local.fault_world import Charge, StruckTable, World
from payflow_cfn.shipped import shipped_folder


@contextlib.contextmanager
def quiet_functions() -> Iterator[None]:
    """Make the shipped packages importable; their log lines and metrics go nowhere while the block lasts."""
    folder, disabled = shipped_folder("lambdas"), logging.root.manager.disable
    sys.path.insert(0, folder)
    logging.disable(logging.CRITICAL)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        logging.disable(disabled)
        sys.path.remove(folder)


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
    settled: dict[str, Any] = processing.process(ledger, Bank(world, deadline), job, adapter="local").as_json()
    return settled


@dataclass(slots=True)
class Bank:
    """A gateway without mercy: it charges as often as it is asked, and finds a charge by its key alone."""

    world: World
    deadline: float

    def charge(self, request: Any, *, idempotency_key: str) -> Any:
        """Charge, and fail in the way that is planned."""
        from payments.gateways.protocol import ChargeAnswer, ChargeStatus, GatewayUnavailable, OutcomeUnknown

        kind = self.world.strike("before charge", deadline=self.deadline)
        if kind == "unavailable":
            raise GatewayUnavailable("connection refused")
        if kind == "hang":
            raise OutcomeUnknown("no answer")
        line = self._line(request, idempotency_key)
        if kind == "late":
            self.world.send_late(line)
            raise OutcomeUnknown("no answer")
        self.world.charges.append(line)
        kind = self.world.strike("after charge", deadline=self.deadline)
        if kind in ("hang", "garbage"):
            raise OutcomeUnknown("no answer that can be read")
        return ChargeAnswer(status=ChargeStatus.PENDING) if kind == "pending" else _answer(line)

    def find(self, request: Any, *, idempotency_key: str) -> Any:  # noqa: ARG002 - the protocol
        """Say what became of a key."""
        from payments.gateways.protocol import ChargeAnswer, ChargeStatus, OutcomeUnknown

        if self.world.strike("before find", deadline=self.deadline) == "hang":
            raise OutcomeUnknown("no answer")
        line = next((each for each in self.world.charges if each.key == idempotency_key), None)
        return _answer(line) if line else ChargeAnswer(status=ChargeStatus.NOT_FOUND)

    def _line(self, request: Any, key: str) -> Charge:
        accepted = not self.world.declines
        return Charge(
            key, request.transaction_id, request.amount_minor, request.currency, request.customer_id, accepted
        )


def _answer(line: Charge) -> Any:
    from payments.gateways.protocol import ChargeAnswer, ChargeStatus

    if line.accepted:
        return ChargeAnswer(status=ChargeStatus.SUCCEEDED, reference="ch_" + line.key[-8:])
    return ChargeAnswer(status=ChargeStatus.DECLINED, decline_code="insufficient_funds")
