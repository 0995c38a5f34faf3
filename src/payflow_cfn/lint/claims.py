"""The rule about claims: a Task reserves a row for as long as what it does with it takes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from payflow_cfn.aws.parsed_set import ParsedSet, walk
from payflow_cfn.lint.findings import Breach
from payflow_cfn.lint.jsonata import expression_in
from payflow_cfn.lint.longest_way import longest_step
from payflow_cfn.lint.machine import State, all_states, first_tasks
from payflow_cfn.lint.row_attributes import table_steps


def claims_last(templates: ParsedSet) -> Iterator[Breach]:
    """PF093: a claim that a Task writes into a row lasts as long as the step that it is for, with all attempts.

    A claim is an attribute that is set to a later time under the condition that it lies in the past. When it ends too
    early, a second execution takes it, and both do the step. Seconds added to milliseconds end it at once
    (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ConditionExpressions.html).
    """
    for state, given in table_steps(templates):
        values = given.get("ExpressionAttributeValues")
        for attribute, placeholder in _claimed(given):
            value = values.get(placeholder) if isinstance(values, Mapping) else None
            lasts = max((_later(each) for _, each in walk(value) if isinstance(each, str)), default=0.0)
            needed = _needed(templates, state)
            if lasts and lasts < 1000 * needed:
                told = f"the claim {attribute} ends after {lasts / 1000:g} s, and the step may take {needed:g} s"
                yield Breach(state.stack, f"{state.path}/Arguments/ExpressionAttributeValues/{placeholder}", told)


def _claimed(arguments: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each attribute that is set and has to lie below another value, with the placeholder of its new value."""
    update, condition = (arguments.get(each) for each in ("UpdateExpression", "ConditionExpression"))
    if isinstance(update, str) and isinstance(condition, str):
        for attribute, placeholder in re.findall(r"(#?\w+)\s*=\s*(:\w+)", update):
            if re.search(rf"(?<![\w.]){attribute}\s*<=?\s*:\w+", condition):
                yield attribute, placeholder


def _later(text: str) -> float:
    found = expression_in(text)
    return (found.later or 0.0) if found else 0.0


def _needed(templates: ParsedSet, state: State) -> float:
    """The seconds of the Task's own attempts and of the first Task that follows on each way without a failure."""
    graph = {other.name: other for other in all_states(templates) if other.graph == state.graph}
    following = first_tasks(graph, state.fields.get("Next"), through=("Pass", "Choice"))
    longest = max((longest_step(each.fields) for each in following if each.kind == "Task"), default=0.0)
    return longest_step(state.fields) + longest if longest else 0.0
