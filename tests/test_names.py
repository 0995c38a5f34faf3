"""One rule for environments, in Python and in the template."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from payflow_cfn.errors import SettingsError
from payflow_cfn.names import ALL_NAMES, ENVIRONMENT_LIMIT, ENVIRONMENT_PATTERN, parse_environment
from payflow_cfn.settings import Settings
from payflow_cfn.stacks import build_stacks


def allowed(text: str) -> bool:
    try:
        return parse_environment(text) == text
    except SettingsError:
        return False


def parameter() -> dict[str, object]:
    root = build_stacks(Settings(), {"validation": "a", "processing": "b"})["root"].to_dict()
    found: dict[str, object] = root["Parameters"]["Environment"]
    return found


def test_the_template_states_the_same_rule() -> None:
    assert parameter()["AllowedPattern"] == ENVIRONMENT_PATTERN
    assert int(str(parameter()["MaxLength"])) == ENVIRONMENT_LIMIT


@given(st.text(alphabet="ab9-_A\n\u0435\u0661 ", max_size=40))
def test_python_takes_what_the_template_takes(text: str) -> None:
    fits = 1 <= len(text) <= ENVIRONMENT_LIMIT
    assert allowed(text) == bool(fits and re.fullmatch(ENVIRONMENT_PATTERN, text))


def test_the_longest_environment_fits_every_name() -> None:
    assert all(len(each.text("a" * 38)) <= each.limit for each in ALL_NAMES.values())
    assert not allowed("a" * 39)
