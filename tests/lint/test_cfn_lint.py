"""cfn-lint over the set: what is asked of it, and that the second process changes nothing."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from payflow_cfn.aws.parsed_set import parse_set
from payflow_cfn.errors import SettingsError
from payflow_cfn.lint.cfn_lint import lint_templates
from payflow_cfn.lint.findings import Report, merged
from payflow_cfn.lint.parts import parts

Broken = Callable[[Callable[[dict[str, Any]], object]], dict[str, str]]


def unprotected_pair(broken: Broken) -> dict[str, str]:
    """The root and the table, with three faults: cfn-lint takes its time for each template."""
    texts = broken(unprotect)
    root = json.loads(texts["root.json"])
    root["Resources"] = {"Storage": root["Resources"]["Storage"]}
    return {"root.json": json.dumps(root), "storage.json": texts["storage.json"]}


def unprotect(sets: dict[str, Any]) -> None:
    table = sets["storage"]["Resources"]["TransactionsTable"]
    table.pop("UpdateReplacePolicy")
    table["Properties"]["BillingMode"] = "FREE"
    sets["root"]["Resources"]["Storage"]["Properties"]["Parameters"]["Spare"] = "1"


def linted(texts: dict[str, str]) -> Report:
    """What cfn-lint says of the set."""
    return merged(lint_templates(parts(parse_set(texts)), regions=["us-east-1"]))


@pytest.fixture(scope="module")
def unprotected(broken: Broken) -> Report:
    """The report of the two templates, made once."""
    return linted(unprotected_pair(broken))


def test_cfn_lint_compares_parameters_with_the_local_child(unprotected: Report) -> None:
    assert ("E3043", "root.json") in {(each.rule, each.file) for each in unprotected.findings}


def test_informational_rules_are_included(unprotected: Report) -> None:
    assert ("I3011", "informational") in {(each.rule, each.severity) for each in unprotected.findings}


def test_a_finding_says_where_it_is(unprotected: Report) -> None:
    [found] = [each for each in unprotected.findings if each.rule == "E3030"]
    assert (found.severity, found.file, found.path) == (
        "error",
        "storage.json",
        "Resources/TransactionsTable/Properties/BillingMode",
    )


def test_each_rule_that_found_something_is_explained(unprotected: Report) -> None:
    assert {each.rule for each in unprotected.findings} == set(unprotected.rules)
    assert unprotected.rules["E3043"].short
    assert unprotected.rules["E3043"].url.startswith("https://")


@pytest.mark.slow
def test_one_process_and_two_find_the_same_in_the_same_order(broken: Broken, monkeypatch: pytest.MonkeyPatch) -> None:
    reports = []
    for processors in ({0}, {0, 1}):
        monkeypatch.setattr(os, "sched_getaffinity", lambda _, processors=processors: processors)
        reports.append(linted(unprotected_pair(broken)))
    assert reports[0] == reports[1]
    assert list(reports[0].findings) == sorted(reports[0].findings)
    assert {each.file for each in reports[0].findings} == {"root.json", "storage.json"}


@pytest.mark.slow
def test_a_configuration_that_lies_about_changes_nothing(
    broken: Broken, unprotected: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".cfnlintrc").write_text("ignore_checks: [E, W, I]\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert linted(unprotected_pair(broken)) == unprotected


@pytest.mark.slow
def test_the_current_folder_changes_nothing(broken: Broken, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """cfn-lint reads the outputs of a nested template only if that lies below the current folder."""

    def misspell(sets: dict[str, Any]) -> None:
        unprotect(sets)
        names = ("TransactionsTableName", "Nope")
        sets["root"]["Outputs"] = {each: {"Value": {"Fn::GetAtt": ["Storage", f"Outputs.{each}"]}} for each in names}
        sets["root"]["Outputs"]["Sub"] = {"Value": {"Fn::Sub": "${Storage.Outputs.Nope}"}}

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    texts = unprotected_pair(lambda _: broken(misspell))
    elsewhere = linted(texts)
    monkeypatch.chdir(tmp_path)
    assert linted(texts) == elsewhere


def test_unknown_region_is_refused_with_the_known_ones(shipped: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match=r"no region mars-1: known are .*eu-west-2"):
        lint_templates(parts(parse_set(shipped)), regions=["us-east-1", "mars-1"])


@pytest.mark.slow
def test_a_finding_names_the_file_in_its_folder() -> None:
    texts = {
        "main.yaml": "Resources: {T: {Type: AWS::SNS::Topic}}\n",
        "infra/vpc.yaml": "Resources: {T: {Type: No::No}}\n",
    }
    reports = lint_templates({name: {name: text} for name, text in texts.items()}, regions=["us-east-1"])
    assert {name for name, each in reports.items() for _ in each.findings} == {"infra/vpc.yaml"}
