"""The extended set that several files read."""

from __future__ import annotations

import pytest

from payflow_cfn.artifacts.template_set import TemplateSet
from payflow_cfn.config.settings import Settings
from payflow_cfn.stacks.render import build_set
from team_extension import screening_in, write_screening


@pytest.fixture(scope="session")
def extended(tmp_path_factory: pytest.TempPathFactory) -> TemplateSet:
    """The set with the team's screening step."""
    return build_set(Settings(), [screening_in(write_screening(tmp_path_factory.mktemp("team")))])
