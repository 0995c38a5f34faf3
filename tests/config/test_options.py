"""What an environment is deployed with: its table in payflow.toml first, then what goes for real money."""

from __future__ import annotations

import pytest

from payflow_cfn.config.environment import Target
from payflow_cfn.config.options import options_for


@pytest.mark.parametrize(
    ("said", "production", "wanted"),
    [(None, True, True), (None, False, None), (False, True, False), (True, False, True)],
)
def test_termination_protection_is_on_where_the_money_is_real_unless_the_file_says_otherwise(
    said: bool | None, production: bool, wanted: bool | None
) -> None:
    assert options_for(Target(termination_protection=said), production=production).termination_protection is wanted


@pytest.mark.parametrize(
    ("said", "option", "wanted"), [(True, None, True), (False, None, False), (False, True, True), (True, False, False)]
)
def test_the_stack_policy_is_the_options_before_the_files(said: bool, option: bool | None, wanted: bool) -> None:
    assert options_for(Target(stack_policy=said), production=False, stack_policy=option).protect_stateful is wanted


def test_the_rest_of_the_table_is_handed_on() -> None:
    target = Target(service_role_arn="r", notification_arns=("n",), rollback_alarms=("a",), monitoring_minutes=7)
    made = options_for(target, production=False)
    assert (made.role_arn, made.notification_arns, made.rollback_alarms, made.monitoring_minutes) == (
        "r", ("n",), ("a",), 7,
    )  # fmt: skip
