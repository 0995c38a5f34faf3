"""A schedule as numbered lines, and as a Mermaid sequence diagram."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from interleavings.search import Step

_CALL: Final = re.compile(r"(\d+|person)\.(?:(\w+)\.(\d+)\.)?(\d+)")
_STEPS: Final = {"ValidatePayment": "validates", "ProcessPayment": "processes", "ReconcilePayment": "asks"}


def lines(steps: tuple[Step, ...]) -> str:
    """Return the schedule as text: a line an event, with its second."""
    return "\n".join(f"{number:3}. {step.at:5} s  {_who(step)}: {step.what}" for number, step in enumerate(steps, 1))


def diagram(steps: tuple[Step, ...]) -> str:
    """Return the schedule as a sequence diagram: executions, their calls, the table and the gateway."""
    return "\n".join(["sequenceDiagram", *(f"    {line}" for line in [*_participants(steps), *map(_line, steps)])])


def _who(step: Step) -> str:
    call = _CALL.fullmatch(step.who)
    if call is None:
        return step.who
    if call[2] is None:
        return f"a person's call {int(call[4]) + 1}"
    again = f", attempt {int(call[4]) + 1}" if int(call[4]) else ""
    ask = f" {call[3]}" if call[2] == "ReconcilePayment" else ""
    return f"execution {call[1]} {_STEPS[call[2]]}{ask}{again}"


def _participants(steps: tuple[Step, ...]) -> Iterator[str]:
    for actor in dict.fromkeys(_actor(step) for step in steps):
        yield f"participant {actor} as {_TITLES.get(actor, f'Execution {actor[1:]}')}"
    for actor in ("T", "G"):
        yield f"participant {actor} as {_TITLES[actor]}"


_TITLES: Final = {"T": "Table", "G": "Gateway", "O": "A person", "C": "Time"}


def _actor(step: Step) -> str:
    call = _CALL.fullmatch(step.who)
    if step.who in ("a person",) or (call and call[1] == "person"):
        return "O"
    if step.who in ("table", "gateway"):
        return "T" if step.who == "table" else "G"
    found = re.search(r"\d+", step.who)
    return f"E{found[0]}" if found else "C"


def _line(step: Step) -> str:
    actor, text = _actor(step), step.what.replace(";", ",")
    if step.who == "time":
        return f"Note over T,G: {text}"
    if _CALL.fullmatch(step.who) is None:
        return f"Note over {actor}: {text}"
    killed = "killed before" in text
    to = "G" if text.startswith(("charges", "asks")) else "T"
    return f"Note over {actor}: {text}" if killed else f"{actor}->>{to}: {text}"
