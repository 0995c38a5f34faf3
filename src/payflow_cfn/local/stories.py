"""What happens to a payment, story by story: the answers that the workflow gets, and all that it does with them.

A trace is what was called in order, with `~` for a pause before a repetition (`j`: spread) and `<` for a task that was
given up, and the ending with the payment's status or the error. The stories are those of docs/failures.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from payflow_cfn.local.traces import HANG

_PAYMENT = {"transaction_id": "T-1", "payment_amount": "10.00", "extra": [1]}
VALIDATED = {"transaction_id": "T-1", "amount": "10.00", "facts": "hash"}
FACTS = {"transaction_id": "T-1", "amount": "10.00", "currency": "USD", "payment_method": "credit_card"}

_ERRORS = (
    *("Lambda.ServiceException", "Lambda.AWSLambdaException", "Lambda.SdkClientException", "Sandbox.Timedout"),
    *("Lambda.ClientExecutionTimeoutException", "Lambda.TooManyRequestsException", "Lambda.Unknown"),
    *("States.TaskFailed", "LedgerError"),
)
_LARGE = "States.DataLimitExceeded"
_BROKEN = ("Broken",) * 4
_REPEATED = "~2j {0} ~4j {0} ~8j {0}"


@dataclass(frozen=True, slots=True)
class Story:
    """The answers by what is called (in order; then everything goes well), and the trace that has to come of it."""

    name: str
    trace: str
    answers: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    payment: Any = field(default_factory=lambda: _PAYMENT)


def answer(outcome: str, *, replayed: bool = False, error: str | None = None) -> dict[str, Any]:
    """What both functions answer."""
    result = {"status": outcome, "transaction_id": "T-1"}
    payload = {"outcome": outcome, "replayed": replayed, "result": result, "payment": VALIDATED, "facts": FACTS}
    return {"Payload": {**payload, **({"error": error} if error else {})}}


def _row(status: str) -> dict[str, Any]:
    return {"Attributes": {"status": {"S": status}}}


ALL_WELL = {
    "validate": answer("VALIDATED"),
    "process": answer("COMPLETED"),
    "ask": answer("COMPLETED"),
    "record": _row("VALIDATED"),
    "count": {},
    "tell": {"MessageId": "1"},
}
_FAILED = "PaymentFailed!{0}!The payment ended as {1}; its row and its notice say what is known"
_UNKNOWN_END = "count tell(UNKNOWN,{0}) " + _FAILED.format("{0}", "UNKNOWN")


def _after_validation() -> Iterator[Story]:
    yield Story("completed", "validate process PaymentComplete:COMPLETED")
    for status, end in (("COMPLETED", "Complete"), ("DECLINED", "Declined"), ("REJECTED", "Rejected")):
        known = {"validate": (answer(status, replayed=True),)}
        yield Story(f"{status} is known already", f"validate Payment{end}:{status}", known)
    known = {"validate": (answer("FAILED", replayed=True, error="PaymentNotCharged"),)}
    yield Story("FAILED is known already", f"validate {_FAILED.format('PaymentNotCharged', 'FAILED')}", known)
    for status in ("REJECTED", "CONFLICT"):
        refused = {"validate": (answer(status, error="Rules"),)}
        yield Story(status, f"validate tell({status},Rules) PaymentRejected:{status}", refused)
    for status in ("NONSENSE", "DECLINED"):
        trace = f"validate record(T-1,UnexpectedOutcome) {_UNKNOWN_END.format('UnexpectedOutcome')}"
        yield Story(f"validation says {status}", trace, {"validate": (answer(status),)})


def _after_processing() -> Iterator[Story]:
    for call, before in (("process", "validate process"), ("ask", "validate process wait30 ask")):
        first = {"process": (answer("UNKNOWN"),)} if call == "ask" else {}

        def told(name: str, trace: str, *answers: Any, known: Any = (call, before, first), **more: Any) -> Story:
            asked, start, earlier = known
            return Story(f"{asked}: {name}", f"{start} {trace}", {**earlier, asked: answers, **more})

        yield told("completed", "PaymentComplete:COMPLETED", answer("COMPLETED"))
        yield told("declined", "tell(DECLINED,Code) PaymentDeclined:DECLINED", answer("DECLINED", error="Code"))
        yield told("declined before", "PaymentDeclined:DECLINED", answer("DECLINED", replayed=True))
        yield told("failed before", _FAILED.format("X", "FAILED"), answer("FAILED", replayed=True, error="X"))
        failed = f"record(T-1,X) tell(FAILED,X) {_FAILED.format('X', 'FAILED')}"
        yield told("failed", failed, answer("FAILED", error="X"))
        strange = f"record(T-1,UnexpectedOutcome) {_UNKNOWN_END.format('UnexpectedOutcome')}"
        yield told("nonsense", strange, answer("NONSENSE"))
        contradicted = f"record(T-1,X) {_UNKNOWN_END.format('X')}"
        for status in ("PROCESSING", "UNKNOWN", "COMPLETED"):
            yield told(f"failed, row {status}", contradicted, answer("FAILED", error="X"), record=(_row(status),))


def _asking() -> Iterator[Story]:
    waits = (30, 300, 3600, 86400, 86400)
    asked = [f"wait{seconds} ask" for seconds in waits]
    for times in range(1, 5):
        unknown = {"process": (answer("UNKNOWN"),), "ask": (answer("UNKNOWN"),) * times}
        trace = " ".join(["validate process", *asked[: times + 1]]).replace("wait86400 ask wait86400 ask", "LAST")
        trace = trace.replace("LAST", "wait86400 ask wait86400 ask-last")
        yield Story(f"known at ask {times + 1}", f"{trace} PaymentComplete:COMPLETED", unknown)
    unknown = {"process": (answer("UNKNOWN"),), "ask": (answer("UNKNOWN", error="OutcomeUnknown"),) * 5}
    trace = " ".join(["validate process", *asked[:4], "wait86400 ask-last record(T-1,OutcomeUnknown)"])
    yield Story("never known", f"{trace} {_UNKNOWN_END.format('OutcomeUnknown')}", unknown)


def _repeating() -> Iterator[Story]:
    done = "PaymentComplete:COMPLETED"
    for error in _ERRORS:
        yield Story(f"validate: {error}", f"validate ~2j validate process {done}", {"validate": (error,)})
        yield Story(f"process: {error}", f"validate process ~2j process {done}", {"process": (error,)})
        once = {"process": (answer("UNKNOWN"),), "ask": (error,)}
        yield Story(f"ask: {error}", f"validate process wait30 ask ~2j ask {done}", once)
    for call, trace in (
        ("validate", f"validate <310 ~2j validate process {done}"),
        ("process", f"validate process <310 ~2j process {done}"),
    ):
        yield Story(f"{call} hangs", trace, {call: (HANG,)})
    hangs = {"process": (answer("UNKNOWN"),), "ask": (HANG,)}
    yield Story("ask hangs", f"validate process wait30 ask <310 ~2j ask {done}", hangs)


def _broken() -> Iterator[Story]:
    end = f"record(T-1,Broken) tell(FAILED,Broken) {_FAILED.format('Broken', 'FAILED')}"
    yield Story(
        "validation is broken",
        f"validate {_REPEATED.format('validate')} {end}",
        {"validate": _BROKEN},
    )
    asked = f"validate process {_REPEATED.format('process')} wait30 ask PaymentComplete:COMPLETED"
    yield Story("processing is broken", asked, {"process": _BROKEN})
    asked = f"validate process wait30 ask {_REPEATED.format('ask')} wait300 ask PaymentComplete:COMPLETED"
    yield Story("asking is broken", asked, {"process": (answer("UNKNOWN"),), "ask": _BROKEN})
    large = f"validate record(T-1,{_LARGE}) tell(FAILED,{_LARGE}) {_FAILED.format(_LARGE, 'FAILED')}"
    yield Story("validation answers too much", large, {"validate": (_LARGE,)})
    asked = "validate process wait30 ask PaymentComplete:COMPLETED"
    yield Story("processing answers too much", asked, {"process": (_LARGE,)})
    asked = "validate process wait30 ask wait300 ask PaymentComplete:COMPLETED"
    yield Story("asking answers too much", asked, {"process": (answer("UNKNOWN"),), "ask": (_LARGE,)})
    asked = " ".join(f"wait{each} ask {_REPEATED.format('ask')}" for each in (30, 300, 3600, 86400))
    last = f"wait86400 ask-last {_REPEATED.format('ask-last')} record(T-1,Broken) {_UNKNOWN_END.format('Broken')}"
    start = f"validate process {_REPEATED.format('process')}"
    yield Story("nothing answers", f"{start} {asked} {last}", {"process": _BROKEN, "ask": _BROKEN * 5})
    once = " ".join(f"wait{each} ask" for each in (30, 300, 3600, 86400))
    last = f"wait86400 ask-last record(T-1,{_LARGE}) {_UNKNOWN_END.format(_LARGE)}"
    yield Story(
        "asking always answers too much",
        f"validate process {once} {last}",
        {"process": (_LARGE,), "ask": (_LARGE,) * 5},
    )
    long = "x" * 300
    cut = f"record(T-1,{long[:128]}) tell(FAILED,{long[:128]}) {_FAILED.format(long[:128], 'FAILED')}"
    yield Story("a long error", f"validate {_REPEATED.format('validate')} {cut}", {"validate": (long,) * 4})


def _failing_on_the_way_out() -> Iterator[Story]:
    failed, end = {"process": (answer("FAILED", error="X"),)}, _FAILED.format("X", "FAILED")
    record = "validate process record(T-1,X)"
    for name, answers, trace in (
        ("record is broken", _BROKEN, f"{record} {_REPEATED.format('record(T-1,X)')} tell(FAILED,X) {end}"),
        ("record answers too much", (_LARGE,), f"{record} tell(FAILED,X) {end}"),
        ("record hangs", (HANG,), f"{record} <30 ~2j record(T-1,X) tell(FAILED,X) {end}"),
    ):
        yield Story(name, trace, {**failed, "record": answers})
    yield from _unseen()
    tell, lost = f"{record} tell(FAILED,X)", _FAILED.format("NoticeLost", "FAILED")
    for name, answers, trace in (
        ("tell is broken", _BROKEN, f"{tell} {_REPEATED.format('tell(FAILED,X)')} {lost}"),
        ("tell answers too much", (_LARGE,), f"{tell} {lost}"),
        ("tell hangs", (HANG,), f"{tell} <30 ~2j tell(FAILED,X) {end}"),
    ):
        yield Story(name, trace, {**failed, "tell": answers})
    unknown = {**failed, "record": (_row("PROCESSING"),)}
    told = f"tell(UNKNOWN,X) {_FAILED.format('X', 'UNKNOWN')}"
    for name, answers, trace in (
        ("count is broken", _BROKEN, f"{record} count {_REPEATED.format('count')} {told}"),
        ("count answers too much", (_LARGE,), f"{record} count {told}"),
        ("count hangs", (HANG,), f"{record} count <30 ~2j count {told}"),
    ):
        yield Story(name, trace, {**unknown, "count": answers})


def _unseen() -> Iterator[Story]:
    """Validation says nothing, and nor does the row: nobody knows what another execution of the payment did."""
    before = f"validate {_REPEATED.format('validate')} record(T-1,Broken)"
    told = _UNKNOWN_END.format("Broken")
    for name, answers, repeated in (
        ("neither validated nor recorded", _BROKEN, f" {_REPEATED.format('record(T-1,Broken)')}"),
        ("not validated, and the record answers too much", (_LARGE,), ""),
    ):
        yield Story(name, f"{before}{repeated} {told}", {"validate": _BROKEN, "record": answers})


def _strange_payments() -> Iterator[Story]:
    """Nobody can say which row such a payment has: nothing is recorded, and only without any id nothing was charged."""
    no_row = f"tell(FAILED,{_LARGE}) {_FAILED.format(_LARGE, 'FAILED')}"
    unseen = _UNKNOWN_END.format(_LARGE)
    for name, given, end in (
        ("no object", "text", no_row), ("no id", {}, no_row), ("id a number", {"transaction_id": 1}, no_row),
        ("id a card number", {"transaction_id": "4111-1111 1111.1111"}, unseen),
        ("id with a slash", {"transaction_id": "a/b"}, unseen), ("id too long", {"transaction_id": "a" * 65}, unseen),
    ):  # fmt: skip
        yield Story(name, f"validate {end}", {"validate": (_LARGE,)}, given)


STORIES: tuple[Story, ...] = (
    *_after_validation(),
    *_after_processing(),
    *_asking(),
    *_repeating(),
    *_broken(),
    *_failing_on_the_way_out(),
    *_strange_payments(),
)
