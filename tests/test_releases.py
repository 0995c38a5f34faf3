"""A released template set never changes, and the version stands in one place."""

from __future__ import annotations

import hashlib
import re
import zipfile
from pathlib import Path

import pytest

from payflow_cfn.artifacts.identities import artifact_inputs
from payflow_cfn.artifacts.template_set import read_set
from payflow_cfn.audit.permissions.folder import audit_set
from payflow_cfn.cli.main import main
from payflow_cfn.config.settings import Settings
from payflow_cfn.lint import lint_set
from payflow_cfn.stacks.render import build_set
from payflow_cfn.version import TEMPLATE_VERSION

TOP = Path(__file__).parent.parent
# The SHA-256 of each release's manifest, which holds the hashes of all its other files.
RELEASED = {"1.0.0": "6b4bc778edbbf620686f1302dc9c5f557ebe372e15a66ec30a7cbcb07c4301fc"}
every_release = pytest.mark.parametrize("version", RELEASED)


@every_release
def test_a_released_set_has_the_bytes_that_it_was_released_with(version: str) -> None:
    folder = TOP / "templates" / version
    assert hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest() == RELEASED[version]
    assert read_set(folder).version == version


def test_the_folders_are_the_releases_and_this_version() -> None:
    assert sorted(each.name for each in (TOP / "templates").iterdir()) == sorted({*RELEASED, TEMPLATE_VERSION})


@every_release
def test_the_sources_of_a_release_are_those_of_its_set(version: str, tmp_path: Path) -> None:
    with zipfile.ZipFile(TOP / "tests" / "releases" / f"lambdas-{version}.zip") as archive:
        archive.extractall(tmp_path)
    made = artifact_inputs(folder=str(tmp_path / "lambdas"))
    assert {each.name: each for each in made} == dict(read_set(TOP / "templates" / version).artifacts)


@pytest.mark.slow
@every_release
def test_nothing_is_found_in_a_released_set(version: str) -> None:
    released = read_set(TOP / "templates" / version)
    assert lint_set(released) == []
    assert audit_set(released) == []


def test_the_version_stands_in_one_place(capsys: pytest.CaptureFixture[str]) -> None:
    assert "version = attr: payflow_cfn.version.TEMPLATE_VERSION" in (TOP / "setup.cfg").read_text().splitlines()
    assert TEMPLATE_VERSION not in (TOP / "tox.ini").read_text()
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"payflow_cfn, version {TEMPLATE_VERSION}\n"
    assert build_set(Settings()).version == TEMPLATE_VERSION


def test_the_pages_name_the_folder_of_this_version() -> None:
    pages = [*(TOP / "docs").rglob("*.md"), TOP / "README.md"]
    named = {found for page in pages for found in re.findall(r"\b(?:templates|ci)/(\d+\.\d+\.\d+)", page.read_text())}
    assert named == {TEMPLATE_VERSION}
