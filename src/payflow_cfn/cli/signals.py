"""Handle Ctrl-C, SIGTERM and SIGHUP: clean up, and report what AWS may have done after a request."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread
from types import FrameType

from payflow_cfn.errors import StoppedError

_STOPS = ("SIGTERM", "SIGHUP")


@contextmanager
def terminated_as_interrupted() -> Iterator[None]:
    """Raise KeyboardInterrupt on SIGTERM and SIGHUP, so that `finally` runs; an ignored signal (nohup) stays ignored.

    A second one is ignored, for a terminal that closes sends two: the clean-up of the first goes on. Outside the main
    thread nothing changes.
    """
    import signal

    if current_thread() is not main_thread():
        yield
        return
    found = {number: signal.getsignal(number) for each in _STOPS if (number := getattr(signal, each, None))}
    before = {number: handler for number, handler in found.items() if handler is not signal.SIG_IGN}

    def interrupt(_: int, __: FrameType | None) -> None:
        for number in before:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    for number in before:
        signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def ignore_further_interrupts() -> None:
    """Ignore Ctrl-C from here on: the command's end and its exit status are decided, and only its lines remain."""
    import signal

    if current_thread() is main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def stopped_after(may: str, look: str) -> Iterator[None]:
    """Turn Ctrl-C in a block that sends a request into a StoppedError: what `may` have happened, and how to `look`."""
    try:
        yield
    except KeyboardInterrupt:
        ignore_further_interrupts()
        raise StoppedError(f"stopped: {may}", remedy=look) from None
