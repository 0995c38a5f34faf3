"""A mapping that changed is compared where it is read: by the known key, else by all of them."""

from __future__ import annotations

from typing import Any

import pytest

from payflow_cfn.diff import diff_sets

from .conftest import Templates, resources


def made(value: str, lookup: Any) -> Templates:
    maps = {"M": {"eu-west-1": {"a": "1", "b": "1"}, "eu-west-2": {"a": value, "b": "1"}}, "N": {"x": {"y": value}}}
    parameter = {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": lookup}}
    return {"root.json": {"Mappings": maps, "Resources": {"A": parameter}}}


def changed(lookup: Any, **known: str) -> list[tuple[str, Any, Any]]:
    pseudo = {f"AWS::{name}": value for name, value in known.items()}
    changes = diff_sets(made("2", lookup), made("3", lookup), pseudo=pseudo)
    return [
        (each.path[-1], each.before, each.after) for found in resources(changes).values() for each in found.properties
    ]


REGION = {"Fn::FindInMap": ["M", {"Ref": "AWS::Region"}, "a"]}


@pytest.mark.parametrize(
    ("lookup", "wanted"),
    [
        (REGION, [("[M.eu-west-2.a]", "2", "3")]),
        ({"Fn::Sub": ["x ${v}", {"v": REGION}]}, [("[M.eu-west-2.a]", "2", "3")]),
        ({"Fn::Join": ["", ["x", REGION]]}, [("[M.eu-west-2.a]", "2", "3")]),
        ({"Fn::FindInMap": ["M", {"Ref": "AWS::Region"}, "b"]}, []),
        ({"Fn::FindInMap": ["M", "eu-west-2", {"Ref": "AWS::Partition"}]}, [("[M.eu-west-2.a]", "2", "3")]),
        ({"Fn::FindInMap": ["M", "eu-west-1", {"Ref": "AWS::Partition"}]}, []),
        ({"Fn::FindInMap": [{"Ref": "AWS::StackName"}, "x", "y"]}, [("[N.x.y]", "2", "3")]),
        ({"Fn::FindInMap": ["No", {"Ref": "AWS::Region"}, "a"]}, []),
    ],
)
def test_all_that_an_open_key_may_find_is_compared(lookup: Any, wanted: list[tuple[str, Any, Any]]) -> None:
    assert changed(lookup) == wanted


def test_a_known_key_decides() -> None:
    assert changed(REGION, Region="eu-west-2") == [("Value", "2", "3")]
    assert changed(REGION, Region="eu-west-1") == []
