"""Test `upgrade-notes`: text and JSON, and the sets that it takes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from payflow_cfn.cli.main import main
from payflow_cfn.version import TEMPLATE_VERSION


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    capsys.readouterr()
    assert main(["upgrade-notes", *arguments]) == 0
    return capsys.readouterr().out


@pytest.mark.slow
def test_a_release_and_this_version_are_compared(capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "1.0.0", TEMPLATE_VERSION)
    assert text.startswith(f"from 1.0.0 to {TEMPLATE_VERSION}\nreplaced: nothing\ndata at risk: none\n")
    assert said(capsys, "1.0.0") == text  # without NEW, the set of the settings


@pytest.mark.slow
def test_as_json_it_has_the_same_lines(capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(said(capsys, "1.0.0", TEMPLATE_VERSION, "--json"))
    assert (found["old"], found["new"]) == ("1.0.0", TEMPLATE_VERSION)
    text = said(capsys, "1.0.0", TEMPLATE_VERSION)
    assert [line for lines in found["notes"].values() for line in lines if f"  {line}\n" not in text] == []


@pytest.mark.slow
def test_the_other_settings_are_in_the_notes(capsys: pytest.CaptureFixture[str]) -> None:
    Path("payflow.toml").write_text("[settings]\nfunction_memory = 512\n")
    assert "MemorySize" in said(capsys, "1.0.0")


def test_an_unknown_version_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["upgrade-notes", "9.9.9"]) == 2
    assert "9.9.9 is neither a folder nor a version" in capsys.readouterr().err
