"""Sessions of AWS for commands under test, with the clients that a test gives."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from payflow_cfn.cli.main import main

if TYPE_CHECKING:
    import pytest

    from payflow_cfn.cli.session import Connect, Session


class Given(NamedTuple):
    """A session with the clients of a test."""

    client: Callable[[str], Any]
    region: str


def connect_to(client: Callable[[str], Any], region: str = "eu-west-2") -> Connect:
    """Open sessions with these clients: in the region that the command asks for, else in `region`."""
    return lambda asked, _role: Given(client, asked or region)


def with_client(client: Any) -> Connect:
    """Open sessions with one client for all services."""
    return connect_to(lambda _: client)


def always(session: Session) -> Connect:
    """Open one session for every region and role; the embedded AWS's clients are such a session."""
    return lambda *_: session


class Commands(NamedTuple):
    """Runs a command line: its exit status, its output and its errors."""

    connect: Connect
    capsys: pytest.CaptureFixture[str]

    def __call__(self, *arguments: str) -> tuple[int, str, str]:
        self.capsys.readouterr()
        status = main(arguments, self.connect)
        said = self.capsys.readouterr()
        return status, said.out, said.err
