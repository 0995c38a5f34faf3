"""A set from a stranger: `lint` ends in one line or in findings, and commands no terminal."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from payflow_cfn.aws.parsed_set import parse_set
from payflow_cfn.cli.main import main
from payflow_cfn.disk import LARGEST_TEMPLATE, read_templates
from payflow_cfn.errors import CheckError
from payflow_cfn.lint import check_set
from payflow_cfn.version import TEMPLATE_VERSION

TEMPLATES = Path(__file__).parents[2] / "templates" / TEMPLATE_VERSION


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for path in TEMPLATES.glob("*.json"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    return tmp_path


BROKEN = {
    "nested without end": b"[" * 200_000,
    "nested deeper than a template": b'{"Resources": ' + b'{"a":' * 500 + b'{"Type":"x"}' + b"}" * 500 + b"}",
    "not UTF-8": b"\xff\xfe",
    "a resource that is a list": b'{"Resources": {"A": [1, 2]}}',
    "a type that is no text": b'{"Resources": {"A": {"Type": [1]}}}',
    "properties that are a number": b'{"Resources": {"A": {"Type": "AWS::S3::Bucket", "Properties": 7}}}',
    "outputs that are a number": b'{"Resources": {}, "Outputs": 3}',
    "too large": b" " * (LARGEST_TEMPLATE + 1),
    "a text that commands a terminal": b'"\\u001b[31m"',
    "a number of 5,000 digits": b'{"Resources": {"A": 1' + b"0" * 5000 + b"}}",
}


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN)
def test_a_file_that_is_no_template_is_one_line(body: bytes, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "storage.json").write_bytes(body)
    assert main(["lint", "--no-cache", str(folder)]) == 1
    said = capsys.readouterr().err
    assert said.startswith("error: ")
    assert said[:-1].isprintable()
    assert len(said) < 2100


def test_a_pipe_or_a_link_is_refused_and_blocks_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo(folder / "odd.json")
    assert main(["lint", "--no-cache", str(folder)]) == 1
    (folder / "odd.json").unlink()
    (folder / "odd.json").symlink_to("/etc/passwd")
    assert main(["lint", "--no-cache", str(folder)]) == 1
    assert "root:" not in capsys.readouterr().err


@pytest.mark.slow
def test_a_name_that_commands_a_terminal_is_printed_without_its_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "root.json").write_text('{"Resources": {"a\\u001b[2J": {"Type": "AWS::S3::Bucket"}}}')
    assert main(["lint", "--no-cache", str(tmp_path)]) == 3
    assert all(line.isprintable() for line in capsys.readouterr().out.splitlines())


ODD = some.recursive(
    some.none() | some.booleans() | some.integers() | some.text(max_size=5),
    lambda inner: (
        some.lists(inner, max_size=3)
        | some.dictionaries(
            some.sampled_from(("Ref", "Fn::If", "Fn::Sub", "Fn::GetAtt", "Statement", "a")), inner, max_size=2
        )
    ),
    max_leaves=6,
)


@given(some.data())
@settings(max_examples=settings().max_examples * 3 // 5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.slow
def test_odd_values_anywhere_give_findings_and_no_traceback(data: some.DataObject) -> None:
    texts = dict(read_templates(TEMPLATES))
    name = data.draw(some.sampled_from(sorted(each for each in texts if each != "manifest.json")))
    template: dict[str, Any] = json.loads(texts[name])
    _spoil(template, data)
    texts[name] = json.dumps(template)
    try:
        found = check_set(parse_set(texts))
    except CheckError as refused:
        assert str(refused)
    else:
        assert all(str(each).isprintable() for each in found)


def _spoil(template: dict[str, Any], data: some.DataObject) -> None:
    """Put one odd value in the place of another, somewhere."""
    here: Any = template
    while True:
        keys = sorted(here) if isinstance(here, Mapping) else range(len(here))
        key = data.draw(some.sampled_from(keys))
        if not isinstance(here[key], dict | list) or not here[key] or data.draw(some.booleans()):
            here[key] = data.draw(ODD)
            return
        here = here[key]
