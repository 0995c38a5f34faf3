"""Test the commands that call AWS, up to the client: region, usage, errors and outputs."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fake_cloudformation import FakeCloudFormation
from payflow_cfn.cli.main import main
from payflow_cfn.cli.session import assumed
from payflow_cfn.errors import DeployError, SettingsError
from payflow_cfn.workflow.execution import Execution
from sessions import Given, connect_to

ARN = "arn:aws:states:eu-west-1:123456789012:stateMachine:payments"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


class Regions(list[str]):
    """The region of each client that was made, of an account with three environments."""

    def connect(self, region: str, _role: str) -> Given:
        return Given(lambda _: self.client(region), region)

    def client(self, region: str) -> FakeCloudFormation:
        self.append(region)
        cloud = FakeCloudFormation()
        for name in ("payflow-dev", "payflow-other", "payflow-prod"):
            cloud.put(name, "CREATE_COMPLETE", Outputs={"TopicArn": "t"})
        return cloud


@pytest.fixture
def regions() -> Regions:
    return Regions()


@pytest.mark.parametrize(
    ("options", "wanted"),
    [([], "eu-west-1"), (["--env", "other", "--region", "us-east-1"], "us-east-1"), (["--env", "other"], "")],
)
def test_the_region_is_the_environments_own(options: list[str], wanted: str, folder: Path, regions: Regions) -> None:
    (folder / "payflow.toml").write_text('[environments.dev]\nregion = "eu-west-1"\n')
    assert main(["outputs", "--env", "dev", *options], regions.connect) == 0
    assert regions == [wanted]


def test_outputs_as_lines_and_as_json(regions: Regions, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["outputs", "--env", "dev"], regions.connect) == 0
    assert capsys.readouterr().out == "TopicArn=t\n"
    assert main(["outputs", "--env", "dev", "--json"], regions.connect) == 0
    assert json.loads(capsys.readouterr().out) == {"TopicArn": "t"}


def test_deploy_without_a_bucket_is_wrong_usage(regions: Regions, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["deploy", "--env", "dev"], regions.connect) == 2
    assert "--bucket is needed, or its value in payflow.toml" in capsys.readouterr().err


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_destroy_without_an_answer_deletes_nothing_and_names_the_option(
    environment: str, regions: Regions, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert main(["destroy", "--env", environment], regions.connect) == 1
    last = capsys.readouterr().err.splitlines()[-2:]
    assert last == ["not a terminal; pass --yes", "stopped: nothing was executed"]


def test_another_region_than_the_files_is_refused(
    folder: Path, regions: Regions, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "payflow.toml").write_text('[environments.dev]\nregion = "eu-west-1"\n')
    assert main(["outputs", "--env", "dev", "--region", "us-east-1"], regions.connect) == 2
    assert "dev belongs to eu-west-1" in capsys.readouterr().err
    assert regions == []


class Tokens:
    """STS: whose credentials these are, and another role's."""

    def get_caller_identity(self) -> dict[str, str]:
        return {"Account": "111111111111", "Arn": "arn:aws:iam::111111111111:user/anna"}

    def assume_role(self, **call: str) -> dict[str, Any]:
        assert call == {"RoleArn": "arn:aws:iam::222222222222:role/deployer", "RoleSessionName": "payflow"}
        return {"Credentials": {"AccessKeyId": "A", "SecretAccessKey": "B", "SessionToken": "C"}}


def test_credentials_of_another_account_are_refused_before_anything_is_sent(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "payflow.toml").write_text('[environments.dev]\naccount = "222222222222"\nregion = "eu-west-1"\n')
    assert main(["destroy", "--env", "dev", "--yes"], connect_to({"sts": Tokens()}.__getitem__)) == 2
    assert "222222222222, and these credentials to 111111111111: nothing was sent" in capsys.readouterr().err


def test_a_role_is_assumed_in_the_region_of_the_session() -> None:
    session = Given({"sts": Tokens()}.__getitem__, "eu-west-1")
    found = assumed(session, "arn:aws:iam::222222222222:role/deployer")
    assert found.botocore.get_credentials().get_frozen_credentials()[:3] == ("A", "B", "C")
    assert found.region == "eu-west-1"


def test_an_aws_error_is_one_line_with_its_status(capsys: pytest.CaptureFixture[str]) -> None:
    def broken(*_: str) -> Given:
        raise DeployError("it broke", remedy="mend it")

    assert main(["outputs", "--env", "dev"], broken) == 1
    assert capsys.readouterr().err == "error: it broke: mend it\n"


