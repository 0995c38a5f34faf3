"""A drift-aware change set: three values a property, what it overwrites, and what only the comparison invents."""

from __future__ import annotations

from typing import Any

import pytest

from payflow_cfn.deploy import Proposal
from payflow_cfn.deploy.cloudformation.changes import parse_changes
from payflow_cfn.deploy.preview import Preview, preview, refuse_losses
from payflow_cfn.diff import AccessChange, Change, Effect, ResourceChange
from payflow_cfn.diff import PropertyChange as OurProperty
from payflow_cfn.errors import DeployError

TABLE, QUEUE, ROLE = "AWS::DynamoDB::Table", "AWS::SQS::QueueInlinePolicy", "AWS::IAM::Role"
ALARM = "AWS::CloudWatch::Alarm"


def detail(
    name: str, deployed: str | None, actual: str, wanted: str | None, change: str = "Modify", **more: str
) -> dict[str, Any]:
    """One property as a drift-aware change set describes it."""
    target = {
        "Attribute": "Properties", "Name": name.split("/")[0], "Path": f"/Properties/{name}",
        "RequiresRecreation": "Never", "BeforeValue": actual, "BeforeValueFrom": "ACTUAL_STATE",
        "AfterValueFrom": "TEMPLATE", "AttributeChangeType": change,
        "Drift": {"ActualValue": actual, **({"PreviousValue": deployed} if deployed is not None else {})},
        **({"AfterValue": wanted} if wanted is not None else {}), **more,
    }  # fmt: skip
    return {"Target": target, "Evaluation": "Static", "ChangeSource": "NoModification"}


def seen(kind: str, *details: dict[str, Any], ours: tuple[Change, ...] = (), **more: Any) -> Preview:
    facts = {"Action": "Modify", "Replacement": "False", "ResourceDriftStatus": "MODIFIED", **more}
    change = {
        "LogicalResourceId": "R",
        "ResourceType": kind,
        "Details": list(details),
        "Scope": ["Properties"],
        **facts,
    }
    changes = parse_changes([{"Type": "Resource", "ResourceChange": change}], path=("Storage",))
    return preview(ours, Proposal("payflow-dev", "id", "set", "UPDATE", tuple(changes)))


def lines(found: Preview) -> list[str]:
    return found.text.splitlines()[1:]


def test_an_emergency_change_on_what_holds_data_is_listed_as_taken_away() -> None:
    found = seen(TABLE, detail("DeletionProtectionEnabled", "true", "false", "true"))
    values = 'deployed "true", actual "false", wanted "true"'
    assert lines(found) == [
        "",
        "taken away:",
        f"  ! Storage/R ({TABLE}): an emergency change of DeletionProtectionEnabled will be overwritten: {values}",
        "",
        "resources:",
        "  root",
        "    Storage",
        f"      ~ R ({TABLE}): no interruption",
        f"          DeletionProtectionEnabled: {values}",
    ]
    assert found.disagreements == ()


@pytest.mark.parametrize(
    ("kind", "name"), [(ROLE, "Policies/0"), (QUEUE, "PolicyDocument"), ("AWS::KMS::Key", "KeyPolicy")]
)
def test_an_emergency_change_of_permissions_is_listed_with_the_access(kind: str, name: str) -> None:
    found = seen(kind, detail(name, "{}", '{"a":1}', "{}"))
    (access,) = [each for each in found.changes if isinstance(each, AccessChange)]
    assert access.alarming
    assert "an emergency change of" in access.text
    assert "  ! Storage/R: an emergency change of" in found.text


def test_another_emergency_change_is_a_note_of_its_resource() -> None:
    found = seen(ALARM, detail("Threshold", "5", "50", "5"))
    assert "          ! an emergency change of Threshold will be overwritten: deployed 5, actual 50, wanted 5" in lines(
        found
    )


@pytest.mark.parametrize(
    "invented",
    [
        detail("A", '{"a": 1, "b": 2}', '{"b":2,"a":1}', '{"a": 1, "b": 2}'),
        detail("A", "5", "5.0", "5", "SyncWithActual"),
        detail("A", "5", "9", "9"),  # the template already has what somebody changed
    ],
)
def test_what_only_the_comparison_invents_changes_nothing(invented: dict[str, Any]) -> None:
    (found,) = seen(ALARM, invented).changes
    assert isinstance(found, ResourceChange)
    assert (found.effect, found.notes) == (Effect.NOTHING, ("its drift status is reset, and it is not changed",))


