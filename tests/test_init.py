"""The package's public names, and what its import costs."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

import payflow_cfn

SLOW = ("troposphere", "pydantic", "boto3", "botocore", "cfnlint", "yaml", "rich")


def imported_by(code: str) -> set[str]:
    """Which of the slow modules a fresh interpreter has loaded after running `code`."""
    shown = f"{code}\nimport sys\nprint('loaded', *[each for each in {SLOW!r} if each in sys.modules])"
    done = subprocess.run([sys.executable, "-c", shown], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split()[1:])


def test_the_import_loads_nothing_slow() -> None:
    assert imported_by("import payflow_cfn") == set()


def test_help_loads_nothing_slow() -> None:
    assert imported_by("from payflow_cfn.cli.main import main\nmain(['--help'])") == set()


def test_rendering_loads_no_yaml_and_no_client() -> None:
    code = (
        "import os, sys, tempfile\nos.chdir(tempfile.mkdtemp())\nsys.argv[1:] = ['render']\n"
        "from payflow_cfn.__main__ import run\ntry:\n    run()\nexcept SystemExit:\n    pass"
    )
    assert imported_by(code) == {"troposphere"}


def test_a_client_needs_botocore_alone() -> None:
    code = "from payflow_cfn.cli.session import open_session\nopen_session('eu-west-1').client('s3')"
    assert imported_by(code) == {"botocore"}


@pytest.mark.parametrize("name", payflow_cfn.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(payflow_cfn, name).__name__ == name


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = payflow_cfn.nothing


def test_types_are_those_of_the_modules_that_the_names_come_from() -> None:
    """A type checker reads the imports under TYPE_CHECKING: they are the same names, from the same modules."""
    tree = ast.parse(Path(payflow_cfn.__file__).read_text())
    found = {
        alias.name: (node.module or "").removeprefix("payflow_cfn.")
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("payflow_cfn.")
        for alias in node.names
    }
    homes = {name: importlib.import_module(f"payflow_cfn.{home}") for name, home in found.items()}
    assert [name for name, home in homes.items() if getattr(home, name) is not getattr(payflow_cfn, name)] == []
    assert sorted(found) == payflow_cfn.__all__
    assert set(payflow_cfn.__all__) <= set(dir(payflow_cfn))


def test_no_public_name_is_a_modules_name() -> None:
    """An import of the module would put it in the place of the function."""
    modules = {each.name for each in pkgutil.iter_modules(payflow_cfn.__path__)}
    assert modules & set(payflow_cfn.__all__) == set()


def test_the_page_tells_of_every_public_name() -> None:
    page = (Path(__file__).parents[1] / "docs" / "library.md").read_text()
    assert [name for name in payflow_cfn.__all__ if f"`{name}" not in page] == []


def test_what_the_page_names_in_other_modules_is_there() -> None:
    page = (Path(__file__).parents[1] / "docs" / "library.md").read_text()
    named = re.findall(r"`(payflow_cfn\.[a-z_.]+)[`(]", page)
    assert len(named) > 2
    for name in named:
        assert pkgutil.resolve_name(name)
