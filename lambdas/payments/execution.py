"""The Step Functions execution of a step: its ARN is the token of writes, and durations count from its start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from payments.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Execution:
    """`arn` identifies the execution; `started_at` is seconds since 1970, None when the payload has no usable time."""

    arn: str
    started_at: float | None


def read_execution(event: Mapping[str, object]) -> Execution:
    """Read `execution` of the payload; raise ConfigurationError when there is no ARN to sign writes with."""
    value = event.get("execution")
    arn = value.get("arn") if isinstance(value, Mapping) else None
    if not isinstance(arn, str) or not 0 < len(arn) <= 512:
        raise ConfigurationError("the payload has no execution.arn", remedy="pass $states.context.Execution.Id")
    started = value.get("started_at") if isinstance(value, Mapping) else None
    return Execution(arn=arn, started_at=seconds_of(started))


def time_text(seconds: float) -> str:
    """Return seconds since 1970 as an ISO 8601 text in UTC with milliseconds."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def seconds_of(text: object) -> float | None:
    """Return an ISO 8601 text as seconds since 1970, None for anything else."""
    try:
        return datetime.fromisoformat(text).timestamp() if isinstance(text, str) else None
    except (ValueError, OverflowError):
        return None
