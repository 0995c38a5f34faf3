"""Edits of a shipped template that the lists of defects share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Template = dict[str, Any]
Make = Callable[[Template], object]

MACHINE = "PaymentWorkflow"


def properties(template: Template, logical: str) -> dict[str, Any]:
    """The properties of a resource."""
    found: dict[str, Any] = template["Resources"][logical]["Properties"]
    return found


def states(template: Template) -> dict[str, Any]:
    """The states of the payment workflow."""
    found: dict[str, Any] = properties(template, MACHINE)["Definition"]["States"]
    return found


def at(state: str, *path: str | int, value: Any) -> Make:
    """Set one value below a state."""

    def make(template: Template) -> None:
        _place(template, state, path)[path[-1]] = value

    return make


def without(state: str, *path: str | int) -> Make:
    """Remove one value below a state."""

    def make(template: Template) -> None:
        del _place(template, state, path)[path[-1]]

    return make


def _place(template: Template, state: str, path: tuple[str | int, ...]) -> Any:
    place: Any = states(template)[state]
    for step in path[:-1]:
        place = place[step]
    return place
