"""Test that a job runner's stop cleans up as Ctrl-C does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from threading import Thread

import pytest

from payflow_cfn.cli.signals import terminated_as_interrupted


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_termination_is_an_interrupt_inside_the_block_only(number: signal.Signals) -> None:
    outside = signal.signal(number, signal.SIG_DFL)  # under nohup SIGHUP is ignored
    try:
        with terminated_as_interrupted(), pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), number)
        assert signal.getsignal(number) is signal.SIG_DFL
    finally:
        signal.signal(number, outside)


def test_what_nohup_ignores_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with terminated_as_interrupted():
            os.kill(os.getpid(), signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_second_one_does_not_stop_the_clean_up_of_the_first() -> None:
    outside = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # under nohup SIGHUP is ignored
    cleaned = []

    def work() -> None:
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        finally:
            os.kill(os.getpid(), signal.SIGHUP)
            os.kill(os.getpid(), signal.SIGTERM)
            cleaned.append(True)

    try:
        with terminated_as_interrupted(), pytest.raises(KeyboardInterrupt):
            work()
    finally:
        signal.signal(signal.SIGHUP, outside)
    assert cleaned == [True]


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


# Ctrl-C at each line that the command writes, from the one about the begun operation on.
PRESSING = """
import io, os, signal, sys
import click
import payflow_cfn.cli.status as module
from payflow_cfn.__main__ import run
from payflow_cfn.cli.progress import progress
from payflow_cfn.deploy.cloudformation.events import Started

class Pressing(io.StringIO):
    def write(self, text):
        done = sys.__stderr__.write(text)
        os.kill(os.getpid(), signal.SIGINT)
        return done

@click.command()
def status():
    with progress(as_json=False) as on_event:
        on_event(Started("payflow-dev", "id", "UPDATE"))

module.status = status
signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it
sys.stderr = Pressing()
sys.argv = ["payflow", "status"]
run()
"""


def test_more_interrupts_change_neither_the_end_nor_the_status() -> None:
    done = subprocess.run([sys.executable, "-c", PRESSING], capture_output=True, text=True, check=False)
    assert done.returncode == 5, done.stderr
    assert done.stderr.count("is still in progress, only the watching was stopped") == 1
    assert "Traceback" not in done.stderr


# A command whose reader goes after the first line; it writes more to both streams, and ends with its own status.
OUTLIVING = """
import sys
import click
import payflow_cfn.cli.status as module
from payflow_cfn.__main__ import run
from payflow_cfn.cli.progress import progress
from payflow_cfn.cli.shared import print_outputs
from payflow_cfn.deploy.cloudformation.events import Finished, Started

@click.command()
def status():
    with progress(as_json="--json" in sys.argv) as on_event:
        on_event(Started("payflow-dev", "id", "UPDATE"))
        sys.stdin.read()
        on_event(Started("payflow-dev", "id", "UPDATE"))
        on_event(Finished("payflow-dev", "UPDATE_COMPLETE"))
    print_outputs({"TopicArn": "t"}, as_json=False)
    open("done", "w").close()
    return 3

module.status = status
sys.argv = ["payflow", "status"]
run()
"""


@pytest.mark.parametrize("as_json", [True, False])
def test_a_reader_that_goes_changes_neither_the_end_nor_the_status(as_json: bool, tmp_path: Path) -> None:
    program = OUTLIVING.replace('"--json" in sys.argv', str(as_json))
    command = [sys.executable, "-c", program]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=tmp_path
    ) as running:
        assert running.stdin
        assert running.stdout
        assert b"payflow-dev" in running.stdout.readline()
        running.stdout.close()
        running.stdin.close()
        assert running.wait() == 3
    assert (tmp_path / "done").exists()
