"""What the plan tests share: the shipped set, and what a change of it does."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from payflow_cfn.diff import Change, ResourceChange, diff_sets
from payflow_cfn.version import TEMPLATE_VERSION

Templates = dict[str, Any]
Edit = Callable[[Templates], object]
FOLDER = Path(__file__).parents[2] / "templates" / TEMPLATE_VERSION


@pytest.fixture(scope="session")
def shipped() -> Templates:
    """The rendered set, parsed; nobody changes it."""
    return {each.name: json.loads(each.read_text()) for each in sorted(FOLDER.glob("*.json"))}


@pytest.fixture
def edited(shipped: Templates) -> Callable[[Edit], Templates]:
    """A copy of the set after an edit."""

    def make(edit: Edit) -> Templates:
        found = copy.deepcopy(shipped)
        edit(found)
        return found

    return make


@pytest.fixture
def after(shipped: Templates, edited: Callable[[Edit], Templates]) -> Callable[..., list[Change]]:
    """What is different after an edit of the set."""
    return lambda edit, **options: diff_sets(shipped, edited(edit), **options)


def properties(templates: Templates, stack: str, logical_id: str) -> dict[str, Any]:
    """The properties of a resource, to be edited in place."""
    found: dict[str, Any] = templates[f"{stack}.json"]["Resources"][logical_id]["Properties"]
    return found


def resources(changes: list[Change]) -> dict[str, ResourceChange]:
    """The resource changes by path, joined with `/`."""
    return {"/".join(each.path): each for each in changes if isinstance(each, ResourceChange)}


def one_stack(**found: Any) -> Templates:
    """A set of a root only, with these resources as {logical id: (type, properties)}."""
    return {
        "root.json": {"Resources": {name: {"Type": kind, "Properties": given} for name, (kind, given) in found.items()}}
    }
