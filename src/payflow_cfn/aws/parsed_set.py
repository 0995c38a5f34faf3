"""The parsed templates of a set, with references followed from one stack into another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any, NamedTuple

from payflow_cfn.aws.data_resources import STACK
from payflow_cfn.aws.stack import Scope
from payflow_cfn.aws.template import nested_files, stack_source
from payflow_cfn.aws.values import Attribute, Given, Path
from payflow_cfn.aws.worlds import WORLD, World
from payflow_cfn.errors import CheckError
from payflow_cfn.jsontext import DEEPEST, parse_json, too_deep

ROOT = "root"


class Place(NamedTuple):
    """A resource's attribute; `attribute` is Ref or what GetAtt names."""

    stack: str
    resource: str
    attribute: str


@dataclass(frozen=True, slots=True)
class ParsedSet:
    """The templates of a set by stack name; `texts` holds what they were parsed from."""

    templates: Mapping[str, Any]
    texts: Mapping[str, str]
    _scopes: dict[World, dict[str, Scope]] = field(default_factory=dict, init=False, repr=False, compare=False)
    _stacks: dict[Path, str] = field(default_factory=dict, init=False, repr=False, compare=False)

    def resources(self, *kinds: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Stack, logical id and resource, of these types or of all."""
        for stack, template in self.templates.items():
            for logical, resource in template.get("Resources", {}).items():
                if not kinds or resource.get("Type") in kinds:
                    yield stack, logical, resource

    def children(self, stack: str = ROOT) -> dict[str, str]:
        """Child stack name by its logical id.

        By the id where TemplateURL names none of our files: the AWS CLI names what it packages by a hash alone.
        """
        template = self.templates.get(stack, {})
        files = {logical: file.removesuffix(".json") for logical, file in nested_files(template).items()}
        found = [each for each, value in template.get("Resources", {}).items() if value.get("Type") == STACK]
        return {each: files[each] if files.get(each) in self.templates else each.lower() for each in found}

    def resource(self, place: Place) -> dict[str, Any]:
        """The resource at this place, empty when there is none."""
        found: dict[str, Any] = self.templates.get(place.stack, {}).get("Resources", {}).get(place.resource, {})
        return found

    def scope(self, stack: str, world: World = WORLD) -> Scope:
        """The stack of a template in an imagined deployment: both sides of conditions, parameters of the root open."""
        found = self._scopes.get(world)
        if found is None:
            found = self._scopes[world] = {}
            for name in sorted(self.templates, key=lambda each: each != ROOT):
                if name not in found:  # what root does not nest is a root of its own
                    self._add_scopes(name, world)
        return found[stack]

    def _add_scopes(self, stack: str, world: World) -> None:
        path = () if stack == ROOT else (f"{stack}.json",)
        source = stack_source(stack, self.templates, self.children)
        top = Scope(source, path, lambda name: _given(path, name, world), world.pseudo, count(), None)
        for each in top.every():
            self._scopes[world].setdefault(each.source.file, each)
            self._stacks[each.path] = each.source.file

    def passed(self, logical: str) -> dict[str, Any]:
        """The parameters that root hands to a nested stack."""
        found: dict[str, Any] = self.templates[ROOT]["Resources"][logical].get("Properties", {}).get("Parameters", {})
        return found

    def place(self, attribute: Attribute) -> Place:
        """Where an attribute's resource is."""
        return Place(self._stacks[attribute.path[:-1]], attribute.path[-1], attribute.name)

    def origin(self, stack: str, value: Any) -> Place | None:
        """The resource that a Ref or GetAtt ends at, across stacks; None for anything else."""
        found = self.scope(stack).value(value)
        place = self.place(found) if isinstance(found, Attribute) else None
        return place if place and place.resource in self.templates[place.stack].get("Resources", {}) else None

    def default(self, parameter: Given) -> str:
        """The default of a parameter that is open; empty where it has none."""
        return str(self._declared(parameter).get("Default", ""))

    def given_arn(self, stack: str, value: Any, service: str) -> bool:
        """Whether root is given the ARN of a resource of this service, whose policy is not to be seen here."""
        found = self.scope(stack).value(value)
        return isinstance(found, Given) and f":{service}:" in self._declared(found).get("AllowedPattern", "")

    def _declared(self, parameter: Given) -> dict[str, Any]:
        found: dict[str, Any] = self.templates[self._stacks[parameter.path]]["Parameters"][parameter.name]
        return found


def _given(path: Path, name: str, world: World) -> Any:
    return world.environment if name == "Environment" else Given(path, name)


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
        if isinstance(value, dict | list):
            before = f"{path}/" if path else ""
            pairs = value.items() if isinstance(value, dict) else enumerate(value)
            todo.extend(reversed([(f"{before}{key}", each) for key, each in pairs]))


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
