"""Test the commands report and verify from end to end."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from payflow_cfn.cli.main import main

SET = Path(__file__).parents[2] / "templates" / "1.0.0"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with one environment, and a copy of the set."""
    (tmp_path / "payflow.toml").write_text('[environments.prod.parameters]\nErrorsThreshold = "9"\n')
    shutil.copytree(SET, tmp_path / "new")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.slow
def test_a_report_is_verified(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = [
        "report",
        "--set",
        "new",
        "--env",
        "prod",
        "--against",
        "1.0.0",
        "--payments-per-day",
        "5",
        "--out",
        "a.html",
    ]
    assert main(made) == 0
    text = (folder / "a.html").read_text()
    assert "<td><code>9</code></td>" in text
    assert "An estimate for 5 payments a day" in text
    assert main(["verify", "a.html", "--set", "new"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "a.html: agrees with the templates"


@pytest.mark.slow
def test_the_rendered_folder_and_the_settings_give_the_same_page(folder: Path) -> None:
    assert main(["render", "--out", "plain"]) == 0
    assert main(["report", "--env", "prod", "--set", "plain", "--out", "a.html"]) == 0
    assert main(["report", "--env", "prod", "--out", "b.html"]) == 0
    assert (folder / "a.html").read_bytes() == (folder / "b.html").read_bytes()
    assert main(["verify", "a.html"]) == 0


@pytest.mark.parametrize("command", [["report", "--set", "new"], ["policy", "reader", "--set", "new"]])
@pytest.mark.slow
def test_an_environment_that_the_file_does_not_list_prints_a_notice(
    command: list[str], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    more = ["--account", "111122223333", "--region", "eu-west-2"] if command[0] == "policy" else []
    for environment, said in (
        ("nodev", "payflow.toml has no [environments.nodev] (it has prod); using defaults\n"),
        ("prod", ""),
    ):
        assert main([*command, "--env", environment, *more]) == 0
        assert capsys.readouterr().err == said


@pytest.mark.slow
def test_a_changed_byte_fails_with_what_differs(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["report", "--set", "new"])
    text = (folder / "report.html").read_text()
    (folder / "report.html").write_text(text.replace("<td>kept", "<td>gept", 1))
    assert main(["verify", "report.html", "--set", "new"]) == 3
    out = capsys.readouterr().out
    assert "resources: the report has 'gept', the templates 'kept'" in out
    assert out.splitlines()[-1] == "report.html: differs from the templates"


@pytest.mark.slow
def test_another_value_of_the_environment_fails(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["report", "--set", "new", "--env", "prod"])
    (folder / "payflow.toml").write_text('[environments.prod.parameters]\nErrorsThreshold = "8"\n')
    assert main(["verify", "report.html", "--set", "new"]) == 3
    assert "interface: the report has '9', the templates '8'" in capsys.readouterr().out


@pytest.mark.slow
def test_a_changed_template_fails_by_its_digest(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["report", "--set", "new", "--against", "1.0.0"])
    shutil.move(folder / "new", folder / "moved")
    assert main(["verify", "report.html", "--set", "moved", "--against", "moved"]) == 0
    old = folder / "old"
    shutil.copytree(folder / "moved", old)
    text = (old / "storage.json").read_text()
    (old / "storage.json").write_text(text.replace("PAY_PER_REQUEST", "PROVISIONED"))
    assert main(["verify", "report.html", "--set", "moved", "--against", "old"]) == 3
    assert "changes: " in capsys.readouterr().out
    assert main(["verify", "report.html", "--set", "old"]) == 1
    assert "storage.json was changed" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "status", "wanted"),
    [
        (["report", "--out", "folder/"], 2, "--out names a folder"),
        (["report", "--against", "nowhere"], 2, "nowhere is neither a folder nor a version"),
        (["report", "--payments-per-day", "0"], 2, "0 is not in the range"),
        (["report", "--env", "NO"], 2, "NO"),
        (["verify", "payflow.toml"], 1, "payflow.toml is not a report"),
        (["verify", "missing.html"], 1, "missing.html"),
    ],
)
def test_wrong_usage(arguments: list[str], status: int, wanted: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == status
    assert wanted in capsys.readouterr().err


@pytest.mark.slow
def test_another_set_that_the_report_does_not_name_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    main(["report", "--set", "new"])
    assert main(["verify", "report.html", "--set", "new", "--against", "1.0.0"]) == 2
    assert "compares with no other set" in capsys.readouterr().err
