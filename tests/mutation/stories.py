"""The stories of a payment: the answers that the workflow gets, and all that it does with them.

A trace is what was called in order, with `~` for a pause before a repetition (`j`: spread) and `<` for a task that was
given up, and the ending with the payment's status or the error. The stories are those of docs/failures.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from mutation.traces import HANG

_PAYMENT = {"transaction_id": "T-1", "payment_amount": "10.00", "extra": [1]}
VALIDATED = {"transaction_id": "T-1", "amount": "10.00", "facts": "hash"}
FACTS = {"transaction_id": "T-1", "amount": "10.00", "currency": "USD", "payment_method": "credit_card"}

_ERRORS = (
    *("Lambda.ServiceException", "Lambda.AWSLambdaException", "Lambda.SdkClientException", "Sandbox.Timedout"),
    *("Lambda.ClientExecutionTimeoutException", "Lambda.TooManyRequestsException", "Lambda.Unknown"),
    *("States.TaskFailed", "LedgerError"),
)
_LARGE = "States.DataLimitExceeded"
_REFUSED = "DynamoDB.ConditionalCheckFailedException"
_BROKEN = ("Broken",) * 4
_REPEATED = "~2j {0} ~4j {0} ~8j {0}"


@dataclass(frozen=True, slots=True)
class Story:
    """The answers by what is called (in order; then everything goes well), and the trace that has to come of it."""

    name: str
    trace: str
    answers: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    payment: Any = field(default_factory=lambda: _PAYMENT)


def answer(outcome: str, *, told: bool = False, error: str | None = None) -> dict[str, Any]:
    """What both functions answer."""
    result = {"status": outcome, "transaction_id": "T-1"}
    payload = {"outcome": outcome, "told": told, "result": result, "payment": VALIDATED, "facts": FACTS}
    return {"Payload": {**payload, **({"error": error} if error else {})}}


def _row(status: str = "") -> dict[str, Any]:
    """What the record's write returns; a row of its own has no status."""
    return {"Attributes": {"transaction_id": {"S": "T-1"}, **({"status": {"S": status}} if status else {})}}


ALL_WELL = {
    "validate": answer("VALIDATED"),
    "process": answer("COMPLETED"),
    "ask": answer("COMPLETED"),
    "record": _row(),
    "count": {},
    "claim": {},
    "tell": {"MessageId": "1"},
    "mark": {},
    "reopen": {},
    "lost": {},
    "release": {},
}
_FAILED = "PaymentFailed!{0}!The payment ended as {1}; its row and its notice say what is known"
# A final status of the row that nobody has told yet.
_UNTOLD = {
    "DECLINED": "claim(DECLINED) tell(DECLINED,X) mark(DECLINED) PaymentDeclined:DECLINED",
    "FAILED": f"claim(FAILED) tell(FAILED,X) mark(FAILED) {_FAILED.format('X', 'FAILED')}",
}
_UNKNOWN_END = "count tell(UNKNOWN,{0}) " + _FAILED.format("{0}", "UNKNOWN")


def _after_validation() -> Iterator[Story]:
    yield Story("completed", "validate process PaymentComplete:COMPLETED")
    for status, end in (("COMPLETED", "Complete"), ("DECLINED", "Declined"), ("REJECTED", "Rejected")):
        known = {"validate": (answer(status, told=True),)}
        yield Story(f"{status} is known and told", f"validate Payment{end}:{status}", known)
    known = {"validate": (answer("FAILED", told=True, error="PaymentNotCharged"),)}
    yield Story("FAILED is known and told", f"validate {_FAILED.format('PaymentNotCharged', 'FAILED')}", known)
    yield Story("COMPLETED is known", "validate PaymentComplete:COMPLETED", {"validate": (answer("COMPLETED"),)})
    for status, trace in _UNTOLD.items():
        yield Story(f"{status} is known", f"validate {trace}", {"validate": (answer(status, error="X"),)})
    for status in ("REJECTED", "CONFLICT"):
        refused = {"validate": (answer(status, error="Rules"),)}
        yield Story(status, f"validate tell({status},Rules) PaymentRejected:{status}", refused)
    trace = f"validate record(T-1,UnexpectedOutcome) {_UNKNOWN_END.format('UnexpectedOutcome')}"
    yield Story("validation says NONSENSE", trace, {"validate": (answer("NONSENSE"),)})


