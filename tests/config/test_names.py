"""One rule for environments, in Python and in the template."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payflow_cfn.config.names import ALL_NAMES, ENVIRONMENT_LIMIT, ENVIRONMENT_PATTERN, parse_environment
from payflow_cfn.config.settings import Settings
from payflow_cfn.errors import SettingsError
from payflow_cfn.stacks import build_stacks
from payflow_cfn.stacks.render import render_templates


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


@pytest.mark.parametrize(
    ("text", "right"),
    [
        *[(each, True) for each in ("dev", "a", "pr-17", "a" * 38)],
        *[
            (each, False)
            for each in ("", "Dev", "1dev", "dev-", "a--b", "dev\n", "feature/x", "d\u0435v", "a_b", "a b")
        ],
    ],
)
def test_an_environment_is_a_lower_case_word(text: str, right: bool) -> None:
    assert allowed(text) is right
    assert bool(re.fullmatch(ENVIRONMENT_PATTERN, text)) is right


@pytest.mark.parametrize("length", [39, 60, 255])
def test_too_long_an_environment_is_refused_with_resource_limit_and_length_and_never_shortened(length: int) -> None:
    for last in "ab":
        with pytest.raises(SettingsError, match=rf"function .* has {length + 26} characters, the limit is 64"):
            parse_environment("a" * (length - 1) + last)


def test_two_environments_never_share_a_name() -> None:
    one, other = "a" * 37 + "a", "a" * 37 + "b"
    assert [each.purpose for each in ALL_NAMES.values() if each.text(one) == each.text(other)] == []


def test_every_name_is_in_the_set() -> None:
    text = json.dumps(render_templates(build_stacks(Settings(), {"validation": "a", "processing": "b"})))
    missing = [each.purpose for each in ALL_NAMES.values() if each.sub() not in text]
    assert missing == ["stack payflow"]  # the root stack's own, which whoever deploys it gives


def test_the_longest_environment_fits_every_name() -> None:
    assert all(len(each.text("a" * 38)) <= each.limit for each in ALL_NAMES.values())
    assert not allowed("a" * 39)


def test_no_environment_makes_the_name_of_another_resource() -> None:
    # An inline policy's name is its role's own, and no two roles have both names.
    starts = [
        each.pattern.removesuffix("{env}") for each in ALL_NAMES.values() if not each.purpose.startswith("policy ")
    ]
    assert len(set(starts)) == len(starts) > 30
    assert [(a, b) for a in starts for b in starts if a != b and b.startswith(a)] == []
