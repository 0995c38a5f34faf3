"""A set in YAML is the same tree as the one in JSON, and what belongs to no tree is named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from payflow_cfn.diff import ResourceChange, diff_sets
from payflow_cfn.diff.stack_tree import not_compared, stack_tree
from payflow_cfn.errors import FilesError, PlanError
from payflow_cfn.version import TEMPLATE_VERSION
from yaml_sets import yaml_set

FOLDER = Path(__file__).parents[2] / "templates" / TEMPLATE_VERSION
TEXTS = {each.name: each.read_text() for each in sorted(FOLDER.glob("*.json"))}
TEMPLATES = {name: text for name, text in TEXTS.items() if name != "manifest.json"}


@pytest.mark.slow
def test_the_same_set_in_yaml_is_no_change() -> None:
    found = yaml_set(TEMPLATES)
    assert {"!Ref", "!Sub", "!GetAtt", "!If", "!Join"} <= {word for text in found.values() for word in text.split()}
    assert stack_tree(found).children.keys() == stack_tree(TEMPLATES).children.keys()
    assert diff_sets(TEMPLATES, found) == []


@pytest.mark.slow
def test_a_change_of_a_set_in_yaml_is_the_change_of_the_set_in_json() -> None:
    number = TEMPLATES["storage.json"].replace('"AttributeType": "S"', '"AttributeType": "N"')
    changed = {**TEMPLATES, "storage.json": number}
    assert diff_sets(yaml_set(TEMPLATES), yaml_set(changed)) == diff_sets(TEMPLATES, changed) != []


def test_templates_that_no_url_names_are_told() -> None:
    topic = '{"Resources": {"T": {"Type": "AWS::SNS::Topic"}}}'
    more = {**TEXTS, "extra.json": topic, "package.json": "{}"}
    assert not_compared(stack_tree(more), more) == ["extra.json"]
    assert not_compared(stack_tree(TEXTS), TEXTS) == []


def test_a_loop_is_compared_by_what_it_makes_or_as_a_whole() -> None:
    def made(names: str, body: str) -> dict[str, str]:
        lines = ["Transform: AWS::LanguageExtensions", "Parameters: {P: {Type: CommaDelimitedList}}", "Resources:"]
        loop = ["  Fn::ForEach::T:", "    - N", f"    - {names}", "    - T${N}:", "        Type: AWS::SNS::Topic"]
        return {"main.yaml": "\n".join([*lines, *loop, f"        Properties: {{DisplayName: {body}}}"])}

    def changed(old: dict[str, str], new: dict[str, str]) -> list[str]:
        return ["/".join(each.path) for each in diff_sets(old, new) if isinstance(each, ResourceChange)]

    assert changed(made("[A, B]", "x"), made("[A, B]", "y")) == ["TA", "TB"]
    assert changed(made("[A, B]", "x"), made("[A, C]", "x")) == ["TC", "TB"]
    assert changed(made("!Ref P", "x"), made("!Ref P", "y")) == ["Fn::ForEach::T"]
    assert changed(made("!Ref P", "x"), made("!Ref P", "x")) == []


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ("Resources:\n  A: 1\n", PlanError, "main.yaml is not a template: lint the set"),
        ("Resources: {A: {Properties: []}}\n", PlanError, "main.yaml is not a template"),
        ("- a\n", PlanError, "main.yaml is not a template"),
        ("Resources: {A: !Nope x}\n", FilesError, "main.yaml:1: CloudFormation has no tag '!Nope'"),
    ],
)
def test_what_is_no_template_is_one_line(text: str, error: type[Exception], said: str) -> None:
    with pytest.raises(error) as caught:
        diff_sets({"main.yaml": text}, {"main.json": json.dumps({"Resources": {}})})
    assert str(caught.value).startswith(said)