def _after_processing() -> Iterator[Story]:
    for call, before in (("process", "validate process"), ("ask", "validate process wait60 ask")):
        first = {"process": (answer("UNKNOWN"),)} if call == "ask" else {}

        def after(name: str, trace: str, *answers: Any, known: Any = (call, before, first)) -> Story:
            asked, start, earlier = known
            return Story(f"{asked}: {name}", f"{start} {trace}", {**earlier, asked: answers})

        yield after("completed", "PaymentComplete:COMPLETED", answer("COMPLETED"))
        for status, trace in _UNTOLD.items():
            yield after(status, trace, answer(status, error="X"))
        yield after("declined and told before", "PaymentDeclined:DECLINED", answer("DECLINED", told=True))
        told = _FAILED.format("X", "FAILED")
        yield after("failed and told before", told, answer("FAILED", told=True, error="X"))
        strange = f"record(T-1,UnexpectedOutcome) {_UNKNOWN_END.format('UnexpectedOutcome')}"
        yield after("nonsense", strange, answer("NONSENSE"))


def _asking() -> Iterator[Story]:
    waits = (60, 360, 3600, 86400, 86400)
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
        yield Story(f"ask: {error}", f"validate process wait60 ask ~2j ask {done}", once)
    for call, trace in (
        ("validate", f"validate <310 ~2j validate process {done}"),
        ("process", f"validate process <310 ~2j process {done}"),
    ):
        yield Story(f"{call} hangs", trace, {call: (HANG,)})
    hangs = {"process": (answer("UNKNOWN"),), "ask": (HANG,)}
    yield Story("ask hangs", f"validate process wait60 ask <310 ~2j ask {done}", hangs)


def _broken() -> Iterator[Story]:
    end = f"record(T-1,Broken) tell(FAILED,Broken) reopen {_FAILED.format('Broken', 'FAILED')}"
    yield Story(
        "validation is broken",
        f"validate {_REPEATED.format('validate')} {end}",
        {"validate": _BROKEN},
    )
    asked = f"validate process {_REPEATED.format('process')} wait60 ask PaymentComplete:COMPLETED"
    yield Story("processing is broken", asked, {"process": _BROKEN})
    asked = f"validate process wait60 ask {_REPEATED.format('ask')} wait360 ask PaymentComplete:COMPLETED"
    yield Story("asking is broken", asked, {"process": (answer("UNKNOWN"),), "ask": _BROKEN})
    large = f"validate record(T-1,{_LARGE}) tell(FAILED,{_LARGE}) reopen {_FAILED.format(_LARGE, 'FAILED')}"
    yield Story("validation answers too much", large, {"validate": (_LARGE,)})
    asked = "validate process wait60 ask PaymentComplete:COMPLETED"
    yield Story("processing answers too much", asked, {"process": (_LARGE,)})
    asked = "validate process wait60 ask wait360 ask PaymentComplete:COMPLETED"
    yield Story("asking answers too much", asked, {"process": (answer("UNKNOWN"),), "ask": (_LARGE,)})
    asked = " ".join(f"wait{each} ask {_REPEATED.format('ask')}" for each in (60, 360, 3600, 86400))
    last = f"wait86400 ask-last {_REPEATED.format('ask-last')} record(T-1,Broken) {_UNKNOWN_END.format('Broken')}"
    start = f"validate process {_REPEATED.format('process')}"
    yield Story("nothing answers", f"{start} {asked} {last}", {"process": _BROKEN, "ask": _BROKEN * 5})
    once = " ".join(f"wait{each} ask" for each in (60, 360, 3600, 86400))
    last = f"wait86400 ask-last record(T-1,{_LARGE}) {_UNKNOWN_END.format(_LARGE)}"
    yield Story(
        "asking always answers too much",
        f"validate process {once} {last}",
        {"process": (_LARGE,), "ask": (_LARGE,) * 5},
    )
    long = "x" * 300
    cut = f"record(T-1,{long[:128]}) tell(FAILED,{long[:128]}) reopen {_FAILED.format(long[:128], 'FAILED')}"
    yield Story("a long error", f"validate {_REPEATED.format('validate')} {cut}", {"validate": (long,) * 4})


