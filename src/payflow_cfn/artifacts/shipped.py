"""Find the shipped code and templates, and import the functions' code here."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.machinery import SourceFileLoader
from types import ModuleType
from typing import Any, Literal


def shipped_folder(name: Literal["lambdas", "templates"]) -> str:
    """Where this package keeps `lambdas` or `templates`: inside the installed wheel, or at the top of the checkout."""
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    is_wheel = os.path.isdir(os.path.join(here, "_lambdas"))
    return os.path.join(here, f"_{name}") if is_wheel else os.path.join(os.path.dirname(os.path.dirname(here)), name)


@contextmanager
def shipped_packages() -> Iterator[None]:
    """Make the functions' packages importable inside the block: `payments`, `validation`, `processing`."""
    folder = shipped_folder("lambdas")
    sys.path.insert(0, folder)
    try:
        yield
    finally:
        sys.path.remove(folder)


@functools.cache
def load_shipped(path: str) -> Any:
    """Load one module of the shipped code that imports no other one, without an entry in `sys.modules`.

    A caller's own package named `payments` or `validation` is neither used nor replaced.
    """
    module = ModuleType("payflow_cfn shipped " + path)
    SourceFileLoader(module.__name__, os.path.join(shipped_folder("lambdas"), path)).exec_module(module)
    return module
