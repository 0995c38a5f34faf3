"""Rules about what a state machine does when something fails: it repeats, it catches, and it ends in time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from payflow_cfn.aws.parsed_set import ParsedSet
from payflow_cfn.lint.findings import Breach
from payflow_cfn.lint.longest_way import longest_way
from payflow_cfn.lint.machine import definitions, machines, tasks
from payflow_cfn.lint.ours import says_payflow

# https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
_REPEATED = ("States.TaskFailed", "States.Timeout")


def tasks_repeat(templates: ParsedSet) -> Iterator[Breach]:
    """PF017: a Task is retried after a failure and after a timeout, with limited delays and jitter.

    Without jitter, all executions that one outage interrupted come back at the same moment, and cause the next
    one (https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html).
    """
    for stack, path, key, state in tasks(templates):
        retries = state.get("Retry", [])
        for wanted in _REPEATED:
            first = (entry for entry in retries if {wanted, "States.ALL"} & set(entry.get("ErrorEquals", [])))
            if not _repeats(next(first, {"MaxAttempts": 0})):
                yield Breach(stack, f"{path}/{key}", f"the task is not repeated after {wanted}")
        for entry in filter(_repeats, retries):
            if entry.get("JitterStrategy") != "FULL" or "MaxDelaySeconds" not in entry:
                message = "a retry has no full jitter or no longest delay"
                yield Breach(stack, f"{path}/{key}/Retry", message)


def _repeats(entry: dict[str, Any]) -> bool:
    """Say whether a retrier repeats at all: one with no attempts takes its errors out of those that follow."""
    return bool(entry.get("MaxAttempts", 3) != 0)


def failures_are_caught(templates: ParsedSet) -> Iterator[Breach]:
    """PF018: a Task catches every error, and no catch leads straight to success; a Choice has a Default.

    An uncaught error ends the execution at once: nothing is recorded, and no notice is sent
    (https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html).
    """
    is_ours = says_payflow(templates)
    for stack, path, definition in definitions(templates):
        states = definition.get("States", {})
        for key, state in states.items():
            for problem in (*(_uncaught(state) if is_ours else ()), *_misled(state, states, any_error=is_ours)):
                yield Breach(stack, f"{path}/States/{key}", problem)


def _misled(state: dict[str, Any], states: dict[str, Any], *, any_error: bool) -> Iterator[str]:
    """Where a failure ends as a success; in another set than ours, one certain error may be what is hoped for."""
    catches = [each for each in state.get("Catch", []) if any_error or "States.ALL" in each.get("ErrorEquals", [])]
    if any(states.get(each.get("Next"), {}).get("Type") == "Succeed" for each in catches):
        yield "a failure leads straight to success"


def _uncaught(state: dict[str, Any]) -> Iterator[str]:
    caught = [each.get("ErrorEquals", []) for each in state.get("Catch", [])]
    if state.get("Type") == "Task" and not any("States.ALL" in each for each in caught):
        yield "the task does not catch States.ALL"
    if state.get("Type") == "Choice" and "Default" not in state:
        yield "the choice has no Default, and no rule may hold"


def workflow_ends_in_time(templates: ParsedSet) -> Iterator[Breach]:
    """PF019: the workflow has a timeout of its own, and the longest way through it fits.

    That way has the waits, and of each Task all attempts with the pauses between. Without a timeout, an execution lasts
    up to a year. With a shorter one, it is stopped on its way, where nothing catches it
    (https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html).
    """
    is_ours = says_payflow(templates)
    for stack, path, definition in machines(templates):
        given = definition.get("TimeoutSeconds")
        needed = longest_way(definition)
        if not isinstance(given, int):
            if is_ours:
                yield Breach(stack, path, "the workflow has no TimeoutSeconds")
        elif given < needed:
            message = f"TimeoutSeconds {given} is shorter than the {needed:g} s of its longest way"
            yield Breach(stack, path, message)
