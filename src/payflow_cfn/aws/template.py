"""A template set as a tree: the root template and, by logical id, what is nested in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from payflow_cfn.aws.data_resources import STACK
from payflow_cfn.aws.loops import is_loop
from payflow_cfn.errors import PlanError
from payflow_cfn.jsontext import parse_json
from payflow_cfn.yamltext import parse_yaml

ROOTS = ("root.json", "root.yaml", "root.yml", "root.template")
# What a template's file may be named besides .json.
OTHER_SUFFIXES = (".yaml", ".yml", ".template")


def parse_text(text: str, *, where: str) -> Any:
    """The value of a template's text, JSON or YAML; FilesError where it is neither, or is ambiguous."""
    return (parse_json if is_json(text, where) else parse_yaml)(text, where=where)


def is_json(text: str, name: str) -> bool:
    """Whether a file is to be read as JSON; CloudFormation tells it by the first character."""
    return name.endswith(".json") or text.lstrip()[:1] == "{"


def is_template(found: Any) -> bool:
    """Whether parameters and resources are objects of objects, as far as most readers look."""
    sections = [found.get(each, {}) for each in ("Parameters", "Resources")] if isinstance(found, dict) else [None]
    entries = [entry for each in sections if isinstance(each, dict) for entry in each.items()]
    parts = [part for key, part in entries if not is_loop(key, part)]
    inner = [part.get("Properties", {}) if isinstance(part, dict) else None for part in parts]
    return all(isinstance(each, dict) for each in (*sections, *parts, *inner))


@dataclass(frozen=True, slots=True)
class StackSource:
    """One template, the templates nested in it by logical id, and what is known of the code it names.

    `artifacts` is {name: identity}, for templates that name their code by a local path; `file` is the template's name.
    """

    template: Mapping[str, Any]
    children: Mapping[str, StackSource] = field(default_factory=dict)
    artifacts: Mapping[str, str] = field(default_factory=dict)
    file: str = field(default="", compare=False)


def notes_of(resource: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the Metadata of a resource says to payflow: `accept`, and of an extension's `extension`, `needs`, `why`."""
    metadata = resource.get("Metadata")
    found = metadata.get("payflow") if isinstance(metadata, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def prefix_of(root: Mapping[str, Any]) -> str:
    """The prefix of the set's physical names, which the Metadata of its root template has; empty without one."""
    found = notes_of(root).get("prefix", "")
    return found if isinstance(found, str) else ""


def version_of(root: Mapping[str, Any]) -> str:
    """The version of the set, by the output of its root template; empty where it has none."""
    output = (root.get("Outputs") or {}).get("TemplateVersion")
    value = output.get("Value") if isinstance(output, Mapping) else None
    return value if isinstance(value, str) else ""


def stack_source(
    file: str,
    templates: Mapping[str, Mapping[str, Any]],
    nested: Callable[[str], Mapping[str, str]],
    artifacts: Mapping[str, str] = MappingProxyType({}),
    above: tuple[str, ...] = (),
) -> StackSource:
    """The tree below this template; PlanError where a template nests itself.

    `nested` has the files by logical id that a file nests. One that is not among the templates (it is somewhere in S3)
    is left out.
    """
    if file in above:
        raise PlanError(f"the template {file} nests itself", remedy="render the set again", path=above)
    children = {
        logical: stack_source(each, templates, nested, artifacts, (*above, file))
        for logical, each in nested(file).items()
        if each in templates
    }
    return StackSource(templates[file], children, artifacts, file)


def nested_urls(template: Mapping[str, Any]) -> dict[str, str]:
    """{logical id: TemplateURL} of the nested stacks, where the URL is a text."""
    found = {
        logical: resource.get("Properties", {}).get("TemplateURL")
        for logical, resource in (template.get("Resources") or {}).items()
        if resource.get("Type") == STACK
    }
    return {logical: url for logical, url in found.items() if isinstance(url, str)}
