"""A module imports only from lower layers, and each third-party library has its own places."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

TOP = Path(__file__).parents[1]
SOURCE = TOP / "src" / "payflow_cfn"
LAYERS = (
    "alarms credentials errors processes text diagram lazy stateful shipped",
    "gateways jsontext names parsing tags asl disk foreign imports locations bytecode vendored payment_input regions",
    "env_file parameter_rules set_folder settings failure bucket boundary runtimes identity execution asked",
    "target destination manifest",
    "policies definition project sbom suppressions files",
    "resources options artifacts template_set",
    "stacks",
    "render check package plan access schema",
    "publish deploy run zip_check",
    "payment_row settling open_payments",
    "pending production books",
    "restore former",
    "audit",
    "preview prepare publish_set environment_check",
    "deployment by_hand",
    "bootstrap",
    "local",
    "commands",
    "cli",
    "__main__",
)
LEVELS = {part: level for level, parts in enumerate(LAYERS) for part in parts.split()}
PLACES = {
    "awacs": {"policies"},
    "troposphere": {"resources", "stacks", "render"},
    "cfnlint": {"access", "check", "plan"},
    "boto3": {"local"},
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


def faults(part: str, text: str) -> list[str]:
    """What the source of one part imports against the rules."""
    found = []
    for name in imported(text):
        first, _, rest = name.partition(".")
        target = rest.partition(".")[0]
        if first == "payflow_cfn" and target != part and LEVELS[target] >= LEVELS[part]:
            found.append(f"{part} imports {name}")
        if part not in PLACES.get(first, {part}):
            found.append(f"{part} imports {name}")
    return found


SOURCES = sorted(path for path in SOURCE.rglob("*.py") if path != SOURCE / "__init__.py")


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(SOURCE).as_posix())
def test_a_module_imports_only_from_lower_layers(path: Path) -> None:
    part = path.relative_to(SOURCE).parts[0].removesuffix(".py")
    assert faults(part, path.read_text()) == []


def test_the_functions_never_import_the_library() -> None:
    texts = [path.read_text() for path in sorted((TOP / "lambdas").rglob("*.py"))]
    assert texts
    assert [name for text in texts for name in imported(text) if name.split(".")[0] == "payflow_cfn"] == []


@pytest.mark.parametrize(
    ("part", "text"),
    [
        ("names", "from payflow_cfn.settings import Settings"),
        ("policies", "from payflow_cfn import stacks"),
        ("stacks", "def late():\n    import awacs.aws"),
        ("deploy", "import boto3"),
    ],
)
def test_a_planted_fault_is_found(part: str, text: str) -> None:
    assert len(faults(part, text)) == 1
