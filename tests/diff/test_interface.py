"""Root parameters and outputs: what breaks whoever holds on to them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from payflow_cfn.diff import Change, InterfaceChange, diff_sets

from .conftest import Templates

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
    assert [(each.before, each.after) for each in found if isinstance(each, InterfaceChange)] == [("1.0.0", "2.0.0")]


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
