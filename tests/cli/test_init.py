"""`init`: a folder becomes a project whose own tests and pipeline work, and nothing is overwritten."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from forked_programs import PAYFLOW, forked
from payflow_cfn.cli.main import main
from payflow_cfn.local.emulator.clients import child_environment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from payflow_cfn.local.emulator.emulator import Emulator


def written(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("pipeline", "file"), [("github", ".github/workflows/payflow.yml"), ("gitlab", ".gitlab-ci.yml"), ("none", "")]
)
def test_a_new_folder_gets_every_file_once(
    pipeline: str, file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "new"
    assert main(["init", str(folder), "--pipeline", pipeline]) == 0
    first = written(folder)
    assert {"payflow.toml", "team_payments.py", "tests/test_payments.py", "requirements.txt"} <= set(first)
    assert [each for each in first if each.endswith(".yml")] == ([file] if file else [])
    assert main(["init", str(folder), "--pipeline", pipeline]) == 0
    assert written(folder) == first
    again = capsys.readouterr().out.split("next:")[1]
    assert ("written" in again, "is yours" in again) == (False, False)


@pytest.mark.parametrize(
    ("text", "is_told"),
    [
        ("[settings]\n", True),
        ('[settings]\n# extensions = ["team_payments:screening"]\nextensions = ["ours:all"]\n', True),
        ('[settings]\nextensions = ["ours:all", "team_payments:screening"]\n', False),
        ("settings = 1\n", True),
        ("[settings\n", True),
    ],
)
def test_a_file_that_is_there_stays(
    text: str, is_told: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "payflow.toml").write_text(text)
    assert main(["init", str(tmp_path)]) == 0
    assert (tmp_path / "payflow.toml").read_text() == text
    assert (tmp_path / "team_payments.py").exists()
    told = 'payflow.toml is yours: add extensions = ["team_payments:screening"] to its [settings]\n'
    assert (told in capsys.readouterr().out) == is_told


@pytest.mark.parametrize("folder", ["payflow.toml", "payflow.toml/below"])
def test_a_file_in_the_place_of_the_folder_is_one_line(
    folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("payflow.toml").touch()
    assert main(["init", folder]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"error: cannot create the folder {folder}: ")
    assert line.endswith("check the path, its permissions and the free space")


def commands(pipeline: str, folder: Path) -> Iterator[str]:
    """The shell commands of the pipeline, in its order."""
    file = {"github": ".github/workflows/payflow.yml", "gitlab": ".gitlab-ci.yml"}[pipeline]
    document: dict[str, Any] = yaml.safe_load((folder / file).read_text())
    if pipeline == "github":
        for job in document["jobs"].values():
            yield from (each["run"] for each in job["steps"] if "run" in each)
    else:
        for name in ("check", "plan", "deploy-dev", "deploy-prod"):
            yield from document[name]["script"]


def of_python(pipeline: str, folder: Path) -> list[str]:
    """The pipeline's own commands, without those of its platform."""
    return [each for each in commands(pipeline, folder) if shlex.split(each)[0] in ("payflow", "python")]


def test_both_pipelines_run_the_same_commands(tmp_path: Path) -> None:
    for pipeline in ("github", "gitlab"):
        main(["init", str(tmp_path / pipeline), "--pipeline", pipeline])
    found = of_python("github", tmp_path / "github")
    assert found == of_python("gitlab", tmp_path / "gitlab")
    assert sum("deploy" in each for each in found) == 2


# The tutorial of a step of one's own (docs/tutorial/own-step.md) goes through most of it in the suite.
@pytest.mark.local
@pytest.mark.whole
def test_the_pipeline_checks_plans_and_deploys_to_both_environments(
    cloud: Emulator, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    main(["init", str(tmp_path), "--pipeline", "github"])
    programs = tmp_path_factory.mktemp("programs")
    scripts = os.path.dirname(sys.executable)
    environment = {**child_environment(cloud), "PATH": f"{programs}:{scripts}:/usr/bin:/bin"}

    def ran(command: str) -> str:
        done = subprocess.run(
            ["/bin/sh", "-c", command], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        return done.stdout

    with forked(programs / "payflow", PAYFLOW, environment):
        for each in ("dev", "prod"):
            ran(f"payflow bootstrap --env {each} --yes")
        done = {each: ran(each) for each in of_python("github", tmp_path)}
        tests = next(text for command, text in done.items() if "pytest" in command)
        assert "3 passed" in tests
        assert "ScreenCustomer" in ran("payflow diagram")
        assert (tmp_path / "plan.md").read_text().strip()
        for each in ("dev", "prod"):
            assert "ScreeningAliasArn" in ran(f"payflow outputs --env {each}")
