"""Look into a team's modules, without running them, for what an extension names in them."""

from __future__ import annotations

import ast
import sys
from collections.abc import Mapping

from payflow_cfn.errors import ExtensionError
from payflow_cfn.text import nearest

# The top-level names that our own code has in the artifacts.
OURS = frozenset({"payments", "processing", "validation", "aws_lambda_powertools", "jmespath", "typing_extensions"})


def check_module_name(name: str) -> None:
    """ExtensionError for a module that would hide, or be hidden by, one of ours or of Python's."""
    top = name.partition(".")[0]
    if top in OURS or top in sys.stdlib_module_names:
        raise ExtensionError(f"a module named {top} is already in the function", remedy="give yours another name")


def check_defines(sources: Mapping[str, bytes], module: str, name: str, *, methods: tuple[str, ...] = ()) -> None:
    """ExtensionError if a module of the sources does not parse, or does not define the function or class.

    A class that inherits from nothing has to define these methods itself.
    """
    stem = module.replace(".", "/")
    path = next((each for each in (f"{stem}.py", f"{stem}/__init__.py") if each in sources), "")
    if not path:
        raise ExtensionError(f"there is no module {module}", remedy=nearest(f"{stem}.py", sources))
    try:
        tree = ast.parse(sources[path], path)
    except (SyntaxError, ValueError) as error:
        raise ExtensionError(f"{path} cannot be read: {error}", remedy="correct it") from None
    made = {node.name: node for node in tree.body if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
    others = {
        alias.asname or alias.name
        for node in tree.body
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for alias in node.names
    } | {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    if name not in made and name not in others:
        raise ExtensionError(f"{path} has no {name}", remedy=nearest(name, made))
    found = made.get(name)
    if isinstance(found, ast.ClassDef) and not found.bases:
        own = {node.name for node in found.body if isinstance(node, ast.FunctionDef)}
        for each in methods:
            if each not in own:
                raise ExtensionError(f"{name} of {path} has no method {each}", remedy="see docs/money/gateways.md")
