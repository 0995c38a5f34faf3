"""The ARNs of one environment, in any partition, and of no other environment."""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatchcase

import pytest

from payflow_cfn.config.names import TABLE, VALIDATION_ROLE
from payflow_cfn.errors import SettingsError
from payflow_cfn.iam import Scope

Make = Callable[..., Scope]


@pytest.mark.parametrize(
    ("region", "partition", "host"),
    [
        ("eu-west-2", "aws", "kms.eu-west-2.amazonaws.com"),
        ("cn-north-1", "aws-cn", ["kms.cn-north-1.amazonaws.com", "kms.cn-north-1.amazonaws.com.cn"]),
        ("us-gov-west-1", "aws-us-gov", "kms.us-gov-west-1.amazonaws.com"),
        ("eusc-de-east-1", "aws-eusc", ["kms.eusc-de-east-1.amazonaws.com", "kms.eusc-de-east-1.amazonaws.eu"]),
    ],
)
def test_the_region_decides_the_partition(scope: Make, region: str, partition: str, host: str | list[str]) -> None:
    here = scope(region=region)
    wanted = f"arn:{partition}:dynamodb:{region}:111122223333:table/dynamodb-transactions-dev"
    assert here.arns("dynamodb", "table/{}", [TABLE]) == (wanted,)
    assert here.via("kms") == host


def test_a_role_has_its_path(scope: Make) -> None:
    wanted = "arn:aws:iam::111122223333:role/apps/pay/role-lambda-validation-dev"
    assert scope(role_path="/apps/pay/").roles([VALIDATION_ROLE]) == (wanted,)


@pytest.mark.parametrize(
    "other", ["payflow-dev-2/1", "payflow-dev-x-Encryption-AB/1", "payflow-dev2/1", "payflow-de/1"]
)
def test_no_stack_of_another_environment_is_meant(scope: Make, other: str) -> None:
    here = scope()
    patterns = [here.root_stack(), *here.nested_stacks()]
    ours = ["payflow-dev/1", "payflow-dev-Encryption-1QW2/2"]
    start = "arn:aws:cloudformation:eu-west-2:111122223333:stack/"
    assert all(any(fnmatchcase(start + each, pattern) for pattern in patterns) for each in ours)
    assert not any(fnmatchcase(start + other, pattern) for pattern in patterns)


def test_a_log_group_is_meant_with_and_without_its_streams(scope: Make) -> None:
    from payflow_cfn.config.names import WORKFLOW_LOGS

    group = "arn:aws:logs:eu-west-2:111122223333:log-group:/aws/vendedlogs/states/sfn-payment-workflow-dev"
    assert scope().log_groups([WORKFLOW_LOGS]) == (group, f"{group}:*")


@pytest.mark.parametrize(
    "wrong",
    [
        {"account": "1234"},
        {"account": "١١١١٢٢٢٢٣٣٣٣"},
        {"region": "eu-west-2*"},
        {"region": "London"},
        {"bucket": "Artifacts/*"},
        {"role_path": "apps"},
        {"boundary": "a b"},
        {"environment": "Dev"},
        {"environment": "dev\n"},
    ],
)
def test_what_could_not_stand_in_an_arn_is_refused(scope: Make, wrong: dict[str, str]) -> None:
    with pytest.raises(SettingsError):
        scope(**wrong)
