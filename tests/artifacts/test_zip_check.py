"""A zip beside a set is taken as it is where it is made of what the manifest says, and refused by name otherwise."""

from __future__ import annotations

import functools
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from payflow_cfn.artifacts import zip_check
from payflow_cfn.artifacts.build import set_artifacts
from payflow_cfn.artifacts.package import zip_bytes
from payflow_cfn.artifacts.template_set import read_set, write_set
from payflow_cfn.config.settings import Settings
from payflow_cfn.errors import PackageError
from payflow_cfn.stacks.render import build_set

SET = build_set(Settings())
HANDLER = "processing/handler.py"
Files = dict[str, bytes]


@functools.cache
def zips() -> dict[str, bytes]:
    return {each.name: each.build().body for each in set_artifacts(SET)}


def unpacked(body: bytes) -> Files:
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def taken(folder: Path, processing: bytes) -> bytes:
    """The zip of processing as a deploy from the folder takes it."""
    write_set(SET, str(folder), zips={**zips(), "processing": processing})
    found = {each.name: each for each in set_artifacts(read_set(folder))}
    return found["processing"].build().body


def test_the_zip_is_taken_byte_for_byte(tmp_path: Path) -> None:
    assert taken(tmp_path, zips()["processing"]) == zips()["processing"]


def test_a_zip_that_another_python_built_is_taken_as_well(tmp_path: Path) -> None:
    bare = zip_bytes({name: body for name, body in unpacked(zips()["processing"]).items() if not name.endswith(".pyc")})
    assert bare != zips()["processing"]
    assert taken(tmp_path, bare) == bare


def test_the_built_artifact_and_the_one_from_the_zip_are_equal(tmp_path: Path) -> None:
    write_set(SET, str(tmp_path), zips=zips())
    built = [each.build() for each in set_artifacts(SET)]
    assert [each.build() for each in set_artifacts(read_set(tmp_path))] == built


def without(files: Files, name: str) -> Files:
    return {each: body for each, body in files.items() if each != name}


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda files: {**files, HANDLER: files[HANDLER] + b"#"}, "the identity of its sources is "),
        (lambda files: without(files, HANDLER), "the identity of its sources is "),
        (lambda files: {**files, "payments/new.py": b""}, "the identity of its sources is "),
        (lambda files: {**files, "jmespath/ast.py": b"#"}, "jmespath 1.1.0 in it is not the pinned one"),
        (lambda files: without(files, "typing_extensions.py"), "typing_extensions 4.16.0 in it is not the pinned one"),
        (lambda files: {**files, "jmespath/more.py": b""}, "jmespath 1.1.0 in it is not the pinned one"),
        (lambda files: {**files, "sitecustomize.py": b""}, "sitecustomize.py does not belong in it"),
        (
            lambda files: {**files, "jmespath/__pycache__/ast.cpython-311.pyc": b"\0" * 40},
            "jmespath/__pycache__/ast.cpython-311.pyc is not compiled from jmespath/ast.py",
        ),
        (
            lambda files: {**files, "payments/__pycache__/new.cpython-311.pyc": b"\0" * 40},
            "payments/__pycache__/new.cpython-311.pyc is not compiled from payments/new.py",
        ),
    ],
)
def test_a_zip_that_is_not_of_the_set_is_refused_by_name(
    edit: Callable[[Files], Files], said: str, tmp_path: Path
) -> None:
    with pytest.raises(PackageError) as caught:
        taken(tmp_path, zip_bytes(edit(unpacked(zips()["processing"]))))
    assert f"{tmp_path}/artifacts/processing.zip is not the zip of this set: {said}" in str(caught.value)
    assert str(caught.value).endswith("render the set with --artifacts again")


def twice(body: bytes) -> bytes:
    target = io.BytesIO(body)
    with zipfile.ZipFile(target, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr(HANDLER, "#")
    return target.getvalue()


def unreadable(body: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in unpacked(body).items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = 0
            archive.writestr(entry, content)
    return target.getvalue()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda _: b"", "it cannot be unpacked"),
        (lambda body: body + b"x", "there is something before or after the archive"),
        (lambda body: b"#!/bin/sh\n" + body, "there is something before or after the archive"),
        (unreadable, "has another mode than 644"),
        (lambda body: body[: len(body) // 2], "it cannot be unpacked"),
        (lambda body: body[:5000] + b"\xff" * 400 + body[5400:], "it cannot be unpacked"),
        (twice, "a file is in it twice"),
        (lambda _: zips()["validation"], "the identity of its sources is "),
    ],
    ids=["empty", "longer", "a script", "a mode", "cut", "damaged", "twice", "the other function's"],
)
def test_a_zip_that_cannot_be_one_is_refused_in_one_line(
    spoil: Callable[[bytes], bytes], said: str, tmp_path: Path
) -> None:
    with pytest.raises(PackageError) as caught:
        taken(tmp_path, spoil(zips()["processing"]))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_zip_that_unpacks_to_more_than_lambda_takes_is_not_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zip_check, "LIMIT_UNZIPPED", 1000)
    with pytest.raises(PackageError, match="it unpacks to more than 1000 bytes"):
        taken(tmp_path, zips()["processing"])
