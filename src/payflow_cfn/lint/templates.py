"""The parsed templates of a set, with references followed from one stack into another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from payflow_cfn.aws.data_resources import STACK
from payflow_cfn.errors import CheckError
from payflow_cfn.jsontext import DEEPEST, parse_json, too_deep

ROOT = "root"


@dataclass(frozen=True, slots=True)
class Place:
    """A resource's attribute; `attribute` is Ref or what GetAtt names."""

    stack: str
    resource: str
    attribute: str


@dataclass(frozen=True, slots=True)
class ParsedSet:
    """The templates of a set by stack name; `texts` holds what they were parsed from."""

    templates: Mapping[str, Any]
    texts: Mapping[str, str]

    def resources(self, *kinds: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Stack, logical id and resource, of these types or of all."""
        for stack, template in self.templates.items():
            for logical, resource in template.get("Resources", {}).items():
                if not kinds or resource.get("Type") in kinds:
                    yield stack, logical, resource

    def children(self) -> dict[str, str]:
        """Child stack name by its logical id in the root.

        By the id, not by TemplateURL: a packaged set has addresses there that say nothing about our files.
        """
        found = self.templates.get(ROOT, {}).get("Resources", {})
        return {each: each.lower() for each, value in found.items() if value.get("Type") == STACK}

    def resource(self, place: Place) -> dict[str, Any]:
        """The resource at this place, empty when there is none."""
        found: dict[str, Any] = self.templates.get(place.stack, {}).get("Resources", {}).get(place.resource, {})
        return found

    def attached(self, kind: str, field: str, owner: Place) -> Iterator[tuple[str, Any]]:
        """Stack and document of the policies of this type whose `field` names that resource."""
        for stack, _, policy in self.resources(kind):
            properties = policy.get("Properties", {})
            named = [self.origin(stack, each) for each in listed(properties.get(field))]
            if (owner.stack, owner.resource) in [(each.stack, each.resource) for each in named if each]:
                yield stack, properties.get("PolicyDocument", {})

    def passed(self, stack: str, parameter: str) -> Any:
        """What the root hands to a child's parameter."""
        for logical, child in self.children().items():
            if child == stack:
                found = self.templates[ROOT]["Resources"][logical].get("Properties", {})
                return found.get("Parameters", {}).get(parameter)
        return None

    def origin(self, stack: str, value: Any, *, depth: int = 20) -> Place | None:
        """The resource that a Ref or GetAtt ends at, across stacks; None for anything else."""
        kind, target = reference(value)
        if not kind or not depth:
            return None
        if kind == "Ref" and target in self.templates[stack].get("Parameters", {}):
            return self.origin(ROOT, self.passed(stack, target), depth=depth - 1) if stack != ROOT else None
        logical, _, attribute = target.partition(".")
        child = self.children().get(logical) if stack == ROOT else None
        if child and attribute.startswith("Outputs."):
            output = self.templates.get(child, {}).get("Outputs", {}).get(attribute[8:], {})
            return self.origin(child, output.get("Value"), depth=depth - 1) if output else None
        known = logical in self.templates[stack].get("Resources", {})
        return Place(stack, logical, attribute or "Ref") if known else None

    def given_key(self, stack: str, value: Any) -> bool:
        """Whether this is a key that root is given by its ARN: its policy is its owner's and not to be seen here."""
        _, target = reference(value)
        if stack != ROOT:
            _, target = reference(self.passed(stack, target))
        facts = self.templates[ROOT].get("Parameters", {}).get(target, {})
        return ":kms:" in facts.get("AllowedPattern", "")


def reference(value: Any) -> tuple[str, str]:
    """Ref or Fn::GetAtt with its target as text (`Id.Attribute`); two empty texts for anything else."""
    if not isinstance(value, dict) or len(value) != 1:
        return "", ""
    if isinstance(value.get("Ref"), str):
        return "Ref", value["Ref"]
    target = value.get("Fn::GetAtt")
    if isinstance(target, list):
        return "Fn::GetAtt", ".".join(str(each) for each in target)
    return ("Fn::GetAtt", target) if isinstance(target, str) else ("", "")


def walk(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every value inside this one with its path, this one first, in the order of the text."""
    todo = [(path, value)]
    while todo:
        path, value = todo.pop()
        yield path, value
        pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        before = f"{path}/" if path else ""
        todo.extend(reversed([(f"{before}{key}", each) for key, each in pairs]))


def listed(value: Any) -> list[Any]:
    """One value or a list of them, as a list."""
    return value if isinstance(value, list) else [] if value is None else [value]


def parse_set(rendered: Mapping[str, str]) -> ParsedSet:
    """Parse the templates {file name: text}; CheckError when one is not a template or the root is missing.

    FilesError when one is not JSON, or holds a key twice: CloudFormation would keep one, such as one of two states.
    """
    texts = {name.removesuffix(".json"): text for name, text in rendered.items()}
    if ROOT not in texts:
        raise CheckError("there is no root.json to check", remedy="name the folder that render wrote")
    return ParsedSet({name: _parse(name, text) for name, text in texts.items()}, texts)


def _parse(name: str, text: str) -> dict[str, Any]:
    parsed = parse_json(text, where=f"{name}.json")
    if not isinstance(parsed, dict) or not isinstance(parsed.get("Resources"), dict):
        raise CheckError(f"{name}.json is not a template", remedy="render the set again")
    for where in _misshapen(parsed):
        raise CheckError(f"{name}.json is not a template: {where}", remedy="render the set again")
    return parsed


def _misshapen(template: dict[str, Any]) -> Iterator[str]:
    """What no rule could read: sections and resources of a wrong kind, and what is nested deeper than any template."""
    for section in ("Parameters", "Conditions", "Resources", "Outputs", "Rules", "Mappings"):
        entries = template.get(section, {})
        if not isinstance(entries, dict) or not all(isinstance(each, dict) for each in entries.values()):
            yield f"{section} is not an object of objects"
    for logical, resource in template["Resources"].items():
        kind, properties = resource.get("Type"), resource.get("Properties", {})
        if not isinstance(kind, str) or not isinstance(properties, dict):
            yield f"the Type or the Properties of {logical!r} are of a wrong kind"
    if too_deep(template):
        yield f"it is nested deeper than {DEEPEST} levels"
