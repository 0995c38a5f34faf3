"""The audit as a command: what it prints, and its exit status."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from payflow_cfn.audit import report
from payflow_cfn.audit.permissions.grants import Grant
from payflow_cfn.audit.permissions.needs_vs_grants import KINDS, Deviation
from payflow_cfn.cli.main import main


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty folder."""
    monkeypatch.chdir(tmp_path)


@pytest.mark.slow
def test_the_command_prints_one_object_and_ends_with_0(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {kind: [] for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS)
def test_the_command_ends_with_3_where_a_permission_differs(
    kind: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = (Deviation(kind, Grant("identity R", "a:B", "x")),)
    monkeypatch.setattr(report, "compare_case", lambda _: found)
    assert main(["audit"]) == 3
    said = capsys.readouterr().out
    assert f"{kind}: identity R: Allow a:B on x [as described, " in said
    assert f"1 {kind}" in said.splitlines()[-1]


def test_the_page_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "--page"]) == 0
    assert capsys.readouterr().out.startswith("# Permissions\n")
