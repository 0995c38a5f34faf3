"""An account with one stack, for the commands that look at an environment."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from fake_cloudformation import AT, NAME, FakeCloudFormation, stack_id

OUTPUTS = [("TopicArn", "arn:aws:sns:eu-west-1:1:t"), ("Note", "two words\x1b[2J")]


def cloud_with(status: str, *, reason: str = "", outputs: Any = OUTPUTS) -> FakeCloudFormation:
    """A stack without nested ones (none where `status` is empty); `reason` is that of a table that failed."""
    cloud = FakeCloudFormation()
    if not status:
        return cloud
    cloud.put(NAME, status, Outputs=dict(outputs))

    def line(logical_id: str, physical_id: str, status: str, reason: str = "") -> dict[str, Any]:
        return {
            "StackId": stack_id(NAME), "StackName": NAME, "EventId": logical_id + status, "Timestamp": AT,
            "LogicalResourceId": logical_id, "PhysicalResourceId": physical_id, "ResourceType": "T",
            "ResourceStatus": status, "ResourceStatusReason": reason,
        }  # fmt: skip

    failed = [line("Table", "t", "CREATE_FAILED", reason)] if reason else []
    itself = [line(NAME, stack_id(NAME), each) for each in ("CREATE_IN_PROGRESS", status)]
    cloud.events[stack_id(NAME)] = [itself[0], *failed, itself[1]]
    return cloud


def answer(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(text))


def against(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, status: str, *, name: str = NAME, **facts: Any
) -> FakeCloudFormation:
    """An account with the root stack of one environment; the working folder has no payflow.toml."""
    cloud = FakeCloudFormation()
    cloud.put(name, status, **facts)
    monkeypatch.chdir(tmp_path)
    return cloud
