"""The rule about the order of choices: an earlier one leaves something for the later ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from payflow_cfn.aws.parsed_set import ParsedSet
from payflow_cfn.lint.findings import Breach
from payflow_cfn.lint.jsonata import expression_in
from payflow_cfn.lint.jsonata_kinds import Wanted
from payflow_cfn.lint.machine import all_states

_TAKEN = ("Assign", "Comment", "Next", "Output")


def choices_can_be_taken(templates: ParsedSet) -> Iterator[Breach]:
    """PF105: a choice holds for something that no choice before it holds for.

    Step Functions takes the first choice that holds. A general one before a special one, such as `$outcome = 'FAILED'`
    before `$told and $outcome = 'FAILED'`, makes the special one a text without effect
    (https://docs.aws.amazon.com/step-functions/latest/dg/state-choice.html).
    """
    for state in all_states(templates):
        choices = [each for each in state.fields.get("Choices", []) if isinstance(each, Mapping)]
        for number, later in enumerate(choices):
            before = [place for place, each in enumerate(choices[:number]) if _covers(each, later)]
            if before:
                told = f"choice {before[0]} holds wherever this one does, so it is never taken"
                yield Breach(state.stack, f"{state.path}/Choices/{number}", told)


def _covers(one: Mapping[str, Any], later: Mapping[str, Any]) -> bool:
    """Whether the earlier choice holds wherever the later one does."""
    tests = [{key: value for key, value in each.items() if key not in _TAKEN} for each in (one, later)]
    if tests[0] and tests[0] == tests[1]:
        return True
    wanted, given = condition(one), condition(later)
    return bool(wanted) and all(each and any(each.follows_from(other) for other in given if other) for each in wanted)


def condition(choice: Mapping[str, Any]) -> tuple[Wanted | None, ...]:
    """All that has to hold for a choice; empty where that is not an expression."""
    found = expression_in(choice.get("Condition"))
    return found.wanted if found else ()
