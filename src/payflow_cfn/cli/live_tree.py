"""A deploy as a live tree on a terminal: each nested stack, its resources, their status and seconds."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from payflow_cfn.deploy.cloudformation import events
from payflow_cfn.deploy.cloudformation.events import DeployEvent
from payflow_cfn.deploy.cloudformation.stack_statuses import is_over
from payflow_cfn.deploy.cloudformation.text import event_line

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text
    from rich.tree import Tree

Path = tuple[str, ...]


@dataclass(slots=True)
class Row:
    """One resource or stack; `seen` is our clock at its first event, `began` and `ended` are AWS's times."""

    status: str
    seen: float
    began: datetime
    ended: datetime | None = None
    reason: str = ""

    @property
    def over(self) -> bool:
        """Whether AWS has stopped working on it."""
        return not self.status.endswith("_IN_PROGRESS")

    def seconds(self, now: float) -> float:
        """How long it took, by AWS's times, or how long it has been running, by our clock."""
        return (self.ended - self.began).total_seconds() if self.ended else max(now - self.seen, 0.0)


@dataclass(slots=True)
class Board:
    """The status of each resource, in the order of the first events."""

    name: str
    status: str = ""
    rows: dict[Path, Row] = field(default_factory=dict)

    def take(self, event: events.ResourceEvent, now: float) -> None:
        """Note one event; `now` is our clock."""
        if not event.path:
            return
        if event.path not in self.rows:  # a new mapping, since another thread may be drawing the old one
            self.rows = {**self.rows, event.path: Row(event.status, now, event.at)}
        row = self.rows[event.path]
        row.status = event.status
        row.ended = event.at if row.over else None
        row.reason = event.reason if event.failed else row.reason

    def shown(self) -> list[Path]:
        """The paths to draw: a stack that ended well is one line, without its resources."""
        done = {path for path, row in self.rows.items() if row.over and not row.status.endswith("_FAILED")}
        return [path for path in self.rows if not any(path[:depth] in done for depth in range(1, len(path)))]

    def tree(self, now: float) -> Tree:
        """The board as rich draws it."""
        from rich.tree import Tree

        top = Tree(_label(self.name, self.status, ""))
        nodes: dict[Path, Tree] = {(): top}
        for path in sorted(self.shown(), key=len):
            row = self.rows[path]
            label = _label(path[-1], row.status, f"{row.seconds(now):.0f} s", self._inside(path), row.reason)
            nodes[path] = nodes.get(path[:-1], top).add(label)
        return top

    def _inside(self, path: Path) -> str:
        count = sum(1 for each in self.rows if len(each) > len(path) and each[: len(path)] == path)
        return f"{count} resource{'' if count == 1 else 's'}" if count and self.rows[path].over else ""


@dataclass(slots=True)
class Screen:
    """Listens to events: a live tree while an operation runs, a line for everything else."""

    console: Console
    clock: Callable[[], float] = time.monotonic
    _board: Board | None = None
    _live: Any = None

    def __call__(self, event: DeployEvent) -> None:
        """Take one event."""
        match event:
            case events.Started():
                self.close()
                self._begin(event)
            case events.ResourceEvent() if self._board:
                self._board.take(event, self.clock())
            case events.StatusChanged() if self._board:
                self._board.status = event.status
            case events.Finished():
                self.close()
                self.console.print(event_line(event), markup=False, highlight=False)
            case _ if not is_told_elsewhere(event):
                self.console.print(event_line(event), markup=False, highlight=False, soft_wrap=True)

    def close(self) -> None:
        """Leave the tree as it last was; nothing is drawn after this."""
        if self._live is not None:
            self._live.stop()
        self._live = self._board = None

    def _begin(self, event: events.Started) -> None:
        from rich.live import Live

        board = self._board = Board(event.stack_name)
        self._live = Live(console=self.console, refresh_per_second=4, get_renderable=lambda: board.tree(self.clock()))
        self._live.start()


def is_told_elsewhere(event: DeployEvent) -> bool:
    """Whether another line shows this event better: the command's preview, or the line at the operation's end."""
    if isinstance(event, events.Proposed):
        return event.proposal.kind == "UPDATE"
    return isinstance(event, events.Explained) or (isinstance(event, events.StatusChanged) and is_over(event.status))


def _label(name: str, status: str, *notes: str) -> Text:
    from rich.text import Text

    style = "red" if status.endswith("_FAILED") or "ROLLBACK" in status else "green"
    told = Text(f"{name} ")
    told.append(status, style="yellow" if status.endswith("_IN_PROGRESS") and style == "green" else style)
    for each in filter(None, notes):
        told.append(f"  {each}", style="dim" if each != notes[-1] else "")
    return told
