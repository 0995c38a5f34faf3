"""`lint` beside one cfn-lint process over the same files: `python benchmarks/lint.py [-n 7] [--json]`.

Cold is without the kept reports, unchanged with them. cfn-lint is asked less than we ask: no informational rules, none
of our own. After a change of one template (the smallest, the middle and the largest one), the yardstick is our own cold
lint. Any other exit status than 0 ends the benchmark.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from harness import OURS, Cost, Row, cfn_lint, compare, cost


def rows(folder: Path, rounds: int) -> Iterator[Row]:
    """The comparisons; a fresh set and the kept reports lie in `folder`."""
    environment = {**os.environ, "XDG_CACHE_HOME": str(folder / "cache")}
    yardstick = cfn_lint(folder)
    ours = [*OURS, "lint", str(Path(yardstick[-1]).parent)]
    for name, options, note in (
        ("lint, cold", ["--no-cache"], "at most 0.60"),
        ("lint, unchanged", [], "at most 0.05"),
        ("lint --fast, cold", ["--no-cache", "--fast"], "at most 0.35"),
    ):
        yield compare(
            name,
            lambda options=options: cost([*ours, *options], env=environment),
            lambda: cost(yardstick, env=environment),
            rounds=rounds,
            note=note,
        )
    cost(ours, env=environment)
    by_size = sorted(map(Path, yardstick[yardstick.index("--") + 1 :]), key=lambda path: path.stat().st_size)
    for template in (by_size[0], by_size[len(by_size) // 2], by_size[-1]):

        def changed(path: Path = template) -> Cost:
            path.write_text(f"{path.read_text()} ")
            return cost(ours, env=environment)

        yield compare(
            f"lint, {template.name} changed",
            changed,
            lambda: cost([*ours, "--no-cache"], env=environment),
            rounds=rounds,
            note="at most 0.45 of our cold lint",
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
