"""The former public names, kept for programs that use them; each warns with the name that replaces it."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence

from payflow_cfn.artifacts.manifest import MANIFEST
from payflow_cfn.artifacts.template_set import TemplateSet
from payflow_cfn.config.settings import Settings
from payflow_cfn.lint import Finding, lint_set
from payflow_cfn.stacks.render import build_set


def render_set(settings: Settings) -> dict[str, str]:
    """The files of the set by path: `build_set(settings).files`."""
    _warn("render_set(settings)", "build_set(settings).files")
    return build_set(settings).files


def check_templates(rendered: Mapping[str, str], *, regions: Sequence[str] = ("us-east-1",)) -> list[Finding]:
    """The findings in templates {file name: text}: `lint_set`."""
    _warn("check_templates(files)", "lint_set(build_set(settings))")
    templates = {name: text for name, text in rendered.items() if name != MANIFEST and "/" not in name}
    return lint_set(TemplateSet(templates), regions=regions)


def as_set(given: TemplateSet | Settings) -> TemplateSet:
    """The set itself, or that of the settings, which deploy_set and plan_set took formerly."""
    if isinstance(given, TemplateSet):
        return given
    _warn("settings in place of a set", "build_set(settings)", callers=2)
    return build_set(given)


def _warn(former: str, instead: str, *, callers: int = 1) -> None:
    """Warn at the line of the program that has to change, which is `callers` calls above."""
    warnings.warn(f"{former}: use {instead}", DeprecationWarning, stacklevel=2 + callers)
