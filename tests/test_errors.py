"""An error is one line with its remedy, carries its data and decides the exit status."""

from __future__ import annotations

import pytest

from payflow_cfn import errors
from payflow_cfn.errors import PayflowError


def test_the_text_is_message_and_remedy() -> None:
    assert str(PayflowError("it broke", remedy="mend it")) == "it broke: mend it"
    assert str(PayflowError("it broke")) == "it broke"


def test_the_facts_are_data() -> None:
    assert PayflowError("it broke", stack="root", count=2).data == {"stack": "root", "count": 2}


@pytest.mark.parametrize(
    ("name", "status"),
    [("SettingsError", 2), ("RenderError", 1), ("DeployError", 1), ("BusyError", 4), ("UnknownOutcomeError", 5)],
)
def test_each_stage_has_its_exit_status(name: str, status: int) -> None:
    assert getattr(errors, name)("x").exit_status == status


def test_what_aws_ends_with_a_full_stop_is_followed_by_one_colon() -> None:
    assert str(PayflowError("The token is invalid.", remedy="log in")) == "The token is invalid: log in"
