"""The shipped functions, stopped at each request that they make and gone on with by its answer.

A call is run from its start each time, with the answers that it got so far: the functions keep no state between their
requests. So a call that waits for an answer is a plain value, which a search can copy, compare and resume.
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Any, NamedTuple

from payflow_cfn.local.faults.memory_table import ConditionError, put, updated


class Wanted(NamedTuple):
    """A request of a function ("put", "update", "get", "charge", "find") and what it sends; or its end.

    An end is "answer" with the function's answer, or "raise" with the error's class.
    """

    kind: str
    text: str


class Got(NamedTuple):
    """An answer to a request, and the time (in seconds) when it came."""

    kind: str
    text: str
    now: int


class Invocation(NamedTuple):
    """One call of a function: its payload, its attempt's name, its sandbox's clock (seconds off) and its times."""

    function: str
    payload: str
    attempt: str
    offset: int
    started: int
    seconds: int
    lifetime: float | None


class _Stopped(BaseException):
    """Ends a run at a request whose answer is not known yet."""


class AnswerLostError(Exception):
    """The table does not answer, or answers that it is throttled."""


class _Context:
    aws_request_id = "request"

    def __init__(self, seconds: int) -> None:
        self._seconds = seconds

    def get_remaining_time_in_millis(self) -> int:
        return self._seconds * 1000


class _Script:
    """The other side of a function's requests: the answers so far, in turn."""

    def __init__(self, call: Invocation, answers: tuple[Got, ...]) -> None:
        self.call, self.left, self.now = call, list(answers), call.started
        self.wanted = Wanted("", "")
        self.key_lifetime = call.lifetime

    def clock(self) -> float:
        return float(self.now + self.call.offset)

    def ask(self, kind: str, text: str) -> Got:
        if not self.left:
            self.wanted = Wanted(kind, text)
            raise _Stopped
        found = self.left.pop(0)
        self.now = found.now
        return found

    def put_item(self, **request: Any) -> dict[str, Any]:
        return self._write("put", request)

    def update_item(self, **request: Any) -> dict[str, Any]:
        return self._write("update", request)

    def get_item(self, **request: Any) -> dict[str, Any]:
        found = self.ask("get", json.dumps(request, sort_keys=True))
        if found.kind != "ok":
            raise AnswerLostError(found.kind)
        return {"Item": json.loads(found.text)}

    def _write(self, kind: str, request: dict[str, Any]) -> dict[str, Any]:
        found = self.ask(kind, json.dumps(request, sort_keys=True))
        if found.kind == "refused":
            raise ConditionError(json.loads(found.text))
        if found.kind != "ok":
            raise AnswerLostError(found.kind)
        return {}

    def charge(self, request: Any, *, idempotency_key: str) -> Any:
        return self._gateway("charge", f"{request.amount_minor} {idempotency_key}")

    def find(self, request: Any, *, idempotency_key: str, since: float | None = None) -> Any:
        return self._gateway("find", f"{request.amount_minor} {idempotency_key}")

    def _gateway(self, kind: str, text: str) -> Any:
        from payments.gateways.protocol import ChargeAnswer, ChargeStatus, GatewayUnavailable, OutcomeUnknown

        found = self.ask(kind, text)
        if found.kind == "refused":
            raise GatewayUnavailable("refused")
        if found.kind != "said":
            raise OutcomeUnknown("no answer")
        status = ChargeStatus(found.text)
        code = "lost_card" if status is ChargeStatus.DECLINED else ""
        return ChargeAnswer(
            status=status, reference="" if status is ChargeStatus.NOT_FOUND else "bank-1", decline_code=code
        )


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep the functions' log lines and metrics off the screen."""
    logging.disable(logging.CRITICAL)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        logging.disable(logging.NOTSET)


@lru_cache(None)
def go_on(call: Invocation, answers: tuple[Got, ...]) -> Wanted:
    """Return the call's next request after these answers, or its end."""
    script = _Script(call, answers)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            answer = _run(script, json.loads(call.payload))
    except _Stopped:
        return script.wanted
    except Exception as error:
        return Wanted("raise", type(error).__name__)
    return Wanted("answer", json.dumps(answer, sort_keys=True))


def _run(script: _Script, payload: dict[str, Any]) -> dict[str, Any]:
    from payments.ledger import Ledger
    from processing import handler as processing
    from processing.job import read_job
    from validation import handler as validation

    ledger, context = Ledger(script, table="payments"), _Context(script.call.seconds)
    if script.call.function == "validation":
        decided: dict[str, Any] = validation.validate(ledger, payload, now=script.clock()).as_json()
        return decided
    if script.call.function == "operator":
        from processing.operate import operate

        done: dict[str, Any] = operate(ledger, script, payload, context, clock=script.clock).as_json()
        return done
    job = replace(read_job(payload, context, clock=script.clock), attempt=script.call.attempt)
    settled: dict[str, Any] = processing.process(ledger, script, job, adapter="bank").as_json()
    return settled


@lru_cache(None)
def write(item: str, kind: str, request: str) -> tuple[str, str]:
    """Return what the table answers, "ok" or "refused", and the item that stands then."""
    change: Callable[..., dict[str, Any]] = put if kind == "put" else updated
    try:
        return "ok", json.dumps(change(json.loads(item), json.loads(request)), sort_keys=True)
    except ConditionError:
        return "refused", item
