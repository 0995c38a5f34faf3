"""Questions before something is changed; where the money is real, the environment's name is the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from payflow_cfn.commands.aws import Place


def agreed(question: str, here: Place, *, yes: bool) -> bool:
    """Whether to go on: `yes` answers every question, otherwise a person has to."""
    if yes:
        return True
    if here.production:
        typed: str = click.prompt(f"{question} Type the name of the environment", err=True)
        return typed == here.environment
    return click.confirm(question, err=True)
