"""Test that render and lint check the environments of payflow.toml, not only a deploy."""

from __future__ import annotations

from pathlib import Path

import pytest

from payflow_cfn.aws.regions import REGIONS
from payflow_cfn.cli.main import main
from payflow_cfn.config.project import parse_project
from payflow_cfn.config.settings import Settings
from payflow_cfn.deploy.environment_check import check_environments
from payflow_cfn.errors import SettingsError
from payflow_cfn.stacks.render import build_set

WRONG = """
[settings]
code_signing = true
[environments.dev.parameters]
RiskTreshold = 60
LogRetentionDays = 31
[environments.live.parameters]
GatewayAdapter = "http"
[environments.new]
region = "mx-central-1"
"""
SAID = [
    "error: [environments.dev] the template has no parameter RiskTreshold: did you mean RiskThreshold?",
    "error: [environments.dev] the parameter LogRetentionDays is '31': it takes one of",
    "error: [environments.live] GatewayAdapter is http, and GatewayUrl is '': no payment could be charged",
    "error: [environments.new] mx-central-1 has no code signing",
]


@pytest.mark.parametrize("command", [["render"], ["render", "--check"], ["lint"]])
def test_every_environment_is_checked_and_nothing_is_written(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "payflow.toml").write_text(WRONG)
    assert main(command) == 2
    said = capsys.readouterr().err.splitlines()
    assert [line[: len(wanted)] for line, wanted in zip(said, SAID, strict=True)] == SAID
    assert not (tmp_path / "templates").exists()


def test_values_that_a_deploy_accepts_are_accepted() -> None:
    # That a simulated gateway in production needs an option is asked when it is deployed.
    project = parse_project({"environments": {"prod": {"region": "eu-west-1", "parameters": {"RiskThreshold": 60}}}})
    check_environments(project, build_set(project.settings))
    with pytest.raises(SettingsError, match="no parameter Other"):
        check_environments(
            parse_project({"environments": {"a": {"parameters": {"Other": "1"}}}}), build_set(Settings())
        )


def test_an_unknown_region_is_a_notice_and_not_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "payflow.toml").write_text("[environments.dev]\nregion = 'eu-wst-1'\n")
    assert main(["render"]) == 0
    assert capsys.readouterr().err == (
        "[environments.dev] region: eu-wst-1 is not a known region of AWS; did you mean eu-west-1?\n"
    )


def test_the_regions_are_those_of_the_linter() -> None:
    from cfnlint.helpers import REGIONS as LINTED

    assert sorted(REGIONS) == sorted(LINTED)
