"""What the commands share: options, and how results are printed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import click

DIFFERENT = 3

environment_option = click.option("--env", "environment", required=True, help="Name of the environment.")
region_option = click.option("--region", help="Region of the stack.")


def pairs(texts: Sequence[str]) -> dict[str, str]:
    for text in texts:
        if "=" not in text:
            raise click.UsageError(f"--parameter takes NAME=VALUE, not {text!r}")
    return dict(text.split("=", 1) for text in texts)


def print_outputs(values: Mapping[str, str], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(dict(values), sort_keys=True))
        return
    for name, value in sorted(values.items()):
        click.echo(f"{name}={value}")


def needed(value: str, option: str) -> str:
    if not value:
        raise click.UsageError(f"{option} is needed, or its value in payflow.toml")
    return value
