"""Merge the changed properties of one resource, from the templates and from the change set, into one list."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from payflow_cfn.aws.values import HIDDEN
from payflow_cfn.deploy.cloudformation.changes import PropertyChange as ProposedProperty
from payflow_cfn.diff import Effect, PropertyChange


def with_values(ours: Sequence[PropertyChange], theirs: Sequence[ProposedProperty]) -> Iterator[PropertyChange]:
    """Our properties, with CloudFormation's values if it gives them, and the properties that only it has."""
    said = {bare(each.path): each for each in theirs}
    for each in ours:
        found = said.get(bare("/".join(each.path)))
        yield replace(each, before=found.before, after=found.after) if found and _is_open(each, found) else each
    tops = {each.path[1] for each in ours if each.path[0] == "Properties" and len(each.path) > 1}
    yield from (property_change(each) for each in theirs if not _is_known(each.path, tops))


def _is_open(ours: PropertyChange, theirs: ProposedProperty) -> bool:
    """Whether our value has symbols for which CloudFormation gives values; a value with a secret stays hidden."""
    shown = f"{ours.before}{ours.after}"
    return "${" in shown and HIDDEN not in shown and (theirs.before is not None or theirs.after is not None)


def _is_known(path: str, tops: Collection[str]) -> bool:
    steps = [step for step in path.split("/") if step]
    return len(steps) < 2 or steps[0] != "Properties" or steps[1] in tops


def bare(path: str) -> tuple[str, ...]:
    """A path without the indexes of lists, which the two sides write differently."""
    return tuple(step for step in path.split("/") if step and not step.isdecimal() and not step.startswith("["))


def property_change(each: ProposedProperty) -> PropertyChange:
    """A property of CloudFormation's change set, as one of ours."""
    effect = {"Always": Effect.REPLACES, "Conditionally": Effect.MAY_REPLACE}.get(each.recreation)
    steps = tuple(step for step in each.path.split("/") if step)
    return PropertyChange(steps, each.before, each.after, effect or Effect.NO_INTERRUPTION)
