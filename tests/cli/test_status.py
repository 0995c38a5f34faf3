"""Test `status`: its output and exit status."""

from __future__ import annotations

import json
from typing import Any

import pytest

from one_stack import cloud_with


@pytest.mark.parametrize(
    ("status", "wanted", "said"),
    [
        ("CREATE_COMPLETE", 0, "payflow-dev is CREATE_COMPLETE: it is in order"),
        ("UPDATE_ROLLBACK_COMPLETE", 0, "it is as before\n  what to do: `payflow diagnose --env dev` shows why"),
        ("ROLLBACK_COMPLETE", 1, "can only be deleted: `payflow recover --env dev --remove`"),
        ("UPDATE_IN_PROGRESS", 4, "it is being updated"),
        ("SHINY_NEW_STATE", 1, "which this version does not know"),
    ],
)
def test_the_exit_status_of_status_follows_the_stacks_health(ask: Any, status: str, wanted: int, said: str) -> None:
    ended, out, _ = ask(cloud_with(status), "status")
    assert ended == wanted
    assert said in out
    ended, out, _ = ask(cloud_with(status), "status", "--json")
    assert (ended, json.loads(out)["status"]) == (wanted, status)


def test_status_of_no_stack_is_one_clear_line(ask: Any) -> None:
    ended, out, err = ask(cloud_with(""), "status")
    assert (ended, out, err.splitlines()) == (
        1,
        "",
        [
            "there is no stack payflow-dev in eu-west-2: check the environment and the region, or deploy it",
            "  note: names could not be looked up: no names here",
        ],
    )
    ended, out, _ = ask(cloud_with(""), "status", "--json")
    assert (ended, json.loads(out)["health"]) == (1, "missing")


def test_status_lists_what_was_left(ask: Any) -> None:
    cloud = cloud_with("CREATE_COMPLETE")
    cloud.preview("payflow-1")
    assert "\n  left: change set payflow-1 of 2026-11-25" in ask(cloud, "status")[1]
    assert len(json.loads(ask(cloud, "status", "--json")[1])["leftovers"]["change_sets"]) == 1


def test_status_as_json_has_times_in_iso_8601(ask: Any) -> None:
    _, out, _ = ask(cloud_with("CREATE_COMPLETE"), "status", "--json")
    found = json.loads(out)
    assert found["changed_at"] == "2026-11-25T10:00:00+00:00"
    assert found["operation"] == {
        "kind": "CREATE", "status": "CREATE_COMPLETE", "began_at": found["changed_at"], "ended_at": found["changed_at"]
    }  # fmt: skip
