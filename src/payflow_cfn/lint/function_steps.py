"""Rules about the functions that a workflow calls: it asks for each of their steps, and has a way for each outcome."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from payflow_cfn.artifacts.answers import ROUTED, STEPS
from payflow_cfn.aws.parsed_set import ParsedSet
from payflow_cfn.aws.state_graph import next_states
from payflow_cfn.lint.expressions import texts
from payflow_cfn.lint.findings import Breach
from payflow_cfn.lint.jsonata import expression_in
from payflow_cfn.lint.machine import State, all_states, function_of

_OUTCOME = ("states", "result", "Payload", "outcome")


def steps_are_asked_for(templates: ParsedSet) -> Iterator[Breach]:
    """PF091: a workflow asks a function for each step that the function has for workflows, and for no other.

    The processing function charges in one step, and asks the gateway about a charge in another one. A Task that was
    copied with its step does what the other one does. The steps of other functions than ours are unknown, so they are
    not checked (https://docs.aws.amazon.com/step-functions/latest/dg/connect-lambda.html).
    """
    calls: dict[tuple[str, str], list[tuple[State, Any]]] = {}
    for state in all_states(templates):
        handler = _handler(templates, state)
        for field in STEPS.get(handler, ()):
            payload = state.fields.get("Arguments", {}).get("Payload")
            given = payload.get(field) if isinstance(payload, Mapping) else None
            calls.setdefault((handler, field), []).append((state, given))
    for (handler, field), found in calls.items():
        if all(isinstance(given, str) and not given.startswith("{%") for _, given in found):
            yield from _step_problems(handler, field, found)


def _step_problems(handler: str, field: str, found: list[tuple[State, str]]) -> Iterator[Breach]:
    known, function = STEPS[handler][field], handler.partition(".")[0]
    for state, given in found:
        if given not in known:
            told = f"the {function} function has no {field} {given!r} for a workflow"
            yield Breach(state.stack, f"{state.path}/Arguments/Payload/{field}", told)
    for missing in sorted(known - {given for _, given in found}):
        state = found[0][0]
        told = f"no Task asks the {function} function for the {field} {missing!r}"
        yield Breach(state.stack, f"{state.path}/Arguments/Payload/{field}", told)


def _handler(templates: ParsedSet, state: State) -> str:
    is_call = (
        state.kind == "Task" and state.language == "JSONata" and isinstance(state.fields.get("Arguments"), Mapping)
    )
    return str(function_of(templates, state.stack, state.fields).get("Handler", "")) if is_call else ""


def outcomes_are_routed(templates: ParsedSet) -> Iterator[Breach]:
    """PF092: the Choice behind a call of a function has a way for each outcome that the function usually answers with.

    An outcome that is left out takes the Default, which is for what nobody expects: a payment that was completed before
    is reported as unknown. The outcomes of other functions than ours are unknown, so they are not checked
    (https://docs.aws.amazon.com/step-functions/latest/dg/state-choice.html).
    """
    states = {(state.stack, state.path): state for state in all_states(templates)}
    for state in states.values():
        wanted = ROUTED.get(_handler(templates, state))
        names = _outcomes(state) if wanted else frozenset()
        choice = _routing(states, state, names) if names else None
        if wanted and choice:
            for missing in sorted(wanted - set(_compared(choice, names))):
                told = f"no choice is for {missing!r}, which {state.name} answers with"
                yield Breach(choice.stack, f"{choice.path}/Choices", told)


def _outcomes(state: State) -> frozenset[str]:
    """The variables that get the outcome of a Task."""
    given = state.fields.get("Assign", {}).items()
    return frozenset(name for name, value in given if (found := expression_in(value)) and _OUTCOME in found.paths)


def _routing(states: Mapping[tuple[str, str], State], state: State, names: frozenset[str]) -> State | None:
    """The first Choice behind a Task that compares one of these variables, on the way without failures."""
    (stack, path), todo, seen = state.graph, [state.fields.get("Next")], set[Any]()
    while todo:
        name = todo.pop(0)
        found = states.get((stack, f"{path}/States/{name}"))
        if found is None or name in seen:
            continue
        seen.add(name)
        if found.kind == "Choice" and any(_compared(found, names)):
            return found
        todo += sorted(next_states({**found.fields, "Catch": []}))
    return None


def _compared(choice: State, names: frozenset[str]) -> Iterator[str]:
    """The texts that the conditions compare these variables with."""
    for text in texts(choice):
        for path, value in text.expression.compared if text.expression and text.steps[-1] == "Condition" else ():
            if len(path) == 1 and path[0] in names:
                yield value
