"""Rules for payflow's sets alone: no charge ends without a question to the gateway, and no payment without a notice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from payflow_cfn.artifacts.answers import ANSWERS, STEPS
from payflow_cfn.aws.parsed_set import ParsedSet
from payflow_cfn.aws.state_graph import next_states
from payflow_cfn.lint.choices import condition
from payflow_cfn.lint.findings import Breach
from payflow_cfn.lint.integrations import integration, publishes
from payflow_cfn.lint.machine import State, all_states, definitions, first_tasks, function_of

_OTHERS_TELL = "ConditionalCheckFailedException"
_TOLD = "told"
States = Mapping[str, State]


def charges_are_asked_about(templates: ParsedSet) -> Iterator[Breach]:
    """PF107: in payflow's sets, what catches a charge leads to the question what became of it.

    A function that died while it charged may have charged. A Catch that records the payment as failed, as that of the
    validation does, lets the customer pay twice
    (https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html).
    """
    for states in _graphs(templates):
        for state in states.values():
            caught = state.fields.get("Catch", []) if _step(templates, state) == "process" else []
            for number, each in enumerate(caught):
                after = [other for other in first_tasks(states, each.get("Next")) if not _asks(templates, other)]
                if after:
                    told = f"after a charge that failed comes {after[0].name}, and nobody asks the gateway"
                    yield Breach(state.stack, f"{state.path}/Catch/{number}", told)


def failures_are_told(templates: ParsedSet) -> Iterator[Breach]:
    """PF108: in payflow's sets, a payment reaches a Fail state only after its notice.

    The notice may have been sent before, or by another execution that has claimed it. Any other way ends a payment that
    nobody hears of. What catches a step of an extension is the extension's choice
    (https://docs.aws.amazon.com/step-functions/latest/dg/state-fail.html).
    """
    for states in _graphs(templates):
        handlers = {function_of(templates, each.stack, each.fields).get("Handler") for each in states.values()}
        for state in _untold(templates, states) if handlers & ANSWERS.keys() else ():
            for target in sorted(_ways(templates, state)):
                if target in states and states[target].kind == "Fail":
                    yield Breach(state.stack, state.path, f"a payment ends in {target} without a notice")


def _graphs(templates: ParsedSet) -> Iterator[States]:
    """The states of each graph by name, that of StartAt first."""
    every = list(all_states(templates))
    for stack, path, definition in definitions(templates):
        found = {each.name: each for each in every if each.graph == (stack, path)}
        start = definition.get("StartAt")
        yield {name: found[name] for name in sorted(found, key=lambda name: name != start)}


def _step(templates: ParsedSet, state: State) -> Any:
    """The step that a Task asks one of our functions for; None for any other state."""
    given = state.fields.get("Arguments") if state.kind == "Task" else None
    payload = given.get("Payload") if isinstance(given, dict) else None
    is_ours = isinstance(payload, dict) and "step" in payload
    handler = str(function_of(templates, state.stack, state.fields).get("Handler")) if is_ours else ""
    return payload["step"] if isinstance(payload, dict) and handler in STEPS else None


def _asks(templates: ParsedSet, state: State) -> bool:
    return bool(_step(templates, state) == "reconcile")


def _untold(templates: ParsedSet, states: States) -> Iterator[State]:
    """The states that are reached before any notice."""
    todo, seen = [next(iter(states), "")], set[str]()
    while todo:
        name = todo.pop()
        if name in seen or name not in states:
            continue
        seen.add(name)
        state = states[name]
        if publishes(templates, state):
            continue
        yield state
        todo += sorted(_ways(templates, state))


def _ways(templates: ParsedSet, state: State) -> set[str]:
    """The states that follow while nobody has told the payment's outcome."""
    choices = [each for each in state.fields.get("Choices", []) if not _is_told(each)]
    caught = [each for each in state.fields.get("Catch", []) if _is_ours(templates, state) and not _are_others(each)]
    return next_states({**state.fields, "Choices": choices, "Catch": caught})


def _is_ours(templates: ParsedSet, state: State) -> bool:
    """Whether it calls one of our functions, or writes a row."""
    handler = function_of(templates, state.stack, state.fields).get("Handler")
    return handler in ANSWERS or "dynamodb:" in integration(templates, state)


def _is_told(choice: Mapping[str, Any]) -> bool:
    return any(each and each.path == (_TOLD,) and not each.texts for each in condition(choice))


def _are_others(catch: Mapping[str, Any]) -> bool:
    return any(str(each).endswith(_OTHERS_TELL) for each in catch.get("ErrorEquals", []))
