"""Time a command beside its yardstick, in turn: `python benchmarks/run.py [help|lint] [--json]`."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "templates" / "1.0.0"
OURS = [sys.executable, "-m", "payflow_cfn"]
PAIRS = {
    "help": ([*OURS, "--help"], [sys.executable, "-c", "pass"]),
    "lint": (
        [*OURS, "lint", str(FOLDER)],
        [
            str(Path(sys.executable).with_name("cfn-lint")),
            *map(str, sorted(set(FOLDER.glob("*.json")) - {FOLDER / "manifest.json"})),
        ],
    ),
}


def seconds(command: list[str]) -> float:
    """Wall seconds of one process; its exit code is not judged, for a lint may have findings."""
    start = time.perf_counter()
    subprocess.run(command, check=False, capture_output=True)
    return time.perf_counter() - start


def main() -> None:
    """Print medians of three runs in turn and their ratio."""
    for name in [a for a in sys.argv[1:] if a in PAIRS] or list(PAIRS):
        times = [tuple(map(seconds, PAIRS[name])) for _ in range(3)]
        ours, yardstick = (statistics.median(column) for column in zip(*times, strict=True))
        row = {
            "name": name,
            "ours": round(ours, 3),
            "yardstick": round(yardstick, 3),
            "ratio": round(ours / yardstick, 2),
        }
        print(json.dumps(row) if "--json" in sys.argv else row)


if __name__ == "__main__":
    main()
