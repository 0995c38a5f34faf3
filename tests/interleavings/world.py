"""Everything that one payment meets, as one value, and every event that may come next.

The functions, the ledger and the rendered definition are the real ones; the table, the gateway, Step Functions, SNS and
the clocks are here. A fault is an event that a budget allows a few times; all else may happen at any time. Time moves
only when everybody waits, or when a fault lets a call take its time.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from interleavings.replay import Got, Invocation, Wanted, go_on, write
from payflow_cfn.local.walk.interpreter import Call, Ending, Machine, Pause, Stop, TaskFailed
from payflow_cfn.workflow.definition import definition
from payflow_cfn.workflow.states import Parts, Timing

START = 1_764_000_000
FUNCTION_SECONDS, MARGIN, QUIET = 60, 62, 200
# A request to the table is on its way less long than one to the gateway.
TABLE_LATE = 60
TIMING = Timing(
    function_timeout=FUNCTION_SECONDS,
    attempts=1,
    interval=1,
    backoff=1.0,
    max_delay=1,
    # At the first two asks a dead attempt has ended and its request may be on its way, at the third it is quiet; what
    # is sent then may be on its way until the end.
    reconcile_after=(130, 100, 110, 100),
    quiet=QUIET,
    margin=MARGIN,
)
# When nobody remembers anything any more, the gateway's keys included.
LONG_AFTER = 100_000


class Attempt(NamedTuple):
    """A call of a function that is under way; `slow` lets time pass, `ghost` has nobody who waits for it."""

    call: Invocation
    run: int
    wanted: Wanted
    answers: tuple[Got, ...] = ()
    slow: bool = False
    ghost: bool = False

    @property
    def deadline(self) -> int:
        return self.call.started + self.call.seconds


class Node:
    """Where an execution stands; equal stops are one object, `key` is the stop without its absolute times."""

    __slots__ = ("key", "stop")

    def __init__(self, key: str, stop: Stop) -> None:
        self.key, self.stop = key, stop


class Run(NamedTuple):
    """One execution; `due` is when its pause is over. `kind` says which submission and gateway it has."""

    kind: int
    started: int
    node: Node
    due: int = 0
    stopped: bool = False


class Charge(NamedTuple):
    """A charge in a gateway's book: `said` is SUCCEEDED, DECLINED or PENDING; `run` is whose request it was."""

    gateway: str
    key: str
    said: str
    landed: int
    sent: int
    run: int
    minor: int


class Flying(NamedTuple):
    """A request on its way: to a gateway's book, or to the table."""

    kind: str
    to: str
    text: str
    until: int
    sent: int
    run: int


class Notice(NamedTuple):
    """A notice that was sent."""

    run: int
    status: str
    settled: bool  # it tells the row's final status, not one execution's failure


class State(NamedTuple):
    """The world at one moment."""

    now: int
    item: str
    book: tuple[Charge, ...]
    flying: tuple[Flying, ...]
    runs: tuple[Run, ...]
    attempts: tuple[Attempt, ...]
    faults: int
    notices: tuple[Notice, ...] = ()
    denied: int = 0  # the executions (a bit each) that had started when a technical failure was told as FAILED
    recorded: int = 0  # those whose own failure was recorded as FAILED
    muffled: bool = False  # a fault struck between the claim of a notice and its mark
    counted: int = 0
    operated: int = 0


class Event(NamedTuple):
    """What happens: who does it, what, and whether it is a fault."""

    who: str
    what: str
    state: State


