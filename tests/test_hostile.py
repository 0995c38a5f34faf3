"""Files from strangers: whatever they hold, the answer is a value or one clear error, and nothing is written."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from payflow_cfn.artifacts.manifest import Manifest, parse_manifest
from payflow_cfn.cli.main import main
from payflow_cfn.config.project import LARGEST_FILE, Project, parse_project
from payflow_cfn.config.settings import setting_names
from payflow_cfn.errors import FilesError, PayflowError, SettingsError
from payflow_cfn.text import one_line
from payflow_cfn.version import TEMPLATE_VERSION

SCALARS = some.none() | some.booleans() | some.integers() | some.floats() | some.text(max_size=20)
JSON = some.recursive(SCALARS, lambda inner: some.lists(inner) | some.dictionaries(some.text(max_size=10), inner))
SETTINGS = some.dictionaries(some.sampled_from(setting_names()) | some.text(max_size=10), JSON, max_size=3)
TARGETS = some.dictionaries(
    some.sampled_from(("dev", "prod", "Dev", "a--b", "x\n")) | some.text(max_size=10),
    some.dictionaries(some.sampled_from(("account", "region", "bucket", "parameters", "tags", "production")), JSON)
    | JSON,
    max_size=2,
)
DOCUMENTS = some.fixed_dictionaries({}, optional={"settings": SETTINGS | JSON, "environments": TARGETS | JSON})


@given(DOCUMENTS)
@pytest.mark.slow
def test_settings_are_taken_or_refused_in_one_error(document: dict[str, Any]) -> None:
    try:
        assert isinstance(parse_project(document), Project)
    except SettingsError as error:
        assert str(error)


ENTRIES = some.fixed_dictionaries({}, optional={"sha256": SCALARS, "size": SCALARS, "identity": SCALARS})
MANIFESTS = some.fixed_dictionaries(
    {"format": some.sampled_from((1, 1, 1, 2, "1"))},
    optional={
        "version": SCALARS,
        "templates": some.dictionaries(some.text(max_size=12), ENTRIES | JSON) | JSON,
        "artifacts": some.dictionaries(some.text(max_size=12), ENTRIES | JSON) | JSON,
    },
)


@given(MANIFESTS.map(json.dumps) | some.text())
@pytest.mark.slow
def test_a_manifest_is_taken_or_refused_in_one_error(text: str) -> None:
    try:
        found = parse_manifest(text)
    except FilesError as error:
        assert str(error)
    else:
        assert isinstance(found, Manifest)
        assert not [
            name for name in (*found.templates, *found.artifacts) if name.startswith(("/", ".")) or ".." in name
        ]


@given(some.text())
def test_no_text_can_command_a_terminal(text: str) -> None:
    assert one_line(text, longest=100).isprintable()
    assert len(one_line(text, longest=100)) <= 100


def _deep(count: int) -> bytes:
    return b"settings = " + b"[" * count + b"]" * count


HOSTILE = {
    "nested a hundred thousand deep": _deep(100_000),
    "larger than any settings": b"#" * (LARGEST_FILE + 1),
    "not text": b"\xff\xfe\x00",
    "a number of 5,000 digits": b"[settings]\nfunction_memory = 1" + b"0" * 5000,
    "a key that commands a terminal": b'[settings]\n"\\u001b[2J" = 1\n',
    "a table that commands a terminal": b'["\\u001b]0;owned\\u0007"]\n',
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_hostile_settings_are_one_line_and_nothing_is_written(
    body: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("payflow.toml").write_bytes(body)
    assert main(["render"]) in (1, 2)
    said = capsys.readouterr().err
    assert said.startswith("error: ")
    assert said[:-1].isprintable()
    assert len(said) < 2100
    assert os.listdir() == ["payflow.toml"]


def test_a_pipe_or_a_device_in_place_of_the_settings_blocks_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkfifo("payflow.toml")
    assert main(["render"]) == 1
    os.unlink("payflow.toml")
    os.symlink("/dev/zero", "payflow.toml")
    assert main(["render"]) == 1
    assert capsys.readouterr().err.count("is not a regular file") == 2


def test_settings_may_be_a_link_to_a_file_of_the_users(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("own.toml").write_text("[settings]\nfunction_memory = 512\n")
    os.symlink("own.toml", "payflow.toml")
    assert main(["render"]) == 0
    assert '"MemorySize": 512' in Path(f"templates/{TEMPLATE_VERSION}/functions.json").read_text()


def test_an_error_of_any_kind_is_bounded(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def broken(*_: object) -> None:
        raise PayflowError("\x1b[31mred\x07\n" * 1000, remedy="none")

    monkeypatch.setattr("payflow_cfn.config.project.read_project", broken)
    assert main(["render"]) == 1
    said = capsys.readouterr().err
    assert said[:-1].isprintable()
    assert len(said) < 2100
