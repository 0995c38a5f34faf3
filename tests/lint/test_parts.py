"""A template is checked again when the files change that its check reads, and the report is then what it always is."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from payflow_cfn.artifacts.template_set import TemplateSet
from payflow_cfn.lint import cfn_lint, report
from payflow_cfn.lint.findings import Report

DAY = date(2026, 11, 26)
STACK = "AWS::CloudFormation::Stack"


class Child(NamedTuple):
    """A nested template; each field is a way to edit it."""

    name: str = "child.json"
    has_fault: bool = False
    has_null: bool = False
    has_output: bool = True
    has_default: bool = True
    takes_more: bool = False
    has_child: bool = False

    def text(self) -> str:
        default = {"Default": "x"} if self.has_default else {}
        template: dict[str, Any] = {
            "Parameters": {"Name": {"Type": "String", **default}},
            "Resources": {
                "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": {"Ref": "Name"}}},
            },
        }
        if self.takes_more:
            template["Parameters"]["More"] = {"Type": "String"}
        if self.has_fault:
            template["Resources"]["Topic"]["Properties"]["FifoTopic"] = "perhaps"
        if self.has_null:
            template["Resources"]["Topic"]["Metadata"] = {"reason": None}
        if self.has_output:
            template["Outputs"] = {"Arn": {"Value": {"Ref": "Topic"}}}
        if self.has_child:
            template["Resources"]["Nested"] = {"Type": STACK, "Properties": {"TemplateURL": "./other.json"}}
        return json.dumps(template)


class Edited(NamedTuple):
    """A set: a root that nests child.json and other.json, which may be there or not."""

    children: tuple[Child, ...] = (Child(), Child("other.json"))
    passes_name: bool = True

    def texts(self) -> dict[str, str]:
        parameters = {"Parameters": {"Name": "a"}} if self.passes_name else {"Parameters": {}}
        nested = {
            stack: {"Type": STACK, "Properties": {"TemplateURL": f"./{stack.lower()}.json", **parameters}}
            for stack in ("Child", "Other")
        }
        arn = {"Arn": {"Value": {"Fn::GetAtt": ["Child", "Outputs.Arn"]}}}
        root = {"Resources": nested, "Outputs": arn}
        return {"root.json": json.dumps(root), **{each.name: each.text() for each in self.children}}


FLAG = some.booleans()
NAMES = some.sampled_from(["child.json", "other.json", "third.json"])
CHILDREN = some.lists(some.builds(Child, NAMES, FLAG, FLAG, FLAG, FLAG, FLAG, FLAG), max_size=3).map(tuple)
SETS = some.lists(some.builds(Edited, CHILDREN, FLAG), min_size=2, max_size=4)


def checked(texts: Mapping[str, str], cache: str = "") -> Report:
    return report(TemplateSet(texts), cache=cache, today=DAY)


def checked_one_after_another(edits: Sequence[Edited]) -> None:
    with TemporaryDirectory() as cache:
        for each in edits:
            assert checked(each.texts(), cache) == checked(each.texts())


@pytest.mark.slow
@settings(max_examples=1)
@given(edits=SETS)
def test_a_set_checked_after_others_has_the_report_of_a_set_checked_alone(edits: Sequence[Edited]) -> None:
    checked_one_after_another(edits)


@pytest.mark.whole
@settings(max_examples=20)
@given(edits=SETS)
def test_many_sets_checked_after_others_have_the_reports_of_sets_checked_alone(edits: Sequence[Edited]) -> None:
    checked_one_after_another(edits)


class Linted(NamedTuple):
    """A cache with the report of a set, and what is linted after it."""

    cache: str
    names: list[str]

    def again(self, edited: Edited) -> list[str]:
        """The templates that are linted when the set is edited."""
        self.names.clear()
        checked(edited.texts(), self.cache)
        return sorted(self.names)


@pytest.fixture
def linted(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Linted:
    found = Linted(str(tmp_path), [])

    def lint(parts: Mapping[str, Mapping[str, str]], *, regions: Sequence[str]) -> dict[str, Report]:
        assert list(regions) == ["us-east-1"]
        found.names.extend(parts)
        return {name: Report(()) for name in parts}

    monkeypatch.setattr(cfn_lint, "lint_templates", lint)
    assert found.again(Edited()) == ["child.json", "other.json", "root.json"]
    return found


OTHER = Child("other.json")


@pytest.mark.parametrize(
    ("edited", "again"),
    [
        (Edited((Child(has_fault=True), OTHER)), ["child.json"]),
        (Edited((Child(has_null=True), OTHER)), ["child.json"]),
        (Edited(passes_name=False), ["root.json"]),
        (Edited((Child(takes_more=True), OTHER)), ["child.json", "root.json"]),
        (Edited((Child(has_default=False), OTHER)), ["child.json", "root.json"]),
        (Edited((Child(has_output=False), OTHER)), ["child.json", "root.json"]),
        (Edited((Child(has_child=True), OTHER)), ["child.json"]),
        (Edited((Child(),)), ["root.json"]),
        (Edited((Child(), OTHER, Child("third.json"))), ["root.json", "third.json"]),
        (Edited((Child("renamed.json"), OTHER)), ["renamed.json", "root.json"]),
    ],
)
def test_what_is_linted_again(linted: Linted, edited: Edited, again: list[str]) -> None:
    assert linted.again(edited) == again


def test_an_unchanged_set_is_not_linted_again(linted: Linted) -> None:
    assert linted.again(Edited()) == []


def test_a_damaged_report_of_a_template_is_made_again(linted: Linted, tmp_path: Any) -> None:
    for path in tmp_path.iterdir():
        path.write_bytes(path.read_bytes()[:-1])
    assert linted.again(Edited()) == ["child.json", "other.json", "root.json"]