def _failing_on_the_way_out() -> Iterator[Story]:
    yield from _recorded()
    large = f"validate record(T-1,{_LARGE})"
    tell, lost = f"tell(FAILED,{_LARGE})", f"lost {_FAILED.format('NoticeLost', 'FAILED')}"
    ended = _FAILED.format(_LARGE, "FAILED")
    yield from _spoiled("tell", f"{large} {tell}", lost, f"reopen {ended}", validate=(_LARGE,))
    yield from _spoiled("reopen", f"{large} {tell} reopen", ended, ended, validate=(_LARGE,))
    refused = {"validate": (_LARGE,), "reopen": (_REFUSED,)}
    yield Story("another failure was recorded since", f"{large} {tell} reopen {ended}", refused)
    told = f"tell(UNKNOWN,{_LARGE}) {_FAILED.format(_LARGE, 'UNKNOWN')}"
    unknown = {"validate": (_LARGE,), "record": (_row("PROCESSING"),)}
    yield from _spoiled("count", f"{large} count", told, told, **unknown)
    unsent = {"validate": (_LARGE,), "tell": (_LARGE,)}
    end = _FAILED.format("NoticeLost", "FAILED")
    yield from _spoiled("lost", f"{large} {tell} lost", end, end, **unsent)


def _spoiled(call: str, trace: str, after: str, well: str, **answers: tuple[Any, ...]) -> Iterator[Story]:
    """A call of a service that fails for good, answers too much, or hangs once; `well` is what follows its success."""
    again = trace.rpartition(" ")[2]
    yield Story(f"{call} is broken", f"{trace} {_REPEATED.format(again)} {after}", {**answers, call: _BROKEN})
    yield Story(f"{call} answers too much", f"{trace} {after}", {**answers, call: (_LARGE,)})
    yield Story(f"{call} hangs", f"{trace} <30 ~2j {again} {well}", {**answers, call: (HANG,)})


def _recorded() -> Iterator[Story]:
    """Validation says nothing: FAILED only where by the row nobody has entered or claimed the payment."""
    record, failed = (
        f"validate record(T-1,{_LARGE})",
        f"tell(FAILED,{_LARGE}) reopen {_FAILED.format(_LARGE, 'FAILED')}",
    )
    unknown = _UNKNOWN_END.format(_LARGE)
    for status in ("VALIDATED", "PROCESSING", "UNKNOWN", "COMPLETED"):
        yield Story(f"row {status}", f"{record} {unknown}", {"validate": (_LARGE,), "record": (_row(status),)})
    for status in ("REJECTED", "DECLINED", "FAILED"):
        yield Story(f"row {status}", f"{record} {failed}", {"validate": (_LARGE,), "record": (_row(status),)})
    refused = {"validate": (_LARGE,), "record": (_REFUSED,)}
    yield Story("another failure has the claim of the notice", f"{record} {unknown}", refused)
    # Nor does the row: nobody knows what another execution of the payment did.
    yield from _spoiled("record", record, unknown, failed, validate=(_LARGE,))


def _taking_turns() -> Iterator[Story]:
    """An execution sends a missing notice of a final status, unless another one does; the end stays the same."""
    ends = {"DECLINED": "PaymentDeclined:DECLINED", "FAILED": _FAILED.format("X", "FAILED")}
    for status, end in ends.items():
        known = {"process": (answer(status, error="X"),)}
        claim, tell, mark = f"claim({status})", f"tell({status},X)", f"mark({status})"
        start, rest = f"validate process {claim}", f"{tell} {mark} {end}"
        failed = _FAILED.format("NoticeLost", status)
        lost, unsent = f"lost release {failed}", {**known, "tell": (_LARGE,)}
        for story in (
            *_spoiled("claim", start, rest, rest, **known),
            *_spoiled("tell", f"{start} {tell}", lost, f"{mark} {end}", **known),
            *_spoiled("mark", f"{start} {tell} {mark}", end, end, **known),
            *_spoiled("lost", f"{start} {tell} lost", f"release {failed}", f"release {failed}", **unsent),
            *_spoiled("release", f"{start} {tell} lost release", failed, failed, **unsent),
            Story("another claimed it since", f"{start} {tell} {lost}", {**unsent, "release": (_REFUSED,)}),
            Story("mark is refused", f"{start} {tell} {mark} {end}", {**known, "mark": (_REFUSED,)}),
            Story("one refusal", f"{start} wait465 {claim} {rest}", {**known, "claim": (_REFUSED,)}),
            Story("two refusals", f"{start} wait465 {claim} wait465 {claim} {rest}",
                  {**known, "claim": (_REFUSED,) * 2}),
            Story("another tells it", f"{start} wait465 {claim} wait465 {claim} {end}",
                  {**known, "claim": (_REFUSED,) * 3}),
        ):  # fmt: skip
            yield replace(story, name=f"{status}: {story.name}")


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
    *_taking_turns(),
    *_strange_payments(),
)
