"""What earlier operations left is listed, and what could not be looked up is named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from fake_cloudformation import NAME, FakeCloudFormation, refused, stack_id
from payflow_cfn.deploy import Leftovers, find_leftovers

if TYPE_CHECKING:
    from payflow_cfn.local.emulator.clients import LocalClients


def left(cloud: FakeCloudFormation, *, deployed: bool = True) -> Leftovers:
    clients: Any = lambda _: cloud  # noqa: E731
    return find_leftovers(clients, environment="dev", stack_name=NAME, stack_id=stack_id(NAME) if deployed else "")


def test_a_change_set_that_was_not_executed_is_left_and_an_executed_one_is_not() -> None:
    cloud = FakeCloudFormation("UPDATE_COMPLETE")
    cloud.preview("payflow-1")
    cloud.preview("payflow-2")
    next(each for each in cloud.change_sets.values() if each["ChangeSetName"] == "payflow-2")["ExecutionStatus"] = (
        "EXECUTE_COMPLETE"
    )
    (line,) = left(cloud).change_sets
    assert line.startswith(
        "change set payflow-1 of 2026-11-25 10:00:00 UTC, which was not executed: delete it with `aws "
    )
    assert f"--change-set-name arn:aws:cloudformation:eu-west-2:1:changeSet/payflow-1/{NAME}`" in line


def test_a_kept_plan_is_listed_with_its_commands_and_its_nested_stacks_are_not_left() -> None:
    cloud = FakeCloudFormation("REVIEW_IN_PROGRESS")
    cloud.put(f"{NAME}-Storage-1AB", "REVIEW_IN_PROGRESS")
    cloud.preview("payflow-plan-1")
    found = left(cloud)
    assert (found.plans, found.change_sets, found.stacks) == (("payflow-plan-1",), (), ())
    assert found.text == (
        "  kept plan payflow-plan-1: `payflow deploy --change-set payflow-plan-1` with the plan's own options (--set, "
        "--parameter, --bucket, --prefix) executes it, `payflow plan --discard payflow-plan-1` deletes it"
    )


def test_nested_stacks_that_were_only_previewed_are_left_and_those_of_other_environments_are_not() -> None:
    cloud = FakeCloudFormation("UPDATE_COMPLETE")
    for name in (f"{NAME}-Storage-1AB", f"{NAME}-2-Storage-1AB", f"{NAME}-two-Storage-1AB", "other"):
        cloud.put(name, "REVIEW_IN_PROGRESS")
    cloud.put(f"{NAME}-Functions-1AB", "UPDATE_COMPLETE")
    (line,) = left(cloud).stacks
    assert line.startswith(f"stack {NAME}-Storage-1AB, which was previewed and never deployed: delete it with ")


def test_what_is_refused_is_noted_and_the_rest_is_listed() -> None:
    cloud = FakeCloudFormation("UPDATE_COMPLETE")
    cloud.preview("payflow-1")
    cloud.fail["list_stacks"] = [refused("AccessDenied", "no")]
    found = left(cloud)
    assert (len(found.change_sets), found.notes) == (1, ("previewed stacks could not be looked up: no",))
    lines = found.text.splitlines()
    assert lines[0].startswith("  left: change set payflow-1")
    assert lines[1] == "  note: previewed stacks could not be looked up: no"


def test_names_are_looked_up_only_without_a_stack() -> None:
    assert left(FakeCloudFormation("UPDATE_COMPLETE")) == Leftovers()
    assert left(FakeCloudFormation(), deployed=False).notes == ("names could not be looked up: no names here",)


@pytest.mark.local
def test_a_table_that_a_destroyed_stack_kept_is_left(clients: LocalClients) -> None:
    table = {"BillingMode": "PAY_PER_REQUEST", "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
             "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}]}  # fmt: skip
    clients("dynamodb").create_table(TableName="dynamodb-transactions-dev", **table)
    found = find_leftovers(clients, environment="dev", stack_name=NAME, stack_id="")
    assert [each.partition(":")[0] for each in found.resources] == [
        "table dynamodb-transactions-dev exists and belongs to no stack"
    ]
    assert found.notes == ()
