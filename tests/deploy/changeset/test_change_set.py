"""Test change set names: each run has its own, and CloudFormation accepts it."""

from __future__ import annotations

import re

from payflow_cfn.deploy.changeset.change_set import unique_name


def test_no_two_runs_have_a_change_set_of_the_same_name() -> None:
    names = [unique_name() for _ in range(100)]
    assert len(set(names)) == 100
    # https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateChangeSet.html
    assert [name for name in names if not re.fullmatch("[a-zA-Z][-a-zA-Z0-9]{0,127}", name)] == []
