"""Each changed property has the verdict of its resource schema, in every structure of the set."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from benchmark_module import benchmark
from governed_sets import EVERYTHING, rendered
from payflow_cfn.config.settings import Settings

STRUCTURES = {"default": Settings(), "governed": EVERYTHING, "traced": Settings(tracing=True, architecture="arm64")}


@pytest.fixture(scope="module")
def verdicts() -> Iterator[Any]:
    with benchmark("verdicts") as module:
        yield module


def wrong(verdicts: Any, settings: Settings, *, every: int) -> list[Any]:
    """The edits whose verdict is another than the schema's."""
    templates = [json.loads(text) for name, text in rendered(settings).items() if name != "manifest.json"]
    found = [each for template in templates for each in verdicts.checked(template, every=every)]
    assert len(found) > 20
    return [each for each in found if each[2] != each[3]]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["default", "governed"])
def test_a_sample_of_edits_has_the_verdict_of_the_schema(verdicts: Any, name: str) -> None:
    assert wrong(verdicts, STRUCTURES[name], every=40) == []


def test_a_type_with_every_kind_of_property_has_the_verdicts_of_the_schema(verdicts: Any) -> None:
    given = {"InstanceType": "t3.micro", "KeyName": "k", "KernelId": "a", "BlockDeviceMappings": [{"DeviceName": "d"}]}
    template = {"Resources": {"A": {"Type": "AWS::EC2::Instance", "Properties": given}}}
    found = list(verdicts.checked(template))
    assert {wanted for _, _, wanted, _ in found} == {"updates", "perhaps", "replaces"}
    assert [each for each in found if each[2] != each[3]] == []


@pytest.mark.whole
@pytest.mark.parametrize("name", STRUCTURES)
def test_every_edit_has_the_verdict_of_the_schema(verdicts: Any, name: str) -> None:
    assert wrong(verdicts, STRUCTURES[name], every=1) == []


@pytest.mark.parametrize(
    ("kind", "steps", "value", "wanted"),
    [
        ("AWS::SNS::Topic", ("TopicName",), "a", "replaces"),
        ("AWS::SNS::Topic", ("DisplayName",), "a", "updates"),
        ("AWS::EC2::Instance", ("KernelId",), "a", "perhaps"),
        ("AWS::EC2::Instance", ("BlockDeviceMappings", 0, "Ebs", "VolumeSize"), 1, "perhaps"),
        ("AWS::DynamoDB::Table", ("AttributeDefinitions", 0, "AttributeType"), "N", "replaces"),
    ],
)
def test_what_is_expected_is_read_from_the_schema(
    verdicts: Any, kind: str, steps: tuple[Any, ...], value: Any, wanted: str
) -> None:
    assert verdicts.expected(kind, verdicts.Edit("A", steps, "changed", value)) == wanted
