"""Test `deploy` up to the library: its questions and its exit status."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from fake_cloudformation import NAME
from one_stack import against, answer
from payflow_cfn.cli.main import main
from payflow_cfn.config.options import Options
from payflow_cfn.deploy import Deployment, Proposal
from payflow_cfn.deploy import deploy_set as deployment
from payflow_cfn.deploy.cloudformation.events import Explained, Proposed
from payflow_cfn.deploy.preview import Preview
from payflow_cfn.diff import AccessChange, Effect, ResourceChange
from payflow_cfn.errors import BusyError, UnknownOutcomeError
from sessions import with_client

PROPOSAL = Proposal("payflow-dev", "i", "c", "UPDATE", ())
DONE = Deployment("i", "UPDATE_COMPLETE", True, {"TopicArn": "t"})
NOBODY = with_client(None)
FILE = """
[environments.dev]
bucket = "bucket"
tags = {Team = "pay"}
service_role_arn = "arn:aws:iam::111111111111:role/service"
notification_arns = ["arn:aws:sns:eu-west-2:111111111111:told"]
rollback_alarms = ["arn:aws:cloudwatch:eu-west-2:111111111111:alarm:a"]
monitoring_minutes = 5
[environments.dev.parameters]
RiskThreshold = "60"
[environments.prod]
bucket = "bucket"
stack_policy = false
"""


class Engine:
    """Stands in for deploy_set: remembers the call, and asks as the real one would."""

    def __init__(self) -> None:
        self.called: dict[str, Any] = {}
        self.error: Exception | None = None

    def deploy_set(self, cloudformation: Any, s3: Any, **what: Any) -> Deployment:
        self.called = what
        if self.error:
            raise self.error
        agreed = what["confirm"] is None or what["confirm"](Preview(PROPOSAL, (), ()))
        return DONE if agreed else Deployment("i", "UPDATE_COMPLETE", False, {}, declined=True)


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Engine:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "payflow.toml").write_text(FILE)
    made = Engine()
    monkeypatch.setattr(deployment, "deploy_set", made.deploy_set)
    return made


def test_every_value_of_an_environment_in_payflow_toml_reaches_the_deploy(engine: Engine) -> None:
    command = ["deploy", "--env", "dev", "--yes", "--parameter", "ErrorsThreshold=5", "--allow-replace", "Table"]
    assert main([*command, "--recreate", "--wait", "9", "--revert-drift", "--express"], NOBODY) == 0
    assert engine.called["options"] == Options(
        role_arn="arn:aws:iam::111111111111:role/service",
        notification_arns=("arn:aws:sns:eu-west-2:111111111111:told",),
        rollback_alarms=("arn:aws:cloudwatch:eu-west-2:111111111111:alarm:a",),
        monitoring_minutes=5,
        protect_stateful=True,
        allow_replace=("Table",),
        recreate=True,
        wait_when_busy=9.0,
        revert_drift=True,
        express=True,
    )
    assert engine.called["parameters"] == {"RiskThreshold": "60", "ErrorsThreshold": "5", "Environment": "dev"}
    assert (engine.called["tags"], engine.called["bucket"]) == ({"Team": "pay"}, "bucket")


def test_production_is_protected_and_the_file_may_leave_the_policy_out(engine: Engine) -> None:
    assert main(["deploy", "--env", "prod", "--yes", "--allow-simulated-gateway"], NOBODY) == 0
    wanted = Options(termination_protection=True, production=True, allow_simulated_gateway=True)
    assert engine.called["options"] == wanted
    assert main(["deploy", "--env", "prod", "--yes", "--stack-policy"], NOBODY) == 0
    assert engine.called["options"] == Options(termination_protection=True, production=True, protect_stateful=True)


@pytest.mark.usefixtures("engine")
def test_short_logs_of_production_print_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    told = []
    for environment, days in (("prod", "30"), ("prod", "365"), ("dev", "30")):
        main(["deploy", "--env", environment, "--yes", "--parameter", f"LogRetentionDays={days}"], NOBODY)
        told.append(capsys.readouterr().err.count("PCI DSS 10.5.1"))
    assert told == [1, 0, 0]


@pytest.mark.parametrize(
    ("environment", "typed", "status"),
    [("dev", "y\n", 0), ("dev", "n\n", 1), ("dev", "", 1), ("prod", "prod\n", 0), ("prod", "y\n", 1), ("prod", "", 1)],
)
def test_a_person_agrees_and_for_real_money_with_the_name(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, environment: str, typed: str, status: int
) -> None:
    answer(monkeypatch, typed)
    assert main(["deploy", "--env", environment], NOBODY) == status


def test_the_result_is_the_last_line_of_json(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["deploy", "--env", "dev", "--yes", "--json"], NOBODY) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == {
        "event": "Result", "result": "deployed", "stack_id": "i", "status": "UPDATE_COMPLETE",
        "outputs": {"TopicArn": "t"},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("error", "status"),
    [(BusyError("busy", remedy="deploy --wait"), 4), (UnknownOutcomeError("the stack is still in progress"), 5)],
)
def test_busy_and_unknown_have_their_own_exit_status(
    engine: Engine, error: Exception, status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    engine.error = error
    assert main(["deploy", "--env", "dev", "--yes", "--json"], NOBODY) == status
    said = capsys.readouterr()
    assert json.loads(said.out.splitlines()[-1])["exit_status"] == status
    assert said.err == f"error: {error}\n"


def test_another_environment_in_a_parameter_is_wrong_usage(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["deploy", "--env", "dev", "--yes", "--parameter", "Environment=prod"], NOBODY) == 2
    assert "--env is dev, and --parameter Environment=prod" in capsys.readouterr().err
    assert engine.called == {}


def test_resuming_what_has_ended_meanwhile_ends_as_the_deploy_would_have(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cloud = against(monkeypatch, tmp_path, "UPDATE_COMPLETE")
    assert main(["deploy", "--env", "dev", "--resume", "--json"], with_client(cloud)) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["result"] == "deployed"
    assert cloud.written == ["set_stack_policy"]
    cloud.put(NAME, "UPDATE_ROLLBACK_COMPLETE")
    assert main(["deploy", "--env", "dev", "--resume"], with_client(cloud)) == 1


@pytest.mark.parametrize(("options", "lines"), [(["--yes"], 1), ([], 0)])
def test_a_first_deploy_is_shown_by_its_change_set_or_by_its_preview_and_not_by_both(
    options: list[str], lines: int, engine: Engine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def deploy_set(*_: Any, on_event: Any, **__: Any) -> Deployment:
        on_event(Proposed(Proposal("payflow-dev", "i", "c", "CREATE", ())))
        return DONE

    monkeypatch.setattr(deployment, "deploy_set", deploy_set)
    assert main(["deploy", "--env", "dev", *options], NOBODY) == 0
    assert capsys.readouterr().err.count("CREATE payflow-dev: 0 changes") == lines
    assert main(["deploy", "--env", "dev", "--json", *options], NOBODY) == 0
    assert '"event": "Proposed"' in capsys.readouterr().out


def test_resume_and_show_cli_exclude_each_other(engine: Engine) -> None:
    assert main(["deploy", "--env", "dev", "--resume", "--show-cli"], NOBODY) == 2
    assert engine.called == {}


def test_an_allowed_loss_that_matches_nothing_is_reported(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    change = ResourceChange(("Storage", "Table"), "AWS::DynamoDB::Table", "modify", Effect.REPLACES)

    def deploy_set(*_: Any, on_event: Any, **__: Any) -> Deployment:
        on_event(Explained(Preview(PROPOSAL, (change,), ())))
        return DONE

    monkeypatch.setattr(deployment, "deploy_set", deploy_set)
    allowed = [word for name in ("Table", "Storage/Table", "Tabel") for word in ("--allow-replace", name)]
    assert main(["deploy", "--env", "dev", "--yes", *allowed], NOBODY) == 0
    told = [line for line in capsys.readouterr().err.splitlines() if line.startswith("--allow")]
    assert told == ["--allow-replace Tabel: nothing of that name would change"]


@pytest.mark.parametrize(
    ("endpoint", "given", "sent"),
    [
        ("https://127.0.0.1:4566", [], "core"),
        ("https://127.0.0.1:4566", ["--parameter", "ResourceCoverage=full"], "full"),
        ("https://cloudformation.eu-west-2.amazonaws.com", [], None),
    ],
)
def test_on_the_embedded_aws_what_it_cannot_create_is_left_out(
    endpoint: str,
    given: list[str],
    sent: str | None,
    engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    there = SimpleNamespace(meta=SimpleNamespace(endpoint_url=endpoint))
    assert main(["deploy", "--env", "dev", "--yes", *given], with_client(there)) == 0
    assert engine.called["parameters"].get("ResourceCoverage") == sent
    assert ("this is an embedded AWS: ResourceCoverage=core" in capsys.readouterr().err) == (sent == "core")


def test_after_a_deploy_come_the_outputs_people_look_for_and_the_next_command(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    looked_for = {"StateMachineArn": "m", "TransactionsTableName": "t", "NotificationsTopicArn": "n"}
    looked_for |= {"GatewaySecretArn": ""}
    clock = iter([10.0, 195.4, 200.0, 209.0, 300.0, 301.0])
    monkeypatch.setattr("time.monotonic", lambda: next(clock))

    def deployed(environment: str, **more: str) -> tuple[list[str], list[str]]:
        done = Deployment("i", "UPDATE_COMPLETE", True, {**looked_for, "Region": "r", **more})
        monkeypatch.setattr(deployment, "deploy_set", lambda *_, **__: done)
        assert main(["deploy", "--env", environment, "--yes"], NOBODY) == 0
        said = capsys.readouterr()
        return said.out.splitlines(), said.err.splitlines()[-3:]

    out, err = deployed("dev")
    assert out == ["NotificationsTopicArn=n", "StateMachineArn=m", "TransactionsTableName=t"]
    assert err[:2] == ["deployed in 3 min 5 s", "`payflow outputs --env dev` has 2 more"]
    assert err[2].startswith("next: `payflow run --env dev '{")
    # Where a payment may move money, none is proposed.
    assert deployed("dev", GatewaySecretArn="s")[1] == [
        "deployed in 9 s",
        "`payflow outputs --env dev` has 2 more",
        "next: `payflow status --env dev`",
    ]
    assert deployed("prod")[1][-1] == "next: `payflow status --env prod`"


def test_the_headline_is_repeated_above_the_question(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    granted = AccessChange(("A",), "role", "role may now a:B", True)
    seen = Preview(PROPOSAL, (granted,) * 9, ())

    def deploy_set(*_: object, **what: Any) -> Deployment:
        what["on_event"](Explained(seen))
        return DONE if what["confirm"](seen) else Deployment("i", "UPDATE_COMPLETE", False, {}, declined=True)

    monkeypatch.setattr(deployment, "deploy_set", deploy_set)
    for options, told in (([], 1), (["--verbose"], 9)):
        answer(monkeypatch, "n\n")
        assert main(["deploy", "--env", "dev", *options], NOBODY) == 1
        said = capsys.readouterr().err
        assert said.split("\n\n")[-1].startswith(
            "UPDATE payflow-dev: no resource changes; 9 access changes\nExecute this change set?"
        )
        assert sum(line.startswith("  + role") for line in said.splitlines()) == told
