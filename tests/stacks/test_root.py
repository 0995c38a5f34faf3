"""Root keeps its promised outputs and joins its children by name; a name without exactly one owner is refused."""

from __future__ import annotations

import pytest

from governed_sets import EVERYTHING, IDENTITIES, parsed
from payflow_cfn.errors import RenderError
from payflow_cfn.settings import Settings
from payflow_cfn.stacks import build_stacks
from payflow_cfn.stacks.root import root_stack

ALARMS = ("WorkflowFailures", "ValidationErrors", "ValidationThrottles", "ProcessingErrors", "ProcessingThrottles")
# What others build on: a key that goes breaks them.
PROMISED = {
    *("StateMachineArn", "StateMachineName", "StateMachineId", "StateMachineRoleArn"),
    *(f"{f}Function{p}" for f in ("Validation", "Processing") for p in ("Name", "Arn", "InvokeArn", "RoleArn")),
    *("TransactionsTableName", "TransactionsTableArn", "TransactionsTableId"),
    *("NotificationsTopicArn", "NotificationsTopicName"),
    *(f"{group}LogGroup{part}" for group in ("Validation", "Processing", "Workflow") for part in ("Name", "Arn")),
    *(f"{key}Key{part}" for key in ("Dynamodb", "Sns", "Cloudwatch") for part in ("Id", "Arn")),
    *(f"{alarm}Alarm{part}" for alarm in (*ALARMS, "PaymentDuration") for part in ("Name", "Arn")),
    *("AccountId", "Region", "TemplateVersion"),
}


@pytest.mark.parametrize("settings", [Settings(), EVERYTHING], ids=["plain", "everything"])
def test_root_keeps_every_promised_output(settings: Settings) -> None:
    assert len(PROMISED) == 44
    assert PROMISED - set(parsed(settings).templates["root"]["Outputs"]) == set()


def test_a_parameter_without_an_owner_is_refused() -> None:
    stacks = build_stacks(Settings(), IDENTITIES)
    del stacks["root"], stacks["encryption"].outputs["DynamodbKeyArn"]
    with pytest.raises(RenderError, match="DynamodbKeyArn of storage has no owner"):
        root_stack(Settings(), stacks)


def test_an_output_with_two_owners_is_refused() -> None:
    stacks = build_stacks(Settings(), IDENTITIES)
    stacks["storage"].outputs["SnsKeyArn"] = stacks["encryption"].outputs["SnsKeyArn"]
    del stacks["root"]
    with pytest.raises(RenderError, match="SnsKeyArn is an output of both encryption and storage"):
        root_stack(Settings(), stacks)
