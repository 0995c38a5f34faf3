"""Test the preview of one environment, from its deployed templates and AWS's nested change set."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fake_cloudformation import NAME, STACK, FakeCloudFormation, change, nested
from payflow_cfn.config.options import DEFAULTS, Options
from payflow_cfn.deploy.cloudformation.events import DeployEvent, LeftBehind
from payflow_cfn.deploy.cloudformation.request import Request
from payflow_cfn.deploy.cloudformation.template import parse_root
from payflow_cfn.deploy.preview import Preview, preview_change
from payflow_cfn.diff import Effect, InterfaceChange, ResourceChange


def templates(topic: str = "news", retention: int = 60, *, packaged: str = "0") -> dict[str, Any]:
    """A root with two children: B is handed an output of A, and a secret."""

    def nested(name: str, **parameters: Any) -> dict[str, Any]:
        url = f"https://bucket.s3.eu-west-2.amazonaws.com/payflow/{name}-{packaged * 64}.json"
        return {"Type": STACK, "Properties": {"TemplateURL": url, "Parameters": parameters}}

    queue = {"MessageRetentionPeriod": retention, "Tags": [{"Key": "t", "Value": {"Ref": "TopicArn"}}]}
    return {
        "root.json": {
            "Parameters": {"Environment": {"Type": "String"}, "Key": {"Type": "String", "NoEcho": True}},
            "Resources": {
                "A": nested("a"),
                "B": nested("b", TopicArn={"Fn::GetAtt": ["A", "Outputs.TopicArn"]}, Key={"Ref": "Key"}),
            },
        },
        "a.json": {
            "Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": topic}}},
            "Outputs": {"TopicArn": {"Value": {"Ref": "Topic"}}},
        },
        "b.json": {
            "Parameters": {"TopicArn": {"Type": "String"}, "Key": {"Type": "String", "NoEcho": True}},
            "Resources": {
                "Queue": {"Type": "AWS::SQS::Queue", "Properties": queue},
                "Value": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": {"Ref": "Key"}}},
            },
        },
    }


def aws(*changes: dict[str, Any], deployed: bool = True, **outcome: Any) -> FakeCloudFormation:
    """What CloudFormation answers about the deployed set."""
    cloud = FakeCloudFormation("", *changes, **outcome)
    if deployed:
        cloud.put(NAME, "UPDATE_COMPLETE", Parameters={"Environment": "dev", "Key": "****"})
        cloud.templates[NAME] = templates()["root.json"]
        for name in "AB":
            child = cloud.put(f"{NAME}-{name}", "UPDATE_COMPLETE")
            cloud.templates[f"{NAME}-{name}"] = templates()[f"{name.lower()}.json"]
            cloud.resources.setdefault(NAME, []).append(
                {
                    "LogicalResourceId": name,
                    "PhysicalResourceId": child["StackId"],
                    "ResourceType": STACK,
                    "ResourceStatus": "CREATE_COMPLETE",
                }
            )
    return cloud


def modified(logical_id: str, kind: str, replacement: str, *details: dict[str, Any], **more: Any) -> dict[str, Any]:
    found = {"Action": "Modify", "LogicalResourceId": logical_id, "ResourceType": kind, "Replacement": replacement}
    return {**found, "Details": list(details), **more}


def detail(path: str, before: str, after: str, evaluation: str = "Static", recreation: str = "Never") -> dict[str, Any]:
    target = {"Attribute": "Properties", "Name": path.split("/")[2], "Path": path, "RequiresRecreation": recreation}
    return {"Target": {**target, "BeforeValue": before, "AfterValue": after}, "Evaluation": evaluation}


def children(*, a: Any = (), b: Any = (), **outcome: Any) -> list[dict[str, Any]]:
    """Both nested stacks, with what changes in each."""
    return [nested("A", *a, **outcome), nested("B", *b, **outcome)]


def seen(cloud: FakeCloudFormation, new: dict[str, Any], options: Options = DEFAULTS) -> Preview:
    rendered = {name: json.dumps(each) for name, each in new.items()}
    request = Request(NAME, parse_root(rendered["root.json"]), {"Environment": "dev"}, rendered, options=options)
    told: list[DeployEvent] = []
    found = preview_change(cloud.client, request, on_event=told.append)
    assert [each for each in told if isinstance(each, LeftBehind)] == []
    assert [each for each in cloud.change_sets if "payflow" in each] == []
    return found


def by_path(found: Preview) -> dict[str, ResourceChange]:
    return {"/".join(each.path): each for each in found.changes if isinstance(each, ResourceChange)}


def test_a_change_in_one_child_is_shown_and_the_other_is_marked_unchanged() -> None:
    queue = modified("Queue", "AWS::SQS::Queue", "False", detail("/Properties/MessageRetentionPeriod", "60", "90"))
    found = seen(aws(*children(b=[queue])), templates(retention=90, packaged="1"))
    assert sorted(by_path(found)) == ["A", "B/Queue"]
    assert by_path(found)["A"].notes == ("named by the change set; by the templates nothing in it changes",)
    assert [(each.before, each.after) for each in by_path(found)["B/Queue"].properties] == [(60, 90)]
    assert (found.disagreements, found.changed, found.proposal.kind) == ((), True, "UPDATE")


def test_a_replaced_topic_is_at_risk_and_what_it_moves_is_explained() -> None:
    named = detail("/Properties/TopicName", "news", "olds", recreation="Always")
    moved = detail("/Properties/Tags/0/Value", "arn:news", "known after", "Dynamic")
    changes = children(
        a=[modified("Topic", "AWS::SNS::Topic", "True", named, PolicyAction="ReplaceAndDelete")],
        b=[modified("Queue", "AWS::SQS::Queue", "False", moved)],
    )
    found = seen(aws(*changes), templates(topic="olds"))
    topic, queue = by_path(found)["A/Topic"], by_path(found)["B/Queue"]
    assert (topic.effect, topic.fate, topic.endangers_data) == (Effect.REPLACES, "deleted", True)
    assert queue.properties[0].cause == ("A", "Topic")
    assert "pass --allow-replace Topic" in found.text
    assert found.disagreements == ()


def test_nothing_to_do_reads_no_template() -> None:
    cloud = aws(Status="FAILED", StatusReason="No updates are to be performed.")
    assert seen(cloud, templates()).text == "payflow-dev needs no change"
    assert "get_template" not in cloud.asked


def test_children_that_are_named_only_for_their_wires_are_nothing_to_do() -> None:
    empty = {"Status": "FAILED", "StatusReason": "No updates are to be performed."}
    assert not seen(aws(*children(**empty)), templates()).changed


def test_a_secret_that_nobody_gives_stays_and_is_no_change() -> None:
    cloud = aws(*children())
    found = seen(cloud, templates(packaged="2"))
    assert {"ParameterKey": "Key", "UsePreviousValue": True} in cloud.sent["Parameters"]
    assert sorted(by_path(found)) == ["A", "B"]
    assert not [each for each in found.changes if isinstance(each, InterfaceChange)]


def test_a_first_deploy_adds_everything() -> None:
    cloud = aws(*(change(name, STACK, "Add") for name in "AB"), deployed=False)
    new = templates()
    del new["root.json"]["Parameters"]["Key"]
    new["root.json"]["Resources"]["B"]["Properties"]["Parameters"]["Key"] = "k"
    found = seen(cloud, new)
    assert (found.proposal.kind, cloud.sent["ChangeSetType"], found.disagreements) == ("CREATE", "CREATE", ())
    assert sorted(by_path(found)) == ["A", "A/Topic", "B", "B/Queue", "B/Value"]
    assert "data at risk" not in found.text
    assert cloud.statuses == {}


@pytest.mark.parametrize("outcome", [{}, {"Status": "FAILED", "StatusReason": "No updates are to be performed."}])
def test_where_drift_is_not_compared_although_that_was_asked_for_a_note_is_printed(outcome: dict[str, Any]) -> None:
    cloud = aws(**outcome)
    found = seen(cloud, templates(), Options(revert_drift=True))
    assert cloud.sent["DeploymentMode"] == "REVERT_DRIFT"
    assert "note: this CloudFormation makes no drift-aware change sets" in found.text
    compared = seen(aws(**outcome, DeploymentMode="REVERT_DRIFT"), templates(), Options(revert_drift=True))
    assert "note:" not in compared.text + seen(aws(**outcome), templates()).text
