"""A job runner's stop cleans up as Ctrl-C does."""

from __future__ import annotations

import os
import signal
from threading import Thread

import pytest

from payflow_cfn.commands.interrupts import terminated_as_interrupted


def test_a_termination_is_an_interrupt_inside_and_what_it_was_outside() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with terminated_as_interrupted(), pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) is before


def test_another_thread_changes_no_handler() -> None:
    seen = []

    def run() -> None:
        with terminated_as_interrupted():
            seen.append(signal.getsignal(signal.SIGTERM))

    before = signal.getsignal(signal.SIGTERM)
    thread = Thread(target=run)
    thread.start()
    thread.join()
    assert seen == [before]