@dataclass(frozen=True)
class Scope:
    """A bounded question: who starts, and how much may go wrong.

    `verdict` is what the bank decides: SUCCEEDED, DECLINED, or PENDING and either one later. `kinds` are the executions
    that may start, in turn: (amount, gateway's address). `again` starts each only when the one before has ended.
    `operator` is how often a person may ask the gateway, or record what its support says.
    `offsets` are the clocks of every other sandbox, `waits` those before each ask, in seconds. `lifetime` is for how
    long the gateways keep a key.
    """

    name: str
    faults: int
    kinds: tuple[tuple[str, str], ...] = (("100.50", "one"),)
    again: bool = False
    verdict: str = "SUCCEEDED"
    offsets: tuple[int, int] = (0, 0)
    lifetime: float | None = None
    waits: tuple[int, ...] = TIMING.reconcile_after
    operator: int = 0
    late: bool = True
    stops: bool = True


def parts(gateway: str) -> Parts:
    """What the definition refers to; the gateway's address differs between executions."""
    return Parts(
        invoke="invoke",
        publish="publish",
        update_item="update",
        put_metric="count",
        namespace="PaymentWorkflow",
        validation="validation",
        processing="processing",
        topic="topic",
        table="payments",
        environment="test",
        limits="USD 10000 5000",
        risk_threshold="50",
        exemptions="",
        gateway="bank",
        gateway_url=f"https://{gateway}",
        gateway_secret="",
        runbook="payment-needs-attention.md",
    )


