"""Templates as text: the same stacks give the same bytes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from payflow_cfn.jsontext import json_text

if TYPE_CHECKING:
    from troposphere import Template


def render_templates(stacks: Mapping[str, Template]) -> dict[str, str]:
    """File name to JSON text: keys sorted, two spaces, final newline."""
    return {f"{name}.json": render_template(template) for name, template in stacks.items()}


def render_template(template: Template) -> str:
    """One template as JSON text."""
    return json_text(template.to_dict()) + "\n"
