"""Test `plan`: where it stops, and its output."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fake_cloudformation import FakeCloudFormation
from payflow_cfn.cli.main import main
from payflow_cfn.config.options import Options
from payflow_cfn.deploy import Cause, Diagnosis, deploy_set
from payflow_cfn.deploy.cloudformation.events import ChangeSetMade, LeftBehind, NamesUnchecked
from payflow_cfn.deploy.preview import Preview
from payflow_cfn.deploy.preview.merge import unchanged
from payflow_cfn.errors import DeployError
from sessions import connect_to


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def deployed(_: str) -> FakeCloudFormation:
    cloud = FakeCloudFormation()
    for name in ("payflow-dev", "payflow-prod"):
        cloud.put(name, "CREATE_COMPLETE")
    return cloud


DEPLOYED = connect_to(deployed)


def test_a_plan_stops_where_a_deploy_would(capsys: pytest.CaptureFixture[str]) -> None:
    nothing = connect_to(lambda _: pytest.fail("nothing is to be asked"))
    options = ["plan", "--env", "prod", "--region", "eu-west-2", "--bucket", "my-bucket"]
    assert main([*options, "--parameter", "Environment=dev"], nothing) == 2
    assert "--env is prod" in capsys.readouterr().err


def test_production_with_a_simulated_gateway_is_refused_before_anything_is_sent(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["plan", "--env", "prod", "--region", "eu-west-2", "--bucket", "my-bucket"], DEPLOYED) == 2
    said = capsys.readouterr().err
    assert "simulated" in said
    assert "prod is production-like and keeps its logs for 30 days" in said


def test_a_plan_reports_what_it_left_behind_and_no_progress(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def plan_set(*_: Any, on_event: Any, **__: Any) -> Preview:
        on_event(ChangeSetMade("payflow-dev", "payflow-1", "CREATE"))
        on_event(NamesUnchecked("payflow-dev", (("table t", "denied"),)))
        on_event(LeftBehind("payflow-dev", "the change set payflow-1 of payflow-dev is still there: denied"))
        return unchanged("payflow-dev")

    monkeypatch.setattr(deploy_set, "plan_set", plan_set)
    assert main(["plan", "--env", "dev", "--region", "eu-west-2", "--bucket", "my-bucket"], DEPLOYED) == 0
    said = capsys.readouterr()
    assert said.out == "payflow-dev needs no change\n"
    assert said.err.splitlines()[-2:] == [
        "1 names of payflow-dev could not be looked up: table t (denied)",
        "the change set payflow-1 of payflow-dev is still there: denied",
    ]
    assert "payflow-1 for" not in said.err


def test_a_plan_can_compare_with_the_resources(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []

    def plan_set(*_: Any, options: Options, **__: Any) -> Preview:
        asked.append(options.revert_drift)
        return unchanged("payflow-dev")

    monkeypatch.setattr(deploy_set, "plan_set", plan_set)
    for more in ([], ["--revert-drift"]):
        assert main(["plan", "--env", "dev", "--region", "eu-west-2", "--bucket", "my-bucket", *more], DEPLOYED) == 0
    assert asked == [False, True]


def test_all_findings_are_printed_and_the_error_has_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    causes = [Cause(("Storage", each), "", "", "FAILED", "no", "", None, check="V") for each in ("A", "B")]
    found = Diagnosis("payflow-dev", "", "FAILED", causes[0], (causes[1],), notes=("n",))

    def plan_set(*_: Any, **__: Any) -> Preview:
        raise DeployError("the change set failed: all of it", diagnosis=found, headline="the change set failed")

    monkeypatch.setattr(deploy_set, "plan_set", plan_set)
    assert main(["plan", "--env", "dev", "--region", "eu-west-2", "--bucket", "my-bucket"], DEPLOYED) == 1
    assert capsys.readouterr().err.splitlines()[-4:] == [
        "first cause: Storage/A: no [V]",
        "also failed: Storage/B: no [V]",
        "note: n",
        "error: the change set failed",
    ]


def test_a_plan_is_written_in_the_form_that_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(deploy_set, "plan_set", lambda *_, **__: unchanged("payflow-dev"))
    first = []
    for form in ("text", "json", "markdown"):
        where = ["--env", "dev", "--region", "eu-west-2", "--bucket", "my-bucket"]
        assert main(["plan", *where, "--format", form], DEPLOYED) == 0
        first.append(capsys.readouterr().out)
    assert first[0] == "payflow-dev needs no change\n"
    assert '"changed": false' in first[1]
    assert first[2] == "## payflow-dev needs no change\n"
