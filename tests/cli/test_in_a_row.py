"""Test `deploy` for several environments: their choice, their places, where it stops, and what it prints."""

from __future__ import annotations

import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from one_stack import answer
from payflow_cfn.cli.main import main
from payflow_cfn.deploy import Deployment, Proposal
from payflow_cfn.deploy import deploy_set as deployment
from payflow_cfn.deploy.preview import Preview
from payflow_cfn.errors import BusyError, DeployError, UnknownOutcomeError
from sessions import Given

FILE = """
[environments.shop-us]
account = "111111111111"
region = "us-east-1"
bucket = "bucket-us"
role_arn = "arn:aws:iam::111111111111:role/deploy"
[environments.shop-eu]
account = "222222222222"
region = "eu-west-1"
bucket = "bucket-eu"
role_arn = "arn:aws:iam::222222222222:role/deploy"
[environments.other]
bucket = "bucket"
[environments.shop-ap]
region = "ap-southeast-2"
bucket = "bucket-ap"
"""
ROW = ["deploy", "--env", "shop-*", "--one-at-a-time"]
DONE = Deployment("i", "UPDATE_COMPLETE", True, {})
SAME = Deployment("i", "UPDATE_COMPLETE", False, {})


class Engine:
    """Stands in for deploy_set and for the sessions: {environment: its end}, by default a deploy that changes."""

    def __init__(self) -> None:
        self.ends: dict[str, Deployment | BaseException] = {}
        self.deployed: list[tuple[str, str, str]] = []
        self.sessions: list[tuple[str, str]] = []
        self.sets: list[Any] = []

    def deploy_set(self, cloudformation: Any, s3: Any, templates: Any, *, confirm: Any, **what: Any) -> Deployment:
        environment = what["parameters"]["Environment"]
        self.sets.append(templates)
        self.deployed.append((environment, cloudformation.meta.region_name, what["bucket"]))
        end = self.ends.get(environment, DONE)
        if isinstance(end, BaseException):
            raise end
        if confirm and not confirm(Preview(Proposal("payflow", "i", "c", "UPDATE", ()), (), ())):
            return Deployment("i", "UPDATE_COMPLETE", False, {}, declined=True)
        return end

    def connect(self, region: str, role_arn: str) -> Given:
        self.sessions.append((region, role_arn))
        account = role_arn.split(":")[4] if role_arn else ""
        meta = SimpleNamespace(region_name=region, endpoint_url="https://aws")
        client = SimpleNamespace(meta=meta, get_caller_identity=lambda: {"Account": account, "Arn": "a"})
        return Given(lambda _: client, region)


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Engine:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "payflow.toml").write_text(FILE)
    made = Engine()
    monkeypatch.setattr(
        deployment, "deploy_set", lambda cf, s3, *, templates, **what: made.deploy_set(cf, s3, templates, **what)
    )
    return made


def rows(out: str) -> list[tuple[str, str, Any]]:
    last = json.loads(out.splitlines()[-1])
    assert last["event"] == "Environments"
    return [(each["environment"], each["result"], each["exit_status"]) for each in last["environments"]]


def test_each_is_deployed_in_its_own_place_in_the_order_of_the_file(engine: Engine) -> None:
    assert main([*ROW, "--yes"], engine.connect) == 0
    assert engine.deployed == [
        ("shop-us", "us-east-1", "bucket-us"),
        ("shop-eu", "eu-west-1", "bucket-eu"),
        ("shop-ap", "ap-southeast-2", "bucket-ap"),
    ]
    wanted = [
        ("us-east-1", "arn:aws:iam::111111111111:role/deploy"),
        ("eu-west-1", "arn:aws:iam::222222222222:role/deploy"),
        ("ap-southeast-2", ""),
    ]
    assert engine.sessions == [*wanted, *wanted]  # all are checked before the first
    assert len({id(each) for each in engine.sets}) == 1


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--env", "shop-*"], "--env shop-* is a pattern: add --one-at-a-time to deploy to shop-us, shop-eu, shop-ap"),
        (["--env", "x*", "--one-at-a-time"], "no environment of payflow.toml matches x* (it has shop-us, shop-eu, "),
        ([*ROW[1:], "--resume"], "choose one of --resume, --show-cli or --change-set and --one-at-a-time"),
        ([*ROW[1:], "--change-set", "n"], "choose one of --resume, --show-cli or --change-set and --one-at-a-time"),
        ([*ROW[1:], "--parameter", "Environment=shop-us"], "--env is shop-*, and --parameter Environment=shop-us"),
    ],
)
def test_a_choice_that_is_refused_deploys_nothing(
    engine: Engine, capsys: pytest.CaptureFixture[str], arguments: list[str], text: str
) -> None:
    assert main(["deploy", *arguments, "--yes"], engine.connect) == 2
    assert text in capsys.readouterr().err
    assert engine.deployed == []


