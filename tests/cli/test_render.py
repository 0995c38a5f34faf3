"""Test `render`: the written files, and the findings of `--check`."""

from __future__ import annotations

from pathlib import Path

import pytest

from payflow_cfn.cli.main import main
from payflow_cfn.version import TEMPLATE_VERSION


@pytest.mark.slow
def test_check_compares_the_zips_as_well_when_they_are_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["render", "--out", "mine"]) == 0
    assert main(["render", "--out", "mine", "--check"]) == 0
    capsys.readouterr()
    assert main(["render", "--out", "mine", "--check", "--artifacts"]) == 3
    assert capsys.readouterr().out == "artifacts/processing.zip: missing\nartifacts/validation.zip: missing\n"
    assert main(["render", "--out", "mine", "--artifacts"]) == 0
    assert main(["render", "--out", "mine", "--check", "--artifacts"]) == 0
    Path(f"mine/{TEMPLATE_VERSION}/artifacts/validation.zip").write_bytes(b"PK")
    capsys.readouterr()
    assert main(["render", "--out", "mine", "--check"]) == 0
    assert main(["render", "--out", "mine", "--check", "--artifacts"]) == 3
    assert capsys.readouterr().out == "artifacts/validation.zip: changed\n"
