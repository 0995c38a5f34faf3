"""A set with a bucket, a function and a step of a team: lint, audit, diff and the packager treat it as ours."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from payflow_cfn.artifacts.build import set_artifacts
from payflow_cfn.artifacts.template_set import TemplateSet, read_set, write_set
from payflow_cfn.audit.permissions.folder import audit_set
from payflow_cfn.config.settings import Settings
from payflow_cfn.lint import lint_set
from payflow_cfn.stacks.render import build_set
from team_extension import screening_in, write_screening


@pytest.mark.slow
def test_lint_and_audit_find_nothing(extended: TemplateSet) -> None:
    assert lint_set(extended) == []
    assert audit_set(extended) == []


@pytest.mark.whole
@pytest.mark.parametrize(
    "settings",
    [
        Settings(vpc=True, tracing=True, code_signing=True),
        Settings(existing_keys=("dynamodb", "sns", "cloudwatch", "lambda", "states")),
    ],
    ids=["vpc", "existing keys"],
)
def test_so_with_other_settings(settings: Settings, tmp_path: Path) -> None:
    found = build_set(settings, [screening_in(write_screening(tmp_path))])
    assert lint_set(found) == []
    assert audit_set(found) == []


def edited(templates: TemplateSet, file: str, change: Any) -> TemplateSet:
    document = json.loads(templates.templates[file])
    change(document)
    return replace(templates, templates={**templates.templates, file: json.dumps(document)})


@pytest.mark.slow
def test_a_permission_that_the_extension_did_not_ask_for_is_unused(extended: TemplateSet) -> None:
    def widen(document: Any) -> None:
        policy = document["Resources"]["ScreeningRole"]["Properties"]["Policies"][0]["PolicyDocument"]
        policy["Statement"][-1]["Action"].append("s3:DeleteObject")

    (fault,) = audit_set(edited(extended, "functions.json", widen))
    assert (fault.kind, fault.resource, fault.grant.action) == ("unused", "ScreeningRole", "s3:DeleteObject")


def test_a_permission_that_was_taken_away_is_missing(extended: TemplateSet) -> None:
    def narrow(document: Any) -> None:
        document["Resources"]["ScreeningRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"].pop()

    (fault,) = audit_set(edited(extended, "functions.json", narrow))
    assert (fault.kind, fault.resource, fault.grant.action) == ("missing", "ScreeningRole", "s3:PutObject")


@pytest.mark.slow
def test_the_workflow_may_call_the_step_and_only_so(extended: TemplateSet) -> None:
    def forget(document: Any) -> None:
        policy = document["Resources"]["WorkflowRole"]["Properties"]["Policies"][0]["PolicyDocument"]
        (invoke,) = (each for each in policy["Statement"] if each["Sid"] == "InvokeFunctions")
        invoke["Resource"].remove({"Ref": "ScreeningAliasArn"})

    changed = edited(extended, "workflow.json", forget)
    assert [each.grant.action for each in audit_set(changed)] == ["lambda:InvokeFunction"]
    assert "PF029" in {each.rule for each in lint_set(changed)}


def test_the_zip_has_the_teams_sources_and_only_those(extended: TemplateSet, tmp_path: Path) -> None:
    built = {each.name: each.build() for each in set_artifacts(extended)}
    assert set(built) == {"validation", "processing", "screening"}
    write_set(extended, str(tmp_path), zips={name: each.body for name, each in built.items()})
    found = read_set(tmp_path)
    assert [each.build() for each in set_artifacts(found)] == list(built.values())
    assert found.recorded.extensions == extended.recorded.extensions
    assert [each.name.partition(":")[2] for each in found.recorded.extensions] == ["screening_in.<locals>.screening"]


def test_the_manifest_is_the_same_from_every_render(extended: TemplateSet, tmp_path: Path) -> None:
    again = build_set(Settings(), [screening_in(write_screening(tmp_path))])
    assert again.files == extended.files
