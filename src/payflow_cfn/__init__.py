"""Payments on AWS as versioned CloudFormation: render templates from settings, check, package and deploy them."""

from __future__ import annotations

TYPE_CHECKING = False  # of typing, without its import: Ctrl-C is handled once this module is imported
if TYPE_CHECKING:  # The names of _HOMES again, for type checkers and editors.
    from typing import Any

    from payflow_cfn.artifacts.package import package_function
    from payflow_cfn.artifacts.template_set import TemplateSet, read_set, write_set
    from payflow_cfn.audit.permissions.folder import audit_set
    from payflow_cfn.config.options import Options
    from payflow_cfn.config.settings import Settings, parse_settings
    from payflow_cfn.deploy.deploy_set import deploy_set, plan_set
    from payflow_cfn.deploy.publish.publish import package_set
    from payflow_cfn.diff import diff_sets
    from payflow_cfn.errors import PayflowError
    from payflow_cfn.former import check_templates, render_set
    from payflow_cfn.lint import Finding, lint_set
    from payflow_cfn.stacks import build_stacks
    from payflow_cfn.stacks.render import build_set, render_templates
    from payflow_cfn.workflow.execution import Execution
    from payflow_cfn.workflow.run import run_payment, start_payment

__all__ = [
    "Execution",
    "Finding",
    "Options",
    "PayflowError",
    "Settings",
    "TemplateSet",
    "audit_set",
    "build_set",
    "build_stacks",
    "check_templates",
    "deploy_set",
    "diff_sets",
    "lint_set",
    "package_function",
    "package_set",
    "parse_settings",
    "plan_set",
    "read_set",
    "render_set",
    "render_templates",
    "run_payment",
    "start_payment",
    "write_set",
]

_HOMES = {
    "PayflowError": "errors",
    "Settings": "config.settings",
    "parse_settings": "config.settings",
    "TemplateSet": "artifacts.template_set",
    "build_set": "stacks.render",
    "read_set": "artifacts.template_set",
    "write_set": "artifacts.template_set",
    "build_stacks": "stacks",
    "render_templates": "stacks.render",
    "Finding": "lint",
    "lint_set": "lint",
    "audit_set": "audit.permissions.folder",
    "diff_sets": "diff",
    "package_function": "artifacts.package",
    "package_set": "deploy.publish.publish",
    "render_set": "former",
    "check_templates": "former",
    "Options": "config.options",
    "plan_set": "deploy.deploy_set",
    "deploy_set": "deploy.deploy_set",
    "Execution": "workflow.execution",
    "start_payment": "workflow.run",
    "run_payment": "workflow.run",
}


def __getattr__(name: str) -> Any:
    """Import a public name's module at its first use, so that importing the package is fast."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    found = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    """All names, with the public ones that are not imported yet."""
    return sorted({*globals(), *__all__})
