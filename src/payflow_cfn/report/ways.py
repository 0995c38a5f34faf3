"""The requests of one payment, by its outcome: read from the workflow, with the functions' own requests beside."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import pairwise
from typing import Any, NamedTuple

from payflow_cfn.workflow.diagram import arrows

_ASKED = ("WaitForOutcome", "ReconcilePayment", "RouteReconciliation", "AskAgain")
_TOLD = ("NotifyFailure", "RouteTold")


class Way(NamedTuple):
    """A payment's way: the states that it passes, with the shortest ways between them.

    `repeated` counts the attempts of a Task that failed and was tried again. `writes` are the requests of the functions
    that write to the table; they read nothing. `share` is the part of all payments that an estimate assumes.
    """

    outcome: str
    passes: tuple[str, ...]
    writes: int
    share: Decimal
    repeated: Mapping[str, int] = {}


WAYS = (
    Way("COMPLETED", ("ProcessPayment", "PaymentComplete"), 3, Decimal("0.950")),
    Way("DECLINED", ("ProcessPayment", *_TOLD, "MarkTold", "PaymentDeclined"), 3, Decimal("0.035")),
    Way("REJECTED", (*_TOLD, "PaymentRejected"), 1, Decimal("0.010")),
    Way("CONFLICT", (*_TOLD, "PaymentRejected"), 1, Decimal("0.001")),
    Way("COMPLETED after a question", ("ProcessPayment", "RouteProcessing", *_ASKED[:3], "PaymentComplete"), 5,
        Decimal("0.002")),
    Way("FAILED", ("ProcessPayment", *_ASKED * 4, *_ASKED[:3], *_TOLD, "MarkTold", "PaymentFailed"), 19,
        Decimal("0.001"), {"ProcessPayment": 3}),
    Way("UNKNOWN", ("ProcessPayment", "RouteProcessing", *_ASKED * 5, "RecordFailure", "CountUnknown", *_TOLD,
                    "RouteFailure", "PaymentFailed"), 9, Decimal("0.001")),
)  # fmt: skip


class Requests(NamedTuple):
    """The requests of one payment to the services."""

    transitions: int = 0
    invocations: int = 0
    writes: int = 0
    notices: int = 0
    metrics: int = 0


# The field of Requests that a Task's resource counts for.
_COUNTED = {
    "lambda:invoke": "invocations",
    "dynamodb:updateItem": "writes",
    "dynamodb:putItem": "writes",
    "sns:publish": "notices",
    "aws-sdk:cloudwatch:putMetricData": "metrics",
}


def requests_of(machine: Mapping[str, Any], way: Way) -> Requests | None:
    """The requests of a payment that goes this way; None where the workflow has no such way.

    Each state that is entered is a transition, and so is each repetition of a Task.
    """
    states = states_of(machine, way)
    if states is None:
        return None
    done = [*states, *Counter(way.repeated).elements()]
    found = Counter(filter(None, (_counted(machine["States"][name]) for name in done)))
    found["writes"] += way.writes
    return Requests(transitions=len(done), **found)


def states_of(machine: Mapping[str, Any], way: Way) -> list[str] | None:
    """The states of the way in order; None where one is missing, or leads nowhere."""
    stops = (machine["StartAt"], *way.passes)
    if not set(stops) <= machine["States"].keys():
        return None
    found = [stops[0]]
    for start, end in pairwise(stops):
        between = _between(machine, start, end)
        if between is None:
            return None
        found += between
    return found


def _between(machine: Mapping[str, Any], start: str, end: str) -> list[str] | None:
    """The states after `start` up to `end`: by an error if that leads there at once, else the shortest way without."""
    ways = list(arrows(machine))
    if any(each.is_error and (each.start, each.end) == (start, end) for each in ways):
        return [end]
    came: dict[str, str] = {}
    todo = deque([start])
    while todo and end not in came:
        here = todo.popleft()
        for each in ways:
            if each.start == here and not each.is_error and each.end not in came:
                came[each.end] = here
                todo.append(each.end)
    return list(_back(came, start, end))[::-1] if end in came else None


def _back(came: Mapping[str, str], start: str, end: str) -> Iterator[str]:
    while end != start:
        yield end
        end = came[end]


def _counted(state: Mapping[str, Any]) -> str:
    resource = state.get("Resource", "")
    text = resource.get("Fn::Sub", "") if isinstance(resource, Mapping) else str(resource)
    return _COUNTED.get(text.partition(":states:::")[2].partition(".")[0], "")
