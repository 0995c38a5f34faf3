"""Stand-ins for modules that troposphere imports and nothing of ours calls."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import Any


def lazy_imports() -> None:
    """Let what only YAML and SAM templates need be loaded when somebody writes one: a tenth of a whole render.

    cfn_flip brings PyYAML. troposphere.serverless brings five more modules for the class Globals, which Template names
    in its table of properties and never makes.
    """
    _stand_in("cfn_flip")
    _stand_in("troposphere.serverless", Globals=type("Globals", (), {}))


def _stand_in(name: str, **ready: Any) -> None:
    """A module whose first attribute that is not `ready` loads the real one; LazyLoader's import statement would do."""
    if name in sys.modules:
        return
    module = ModuleType(name)

    def load(attribute: str) -> Any:
        if attribute.startswith("__"):
            raise AttributeError(attribute)
        if sys.modules.get(name) is module:
            del sys.modules[name]
        return getattr(importlib.import_module(name), attribute)

    module.__dict__.update(ready, __getattr__=load)
    sys.modules[name] = module
