"""Payments on AWS as versioned CloudFormation: settings in, checked templates, artifacts and running stacks out."""

from __future__ import annotations

import importlib
from typing import Any

_HOMES = {
    "PayflowError": "errors",
    "Settings": "settings",
    "parse_settings": "settings",
    "build_stacks": "stacks",
    "render_templates": "render",
    "Finding": "check",
    "check_templates": "check",
    "package_function": "package",
    "deploy_set": "deployment",
    "start_payment": "run",
    "run_payment": "run",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    """Load a public name's module when it is first asked for, so that the import itself is free."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
