"""The same settings give the same bytes, wherever and whenever they are rendered."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src"
SCRIPT = """
import hashlib
from payflow_cfn import Settings, build_stacks, render_templates
for name, text in render_templates(build_stacks(Settings(), {"validation": "a", "processing": "b"})).items():
    print(name, hashlib.sha256(text.encode()).hexdigest())
"""


def rendered(folder: Path, zone: str, seed: str) -> list[str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
    clean = {**kept, "HOME": "/nonexistent", "PYTHONPATH": str(SOURCE), "TZ": zone, "PYTHONHASHSEED": seed}
    done = subprocess.run([sys.executable, "-c", SCRIPT], cwd=folder, env=clean, capture_output=True, text=True)
    assert done.stderr == ""
    return done.stdout.splitlines()


@pytest.mark.slow
def test_place_zone_and_hash_seed_change_no_byte(tmp_path: Path) -> None:
    first = rendered(SOURCE, "UTC", "1")
    assert [line.split()[0] for line in first] == [
        "encryption.json",
        "storage.json",
        "notifications.json",
        "functions.json",
        "workflow.json",
        "monitoring.json",
        "root.json",
    ]
    assert rendered(tmp_path, "Asia/Kathmandu", "2") == first
