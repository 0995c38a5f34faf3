"""The command audit in a project with an extension."""

from __future__ import annotations

from pathlib import Path

import pytest

from payflow_cfn.cli.main import main

EXTENSION = """from payflow_cfn.extensions import override


def widened(payments):
    def every(statements):
        return [{**each, "Action": "sns:*"} if "sns:Publish" in each["Action"] else each for each in statements]

    return override(payments, "Workflow/WorkflowRole/Policies/0/PolicyDocument/Statement", every)
"""


def test_the_set_with_the_extensions_is_audited(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "payflow.toml").write_text('[settings]\nextensions = ["widening:widened"]\n')
    (tmp_path / "widening.py").write_text(EXTENSION)
    monkeypatch.chdir(tmp_path)
    assert main(["audit"]) == 3
    assert capsys.readouterr().out.splitlines()[-1] == "0 missing, 0 narrowed, 0 denied, 1 widened, 0 unused"
