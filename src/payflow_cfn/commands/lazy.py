"""A stand-in for a module that a dependency imports and we never call."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import Any


def lazy_yaml() -> None:
    """Let cfn_flip, and PyYAML with it, be loaded when somebody writes YAML: troposphere imports it, we never call it.

    A stand-in whose first attribute loads the real module; LazyLoader's would be loaded by the import statement itself.
    """
    if "cfn_flip" in sys.modules:
        return
    stand_in = ModuleType("cfn_flip")

    def load(name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if sys.modules.get("cfn_flip") is stand_in:
            del sys.modules["cfn_flip"]
        return getattr(importlib.import_module("cfn_flip"), name)

    stand_in.__getattr__ = load  # type: ignore[method-assign]
    sys.modules["cfn_flip"] = stand_in
