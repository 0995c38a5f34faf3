"""One bank, one plan of faults and one verdict for each way to charge a payment that rivals.py compares."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, ClassVar, TypeVar

from payflow_cfn.config.settings import Settings
from payflow_cfn.local.faults.lambda_functions import Bank, call_function
from payflow_cfn.local.faults.run import local_machine
from payflow_cfn.local.faults.schedule import Strikes
from payflow_cfn.local.faults.simulation import AnswerLost, Killed, World
from payflow_cfn.stacks.workflow import timing

T = TypeVar("T")
TIMING = timing(Settings(retry_max_delay_seconds=30, reconcile_after_seconds=(60, 900, 900)))
MACHINE = local_machine()
# For how long the bank keeps an idempotency key: for a day, or not at all.
BANKS = {"keeps keys": 86_400.0, "keeps no keys": 0.0}

_FUNCTION_WRITE = ("throttled", "answer lost", "repeated", "killed", "parallel")
_SERVICE_CALL = ("throttled", "answer lost")
# Each place of a program: the call that it makes there, and the faults that can be acted out there. Step Functions
# makes its own calls outside of a function, so nothing can be killed beside them.
PLACES = {
    "charge": ("bank call", ("unavailable", "hang", "late", "killed late", "garbage", "killed", "parallel")),
    "find": ("bank call", ("hang", "killed", "parallel")),
    **dict.fromkeys(("write", "enter", "claim", "record", "release", "suspect"), ("write", _FUNCTION_WRITE)),
    **dict.fromkeys(("notice claim", "mark", "failure record"), ("write", _SERVICE_CALL)),
    "notice": ("notice", _SERVICE_CALL),
    "end": ("end", ("duplicate",)),
}
# The faults of the plan, by the number of the call in the payment's life.
FAULTS = (
    *(
        f"{how} bank call {number}"
        for number in (1, 2)
        for how in (
            *(f"{kind} before" for kind in ("unavailable", "hang", "late", "killed late", "killed", "parallel")),
            *(f"{kind} after" for kind in ("hang", "garbage", "killed", "parallel")),
        )
    ),
    *(
        f"{how} write {number}"
        for number in (1, 2, 3)
        for how in (
            *(f"{kind} before" for kind in ("throttled", "killed", "parallel")),
            *(f"{kind} after" for kind in ("answer lost", "repeated", "killed", "parallel")),
        )
    ),
    "throttled before notice 1",
    "answer lost after notice 1",
    "duplicate after end 0",
)
WRONGS = ("double charged", "lost", "stuck", "told wrong")
OTHERS = ("left to a person", "told twice")


@dataclass(slots=True)
class Plan(Strikes):
    """Faults by the number of a call ("killed after write 2"), so that one plan fits programs with other steps."""

    calls: Counter[str] = field(default_factory=Counter)

    def at(self, point: str) -> str | None:
        """Return the kind of the fault that strikes here now, once."""
        when, _, what = point.partition(" ")
        call, kinds = PLACES.get(what, ("", ()))
        self.calls[call] += when == "before"
        for kind in kinds:
            fault = f"{kind} {when} {call} {self.calls[call]}"
            if fault in self.pending:
                self.pending.remove(fault)
                self.struck.append(fault)
                return kind
        return None


@dataclass(slots=True)
class Ours(World):
    """The shipped functions in the shipped workflow."""

    timeout: ClassVar[float] = TIMING.function_timeout


@dataclass(slots=True)
class RivalWorld(World):
    """What a rival's program meets; `timeout` is its functions', `sends_key` whether the bank gets a key."""

    timeout: ClassVar[float] = 30.0
    sends_key: bool = True
    deadline: float = 0.0
    requests: int = 0

    def invoke(self, function: Callable[[], Any]) -> Exception | Killed | None:
        """Call a function with a time limit of its own; the error that Lambda reports."""
        outer, self.deadline = self.deadline, self.now + self.function_seconds
        try:
            function()
        except (Exception, Killed) as error:
            return error
        finally:
            self.deadline = outer
        return None

    def charge(self, key: str) -> str:
        """Ask the bank for the payment; the outcome's name. Its errors mean: not sent, or no answer."""
        self.requests += 1
        amount = round(float(self.payment["payment_amount"]) * 100)
        names = ("transaction_id", "currency", "customer_id")
        request = SimpleNamespace(amount_minor=amount, **{name: self.payment[name] for name in names})
        # Without a key each request is a charge of its own.
        sent = key if self.sends_key else f"{key}/{self.requests}"
        answer = Bank(self, self.deadline, run=self.started).charge(request, idempotency_key=sent)
        return str(answer.status.value)

    def write(self, change: Callable[[], T]) -> T:
        """Make one write of the program."""
        if self.strike("before write", deadline=self.deadline) == "throttled":
            raise AnswerLost("ProvisionedThroughputExceededException")
        answer = change()
        kind = self.strike("after write", deadline=self.deadline)
        if kind == "answer lost":
            raise AnswerLost("ReadTimeoutError")
        return change() if kind == "repeated" else answer

    def notify(self, status: str) -> None:
        """Publish a notice: DECLINED and FAILED say that nothing was charged, UNKNOWN that a person has to look."""
        if self.strikes.at("before notice"):
            raise AnswerLost("Throttling")
        self.notices.append({"status": status})
        if status != "UNKNOWN":
            self.denied = self.started
        if self.strikes.at("after notice"):
            raise AnswerLost("ReadTimeoutError")


