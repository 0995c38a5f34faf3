"""Render a template set from settings: the same settings give the same bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from payflow_cfn.artifacts.dependencies import Pin
from payflow_cfn.artifacts.digest import Sources
from payflow_cfn.artifacts.identities import artifact_pins, artifact_sources, inputs_of
from payflow_cfn.artifacts.manifest import Applied, Inputs, manifest_text
from payflow_cfn.artifacts.sbom import bill_path, sbom
from payflow_cfn.artifacts.template_set import TemplateSet
from payflow_cfn.config.extensions import Extension, call_extension, extension_of, load_extensions
from payflow_cfn.config.settings import Settings
from payflow_cfn.jsontext import json_text
from payflow_cfn.stacks import build_children
from payflow_cfn.stacks.draft import Document, Draft, connected, republished
from payflow_cfn.stacks.prefix import with_prefix
from payflow_cfn.stacks.root import Interface, parameters_of, root_stack
from payflow_cfn.stacks.template_base import FULL
from payflow_cfn.version import TEMPLATE_VERSION

# The module of the functions that holds what a team adds.
TEAM = "payments/team.py"

if TYPE_CHECKING:
    from troposphere import Template


def build_set(settings: Settings, extensions: Iterable[Callable[[Draft], Draft]] | None = None) -> TemplateSet:
    """The set of the settings: its templates, each artifact's bill of materials, and its manifest; builds no zip.

    `extensions` are functions that change it, in this order; those that the settings name by default, which are looked
    for in the working directory, then among what is installed. ExtensionError where one of them fails.
    """
    every = load_extensions(settings.extensions) if extensions is None else tuple(map(extension_of, extensions))
    draft = _draft(settings)
    for each in every:
        draft = call_extension(each, replace(draft, extension=each.name))
    return _rendered(draft, every)


def _draft(settings: Settings) -> Draft:
    sources, pins = artifact_sources(), artifact_pins(settings.sdks)
    identities = {each.name: each.identity for each in _inputs(settings, sources, pins)}
    stacks = {name: each.to_dict() for name, each in build_children(settings, identities).items()}
    return Draft(settings, stacks, parameters_of(settings), sources, pins)


def _inputs(settings: Settings, sources: Mapping[str, Sources], pins: Mapping[str, tuple[Pin, ...]]) -> list[Inputs]:
    return [
        inputs_of(name, each, pins[name], runtime=settings.runtime, architecture=settings.architecture)
        for name, each in sources.items()
    ]


def _rendered(draft: Draft, extensions: tuple[Extension, ...]) -> TemplateSet:
    draft = with_prefix(_with_team_module(draft))
    inputs = _inputs(draft.settings, draft.sources, draft.pins)
    if extensions:
        identities = {each.name: each.identity for each in inputs}
        stacks = {name: republished(each, identities) for name, each in draft.stacks.items()}
        draft = connected(replace(draft, stacks=stacks))
    interfaces = {name: _interface(each) for name, each in draft.stacks.items()}
    root = root_stack(draft.settings, interfaces, draft.parameters, draft.gateways)
    noted = {"Metadata": {"payflow": {"prefix": draft.prefix}}} if draft.prefix else {}
    documents = {**draft.stacks, "root": {**root.to_dict(), **noted}}
    rendered = dict(sorted((f"{name}.json", _text(each)) for name, each in documents.items()))  # as a folder is read
    bills = {bill_path(each.name): sbom(each, version=TEMPLATE_VERSION) for each in inputs}
    applied = [Applied(each.name, each.digest) for each in extensions]
    manifest = manifest_text(rendered, version=TEMPLATE_VERSION, artifacts=inputs, bills=bills, extensions=applied)
    return TemplateSet(rendered, bills, manifest, sources=draft.sources)


def _with_team_module(draft: Draft) -> Draft:
    """The draft whose validation knows the team's rules, and whose processing its gateways."""
    rows = tuple(each._asdict() for each in draft.gateways)
    texts = {
        "validation": f"RULES = {draft.rules!r}\nGATEWAYS = ()\n" if draft.rules else "",
        "processing": f"RULES = ()\nGATEWAYS = {rows!r}\n" if rows else "",
    }
    written = {name: {**draft.sources[name], TEAM: text.encode()} for name, text in texts.items() if text}
    return replace(draft, sources={**draft.sources, **written})


def _interface(template: Document) -> Interface:
    outputs = template.get("Outputs", {})
    conditional = frozenset(name for name, each in outputs.items() if each.get("Condition") == FULL)
    return Interface(tuple(template.get("Parameters", {})), tuple(outputs), conditional)


def render_templates(stacks: Mapping[str, Template]) -> dict[str, str]:
    """File name to JSON text: keys sorted, two spaces, final newline."""
    return {f"{name}.json": render_template(template) for name, template in stacks.items()}


def render_template(template: Template) -> str:
    """One template as JSON text."""
    return _text(template.to_dict())


def _text(document: Document) -> str:
    return json_text(document) + "\n"
