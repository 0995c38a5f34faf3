"""The manifest: what it says, and that a stranger's is refused in one line and never leads out of its folder."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payflow_cfn.artifacts.dependencies import Pin
from payflow_cfn.artifacts.manifest import Inputs, Recorded, check_path, manifest_text, parse_manifest, recorded
from payflow_cfn.errors import FilesError

INPUTS = Inputs("validation", "a" * 64, 4, 1234, (Pin("thing", "1.0", "b" * 64, "MIT"),))
GOOD = manifest_text(
    {"storage.json": "{}\n", "root.json": '{"ü": 1}\n'},
    version="1.0.0",
    artifacts=[INPUTS],
    bills={"sbom/validation.cdx.json": "{}"},
)

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=3),
    max_leaves=10,
)


def with_change(**changes: Any) -> str:
    return json.dumps({**json.loads(GOOD), **changes})


def test_a_manifest_says_the_hash_and_the_bytes_of_each_template() -> None:
    templates = json.loads(GOOD)["templates"]
    body = '{"ü": 1}\n'.encode()
    assert templates["root.json"] == {"sha256": hashlib.sha256(body).hexdigest(), "size": 10}


def test_a_manifest_says_what_the_artifacts_are_made_of() -> None:
    assert json.loads(GOOD)["artifacts"] == {
        "validation": {
            "identity": "a" * 64,
            "files": 4,
            "size": 1234,
            "vendored": {"thing": {"version": "1.0", "record": "b" * 64}},
        }
    }


def test_a_manifest_is_text_with_sorted_keys_and_a_final_newline() -> None:
    assert json.dumps(json.loads(GOOD), indent=2, sort_keys=True) + "\n" == GOOD


def test_what_is_written_is_read() -> None:
    found = parse_manifest(GOOD)
    assert found.version == "1.0.0"
    assert found.templates == {"root.json": recorded('{"ü": 1}\n'.encode()), "storage.json": recorded(b"{}\n")}
    assert found.bills == {"sbom/validation.cdx.json": recorded(b"{}")}
    assert found.artifacts == {"validation": INPUTS._replace(pins=(Pin("thing", "1.0", "b" * 64, license=""),))}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is not JSON"),
        ("{", "is not JSON"),
        ("[" * 100_000, "is nested too deeply"),
        ('{"format": ' + "9" * 5000 + "}", "is not JSON: Exceeds the limit"),
        ('{"format": 1, "format": 1}', "the key 'format' stands there twice"),
        ("[]", "the manifest' is [], not an object"),
        (with_change(format=2), "its format is 2, this release reads 1"),
        (with_change(templates=[]), "'templates' is [], not an object"),
        (with_change(templates={f"t{n}.json": {} for n in range(101)}), "it lists 101 templates"),
        (with_change(templates={"a.json": None}), "'a.json' is None, not an object"),
        (with_change(templates={"a.json": {"sha256": "A" * 64, "size": 1}}), "the SHA-256 of a.json is 'AAA"),
        (with_change(templates={"a.json": {"sha256": "a" * 64, "size": True}}), "the size of a.json is True"),
        (with_change(templates={"a.json": {"sha256": "a" * 64, "size": -1}}), "the size of a.json is -1"),
        (with_change(templates={"a.json": {"sha256": "a" * 64, "size": 10**9}}), "the size of a.json is 1000000000"),
        (with_change(version="1\x1b[31m"), r"version is '1\x1b[31m'"),
        (with_change(version="1\n"), r"version is '1\n'"),
        (with_change(artifacts={"validation": {"identity": 5}}), "the SHA-256 of validation is 5"),
    ],
)
def test_a_manifest_that_is_none_of_ours_is_one_clear_line(text: str, message: str) -> None:
    with pytest.raises(FilesError) as caught:
        parse_manifest(text)
    assert message in str(caught.value)
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    "path",
    [
        "../x.json", "a/../../x.json", "/etc/passwd", "a//b.json", "./a.json", ".hidden", "a/.git/config", "C:\\x",
        "a\\b", "C:x.json", "~/x", "a\nb", "a.json\n", "", "a/", "ä.json", "a b.json", "-rf", "x" * 101,
        "a/b/c/d/e.json", "a\0b",
    ],
)  # fmt: skip
def test_a_path_that_could_lead_out_of_its_folder_is_refused(path: str) -> None:
    with pytest.raises(FilesError, match="is not allowed in a template set"):
        check_path(path)
    with pytest.raises(FilesError):
        parse_manifest(with_change(templates={path: {"sha256": "a" * 64, "size": 1}}))


@pytest.mark.parametrize("path", ["root.json", "artifacts/validation.zip", "1.0.0/a_b-c.json", "a..json"])
def test_a_plain_relative_path_is_allowed(path: str) -> None:
    assert check_path(path) == path


@given(st.text())
def test_no_text_does_more_than_a_files_error(text: str) -> None:
    try:
        parse_manifest(text)
    except FilesError as error:
        assert str(error).isprintable()


@given(st.dictionaries(st.sampled_from(["format", "version", "templates", "artifacts"]), values))
@pytest.mark.slow
def test_no_value_in_a_manifest_does_more_than_a_files_error(changes: dict[str, Any]) -> None:
    try:
        found = parse_manifest(with_change(**changes))
    except FilesError as error:
        assert str(error).isprintable()
        assert len(str(error)) < 400
    else:
        assert all(isinstance(each, Recorded) for each in found.templates.values())
