"""The parsed templates of a set, with references followed from one stack into another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from posixpath import splitext
from types import MappingProxyType
from typing import Any, NamedTuple

from payflow_cfn.aws.loops import MACRO, is_loop, is_plain, not_looked_into
from payflow_cfn.aws.nesting import missing_files, nameless, nested_files, root_of
from payflow_cfn.aws.stack import Scope
from payflow_cfn.aws.template import OTHER_SUFFIXES, StackSource, parse_text, stack_source
from payflow_cfn.aws.values import ABSENT, Attribute, Given, Path
from payflow_cfn.aws.worlds import WORLD, World
from payflow_cfn.errors import CheckError
from payflow_cfn.jsontext import DEEPEST, REPAIR, too_deep

ROOT = "root"


class Place(NamedTuple):
    """A resource's attribute; `attribute` is Ref or what GetAtt names."""

    stack: str
    resource: str
    attribute: str


@dataclass(frozen=True, slots=True)
class ParsedSet:
    """The templates of a set by stack name, loops written out; `texts` holds what they were parsed from.

    A stack is named as its file without the suffix, the root's `root`; `files` are those with other names than that.
    `sources` are the modules of the functions' artifacts, {artifact: {path: bytes}}, as far as they are known.
    """

    templates: Mapping[str, Any]
    texts: Mapping[str, str]
    files: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, Mapping[str, bytes]] = field(default_factory=dict, repr=False)
    _scopes: dict[World, dict[str, Scope]] = field(default_factory=dict, init=False, repr=False, compare=False)
    _stacks: dict[Path, str] = field(default_factory=dict, init=False, repr=False, compare=False)
    _children: dict[str, dict[str, str]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def file(self, stack: str) -> str:
        """The name of the file that a stack's template is in."""
        if stack in self.files:
            return self.files[stack]
        return stack if stack.endswith(OTHER_SUFFIXES) else f"{stack}.json"

    def resources(self, *kinds: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Stack, logical id and resource, of these types or of all."""
        for stack, template in self.templates.items():
            for logical, resource in template.get("Resources", {}).items():
                if not kinds or resource.get("Type") in kinds:
                    yield stack, logical, resource

    def children(self, stack: str = ROOT) -> dict[str, str]:
        """Child stack name by its logical id, for the templates that are in the set, or that a local TemplateURL names.

        By the id where the AWS CLI named the template by a hash alone.
        """
        if stack not in self._children:
            self._children[stack] = self._nested(stack)
        return self._children[stack]

    def _nested(self, stack: str) -> dict[str, str]:
        file, template = self.file(stack), self.templates.get(stack, {})
        stacks = {self.file(each): each for each in self.templates}
        missing = missing_files(file, template, stacks).items()
        found = {
            **{each: each.lower() for each in nameless(template)},
            **{each: path.removesuffix(".json") for each, path in missing},
            **{each: stacks[name] for each, name in nested_files(file, template, stacks).items()},
        }
        return {each: found[each] for each in template.get("Resources", {}) if each in found}

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
        path = () if stack == ROOT else (self.file(stack),)
        source = self._source(stack)
        top = Scope(source, path, lambda name: _given(path, name, world), world.pseudo, count(), None)
        for each in top.every():
            self._scopes[world].setdefault(each.source.file, each)
            self._stacks[each.path] = each.source.file

    def _source(self, stack: str) -> StackSource:
        return stack_source(stack, self.templates, self.children)

    def written_out(self, given: Mapping[str, str]) -> ParsedSet:
        """The set with its loops written out, for these values of root's parameters and the defaults of the others."""
        found: dict[str, Any] = {}
        for name in sorted(self.templates, key=lambda each: each != ROOT):
            if name not in found:
                values = given if name == ROOT else {}
                top = Scope(self._source(name), (), _value_in(values), {})
                found = {**{each.source.file: each.template for each in top.every()}, **found}
        return replace(self, templates={name: found[name] for name in self.templates})

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

    def given_key(self, stack: str, value: Any) -> bool:
        """Whether this is a key that root is given by its ARN: its policy is its owner's and not to be seen here."""
        found = self.scope(stack).value(value)
        return isinstance(found, Given) and ":kms:" in self._declared(found).get("AllowedPattern", "")

    def _declared(self, parameter: Given) -> dict[str, Any]:
        found: dict[str, Any] = self.templates[self._stacks[parameter.path]]["Parameters"][parameter.name]
        return found


def _value_in(values: Mapping[str, str]) -> Callable[[str], Any]:
    return lambda name: values.get(name, ABSENT)


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


def parse_set(
    rendered: Mapping[str, str],
    given: Mapping[str, str] = MappingProxyType({}),
    *,
    sources: Mapping[str, Mapping[str, bytes]] = MappingProxyType({}),
) -> ParsedSet:
    """Parse the templates {file name: text}; loops are written out for the `given` parameters and the defaults.

    CheckError when one is not a template, PlanError when there is no root.

    FilesError when one is neither JSON nor YAML, or holds a key twice: CloudFormation would keep one.
    """
    parsed = {name: _parse(name, text) for name, text in rendered.items()}
    stacks = _stacks(rendered, root_of(parsed))
    texts = {stack: rendered[name] for stack, name in stacks.items()}
    odd = {stack: name for stack, name in stacks.items() if name != f"{stack}.json"}
    found = ParsedSet({stack: parsed[name] for stack, name in stacks.items()}, texts, odd, sources)
    return found if all(map(is_plain, parsed.values())) else found.written_out(given)


def _stacks(names: Iterable[str], root: str) -> dict[str, str]:
    """The file by the name of its stack: without the suffix, unless another file is named so."""
    stems = {name: ROOT if name == root else splitext(name)[0] for name in names}
    taken = list(stems.values())
    return {stem if name == root or taken.count(stem) == 1 else name: name for name, stem in stems.items()}


def unread(rendered: Mapping[str, str], given: Mapping[str, str] = MappingProxyType({})) -> list[str]:
    """A line for each part of the templates {file name: text} that only CloudFormation sees: macros, open loops."""
    parsed = parse_set(rendered, given)
    return [
        f"{parsed.file(stack)}: {what}: what it makes is not looked into"
        for stack, template in parsed.templates.items()
        for what in not_looked_into(template)
    ]


def _parse(name: str, text: str) -> dict[str, Any]:
    parsed = parse_text(text, where=name)
    if not isinstance(parsed, dict) or not isinstance(parsed.get("Resources"), dict):
        raise CheckError(f"{name} is not a template", remedy=REPAIR)
    for where in _misshapen(parsed):
        raise CheckError(f"{name} is not a template: {where}", remedy=REPAIR)
    return parsed


def _misshapen(template: dict[str, Any]) -> Iterator[str]:
    """What no rule could read: sections and resources of a wrong kind, and what is nested deeper than any template."""
    for section in ("Parameters", "Conditions", "Resources", "Outputs", "Rules", "Mappings"):
        entries = template.get(section, {})
        each = entries.items() if isinstance(entries, dict) else [("", None)]
        if not all(isinstance(entry, dict) or is_loop(key, entry) for key, entry in each):
            yield f"{section} is not an object of objects"
    for logical, resource in template["Resources"].items():
        if logical == MACRO or is_loop(logical, resource):
            continue
        kind, properties = resource.get("Type"), resource.get("Properties", {})
        if not isinstance(kind, str) or not isinstance(properties, dict):
            yield f"the Type or the Properties of {logical!r} are of a wrong kind"
    if too_deep(template):
        yield f"it is nested deeper than {DEEPEST} levels"
