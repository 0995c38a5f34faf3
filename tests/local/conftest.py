"""Shared by the tests on the embedded AWS: a small function zip and a role for it."""

from __future__ import annotations

import io
import json
import os
import zipfile
from typing import TYPE_CHECKING

import pytest

from sessions import Commands, always

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from payflow_cfn.local.emulator.clients import LocalClients

TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": "sts:AssumeRole",
                "Principal": {"Service": ["lambda.amazonaws.com", "states.amazonaws.com"]},
            }
        ],
    }
)


def zipped(source: str) -> bytes:
    """A function artifact of one module, `main.py`."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("main.py", source)
    return buffer.getvalue()


@pytest.fixture
def run(
    clients: LocalClients, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Commands:
    """Run a command in an empty folder, on an empty emulator that has the bucket `artifacts`."""
    monkeypatch.chdir(tmp_path)
    clients("s3").create_bucket(Bucket="artifacts")
    return Commands(always(clients), capsys)


@pytest.fixture(scope="session")
def checks(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A folder for the linter's reports, one for all processes of the run: each set is checked once."""
    own = tmp_path_factory.getbasetemp()
    return str((own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "checks")


@pytest.fixture
def make_function(clients: LocalClients) -> Callable[[str, str], str]:
    """Create a function from source that has `def handle(event, context)`, under its own role: returns its ARN."""

    def make(name: str, source: str) -> str:
        role: str = clients("iam").create_role(RoleName=f"role-{name}", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
        clients("lambda").create_function(
            FunctionName=name,
            Runtime="python3.11",
            Role=role,
            Handler="main.handle",
            Code={"ZipFile": zipped(source)},
            Timeout=5,
        )
        return role

    return make
