"""Test the table of stack statuses: it is complete, and never lets a used stack be deleted."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.session import Session

from payflow_cfn.deploy.cloudformation.stack_statuses import DOES_NOT_EXIST, GOOD_ENDS, STATES, is_over, rule_for

MODEL: Any = Session().get_service_model("cloudformation")
STATUSES: tuple[str, ...] = tuple(MODEL.shape_for("StackStatus").enum)


def test_the_table_has_every_status_of_the_service_model_and_no_other() -> None:
    assert set(STATES) == {*STATUSES, DOES_NOT_EXIST}


@pytest.mark.parametrize("status", STATUSES)
def test_an_update_or_import_status_never_leads_to_a_deletion(status: str) -> None:
    rule = rule_for(status)
    if status.startswith(("UPDATE_", "IMPORT_")):
        assert rule.deploy in ("update", "busy", "refuse")
        assert rule.recover in ("nothing", "wait", "continue-rollback", "roll-back", "refuse")


@pytest.mark.parametrize("status", STATUSES)
def test_while_something_runs_nothing_is_done(status: str) -> None:
    rule = rule_for(status)
    running = status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS"
    assert (rule.deploy == "busy", rule.recover == "wait", rule.destroy == "wait") == (running, running, running)


@pytest.mark.parametrize("status", STATUSES)
def test_a_refusal_says_what_to_do(status: str) -> None:
    rule = rule_for(status)
    assert rule.why
    if rule.deploy in ("busy", "refuse", "delete-first") or rule.recover == "refuse":
        assert rule.remedy


@pytest.mark.parametrize(("status", "deploy"), [
    (None, "create"), ("REVIEW_IN_PROGRESS", "create"), ("DELETE_COMPLETE", "create"), ("CREATE_COMPLETE", "update"),
    ("UPDATE_ROLLBACK_COMPLETE", "update"), ("IMPORT_COMPLETE", "update"), ("ROLLBACK_COMPLETE", "delete-first"),
    ("ROLLBACK_FAILED", "delete-first"), ("CREATE_FAILED", "delete-first"), ("DELETE_FAILED", "refuse"),
    ("UPDATE_ROLLBACK_FAILED", "refuse"), ("UPDATE_FAILED", "refuse"),
    ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "busy"),
])  # fmt: skip
def test_what_a_deploy_does_in_a_state(status: str | None, deploy: str) -> None:
    assert rule_for(status).deploy == deploy


@pytest.mark.parametrize("status", ["SHIFT_IN_PROGRESS", "SHIFT_COMPLETE", "SHIFT_FAILED", ""])
def test_an_unknown_status_is_waited_for_or_refused(status: str) -> None:
    rule = rule_for(status)
    expected = ("busy", "wait", "wait") if status.endswith("_IN_PROGRESS") else ("refuse", "refuse", "refuse")
    assert (rule.deploy, rule.recover, rule.destroy) == expected
    assert "does not know" in rule.why


def test_the_statuses_of_success_are_not_in_progress() -> None:
    assert all(is_over(each) and each in STATUSES for each in GOOD_ENDS)
