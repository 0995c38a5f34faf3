"""From settings to the files of a template set, in one call."""

from __future__ import annotations

from collections.abc import Mapping

from payflow_cfn.artifacts import artifact_inputs
from payflow_cfn.manifest import MANIFEST, manifest_text
from payflow_cfn.render import render_templates
from payflow_cfn.sbom import sbom, sbom_name
from payflow_cfn.settings import TEMPLATE_VERSION, Settings
from payflow_cfn.stacks import build_stacks


def render_set(settings: Settings) -> dict[str, str]:
    """The seven templates, the manifest and each artifact's bill of materials, by path; no artifact is built for it."""
    inputs = artifact_inputs(runtime=settings.runtime, architecture=settings.architecture, sdks=settings.sdks)
    rendered = render_templates(build_stacks(settings, {each.name: each.identity for each in inputs}))
    bills = {f"sbom/{sbom_name(each.name)}": sbom(each, version=TEMPLATE_VERSION) for each in inputs}
    return {**rendered, **bills, MANIFEST: manifest_text(rendered, version=TEMPLATE_VERSION, artifacts=inputs)}


def templates_of(files: Mapping[str, str]) -> dict[str, str]:
    """The templates of a set, without its manifest and what lies in folders below."""
    return {name: text for name, text in files.items() if name != MANIFEST and "/" not in name}
