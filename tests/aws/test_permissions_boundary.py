"""A boundary may be written as a name or as an ARN of the environment's own account."""

from __future__ import annotations

import pytest

from payflow_cfn.aws.permissions_boundary import boundary_name
from payflow_cfn.cli.session import Place
from payflow_cfn.config.project import parse_project
from payflow_cfn.errors import SettingsError
from sessions import Given

ACCOUNT = "111122223333"
WHERE = "environments.prod.parameters.PermissionsBoundary"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("", ""),
        ("payments", "payments"),
        ("org/app/payments", "org/app/payments"),
        (f"arn:aws:iam::{ACCOUNT}:policy/payments", "payments"),
        (f"arn:aws-us-gov:iam::{ACCOUNT}:policy/org/app/payments", "org/app/payments"),
    ],
)
def test_a_name_stays_and_an_arn_becomes_one(text: str, name: str) -> None:
    assert boundary_name(text, account=ACCOUNT, where=WHERE) == name
    table = {"account": ACCOUNT, "parameters": {"PermissionsBoundary": text}}
    assert parse_project({"environments": {"prod": table}}).target("prod").parameters["PermissionsBoundary"] == name


@pytest.mark.parametrize(
    ("text", "account", "said"),
    [
        ("arn:aws:iam::999999999999:policy/p", ACCOUNT, f"{WHERE} is a policy of 999999999999, and the environment's "),
        ("arn:aws:iam::aws:policy/PowerUserAccess", ACCOUNT, f"{WHERE} is a policy of aws, and the environment's "),
        (f"arn:aws:iam::{ACCOUNT}:policy/p", "", "the environment's account is not said"),
        (f"arn:aws:iam::{ACCOUNT}:role/p", ACCOUNT, f"{WHERE} is 'arn:aws:iam::{ACCOUNT}:role/p'"),
        (f"arn:aws:iam::{ACCOUNT}:policy/p\n", ACCOUNT, f"{WHERE} is "),
    ],
)
def test_a_policy_of_another_account_or_no_policy_is_refused(text: str, account: str, said: str) -> None:
    with pytest.raises(SettingsError) as refused:
        boundary_name(text, account=account, where=WHERE)
    assert said in str(refused.value)
    table = {"account": account, "parameters": {"PermissionsBoundary": text}}
    with pytest.raises(SettingsError):
        parse_project({"environments": {"prod": table}})


def test_an_environment_without_a_boundary_gets_no_parameter() -> None:
    assert parse_project({"environments": {"prod": {"account": ACCOUNT}}}).target("prod").parameters == {}


def place(account: str) -> Place:
    table = {"account": account, "parameters": {"PermissionsBoundary": "filed", "RolePath": "/app/"}}
    project, session = parse_project({"environments": {"prod": table}}), Given(pytest.fail, "eu-west-2")
    return Place("prod", project, "payflow-prod", session)


def test_the_command_line_takes_an_arn_too_and_has_the_last_word() -> None:
    given = {"PermissionsBoundary": f"arn:aws:iam::{ACCOUNT}:policy/org/said"}
    wanted = {"PermissionsBoundary": "org/said", "RolePath": "/app/", "Environment": "prod"}
    assert place(ACCOUNT).parameters(given) == wanted
    assert place(ACCOUNT).parameters({}) == {**wanted, "PermissionsBoundary": "filed"}
    with pytest.raises(SettingsError, match="--parameter PermissionsBoundary is a policy of 111122223333"):
        place("").parameters(given)
