"""The SARIF log has what code scanning services need."""

from __future__ import annotations

from typing import Any

from payflow_cfn.lint.findings import Explanation, Finding, Report
from payflow_cfn.lint.rules import explanations
from payflow_cfn.lint.sarif import sarif_log
from payflow_cfn.version import TEMPLATE_VERSION

TEXTS = {"root.json": '{\n"Resources": {\n"A": {"Type": "B"}}}', "a b.json": "{}"}
REPORT = Report(
    (
        Finding("E1", "error", "root.json", "Resources/A/Type", "wrong"),
        Finding("I1", "informational", "a b.json", "", "odd"),
        Finding("PF040", "warning", "gone.json", "Resources", "large"),
    ),
    {
        "E1": Explanation("short", "short and long", "https://example.com/E1"),
        "I1": Explanation("", ""),
        **explanations(),
    },
)


def run(folder: str = "") -> dict[str, Any]:
    log = sarif_log(REPORT, TEXTS, folder=folder)
    assert log["version"] == "2.1.0"
    assert log["$schema"].endswith("sarif-2.1.0.json")
    [found] = log["runs"]
    return dict(found)


def test_every_rule_has_a_descriptor_with_texts() -> None:
    rules = run()["tool"]["driver"]["rules"]
    assert [each["id"] for each in rules] == sorted({"E1", "I1", *explanations()})
    assert all(each["shortDescription"]["text"] and each["fullDescription"]["text"] for each in rules)
    first = rules[0]
    assert first == {
        "id": "E1",
        "shortDescription": {"text": "short"},
        "fullDescription": {"text": "short and long"},
        "helpUri": "https://example.com/E1",
    }


def test_a_result_points_at_its_rule_and_its_place() -> None:
    found = run(f"templates/{TEMPLATE_VERSION}")
    result = found["results"][0]
    rules = found["tool"]["driver"]["rules"]
    assert [rules[each["ruleIndex"]]["id"] for each in found["results"]] == ["E1", "I1", "PF040"]
    assert [each["ruleId"] for each in found["results"]] == ["E1", "I1", "PF040"]
    assert result["level"] == "error"
    assert result["message"] == {"text": "wrong"}
    assert result["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": f"templates/{TEMPLATE_VERSION}/root.json", "uriBaseId": "%SRCROOT%"},
                "region": {"startLine": 3},
            },
            "logicalLocations": [{"fullyQualifiedName": "Resources/A/Type"}],
        }
    ]


def test_levels_are_those_of_sarif() -> None:
    assert [each["level"] for each in run()["results"]] == ["error", "note", "warning"]


def test_addresses_are_relative_and_quoted() -> None:
    places = [each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for each in run("..")["results"]]
    assert places == ["../root.json", "../a%20b.json", "../gone.json"]
    assert "logicalLocations" not in run()["results"][1]["locations"][0]


def test_the_current_folder_adds_nothing() -> None:
    place = run(".")["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert place == "root.json"
