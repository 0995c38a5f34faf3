"""Test `drift`: its output and exit status."""

from __future__ import annotations

import json
from typing import Any

from one_stack import cloud_with


def drifted(status: str, expected: str, actual: str) -> dict[str, Any]:
    difference = {
        "PropertyPath": "/Threshold", "ExpectedValue": expected, "ActualValue": actual, "DifferenceType": "NOT_EQUAL"
    }  # fmt: skip
    return {
        "LogicalResourceId": "Alarm", "PhysicalResourceId": "a\x1b[1m", "ResourceType": "T",
        "StackResourceDriftStatus": status, "PropertyDifferences": [difference],
    }  # fmt: skip


def test_drift_ends_with_3_when_something_was_really_changed(ask: Any) -> None:
    cloud = cloud_with("CREATE_COMPLETE")
    assert ask(cloud, "drift")[:2] == (0, "payflow-dev: resources changed outside of it: 0\n")
    cloud.drifts = [drifted("MODIFIED", "5", '"5"')]
    ended, out, _ = ask(cloud, "drift")
    assert ended == 0
    assert "(no real change: the same value in another notation)" in out
    assert out.endswith("payflow-dev: resources changed outside of it: 0, without a real change: 1\n")
    cloud.drifts = [drifted("MODIFIED", "5", "50")]
    ended, out, _ = ask(cloud, "drift", "--json")
    assert (ended, json.loads(out)["drifted"]) == (3, True)
    resource = json.loads(out)["resources"][0]
    assert (resource["physical_id"], resource["differences"][0]["actual"]) == ("a [1m", "50")


def test_drift_with_an_unchecked_stack_is_not_clean(ask: Any) -> None:
    cloud = cloud_with("CREATE_COMPLETE")
    cloud.detection = {"DetectionStatus": "DETECTION_FAILED", "DetectionStatusReason": "why\x1b]0;x"}
    ended, out, _ = ask(cloud, "drift")
    assert ended == 1
    assert "payflow-dev was not checked: why ]0;x" in out
