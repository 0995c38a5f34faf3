"""`lint` beside one cfn-lint process over the same files: `python benchmarks/lint.py [-n 7] [--json]`.

Cold is without the kept report, unchanged with it. cfn-lint is asked less than we ask: no informational rules, none of
our own. Any other exit status than 0 ends the benchmark.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from harness import OURS, Row, compare, cost


def rows(folder: Path, rounds: int) -> Iterator[Row]:
    """The comparisons; a fresh set and the kept reports lie in `folder`."""
    environment = {**os.environ, "XDG_CACHE_HOME": str(folder / "cache")}
    cost([*OURS, "render", "--out", str(folder)], env=environment)
    [version] = [each for each in folder.iterdir() if (each / "root.json").is_file()]
    files = sorted(str(each) for each in version.glob("*.json") if "Resources" in json.loads(each.read_text()))
    cfn_lint = [str(Path(sys.executable).with_name("cfn-lint")), "--ignore-checks", "W3002", "--", *files]
    ours = [*OURS, "lint", str(version)]
    for name, options, note in (
        ("lint, cold", ["--no-cache"], "at most 0.80"),
        ("lint, unchanged", [], "at most 0.05"),
        ("lint --fast, cold", ["--no-cache", "--fast"], ""),
    ):
        yield compare(
            name,
            lambda options=options: cost([*ours, *options], env=environment),
            lambda: cost(cfn_lint, env=environment),
            rounds=rounds,
            note=note,
        )


def main() -> None:
    """Print a row for each comparison."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-n", type=int, default=7, help="rounds")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for row in rows(Path(folder), options.n):
            print(json.dumps(row.as_json()) if options.json else row.as_text(), flush=True)


if __name__ == "__main__":
    main()
