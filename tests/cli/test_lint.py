"""Test `lint` as a command: formats, exit status, the cache, and what it does not import."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import payflow_cfn
from payflow_cfn.artifacts.template_set import TemplateSet
from payflow_cfn.cli.main import main
from payflow_cfn.lint import Finding, Report
from payflow_cfn.lint.findings import Explanation

SOURCES = str(Path(payflow_cfn.__file__).resolve().parents[1])
BAD = Report((Finding("PF040", "error", "root.json", "Resources", "large"),), {"PF040": Explanation("a", "b")})


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a template, as the current one, and a home of its own."""
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "root.json").write_text('{\n"Resources": {}}')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    """The calls of the check, which finds one fault each time."""
    calls: list[tuple[object, ...]] = []

    def check(checked: TemplateSet, regions: tuple[str, ...], checker: str, _: object) -> Report:
        calls.append((sorted(checked.templates), tuple(regions), checker))
        return BAD

    monkeypatch.setattr("payflow_cfn.lint.make_report", check)
    return calls


def test_findings_are_printed_and_exit_status_3(
    folder: Path, checked: list[object], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["lint", "set"]) == 3
    assert capsys.readouterr().out == "root.json:Resources: PF040 error: large\n1 findings\n"
    assert checked == [(["root.json"], ("us-east-1",), "cfnlint")]


def test_json_and_format_json_are_the_same(
    folder: Path, checked: list[object], capsys: pytest.CaptureFixture[str]
) -> None:
    outputs = []
    for option in (["--json"], ["--format", "json"]):
        assert main(["lint", "set", *option]) == 3
        outputs.append(json.loads(capsys.readouterr().out))
    assert outputs[0] == outputs[1]
    assert outputs[0] == [
        {"rule": "PF040", "severity": "error", "file": "root.json", "path": "Resources", "message": "large"}
    ]


def test_sarif_names_the_file_from_the_current_folder(
    folder: Path, checked: list[object], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["lint", str(folder / "set"), "--format", "sarif"]) == 3
    [run] = json.loads(capsys.readouterr().out)["runs"]
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "set/root.json"
    assert place["region"] == {"startLine": 2}


def test_a_cached_report_is_printed_again_without_a_check(
    folder: Path, checked: list[object], capsys: pytest.CaptureFixture[str]
) -> None:
    outputs = []
    for _ in range(2):
        assert main(["lint", "set"]) == 3
        outputs.append(capsys.readouterr().out)
    assert outputs[0] == outputs[1]
    assert len(checked) == 1
    (folder / "set" / "root.json").write_text('{"Resources": { }}')
    main(["lint", "set"])
    assert len(checked) == 2


def test_no_cache_checks_again_and_keeps_nothing(folder: Path, checked: list[object]) -> None:
    main(["lint", "set", "--no-cache"])
    main(["lint", "set", "--no-cache"])
    assert len(checked) == 2
    assert not (folder / "cache").exists()


def test_regions_and_the_faster_checker_are_asked_for(folder: Path, checked: list[object]) -> None:
    main(["lint", "set", "--region", "cn-north-1", "--region", "eu-west-2", "--fast"])
    assert checked == [(["root.json"], ("cn-north-1", "eu-west-2"), "cloudformation_validate")]


def test_without_a_home_it_checks(folder: Path, checked: list[object], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("XDG_CACHE_HOME", "HOME", "USERPROFILE"):
        monkeypatch.delenv(name, raising=False)
    assert [main(["lint", "set"]), main(["lint", "set"])] == [3, 3]
    assert len(checked) == 2


def test_a_fresh_set_is_checked_when_no_folder_is_named(folder: Path, checked: list[tuple[list[str]]]) -> None:
    main(["lint"])
    assert {"root.json", "workflow.json"} <= set(checked[0][0])
    assert "manifest.json" not in checked[0][0]


@pytest.mark.parametrize(
    ("folder_name", "why"),
    [
        ("missing", "cannot list missing: "),
        ("set/notes.md", "set/notes.md is a file, not the folder"),
        ("empty", "no template set in empty: "),
    ],
)
def test_folder_without_a_set_is_one_line_and_no_findings(
    folder: Path, folder_name: str, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "empty").mkdir()
    (folder / "set" / "notes.md").write_text("Resources:")
    assert main(["lint", folder_name]) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith(f"error: {why}")
    assert shown.err.count("\n") == 1


def test_a_folder_above_the_only_set_is_that_set(folder: Path, checked: list[tuple[list[str]]]) -> None:
    main(["lint", "."])
    assert checked[0][0] == ["root.json"]


def test_a_hit_loads_nothing_slow(folder: Path, checked: list[object]) -> None:
    main(["lint", "set"])
    code = (
        "import sys; from payflow_cfn.cli.main import main; print(main(['lint', 'set']));"
        "slow = {'cfnlint', 'troposphere', 'awacs', 'pydantic', 'boto3', 'yaml', 'rich', 'multiprocessing'};"
        "print(sorted(slow & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": SOURCES},
    )
    assert done.stdout.splitlines()[-2:] == ["3", "[]"]


def test_what_is_not_looked_into_is_told(
    folder: Path, checked: list[tuple[object, ...]], capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "sam").mkdir()
    (folder / "sam" / "template.yaml").write_text("Transform: AWS::Serverless-2016-10-31\nResources: {}\n")
    assert main(["lint", "sam", "--no-cache"]) == 3
    said = "template.yaml: the transform AWS::Serverless-2016-10-31: what it makes is not looked into\n"
    assert capsys.readouterr().err == said
    assert checked[0][0] == ["template.yaml"]


def test_a_nested_file_that_is_not_there_is_a_finding_and_nothing_else(tmp_path: Path) -> None:
    nested = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "nested/nope.json"}}
    (tmp_path / "root.json").write_text(json.dumps({"Resources": {"A": nested}}))
    command = [sys.executable, "-m", "payflow_cfn", "lint", str(tmp_path), "--no-cache"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert "root.json:Resources/A: PF001 error: there is no nested/nope.json\n" in done.stdout
    assert (done.returncode, done.stderr) == (3, "")
