"""`lint` beside one cfn-lint process over the same files: `python benchmarks/lint.py [-n 7] [--json]`.

Cold is without the kept reports, unchanged with them. The package ships the reports of its own templates, so a set of
others is measured, too: each with a blank more. cfn-lint is asked less than we ask: no informational rules, none of our
own. After a change of one of these templates (the smallest, the middle and the largest one), the yardstick is our own
cold lint of them. Any other exit status than 0 ends the benchmark.
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
    by_size = sorted(map(Path, yardstick[yardstick.index("--") + 1 :]), key=lambda path: path.stat().st_size)

    def beside_cfn_lint(name: str, options: list[str], note: str) -> Row:
        return compare(
            name,
            lambda: cost([*ours, *options], env=environment),
            lambda: cost(yardstick, env=environment),
            rounds=rounds,
            note=note,
        )

    yield beside_cfn_lint("lint of the shipped set, cold", ["--no-cache"], "at most 0.60")
    for each in by_size:
        _add_blank(each)
    yield beside_cfn_lint("lint of another set, cold", ["--no-cache"], "at most 0.60")
    yield beside_cfn_lint("lint, unchanged", [], "at most 0.05")
    yield beside_cfn_lint("lint --fast, cold", ["--no-cache", "--fast"], "at most 0.35")
    cost(ours, env=environment)
    for template in (by_size[0], by_size[len(by_size) // 2], by_size[-1]):

        def changed(path: Path = template) -> Cost:
            _add_blank(path)
            return cost(ours, env=environment)

        yield compare(
            f"lint, {template.name} changed",
            changed,
            lambda: cost([*ours, "--no-cache"], env=environment),
            rounds=rounds,
            note="at most 0.45 of our cold lint",
        )


def _add_blank(path: Path) -> None:
    path.write_text(f"{path.read_text()} ")


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
