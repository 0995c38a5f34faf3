"""Test that the commands in a message can be pasted: they name the environment."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import pytest

from payflow_cfn.cli import COMMANDS, main, session
from payflow_cfn.cli.command_hints import OF_AN_ENVIRONMENT, environment_of, whole
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
    ],
)
def test_a_command_of_an_environment_names_it(text: str, wanted: str) -> None:
    assert whole(text, "dev") == wanted
    assert whole(text, "") == text


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        (["status", "--env", "dev"], "dev"),
        (["status", "--env=dev", "--json"], "dev"),
        (["status", "--env"], ""),
        (["status"], ""),
        (["status", "--env", "`rm x`"], ""),
    ],
)
def test_the_environment_is_the_options_where_it_is_a_plain_name(arguments: list[str], wanted: str) -> None:
    assert environment_of(arguments) == wanted


def test_the_list_is_of_all_commands_with_the_option() -> None:
    context = click.Context(main.cli)
    commands = {name: main.cli.get_command(context, name) for name in COMMANDS}
    with_option = [name for name, each in commands.items() if each and any("--env" in one.opts for one in each.params)]
    assert sorted(OF_AN_ENVIRONMENT) == sorted(with_option)


def test_an_errors_remedy_and_what_a_command_says_are_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)

    def refused(*_: Any, **__: Any) -> Any:
        from payflow_cfn.cli.shared import say

        say("`payflow drift` shows it", err=True)
        raise DeployError("it broke", remedy="`payflow diagnose` shows more")

    monkeypatch.setattr(session, "client", refused)
    assert main.main(["outputs", "--env", "dev"]) == 1
    assert capsys.readouterr().err.splitlines() == [
        "`payflow drift --env dev` shows it",
        "error: it broke: `payflow diagnose --env dev` shows more",
    ]
