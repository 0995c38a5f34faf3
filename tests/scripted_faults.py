"""Faults by a script, for tests of the fake gateway and of the proxy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from payflow_cfn.local.gateway.faults import Call

F = TypeVar("F")


def scripted(script: Mapping[str, Sequence[F | None]]) -> Callable[[Call], F | None]:
    """A plan from {operation: faults in turn of attempts} for every key; what is beyond the list passes."""

    def plan(call: Call) -> F | None:
        faults = script.get(call.operation, ())
        return faults[call.attempt - 1] if call.attempt <= len(faults) else None

    return plan
