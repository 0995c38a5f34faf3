"""The fixtures of the pytest plugin, as a team's tests use them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from payflow_cfn.audit.permissions.folder import Fault
from payflow_cfn.config.settings import Settings
from payflow_cfn.lint import Finding
from payflow_cfn.stacks.render import build_set

if TYPE_CHECKING:
    from collections.abc import Iterator

    from payflow_cfn.artifacts.template_set import TemplateSet


@pytest.fixture(scope="session")
def payflow_set() -> TemplateSet:
    """A set whose table has no encryption, and whose processing function may do more than it needs."""
    made = build_set(Settings())
    document = json.loads(made.templates["storage.json"])
    del document["Resources"]["TransactionsTable"]["Properties"]["SSESpecification"]
    texts = {**made.templates, "storage.json": json.dumps(document)}
    return replace(made, templates={**texts, "functions.json": texts["functions.json"].replace("PutItem", "*")})


@pytest.fixture(scope="session", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The user's cache folder."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("XDG_CACHE_HOME", str(folder))
        yield folder


@pytest.mark.slow
def test_the_findings_are_those_of_lint_and_of_audit_and_the_reports_are_kept(
    cache: Path, payflow_findings: list[Finding | Fault]
) -> None:
    lint = [each.rule for each in payflow_findings if isinstance(each, Finding)]
    audit = [(each.kind, each.file) for each in payflow_findings if isinstance(each, Fault)]
    assert "PF028" in lint
    assert ("widened", "functions.json") in audit
    assert any(cache.rglob("*.json"))
