"""Shared by the tests of the commands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fake_cloudformation import FakeCloudFormation
from payflow_cfn.cli.main import main
from sessions import with_client


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Run a command against a cloud: its exit status, what it printed, and what it said beside that."""
    monkeypatch.chdir(tmp_path)

    def run(cloud: FakeCloudFormation, *arguments: str) -> tuple[int, str, str]:
        status = main([arguments[0], "--env", "dev", *arguments[1:]], with_client(cloud))
        said = capsys.readouterr()
        assert "\x1b" not in said.out + said.err
        return status, said.out, said.err

    return run
