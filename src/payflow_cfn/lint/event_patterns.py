"""The rule about events: what the set's workflows put on a bus, a rule of the set waits for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from payflow_cfn.aws.data_resources import MACHINE
from payflow_cfn.aws.parsed_set import ParsedSet, Place
from payflow_cfn.aws.values import listed
from payflow_cfn.lint.filter_policies import Texts, attribute_texts, others_may
from payflow_cfn.lint.findings import Breach
from payflow_cfn.lint.integrations import integration
from payflow_cfn.lint.machine import State, all_states
from payflow_cfn.lint.references import evaluated, kind_of, placed
from payflow_cfn.lint.results import assigned_shapes

_BUS, _RULE = "AWS::Events::EventBus", "AWS::Events::Rule"
_PUTTING = ("events:putEvents", "aws-sdk:eventbridge:putEvents")
_FIELDS = {"source": "Source", "detail-type": "DetailType"}
_PAIR = re.compile(r"""['"](\w+)['"]\s*:\s*(\$\w+)\s*[,}]""")
_DEFAULT = ("", "")


class _Entry(NamedTuple):
    """An event that a Task puts: where its place is in the set, the bus (None: not known), and its texts by field."""

    state: State
    path: str
    bus: tuple[str, str] | None
    fields: Mapping[str, Texts]


def rules_match_events(templates: ParsedSet) -> Iterator[Breach]:
    """PF109: a rule on a bus of the set waits for events that the set's workflows put there, and is enabled.

    A pattern compares exactly, and an event that no rule matches is dropped without an error. An event without the name
    of a bus goes to that of the account. The queue that takes no message does not take it as a dead letter. A bus that
    something else of the set may put events on is not checked
    (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html).
    """
    rules = list(_rules(templates))
    buses = {(stack, logical) for stack, logical, _ in templates.resources(_BUS)}
    entries = list(_entries(templates)) if buses and any(templates.resources(MACHINE)) else []
    for stack, logical, given, bus in rules:
        path = f"Resources/{logical}/Properties"
        yield from _undeliverable(stack, path, given)
        own = [each for each in entries if each.bus == bus]
        if bus not in buses or not own or any(each.bus is None for each in entries) or _is_open(templates, bus):
            continue
        if given.get("State") == "DISABLED":
            yield Breach(stack, f"{path}/State", f"a workflow puts events on {bus[1]}, and the rule is switched off")
        for problem in _unmatched(given.get("EventPattern"), own):
            yield Breach(stack, f"{path}/EventPattern", f"no event on {bus[1]} has {problem}")
    if not any(bus == _DEFAULT for *_, bus in rules) and any(each.bus in buses for each in entries):
        for each in entries:
            if each.bus == _DEFAULT:
                yield Breach(each.state.stack, each.path, "the event goes to the account's bus, on which no rule waits")


def _rules(templates: ParsedSet) -> Iterator[tuple[str, str, dict[str, Any], tuple[str, str] | None]]:
    for stack, logical, resource in templates.resources(_RULE):
        given = evaluated(templates, stack, resource.get("Properties", {}))
        yield stack, logical, given, _bus(templates, given.get("EventBusName"))


def _bus(templates: ParsedSet, value: Any) -> tuple[str, str] | None:
    """The bus of the set, two empty texts for that of the account, None where it is not known."""
    place = placed(templates, value)
    if place:
        return place[:2] if kind_of(templates, place) == _BUS else None
    return _DEFAULT if value in (None, "default") else None


def _entries(templates: ParsedSet) -> Iterator[_Entry]:
    states = list(all_states(templates))
    variables = assigned_shapes(templates, states)
    for state in states:
        given = state.fields.get("Arguments") if state.kind == "Task" else None
        if not isinstance(given, dict) or not integration(templates, state).startswith(_PUTTING):
            continue
        for number, each in enumerate(listed(given.get("Entries"))):
            path = f"{state.path}/Arguments/Entries/{number}"
            if isinstance(each, dict):
                bus = _bus(templates, evaluated(templates, state.stack, each.get("EventBusName")))
                yield _Entry(state, path, bus, dict(_sent(each, variables)))
            else:
                yield _Entry(state, path, None, {})


def _sent(entry: Mapping[str, Any], variables: Mapping[str, Any]) -> Iterator[tuple[str, Texts]]:
    for field, name in _FIELDS.items():
        yield field, attribute_texts(entry.get(name), variables)
    detail = entry.get("Detail")
    if isinstance(detail, dict):
        yield from ((f"detail/{key}", attribute_texts(value, variables)) for key, value in detail.items())
    pairs = _PAIR.findall(detail) if isinstance(detail, str) else []
    names = [key for key, _ in pairs]
    for key, value in pairs:
        text = f"{{% {value} %}}" if names.count(key) == 1 else None
        yield f"detail/{key}", attribute_texts(text, variables)


def _is_open(templates: ParsedSet, bus: tuple[str, str]) -> bool:
    """Whether something else may put events on the bus."""
    return any(templates.resources("AWS::Events::EventBusPolicy")) or others_may(
        templates, Place(*bus, "Arn"), "events:putevents"
    )


def _unmatched(pattern: Any, entries: list[_Entry]) -> Iterator[str]:
    """The texts of a pattern that no event has."""
    fields = pattern if isinstance(pattern, dict) else {}
    detail = fields.get("detail")
    wanted = {**fields, **{f"detail/{key}": each for key, each in (detail if isinstance(detail, dict) else {}).items()}}
    for field, values in wanted.items():
        sent = [each.fields.get(field) for each in entries]
        known = frozenset[str]().union(*(each for each in sent if each is not None))
        for value in values if isinstance(values, list) and None not in sent else ():
            if isinstance(value, str) and value not in known:
                yield f"the {field.replace('/', ' ')} {value!r}"


def _undeliverable(stack: str, path: str, rule: Mapping[str, Any]) -> Iterator[Breach]:
    for number, each in enumerate(listed(rule.get("Targets"))):
        letters = each.get("DeadLetterConfig") if isinstance(each, dict) else None
        if isinstance(letters, dict) and letters.get("Arn") == each.get("Arn"):
            told = "what cannot be delivered to the queue goes to the same queue"
            yield Breach(stack, f"{path}/Targets/{number}/DeadLetterConfig", told)
