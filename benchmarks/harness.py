"""Whole processes timed in turn, ours and a yardstick, so that what the machine does meanwhile hits both alike.

On a machine that others use, only the ratio of CPU times means something: the least of each side.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

TOP = Path(__file__).resolve().parents[1]
OURS = (sys.executable, "-m", "payflow_cfn")


@dataclass(frozen=True, slots=True)
class Cost:
    """One process: wall and CPU in seconds (its children's too), peak memory in MiB."""

    wall: float
    cpu: float
    peak: float


@dataclass(frozen=True, slots=True)
class Row:
    """One comparison: medians of wall time and memory, the least CPU time.

    `ratio` is the median of each pair's own ratio of wall times, `cpu_ratio` the ratio of the least CPU times.
    """

    name: str
    ours: Cost
    yardstick: Cost | None
    ratio: float | None
    cpu_ratio: float | None
    note: str = ""

    def as_json(self) -> dict[str, Any]:
        """A JSON object; times in seconds."""
        return asdict(self)

    def as_text(self) -> str:
        """One line."""
        ours = f"{self.name:<28} {self.ours.wall:8.3f} s  cpu {self.ours.cpu:7.3f} s  {self.ours.peak:6.1f} MiB"
        theirs = self.yardstick
        beside = f"  yardstick {theirs.wall:8.3f} s  cpu {theirs.cpu:7.3f} s" if theirs else ""
        ratios = f"  ratio {self.ratio:.2f}  cpu {self.cpu_ratio:.2f}" if theirs else ""
        return f"{ours}{beside}{ratios}{f'  ({self.note})' if self.note else ''}"


def cost(
    command: Sequence[str], *, env: Mapping[str, str] | None = None, cwd: Path | None = None, expect: int = 0
) -> Cost:
    """Run one process to its end; another exit status than `expect` ends the benchmark with what it said."""
    environment = {**(os.environ if env is None else env)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # without bytecode it is the compiler that is measured
    started = time.perf_counter()
    process = subprocess.Popen(command, env=environment, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    said = process.stdout.read() if process.stdout else b""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != expect:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}:\n{said.decode(errors='replace')}")
    return Cost(time.perf_counter() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def summary(costs: Sequence[Cost]) -> Cost:
    """The medians of wall time and memory, and the least CPU time."""
    wall, peak = (statistics.median(getattr(each, part) for each in costs) for part in ("wall", "peak"))
    return Cost(wall, min(each.cpu for each in costs), peak)


def compare(
    name: str, ours: Callable[[], Cost], yardstick: Callable[[], Cost] | None, *, rounds: int, note: str = ""
) -> Row:
    """Run both once to warm the disk, then in turn; `note` goes into the row."""
    sides = [each for each in (ours, yardstick) if each]
    for side in sides:
        side()
    taken = [[side() for side in sides] for _ in range(rounds)]
    mine = summary([each[0] for each in taken])
    if yardstick is None:
        return Row(name, mine, None, None, None, note)
    theirs = summary([each[1] for each in taken])
    ratio = statistics.median(each[0].wall / each[1].wall for each in taken)
    return Row(name, mine, theirs, ratio, mine.cpu / theirs.cpu, note)


def cfn_lint(folder: Path) -> list[str]:
    """The command of one cfn-lint process over a fresh set, which is rendered into `folder`.

    It is asked less than our lint asks: no informational rules, none of our own.
    """
    cost([*OURS, "render", "--out", str(folder)])
    [version] = [each for each in folder.iterdir() if (each / "root.json").is_file()]
    files = sorted(str(each) for each in version.glob("*.json") if "Resources" in json.loads(each.read_text()))
    return [str(Path(sys.executable).with_name("cfn-lint")), "--ignore-checks", "W3002", "--", *files]
