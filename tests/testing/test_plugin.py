"""The fixtures of the pytest plugin, as a team's tests use them."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from payflow_cfn.audit.permissions.folder import Fault
from payflow_cfn.config.settings import Settings
from payflow_cfn.lint import Finding
from payflow_cfn.stacks.render import build_set
from payflow_cfn.testing.plugin import Findings, pytest_assertrepr_compare

if TYPE_CHECKING:
    from payflow_cfn.artifacts.template_set import TemplateSet


@pytest.fixture(scope="session")
def payflow_set() -> TemplateSet:
    """A set whose table has no encryption, and whose processing function may do more than it needs."""
    made = build_set(Settings())
    document = json.loads(made.templates["storage.json"])
    del document["Resources"]["TransactionsTable"]["Properties"]["SSESpecification"]
    texts = {**made.templates, "storage.json": json.dumps(document)}
    return replace(made, templates={**texts, "functions.json": texts["functions.json"].replace("PutItem", "*")})


@pytest.mark.slow
def test_the_findings_are_those_of_lint_and_of_audit_and_the_reports_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    payflow_findings: Findings = request.getfixturevalue("payflow_findings")
    lint = [each.rule for each in payflow_findings if isinstance(each, Finding)]
    audit = [(each.kind, each.file) for each in payflow_findings if isinstance(each, Fault)]
    assert "PF028" in lint
    assert ("widened", "functions.json") in audit
    assert any(tmp_path.rglob("*.json"))
    told = pytest_assertrepr_compare("==", payflow_findings)
    assert told == [f"{len(payflow_findings)} findings", *map(str, payflow_findings)]
    assert any("functions.json" in each for each in told)


def test_other_comparisons_are_printed_by_pytest() -> None:
    assert pytest_assertrepr_compare("==", []) is None
    assert pytest_assertrepr_compare("!=", Findings(["a"])) is None


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "line"),
    [
        (None, "there is no payflow.toml in "),
        ("[settings", "payflow.toml"),
        ('[settings]\nextensions = ["missing:one"]', "missing"),
    ],
)
def test_a_project_that_cannot_be_built_fails_in_one_line(text: str | None, line: str, tmp_path: Path) -> None:
    (tmp_path / "test_ours.py").write_text("def test_ours(payflow_set):\n    pass\n")
    if text is not None:
        (tmp_path / "payflow.toml").write_text(text)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert line in done.stdout
    assert "plugin.py" not in done.stdout
    assert len(done.stdout.splitlines()) < 10
