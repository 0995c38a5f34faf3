"""Test the script of docs/library.md: on the embedded AWS, and with strict types."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from payflow_cfn.local.emulator.clients import child_environment

if TYPE_CHECKING:
    from payflow_cfn.local.emulator.emulator import Emulator

TOP = Path(__file__).parents[2]
PAGE = (TOP / "docs" / "library.md").read_text()


@pytest.mark.local
def test_the_script_of_the_page_deploys_and_pays(cloud: Emulator, tmp_path: Path) -> None:
    (script,) = re.findall(r"<!-- a test runs this -->\n```python\n(.*?)```", PAGE, re.DOTALL)
    environment = {**child_environment(cloud), "PYTHONPATH": str(TOP / "src")}
    done = subprocess.run([sys.executable, "-c", script], env=environment, cwd=tmp_path, capture_output=True, text=True)
    assert done.stderr == ""
    assert done.stdout == "SUCCEEDED COMPLETED\n"
    assert "It prints `SUCCEEDED COMPLETED`" in PAGE
