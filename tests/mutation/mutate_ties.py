"""Resources tied to something else: another role, key or log group, another output, a key without its check."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mutation.mutant import Mutant, Path, get, removed, replaced
from mutation.ties import TIES
from payflow_cfn.aws.parsed_set import ROOT, ParsedSet, reference

# Outputs of one sort may be mistaken for one another.
_SORTS = ("KeyArn", "AliasArn", "TableName", "TableArn", "TopicArn", "FunctionName", "LogGroupName", "SecretArn")


def tie_mutants(templates: ParsedSet) -> Iterator[Mutant]:
    """Every tie of every resource removed and laid elsewhere."""
    for stack, logical, resource in templates.resources():
        for path in TIES.get(logical, ()):
            place: Path = (stack, "Resources", logical, "Properties", *_steps(path))
            yield removed(templates, "tie, removed", place)
            right = get(templates.templates, place)
            for value in _instead(templates, stack, path, right):
                yield replaced(templates, "tie, laid elsewhere", place, value)
        if resource.get("Type") == "AWS::KMS::Key":
            place = (stack, "Resources", logical, "Properties", "BypassPolicyLockoutSafetyCheck")
            yield replaced(templates, "tie, lockout check of a key passed by", place, True)


def wiring_mutants(templates: ParsedSet) -> Iterator[Mutant]:
    """Every parameter that root hands to a stack, taken from another output of its sort."""
    outputs = _outputs(templates)
    for logical, child in templates.templates[ROOT]["Resources"].items():
        for name, value in child.get("Properties", {}).get("Parameters", {}).items():
            right = reference(value)[1].rpartition("Outputs.")[2]
            sort = next((each for each in _SORTS if right.endswith(each)), "")
            place: Path = (ROOT, "Resources", logical, "Properties", "Parameters", name)
            for other, source in outputs.items():
                if sort and other.endswith(sort) and other != right:
                    yield replaced(templates, "tie, output handed elsewhere", place, source)


def _outputs(templates: ParsedSet) -> dict[str, Any]:
    return {
        output: {"Fn::GetAtt": [logical, f"Outputs.{output}"]}
        for logical, stack in templates.children().items()
        for output in templates.templates[stack].get("Outputs", {})
    }


def _instead(templates: ParsedSet, stack: str, path: str, right: Any) -> list[Any]:
    """Other roles, keys and groups that the same template could name there."""
    template = templates.templates[stack]
    if path.endswith(("Role", "RoleArn")):
        roles = [name for name, each in template["Resources"].items() if each["Type"] == "AWS::IAM::Role"]
        found: list[Any] = [{"Fn::GetAtt": [each, "Arn"]} for each in roles]
    elif "Kms" in path or "KMS" in path:
        found = [{"Ref": each} for each in template["Parameters"] if each.endswith("KeyArn")] + ["alias/aws/service"]
    elif path.endswith("LogGroup"):
        groups = [name for name, each in template["Resources"].items() if each["Type"] == "AWS::Logs::LogGroup"]
        found = [{"Ref": each} for each in groups]
    else:
        found = [False if right is True else "another"]
    return [each for each in found if each != right]


def _steps(path: str) -> Path:
    return tuple(int(each) if each.isdigit() else each for each in path.split("/"))