def make_world(kind: type[Ours | RivalWorld], index: int, *, seed: int, bank: str, faults: bool = True) -> World:
    """Make the payment number `index` with its faults: the same for each program."""
    choice = random.Random(f"{seed}/{index}")
    planned = [FAULTS[index % len(FAULTS)], *choice.sample(FAULTS, choice.choice((0, 0, 1, 1, 2)))] if faults else []
    payment = {
        "transaction_id": f"payment-{index}",
        "payment_amount": f"{choice.randint(1, 4000)}.{choice.randint(0, 99):02}",
        "currency": "USD",
        "payment_method": "credit_card",
        "customer_id": f"customer-{index % 97}",
    }
    return kind(
        machine=MACHINE,
        call=call_function,
        strikes=Plan(pending=planned),
        declines=choice.random() < 0.2 or any("notice" in each for each in planned),
        key_lifetime=BANKS[bank],
        function_seconds=kind.timeout,
        quiet_seconds=TIMING.quiet,
        payment=payment,
    )


def drive(world: World) -> None:
    """Run one payment to its end: nobody repairs anything, and what is on its way arrives."""
    world.execute()
    finish(world)


def finish(world: World) -> None:
    """Send the payment again where that is planned, and let everything arrive."""
    if world.strikes.at("after end"):
        world.execute()
    world.passed(world.quiet_seconds)


def verdict(world: World) -> set[str]:
    """Name what is wrong with the payment: the bank's book beside the program's own record and its notices."""
    status = world.status()
    accepted = [each for each in world.charges if each.accepted]
    denied, closed = status in ("DECLINED", "FAILED"), status in ("COMPLETED", "DECLINED", "FAILED")
    said = Counter(str(each["status"]) for each in world.notices)
    found = {
        "double charged": len(accepted) > 1,
        "lost": (denied and bool(accepted)) or (status == "COMPLETED" and not accepted),
        "stuck": not closed and not said,
        # A notice may only deny charges that were asked for before it.
        "told wrong": (denied and not said) or any(each.run <= world.denied for each in accepted),
        "left to a person": bool(said) and (not closed or (status == "FAILED" and not world.declines)),
        "told twice": said["DECLINED"] > 1 or said["FAILED"] > 1,
    }
    return {name for name, wrong in found.items() if wrong}
