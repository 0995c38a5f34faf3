"""The comparison as text and as data."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from payflow_cfn.aws.values import Pseudo, shown
from payflow_cfn.config.alarms import ALARMS
from payflow_cfn.diff import (
    AccessChange,
    Change,
    Effect,
    PropertyChange,
    ResourceChange,
    change_data,
    diff_sets,
    text,
    tree,
)
from payflow_cfn.diff.text import path_text
from payflow_cfn.text import safe

from .conftest import Templates, properties

After = Callable[..., list[Change]]


def _edit(templates: Templates) -> None:
    properties(templates, "storage", "TransactionsTable")["TableName"] = "other"
    properties(templates, "monitoring", "ValidationErrorsAlarm")["Period"] = 60
    made = properties(templates, "functions", "ValidationRole")["Policies"][0]["PolicyDocument"]["Statement"]
    made[:] = [each for each in made if "dynamodb:PutItem" not in each["Action"]]
    del templates["root.json"]["Outputs"]["SnsKeyArn"]


def test_danger_access_and_breaking_come_before_the_tree(after: After) -> None:
    lines = text(after(_edit)).splitlines()
    heads = [line for line in lines if line.endswith(":") and not line.startswith(" ")]
    assert heads == ["data at risk:", "access:", "parameters and outputs:", "resources:"]
    # The alarms of the table and the dashboard follow its new name.
    watching = sum(each.dimension == ("TableName", "TransactionsTableName") for each in ALARMS) + 1
    assert lines[0] == f"{7 + watching} changed in place, 1 replaced"
    table = "Storage/TransactionsTable (AWS::DynamoDB::Table dynamodb-transactions-dev)"
    assert f"  ! {table} would be replaced; the old one is retained" in lines
    assert "      undo the change, or pass --allow-replace TransactionsTable" in lines
    assert "  ! breaking: output SnsKeyArn: removed" in lines
    assert any("may no longer dynamodb:PutItem on the table" in line for line in lines)


def test_the_tree_goes_from_the_root_to_each_property(after: After) -> None:
    lines = tree(after(_edit)).splitlines()
    assert lines[0] == "root"
    alarm = "    ~ ValidationErrorsAlarm (AWS::CloudWatch::Alarm alarm-lambda-validation-errors-dev)"
    (at,) = (number for number, line in enumerate(lines) if line.startswith(alarm))
    assert lines.index("  Monitoring") < at < lines.index("  Storage")
    assert lines[at + 1] == "        Period: 300 -> 60"
    at = lines.index("  Storage")
    table = "TransactionsTable (AWS::DynamoDB::Table dynamodb-transactions-dev)"
    assert lines[at + 1] == f"    -/+ {table}: replaced, the old one is retained"
    assert lines[at + 2] == '        TableName: "dynamodb-transactions-dev" -> "other" (replaces)'
    values = '"dynamodb-transactions-dev" -> "other", with Storage/TransactionsTable'
    assert f"        Environment.Variables.TABLE_NAME: {values}" in lines
    assert any(line.endswith("Resource[0]: may change with Storage/TransactionsTable") for line in lines)
    assert lines.count("root") == lines.count("  Functions") == 1


def test_what_gives_more_and_what_takes_have_marks(after: After) -> None:
    def edit(templates: Templates) -> None:
        made = properties(templates, "functions", "ValidationRole")["Policies"][0]["PolicyDocument"]["Statement"]
        made.append({"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "arn:x"})
        made.append({"Effect": "Deny", "Action": "sqs:SendMessage", "Resource": "arn:y"})

    lines = text(after(edit)).splitlines()
    assert "  ! role-lambda-validation-dev may now sqs:SendMessage on arn:x" in lines
    assert "  - role-lambda-validation-dev is now denied sqs:SendMessage on arn:y" in lines


def test_a_default_is_shown_alone_where_it_is_new_and_beside_the_old_one_otherwise() -> None:
    old, new = ({"root.json": {"Parameters": {"A": {"Type": "String", **each}}}} for each in ({}, {"Default": "x"}))
    assert '  parameter A: default changed: (none) -> "x"' in text(diff_sets(old, new)).splitlines()
    assert '  parameter A: new ("x")' in text(diff_sets({"root.json": {"Resources": {}}}, new)).splitlines()


def test_no_change_is_said(after: After) -> None:
    assert text(after(lambda _: None)) == "no differences"


def test_no_string_of_a_template_reaches_the_terminal_as_it_is(after: After) -> None:
    evil = "a\x1b]0;owned\x07\nroot\n\u202eb\x9b31m"

    def edit(templates: Templates) -> None:
        properties(templates, "storage", "TransactionsTable")["TableName"] = evil
        templates["storage.json"]["Resources"][f"X{evil}"] = {"Type": f"T{evil}", "Properties": {evil: evil}}
        templates["root.json"]["Outputs"][evil] = {"Value": evil}
        made = properties(templates, "encryption", "SnsKey")["KeyPolicy"]["Statement"]
        made.append({"Effect": "Allow", "Principal": evil, "Action": evil, "Resource": evil})

    shown = text(after(edit))
    assert all(each.isprintable() for each in shown.replace("\n", ""))
    assert [line.strip() for line in shown.splitlines()].count(
        "root"
    ) == 1  # the template's own line "root" is no line of ours
    assert "\\x1b]0;owned" in shown


def test_a_long_value_is_cut_to_where_it_differs(after: After) -> None:
    def edit(templates: Templates) -> None:
        given = properties(templates, "functions", "ValidationFunction")
        given["Description"] = given["Description"] + "x" * 300 + "end"

    line = next(each for each in tree(after(edit)).splitlines() if "Description" in each)
    assert len(line) < 240
    assert "\u2026" in line


def test_the_data_is_json_with_stable_words(after: After) -> None:
    data = json.loads(json.dumps([change_data(each) for each in after(_edit)]))
    assert {each["kind"] for each in data} == {"access", "output", "resource"}
    table = next(each for each in data if each["kind"] == "resource" and each["path"][-1] == "TransactionsTable")
    assert (table["action"], table["effect"], table["endangers_data"]) == ("modify", "replaces", True)
    assert table["properties"] == [
        {
            "path": ["Properties", "TableName"],
            "before": "dynamodb-transactions-dev",
            "after": "other",
            "effect": "replaces",
            "dynamic": False,
            "cause": [],
            "actual": None,
        }
    ]


def test_a_long_value_that_differs_far_in_begins_with_an_ellipsis(after: After) -> None:
    def edit(templates: Templates) -> None:
        given = properties(templates, "functions", "ValidationFunction")
        given["Description"] = given["Description"] * 3 + "!"

    line = next(each for each in tree(after(edit)).splitlines() if "Description" in each)
    assert line.split(" -> ")[1].startswith("\u2026")


def test_maps_are_shown_as_json() -> None:
    assert shown({"a": [True, Pseudo("AWS::Region")]}) == '{"a": [true, "${AWS::Region}"]}'


def test_a_path_is_printed_as_it_is_written() -> None:
    assert (
        path_text(("Properties", "KeySchema", "[AttributeName=id]", "KeyType")) == "KeySchema[AttributeName=id].KeyType"
    )
    assert path_text(("DeletionPolicy",)) == "DeletionPolicy"
    assert safe("a\u2066b\tc") == "a\\u2066b\\tc"


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        ("5", "7", "5 -> 7"),
        ("7", 5, "7 -> 5"),
        ("5", 5, '"5" -> 5'),  # within a state machine's definition they differ
        ("5", None, '"5" -> (none)'),
        (2, True, "2 -> true"),
        ("5", "5 s", '"5" -> "5 s"'),
    ],
)
def test_numbers_are_bare_where_they_differ_as_numbers(before: Any, after: Any, shown: str) -> None:
    change = PropertyChange(("Properties", "Threshold"), before, after, Effect.NO_INTERRUPTION)
    (line,) = tree([ResourceChange(("A",), "T", "modify", Effect.NO_INTERRUPTION, properties=(change,))]).splitlines()[
        2:
    ]
    assert line.strip() == f"Threshold: {shown}"


def test_a_value_that_only_the_change_set_knows_of_has_no_cause() -> None:
    change = PropertyChange(("Properties", "TemplateURL"), None, None, Effect.MAY_REPLACE)
    shown = tree([ResourceChange(("A",), "T", "modify", Effect.MAY_REPLACE, properties=(change,))])
    assert shown.splitlines()[-1].strip() == "TemplateURL: may change (may replace)"


def test_numbers_of_a_definition_keep_their_types() -> None:
    change = PropertyChange(("Properties", "Definition", "TimeoutSeconds"), "5", 7, Effect.NO_INTERRUPTION)
    shown = tree([ResourceChange(("A",), "T", "modify", Effect.NO_INTERRUPTION, properties=(change,))])
    assert shown.endswith('Definition.TimeoutSeconds: "5" -> 7')


def test_what_is_only_named_needs_no_decision_and_has_no_mark_for_one() -> None:
    change = ResourceChange(("S",), "T", "modify", Effect.NOTHING, notes=("named by the change set",))
    assert tree([change]).splitlines() == ["root", "  = S (T): no effect on the resource; named by the change set"]


def test_a_long_sentence_of_access_has_a_line_for_each_part_of_its_condition() -> None:
    arns = [f"arn:aws:cloudwatch:eu-west-1:123456789012:alarm:alarm-{name}" for name in ("one", "two")]
    sentence = f"s may now sns:Publish on the topic t if aws:SourceArn ArnLike {arns[0]} or {arns[1]} and a B c"
    lines = text([AccessChange(("A",), "s", sentence, True), AccessChange(("A",), "s", "s may no longer x", False)])
    assert lines.splitlines()[2:] == [
        "access:",
        "  + s may now sns:Publish on the topic t",
        f"      if aws:SourceArn ArnLike {arns[0]}",
        f"      or {arns[1]}",
        "      and a B c",
        "  - s may no longer x",
    ]
