"""The command line: find the command, run it, and turn its errors into one line and an exit status."""

from __future__ import annotations

import importlib
import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import current_thread, main_thread
from typing import TYPE_CHECKING

import click

from payflow_cfn.cli import COMMANDS
from payflow_cfn.cli.signals import ignore_further_interrupts
from payflow_cfn.errors import PayflowError, SettingsError, StoppedError
from payflow_cfn.text import one_line
from payflow_cfn.version import TEMPLATE_VERSION

if TYPE_CHECKING:
    from payflow_cfn.cli.session import Connect


class _Commands(click.Group):
    """A group whose commands are imported when they are named (or all listed)."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's own signature
        """The names in the order of the workflow, not of the alphabet."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command, or None if there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        name = cmd_name.replace("-", "_")
        found: click.Command = getattr(importlib.import_module(f"payflow_cfn.cli.{name}"), name)
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click's own; the error for an unknown name also names the nearest command."""
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            from difflib import get_close_matches

            for close in get_close_matches(args[0], COMMANDS, n=1):
                ctx.fail(f"No such command {args[0]!r}. Did you mean {close!r}?")
        name, command, rest = super().resolve_command(ctx, args)
        if command is not None:
            _refuse_arguments(command, ctx, rest)
        return name, command, rest


# These arguments have a search of their own, which names the field or applies exemptions.
_SEARCHED = frozenset({"payment", "transaction_id", "reason", "reference"})
# An account id in an ARN or at the end of a bucket's name is as long as some card numbers.
_ACCOUNT = r"(?<=:)[0-9]{12}(?=:)|(?<=[a-z]-)[0-9]{12}$"


def _refuse_arguments(command: click.Command, ctx: click.Context, arguments: list[str]) -> None:
    """Refuse card data and empty texts before the command uses them.

    Errors, requests and host names repeat arguments. An empty text is a variable that is not set: `--change-set ""`
    must not deploy something else.
    """
    own = click.Context(command, parent=ctx, info_name=command.name)
    try:
        given, rest, order = command.make_parser(own).parse_args(list(arguments))
    except click.UsageError:
        return  # the command reports it
    values = {each: _texts(given[each.name or ""]) for each in order}
    named = [text for each, texts in values.items() if each.name not in _SEARCHED for text in texts]
    if any(_holds_card_data([each]) for each in [*named, *rest] if any(map(str.isdigit, each))):
        raise click.UsageError(_HIDDEN)
    for each, texts in values.items():
        if not all(map(str.strip, texts)):
            remedy = "give a value" if each.required else "give a value or leave it out"
            raise click.UsageError(f"{_name_of(each)} is empty: {remedy}", own)
    if isinstance(command, click.Group) and rest and (inner := command.get_command(own, rest[0])):
        _refuse_arguments(inner, own, rest[1:])


def _texts(value: object) -> list[str]:
    return [each for each in (value if isinstance(value, list | tuple) else [value]) if isinstance(each, str)]


def _name_of(parameter: click.Parameter) -> str:
    """The name in messages: `--set`, or an argument's as in the usage."""
    if isinstance(parameter, click.Argument):
        return (parameter.metavar or str(parameter.name).upper()).strip("[]")
    return max(parameter.opts, key=len)


def _holds_card_data(arguments: Sequence[str]) -> bool:
    from payflow_cfn.artifacts.shipped import load_shipped

    text = " ".join(re.sub(_ACCOUNT, "", each) for each in arguments)
    return bool(load_shipped("payments/card_data.py").holds_card_data(text))


_HIDDEN = "the arguments hold card data and are not repeated. Use the payment's id, not the card"


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(TEMPLATE_VERSION, prog_name="payflow_cfn")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def cli(debug: bool) -> None:
    """Payments on AWS: render, package, deploy and run the workflow."""


def main(argv: Sequence[str] | None = None, connect: Connect | None = None) -> int:
    """Run one command and return its exit status; `connect` opens its sessions of AWS, in place of `open_session`.

    As a process of its own (without `argv`), it ignores Ctrl-C from the first one that ends it: a second one would kill
    the process by the signal, and hide the status.
    """
    if argv is not None:
        with _interrupts_restored():
            return _status(list(argv), connect)
    return _status(sys.argv[1:], connect)


@contextmanager
def _interrupts_restored() -> Iterator[None]:
    import signal

    before = signal.getsignal(signal.SIGINT)
    try:
        yield
    finally:
        if signal.getsignal(signal.SIGINT) is not before and current_thread() is main_thread():
            signal.signal(signal.SIGINT, before)


def _status(arguments: list[str], connect: Connect | None) -> int:
    try:
        return int(cli.main(arguments, prog_name="payflow", standalone_mode=False, obj=connect) or 0)
    except click.ClickException as error:
        _show_usage(error, arguments)
        return 2
    except (click.exceptions.Abort, KeyboardInterrupt) as stop:
        ignore_further_interrupts()
        _tell(str(stop.__cause__ or stop) or "stopped", arguments)
        return 1
    except PayflowError as error:
        if "--debug" in arguments:
            raise
        _tell_error(error, arguments)
        return error.exit_status
    except OSError as error:
        if "--debug" in arguments:
            raise
        return _unwritten(error)


def _show_usage(error: click.ClickException, arguments: Sequence[str]) -> None:
    """Print a usage error, without click's text if the arguments hold card data: click repeats arguments."""
    if _holds_card_data(arguments):
        click.echo(f"Error: {_HIDDEN}", err=True)
    else:
        error.show()


def _tell_error(error: PayflowError, arguments: Sequence[str]) -> None:
    if isinstance(error, StoppedError):
        click.echo(err=True)  # the terminal's ^C stands on the line
        _tell(str(error), arguments)
        return
    for each in error.every if isinstance(error, SettingsError) else (error,):
        _tell(f"error: {each}", arguments)


def _tell(text: str, arguments: Sequence[str]) -> None:
    from payflow_cfn.cli.command_hints import for_caller, options_of, whole

    text = for_caller(one_line(text), "".join(arguments[:1]))
    click.echo(whole(text, options_of(arguments)), err=True)


def _unwritten(error: OSError) -> int:
    """Print an error of the system, such as a full disk for the output; the rest of the output is dropped."""
    sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - the interpreter flushes it at its end
    where = f" {error.filename}" if error.filename else ""
    click.echo(f"error: {one_line(f'{error.strerror or error}{where}')}: check free space and permissions", err=True)
    return 1
