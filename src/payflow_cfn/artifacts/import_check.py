"""Check that the code of an artifact finds its imports: in the zip, the standard library or the AWS SDK."""

from __future__ import annotations

import ast
import functools
import sys
import threading
from collections.abc import Collection, Iterator, Mapping

from payflow_cfn.errors import PackageError

# CPython 3.11 counts the depth of a tree under construction for the whole process: two threads that each build one
# end in a SystemError (https://github.com/python/cpython/issues/106905), and a program may package in threads.
_ONE_PARSE = threading.Lock()

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


def check_imports(name: str, sources: Mapping[str, bytes], files: Collection[str]) -> None:
    """Refuse sources that Lambda could not load: what `<name>/handler.py` imports, directly or not, must be there.

    Only imports that run when a module is loaded count. One inside a function may be of an optional adapter's SDK, one
    under TYPE_CHECKING never runs.
    """
    faults: list[str] = []
    seen: set[str] = set()
    # Nothing imports a team's rules and adapters by a statement.
    waiting = [f"{name}/handler.py", *(path for path in sources if not path.startswith((f"{name}/", "payments/")))]
    while waiting:
        path = waiting.pop()
        if path in sources and path not in seen:
            seen.add(path)
            imported = _imports_of(path, sources[path])
            faults += [
                f"{path}: {module}" for module, is_module in imported if is_module and not _is_found(module, files)
            ]
            waiting += [place for module, _ in imported for place in _places(module)]
    if faults:
        raise PackageError(
            f"imports that would fail in Lambda: {', '.join(sorted(faults))}",
            remedy="vendor the distribution (payflow_cfn.artifacts.dependencies) or import it inside the function that needs it",  # noqa: E501
            imports=sorted(faults),
        )


def _places(module: str) -> list[str]:
    """The files that loading `module` may run: its packages' own files, and the module's."""
    parts = module.split(".")
    packages = ["/".join(parts[: count + 1]) + "/__init__.py" for count in range(len(parts))]
    return [*packages, "/".join(parts) + ".py"]


@functools.lru_cache(maxsize=256)  # the two artifacts share most of our modules
def _imports_of(path: str, source: bytes) -> frozenset[tuple[str, bool]]:
    return frozenset(_imported(_parsed(path, source).body, path))


def _parsed(path: str, source: bytes) -> ast.Module:
    try:
        with _ONE_PARSE:
            return ast.parse(source, path)
    except (SyntaxError, ValueError) as error:
        raise PackageError(f"{path} is not Python: {error}", remedy="correct it before packaging", path=path) from error


def _imported(body: list[ast.stmt], path: str) -> Iterator[tuple[str, bool]]:
    """(dotted name, whether it must be a module): `from a import b` names a module `a`, and `a.b`, which may be one."""
    for statement in body:
        if isinstance(statement, ast.Import):
            yield from ((each.name, True) for each in statement.names)
        elif isinstance(statement, ast.ImportFrom):
            yield from _imported_from(statement, path)
        elif isinstance(statement, ast.If) and not _is_type_checking(statement.test):
            yield from _imported(statement.body + statement.orelse, path)
        elif isinstance(statement, ast.ClassDef):
            yield from _imported(statement.body, path)


def _imported_from(statement: ast.ImportFrom, path: str) -> Iterator[tuple[str, bool]]:
    above = path.split("/")[: -statement.level] if statement.level else []
    module = ".".join([*above, *([statement.module] if statement.module else [])])
    yield module, True
    yield from ((f"{module}.{each.name}", False) for each in statement.names)


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
