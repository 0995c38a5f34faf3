"""Test the merge of both sources: templates explain, the change set decides, disagreements are listed."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from payflow_cfn.deploy import Cause, PropertyChange, Proposal, ProposedChange, proposal_text
from payflow_cfn.deploy.preview import preview
from payflow_cfn.deploy.preview.merge import unchanged
from payflow_cfn.diff import AccessChange, Change, Effect, InterfaceChange, ResourceChange
from payflow_cfn.diff import PropertyChange as OurProperty

TABLE = "AWS::DynamoDB::Table"
STACK = "AWS::CloudFormation::Stack"


def real(*path: str, action: str = "Modify", kind: str = "AWS::SQS::Queue", **more: Any) -> ProposedChange:
    given = {"physical_id": "", "replacement": "", "policy_action": "", "scope": (), "properties": (), **more}
    return ProposedChange(path=path, logical_id=path[-1], resource_type=kind, action=action, **given)


def ours(
    *path: str,
    action: str = "modify",
    effect: Effect = Effect.NO_INTERRUPTION,
    kind: str = "AWS::SQS::Queue",
    **more: Any,
) -> ResourceChange:
    change = OurProperty(("Properties", "A"), 1, 2, effect)
    return ResourceChange(
        path=path, resource_type=kind, action=action, effect=effect, **{"properties": (change,), **more}
    )


def proposal(*changes: ProposedChange) -> Proposal:
    return Proposal("payflow-dev", "id", "set", "UPDATE", changes)


def joined(ours: Change, *real: ProposedChange) -> tuple[ResourceChange, tuple[str, ...]]:
    found = preview([ours], proposal(*real))
    (only,) = found.changes
    assert isinstance(only, ResourceChange)
    return only, found.disagreements


def test_a_change_in_both_sources_is_listed_once() -> None:
    found, problems = joined(ours("A"), real("A", replacement="False"))
    assert found == ours("A")
    assert problems == ()


@pytest.mark.parametrize(
    ("effect", "replacement", "wanted", "disagrees"),
    [
        (Effect.NO_INTERRUPTION, "True", Effect.REPLACES, True),
        (Effect.NO_INTERRUPTION, "Conditional", Effect.MAY_REPLACE, True),
        (Effect.REPLACES, "False", Effect.NO_INTERRUPTION, True),
        (Effect.MAY_REPLACE, "False", Effect.NO_INTERRUPTION, False),
        (Effect.MAY_REPLACE, "True", Effect.REPLACES, False),
        (Effect.REPLACES, "Conditional", Effect.REPLACES, False),
        (Effect.UNKNOWN, "True", Effect.REPLACES, True),
        (Effect.REFUSED, "True", Effect.REFUSED, False),
    ],
)
def test_the_change_set_decides_what_is_replaced(
    effect: Effect, replacement: str, wanted: Effect, disagrees: bool
) -> None:
    found, problems = joined(ours("A", effect=effect), real("A", replacement=replacement))
    assert found.effect is wanted
    assert bool(problems) is disagrees


def test_a_change_only_in_the_change_set_is_added_and_noted() -> None:
    found = preview(
        [], proposal(real("T", kind=TABLE, action="Remove", policy_action="Delete", physical_id="payments"))
    )
    (only,) = found.changes
    assert isinstance(only, ResourceChange)
    assert (only.action, only.fate, only.name, only.endangers_data) == ("remove", "deleted", "payments", True)
    assert found.disagreements == ("T: only the change set changes it (Remove)",)
    assert "! T (AWS::DynamoDB::Table payments) would be removed; the old one is deleted" in found.text


def test_what_only_the_templates_have_is_a_disagreement_unless_it_only_may_move() -> None:
    assert joined(ours("A"))[1] == ("A: the templates differ, the change set leaves it alone",)
    moving = OurProperty(("Properties", "A"), "x", "x", Effect.NO_INTERRUPTION, ("B",))
    assert joined(ours("A", properties=(moving,)))[1] == ()
    kept = OurProperty(("DeletionPolicy",), "Retain", "Delete", Effect.NOTHING)
    assert joined(ours("A", properties=(kept,)))[1] == ()


def test_below_a_stack_without_a_nested_change_set_the_templates_decide() -> None:
    found = preview([ours("S", "A")], proposal(real("S", kind=STACK)))
    assert found.changes == (ours("S", "A"),)
    assert found.disagreements == ()


def test_everywhere_else_the_change_set_decides() -> None:
    found = preview([ours("A")], proposal(real("S", kind=STACK)))
    assert found.disagreements == ("A: the templates differ, the change set leaves it alone",)


def test_what_is_added_or_removed_on_both_sides_has_the_change_sets_fate() -> None:
    gone = ours("A", action="remove", properties=(), fate="deleted")
    assert joined(gone, real("A", action="Remove", policy_action="Retain"))[0].fate == "retained"
    new = ours("A", action="add", properties=())
    assert joined(new, real("A", action="Add")) == (new, ())


def test_the_properties_that_only_the_change_set_has_are_shown() -> None:
    said = (PropertyChange("/Properties/A", "1", "2", "Conditionally"), PropertyChange("Tags", None, None, ""))
    (only,) = preview([], proposal(real("Q", replacement="Conditional", properties=said))).changes
    assert isinstance(only, ResourceChange)
    assert only.properties == (OurProperty(("Properties", "A"), "1", "2", Effect.MAY_REPLACE),)


def test_a_stack_is_not_listed_beside_what_changes_in_it() -> None:
    child = real("S", kind=STACK, nested_change_set="set")
    found = preview([ours("S", "A")], proposal(child, real("S", "A", replacement="False")))
    assert found.changes == (ours("S", "A"),)


def test_a_removed_stack_is_listed_beside_what_goes_with_it() -> None:
    stack = real("S", kind=STACK, action="Remove", nested_change_set="set")
    found = preview([], proposal(stack, real("S", "A", action="Remove")))
    assert [each.path for each in found.changes if isinstance(each, ResourceChange)] == [("S",), ("S", "A")]


def test_below_a_stack_with_a_nested_change_set_it_decides() -> None:
    found = preview([ours("S", "A")], proposal(real("S", kind=STACK, nested_change_set="set")))
    assert found.disagreements == ("S/A: the templates differ, the change set leaves it alone",)


def test_a_stack_in_which_nothing_changes_is_marked_unchanged() -> None:
    """O14."""
    found = preview([ours("A")], proposal(real("A", replacement="False"), real("S", kind=STACK, nested_change_set="s")))
    assert found.disagreements == ()
    assert "named by the change set; by the templates nothing in it changes" in found.text


def test_a_value_that_the_change_set_is_not_sure_of_is_no_disagreement_except_where_data_is_at_risk() -> None:
    harmless = preview([], proposal(real("A", dynamic=True, kind="AWS::SSM::Parameter", replacement="False")))
    assert harmless.disagreements == ()
    table = preview([], proposal(real("T", dynamic=True, kind=TABLE, replacement="Conditional")))
    assert len(table.disagreements) == 1
    assert "data at risk" in table.text


def test_values_come_from_cloudformation_where_the_templates_have_symbols() -> None:
    open_value = OurProperty(("Properties", "List", "[0]", "A"), "${Storage/T}", "${Storage/U}", Effect.NO_INTERRUPTION)
    closed = OurProperty(("Properties", "B"), "1", "2", Effect.NO_INTERRUPTION)
    secret = OurProperty(("Properties", "C"), "${X}****", "****", Effect.NO_INTERRUPTION)
    said = (
        PropertyChange("/Properties/List/0/A", "t", "u", "Never"),
        PropertyChange("/Properties/B", "one", "two", "Never"),
        PropertyChange("/Properties/C", "hunter2", "hunter3", "Never"),
        PropertyChange("/Properties/D", "x", "y", "Always"),
        PropertyChange("Tags", None, None, ""),
    )
    found, _ = joined(
        ours("A", properties=(open_value, closed, secret)), real("A", replacement="False", properties=said)
    )
    assert [(each.path[1], each.before, each.after) for each in found.properties] == [
        ("List", "t", "u"),
        ("B", "1", "2"),
        ("C", "${X}****", "****"),
        ("D", "x", "y"),
    ]


def test_tags_of_the_stack_are_no_disagreement() -> None:
    found = preview([], proposal(real("A", replacement="False", scope=("Tags",))))
    assert found.disagreements == ()
    assert "named by the change set for its Tags alone" in found.text


def test_another_action_is_the_change_sets() -> None:
    found, problems = joined(ours("A"), real("A", action="Remove"))
    assert found.action == "remove"
    assert problems == ("A: by the templates modify, by the change set Remove",)


def test_no_change_is_one_line() -> None:
    assert unchanged("payflow-dev").text == "payflow-dev needs no change"
    assert not unchanged("payflow-dev").changed


def test_a_change_set_for_outputs_alone_is_a_change() -> None:
    output = InterfaceChange("output", "A", "new", None, "1")
    found = preview([output], proposal())
    assert found.changed
    assert "no resource changes" in found.text
    assert 'output A: new ("1")' in found.text


def test_the_data_is_json() -> None:
    found = json.loads(json.dumps(preview([ours("A")], proposal(real("A", replacement="True"))).data))
    assert (found["kind"], found["changed"], found["changes"][0]["effect"]) == ("UPDATE", True, "replaces")
    assert len(found["disagreements"]) == 1


def test_the_first_line_has_the_changes_and_the_headline_the_permissions() -> None:
    """Account and partition are those of the stack."""
    arn = "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/x"
    changes = (
        ours("A"),
        AccessChange(("A",), arn, f"{arn} may now a:B", True),
        AccessChange(("A",), "anyone", "anyone may now a:B", True, alarming=True),
    )
    stack_id = "arn:aws-cn:cloudformation:cn-north-1:123456789012:stack/payflow-dev/1"
    found = preview(changes, Proposal("payflow-dev", stack_id, "set", "UPDATE", (real("A"),)))
    assert found.text.splitlines()[0] == "UPDATE payflow-dev: 1 changed in place"
    assert found.headline == "UPDATE payflow-dev: 1 changed in place; 2 access changes (1 marked !)"
    assert "+ arn:aws-cn:iam::123456789012:role/x may now a:B" in found.text
    assert arn in json.dumps(found.data)


def test_warnings_of_cloudformation_are_in_the_text_and_the_data() -> None:
    warning = Cause(("Storage", "Bucket"), "AWS::S3::Bucket", "", "FAILED", "not empty", "", None, check="V")
    made = replace(proposal(), warnings=(warning,), notes=("n",))
    found = preview([], made)
    assert found.text.splitlines()[1:] == [
        "",
        "warnings of CloudFormation:",
        "  ! Storage/Bucket (AWS::S3::Bucket): not empty [V]",
        "note: n",
    ]
    assert (found.data["warnings"][0]["reason"], found.data["notes"]) == ("not empty", ["n"])
    assert proposal_text(made).splitlines()[1:] == ["  ! Storage/Bucket (AWS::S3::Bucket): not empty [V]", "note: n"]


@pytest.mark.parametrize("action", ["Add", "Import", "Remove"])
def test_what_comes_or_goes_is_not_replaced_whatever_its_properties_say(action: str) -> None:
    said = (PropertyChange("/Properties/A", None, "2", "Always"),)
    found = preview([], proposal(real("Q", action=action, replacement="True", properties=said)))
    (only,) = found.changes
    assert isinstance(only, ResourceChange)
    assert (only.effect, only.properties) == (Effect.NO_INTERRUPTION, ())
    assert "replaced" not in found.text
    assert "replaced" not in real("Q", action="Add", replacement="True").text


@pytest.mark.parametrize("replacement", ["Conditional", "True"])
def test_a_nested_stack_is_updated_in_place_whatever_its_properties_say(replacement: str) -> None:
    said = (PropertyChange("/Properties/TemplateURL", "a", "b", "Conditionally"),)
    stack = real("S", kind=STACK, replacement=replacement, properties=said)
    for changes in ([ours("S", kind=STACK)], []):
        found = preview(changes, proposal(stack))
        assert "replaced" not in found.text
        assert found.disagreements == ()


def test_a_preview_in_markdown_has_its_decisions_first() -> None:
    table = real("T", kind=TABLE, action="Remove", policy_action="Delete", physical_id="payments")
    arn = "arn:aws-cn:cloudformation:r:123456789012:stack/payflow-dev/x"
    access = AccessChange((), "w", "w may a:B on ${AWS::AccountId}", True, True)
    made = Proposal("payflow-dev", arn, "s", "UPDATE", (table,), notes=("@team",))
    lines = preview([access], made).markdown(folded=True).splitlines()
    assert lines[0] == "## UPDATE payflow-dev: 1 removed&#59; 1 access change (1 marked !)".replace("&#59;", ";")
    titles = [line.removeprefix("### ") for line in lines if line.startswith("### ")]
    assert titles == [
        "The change set and the templates disagree (the change set decides)",
        "Data at risk",
        "Access",
        "Resources",
        "Notes",
    ]
    assert "- <code>! w may a:B on 123456789012</code>" in lines
    assert lines[-1] == "- <code>&#64;team</code>"
    assert unchanged("payflow-dev", notes=("n",)).markdown(folded=True).splitlines()[0] == (
        "## payflow-dev needs no change"
    )