def test_a_new_value_beside_one_that_is_only_written_otherwise_overwrites_no_emergency_change() -> None:
    assert "emergency" not in seen(ALARM, detail("A", '{"a": 1, "b": 2}', '{"b":2,"a":1}', "{}")).text


def test_a_definition_that_cloudformation_compares_wrongly_is_no_emergency_change() -> None:
    found = seen("AWS::StepFunctions::StateMachine", detail("DefinitionString", "${a}", "arn", "${a}"))
    assert "emergency" not in found.text


def test_a_change_of_the_template_beside_a_drift_keeps_its_effect_and_gets_the_actual_value() -> None:
    change = OurProperty(("Properties", "Threshold"), 5, 7, Effect.NO_INTERRUPTION)
    ours = ResourceChange(("Storage", "R"), ALARM, "modify", Effect.NO_INTERRUPTION, properties=(change,))
    found = seen(ALARM, detail("Threshold", "5", "50", "7"), ours=(ours,))
    assert "          Threshold: deployed 5, actual 50, wanted 7" in lines(found)


def test_a_replacement_by_drift_stops_a_deploy_as_any_other() -> None:
    found = seen(TABLE, detail("TableName", "a", "b", "a", RequiresRecreation="Always"), Replacement="True")
    with pytest.raises(DeployError, match=r"Storage/R \(AWS::DynamoDB::Table\) would be replaced"):
        refuse_losses(found, allowed=())
    refuse_losses(found, allowed=("R",))


def test_a_table_that_somebody_deleted_stops_a_deploy_and_an_alarm_does_not() -> None:
    found = seen(TABLE, ResourceDriftStatus="DELETED", Action="Add", Replacement="")
    assert "will be created again, without its data" in found.text
    with pytest.raises(DeployError, match="would be replaced"):
        refuse_losses(found, allowed=())
    other = seen(ALARM, ResourceDriftStatus="DELETED", Action="Add", Replacement="")
    assert "! it was deleted outside CloudFormation and will be created again" in other.text
    refuse_losses(other, allowed=())


def test_what_was_not_compared_is_named() -> None:
    ignored = [{"Path": "/Properties/Secret", "Reason": "WRITE_ONLY_PROPERTY"}]
    found = seen(ALARM, detail("Threshold", "5", "50", "5"), ResourceDriftIgnoredAttributes=ignored)
    assert "! not compared: /Secret (WRITE_ONLY_PROPERTY)" in found.text
    unsupported = seen(ALARM, ResourceDriftStatus="UNSUPPORTED")
    assert "! its actual state was not compared (UNSUPPORTED)" in unsupported.text


def test_a_change_set_that_compares_nothing_has_no_third_value() -> None:
    target = {"Attribute": "Properties", "Path": "/Properties/Threshold", "BeforeValue": "5", "AfterValue": "7"}
    found = seen(ALARM, {"Target": target, "Evaluation": "Static"}, ResourceDriftStatus="")
    assert "          Threshold: 5 -> 7" in lines(found)


@pytest.mark.parametrize(("action", "replacement"), [("Dynamic", ""), ("Merge", "False"), ("Modify", "Perhaps")])
def test_what_happens_to_data_and_cannot_be_known_stops_a_deploy(action: str, replacement: str) -> None:
    found = seen(TABLE, Action=action, Replacement=replacement, ResourceDriftStatus="")
    assert found.disagreements == (f"Storage/R: the change set leaves open what happens to it ({action})",)
    with pytest.raises(DeployError, match="may be replaced"):
        refuse_losses(found, allowed=())
    refuse_losses(found, allowed=("R",))
    refuse_losses(seen(ALARM, Action=action, Replacement=replacement, ResourceDriftStatus=""), allowed=())


def test_a_nested_stack_that_may_go_stops_a_deploy_too() -> None:
    found = seen("AWS::CloudFormation::Stack", Action="Dynamic", Replacement="", ResourceDriftStatus="")
    with pytest.raises(DeployError, match="may be replaced"):
        refuse_losses(found, allowed=())


def test_an_open_action_on_a_table_that_the_templates_change_stops_a_deploy() -> None:
    change = OurProperty(("Properties", "BillingMode"), "A", "B", Effect.NO_INTERRUPTION)
    ours = ResourceChange(
        ("Storage", "R"), TABLE, "modify", Effect.NO_INTERRUPTION, stateful=True, properties=(change,)
    )
    found = seen(TABLE, ours=(ours,), Action="Dynamic", Replacement="", ResourceDriftStatus="")
    with pytest.raises(DeployError, match="may be replaced"):
        refuse_losses(found, allowed=())