def test_a_mistake_in_the_last_one_is_found_before_the_first_is_deployed(
    engine: Engine, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "payflow.toml").write_text(f'{FILE}[environments.shop-ap.parameters]\nErrorsThreshold = "x"\n')
    assert main([*ROW, "--yes"], engine.connect) == 2
    assert "[environments.shop-ap] the parameter ErrorsThreshold is 'x'" in capsys.readouterr().err
    other = FILE.replace('region = "ap-southeast-2"', 'region = "ap-southeast-2"\naccount = "333333333333"')
    (tmp_path / "payflow.toml").write_text(other)
    assert main([*ROW, "--yes"], engine.connect) == 2
    assert "shop-ap belongs to account 333333333333" in capsys.readouterr().err
    assert engine.deployed == []


@pytest.mark.parametrize(
    ("end", "result", "status", "text"),
    [
        (DeployError("no"), "failed", 1, "shop-eu: repair the cause, then give the same command again; "),
        (BusyError("busy"), "busy", 4, "shop-eu: wait for the other operation, then give the same command again; "),
        (
            UnknownOutcomeError("lost"),
            "in progress",
            5,
            "shop-eu: `payflow deploy --env shop-eu --resume`, then give the same command again; ",
        ),
        (KeyboardInterrupt(), "stopped", 1, "shop-eu: give the same command again; "),
    ],
)
@pytest.mark.slow
def test_the_first_that_fails_stops_it(
    engine: Engine, capsys: pytest.CaptureFixture[str], end: BaseException, result: str, status: int, text: str
) -> None:
    engine.ends = {"shop-us": SAME, "shop-eu": end}
    assert main([*ROW, "--yes"], engine.connect) == status
    said = capsys.readouterr()
    assert said.err.splitlines()[-1] == f"to go on after {text}what is deployed needs no change"
    lines = said.out.splitlines()[-4:]
    assert [re.sub(r"\s+", " ", re.sub(r"\s+[0-9]+$", " n", each)) for each in lines] == [
        "environment region result seconds",
        "shop-us us-east-1 no change n",
        f"shop-eu eu-west-1 {result} n",
        "shop-ap ap-southeast-2 not started",
    ]
    assert [each[0] for each in engine.deployed] == ["shop-us", "shop-eu"]
    assert main([*ROW, "--yes", "--json"], engine.connect) == status
    assert rows(capsys.readouterr().out) == [
        ("shop-us", "no change", 0),
        ("shop-eu", result, status),
        ("shop-ap", "not started", None),
    ]


def test_each_is_asked_about_and_a_no_stops_it(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answer(monkeypatch, "y\nn\n")
    assert main([*ROW, "--json"], engine.connect) == 1
    said = capsys.readouterr()
    assert said.err.count("Execute this change set?") == 2
    assert rows(said.out) == [("shop-us", "deployed", 0), ("shop-eu", "declined", 1), ("shop-ap", "not started", None)]


def test_a_command_in_a_message_names_its_environment(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*ROW, "--yes"], engine.connect) == 0
    err = capsys.readouterr().err
    assert [each for each in ("shop-us", "shop-eu", "shop-ap") if f"`payflow run --env {each} " not in err] == []


@pytest.mark.parametrize(("more", "status"), [([], 1), (["--exit-code"], 1)])
def test_plans_of_all_are_shown_also_after_an_error(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], more: list[str], status: int
) -> None:
    def plan_set(*_: Any, parameters: Any, **__: Any) -> Preview:
        engine.deployed.append((parameters["Environment"], "", ""))
        if parameters["Environment"] == "shop-eu":
            raise DeployError("no", remedy="`payflow status` shows it")
        return Preview(Proposal("payflow", "i", "c", "UPDATE", ()), (), ())

    monkeypatch.setattr(deployment, "plan_set", plan_set)
    assert main(["plan", "--env", "shop-*", *more], engine.connect) == status
    said = capsys.readouterr()
    assert [each for each in said.out.splitlines() if " of 3)" in each] == [
        "shop-us (1 of 3)",
        "shop-eu (2 of 3)",
        "shop-ap (3 of 3)",
    ]
    assert said.err == "error: no: `payflow status --env shop-eu` shows it\n"
    assert [each[0] for each in engine.deployed] == ["shop-us", "shop-eu", "shop-ap"]
    assert main(["plan", "--env", "shop-*", "--json", *more], engine.connect) == status
    found = json.loads(capsys.readouterr().out)["environments"]
    assert [(each["environment"], each.get("kind"), each.get("error")) for each in found] == [
        ("shop-us", "UPDATE", None),
        ("shop-eu", None, "no"),
        ("shop-ap", "UPDATE", None),
    ]
    assert main(["plan", "--env", "shop-[ua]*", *more], engine.connect) == (3 if more else 0)


def test_one_name_is_deployed_alone(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["deploy", "--env", "shop-eu", "--one-at-a-time", "--yes", "--json"], engine.connect) == 0
    assert rows(capsys.readouterr().out) == [("shop-eu", "deployed", 0)]
