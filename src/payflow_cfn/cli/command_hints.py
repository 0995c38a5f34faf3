"""Add the environment to the commands in a message, so that they can be pasted."""

from __future__ import annotations

import re
from collections.abc import Sequence

import click

# The commands that take `--env`; a test compares them with the commands themselves.
OF_AN_ENVIRONMENT = (
    "bootstrap", "package", "diff", "plan", "deploy", "status", "outputs", "diagnose", "drift", "run", "payment",
    "payments", "forget", "restored", "recover", "destroy", "policy",
)  # fmt: skip
_NAMED = re.compile(rf"`payflow ({'|'.join(OF_AN_ENVIRONMENT)})\b(?![^`]*--env)")


def whole(text: str, environment: str) -> str:
    """The text, with `--env` in every command that needs one: `payflow diagnose --env dev`."""
    return _NAMED.sub(rf"`payflow \1 --env {environment}", text) if environment else text


def environment_of(arguments: Sequence[str]) -> str:
    """The value of `--env` in a command line, if it is a plain name; else empty."""
    for index, each in enumerate(arguments):
        name, is_joined, value = each.partition("=")
        if name == "--env":
            found = value if is_joined else "".join(arguments[index + 1 : index + 2])
            return found if re.fullmatch("[a-z0-9-]+", found) else ""
    return ""


def current_environment() -> str:
    """The environment of the running command; empty if it has none."""
    context = click.get_current_context(silent=True)
    found = context.params.get("environment") if context else None
    return environment_of(("--env", str(found or "")))
