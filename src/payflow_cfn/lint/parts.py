"""The files that a linter reads to check one template: the template, and what others declare if it nests stacks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from payflow_cfn.aws.parsed_set import ParsedSet

# The files by name that one check reads.
Part = Mapping[str, str]

_NESTING = ("AWS::CloudFormation::Stack", "AWS::Serverless::Application")


def parts(templates: ParsedSet) -> dict[str, Part]:
    """The files that the check of each template reads, by the name of its file.

    Nothing else is given to the linter, so its findings in a template stay valid as long as these files stay the same.
    """
    texts = {templates.file(stack): text for stack, text in templates.texts.items()}
    declared = {templates.file(stack): _declared(each) for stack, each in templates.templates.items()}
    return {name: {**(declared if _nests(text) else {}), name: text} for name, text in texts.items()}


def _nests(text: str) -> bool:
    return any(kind in text for kind in _NESTING)


def _declared(template: Mapping[str, Any]) -> str:
    """A template with all that cfn-lint reads of a nested one: parameters, whether they have defaults, outputs."""
    parameters = template.get("Parameters", {}).items()
    given = {name: {} if each.get("Default") is None else {"Default": ""} for name, each in parameters}
    return json.dumps({"Parameters": given, "Outputs": {name: {} for name in template.get("Outputs", {})}})