def iso(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class World:
    """The rules of the world for one scope."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.amounts = tuple(round(float(amount) * 100) for amount, _ in scope.kinds)
        timing = TIMING._replace(reconcile_after=scope.waits)
        self._machines = {gateway: Machine(definition(parts(gateway), timing)) for _, gateway in scope.kinds}
        self._nodes: dict[str, Node] = {}
        self._steps: dict[Any, Node] = {}

    def first(self) -> State:
        """Return the moment before anything happens."""
        return State(START, "{}", (), (), (), (), self.scope.faults)

    def events(self, state: State) -> Iterator[Event]:
        """Yield everything that may happen next."""
        yield from self._starts(state)
        for index, run in enumerate(state.runs):
            yield from self._run_events(state, index, run)
        for attempt in state.attempts:
            yield from self._attempt_events(state, attempt)
        yield from self._operator_events(state)
        yield from self._arrivals(state)
        yield from self._time(state)

    # Executions

    def _starts(self, state: State) -> Iterator[Event]:
        index = len(state.runs)
        if index >= len(self.scope.kinds):
            return
        if self.scope.again and index and not ended(state.runs[-1]):
            return
        yield self._started(state, index, state.now + (1 if index else 0))
        if self.scope.again and index and not state.attempts:
            yield self._started(state._replace(flying=()), index, state.now + LONG_AFTER)

    def _started(self, state: State, index: int, now: int) -> Event:
        amount, _ = self.scope.kinds[index]
        payment = {
            "transaction_id": "T",
            "payment_amount": amount,
            "payment_method": "credit_card",
            "customer_id": "C",
        }
        node = self._step(index, now, now, "start", None, json.dumps(payment))
        begun = state._replace(now=now, runs=(*state.runs, Run(index, now, node)))
        later = self._moved(begun, index, node)
        return Event(f"execution {index + 1}", "starts" if now - state.now < LONG_AFTER else "starts long after", later)

    def _step(self, kind: int, started: int, now: int, how: str, node: Node | None, data: str) -> Node:
        """Let an execution go on until it waits for somebody."""
        memo = (kind, started, now, how, node, data)
        if memo not in self._steps:
            machine, context = self._machines[self.scope.kinds[kind][1]], _context(kind, started, now)
            self._steps[memo] = self._node(_stop(machine, how, node, data, context), started)
        return self._steps[memo]

    def _node(self, stop: Stop, started: int) -> Node:
        if isinstance(stop, Ending):
            seen: Any = [stop.name, stop.variables.get("status"), stop.variables.get("error")]
        else:
            seen = [type(stop).__name__, stop.at.name, stop.at.used, stop.at.variables]
            seen += [stop.rule is None] if isinstance(stop, Pause) else []
        key = json.dumps(seen, sort_keys=True).replace(iso(started), "START")
        exact = key + json.dumps(stop.arguments if isinstance(stop, Call) else None) + iso(started)
        return self._nodes.setdefault(exact, Node(key, stop))

    def _run_events(self, state: State, index: int, run: Run) -> Iterator[Event]:
        if ended(run):
            return
        who = f"execution {index + 1}"
        if state.faults and self.scope.stops:
            yield Event(who, "is stopped (fault)", self._stopped(state, index))
        stop = run.node.stop
        if isinstance(stop, Call) and stop.resource != "invoke":
            yield from self._service_events(state, index, run, stop)

    def _moved(self, state: State, index: int, node: Node) -> State:
        """Return the world with an execution at another stop.

        What only it sees follows at once, since no order of it with others makes a difference: a step is repeated (a
        pause before that may be none at all), a function is called, an ending is reached.
        """
        run = state.runs[index]
        while isinstance(node.stop, Pause) and node.stop.rule is not None:
            node = self._step(run.kind, run.started, state.now, "resume", node, "")
        stop = node.stop
        due = state.now + int(stop.seconds) if isinstance(stop, Pause) else 0
        moved = state._replace(runs=_put(state.runs, index, run._replace(node=node, due=due)))
        if isinstance(stop, Call) and stop.resource == "invoke":
            return moved._replace(attempts=_sorted((*moved.attempts, self._attempt(moved, index, stop))))
        return moved

    def _attempt(self, state: State, index: int, stop: Call) -> Attempt:
        used, asks = sum(stop.at.used), stop.at.variables["asks"]
        call = Invocation(
            function=stop.arguments["FunctionName"],
            payload=json.dumps(stop.arguments["Payload"], sort_keys=True),
            attempt=f"{index + 1}.{stop.at.name}.{asks}.{used}",
            offset=self.scope.offsets[(index + asks + used) % 2],
            started=state.now,
            seconds=FUNCTION_SECONDS,
            lifetime=self.scope.lifetime,
        )
        return Attempt(call, index, go_on(call, ()))

    def _stopped(self, state: State, index: int) -> State:
        run = state.runs[index]
        ghosts = tuple(each._replace(ghost=each.ghost or each.run == index) for each in state.attempts)
        muffled = state.muffled or _stands_at(run, "NotifyFailure", "MarkTold")
        runs = _put(state.runs, index, run._replace(stopped=True))
        return state._replace(faults=state.faults - 1, runs=runs, attempts=_sorted(ghosts), muffled=muffled)

    def _service_events(self, state: State, index: int, run: Run, stop: Call) -> Iterator[Event]:
        """The workflow's own calls: the failure record, the claim and mark of a notice, the notice, the counts."""
        who, what = f"execution {index + 1}", stop.at.name
        done, result = self._served(state, index, stop)
        if result is None:
            yield Event(who, f"{what}: refused by its condition", self._failed(state, index, run, _REFUSED))
        else:
            yield Event(who, what, self._answered(done, index, result))
        if not state.faults:
            return
        muffled = state.muffled or _stands_at(run, "ClaimNotice", "NotifyFailure", "MarkTold")
        worse = state._replace(faults=state.faults - 1, muffled=muffled)
        yield Event(who, f"{what} fails (fault)", self._failed(worse, index, run, "States.TaskFailed"))
        if result is not None:
            lost = done._replace(faults=state.faults - 1, muffled=muffled)
            yield Event(
                who, f"{what}, and its answer is lost (fault)", self._failed(lost, index, run, "States.Timeout")
            )
        if stop.resource == "update" and self.scope.late:
            text = json.dumps(stop.arguments, sort_keys=True)
            late = Flying("update", "", text, state.now + TABLE_LATE, state.now, index)
            flown = worse._replace(flying=_sorted((*worse.flying, late)))
            yield Event(who, f"{what} is late (fault)", self._failed(flown, index, run, "States.Timeout"))

    def _served(self, state: State, index: int, stop: Call) -> tuple[State, str | None]:
        if stop.resource == "count":
            return state._replace(counted=state.counted + 1), "{}"
        if stop.resource == "publish":
            return _noticed(state, index, stop), "{}"
        answer, item = write(state.item, "update", json.dumps(stop.arguments, sort_keys=True))
        if answer != "ok":
            return state, None
        wants = stop.arguments.get("ReturnValues") == "ALL_NEW"
        return state._replace(item=item), json.dumps({"Attributes": json.loads(item)} if wants else {})

    def _answered(self, state: State, index: int, result: str) -> State:
        run = state.runs[index]
        node = self._step(run.kind, run.started, state.now, "answer", run.node, result)
        moved = self._moved(state, index, node)
        if not _stands_at(run, "RecordFailure") or _variables(node)["status"] != "FAILED":
            return moved
        return moved._replace(recorded=moved.recorded | 1 << index)

    def _failed(self, state: State, index: int, run: Run, error: str) -> State:
        return self._moved(state, index, self._step(run.kind, run.started, state.now, "fail", run.node, error))

    # Calls of the functions

    def _attempt_events(self, state: State, attempt: Attempt) -> Iterator[Event]:
        wanted = attempt.wanted
        who = attempt.call.attempt
        if wanted.kind in ("put", "update"):
            yield from self._table_events(state, attempt, wanted)
        elif wanted.kind == "get":
            yield from self._got(state, attempt, "reads the row", "ok", state.item)
        elif wanted.kind == "charge":
            yield from self._charge_events(state, attempt, wanted)
        else:
            yield from self._find_events(state, attempt)
        if state.faults and not attempt.slow and not attempt.ghost:
            slow = _swap(state, attempt, attempt._replace(slow=True))
            yield Event(who, "takes its time (fault)", slow._replace(faults=state.faults - 1))
            if _waits_for(state, attempt):
                yield Event(who, "runs on, given up by the workflow (fault)", self._given_up(state, attempt))

    def _got(self, state: State, attempt: Attempt, what: str, kind: str, text: str) -> Iterator[Event]:
        """Yield what follows an answer that a call got: its next request, or its end, which may get lost."""
        who, answers = attempt.call.attempt, (*attempt.answers, Got(kind, text, state.now))
        wanted = go_on(attempt.call, answers)
        if wanted.kind not in ("answer", "raise"):
            by = attempt._replace(answers=answers, wanted=wanted, slow=False)
            yield Event(who, what, _swap(state, attempt, by))
            return
        rest = _without(state, attempt)
        if not _waits_for(state, attempt):
            yield Event(who, f"{what}; ends, and nobody waits for it", rest)
            return
        run = state.runs[attempt.run]
        if wanted.kind == "raise":
            yield Event(who, f"{what}; raises {wanted.text}", self._failed(rest, attempt.run, run, wanted.text))
            return
        answer = json.loads(wanted.text)
        result = json.dumps({"Payload": answer}, sort_keys=True)
        says = f"{what}; answers {answer['outcome']}"
        yield Event(who, says, self._answered(rest, attempt.run, result))
        if state.faults:
            lost = self._failed(rest._replace(faults=state.faults - 1), attempt.run, run, "Lambda.Unknown")
            yield Event(who, f"{says}, which is lost (fault)", lost)

    def _given_up(self, state: State, attempt: Attempt) -> State:
        ghost = _swap(state, attempt, attempt._replace(ghost=True))
        ghost = ghost._replace(faults=state.faults - 1)
        return self._failed(ghost, attempt.run, state.runs[attempt.run], "Lambda.SdkClientException")

    def _killed(self, state: State, attempt: Attempt) -> State:
        rest = _without(state, attempt)
        if not _waits_for(state, attempt):
            return rest
        return self._failed(rest, attempt.run, state.runs[attempt.run], "Sandbox.Timedout")

    def _table_events(self, state: State, attempt: Attempt, wanted: Wanted) -> Iterator[Event]:
        who, what = attempt.call.attempt, _purpose(wanted)
        answer, item = write(state.item, wanted.kind, wanted.text)
        done = state._replace(item=item)
        yield from self._got(done, attempt, f"{what}{'' if answer == 'ok' else ': refused'}", answer, state.item)
        if not state.faults:
            return
        worse, lost = state._replace(faults=state.faults - 1), done._replace(faults=state.faults - 1)
        yield from self._got(worse, attempt, f"{what}: throttled (fault)", "lost", "")
        yield Event(who, f"is killed before: {what} (fault)", self._killed(worse, attempt))
        if answer == "ok":
            again, _ = write(item, wanted.kind, wanted.text)
            yield from self._got(lost, attempt, f"{what}, repeated by the SDK (fault)", again, item)
            yield from self._got(lost, attempt, f"{what}, and the answer is lost (fault)", "lost", "")
            yield Event(who, f"{what}, and is killed (fault)", self._killed(lost, attempt))
        if self.scope.late:
            late = Flying(wanted.kind, "", wanted.text, state.now + TABLE_LATE, state.now, attempt.run)
            flown = worse._replace(flying=_sorted((*state.flying, late)))
            yield Event(who, f"{what} is late, and is killed (fault)", self._killed(flown, attempt))
            yield Event(who, f"{what} is late, and sent again (fault)", flown)

    def _charge_events(self, state: State, attempt: Attempt, wanted: Wanted) -> Iterator[Event]:
        who, sent = attempt.call.attempt, self._flying(state, attempt, wanted)
        done, said = self._land(state, sent)
        yield from self._got(done, attempt, f"charges: {said}", "said", said)
        if not state.faults:
            return
        worse, lost = state._replace(faults=state.faults - 1), done._replace(faults=state.faults - 1)
        yield from self._got(worse, attempt, "charges: refused (fault)", "refused", "")
        yield from self._got(worse, attempt, "charges: the request is lost (fault)", "lost", "")
        yield from self._got(worse, attempt, "charges: declined before it is sent (fault)", "said", "DECLINED")
        yield from self._got(lost, attempt, "charges, and the answer is lost (fault)", "lost", "")
        yield Event(who, "is killed before it charges (fault)", self._killed(worse, attempt))
        yield Event(who, "charges, and is killed (fault)", self._killed(lost, attempt))
        if self.scope.late:
            flown = worse._replace(flying=_sorted((*state.flying, sent)))
            yield from self._got(flown, attempt, "charges: the request is late (fault)", "lost", "")
            yield Event(who, "charges, the request is late, and is killed (fault)", self._killed(flown, attempt))

    def _flying(self, state: State, attempt: Attempt, wanted: Wanted) -> Flying:
        gateway = json.loads(attempt.call.payload)["gateway"]["url"]
        return Flying("charge", gateway, wanted.text, state.now + QUIET, state.now, attempt.run)

    def _find_events(self, state: State, attempt: Attempt) -> Iterator[Event]:
        who, gateway = attempt.call.attempt, json.loads(attempt.call.payload)["gateway"]["url"]
        key = attempt.wanted.text.split()[1]
        found = [each for each in state.book if (each.gateway, each.key) == (gateway, key)]
        said = found[0].said if found else "NOT_FOUND"
        yield from self._got(state, attempt, f"asks: {said}", "said", said)
        if not state.faults:
            return
        worse = state._replace(faults=state.faults - 1)
        yield from self._got(worse, attempt, "asks: no answer (fault)", "lost", "")
        yield Event(who, "is killed before it asks (fault)", self._killed(worse, attempt))
        if found and "acknowledged_at" in json.loads(state.item):
            yield from self._got(worse, attempt, "asks: no such charge (fault)", "said", "NOT_FOUND")
        elif found and all(each.sent + QUIET > state.now for each in found):
            yield from self._got(worse, attempt, "asks: not found yet (fault)", "said", "NOT_FOUND")

    # A person

    def _operator_events(self, state: State) -> Iterator[Event]:
        """Ask the gateway now, or record what its support reads in its book."""
        if state.operated >= self.scope.operator or "status" not in json.loads(state.item):
            return
        _, gateway = self.scope.kinds[0]
        words = {"SUCCEEDED": "completed", "DECLINED": "declined"}
        found = [each.said for each in state.book]
        yield Event("a person", "asks the gateway", self._operated(state, gateway, {"step": "ask"}))
        if "PENDING" not in found:
            says = words[found[0]] if found else "not-charged"
            word = {"says": says, "reference": "bank-1", "reason": "support", "by": "person"}
            settled = self._operated(state, gateway, {"step": "settle", "word": word})
            yield Event("a person", f"settles the payment as {says}", settled)

    def _operated(self, state: State, gateway: str, what: dict[str, Any]) -> State:
        payload = {
            **what,
            "transaction_id": "T",
            "gateway": {"adapter": "bank", "url": f"https://{gateway}"},
            "execution": {"arn": "person"},
            "quiet_seconds": QUIET,
            "clock_margin_seconds": MARGIN,
        }
        call = Invocation(
            function="operator",
            payload=json.dumps(payload, sort_keys=True),
            attempt=f"person.{state.operated}",
            offset=self.scope.offsets[1],
            started=state.now,
            seconds=FUNCTION_SECONDS,
            lifetime=self.scope.lifetime,
        )
        attempt = Attempt(call, -1, go_on(call, ()), ghost=True)
        return state._replace(operated=state.operated + 1, attempts=_sorted((*state.attempts, attempt)))

    # The gateway

    def _land(self, state: State, request: Flying) -> tuple[State, str]:
        """Let a charge arrive: a key that the gateway knows gets its first answer."""
        minor, key = request.text.split()
        for each in state.book:
            known = self.scope.lifetime is None or state.now < each.landed + self.scope.lifetime
            if (each.gateway, each.key) == (request.to, key) and known:
                return state, each.said
        said = "PENDING" if self.scope.verdict.startswith("PENDING") else self.scope.verdict
        charge = Charge(request.to, key, said, state.now, request.sent, request.run, int(minor))
        return state._replace(book=tuple(sorted((*state.book, charge)))), said

    def _arrivals(self, state: State) -> Iterator[Event]:
        for request in dict.fromkeys(state.flying):
            left = list(state.flying)
            left.remove(request)
            rest = state._replace(flying=tuple(left))
            if request.kind == "charge":
                yield Event("gateway", "gets the late charge", self._land(rest, request)[0])
            else:
                answer, item = write(state.item, request.kind, request.text)
                what = f"gets the late {_purpose(Wanted(request.kind, request.text))}"
                yield Event("table", what + ("" if answer == "ok" else ": refused"), rest._replace(item=item))
        if self.scope.verdict.startswith("PENDING "):
            for each in state.book:
                if each.said == "PENDING":
                    decided = each._replace(said=self.scope.verdict.split()[1])
                    book = tuple(sorted(decided if one is each else one for one in state.book))
                    yield Event("gateway", f"decides: {decided.said}", state._replace(book=book))

    # Time

    def _time(self, state: State) -> Iterator[Event]:
        """Let time pass to the next moment at which something is due, when everybody waits or is slow."""
        moments = [each.until + 1 for each in state.flying]
        for attempt in state.attempts:
            if not attempt.slow and not attempt.ghost:
                return
            moments += [attempt.deadline - 1, attempt.deadline]
        for index, run in enumerate(state.runs):
            if ended(run):
                continue
            if isinstance(run.node.stop, Pause):
                moments.append(run.due)
            elif not any(each.run == index and not each.ghost for each in state.attempts):
                return
        later = [moment for moment in moments if moment > state.now]
        if later:
            yield Event("time", f"{min(later) - state.now} s pass", self._at(state, min(later)))

    def _at(self, state: State, now: int) -> State:
        """Return the world at a later time: what is overdue never arrives, functions end, waits are over."""
        state = state._replace(now=now, flying=tuple(each for each in state.flying if each.until >= now))
        for attempt in state.attempts:
            if attempt.deadline <= now:
                state = self._killed(state, attempt)
        for index, run in enumerate(state.runs):
            if not ended(run) and isinstance(run.node.stop, Pause) and run.due <= now:
                state = self._moved(state, index, self._step(run.kind, run.started, now, "resume", run.node, ""))
        return state


_REFUSED = "DynamoDB.ConditionalCheckFailedException"


def _context(kind: int, started: int, now: int) -> dict[str, Any]:
    arn = f"arn:aws:states:us-east-1:000000000000:execution:m:{kind + 1}"
    return {
        "Execution": {"Id": arn, "Name": str(kind + 1), "StartTime": iso(started)},
        "State": {"EnteredTime": iso(now)},
    }


def _stop(machine: Machine, how: str, node: Node | None, data: str, context: dict[str, Any]) -> Stop:
    """Return where the execution stops next; an error that nothing catches ends it."""
    try:
        return _next_stop(machine, how, node, data, context)
    except TaskFailed as error:
        return Ending(f"dies of {error}", None, None)


def _next_stop(machine: Machine, how: str, node: Node | None, data: str, context: dict[str, Any]) -> Stop:
    if how == "start" or node is None:
        return machine.start(json.loads(data), context)
    stop = node.stop
    if isinstance(stop, Pause):
        return machine.resume(stop, context)
    assert isinstance(stop, Call)
    if how == "answer":
        return machine.answer(stop.at, json.loads(data), context)
    return machine.fail(stop.at, data, context)


def ended(run: Run) -> bool:
    return run.stopped or isinstance(run.node.stop, Ending)


def _stands_at(run: Run, *names: str) -> bool:
    """Say whether the execution waits for a call of one of these states."""
    return isinstance(run.node.stop, Call) and run.node.stop.at.name in names


def _put(runs: tuple[Run, ...], index: int, run: Run) -> tuple[Run, ...]:
    return (*runs[:index], run, *runs[index + 1 :])


def _variables(node: Node) -> Any:
    stop = node.stop
    return stop.variables if isinstance(stop, Ending) else stop.at.variables


def _noticed(state: State, index: int, stop: Call) -> State:
    message = json.loads(stop.arguments["Message"])
    settled = stop.at.variables.get("outcome") in ("DECLINED", "FAILED")
    notice = Notice(index, message["status"], settled)
    technical = message["status"] == "FAILED" and not settled
    denied = state.denied | ((1 << len(state.runs)) - 1 if technical else 0)
    return state._replace(notices=tuple(sorted((*state.notices, notice))), denied=denied)


def _sorted(values: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(sorted(values))


def _swap(state: State, attempt: Attempt, by: Attempt) -> State:
    kept = [each for each in state.attempts if each is not attempt]
    return state._replace(attempts=_sorted((*kept, by)))


def _without(state: State, attempt: Attempt) -> State:
    return state._replace(attempts=tuple(each for each in state.attempts if each is not attempt))


def _waits_for(state: State, attempt: Attempt) -> bool:
    return not attempt.ghost and not state.runs[attempt.run].stopped


@lru_cache(None)
def _purpose(wanted: Wanted) -> str:
    """Say in words what a write is for."""
    request = json.loads(wanted.text)
    if wanted.kind == "put":
        return f"enters {request['Item']['status']['S']}"
    values = request["ExpressionAttributeValues"]
    if ":status" not in values:
        return "records the failure"
    source = "" if ":held" not in values else f" (if still {values[':held']['S']})"
    return f"moves the row to {values[':status']['S']}{source}"
