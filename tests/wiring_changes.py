"""Changes that break, and that keep, the rules about passed values, limits, names, tags and partitions."""

from __future__ import annotations

import json
from typing import Any

from access_changes import topic_statement
from set_changes import Change, Sets, props, put, role_policy, states

STATE_MACHINE_ARN = {"Fn::GetAtt": ["Workflow", "Outputs.StateMachineArn"]}
ACCOUNT = {"Ref": "AWS::AccountId"}
GROUPS = "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:"


def sub(rest: str) -> dict[str, str]:
    return {"Fn::Sub": "arn:${AWS::Partition}:" + rest}


def monitoring_inputs(sets: Sets) -> dict[str, Any]:
    found: dict[str, Any] = props(sets, "root", "Monitoring")["Parameters"]
    return found


def role(sets: Sets) -> dict[str, Any]:
    return props(sets, "workflow", "WorkflowRole")


def pass_a_list(sets: Sets) -> None:
    for stack in ("root", "workflow"):
        sets[stack]["Parameters"]["GatewayUrl"] = {"Type": "CommaDelimitedList"}


def pad(sets: Sets, size: int) -> None:
    """Make the root as long as this once it is written."""
    sets["root"]["Metadata"] = {"x": ""}
    sets["root"]["Metadata"]["x"] = "y" * (size - len(json.dumps(sets["root"]).encode()))


BAD: list[tuple[str, str, Change]] = [
    ("PF034", "a variable", lambda s: states(s)["RememberFacts"]["Assign"].pop("result")),
    ("PF040", "201 outputs", lambda s: s["root"]["Outputs"].update({f"O{n}": {"Value": "1"} for n in range(201)})),
    ("PF040", "bytes", lambda s: put(s["storage"], "Metadata", {"x": "y" * 1_000_000})),
    (
        "PF041",
        "long name",
        lambda s: put(
            props(s, "functions", "ValidationFunction"),
            "FunctionName",
            {"Fn::Sub": "lambda-payment-validation-longer-${Environment}"},
        ),
    ),
    ("PF042", "no tags", lambda s: props(s, "storage", next(iter(s["storage"]["Resources"]))).pop("Tags")),
    ("PF042", "comma", lambda s: put(props(s, "root", "Storage")["Tags"][0], "Value", "A, B")),
    ("PF043", "partition", lambda s: put(role_policy(s), "Resource", "arn:aws:lambda:x:y:z")),
    (
        "PF043",
        "suffix",
        lambda s: put(role_policy(s), "Condition", {"StringEquals": {"kms:ViaService": "sns.eu-west-2.amazonaws.com"}}),
    ),
    (
        "PF005",
        "number for a text",
        lambda s: put(s["root"]["Parameters"]["ErrorsThreshold"], "Type", "String"),
    ),
    ("PF005", "list passed", lambda s: put(s["root"]["Parameters"]["GatewayUrl"], "Type", "CommaDelimitedList")),
    ("PF005", "text for a number", lambda s: put(monitoring_inputs(s), "ErrorsThreshold", "many")),
    ("PF005", "output for a number", lambda s: put(monitoring_inputs(s), "ErrorsThreshold", STATE_MACHINE_ARN)),
    ("PF005", "a truth for a number", lambda s: put(monitoring_inputs(s), "ErrorsThreshold", True)),
    ("PF005", "a list of texts", lambda s: put(monitoring_inputs(s), "ErrorsThreshold", ["1"])),
    ("PF005", "a value that the child refuses", lambda s: put(monitoring_inputs(s), "ResourceCoverage", "some")),
    ("PF005", "a name that the child refuses", lambda s: put(monitoring_inputs(s), "Environment", "Dev!")),
    ("PF005", "a list for a list", pass_a_list),
    ("PF005", "a list for a text", lambda s: put(monitoring_inputs(s), "NotificationsTopicArn", ["a"])),
    ("PF005", "a name that the child refuses at its end", lambda s: put(monitoring_inputs(s), "Environment", "dev!")),
    (
        "PF005",
        "one branch of two",
        lambda s: put(monitoring_inputs(s), "ErrorsThreshold", {"Fn::If": ["A", 1, "many"]}),
    ),
    (
        "PF005",
        "values allowed above",
        lambda s: s["root"]["Parameters"]["ResourceCoverage"]["AllowedValues"].append("some"),
    ),
    ("PF005", "pattern only below", lambda s: s["root"]["Parameters"]["Environment"].pop("AllowedPattern")),
    ("PF005", "length only below", lambda s: put(s["root"]["Parameters"]["Environment"], "MaxLength", 39)),
    ("PF005", "bound only below", lambda s: put(s["monitoring"]["Parameters"]["ErrorsThreshold"], "MinValue", 1)),
    (
        "PF043",
        "managed policy",
        lambda s: put(role(s), "ManagedPolicyArns", ["arn:aws:iam::aws:policy/ReadOnlyAccess"]),
    ),
    (
        "PF043",
        "region in an ARN",
        lambda s: put(role_policy(s), "Resource", sub("sns:us-east-1:${AWS::AccountId}:f")),
    ),
    (
        "PF043",
        "account in an ARN",
        lambda s: put(role_policy(s), "Resource", sub("sns:${AWS::Region}:123456789012:f")),
    ),
    (
        "PF043",
        "console link",
        lambda s: put(s["root"]["Outputs"], "Console", {"Value": "https://console.aws.amazon.com/states"}),
    ),
    ("PF043", "region", lambda s: put(s["root"]["Outputs"], "Place", {"Value": "runs in eu-west-2"})),
    (
        "PF043",
        "address by joining",
        lambda s: put(s["root"]["Outputs"], "Api", {"Value": {"Fn::Join": ["", ["https://a.", "amazonaws.com"]]}}),
    ),
    ("PF043", "default", lambda s: put(s["root"]["Parameters"]["GatewayUrl"], "Default", "https://s3.amazonaws.com")),
    (
        "PF043",
        "principal with a suffix",
        lambda s: put(topic_statement(s), "Principal", {"Service": {"Fn::Sub": "cloudwatch.${AWS::URLSuffix}"}}),
    ),
    (
        "PF043",
        "principal with a slip",
        lambda s: put(topic_statement(s), "Principal", {"Service": "cloudwatsh.amazonaws.com"}),
    ),
    ("PF044", "large root", lambda s: put(s["root"], "Metadata", {"x": "é" * 25_600})),
]
GOOD: list[tuple[str, Change]] = [
    ("PF005 a number for a number", lambda s: put(monitoring_inputs(s), "ErrorsThreshold", 5)),
    ("PF005 a number as text", lambda s: put(monitoring_inputs(s), "ErrorsThreshold", "5")),
    ("PF005 a truth for a text", lambda s: put(monitoring_inputs(s), "NotificationsTopicArn", True)),
    ("PF005 an id for a text",
     lambda s: put(s["root"]["Parameters"]["GatewayUrl"], "Type", "AWS::SSM::Parameter::Name")),
    ("PF005 tighter above", lambda s: put(s["root"]["Parameters"]["Environment"], "MaxLength", 20)),
    ("PF005 an allowed value", lambda s: put(monitoring_inputs(s), "ResourceCoverage", "core")),
    ("PF043 own region", lambda s: put(s["root"]["Outputs"], "Place", {"Value": {"Fn::Sub": "in ${AWS::Region}"}})),
    ("PF044 just fits", lambda s: pad(s, 51_200)),
]  # fmt: skip
