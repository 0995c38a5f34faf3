"""The set before its root is connected: what an extension gets, and what it returns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from payflow_cfn.artifacts.dependencies import Pin
from payflow_cfn.artifacts.digest import Sources, version_digits
from payflow_cfn.artifacts.template_set import artifact_name
from payflow_cfn.aws.data_resources import FUNCTION
from payflow_cfn.aws.functions import VARIABLE
from payflow_cfn.config.settings import Settings
from payflow_cfn.errors import ExtensionError
from payflow_cfn.stacks.template_base import SHARED_PARAMETERS, TEXT_LIST, is_list
from payflow_cfn.text import nearest

if TYPE_CHECKING:
    from payments.gateways.records import Record

Document = Mapping[str, Any]
VERSION = "AWS::Lambda::Version"
_DIGITS = 10


@dataclass(frozen=True)
class Draft:
    """A set that is being made; change it with the makers of `payflow_cfn.extensions`, or with dataclasses.replace.

    `stacks` are the nested stacks' templates by name, as plain values, in the order of the deploy. `parameters` are
    root's, `sources` and `pins` the code of each artifact. `extension` is the name of the one that is applied now, and
    `changed` holds which one made or changed what, by its path. `rules` ("module:function") and `gateways` are those of
    a team, `prefix` begins every physical name.
    """

    settings: Settings
    stacks: Mapping[str, Document] = field(repr=False)
    parameters: Mapping[str, Mapping[str, Any]] = field(repr=False)
    sources: Mapping[str, Sources] = field(repr=False)
    pins: Mapping[str, tuple[Pin, ...]] = field(repr=False)
    extension: str = ""
    changed: Mapping[str, str] = field(default_factory=dict, repr=False)
    rules: tuple[str, ...] = ()
    prefix: str = ""
    gateways: tuple[Record, ...] = ()

    def stack(self, name: str) -> Document:
        """A nested stack's template; ExtensionError names the nearest if there is none of that name."""
        found = self.stacks.get(name.lower())
        if found is None:
            raise ExtensionError(f"the set has no stack {name}", remedy=nearest(name.lower(), self.stacks))
        return found

    def with_stack(self, name: str, template: Document) -> Draft:
        """The draft with this template in place of the stack's, or as a new last stack."""
        return replace(self, stacks={**self.stacks, name.lower(): template})

    def with_sources(self, artifact: str, sources: Sources) -> Draft:
        """The draft with these modules in an artifact; ExtensionError for one that is there."""
        known = self.sources[artifact]
        for path in sources.keys() & known.keys():
            raise ExtensionError(f"the artifact {artifact} already has {path}", remedy="give the module another name")
        return replace(self, sources={**self.sources, artifact: {**known, **sources}})

    def with_section(self, stack: str, section: str, entries: Mapping[str, Any]) -> Draft:
        """The draft with these entries added to a section of a stack's template, or in place of those there."""
        template = self.stack(stack)
        return self.with_stack(stack, {**template, section: {**template.get(section, {}), **entries}})

    def claimed(self, path: str) -> Draft:
        """The draft in which this extension changed the path; ExtensionError if another one did so before."""
        owner = self.changed.get(path.lower(), self.extension)
        if owner != self.extension:
            raise ExtensionError(f"{path} was set by {owner}", remedy="let one of the two extensions set it")
        return replace(self, changed={**self.changed, path.lower(): owner})


def connected(draft: Draft) -> Draft:
    """The draft with each stack's parameters: those that it uses; ExtensionError for a name that nothing gives."""
    gives = dict.fromkeys(draft.parameters, "root")
    for stack, template in draft.stacks.items():
        gives |= dict.fromkeys(template.get("Outputs", {}), stack)
    return replace(
        draft, stacks={name: _with_parameters(draft, name, template, gives) for name, template in draft.stacks.items()}
    )


def _with_parameters(draft: Draft, stack: str, template: Document, gives: Mapping[str, str]) -> Document:
    own, known = template.get("Resources", {}), template.get("Parameters", {})
    used = {name for name in _names(template) if name not in own and not name.startswith("AWS::")}
    for name in sorted(used):
        if gives.get(name, stack) == stack:
            others = [each for each in (*own, *gives) if gives.get(each) != stack]
            raise ExtensionError(
                f"{stack} refers to {name}: it is not a resource of it, a parameter of root, or another stack's output",
                remedy=nearest(name, others),
            )
    facts = {name: known.get(name) or SHARED_PARAMETERS.get(name) or _passed(draft, name) for name in sorted(used)}
    return {**template, "Parameters": facts}


def _passed(draft: Draft, name: str) -> Mapping[str, str]:
    """A stack's parameter for a value of root or of another stack: a number and a list stay one."""
    kind = str(draft.parameters.get(name, {}).get("Type"))
    return {"Type": kind if kind == "Number" else TEXT_LIST if is_list(kind) else "String"}


def _names(value: Any) -> Iterator[str]:
    """Every name that a Ref, GetAtt, Sub or DependsOn inside the value points at."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _POINTERS.get(key, _names)(inner)
    elif isinstance(value, list):
        for each in value:
            yield from _names(each)


def _substituted(argument: Any) -> Iterator[str]:
    text, local = argument if isinstance(argument, list) else (argument, {})
    yield from {each.strip().partition(".")[0] for each in VARIABLE.findall(text)} - set(local)
    yield from _names(local)


def _attribute(argument: Any) -> Iterator[str]:
    yield (argument if isinstance(argument, str) else str(argument[0])).partition(".")[0]


def _named(argument: Any) -> Iterator[str]:
    yield from [argument] if isinstance(argument, str) else argument


_POINTERS: Mapping[str, Callable[[Any], Iterator[str]]] = {
    "Ref": _named,
    "DependsOn": _named,
    "Fn::GetAtt": _attribute,
    "Fn::Sub": _substituted,
}


def republished(template: Document, identities: Mapping[str, str]) -> Document:
    """The template whose published versions follow their functions as they are now.

    `identities` are the artifacts' by name.
    """
    for logical, version in template.get("Resources", {}).items():
        if version.get("Type") == VERSION:
            function = template["Resources"].get(version["Properties"]["FunctionName"].get("Ref"), {})
            if function.get("Type") == FUNCTION:
                identity = identities.get(artifact_name(function["Properties"].get("Code")), "")
                digits = version_digits(function["Properties"], identity)
                noted = {**version, "Metadata": {**version.get("Metadata", {}), "payflow": {"artifact": identity}}}
                template = {**template, "Resources": {**template["Resources"], logical: noted}}
                template = _replaced(template, logical[-_DIGITS:], digits)
    return template


def _replaced(value: Any, old: str, new: str) -> Any:
    if isinstance(value, str):
        return value.replace(old, new)
    if isinstance(value, list):
        return [_replaced(each, old, new) for each in value]
    if isinstance(value, Mapping):
        return {key.replace(old, new): _replaced(each, old, new) for key, each in value.items()}
    return value
