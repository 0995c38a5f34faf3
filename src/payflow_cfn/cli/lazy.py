"""Stand-ins for modules that troposphere imports and that our code does not call."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import Any


def lazy_imports() -> None:
    """Load the modules for YAML and SAM templates only when they are used: that saves a tenth of a whole render.

    cfn_flip imports PyYAML. troposphere.serverless imports five more modules for the class Globals, which Template only
    names in its table of properties.
    """
    _stand_in("cfn_flip")
    _stand_in("troposphere.serverless", Globals=type("Globals", (), {}))


def _stand_in(name: str, **ready: Any) -> None:
    """Install a module that loads the real one at the first attribute not in `ready`; LazyLoader loads it at import."""
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
