"""The rendered set, and a scope in the account that the documentation uses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from payflow_cfn.artifacts.template_set import TemplateSet
from payflow_cfn.config.settings import Settings
from payflow_cfn.iam import Scope, children_of
from payflow_cfn.stacks.render import build_set


@pytest.fixture(scope="session")
def templates() -> TemplateSet:
    return build_set(Settings())


@pytest.fixture
def scope(templates: TemplateSet) -> Callable[..., Scope]:
    """Make a scope; what is not said is the described system in London."""

    def make(**given: Any) -> Scope:
        facts = {"environment": "dev", "account": "111122223333", "region": "eu-west-2", "bucket": "artifacts"}
        return Scope(**{**facts, "children": children_of(templates), **given})

    return make
