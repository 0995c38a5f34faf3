"""Whether the code of an artifact finds what it imports: in the zip, the standard library or the runtime's AWS SDK."""

from __future__ import annotations

import ast
import sys
from collections.abc import Collection, Iterator, Mapping

from payflow_cfn.errors import PackageError

# What Lambda's Python runtimes bring (https://docs.aws.amazon.com/lambda/latest/dg/lambda-python.html).
_RUNTIME = frozenset({"boto3", "botocore", "s3transfer", "urllib3", "dateutil", "six"})


def check_handler(name: str, files: Collection[str]) -> None:
    """Refuse an artifact without `<name>/handler.py`: Lambda imports it from the zip's root."""
    wanted = f"{name}/handler.py"
    if wanted not in files:
        raise PackageError(
            f"the artifact {name} has no {wanted} at its root, so Lambda could not import the handler",
            remedy=f"put the function's code into lambdas/{name}/",
            artifact=name,
            path=wanted,
        )


def check_imports(sources: Mapping[str, bytes], files: Collection[str]) -> None:
    """Refuse sources whose imports at module level would fail in Lambda.

    Imports inside functions and under TYPE_CHECKING are not looked at: an optional adapter's SDK may be missing.
    """
    faults = [f"{path}: {module}" for path in sorted(sources) for module in _missing(path, sources[path], files)]
    if faults:
        raise PackageError(
            f"imports that would fail in Lambda: {', '.join(faults)}",
            remedy="vendor the distribution (payflow_cfn.vendored) or import it inside the function that needs it",
            imports=faults,
        )


def _missing(path: str, source: bytes, files: Collection[str]) -> list[str]:
    if not path.endswith(".py"):
        return []
    return sorted({module for module in _imported(_parsed(path, source).body) if not _is_found(module, files)})


def _parsed(path: str, source: bytes) -> ast.Module:
    try:
        return ast.parse(source, path)
    except (SyntaxError, ValueError) as error:
        raise PackageError(f"{path} is not Python: {error}", remedy="correct it before packaging", path=path) from error


def _imported(body: list[ast.stmt]) -> Iterator[str]:
    for statement in body:
        if isinstance(statement, ast.Import):
            yield from (each.name for each in statement.names)
        elif isinstance(statement, ast.ImportFrom) and not statement.level and statement.module:
            yield statement.module
        elif isinstance(statement, ast.If) and not _is_type_checking(statement.test):
            yield from _imported(statement.body + statement.orelse)
        elif isinstance(statement, ast.ClassDef):
            yield from _imported(statement.body)


def _is_type_checking(test: ast.expr) -> bool:
    return (isinstance(test, ast.Name) and test.id == "TYPE_CHECKING") or (
        isinstance(test, ast.Attribute) and test.attr == "TYPE_CHECKING"
    )


def _is_found(module: str, files: Collection[str]) -> bool:
    top = module.partition(".")[0]
    if top in sys.stdlib_module_names or top in _RUNTIME:
        return True
    path = module.replace(".", "/")
    return f"{path}.py" in files or f"{path}/__init__.py" in files
