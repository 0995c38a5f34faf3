"""Rules about the state machine's graph, which CreateStateMachine and linters leave unchecked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from payflow_cfn.aws.data_resources import FUNCTION, MACHINE
from payflow_cfn.aws.parsed_set import ParsedSet
from payflow_cfn.aws.state_graph import next_states, parts_of, reachable
from payflow_cfn.lint.findings import Breach, some
from payflow_cfn.lint.ours import says_payflow

_ENDS = ("Succeed", "Fail")
# Where a state holds graphs of states.
INNER = ("Branches", "ItemProcessor", "Iterator")


@dataclass(frozen=True, slots=True)
class State:
    """A state with its place, its name and its query language."""

    stack: str
    path: str
    name: str
    language: str
    fields: dict[str, Any]

    @property
    def kind(self) -> Any:
        """Task, Choice, and so on."""
        return self.fields.get("Type")

    @property
    def machine(self) -> str:
        """The machine that it is in, for states of one set."""
        return f"{self.stack}/{self.path.split('/')[1]}"

    @property
    def graph(self) -> tuple[str, str]:
        """The stack and the path of the machine, or of the part of it, that has this state among its States."""
        return self.stack, self.path.rpartition("/States/")[0]

    @property
    def own(self) -> dict[str, Any]:
        """Its fields without the states inside it."""
        return {key: value for key, value in self.fields.items() if key not in INNER}


def targets_exist(templates: ParsedSet) -> Iterator[Breach]:
    """PF010: StartAt and every Next, Default and Catch target is a state.

    Linters and emulators do not check this. Step Functions refuses the machine in the middle of a deploy
    (https://docs.aws.amazon.com/step-functions/latest/dg/statemachine-structure.html).
    """
    for stack, path, definition in definitions(templates):
        states = definition.get("States", {})
        if definition.get("StartAt") not in states:
            yield Breach(stack, f"{path}/StartAt", "StartAt names no state")
        for key, state in states.items():
            for target in sorted(next_states(state) - set(states)):
                yield Breach(stack, f"{path}/States/{key}", f"there is no state {target}")


def states_reachable(templates: ParsedSet) -> Iterator[Breach]:
    """PF011: every state is reachable from StartAt.

    An unreachable state is a step that was planned and never runs.
    """
    for stack, path, definition in definitions(templates):
        start = definition.get("StartAt", "")
        edges = {key: next_states(state) for key, state in definition.get("States", {}).items()}
        for key in sorted(set(edges) - reachable(edges, start) - {start}):
            yield Breach(stack, f"{path}/States/{key}", f"nothing leads to {key}")


def paths_end(templates: ParsedSet) -> Iterator[Breach]:
    """PF012: from every state an end can be reached.

    Otherwise an execution loops until the quota of 25,000 events stops it
    (https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html).
    """
    for stack, path, definition in definitions(templates):
        states = definition.get("States", {})
        edges = {key: next_states(state) for key, state in states.items()}
        ends = {key for key, state in states.items() if state.get("End") is True or state.get("Type") in _ENDS}
        for key in edges:
            if key not in ends and not reachable(edges, key) & ends:
                yield Breach(stack, f"{path}/States/{key}", f"no end follows {key}")


def catch_all_last(templates: ParsedSet) -> Iterator[Breach]:
    """PF013: States.ALL stands alone and last in each Retry and Catch.

    The Amazon States Language requires it; linters do not check it
    (https://states-language.net/#error-handling).
    """
    for stack, path, definition in definitions(templates):
        for key, state in definition.get("States", {}).items():
            for field in ("Retry", "Catch"):
                entries = [each.get("ErrorEquals", []) for each in state.get(field, [])]
                wrong = any(
                    "States.ALL" in each and (len(each) > 1 or n < len(entries) - 1) for n, each in enumerate(entries)
                )
                if wrong:
                    where = f"{path}/States/{key}/{field}"
                    yield Breach(stack, where, "States.ALL has to be alone and last")


def tasks_time_out(templates: ParsedSet) -> Iterator[Breach]:
    """PF014: a Task has TimeoutSeconds, not shorter than its function's own timeout.

    Without a timeout, a lost answer holds the execution for a year. With a shorter one, the workflow gives up a
    charge half-way (https://docs.aws.amazon.com/step-functions/latest/dg/sfn-best-practices.html).
    """
    is_ours = says_payflow(templates)
    for stack, path, key, state in tasks(templates):
        given = state.get("TimeoutSeconds")
        function = function_of(templates, stack, state)
        needed = int(function.get("Timeout", 3)) if function else 0
        if isinstance(given, str) or "TimeoutSecondsPath" in state:
            continue  # an expression: its value is known only while it runs
        if not isinstance(given, int):
            if is_ours:
                yield Breach(stack, f"{path}/{key}", "the task has no TimeoutSeconds")
        elif given < needed:
            message = f"TimeoutSeconds {given} is shorter than the function's {needed}"
            yield Breach(stack, f"{path}/{key}", message)


def large_data_caught(templates: ParsedSet) -> Iterator[Breach]:
    """PF015: a Task catches States.DataLimitExceeded by name, since by AWS's guide States.ALL does not catch it.

    https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
    """
    for stack, path, key, state in tasks(templates):
        if not any("States.DataLimitExceeded" in each.get("ErrorEquals", []) for each in state.get("Catch", [])):
            message = "the task does not catch States.DataLimitExceeded"
            yield Breach(stack, f"{path}/{key}", message)


def no_substitutions(templates: ParsedSet) -> Iterator[Breach]:
    """PF016: a definition is structured and has no DefinitionSubstitutions.

    Drift detection reports a machine with substitutions as changed for ever.
    """
    for stack, logical, resource in some("state machine", templates.resources(MACHINE)):
        properties = resource.get("Properties", {})
        if "DefinitionSubstitutions" in properties or not isinstance(properties.get("Definition"), dict):
            message = "the definition is not a structured one without substitutions"
            yield Breach(stack, f"Resources/{logical}", message)


def definitions(templates: ParsedSet) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every graph of states: of each machine, and of each branch and map in it."""
    for stack, path, definition in machines(templates):
        for inner, graph in _graphs(definition, path):
            yield stack, inner, graph


def machines(templates: ParsedSet) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every machine's definition as a whole; NothingToCheckError where there is none."""
    return some("structured state machine", readable_machines(templates))


def readable_machines(templates: ParsedSet) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """The structured definitions in which states are objects; PF038 reports the others."""
    for stack, logical, resource in templates.resources(MACHINE):
        definition = resource.get("Properties", {}).get("Definition")
        if isinstance(definition, dict) and not any(misshapen(definition, "")):
            yield stack, f"Resources/{logical}/Properties/Definition", definition


def misshapen(definition: Mapping[str, Any], path: str) -> Iterator[str]:
    """The places of what is not the object or the list that it has to be, so that no rule can read the machine."""
    states = definition.get("States")
    if not isinstance(states, dict):
        yield f"{path}/States"
        return
    for name, state in states.items():
        place = f"{path}/States/{name}"
        if not isinstance(state, dict):
            yield place
            continue
        lists = [field for field in ("Catch", "Retry", "Choices", "Branches") if field in state]
        wrong = [each for each in lists if not isinstance(state[each], list) or not _are_objects(state[each])]
        objects = [each for each in ("ItemProcessor", "Iterator") if not isinstance(state.get(each, {}), dict)]
        yield from (f"{place}/{each}" for each in (*wrong, *objects))
        if not wrong and not objects:
            yield from _unassignable(state, place)
            yield from (each for where, inner in inner_graphs(state, place) for each in misshapen(inner, where))


def _unassignable(state: Mapping[str, Any], place: str) -> Iterator[str]:
    if any(not isinstance(each.get("Assign", {}), dict) for each in parts_of(state)):
        yield f"{place}/Assign"


def _are_objects(values: list[Any]) -> bool:
    return all(isinstance(each, dict) for each in values)


def all_states(templates: ParsedSet) -> Iterator[State]:
    """Every state of every machine, those of branches and maps too; NothingToCheckError where there is no machine."""
    for stack, path, definition in machines(templates):
        default = definition.get("QueryLanguage", "JSONPath")
        for inner, graph in _graphs(definition, path):
            for name, fields in graph.get("States", {}).items():
                yield State(stack, f"{inner}/States/{name}", name, fields.get("QueryLanguage", default), fields)


def every_state(definition: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each state by its name, those of branches and maps too; none of a definition that cannot be read."""
    for _, graph in (
        _graphs(definition, "") if isinstance(definition, dict) and not any(misshapen(definition, "")) else ()
    ):
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


def tasks(templates: ParsedSet) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """Every Task: its stack, where its states are, its name and itself; NothingToCheckError where there is none."""
    found = (
        (stack, f"{path}/States", key, state)
        for stack, path, definition in definitions(templates)
        for key, state in definition.get("States", {}).items()
        if state.get("Type") == "Task"
    )
    return some("Task state", found)


def first_tasks(
    states: Mapping[str, State], name: Any, *, through: Sequence[str] = ("Pass", "Choice", "Wait")
) -> Iterator[State]:
    """The first Tasks behind the state with this name, and what ends the way to one; `through` are kinds on the way."""
    todo, seen = [name], set[Any]()
    while todo:
        each = todo.pop()
        if each not in states or each in seen:
            continue
        seen.add(each)
        if states[each].kind in through:
            todo += sorted(next_states(states[each].fields))
        else:
            yield states[each]


def function_of(templates: ParsedSet, stack: str, state: dict[str, Any]) -> dict[str, Any]:
    """The properties of the function that a Task invokes, through its alias or version; empty for one of elsewhere."""
    arguments = state.get("Arguments", state.get("Parameters"))
    place = templates.origin(stack, arguments.get("FunctionName")) if isinstance(arguments, dict) else None
    while place is not None and templates.resource(place).get("Type") in ("AWS::Lambda::Alias", "AWS::Lambda::Version"):
        properties = templates.resource(place).get("Properties", {})
        place = templates.origin(place.stack, properties.get("FunctionName"))
    if place is None or templates.resource(place).get("Type") != FUNCTION:
        return {}
    found: dict[str, Any] = templates.resource(place)["Properties"]
    return found
