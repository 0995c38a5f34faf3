"""The shipped set, rendered once, and a way to break a copy of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from payflow_cfn.artifacts.identities import artifact_inputs
from payflow_cfn.config.settings import Settings
from payflow_cfn.stacks import build_stacks
from payflow_cfn.stacks.render import render_templates

Change = Callable[[dict[str, Any]], object]


@pytest.fixture(scope="session")
def shipped() -> dict[str, str]:
    """The shipped templates by file name."""
    return render_templates(build_stacks(Settings(), {each.name: each.identity for each in artifact_inputs()}))


@pytest.fixture(scope="session")
def broken(shipped: dict[str, str]) -> Callable[[Change], dict[str, str]]:
    """Make a copy of the shipped set and change it: the change gets the parsed templates by stack name."""

    def change_copy(change: Change) -> dict[str, str]:
        parsed = {name.removesuffix(".json"): json.loads(text) for name, text in shipped.items()}
        change(parsed)
        return {f"{name}.json": json.dumps(value) for name, value in parsed.items()}

    return change_copy
