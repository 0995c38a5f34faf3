"""A set is found in the folder that is named, or right below it; what is no set is an error."""

from __future__ import annotations

from pathlib import Path

import pytest

from payflow_cfn.artifacts.set_folder import find_set
from payflow_cfn.artifacts.template_set import read_set
from payflow_cfn.diff import diff_sets
from payflow_cfn.errors import FilesError, PlanError

TEMPLATE = '{"Resources": {}}'


def put(folder: Path, **files: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text)
    return folder


@pytest.mark.parametrize("name", ["root.json", "main.json"])
def test_a_folder_with_a_template_is_a_set(tmp_path: Path, name: str) -> None:
    put(tmp_path, **{name: TEMPLATE})
    assert find_set(tmp_path) == str(tmp_path)
    assert read_set(tmp_path, verify=False).templates == {name: TEMPLATE}


def test_the_only_set_below_is_meant(tmp_path: Path) -> None:
    put(tmp_path / "1.0.0", root__json=TEMPLATE)
    put(tmp_path / "notes", a__json="{}")
    put(tmp_path, package__json="{}")
    assert find_set(tmp_path) == str(tmp_path / "1.0.0")


def test_several_sets_below_are_listed(tmp_path: Path) -> None:
    for name in ("1.0.0", "1.1.0"):
        put(tmp_path / name, root__json=TEMPLATE)
    with pytest.raises(FilesError, match=r"holds 2 template sets: \S+1\.0\.0, \S+1\.1\.0: name one of them"):
        find_set(tmp_path)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "no root.json, no other template in JSON or YAML, in it or in a folder right below it"),
        ({"a.yaml": "steps: []"}, "no root.json"),
        ({"package.json": "{}"}, "no root.json"),
        ({".hidden.json": TEMPLATE}, "no root.json"),
    ],
)
def test_a_folder_without_a_set_says_what_was_looked_for_and_where(
    tmp_path: Path, files: dict[str, str], said: str
) -> None:
    put(tmp_path, **files)
    for read in (find_set, read_set):
        with pytest.raises(FilesError) as caught:
            read(tmp_path)
        assert f"no template set in {tmp_path}" in str(caught.value)
        assert said in str(caught.value)


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    put(tmp_path, root__json=TEMPLATE)
    with pytest.raises(FilesError, match="is a file, not the folder of a template set"):
        find_set(tmp_path / "root.json")


@pytest.mark.parametrize("files", [{}, {"package.json": "{}"}, {"a.json": TEMPLATE, "b.json": TEMPLATE}])
def test_two_equal_sets_without_a_root_are_no_sets(files: dict[str, str]) -> None:
    with pytest.raises(PlanError, match="no root template"):
        diff_sets(files, dict(files))
