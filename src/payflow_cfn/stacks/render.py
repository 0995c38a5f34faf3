"""Render a template set from settings: the same settings give the same bytes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from payflow_cfn.artifacts.identities import artifact_inputs
from payflow_cfn.artifacts.manifest import manifest_text
from payflow_cfn.artifacts.sbom import bill_path, sbom
from payflow_cfn.artifacts.template_set import TemplateSet
from payflow_cfn.config.settings import TEMPLATE_VERSION, Settings
from payflow_cfn.jsontext import json_text
from payflow_cfn.stacks import build_stacks

if TYPE_CHECKING:
    from troposphere import Template


def build_set(settings: Settings) -> TemplateSet:
    """The set of the settings: the seven templates, each artifact's bill of materials, its manifest; builds no zip."""
    inputs = artifact_inputs(runtime=settings.runtime, architecture=settings.architecture, sdks=settings.sdks)
    rendered = render_templates(build_stacks(settings, {each.name: each.identity for each in inputs}))
    bills = {bill_path(each.name): sbom(each, version=TEMPLATE_VERSION) for each in inputs}
    manifest = manifest_text(rendered, version=TEMPLATE_VERSION, artifacts=inputs, bills=bills)
    return TemplateSet(rendered, bills, manifest)


def render_templates(stacks: Mapping[str, Template]) -> dict[str, str]:
    """File name to JSON text: keys sorted, two spaces, final newline."""
    return {f"{name}.json": render_template(template) for name, template in stacks.items()}


def render_template(template: Template) -> str:
    """One template as JSON text."""
    return json_text(template.to_dict()) + "\n"
