"""docs/extensions.md and docs/testing.md as a team would use them: written down, rendered, checked and run."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from payflow_cfn.local.emulator.clients import child_environment

if TYPE_CHECKING:
    from payflow_cfn.local.emulator.emulator import Emulator

DOCS = Path(__file__).parents[2] / "docs"
_BLOCK = re.compile(r"<!-- a test runs this: (\S+) -->\n```python\n(.*?)```", re.DOTALL)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with the files of both pages."""
    folder = tmp_path_factory.mktemp("acme")
    (toml,) = re.findall(r"```toml\n(.*?)```", (DOCS / "extensions.md").read_text(), re.DOTALL)
    (folder / "payflow.toml").write_text(toml)
    for page in ("extensions.md", "testing.md"):
        for name, text in _BLOCK.findall((DOCS / page).read_text()):
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(text)
    return folder


def ran(project: Path, *command: str, env: Mapping[str, str] | None = None) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=project, capture_output=True, text=True, check=False, env=env
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_extension_has_at_most_sixty_lines(project: Path) -> None:
    assert len((project / "acme_payments.py").read_text().splitlines()) <= 60


@pytest.mark.whole
def test_lint_and_audit_find_nothing_in_the_extended_set(project: Path) -> None:
    assert ran(project, "payflow_cfn", "lint") == "0 findings\n"
    assert ran(project, "payflow_cfn", "audit") == "0 missing, 0 narrowed, 0 denied, 0 widened, 0 unused\n"


@pytest.mark.local
@pytest.mark.whole
def test_the_teams_own_tests_pass(project: Path) -> None:
    assert "4 passed" in ran(project, "pytest", "-q", "-p", "no:cacheprovider", "--payflow-update", "test_acme.py")
    assert (project / "golden" / "manifest.json").exists()


@pytest.mark.local
@pytest.mark.whole
def test_a_second_copy_lives_beside_the_first(project: Path, cloud: Emulator) -> None:
    facts = {"payment_amount": "100.50", "payment_method": "credit_card"}
    statuses = {}
    for number, each in enumerate(("dev", "second")):
        for command in (["bootstrap", "--env", each, "--yes"], ["deploy", "--env", each, "--yes"]):
            ran(project, "payflow_cfn", *command, env=child_environment(cloud))
        # The second copy has neither the row nor the notices of the first one's payment with this id.
        payment = json.dumps({"transaction_id": "T-1", "customer_id": ("C-1", "BAD-1")[number], **facts})
        statuses[each] = json.loads(
            ran(project, "payflow_cfn", "run", "--env", each, payment, env=child_environment(cloud))
        )
    assert {each: found["status"] for each, found in statuses.items()} == {"dev": "COMPLETED", "second": "DECLINED"}
