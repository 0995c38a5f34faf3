"""Rules about published versions: they follow their function."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from payflow_cfn.artifacts.digest import version_digits
from payflow_cfn.aws.data_resources import FUNCTION
from payflow_cfn.aws.parsed_set import ParsedSet, Place
from payflow_cfn.lint.findings import Breach
from payflow_cfn.lint.references import targets

_VERSION = "AWS::Lambda::Version"


def versions_follow_functions(templates: ParsedSet) -> Iterator[Breach]:
    """PF080: a function has one version in the set, and where the version says its artifact, its id follows both.

    CloudFormation publishes a version only when it creates the resource. Under an old id the alias goes on calling the
    old code and settings, and of two versions without a difference the second is refused
    (https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-version.html).
    """
    first: dict[tuple[str, str], str] = {}
    for stack, logical, version in templates.resources(_VERSION):
        path = f"Resources/{logical}"
        for function in targets(templates, stack, version.get("Properties", {}).get("FunctionName"), FUNCTION):
            if wanted := _other_digits(templates, logical, version, function):
                message = f"{function.resource} is not what this version was named for: its id has to end with {wanted}"
                yield Breach(stack, path, message)
            if "Condition" not in version and (other := first.setdefault(function[:2], logical)) != logical:
                yield Breach(stack, path, f"{other} is a version of {function.resource}, too")


def _other_digits(templates: ParsedSet, logical: str, version: Mapping[str, Any], function: Place) -> str:
    """The digits that the id has to end with; empty where it does, or where the version does not say its artifact."""
    found: Any = version
    for step in ("Metadata", "payflow", "artifact"):
        found = found.get(step) if isinstance(found, Mapping) else None
    if not isinstance(found, str):
        return ""
    digits = version_digits(templates.resource(function).get("Properties", {}), found)
    return "" if logical.endswith(digits) else digits