def test_an_unknown_profile_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nope")
    assert main(["outputs", "--env", "dev"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_debug_raises_the_error_itself(folder: Path) -> None:
    (folder / "payflow.toml").write_text("[setings]\n")
    with pytest.raises(SettingsError, match=r"did you mean \[settings\]"):
        main(["--debug", "render"])


def test_run_reads_standard_input_in_the_region_of_the_machine(
    regions: Regions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO('{"transaction_id": "T-1"}'))
    with pytest.raises(AttributeError, match=r"exceptions|start_execution"):
        main(["run", "--machine-arn", ARN], regions.connect)
    assert regions == ["eu-west-1"]


def test_what_is_no_payment_is_wrong_usage_before_anything_is_asked(
    regions: Regions, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", "--machine-arn", ARN, "not json"], regions.connect) == 2
    assert "the payment is not JSON" in capsys.readouterr().err
    assert regions == []


@pytest.mark.parametrize("options", [[], ["--env", "dev", "--machine-arn", ARN]])
def test_run_takes_an_environment_or_a_machine(options: list[str], regions: Regions) -> None:
    assert main(["run", *options, "{}"], regions.connect) == 2
    assert regions == []


@pytest.mark.parametrize(
    "payment",
    ['{"transaction_id": "4111-1111-1111-1111"}', '{"metadata": {"note": ["cvv 123"]}}', "[4111111111111111]"],
)
def test_run_sends_no_card_data(payment: str, regions: Regions, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--machine-arn", ARN, payment], regions.connect) == 1
    said = capsys.readouterr().err
    assert "the payment holds card data" in said
    assert "and was not sent. Send the customer's id, not the card" in said
    assert "1111" not in said
    assert regions == []


def test_run_skips_ids_that_the_environment_exempts(
    folder: Path, regions: Regions, capsys: pytest.CaptureFixture[str]
) -> None:
    parameters = 'parameters = { CardSearchExemptions = "metadata.kid=[0-9]{16}" }'
    (folder / "payflow.toml").write_text(f"[environments.dev]\nregion = 'eu-west-1'\n{parameters}\n")
    payment = '{"transaction_id": "T-1", "metadata": {"kid": "4111111111111111"}}'
    assert main(["run", "--env", "other", payment], regions.connect) == 1
    assert "holds card data in the field metadata.kid and was not sent" in capsys.readouterr().err
    assert regions == []
    main(["run", "--env", "dev", payment], regions.connect)
    assert "card data" not in capsys.readouterr().err


def test_run_reports_an_environment_without_a_workflow(regions: Regions, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--env", "dev", PAYMENT], regions.connect) == 1
    assert "payflow-dev has no output StateMachineArn" in capsys.readouterr().err


PAYMENT = '{"transaction_id": "T-1"}'
RUNNING = Execution("arn:x", "t-1", "RUNNING", "", "", "", replayed=False)


def test_run_prints_once_that_it_waits(
    regions: Regions, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    paused: list[float] = []

    def followed(sfn: Any, begun: Execution, *, sleep: Callable[[float], None]) -> Execution:
        for seconds in (0.05, 0.4, 0.6, 0.9):
            sleep(seconds)
            said.append(capsys.readouterr().err)
        return replace(begun, status="SUCCEEDED", output="{}")

    said: list[str] = []
    monkeypatch.setattr("time.sleep", paused.append)
    monkeypatch.setattr("payflow_cfn.workflow.run.start_payment", lambda *_, **__: RUNNING)
    monkeypatch.setattr("payflow_cfn.workflow.execution.follow_payment", followed)
    assert main(["run", "--machine-arn", ARN, PAYMENT], regions.connect) == 0
    assert said == ["", "", "waiting for the payment's end, at most a minute ...\n", ""]
    assert paused == [0.05, 0.4, 0.6, 0.9]


def test_a_stopped_wait_for_a_payment_prints_that_it_goes_on(
    regions: Regions, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def followed(*_: Any, **__: Any) -> Execution:
        raise KeyboardInterrupt

    monkeypatch.setattr("payflow_cfn.workflow.run.start_payment", lambda *_, **__: RUNNING)
    monkeypatch.setattr("payflow_cfn.workflow.execution.follow_payment", followed)
    assert main(["run", "--machine-arn", ARN, PAYMENT], regions.connect) == 5
    (said,) = capsys.readouterr().err.strip().splitlines()
    assert said == "stopped: the execution t-1 goes on. Run it again to see how it ended; no payment is charged twice"


def test_a_payment_that_is_not_utf8_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO('{"a": 1}'.encode("utf-16")), encoding="utf-8"))
    assert main(["run", "--machine-arn", ARN]) == 2
    assert capsys.readouterr().err == "error: standard input is not UTF-8 text. Save it as UTF-8\n"


def test_a_stopped_plan_prints_that_nothing_was_executed(
    regions: Regions, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def planned(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("payflow_cfn.deploy.deploy_set.plan_set", planned)
    assert main(["plan", "--env", "dev", "--bucket", "bucket"], regions.connect) == 1
    said = capsys.readouterr().err.splitlines()[-1]
    assert said == "stopped: nothing was executed, and the change set was deleted"


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("", "no payflow.toml in this folder; using defaults"),
        ("[environments.eu]\n", "payflow.toml has no [environments.dev] (it has eu); using defaults"),
        ("[environments.dev]\n", ""),
        ("[settings]\n", ""),
    ],
)  # fmt: skip
@pytest.mark.parametrize("command", ["plan", "deploy"])
def test_an_environment_that_no_file_lists_prints_a_notice_before_its_deploy(
    command: str, file: str, said: str, folder: Path, regions: Regions, capsys: pytest.CaptureFixture[str]
) -> None:
    if file:
        (folder / "payflow.toml").write_text(file)
    assert main([command, "--env", "dev"], regions.connect) == 2  # no bucket
    assert [line for line in capsys.readouterr().err.splitlines() if "using defaults" in line] == (
        [said] if said else []
    )


def test_bytes_that_are_no_text_are_wrong_usage(regions: Regions, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "--env", "dev", "--parameter", "NotificationEmail=\udcc3@x"], regions.connect) == 2
    assert "'NotificationEmail=\\udcc3@x' is not UTF-8" in capsys.readouterr().err
    assert regions == []


def test_package_writes_the_zips(folder: Path) -> None:
    assert main(["package", "--out", "zips"]) == 0
    assert {each.name for each in (folder / "zips").iterdir()} == {"validation.zip", "processing.zip"}
