"""A room imports only from the rooms to its left, policies know no stack, each third-party library has its places."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

TOP = Path(__file__).parents[1]
SOURCE = TOP / "src" / "payflow_cfn"
ROW = (
    "version errors text jsontext yamltext disk processes aws artifacts config lint diff workflow stacks extensions "
    "former deploy iam payments local audit testing report starter cli deployment pending plan prepare preview "
    "__main__"
)
ROOMS = ROW.split()
PLACES = {
    "awacs": ("stacks/policies",),
    "troposphere": ("stacks", "extensions"),
    "cfnlint": ("aws", "lint"),
    "boto3": ("local",),
    "yaml": ("yamltext.py",),
}


def imported(text: str) -> Iterator[str]:
    """The full names of the modules that a source imports, and of what it takes from the package itself."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module == "payflow_cfn":
            yield from (f"payflow_cfn.{each.name}" for each in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def faults(path: str, text: str) -> list[str]:
    """What the source at this path of the package imports against the rules."""
    found = []
    room = path.split("/")[0].removesuffix(".py")
    for name in imported(text):
        first, _, rest = name.partition(".")
        target = rest.partition(".")[0]
        if first == "payflow_cfn" and target != room and ROOMS.index(target) >= ROOMS.index(room):
            found.append(f"{path} imports {name}")
        if path.startswith("stacks/policies/") and first == "payflow_cfn" and not rest.startswith("stacks.policies"):
            found.append(f"{path} imports {name}")
        if first in PLACES and not any(path == each or path.startswith(f"{each}/") for each in PLACES[first]):
            found.append(f"{path} imports {name}")
    return found


# The files of a new project are no modules of the package.
STARTER = {*(SOURCE / "starter").glob("*/*.py"), SOURCE / "starter" / "team_payments.py"}
SOURCES = sorted(path for path in SOURCE.rglob("*.py") if path not in {SOURCE / "__init__.py", *STARTER})


def test_a_room_imports_only_from_rooms_to_its_left() -> None:
    found = {path: faults(path.relative_to(SOURCE).as_posix(), path.read_text()) for path in SOURCES}
    assert {path: each for path, each in found.items() if each} == {}


def test_every_room_is_in_the_row_once() -> None:
    assert sorted(ROOMS) == sorted({path.relative_to(SOURCE).parts[0].removesuffix(".py") for path in SOURCES})


def test_the_functions_never_import_the_library() -> None:
    texts = [path.read_text() for path in sorted((TOP / "lambdas").rglob("*.py"))]
    assert texts
    assert [name for text in texts for name in imported(text) if name.split(".")[0] == "payflow_cfn"] == []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("errors.py", "from payflow_cfn.stacks.root import root_stack"),
        ("stacks/root.py", "from payflow_cfn import deploy"),
        ("stacks/root.py", "def late():\n    import awacs.aws"),
        ("deploy/status.py", "import boto3"),
        ("stacks/policies/roles.py", "from payflow_cfn.stacks.functions import VALIDATION"),
    ],
)
def test_a_planted_fault_is_found(path: str, text: str) -> None:
    assert len(faults(path, text)) == 1
