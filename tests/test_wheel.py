"""The wheel: it carries the functions' code and the templates, works in an empty folder, and is reproducible."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from configparser import ConfigParser
from email.parser import Parser
from pathlib import Path

import pytest

from payflow_cfn.version import TEMPLATE_VERSION

pytestmark = pytest.mark.slow
TOP = Path(__file__).parent.parent
BUILD = "from setuptools import build_meta; import sys; print(build_meta.build_wheel(sys.argv[1]))"


def checkout(folder: Path) -> Path:
    """What a clone has and the wheel needs, in another folder: building leaves folders behind."""
    for name in ("src", "lambdas", "templates"):
        shutil.copytree(TOP / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    for path in (TOP / "setup.cfg", TOP / "pyproject.toml", TOP / "LICENSE", TOP / "README.md"):
        if path.exists():
            shutil.copy(path, folder)
    return folder


def built(folder: Path) -> Path:
    target = folder / "dist"
    target.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", BUILD, str(target)],
        cwd=folder,
        env={**os.environ, "SOURCE_DATE_EPOCH": "1767225600", "PYTHONWARNINGS": "default"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    (wheel,) = target.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(checkout(tmp_path_factory.mktemp("clone")))


@pytest.fixture(scope="module")
def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def below(folder: Path, pattern: str) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob(pattern)}


def test_the_wheel_is_for_every_python_3_on_every_system(wheel: Path) -> None:
    assert wheel.name == f"payflow_cfn-{TEMPLATE_VERSION}-py3-none-any.whl"


def test_every_module_is_in_the_wheel(names: set[str]) -> None:
    modules = below(TOP / "src", "*.py")
    assert "payflow_cfn/artifacts/package.py" in modules
    assert modules <= names


def test_the_functions_code_and_the_templates_are_in_the_wheel(names: set[str]) -> None:
    assert {f"payflow_cfn/_lambdas/{path}" for path in below(TOP / "lambdas", "*.py")} <= names
    assert {f"payflow_cfn/_templates/{path}" for path in below(TOP / "templates", "*.json")} <= names


def test_nothing_else_is_in_the_wheel(names: set[str]) -> None:
    own = {name for name in names if not name.startswith(f"payflow_cfn-{TEMPLATE_VERSION}.dist-info/")}
    assert not [name for name in own if "__pycache__" in name or "test" in name.split("/")[0]]
    assert {name.partition("/")[0] for name in own} == {"payflow_cfn"}
    modules = {name for name in own if not name.startswith("payflow_cfn/starter/")}  # a new project has other files
    assert {Path(name).suffix for name in modules} <= {".py", ".json", ".typed"}
    assert "payflow_cfn/py.typed" in own


def test_the_license_is_in_the_wheel(names: set[str]) -> None:
    assert [
        name
        for name in names
        if name.startswith(f"payflow_cfn-{TEMPLATE_VERSION}.dist-info/") and name.endswith("/LICENSE")
    ]


def test_the_metadata_names_the_command_and_the_license(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        metadata = Parser().parsestr(archive.read(f"payflow_cfn-{TEMPLATE_VERSION}.dist-info/METADATA").decode())
        points = ConfigParser()
        points.read_string(archive.read(f"payflow_cfn-{TEMPLATE_VERSION}.dist-info/entry_points.txt").decode())
    assert points["console_scripts"]["payflow"] == "payflow_cfn.__main__:run"
    assert "Apache-2.0" in (metadata["License-Expression"] or metadata["License"])
    assert metadata["Requires-Python"] == ">=3.11"
    assert {"local", "fast", "stripe", "test", "dev"} <= set(metadata.get_all("Provides-Extra", []))


def test_an_installed_wheel_finds_its_code_and_templates_in_an_empty_folder(wheel: Path, tmp_path: Path) -> None:
    site, empty = tmp_path / "site", tmp_path / "empty"
    empty.mkdir()
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    program = (
        "from payflow_cfn.artifacts.identities import artifact_inputs\n"
        "from payflow_cfn.artifacts.shipped import shipped_folder\n"
        "print(shipped_folder('templates'))\n"
        "print(*[each.identity for each in artifact_inputs()])\n"
    )

    def told(path: Path) -> list[str]:
        environment = {**os.environ, "PYTHONPATH": str(path)}
        done = subprocess.run(
            [sys.executable, "-c", program], cwd=empty, env=environment, capture_output=True, text=True, check=True
        )
        return done.stdout.splitlines()

    installed, from_checkout = told(site), told(TOP / "src")
    assert installed[0] == str(site / "payflow_cfn" / "_templates")
    assert installed[1] == from_checkout[1]


def test_two_builds_are_the_same_bytes(wheel: Path, tmp_path: Path) -> None:
    other = checkout(tmp_path)
    for path in other.rglob("*"):
        os.utime(path, (10**9, 10**9))
    assert hashlib.sha256(built(other).read_bytes()).digest() == hashlib.sha256(wheel.read_bytes()).digest()
