"""Root parameters and outputs: what breaks whoever holds on to them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from payflow_cfn.diff import Change, InterfaceChange, diff_sets
from payflow_cfn.version import TEMPLATE_VERSION

from .conftest import Templates, resources

After = Callable[..., list[Change]]


def interface(changes: list[Change]) -> list[tuple[str, str, str, bool]]:
    return [(each.kind, each.name, each.text, each.breaking) for each in changes if isinstance(each, InterfaceChange)]


def test_a_removed_output_breaks(after: After) -> None:
    found = after(lambda templates: templates["root.json"]["Outputs"].pop("SnsKeyArn"))
    assert interface(found) == [("output", "SnsKeyArn", "removed", True)]


def test_a_new_output_breaks_nothing(after: After) -> None:
    found = after(lambda templates: templates["root.json"]["Outputs"].update(X={"Value": "1"}))
    assert interface(found) == [("output", "X", "new", False)]


def test_another_value_is_told_with_both(after: After) -> None:
    found = after(lambda templates: templates["root.json"]["Outputs"]["TemplateVersion"].update(Value="2.0.0"))
    assert [(each.before, each.after) for each in found if isinstance(each, InterfaceChange)] == [
        (TEMPLATE_VERSION, "2.0.0")
    ]


def test_a_changed_default_is_told_and_followed(after: After) -> None:
    def edit(templates: Templates) -> None:
        templates["root.json"]["Parameters"]["LogRetentionDays"]["Default"] = 90

    found = after(edit)
    assert interface(found) == [("parameter", "LogRetentionDays", "default changed", False)]
    given = after(edit, old_parameters={"LogRetentionDays": "7"}, new_parameters={"LogRetentionDays": "7"})
    assert interface(given) == [
        ("parameter", "LogRetentionDays", "default changed, of no effect here: a value is given", False)
    ]
    assert len(found) > len(given) == 1


def root(**parameters: Any) -> Templates:
    return {"root.json": {"Parameters": parameters}}


TEXT = {"Type": "String", "Default": "d", "Description": "one of a kind"}


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        (root(A=TEXT), root(), ("parameter", "A", "removed", True)),
        (root(A=TEXT), root(B=TEXT), ("parameter", "A", "renamed to B", True)),
        (root(), root(A=TEXT), ("parameter", "A", "new", False)),
        (root(), root(A={"Type": "String"}), ("parameter", "A", "new, and needs a value", True)),
        (root(A=TEXT), root(A={**TEXT, "Type": "Number"}), ("parameter", "A", "Type changed", True)),
        (root(A=TEXT), root(A={**TEXT, "AllowedPattern": "x"}), ("parameter", "A", "AllowedPattern changed", False)),
        (
            root(A=TEXT),
            root(A={"Type": "String", "Description": "x"}),
            ("parameter", "A", "default changed, and it needs a value", True),
        ),
    ],
)
def test_a_parameter_breaks_where_a_deploy_would_fail(
    old: Templates, new: Templates, wanted: tuple[str, str, str, bool]
) -> None:
    assert interface(diff_sets(old, new)) == [wanted]


def test_two_parameters_without_a_description_are_not_taken_for_one() -> None:
    found = interface(diff_sets(root(A={"Type": "String", "Default": ""}), root(B={"Type": "String", "Default": ""})))
    assert found == [("parameter", "A", "removed", True), ("parameter", "B", "new", False)]


def test_a_secret_default_is_not_shown() -> None:
    old, new = (root(A={"Type": "String", "NoEcho": True, "Default": each}) for each in ("hunter2", "hunter3"))
    assert "hunter" not in repr(diff_sets(old, new))
    assert interface(diff_sets(old, new)) == [("parameter", "A", "default changed", False)]


def test_a_removed_export_breaks() -> None:
    def stack(**more: Any) -> Templates:
        return {"root.json": {"Outputs": {"A": {"Value": "1", **more}}}}

    assert interface(diff_sets(stack(Export={"Name": "x"}), stack())) == [("output", "A", "export changed", True)]
    assert interface(diff_sets(stack(), stack(Export={"Name": "x"}))) == [("output", "A", "export changed", False)]


def test_a_transform_or_a_rule_that_changes_is_told() -> None:
    found = interface(
        diff_sets(
            {"root.json": {"Resources": {}}}, {"root.json": {"Resources": {}, "Transform": "X", "Rules": {"R": {}}}}
        )
    )
    assert [(kind, name, breaking) for kind, name, _, breaking in found] == [
        ("template", "Transform", False),
        ("template", "Rules", False),
    ]


def nested(child: Templates, **stack: Any) -> Templates:
    """A root with one nested stack; `stack` are further properties of it."""
    resource = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "./child.json", **stack}}
    return {"root.json": {"Resources": {"Child": resource}}, "child.json": {"Resources": {}, **child}}


@pytest.mark.parametrize(
    ("part", "one", "other"),
    [
        ("Transform", "AWS::Serverless-2016-10-31", ["Mine"]),
        ("Rules", {"R": {"Assertions": []}}, {"R": {"Assertions": [{"Assert": {"Fn::Equals": ["a", "b"]}}]}}),
        ("Hooks", {"H": {"Type": "AWS::CodeDeploy::BlueGreen"}}, {}),
    ],
)
def test_the_transform_the_rules_and_the_hooks_of_a_nested_stack_are_compared(part: str, one: Any, other: Any) -> None:
    (found,) = diff_sets(nested({part: one}), nested({part: other}))
    assert isinstance(found, InterfaceChange)
    assert (found.kind, found.name, found.before, found.after) == ("template", f"Child/{part}", one, other)


def test_an_export_of_a_nested_stack_that_goes_or_changes_breaks_its_importers() -> None:
    def made(name: str, value: str) -> Templates:
        return nested({"Outputs": {"O": {"Value": value, "Export": {"Name": name}}}})

    (other,) = diff_sets(made("e", "1"), made("e", "2"))
    assert isinstance(other, InterfaceChange)
    assert (other.kind, other.name, other.text, other.breaking) == ("export", "e", "has another value", True)
    gone, new = diff_sets(made("e", "1"), made("f", "1"))
    assert isinstance(gone, InterfaceChange)
    assert isinstance(new, InterfaceChange)
    assert [(each.name, each.text, each.breaking) for each in (gone, new)] == [
        ("e", "removed", True),
        ("f", "new", False),
    ]


def test_tags_and_targets_of_a_nested_stack_are_compared_and_its_address_is_not() -> None:
    one = nested({}, Tags=[{"Key": "a", "Value": "1"}], NotificationARNs=["x"])
    other = nested({}, Tags=[{"Key": "a", "Value": "2"}], NotificationARNs=["y"])
    other["root.json"]["Resources"]["Child"]["Properties"]["TemplateURL"] = "https://b.s3.amazonaws.com/p/child.json"
    (found,) = resources(diff_sets(one, other)).values()
    assert (found.effect.words, sorted(each.path[1] for each in found.properties)) == (
        "no interruption",
        ["NotificationARNs", "Tags"],
    )


def test_a_newly_accepted_finding_is_shown_and_so_is_one_that_is_no_longer() -> None:
    def made(**accepted: str) -> Templates:
        topic = {"Type": "AWS::SNS::Topic", "Metadata": {"payflow": {"accept": accepted}}}
        return nested({"Resources": {"T": topic}})

    changes = diff_sets(made(PF001="a", PF002="b"), made(PF001="c", PF003="d"))
    assert [(each.kind, each.name, each.text) for each in changes if isinstance(each, InterfaceChange)] == [
        ("accepted finding", "PF001 of Child/T", "has another value"),
        ("accepted finding", "PF002 of Child/T", "removed"),
        ("accepted finding", "PF003 of Child/T", "new"),
    ]
    assert len(changes) == 3


@pytest.mark.parametrize("section", ["Resources", "Outputs"])
def test_a_macro_in_place_of_a_logical_id_is_compared_by_what_it_is_given(section: str) -> None:
    def made(location: str) -> Templates:
        macro = {"Name": "AWS::Include", "Parameters": {"Location": location}}
        return {"root.json": {"Resources": {}, section: {"Fn::Transform": macro}}}

    assert diff_sets(made("a"), made("a")) == []
    empty: Templates = {"root.json": {"Resources": {}}}
    for old in (made("a"), empty):
        (found,) = diff_sets(old, made("b"))
        assert isinstance(found, InterfaceChange)
        assert (found.kind, found.name) == ("template", f"{section}/Fn::Transform")
