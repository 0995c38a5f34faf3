"""A preview of one environment from its deployed templates and a nested change set as AWS describes it."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from payflow_cfn.destination import Published
from payflow_cfn.plan import Effect, InterfaceChange, ResourceChange
from payflow_cfn.preview import Preview, preview_set

STACK = "AWS::CloudFormation::Stack"
ROOT_ID = "arn:aws:cloudformation:eu-west-2:1:stack/payflow-dev/u"


def child_id(name: str) -> str:
    return f"arn:aws:cloudformation:eu-west-2:1:stack/payflow-dev-{name}/u"


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


class Aws:
    """What CloudFormation answers about a deployed set; `sets` are the change sets of the root and the children."""

    meta = SimpleNamespace(region_name="eu-west-2")

    def __init__(self, deployed: dict[str, Any] | None, sets: dict[str, list[dict[str, Any]]], **root: Any) -> None:
        self.deployed = deployed
        self.sets = sets
        self.root_set = {"Status": "CREATE_COMPLETE", "StatusReason": "", **root}
        self.asked: list[str] = []
        self.sent: dict[str, Any] = {}

    def describe_stacks(self, *, StackName: str) -> dict[str, Any]:  # noqa: N803
        if self.deployed is None:
            raise ClientError({"Error": {"Code": "ValidationError", "Message": f"{StackName} does not exist"}}, "X")
        values = {"Environment": "dev", "Key": "****"}
        given = [{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()]
        stack = {"StackId": ROOT_ID, "StackName": "payflow-dev", "StackStatus": "UPDATE_COMPLETE", "Parameters": given}
        return {"Stacks": [stack]}

    def get_template(self, *, StackName: str, TemplateStage: str) -> dict[str, Any]:  # noqa: N803
        assert TemplateStage == "Original"
        assert self.deployed
        self.asked.append(StackName)
        name = "root" if StackName == ROOT_ID else StackName.split("/")[1][-1].lower()
        return {"TemplateBody": self.deployed[f"{name}.json"]}

    def get_paginator(self, _: str) -> Aws:
        return self

    def paginate(self, *, StackName: str) -> list[dict[str, Any]]:  # noqa: N803
        nested = [
            {
                "LogicalResourceId": name,
                "PhysicalResourceId": child_id(name),
                "ResourceType": STACK,
                "ResourceStatus": "CREATE_COMPLETE",
            }
            for name in "AB"
        ]
        return [{"StackResourceSummaries": nested if StackName == ROOT_ID else []}]

    def create_change_set(self, **call: Any) -> dict[str, Any]:
        self.sent = call
        return {"Id": "root"}

    def describe_change_set(self, *, ChangeSetName: str, **_: Any) -> dict[str, Any]:  # noqa: N803
        own = self.root_set if ChangeSetName == "root" else {"Status": "CREATE_COMPLETE"}
        changes = [{"Type": "Resource", "ResourceChange": each} for each in self.sets.get(ChangeSetName, [])]
        return {"ChangeSetId": ChangeSetName, "StackId": ROOT_ID, "StackName": "payflow-dev", "Changes": changes, **own}

    def delete_change_set(self, *, StackName: str, ChangeSetName: str) -> None:  # noqa: N803
        assert (StackName, ChangeSetName) == ("payflow-dev", self.sent["ChangeSetName"])
        self.sets = {}


def modified(logical_id: str, kind: str, replacement: str, *details: dict[str, Any], **more: Any) -> dict[str, Any]:
    found = {"Action": "Modify", "LogicalResourceId": logical_id, "ResourceType": kind, "Replacement": replacement}
    return {**found, "Details": list(details), **more}


def detail(path: str, before: str, after: str, evaluation: str = "Static", recreation: str = "Never") -> dict[str, Any]:
    target = {"Attribute": "Properties", "Name": path.split("/")[2], "Path": path, "RequiresRecreation": recreation}
    return {"Target": {**target, "BeforeValue": before, "AfterValue": after}, "Evaluation": evaluation}


CHILDREN = [
    modified("A", STACK, "False", ChangeSetId="set-a"),
    modified("B", STACK, "False", ChangeSetId="set-b"),
]


def seen(aws: Aws, new: dict[str, Any]) -> Preview:
    rendered = {name: json.dumps(each) for name, each in new.items()}
    published = Published("https://bucket.s3.eu-west-2.amazonaws.com/root.json", {}, rendered, (), ())
    return preview_set(aws, published, parameters={"Environment": "dev"}, on_left=pytest.fail)


def by_path(found: Preview) -> dict[str, ResourceChange]:
    return {"/".join(each.path): each for each in found.changes if isinstance(each, ResourceChange)}


def test_a_change_in_one_child_is_shown_and_the_other_is_told_to_be_unchanged() -> None:
    sets = {
        "root": CHILDREN,
        "set-b": [
            modified("Queue", "AWS::SQS::Queue", "False", detail("/Properties/MessageRetentionPeriod", "60", "90"))
        ],
    }
    found = seen(Aws(templates(), sets), templates(retention=90, packaged="1"))
    assert sorted(by_path(found)) == ["A", "B/Queue"]
    assert by_path(found)["A"].notes == ("named by the change set; by the templates nothing in it changes",)
    assert [(each.before, each.after) for each in by_path(found)["B/Queue"].properties] == [(60, 90)]
    assert (found.disagreements, found.changed, found.proposal.kind) == ((), True, "UPDATE")


def test_a_replaced_topic_is_at_risk_and_what_it_moves_is_explained() -> None:
    sets = {
        "root": CHILDREN,
        "set-a": [
            modified(
                "Topic",
                "AWS::SNS::Topic",
                "True",
                detail("/Properties/TopicName", "news", "olds", recreation="Always"),
                PolicyAction="ReplaceAndDelete",
            )
        ],
        "set-b": [
            modified(
                "Queue",
                "AWS::SQS::Queue",
                "False",
                detail("/Properties/Tags/0/Value", "arn:news", "known after", "Dynamic"),
            )
        ],
    }
    found = seen(Aws(templates(), sets), templates(topic="olds"))
    topic, queue = by_path(found)["A/Topic"], by_path(found)["B/Queue"]
    assert (topic.effect, topic.fate, topic.endangers_data) == (Effect.REPLACES, "deleted", True)
    assert queue.properties[0].cause == ("A", "Topic")
    assert "pass --allow-replace Topic" in found.text
    assert found.disagreements == ()


def test_nothing_to_do_reads_no_template() -> None:
    aws = Aws(templates(), {}, Status="FAILED", StatusReason="No updates are to be performed.")
    found = seen(aws, templates())
    assert (found.text, aws.asked) == ("payflow-dev needs no change", [])


def test_children_that_are_named_only_for_their_wires_are_nothing_to_do() -> None:
    """O14: every nested change set is empty."""
    aws = Aws(templates(), {"root": CHILDREN})
    describe = aws.describe_change_set

    def nested_empty(*, ChangeSetName: str, **more: Any) -> dict[str, Any]:  # noqa: N803
        found = describe(ChangeSetName=ChangeSetName, **more)
        empty = {"Status": "FAILED", "StatusReason": "No updates are to be performed."}
        return found if ChangeSetName == "root" else {**found, **empty}

    aws.describe_change_set = nested_empty  # type: ignore[method-assign]
    assert not seen(aws, templates()).changed


def test_a_secret_that_nobody_gives_stays_and_is_no_change() -> None:
    aws = Aws(templates(), {"root": CHILDREN, "set-b": []})
    found = seen(aws, templates(packaged="2"))
    assert {"ParameterKey": "Key", "UsePreviousValue": True} in aws.sent["Parameters"]
    assert sorted(by_path(found)) == ["A", "B"]
    assert not [each for each in found.changes if isinstance(each, InterfaceChange)]


def test_a_first_deploy_adds_everything() -> None:
    added = [{"Action": "Add", "LogicalResourceId": name, "ResourceType": STACK} for name in "AB"]
    aws = Aws(None, {"root": added})
    new = templates()
    del new["root.json"]["Parameters"]["Key"]
    new["root.json"]["Resources"]["B"]["Properties"]["Parameters"]["Key"] = "k"
    found = seen(aws, new)
    assert (found.proposal.kind, aws.sent["ChangeSetType"], found.disagreements) == ("CREATE", "CREATE", ())
    assert sorted(by_path(found)) == ["A", "A/Topic", "B", "B/Queue", "B/Value"]
    assert "data at risk" not in found.text
