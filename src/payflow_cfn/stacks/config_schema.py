"""The JSON Schema of payflow.toml, made from the classes that read it."""

from __future__ import annotations

from typing import Any, get_args

from payflow_cfn.config.environment import Target
from payflow_cfn.config.names import ENVIRONMENT_LIMIT, ENVIRONMENT_PATTERN
from payflow_cfn.config.settings import KeyPurpose, Settings

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_PARAMETERS: dict[str, Any] = {
    "patternProperties": {"^[A-Za-z0-9]{1,255}$": {"type": ["string", "integer"]}},
    "additionalProperties": False,
    "not": {"required": ["Environment"]},
}


def project_schema() -> dict[str, Any]:
    """The schema (draft 2020-12) for editors and validators.

    Only the command checks rules that a schema cannot hold: those of tags, of the region and account inside ARNs, and
    of the root template's parameters.
    """
    settings = _table(Settings, "What is decided when the templates are rendered.")
    environment = _table(Target, "What one environment is deployed with.")
    environment["properties"]["parameters"] |= _PARAMETERS | {"properties": known_parameters()}
    return {
        "$schema": DIALECT,
        "title": "payflow.toml",
        "description": "Settings of the template set, and what each environment is deployed with.",
        "type": "object",
        "properties": {
            "settings": settings,
            "environments": {
                "description": "One table for each environment, under its name.",
                "type": "object",
                "patternProperties": {f"^{ENVIRONMENT_PATTERN}$": environment},
                "propertyNames": {"maxLength": ENVIRONMENT_LIMIT},
                "additionalProperties": False,
            },
        },
        "additionalProperties": False,
    }


def known_parameters() -> dict[str, dict[str, Any]]:
    """The parameters of the root template with any settings, for an editor's completion.

    Their rules stay in the template: another version, or a set with added stacks, has other rules.
    """
    from payflow_cfn.stacks import build_stacks

    everything = Settings(existing_keys=get_args(KeyPurpose), vpc=True, code_signing=True, reserved_concurrency=True)
    root = build_stacks(everything, {"validation": "", "processing": ""})["root"].to_dict()
    found = {}
    for name, facts in root["Parameters"].items():
        if name != "Environment":
            default = {"default": str(facts["Default"])} if "Default" in facts else {}
            found[name] = {"description": facts["Description"], "type": ["string", "integer"], **default}
    return found


def _table(kind: type[Any], description: str) -> dict[str, Any]:
    from pydantic import TypeAdapter

    found = TypeAdapter(kind).json_schema()
    found.pop("title", None)
    found |= {"description": description, "additionalProperties": False}
    for each in found["properties"].values():
        each.pop("title", None)
    return found
