"""cloudformation-validate over the set."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest

from payflow_cfn.artifacts.template_set import TemplateSet
from payflow_cfn.aws.parsed_set import parse_set
from payflow_cfn.errors import CheckError, SettingsError
from payflow_cfn.lint import report
from payflow_cfn.lint.cloudformation_validate import validate_templates
from payflow_cfn.lint.parts import parts

Broken = Callable[[Callable[[dict[str, Any]], object]], dict[str, str]]


@pytest.mark.slow
def test_the_shipped_set_is_clean(shipped: dict[str, str]) -> None:
    pytest.importorskip("cloudformation_validate")
    found = validate_templates(parts(parse_set(shipped)), regions=["us-east-1", "cn-north-1"])
    assert {name: each.findings for name, each in found.items()} == dict.fromkeys(shipped, ())


@pytest.mark.slow
def test_a_finding_says_what_and_where(broken: Broken) -> None:
    pytest.importorskip("cloudformation_validate")

    def spoil(sets: dict[str, Any]) -> None:
        sets["storage"]["Resources"]["TransactionsTable"]["Properties"]["BillingMode"] = "FREE"
        sets["storage"]["Outputs"]["TableArn"] = {"Value": {"Ref": "Nope"}}
        sets["root"]["Resources"]["Storage"]["Properties"]["Parameters"]["Spare"] = "1"

    found = report(TemplateSet(broken(spoil)), checker="cloudformation_validate")
    places = {(each.rule, each.severity, each.file, each.path) for each in found.findings}
    assert ("W3030", "warning", "storage.json", "Resources/TransactionsTable/Properties/BillingMode") in places
    assert ("F6101", "error", "storage.json", "Outputs/TableArn/Value/Ref") in places
    assert ("PF001", "error", "root.json", "Resources/Storage/Properties/Parameters/Spare") in places
    assert {each.rule for each in found.findings} <= set(found.rules)


def test_without_the_package_the_remedy_is_said(shipped: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cloudformation_validate", None)
    with pytest.raises(CheckError, match=r"not installed: pip install 'payflow-cfn\[fast\]', or leave --fast out"):
        validate_templates(parts(parse_set(shipped)), regions=["us-east-1"])


def test_what_cannot_be_a_region_is_refused(shipped: dict[str, str]) -> None:
    pytest.importorskip("cloudformation_validate")
    with pytest.raises(SettingsError, match="no region mars-1: name one as AWS does"):
        validate_templates(parts(parse_set(shipped)), regions=["eusc-de-east-1", "us-gov-west-1", "mars-1"])
