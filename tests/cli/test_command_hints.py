"""Test that the commands in a message can be pasted: they name the environment and the region."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import pytest

from payflow_cfn.cli import COMMANDS, main
from payflow_cfn.cli.command_hints import OF_AN_ENVIRONMENT, options_of, whole
from payflow_cfn.deploy.cloudformation.remedies import hint_for
from payflow_cfn.errors import DeployError


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("`payflow diagnose` shows why", "`payflow diagnose --env dev` shows why"),
        ("`payflow recover --remove`", "`payflow recover --env dev --remove`"),
        ("`payflow policy deployer`", "`payflow policy --env dev deployer`"),
        ("`payflow recover --env prod --remove`", "`payflow recover --env prod --remove`"),
        ("`payflow lint`, then `payflow drift`", "`payflow lint`, then `payflow drift --env dev`"),
        ("payflow deploy, `payflow deployed`", "payflow deploy, `payflow deployed`"),
        ("`payflow outputs --env-file`", "`payflow outputs --env dev --env-file`"),
    ],
)
def test_a_command_of_an_environment_names_it(text: str, wanted: str) -> None:
    assert whole(text, {"--env": "dev"}) == wanted
    assert whole(text, {}) == text


def test_a_region_that_was_given_is_in_every_command() -> None:
    options = {"--env": "dev", "--region": "eu-west-1"}
    assert whole("`payflow drift`", options) == "`payflow drift --env dev --region eu-west-1`"
    assert whole("`payflow run --env a '{}'`", options) == "`payflow run --region eu-west-1 --env a '{}'`"
    assert whole("`payflow drift --env a --region b`", options) == "`payflow drift --env a --region b`"


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (["status", "--env", "dev"], {"--env": "dev"}),
        (["status", "--env=dev", "--json"], {"--env": "dev"}),
        (["status", "--region", "eu-west-1", "--env=dev"], {"--env": "dev", "--region": "eu-west-1"}),
        (["status", "--env"], {}),
        (["status"], {}),
        (["status", "--env", "`rm x`", "--region=$(x)"], {}),
    ],
)
def test_environment_and_region_are_the_options_where_they_are_plain_names(
    arguments: list[str], wanted: dict[str, str]
) -> None:
    assert options_of(arguments) == wanted


def test_the_list_is_of_all_commands_with_both_options() -> None:
    context = click.Context(main.cli)
    commands = [each for name in COMMANDS if (each := main.cli.get_command(context, name))]
    options = {each.name: {text for one in each.params for text in one.opts} for each in commands}
    assert set(OF_AN_ENVIRONMENT) == {name for name, found in options.items() if {"--env", "--region"} <= found}


def test_an_errors_remedy_and_what_a_command_says_are_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)

    def refused(*_: str) -> Any:
        from payflow_cfn.cli.shared import say

        say("`payflow drift` shows it", err=True)
        raise DeployError("it broke", remedy="`payflow diagnose` shows more")

    assert main.main(["outputs", "--env", "dev", "--region", "eu-west-1"], refused) == 1
    assert capsys.readouterr().err.splitlines() == [
        "`payflow drift --env dev --region eu-west-1` shows it",
        "error: it broke: `payflow diagnose --env dev --region eu-west-1` shows more",
    ]


@pytest.mark.parametrize(
    ("command", "role"),
    [
        (["deploy"], "deployer"), (["plan"], "planner"), (["outputs"], "reader"), (["payments", "--open"], "operator"),
        (["payment", "T-1"], "operator"), (["forget", "T-1"], "keeper"),
    ],
)  # fmt: skip
def test_a_denied_call_names_the_role_of_its_command(
    command: list[str],
    role: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)

    def refused(*_: Any, **__: Any) -> Any:
        raise DeployError("it broke", remedy=hint_for("AccessDenied: you are not authorized to perform: s3:GetObject"))

    assert main.main([*command, "--env", "dev"], refused) == 1
    assert (
        f"the caller lacks s3:GetObject on the resource: `payflow policy --env dev {role}`" in capsys.readouterr().err
    )
