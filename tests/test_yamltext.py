"""YAML is read as CloudFormation reads it: like the same template in JSON, or refused in one line with its place."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as some

from payflow_cfn.errors import FilesError
from payflow_cfn.yamltext import parse_yaml, yaml_lines
from yaml_sets import Short

KEYS = some.text("abcXYZ:. -#", min_size=1, max_size=6)
VALUES = some.recursive(
    some.booleans() | some.integers(-(10**17), 10**17) | some.text(max_size=12),
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(KEYS, inner, max_size=4),
)


@given(VALUES)
def test_it_means_what_the_same_value_means_in_json(value: Any) -> None:
    assert parse_yaml(yaml.safe_dump({"a": value}), where="x") == {"a": value}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("!Ref Topic", {"Ref": "Topic"}),
        ("!Condition C", {"Condition": "C"}),
        ("!GetAtt Child.Outputs.Arn", {"Fn::GetAtt": ["Child", "Outputs.Arn"]}),
        ("!GetAtt [Child, Outputs.Arn]", {"Fn::GetAtt": ["Child", "Outputs.Arn"]}),
        ("!Sub '${A}-x'", {"Fn::Sub": "${A}-x"}),
        ("!Sub ['${A}', {A: !Ref B}]", {"Fn::Sub": ["${A}", {"A": {"Ref": "B"}}]}),
        ("!If [C, !Base64 x, !Ref AWS::NoValue]", {"Fn::If": ["C", {"Fn::Base64": "x"}, {"Ref": "AWS::NoValue"}]}),
        ("!Transform {Name: M, Parameters: {A: 1}}", {"Fn::Transform": {"Name": "M", "Parameters": {"A": 1}}}),
        ("!ToJsonString {a: !Length [1, 2]}", {"Fn::ToJsonString": {"a": {"Fn::Length": [1, 2]}}}),
        ("!GetAZs ''", {"Fn::GetAZs": ""}),
        ("!Sub 5", {"Fn::Sub": "5"}),
        ("{Fn::GetAtt: A.B}", {"Fn::GetAtt": "A.B"}),
    ],
)
def test_a_short_form_is_the_function(text: str, value: Any) -> None:
    assert parse_yaml(f"a: {text}", where="x") == {"a": value}


TRAPS = "2012-10-17 yes No on 010 0x1F 1_000 10:30 +491 1e3 .5 1.10 012345678901 = -0"


@pytest.mark.parametrize("text", TRAPS.split(" "))
def test_what_yaml_would_change_stays_a_text(text: str) -> None:
    assert parse_yaml(f"a: {text}", where="x") == {"a": text}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *(("true", True), ("False", False), ("5", 5), ("-3", -3), ("1.5", 1.5), ("", None), ("~", None)),
        *(("'true'", "true"), ('"5"', "5"), ("!!str 5", "5"), ("!!int 5", 5), ("|\n  x\n", "x\n")),
    ],
)
def test_the_kind_of_a_scalar(text: str, value: Any) -> None:
    assert parse_yaml(f"a: {text}", where="x") == {"a": value}


def test_a_number_as_a_key_is_a_text() -> None:
    assert parse_yaml("012345678901: {2012-10-17: x}", where="x") == {"012345678901": {"2012-10-17": "x"}}


def test_an_alias_and_a_merge_are_what_they_stand_for() -> None:
    text = "a: &x {b: 1, c: 2}\nd: *x\ne:\n  <<: *x\n  c: 3\nf:\n  <<: [*x, {g: 4}]\n"
    assert parse_yaml(text, where="x") == {
        "a": {"b": 1, "c": 2}, "d": {"b": 1, "c": 2}, "e": {"b": 1, "c": 3}, "f": {"b": 1, "c": 2, "g": 4},
    }  # fmt: skip


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_files_from_windows_are_read(ending: str) -> None:
    assert parse_yaml(f"\ufeffa: 1{ending}b: x{ending}", where="x") == {"a": 1, "b": "x"}


BOMB = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 40))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\nb: 2\na: 3\n", "x.yaml:3: the key 'a' stands there twice, first in line 1: keep one"),
        ("a:\n\tb: 1\n", "x.yaml:2: not YAML: found character that cannot start any token: indent with spaces"),
        ("a: [1\nb: 2\n", "x.yaml:2: not YAML: "),
        ("a: 1\n--- \nb: 2\n", "x.yaml:2: a second document begins: keep one template in a file"),
        ("", "x.yaml:1: the file is empty"),
        ("a:\n  b: !Reff x\n", "x.yaml:2: CloudFormation has no tag '!Reff'"),
        ("a: !!timestamp 2001-01-01\n", "x.yaml:1: CloudFormation has no tag 'tag:yaml.org,2002:timestamp'"),
        ("a: !!python/object:os.system x\n", "x.yaml:1: CloudFormation has no tag "),
        ("a:\n  ? [1, 2]\n  : b\n", "x.yaml:2: a key is not a text"),
        ("a:\n  !Ref b: c\n", "x.yaml:2: a key is not a text"),
        ("a: *b\n", "x.yaml:1: no anchor &b before this alias"),
        ("a: &b [*b]\n", "x.yaml:1: no anchor &b before this alias"),
        ("a:\n  <<: 1\n", "x.yaml:2: what is merged is not a mapping"),
        (BOMB, "x.yaml:16: more than 250000 values, with"),
        ("a: " + "[" * 200, "x.yaml:1: nested deeper than 100 levels"),
        ("a: " + "[" * 5000, "x.yaml:1: not YAML: exceeded maximum nesting depth"),
        ("a: b\x00c\n", "x.yaml:1: not YAML: "),
        ("a: 1\nb: \x01\n", "x.yaml:2: not YAML: "),
    ],
)
def test_what_cloudformation_would_not_take_is_one_line_with_its_place(text: str, said: str) -> None:
    with pytest.raises(FilesError) as caught:
        parse_yaml(text, where="x.yaml")
    assert str(caught.value).startswith(said)
    assert caught.value.remedy
    assert "\n" not in str(caught.value)


def test_each_place_has_the_line_of_its_key() -> None:
    lines = ["Resources:", "  # a topic", "  Topic:", "    Type: x", "    Tags:"]
    text = "\n".join([*lines, "      - Key: a", "        Value: !Sub", "          - b"])
    assert yaml_lines(text, where="x") == {
        "": 1, "Resources": 1, "Resources/Topic": 3, "Resources/Topic/Type": 4, "Resources/Topic/Tags": 5,
        "Resources/Topic/Tags/0": 6, "Resources/Topic/Tags/0/Key": 6, "Resources/Topic/Tags/0/Value": 7,
        "Resources/Topic/Tags/0/Value/Fn::Sub/0": 8,
    }  # fmt: skip


def test_the_short_forms_of_the_tests_are_short() -> None:
    value = {"a": {"Fn::GetAtt": ["B", "C.D"]}, "e": {"Fn::If": ["F", {"Ref": "G"}, 1]}}
    text = yaml.dump(value, Dumper=Short)
    assert (text.count("!GetAtt"), text.count("!If"), text.count("!Ref"), text.count("Fn::")) == (1, 1, 1, 0)
    assert parse_yaml(text, where="x") == value
