"""Questions before something is changed; where the money is real, the environment's name is the answer."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from payflow_cfn.cli.session import Place


def agreed(question: str, here: Place, *, yes: bool) -> bool:
    """Whether to go on: `yes` answers every question, otherwise a person has to."""
    if yes:
        return True
    if not here.production:
        return confirmed(question)
    with _answered():
        typed: str = click.prompt(f"{question} Type the name of the environment", err=True)
    return typed == here.environment


def confirmed(question: str) -> bool:
    """Whether a person says yes."""
    with _answered():
        return click.confirm(question, err=True)


@contextmanager
def _answered() -> Iterator[None]:
    """Say how to do without an answer where there is nobody to give one, such as in a pipeline."""
    try:
        yield
    except click.Abort:
        if not sys.stdin.isatty():
            click.echo("\nnobody is there to answer: --yes goes on without asking", err=True)
        raise
