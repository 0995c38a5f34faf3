"""Rules about the state machine's graph, which CreateStateMachine and linters leave unchecked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from payflow_cfn.check.findings import Finding, error, nothing
from payflow_cfn.check.nested import reachable
from payflow_cfn.check.templates import TemplateSet

MACHINE = "AWS::StepFunctions::StateMachine"
_ENDS = ("Succeed", "Fail")


def targets_exist(templates: TemplateSet) -> Iterator[Finding]:
    """PF010: StartAt and every Next, Default and Catch target is a state.

    Linters and emulators let a slip through; Step Functions refuses the machine in the middle of a deploy.
    """
    for stack, path, definition in definitions(templates, "PF010"):
        states = definition.get("States", {})
        if definition.get("StartAt") not in states:
            yield error("PF010", stack=stack, path=f"{path}/StartAt", message="StartAt names no state")
        for key, state in states.items():
            for target in sorted(_targets(state) - set(states)):
                yield error("PF010", stack=stack, path=f"{path}/States/{key}", message=f"there is no state {target}")


def states_reachable(templates: TemplateSet) -> Iterator[Finding]:
    """PF011: every state is reached from StartAt.

    One that is not is a lost wire: a step that was meant to be taken, and never is.
    """
    for stack, path, definition in definitions(templates, "PF011"):
        start = definition.get("StartAt", "")
        edges = {key: _targets(state) for key, state in definition.get("States", {}).items()}
        for key in sorted(set(edges) - reachable(edges, start) - {start}):
            yield error("PF011", stack=stack, path=f"{path}/States/{key}", message=f"nothing leads to {key}")


def paths_end(templates: TemplateSet) -> Iterator[Finding]:
    """PF012: from every state an end can be reached.

    Otherwise an execution goes round until a quota of 25,000 events stops it.
    """
    for stack, path, definition in definitions(templates, "PF012"):
        states = definition.get("States", {})
        edges = {key: _targets(state) for key, state in states.items()}
        ends = {key for key, state in states.items() if state.get("End") is True or state.get("Type") in _ENDS}
        for key in edges:
            if key not in ends and not reachable(edges, key) & ends:
                yield error("PF012", stack=stack, path=f"{path}/States/{key}", message=f"no end follows {key}")


def catch_all_last(templates: TemplateSet) -> Iterator[Finding]:
    """PF013: States.ALL stands alone and last in each Retry and Catch.

    The Amazon States Language demands it; linters do not look (https://states-language.net/#error-handling).
    """
    for stack, path, definition in definitions(templates, "PF013"):
        for key, state in definition.get("States", {}).items():
            for field in ("Retry", "Catch"):
                entries = [each.get("ErrorEquals", []) for each in state.get(field, [])]
                wrong = any(
                    "States.ALL" in each and (len(each) > 1 or n < len(entries) - 1) for n, each in enumerate(entries)
                )
                if wrong:
                    where = f"{path}/States/{key}/{field}"
                    yield error("PF013", stack=stack, path=where, message="States.ALL has to be alone and last")


def tasks_time_out(templates: TemplateSet) -> Iterator[Finding]:
    """PF014: a Task has TimeoutSeconds, not shorter than its function's own timeout.

    Without one a lost answer holds the execution for a year; with a shorter one a charge is given up half-way.
    """
    for stack, path, key, state in tasks(templates, "PF014"):
        given = state.get("TimeoutSeconds")
        needed = _function_timeout(templates, stack, state)
        if not isinstance(given, int):
            yield error("PF014", stack=stack, path=f"{path}/{key}", message="the task has no TimeoutSeconds")
        elif given < needed:
            message = f"TimeoutSeconds {given} is shorter than the function's {needed}"
            yield error("PF014", stack=stack, path=f"{path}/{key}", message=message)


def large_data_caught(templates: TemplateSet) -> Iterator[Finding]:
    """PF015: a Task catches States.DataLimitExceeded by name, since States.ALL does not catch it.

    https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
    """
    for stack, path, key, state in tasks(templates, "PF015"):
        if not any("States.DataLimitExceeded" in each.get("ErrorEquals", []) for each in state.get("Catch", [])):
            message = "the task does not catch States.DataLimitExceeded"
            yield error("PF015", stack=stack, path=f"{path}/{key}", message=message)


def no_substitutions(templates: TemplateSet) -> Iterator[Finding]:
    """PF016: a definition is structured and has no DefinitionSubstitutions.

    Drift detection reports a machine with substitutions as changed for ever.
    """
    machines = list(templates.resources(MACHINE))
    if not machines:
        yield nothing("PF016", "state machine")
    for stack, logical, resource in machines:
        properties = resource.get("Properties", {})
        if "DefinitionSubstitutions" in properties or not isinstance(properties.get("Definition"), dict):
            message = "the definition is not a structured one without substitutions"
            yield error("PF016", stack=stack, path=f"Resources/{logical}", message=message)


def definitions(templates: TemplateSet, rule: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every graph of states: of each machine, and of each branch and map in it."""
    for stack, path, definition in machines(templates, rule):
        for inner, graph in _graphs(definition, path):
            yield stack, inner, graph


def machines(templates: TemplateSet, rule: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every machine's definition as a whole."""
    found = False
    for stack, logical, resource in templates.resources(MACHINE):
        definition = resource.get("Properties", {}).get("Definition")
        if isinstance(definition, dict):
            found = True
            yield stack, f"Resources/{logical}/Properties/Definition", definition
    if not found:
        # Only the caller can yield a finding, so the generator of places stops it instead.
        raise NothingToCheckError(rule, "structured state machine")


def every_state(definition: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each state by its name, those of branches and maps too."""
    for _, graph in _graphs(definition, ""):
        yield from graph.get("States", {}).items()


def _graphs(definition: dict[str, Any], path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """This graph of states and those inside its Parallel and Map states: no target is outside its own."""
    yield path, definition
    for key, state in definition.get("States", {}).items():
        for where, each in inner_graphs(state, f"{path}/States/{key}"):
            yield from _graphs(each, where)


def inner_graphs(state: dict[str, Any], path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The graphs directly inside a Parallel or Map state, each with its place."""
    for number, each in enumerate(state.get("Branches", [])):
        yield f"{path}/Branches/{number}", each
    for field in ("ItemProcessor", "Iterator"):
        if field in state:
            yield f"{path}/{field}", state[field]


def tasks(templates: TemplateSet, rule: str) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    found = False
    for stack, path, definition in definitions(templates, rule):
        for key, state in definition.get("States", {}).items():
            if state.get("Type") == "Task":
                found = True
                yield stack, f"{path}/States", key, state
    if not found:
        raise NothingToCheckError(rule, "Task state")


class NothingToCheckError(Exception):
    """A rule had nothing to look at; the caller turns it into that rule's finding."""

    def __init__(self, rule: str, what: str) -> None:
        super().__init__(rule, what)
        self.finding = nothing(rule, what)


def _targets(state: dict[str, Any]) -> set[str]:
    found = {state.get("Next"), state.get("Default")}
    for field in ("Catch", "Choices"):
        found.update(each.get("Next") for each in state.get(field, []))
    return {each for each in found if isinstance(each, str)}


def _function_timeout(templates: TemplateSet, stack: str, state: dict[str, Any]) -> int:
    place = templates.origin(stack, state.get("Arguments", {}).get("FunctionName"))
    while place is not None and templates.resource(place).get("Type") in ("AWS::Lambda::Alias", "AWS::Lambda::Version"):
        properties = templates.resource(place).get("Properties", {})
        place = templates.origin(place.stack, properties.get("FunctionName"))
    if place is None or templates.resource(place).get("Type") != "AWS::Lambda::Function":
        return 0
    return int(templates.resource(place)["Properties"].get("Timeout", 3))
