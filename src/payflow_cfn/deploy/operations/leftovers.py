"""List what earlier operations left without a stack: change sets, previewed stacks and resources."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from payflow_cfn.deploy.changeset.change_set import ListedChangeSet, list_change_sets
from payflow_cfn.deploy.changeset.preflight import find_collisions
from payflow_cfn.deploy.cloudformation.aws_errors import aws_errors, text_of
from payflow_cfn.deploy.cloudformation.name_lookup import Clients

T = TypeVar("T")
_DELETE = "delete it with `aws cloudformation"


@dataclass(frozen=True, slots=True)
class Leftovers:
    """One line for each thing that was left; `notes` say what could not be looked up.

    `plans` are the change sets that `plan --keep` left, by their names.
    """

    plans: tuple[str, ...] = ()
    change_sets: tuple[str, ...] = ()
    stacks: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The lines to print; empty where nothing is left and all was looked up."""
        lines = [
            f"  kept plan {each}: `payflow deploy --change-set {each}` with the plan's own options (--set, "
            f"--parameter, --bucket, --prefix) executes it, `payflow plan --discard {each}` deletes it"
            for each in self.plans
        ]
        lines += [f"  left: {each}" for each in (*self.change_sets, *self.stacks, *self.resources)]
        return "\n".join([*lines, *(f"  note: {each}" for each in self.notes)])


def find_leftovers(clients: Clients, *, environment: str, stack_name: str, stack_id: str) -> Leftovers:
    """Look for what is left of the environment; `stack_id` is empty where it has no stack.

    `clients` makes a client from a service's name. Only without a stack are the names of its resources looked up.
    """
    cloudformation = clients("cloudformation")
    notes: list[str] = []
    waiting: tuple[ListedChangeSet, ...] = ()
    if stack_id:
        waiting = _unless_refused("change sets", lambda: _waiting(cloudformation, stack_name), notes)
    plans = tuple(each.name for each in waiting if each.planned)
    stacks: tuple[str, ...] = ()
    if not plans:  # a kept plan of a first deploy needs them
        stacks = _unless_refused("previewed stacks", lambda: _previewed(cloudformation, stack_name), notes)
    found: tuple[str, ...] = ()
    if not stack_id:
        found = _unless_refused("names", lambda: _resources(clients, environment, stack_name, notes), notes)
    left = tuple(_line(each) for each in waiting if not each.planned)
    return Leftovers(plans, left, stacks, found, tuple(notes))


def _unless_refused(what: str, look: Callable[[], Iterator[T]], notes: list[str]) -> tuple[T, ...]:
    try:
        return tuple(look())
    except aws_errors() as error:
        notes.append(f"{what} could not be looked up: {text_of(error)}")
        return ()


def _waiting(cloudformation: Any, stack_name: str) -> Iterator[ListedChangeSet]:
    return (each for each in list_change_sets(cloudformation, stack_name) if not each.executed)


def _line(each: ListedChangeSet) -> str:
    made = f" of {each.created_at:%Y-%m-%d %H:%M:%S %Z}" if each.created_at else ""
    delete = f"{_DELETE} delete-change-set --change-set-name {each.change_set_id}`"
    return f"change set {each.name}{made}, which was not executed: {delete} unless a plan is running"


def _previewed(cloudformation: Any, stack_name: str) -> Iterator[str]:
    """Nested stacks of a change set that is gone; the root's own status is not repeated."""
    pages = cloudformation.get_paginator("list_stacks").paginate(StackStatusFilter=["REVIEW_IN_PROGRESS"])
    # A logical id begins with a capital letter, the rest of another environment's name with a small one or a digit.
    nested = re.compile(rf"{re.escape(stack_name)}-[A-Z][A-Za-z0-9]*-")
    for each in (each for page in pages for each in page["StackSummaries"]):
        if nested.match(each["StackName"]):
            name = each["StackName"]
            delete = f"{_DELETE} delete-stack --stack-name {name}` unless a plan is running"
            yield f"stack {name}, which was previewed and never deployed: {delete}"


def _resources(clients: Clients, environment: str, stack_name: str, notes: list[str]) -> Iterator[str]:
    seen = find_collisions(clients, environment=environment, stack_name=stack_name)
    if seen.unchecked:
        notes.append(f"{len(seen.unchecked)} names could not be looked up: {seen.unchecked[0][1]}")
    yield from (each.text for each in seen.collisions if not each.owner)
