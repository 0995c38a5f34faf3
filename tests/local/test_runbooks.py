"""Walk the runbooks: each command of each page runs on the embedded AWS, as an operator would type it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from forked_programs import AWS, PAYFLOW, forked
from payflow_cfn.local.demo.local_deploy import deployed
from payflow_cfn.local.emulator.clients import child_environment, local_clients
from payflow_cfn.local.emulator.emulator import emulator
from payflow_cfn.workflow.run import run_payment

pytestmark = [pytest.mark.local, pytest.mark.slow]

FOLDER = Path(__file__).parents[2] / "docs" / "runbooks"
# Its outcome stays unknown, so the payment is open.
OPEN = {"transaction_id": "T-93", "payment_amount": "1.93", "payment_method": "credit_card", "customer_id": "C-1"}
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.DOTALL | re.MULTILINE)
# The line that most pages begin with: the variables of the others are the outputs.
OUTPUTS = "payflow outputs --env prod --env-file > outputs.env && . ./outputs.env"


def commands(page: Path) -> list[str]:
    """The page's commands, a line each; one that fills a variable belongs to the next one, which uses it."""
    (block,) = BLOCK.findall(page.read_text(encoding="utf-8"))
    lines = re.sub(r"\\\n\s*", "", block).splitlines()
    found: list[str] = []
    for line in lines:
        fills = bool(found) and re.match(r"\w+=", found[-1]) is not None and "\n" not in found[-1]
        found[-1 if fills else len(found) :] = [f"{found[-1]}\n{line}" if fills else line]
    return found


PAGES = sorted(FOLDER.glob("*.md"))
COMMANDS = sorted({each for page in PAGES for each in commands(page)} - {OUTPUTS})


@dataclass(frozen=True, slots=True)
class Shell:
    """A folder with `payflow` and `aws` on the path, after a payment whose outcome is unknown."""

    folder: Path
    environment: dict[str, str]

    def type(self, script: str) -> subprocess.CompletedProcess[str]:
        script = re.sub(r"\bID\b", "T-93", script.replace("--env prod", "--env demo").replace("=prod", "=demo"))
        lines = ["sh", "-e", "-c", script]
        return subprocess.run(lines, env=self.environment, cwd=self.folder, capture_output=True, text=True)


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    folder = tmp_path_factory.mktemp("shell")
    with emulator() as cloud:
        clients = local_clients(cloud)
        machine = deployed(clients)["StateMachineArn"]
        assert run_payment(clients("stepfunctions"), machine, OPEN).status == "FAILED"
        path = {"PATH": f"{folder}:/usr/bin:/bin", "PYTHONPATH": os.pathsep.join(sys.path), "HOME": str(folder)}
        made = Shell(folder, child_environment(cloud) | path)
        with (
            forked(folder / "payflow", PAYFLOW, made.environment),
            forked(folder / "aws", AWS, made.environment),
        ):
            assert made.type(OUTPUTS).returncode == 0
            yield made


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_of_a_runbook_runs(command: str, shell: Shell) -> None:
    done = shell.type(f"set -u; . ./outputs.env\n{command}")
    ended = 3 if command.startswith("payflow status") else 0  # a payment is UNKNOWN, and its alarm is in ALARM
    assert (done.returncode, done.stderr) == (ended, ""), done.stdout
    if "--open" in command or " ID" in command:
        assert "T-93" in done.stdout


def test_a_page_that_uses_an_output_reads_the_outputs_first() -> None:
    for page in PAGES:
        found = commands(page)
        uses = [number for number, each in enumerate(found) if re.search(r"[$][A-Z]", each)]
        assert not uses or found.index(OUTPUTS) < uses[0], page.name
