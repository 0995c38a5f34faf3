"""Test what stops a deploy: lost data, and a replacement that CloudFormation would refuse."""

from __future__ import annotations

import pytest

from payflow_cfn.aws.data_resources import STACK
from payflow_cfn.deploy import Proposal
from payflow_cfn.deploy.preview import Preview, refuse_losses
from payflow_cfn.diff import Change, Effect, InterfaceChange, ResourceChange
from payflow_cfn.errors import DeployError


def table(
    effect: Effect, *, action: str = "modify", stateful: bool = True, kind: str = "AWS::DynamoDB::Table"
) -> ResourceChange:
    return ResourceChange(("Storage", "Table"), kind, action, effect, stateful=stateful)


def refuse(*changes: Change, allowed: tuple[str, ...] = ()) -> None:
    refuse_losses(Preview(Proposal("payflow-dev", "i", "c", "UPDATE", ()), changes, ()), allowed=allowed)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (table(Effect.REPLACES), "would be replaced"),
        (table(Effect.MAY_REPLACE), "may be replaced"),
        (table(Effect.NO_INTERRUPTION, action="remove"), "would be removed"),
        (table(Effect.REFUSED), "which CloudFormation refuses"),
        (table(Effect.REFUSED, stateful=False), "which CloudFormation refuses"),
        (table(Effect.NO_INTERRUPTION, action="remove", stateful=False, kind=STACK), "would be removed"),
    ],
)
def test_what_would_be_lost_or_refused_stops_the_deploy_unless_it_is_named(change: ResourceChange, text: str) -> None:
    with pytest.raises(DeployError, match=rf"Storage/Table .*{text}.*--allow-replace Table$"):
        refuse(change)
    refuse(change, allowed=("Table",))
    refuse(change, allowed=("Storage/Table",))
    with pytest.raises(DeployError):
        refuse(change, allowed=("Other",))


@pytest.mark.parametrize(
    "change",
    [
        table(Effect.MAY_INTERRUPT),
        table(Effect.REPLACES, stateful=False),
        table(Effect.NO_INTERRUPTION, action="remove", stateful=False),
        table(Effect.REPLACES, stateful=False, kind=STACK),
        InterfaceChange("output", "TopicArn", "removed", "x", None, breaking=True),
    ],
)
def test_anything_else_goes_on(change: Change) -> None:
    refuse(change)
