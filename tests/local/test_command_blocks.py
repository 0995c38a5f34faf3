"""Run the command blocks of the pages on the embedded AWS, as a reader types them, with the files that they show."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from forked_programs import AWS, PAYFLOW, forked
from payflow_cfn.local.emulator.clients import child_environment
from payflow_cfn.local.emulator.emulator import emulator

pytestmark = [pytest.mark.local, pytest.mark.slow]

TOP = Path(__file__).parents[2]
STEP = re.compile(r"^ *<!-- a test runs this(?:: (\S+))? -->\n *```(\w+)\n(.*?)^ *```", re.DOTALL | re.MULTILINE)
# A page whose blocks have a test of their own.
ELSEWHERE = {"docs/calling.md"}
# What most readers type first; `tox -e whole` types every page.
SAMPLE = {"README.md", "docs/deploying.md", "docs/tutorial/first-gateway.md", "docs/tutorial/own-step.md"}
PAYMENT = '{"transaction_id": "T-1", "payment_amount": "-1", "payment_method": "credit_card", "customer_id": "C-1"}'
SETTINGS = """
[environments.dev]
[environments.stage]
[environments.prod.parameters]
LogRetentionDays = 400
GatewayAdapter = "http"
GatewayUrl = "https://gateway.example"
"""
# A person answers yes; what runs until a signal ends it is a process of its own.
PROGRAM = """#!/bin/sh
case "$1" in
    bootstrap|deploy) set -- "$@" --yes;;
    local) exec {python} -m payflow_cfn "$@";;
esac
exec {forked} "$@"
"""


def script(page: str) -> str:
    """The page's steps as one script: each shown file is written, each command is run."""
    lines = []
    for file, kind, text in STEP.findall((TOP / page).read_text(encoding="utf-8")):
        if file:
            lines.append(f"mkdir -p $(dirname {file})\ncat > {file} <<'END_OF_FILE'\n{text}END_OF_FILE")
        elif kind == "console":
            lines += [line.strip()[2:] for line in text.splitlines() if line.strip().startswith("$ ")]
        elif kind == "sh":
            lines.append(text)
    return "\n".join(lines)


def has_commands(path: Path) -> bool:
    found = STEP.findall(path.read_text(encoding="utf-8"))
    return any(kind in ("sh", "console") for _, kind, _ in found)


PAGES = sorted(
    path.relative_to(TOP).as_posix()
    for path in [TOP / "README.md", *(TOP / "docs").rglob("*.md")]
    if has_commands(path)
)


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A shell's environment with `payflow` and `aws` on the path; dev and prod are deployed, and T-1 is rejected."""
    folder = tmp_path_factory.mktemp("shell")
    with emulator() as cloud:
        path = f"{folder}:{Path(sys.executable).parent}:/usr/bin:/bin"
        made = child_environment(cloud) | {
            "PATH": path,
            "PYTHONPATH": os.pathsep.join(sys.path),
            "HOME": str(folder),
        }
        payflow = folder / "payflow"
        payflow.write_text(PROGRAM.format(python=sys.executable, forked=folder / "forked"))
        payflow.chmod(0o755)
        (folder / "payflow.toml").write_text(SETTINGS)
        with forked(folder / "forked", PAYFLOW, made), forked(folder / "aws", AWS, made):
            typed("for each in dev stage prod; do payflow bootstrap --env $each; done", made, folder)
            typed("payflow deploy --env dev; payflow deploy --env prod", made, folder)
            typed(f"payflow run --env prod '{PAYMENT}'", made, folder)
            yield made


def typed(text: str, environment: dict[str, str], folder: Path) -> str:
    """Run a script as a reader does, and end whatever it leaves running."""
    log = folder / "output.log"
    with log.open("w") as output:
        shell = subprocess.Popen(
            ["sh", "-e", "-c", text], env=environment, cwd=folder, stdout=output, stderr=output, start_new_session=True
        )
        status = shell.wait()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(shell.pid, signal.SIGTERM)
    assert status == 0, log.read_text()
    return log.read_text()


def free_port() -> str:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return str(found.getsockname()[1])


def test_every_page_with_commands_is_found() -> None:
    assert len(PAGES) > 15
    assert set(PAGES) >= ELSEWHERE | SAMPLE


@pytest.mark.parametrize(
    "page",
    [pytest.param(each, marks=() if each in SAMPLE else pytest.mark.whole) for each in PAGES if each not in ELSEWHERE],
)
def test_the_commands_of_a_page_run(page: str, environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "templates").symlink_to(TOP / "templates")
    (tmp_path / "payflow.toml").write_text(SETTINGS)
    (tmp_path / "key.txt").write_text("key")
    out = typed(script(page).replace("8099", free_port()), environment, tmp_path)
    if page == "docs/tutorial/first-gateway.md":
        assert re.findall(r"T-\d (?:SUCCEEDED|DECLINED)", out) == ["T-1 SUCCEEDED", "T-2 DECLINED", "T-3 SUCCEEDED"]
        assert re.findall(r'"status": "(\w+)"', out)[:3] == ["COMPLETED", "DECLINED", "COMPLETED"]
