"""What is known of resource types, and from where."""

from __future__ import annotations

from pathlib import Path

import pytest

from payflow_cfn.aws import schemas
from payflow_cfn.aws.schemas import find_schema, parse_schema
from payflow_cfn.aws.values import ABSENT
from payflow_cfn.diff import Effect
from payflow_cfn.diff.compare import Difference
from payflow_cfn.diff.effects import FACTS, property_effect, touches
from payflow_cfn.diff.resources import name_property

KINDS = ("AWS::DynamoDB::Table", "AWS::IAM::Role", "AWS::Lambda::Function", "AWS::Logs::MetricFilter", "AWS::KMS::Key")


@pytest.mark.parametrize("kind", KINDS)
def test_the_files_say_what_cfnlint_says(kind: str) -> None:
    from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

    assert find_schema(kind, "eu-west-2") == parse_schema(
        PROVIDER_SCHEMA_MANAGER.get_resource_schema("eu-west-2", kind).schema
    )


def test_cfnlint_is_asked_where_the_files_lie_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = find_schema("AWS::SNS::Topic", "eu-west-1")
    monkeypatch.setattr(schemas, "schema_folder", lambda: None)
    find_schema.cache_clear()
    try:
        assert find_schema("AWS::SNS::Topic", "eu-west-1") == wanted
        assert find_schema("AWS::No::Such") is None
    finally:
        find_schema.cache_clear()


def test_a_folder_without_schemas_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Spec:
        submodule_search_locations = (str(tmp_path),)

    monkeypatch.setattr("importlib.util.find_spec", lambda _: Spec())
    schemas.schema_folder.cache_clear()
    try:
        assert schemas.schema_folder() is None
    finally:
        schemas.schema_folder.cache_clear()


def test_a_type_of_nobody_has_no_schema() -> None:
    assert find_schema("Custom::X") is None
    assert find_schema("AWS::No::Such") is None
    assert property_effect("Custom::X", None, Difference(("A",), 1, 2)) is Effect.UNKNOWN


def test_an_unknown_region_has_the_schemas_of_us_east_1() -> None:
    assert find_schema("AWS::SNS::Topic", "xx-new-1") == find_schema("AWS::SNS::Topic")


@pytest.mark.parametrize(
    ("kind", "change", "wanted"),
    [
        ("AWS::IAM::Role", Difference(("Path",), "/", "/a/"), Effect.REPLACES),
        ("AWS::IAM::Role", Difference(("Description",), "a", "b"), Effect.NO_INTERRUPTION),
        ("AWS::Lambda::Function", Difference(("DurableConfig", "X"), 1, 2), Effect.MAY_REPLACE),
        ("AWS::DynamoDB::Table", Difference(("KeySchema", "[0]", "KeyType"), "HASH", "RANGE"), Effect.REPLACES),
        (
            "AWS::DynamoDB::Table",
            Difference(("AttributeDefinitions", "[AttributeName=a]"), ABSENT, {"AttributeName": "a"}),
            Effect.MAY_INTERRUPT,
        ),
        (
            "AWS::DynamoDB::Table",
            Difference(("AttributeDefinitions", "[AttributeName=a]", "AttributeType"), "S", "N"),
            Effect.REPLACES,
        ),
        (
            "AWS::DynamoDB::Table",
            Difference(("AttributeDefinitions", "[0]"), {"AttributeName": "a"}, {"AttributeName": "b"}),
            Effect.REPLACES,
        ),
        (
            "AWS::DynamoDB::Table",
            Difference(("AttributeDefinitions", "[0]"), {"AttributeName": "a"}, ABSENT),
            Effect.MAY_INTERRUPT,
        ),
        ("AWS::Logs::LogGroup", Difference(("LogGroupClass",), ABSENT, "INFREQUENT_ACCESS"), Effect.REFUSED),
        ("AWS::KMS::Key", Difference(("KeySpec",), "a", "b"), Effect.REFUSED),
        ("AWS::KMS::Key", Difference(("KeyPolicy",), {}, {"a": 1}), Effect.NO_INTERRUPTION),
    ],
)
def test_the_effect_of_a_property(kind: str, change: Difference, wanted: Effect) -> None:
    assert property_effect(kind, find_schema(kind), change) is wanted


def test_a_pointer_is_touched_from_above_only_where_its_own_value_differs() -> None:
    pointer = ("A", "B")
    assert touches(pointer, Difference(("A",), ABSENT, {"B": 1}))
    assert not touches(pointer, Difference(("A",), {"B": 1}, {"B": 1, "C": 2}))
    assert touches(pointer, Difference(("A", "[0]"), {"B": 1}, {"B": 2}))
    assert touches(pointer, Difference(("A",), [{"B": 1}], [{"B": 2}]))
    assert touches(pointer, Difference(("A", "B", "C"), 1, 2))
    assert not touches(pointer, Difference(("B",), 1, 2))


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        ("AWS::DynamoDB::Table", "TableName"),
        ("AWS::SNS::Topic", "TopicName"),
        ("AWS::StepFunctions::StateMachine", "StateMachineName"),
        ("AWS::SecretsManager::Secret", "Name"),
        ("AWS::KMS::Key", ""),
        ("AWS::Logs::MetricFilter", ""),
    ],
)
def test_the_property_that_names_a_resource(kind: str, wanted: str) -> None:
    schema = find_schema(kind)
    assert schema
    assert name_property(kind, schema) == wanted


def test_every_fact_has_its_source_at_aws() -> None:
    assert all(fact.source.startswith("https://docs.aws.amazon.com/") for facts in FACTS.values() for fact in facts)
