"""Ask a person before something is changed; for production, the answer is the environment's name."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from payflow_cfn.cli.session import Place


def agreed(question: str, here: Place, *, yes: bool) -> bool:
    """Whether to go on: yes with `yes`, else a person's answer."""
    if yes:
        return True
    if not here.production:
        return confirmed(question)
    with _answered():
        typed: str = click.prompt(f"{question} Type the name of the environment", err=True)
    return typed == here.environment


def confirmed(question: str) -> bool:
    """Whether a person answers yes."""
    with _answered():
        return click.confirm(question, err=True)


@contextmanager
def _answered() -> Iterator[None]:
    """Print the remedy if a question cannot be answered, such as in a pipeline."""
    try:
        yield
    except click.Abort:
        if not sys.stdin.isatty():
            click.echo("\nnot a terminal; pass --yes", err=True)
        raise
