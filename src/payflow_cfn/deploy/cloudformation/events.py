"""The events of a running deploy: frozen values, for a screen, a log or a test to collect."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Protocol

from payflow_cfn.deploy.cloudformation.changes import Proposal


@dataclass(frozen=True, slots=True)
class Waiting:
    """Another operation is running on the stack, and ours waits for it."""

    stack_name: str
    status: str
    seconds_left: float


@dataclass(frozen=True, slots=True)
class ParametersDropped:
    """The deployed stack has these parameters and the new template does not: their values are not sent."""

    stack_name: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NamesUnchecked:
    """Names that could not be looked up before the first deploy, each with the reason: they may be taken."""

    stack_name: str
    names: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ChangeSetMade:
    """A change set of ours exists; `kind` is CREATE or UPDATE."""

    stack_name: str
    change_set: str
    kind: str


@dataclass(frozen=True, slots=True)
class Proposed:
    """The change set was read: this is what executing it would do."""

    proposal: Proposal


class Explanation(Protocol):
    """What a deploy would do, by the change set and by a comparison of the templates."""

    def told(self, *, folded: bool) -> str:
        """The text for a person; `folded` leaves out repetitions."""

    @property
    def data(self) -> dict[str, Any]:
        """The same as plain data for JSON."""


@dataclass(frozen=True, slots=True)
class Explained:
    """The change set was explained by the templates; losses are refused, and a person is asked, after this event."""

    preview: Explanation


@dataclass(frozen=True, slots=True)
class NothingToChange:
    """The stack is already as the templates and parameters want it."""

    stack_name: str


@dataclass(frozen=True, slots=True)
class Started:
    """AWS has accepted the operation; `kind` is CREATE, UPDATE, DELETE or ROLLBACK."""

    stack_name: str
    stack_id: str
    kind: str


@dataclass(frozen=True, slots=True)
class ResourceEvent:
    """One line of a stack's history; `path` is the logical ids from the root down to it (empty: the root itself).

    `hook` and `hook_result` name a hook that was invoked, and its result.
    """

    path: tuple[str, ...]
    stack_name: str
    stack_id: str
    logical_id: str
    physical_id: str
    resource_type: str
    status: str
    reason: str
    at: datetime
    event_id: str
    hook: str = ""
    hook_result: str = ""

    @property
    def failed(self) -> bool:
        """Whether this event is a failure."""
        return self.status.endswith("_FAILED")

    @property
    def of_stack_itself(self) -> bool:
        """Whether this event is about its stack, not about a resource of it."""
        return self.physical_id == self.stack_id


@dataclass(frozen=True, slots=True)
class StatusChanged:
    """The stack has a new status; only the stack's status decides how an operation ended."""

    stack_name: str
    status: str
    reason: str


@dataclass(frozen=True, slots=True)
class StatusUnreadable:
    """The status could not be read just now; reading goes on for `seconds_left` more."""

    stack_name: str
    reason: str
    seconds_left: float


@dataclass(frozen=True, slots=True)
class EventsUnreadable:
    """The events could not be read just now; that does not mean that the operation has failed."""

    stack_name: str
    reason: str


@dataclass(frozen=True, slots=True)
class LeftBehind:
    """Something that existed only for our change set could not be deleted; `text` holds what and why."""

    stack_name: str
    text: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The operation is over, well or not."""

    stack_name: str
    status: str


DeployEvent = (
    Waiting
    | ParametersDropped
    | NamesUnchecked
    | ChangeSetMade
    | Proposed
    | Explained
    | NothingToChange
    | Started
    | ResourceEvent
    | StatusChanged
    | StatusUnreadable
    | EventsUnreadable
    | LeftBehind
    | Finished
)
OnEvent = Callable[[DeployEvent], None]


def ignore(event: DeployEvent) -> None:
    """The listener that does nothing."""


def event_data(event: DeployEvent) -> dict[str, Any]:
    """The event as plain data for JSON, with its name under `event` and times in ISO 8601."""
    if isinstance(event, Explained):
        return {"event": "Preview", **_plain(event.preview.data)}
    return {"event": type(event).__name__, **_plain(asdict(event))}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return value.isoformat() if isinstance(value, datetime) else value
