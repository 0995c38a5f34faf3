"""Test reading the root template: parameter values, its size, and the capabilities."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from payflow_cfn.deploy.cloudformation.stack import Stack
from payflow_cfn.deploy.cloudformation.template import (
    LARGEST_BODY,
    check_values,
    dropped_names,
    needed_capabilities,
    parameter_list,
    read_root,
)
from payflow_cfn.errors import DeployError, SettingsError

if TYPE_CHECKING:
    from deploy.conftest import Stubbed

NOBODY: Any = None  # a template in JSON is read without asking
DECLARED = {
    "Text": {"Type": "String", "Default": "a=b, \"c\" 'd'"},
    "Number": {"Type": "Number", "Default": 30},
    "Needed": {"Type": "String"},
    "Key": {"Type": "String", "NoEcho": True},
}


def root(declared: dict[str, Any]) -> Any:
    return read_root(NOBODY, json.dumps({"Parameters": declared, "Resources": {}}), stack_name="s")


def stack(**parameters: str) -> Stack:
    return Stack("id", "s", "UPDATE_COMPLETE", "", {}, parameters, {}, False, None)


def sent(values: dict[str, str], deployed: Stack | None = None) -> dict[str, str]:
    listed, _ = parameter_list(root(DECLARED), values, stack=deployed)
    return {each["ParameterKey"]: each.get("ParameterValue", "(previous)") for each in listed}


def test_every_parameter_is_sent_with_the_given_value_or_the_default() -> None:
    assert sent({"Needed": "x", "Key": "y"}) == {"Text": "a=b, \"c\" 'd'", "Number": "30", "Needed": "x", "Key": "y"}


def test_only_a_secret_keeps_the_deployed_value() -> None:
    deployed = stack(Text="old", Number="1", Needed="old", Key="****")
    assert sent({"Needed": "new"}, deployed) == {
        "Text": "a=b, \"c\" 'd'", "Number": "30", "Needed": "new", "Key": "(previous)",
    }  # fmt: skip


@pytest.mark.parametrize("deployed", [None, stack(Needed="old")])
def test_a_parameter_without_any_value_is_an_error_even_when_the_stack_has_one(deployed: Stack | None) -> None:
    with pytest.raises(SettingsError, match="parameter Needed has no value"):
        sent({"Key": "x"}, deployed)


def test_every_wrong_parameter_is_named_at_once() -> None:
    declared = root({**DECLARED, "Mode": {"Type": "String", "AllowedValues": ["a", "b"]}})
    with pytest.raises(SettingsError) as unknown:
        dropped_names(declared, {"Mod": "a", "Old": "1", "Nex": "2"}, {"Old": "1"})
    assert [each.data["parameter"] for each in unknown.value.every] == ["Mod", "Nex"]
    with pytest.raises(SettingsError) as refused:
        check_values(declared, {"Mode": "c", "Number": "x", "Text": "fine"})
    assert [each.data["parameter"] for each in refused.value.every] == ["Mode", "Number"]


def test_a_body_is_counted_in_bytes_up_to_the_limit() -> None:
    empty = len('{"Description": ""}')
    fits = '{"Description": "' + "x" * (LARGEST_BODY - empty) + '"}'
    assert read_root(NOBODY, fits, stack_name="s").sent == {"TemplateBody": fits}
    with pytest.raises(DeployError, match="has 51201 bytes"):
        read_root(NOBODY, fits.replace("xx", "x\u00e9", 1), stack_name="s")


def test_a_template_at_a_url_is_read_by_cloudformation(stubbed: Stubbed) -> None:
    client, stub = stubbed("cloudformation")
    url = "https://b.s3.eu-west-2.amazonaws.com/root.json"
    declared = [{"ParameterKey": "A", "DefaultValue": "1"}, {"ParameterKey": "B", "NoEcho": True}]
    stub.add_response(
        "get_template_summary", {"Parameters": declared, "DeclaredTransforms": ["X"]}, {"TemplateURL": url}
    )
    found = read_root(client, url, stack_name="s")
    assert (found.sent, found.transform) == ({"TemplateURL": url}, True)
    assert [(each.default, each.secret) for each in found.parameters.values()] == [("1", False), (None, True)]


def test_a_template_that_cannot_be_read_is_a_refusal(stubbed: Stubbed) -> None:
    client, stub = stubbed("cloudformation")
    stub.add_client_error("get_template_summary", "ValidationError", "S3 error: Access Denied")
    with pytest.raises(DeployError, match="bucket of this region"):
        read_root(client, "https://b/root.json", stack_name="s")


@pytest.mark.parametrize(("template", "expands"), [
    ({"Resources": {}}, False),
    ({"Transform": "AWS::LanguageExtensions", "Resources": {}}, True),
    ({"Resources": {"A": {"Properties": {"Fn::Transform": {"Name": "AWS::Include"}}}}}, True),
    ({"Resources": {"A": {"Properties": {"Transform": "a property of that name"}}}}, False),
])  # fmt: skip
def test_expansion_is_acknowledged_only_where_a_template_has_a_transform(
    template: dict[str, Any], expands: bool
) -> None:
    found = needed_capabilities(root({}), ["not JSON", json.dumps(template)])
    assert found == (("CAPABILITY_AUTO_EXPAND",) if expands else ()) + ("CAPABILITY_NAMED_IAM",)
