"""Rendered sets of governed organisations, parsed, and what the tests read from them."""

from __future__ import annotations

from typing import Any, get_args

from payflow_cfn.aws.parsed_set import ParsedSet, parse_set
from payflow_cfn.config.settings import KeyPurpose, Settings
from payflow_cfn.stacks import build_stacks
from payflow_cfn.stacks.render import render_templates

IDENTITIES = {"validation": "a", "processing": "b"}
PURPOSES: tuple[KeyPurpose, ...] = get_args(KeyPurpose)
EVERYTHING = Settings(
    existing_keys=PURPOSES,
    vpc=True,
    code_signing=True,
    reserved_concurrency=True,
    workflow_log_class="INFREQUENT_ACCESS",
    tracing=True,
    architecture="arm64",
)


def rendered(settings: Settings) -> dict[str, str]:
    return render_templates(build_stacks(settings, IDENTITIES))


def parsed(settings: Settings) -> ParsedSet:
    return parse_set(rendered(settings))


def properties(templates: ParsedSet, kind: str) -> dict[str, dict[str, Any]]:
    return {logical: each["Properties"] for _, logical, each in templates.resources(kind)}


def statements(role: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {each["Sid"]: each for each in role["Policies"][0]["PolicyDocument"]["Statement"]}


def passed(templates: ParsedSet, stack: str, parameter: str) -> Any:
    """What root hands to a nested stack's parameter."""
    logical = next(each for each, child in templates.children().items() if child == stack)
    return templates.passed(logical).get(parameter)
