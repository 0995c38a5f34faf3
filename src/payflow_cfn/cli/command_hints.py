"""Add the environment and the region to the commands in a message, so that they can be pasted."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import click

# The commands that take `--env` and `--region`; a test compares them with the commands themselves.
OF_AN_ENVIRONMENT = (
    "bootstrap", "package", "diff", "upgrade-notes", "plan", "deploy", "status", "outputs", "diagnose", "drift", "run",
    "payment", "payments", "forget", "restored", "recover", "destroy", "policy",
)  # fmt: skip
# Texts: `--help` does not compile what it does not use.
_NAMED = rf"`payflow ({'|'.join(OF_AN_ENVIRONMENT)})\b([^`]*)"
# The roles with the permissions of these commands; all others are the deployer's.
_ROLES = {
    **dict.fromkeys(("status", "outputs", "diagnose"), "reader"),
    **dict.fromkeys(("run", "payment", "payments"), "operator"),
    **dict.fromkeys(("forget", "restored"), "keeper"),
    "plan": "planner",
}
_PARAMETERS = {"--env": "environment", "--region": "region"}


def whole(text: str, options: Mapping[str, str]) -> str:
    """The text, with the options in every command that takes and lacks them: `payflow diagnose --env dev`."""

    def completed(found: re.Match[str]) -> str:
        command, rest = found.groups()
        lacking = (f" {name} {value}" for name, value in options.items() if not re.search(rf"{name}(?![\w-])", rest))
        return f"`payflow {command}{''.join(lacking)}{rest}"

    return re.sub(_NAMED, completed, text)


def for_caller(text: str, command: str) -> str:
    """The text of an error, with the role that the command needs where it names the deployer's policy."""
    return text.replace("`payflow policy deployer`", f"`payflow policy {_ROLES.get(command, 'deployer')}`")


def options_of(arguments: Sequence[str]) -> dict[str, str]:
    """The values of `--env` and `--region` in a command line, where they are plain names."""
    found = {}
    for index, each in enumerate(arguments):
        name, is_joined, value = each.partition("=")
        value = value if is_joined else "".join(arguments[index + 1 : index + 2])
        if name in _PARAMETERS and re.fullmatch("[a-z0-9-]+", value):
            found[name] = value
    return found


def current_options() -> dict[str, str]:
    """The environment and the region of the running command, as far as it has them."""
    context = click.get_current_context(silent=True)
    params = context.params if context else {}
    return options_of([f"{name}={params.get(key) or ''}" for name, key in _PARAMETERS.items()])
