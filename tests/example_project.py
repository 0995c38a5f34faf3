"""Run an example of examples/ as its reader would: in a copy of the folder, with nothing of this repository's tests."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

TOP = Path(__file__).parents[1]
LINES = 80
NAMES = tuple(sorted(each.name for each in (TOP / "examples").iterdir() if (each / "tests").is_dir()))


def run_tests(name: str, folder: Path) -> str:
    """Run the example's own tests in a copy below the folder, and return what pytest prints."""
    copy = folder / name
    shutil.copytree(TOP / "examples" / name, copy, ignore=shutil.ignore_patterns("__pycache__", ".payflow"))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def modules(name: str) -> dict[str, str]:
    """Return the project's files that a team writes, without its tests, by their paths."""
    top = TOP / "examples" / name
    found = {each.relative_to(top): each for each in sorted(top.rglob("*")) if each.suffix in {".py", ".toml"}}
    written = {path: each for path, each in found.items() if "tests" not in path.parts}
    return {path.as_posix(): each.read_text(encoding="utf-8") for path, each in written.items()}


def length(name: str) -> int:
    """Return how many lines a team writes, without blank ones and tests."""
    return sum(bool(line.strip()) for text in modules(name).values() for line in text.splitlines())


def shown(name: str) -> list[str]:
    """Return the Python that the example's page shows and that is in no file of the example."""
    page = (TOP / "docs" / "examples" / f"{name}.md").read_text(encoding="utf-8")
    blocks = [each.partition("```")[0].rstrip() for each in page.split("```python\n")[1:]]
    assert blocks, f"docs/examples/{name}.md shows no code"
    return [each for each in blocks if not any(each in text for text in modules(name).values())]
