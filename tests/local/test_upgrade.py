"""Upgrade a deployed release with payments in every status to this version on the embedded AWS, and go back."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from payflow_cfn.artifacts.build import build_artifact
from payflow_cfn.artifacts.folders import read_sources
from payflow_cfn.artifacts.template_set import TemplateSet, read_set
from payflow_cfn.cli.main import main
from payflow_cfn.config.settings import Settings
from payflow_cfn.diff import Effect, ResourceChange, diff_sets
from payflow_cfn.local.emulator.admin import set_wait_scale
from payflow_cfn.local.emulator.clients import LocalClients, child_environment, local_clients
from payflow_cfn.local.emulator.emulator import Emulator, emulator
from payflow_cfn.local.records.notices import listen, payment_notices, received
from payflow_cfn.stacks.render import build_set
from payflow_cfn.version import TEMPLATE_VERSION
from payflow_cfn.workflow.execution import Execution, follow_payment
from sessions import always

pytestmark = [pytest.mark.local, pytest.mark.slow]

TOP = Path(__file__).parents[2]
OLD = "1.0.0"
BUCKET = "upgrade-artifacts"
STACK = "payflow-demo"
PARAMETERS = {"Environment": "demo", "ResourceCoverage": "core"}
FILE = f"""
[environments.demo]
bucket = "{BUCKET}"
[environments.demo.parameters]
ResourceCoverage = "core"
"""
# The waits of an execution are then 2 s, 14 s, two minutes and an hour: it still waits, however long a deploy takes.
SCALE = 0.04
# Such a wait has to end first.
LONGEST_SECONDS = 1200
# The amounts choose the simulated gateway's answer; the workflow ends each of these payments.
SETTLED = {
    "COMPLETED": "100.50",
    "DECLINED": "20.05",
    "REJECTED": "10000.01",
    "FAILED": "40.91",
}
# Nobody has ended these: the execution died before the charge, while charging, and after a charge without an answer.
OPEN = {"VALIDATED": "101.50", "PROCESSING": "102.50", "UNKNOWN": "103.92"}
# The function's own code claims the payment, and its process ends while the gateway charges.
DIE_WHILE_CHARGING = """
import json, os, sys
sys.path.insert(0, sys.argv[1])
from payments import clients
from payments.gateways.simulated import SimulatedGateway
from processing.job import read_job
from processing.settlement import settle
class Dying(SimulatedGateway):
    def charge(self, request, *, idempotency_key):
        os._exit(42)
settle(clients.ledger(), Dying(), read_job(json.loads(sys.argv[2]), None))
"""


@dataclass
class Account:
    """The deployed environment: what people and applications do there, and what they find."""

    cloud: Emulator
    clients: LocalClients
    queue: str = ""
    sent: list[str] = field(default_factory=list)

    def deploy(self, *arguments: str) -> None:
        assert main(["deploy", "--env", "demo", "--yes", *arguments], always(self.clients)) == 0

    @property
    def outputs(self) -> dict[str, str]:
        (stack,) = self.clients("cloudformation").describe_stacks(StackName=STACK)["Stacks"]
        return {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}

    @property
    def rows(self) -> dict[str, Mapping[str, Any]]:
        """Every row of the table as it is stored, by its payment's id."""
        table = self.outputs["TransactionsTableName"]
        return {each["transaction_id"]["S"]: each for each in self.clients("dynamodb").scan(TableName=table)["Items"]}

    def status(self, name: str) -> str:
        return str(self.rows[name]["status"]["S"])

    @property
    def resources(self) -> dict[str, str]:
        """The physical id of every resource, by its path."""
        return dict(self._resources(STACK, ""))

    def _resources(self, stack: str, path: str) -> Iterator[tuple[str, str]]:
        for each in self.clients("cloudformation").list_stack_resources(StackName=stack)["StackResourceSummaries"]:
            where = f"{path}{each['LogicalResourceId']}"
            yield where, each["PhysicalResourceId"]
            if each["ResourceType"] == "AWS::CloudFormation::Stack":
                yield from self._resources(each["PhysicalResourceId"], f"{where}/")

    def start(self, name: str, amount: str) -> Execution:
        """Start a payment under an execution name of its own, as another sender of the same payment would."""
        self.sent.append(name)
        called = f"{name}-{len(self.sent)}"
        begun = self.clients("stepfunctions").start_execution(
            stateMachineArn=self.outputs["StateMachineArn"], name=called, input=json.dumps(payment(name, amount))
        )
        return Execution(begun["executionArn"], called, "RUNNING", "", "", "", replayed=False)

    def followed(self, execution: Execution) -> Execution:
        return follow_payment(
            self.clients("stepfunctions"), execution, sleep=lambda _: time.sleep(0.03), timeout=LONGEST_SECONDS
        )

    def pay(self, name: str, amount: str) -> Execution:
        return self.followed(self.start(name, amount))

    def is_running(self, execution: Execution) -> bool:
        found = self.clients("stepfunctions").describe_execution(executionArn=execution.arn)
        return bool(found["status"] == "RUNNING")

    def notices(self) -> list[tuple[str, str]]:
        return sorted(
            (each["transaction_id"], each["status"]) for each in payment_notices(received(self.clients, self.queue))
        )

    def call(self, function: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        """Call the function that the alias has, as the workflow does."""
        answer = self.clients("lambda").invoke(
            FunctionName=self.outputs[f"{function}FunctionName"], Qualifier="live", Payload=json.dumps(payload)
        )
        assert "FunctionError" not in answer
        return dict(json.load(answer["Payload"]))

    def payload(self, state: str, **values: Any) -> dict[str, Any]:
        """What the deployed definition sends in this state, with values for its variables."""
        machine = self.clients("stepfunctions").describe_state_machine(stateMachineArn=self.outputs["StateMachineArn"])
        sent = json.loads(machine["definition"])["States"][state]["Arguments"]["Payload"]
        execution = {"arn": "arn:aws:states:us-east-1:123456789012:execution:m:died", "started_at": None}
        return {**sent, "execution": execution, **values}

    def validated(self, name: str, amount: str) -> dict[str, Any]:
        """Validate a payment, and return what the workflow would then send to the processing function."""
        answer = self.call("Validation", self.payload("ValidatePayment", payment=payment(name, amount)))
        assert answer["outcome"] == "VALIDATED"
        return self.payload("ProcessPayment", payment=answer["payment"])

    def leave_in_every_status(self, prefix: str, code: Path) -> dict[str, Execution]:
        """Make a payment of each status with these functions' code; the executions that ended, by name."""
        ended = {f"{prefix}-{status}": self.pay(f"{prefix}-{status}", each) for status, each in SETTLED.items()}
        self.validated(f"{prefix}-VALIDATED", OPEN["VALIDATED"])
        self.die_while_charging(self.validated(f"{prefix}-PROCESSING", OPEN["PROCESSING"]), code)
        assert self.call("Processing", self.validated(f"{prefix}-UNKNOWN", OPEN["UNKNOWN"]))["outcome"] == "UNKNOWN"
        assert {self.status(f"{prefix}-{status}") == status for status in (*SETTLED, *OPEN)} == {True}
        return ended

    def die_while_charging(self, payload: Mapping[str, Any], code: Path) -> None:
        environment = child_environment(self.cloud) | {"TABLE_NAME": self.outputs["TransactionsTableName"]}
        done = subprocess.run(
            [sys.executable, "-c", DIE_WHILE_CHARGING, str(code), json.dumps(payload)], env=environment, check=False
        )
        assert done.returncode == 42

    def repeats_give_the_first_results(self, ended: Mapping[str, Execution]) -> None:
        """Send each payment again: status, output and error are those of the first time, byte for byte."""
        before = self.rows
        for name, first in ended.items():
            again = self.pay(name, SETTLED[name.partition("-")[2]])
            assert (again.status, again.output, again.error) == (first.status, first.output, first.error), name
        results = {name: row.get("result") for name, row in self.rows.items()}
        assert results == {name: row.get("result") for name, row in before.items()}

    def open_payments_settle(self, prefix: str) -> None:
        for status in ("VALIDATED", "PROCESSING"):
            assert self.pay(f"{prefix}-{status}", OPEN[status]).status == "SUCCEEDED"
        assert main(["payment", f"{prefix}-UNKNOWN", "--env", "demo", "--ask"], always(self.clients)) == 0
        assert {self.status(f"{prefix}-{each}") for each in OPEN} == {"COMPLETED"}
        moves = [each["M"]["status"]["S"] for each in self.rows[f"{prefix}-PROCESSING"]["history"]["L"]]
        assert moves == ["VALIDATED", "PROCESSING", "COMPLETED"]


def payment(name: str, amount: str) -> dict[str, str]:
    return {
        "transaction_id": name,
        "payment_amount": amount,
        "payment_method": "credit_card",
        "customer_id": "C-1",
    }


@pytest.fixture(scope="module")
def code(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sources of the release's functions."""
    folder = tmp_path_factory.mktemp("code")
    with zipfile.ZipFile(TOP / "tests" / "releases" / f"lambdas-{OLD}.zip") as archive:
        archive.extractall(folder)
    return folder / "lambdas"


@pytest.fixture(scope="module")
def release(code: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The folder of the release's set, with its zips."""
    folder = tmp_path_factory.mktemp("release") / OLD
    shutil.copytree(TOP / "templates" / OLD, folder)
    (folder / "artifacts").mkdir()
    for name, inputs in read_set(folder).artifacts.items():
        body = build_artifact(inputs, read_sources(name, folder=str(code))).body
        (folder / "artifacts" / f"{name}.zip").write_bytes(body)
    return str(folder)


@pytest.fixture
def account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, release: str) -> Iterator[Account]:
    """An account with the release in it."""
    monkeypatch.chdir(tmp_path)
    Path("payflow.toml").write_text(FILE)
    with emulator() as cloud:
        clients = local_clients(cloud)
        clients("s3").create_bucket(Bucket=BUCKET)
        made = Account(cloud, clients)
        made.deploy("--set", release)
        made.queue = listen(clients, made.outputs["NotificationsTopicArn"], queue="upgrade-notices")
        yield made


def announced(old: TemplateSet, new: TemplateSet) -> tuple[set[str], set[str]]:
    """The paths of what upgrade notes say is replaced, and of what they say is removed."""
    changes = diff_sets(old, new, old_parameters=PARAMETERS, new_parameters=PARAMETERS)
    found = [each for each in changes if isinstance(each, ResourceChange)]
    replaced = {"/".join(each.path) for each in found if each.effect >= Effect.MAY_REPLACE}
    return replaced, {"/".join(each.path) for each in found if each.action == "remove"}


def moved(account: Account, name: str, sets: tuple[TemplateSet, TemplateSet], *arguments: str) -> None:
    """Deploy while a payment waits for its outcome: no row changes, only what is announced goes, the payment ends."""
    set_wait_scale(account.cloud, SCALE)
    waiting = account.start(name, "50.93")
    while account.rows.get(name, {}).get("status") != {"S": "UNKNOWN"}:
        assert account.is_running(waiting)
    account.notices()
    rows, resources = account.rows, account.resources
    account.deploy(*arguments)
    assert account.is_running(waiting)
    set_wait_scale(account.cloud, 0)

    assert {each: row for each, row in account.rows.items() if each != name} == {
        each: row for each, row in rows.items() if each != name
    }
    now = account.resources
    replaced = {path for path, each in resources.items() if path in now and now[path] != each}
    assert (replaced, resources.keys() - now.keys()) == announced(*sets)
    # The execution keeps the definition that it began with, and its next steps call the functions that are there now.
    ended = account.followed(waiting)
    assert (ended.status, ended.error, account.status(name)) == ("FAILED", "OutcomeUnknown", "UNKNOWN")
    assert account.notices() == [(name, "UNKNOWN")]


def test_a_release_with_payments_in_every_status_is_upgraded_and_goes_back(
    account: Account, release: str, code: Path
) -> None:
    assert account.outputs["TemplateVersion"] == OLD
    first = account.leave_in_every_status("a", code)
    second = account.leave_in_every_status("b", code)

    released, current = read_set(release), build_set(Settings())
    moved(account, "waiting-up", (released, current))
    assert account.outputs["TemplateVersion"] == TEMPLATE_VERSION
    account.repeats_give_the_first_results(first)
    account.open_payments_settle("a")
    third = account.leave_in_every_status("c", TOP / "lambdas")
    refused = account.validated("refused", "104.50")
    assert account.call("Processing", {**refused, "refusal": "listed"})["outcome"] == "DECLINED"

    moved(account, "waiting-down", (current, released), "--set", release)
    assert account.outputs["TemplateVersion"] == OLD
    for ended in (first, second, third):
        account.repeats_give_the_first_results(ended)
    for prefix in ("b", "c"):
        account.open_payments_settle(prefix)
    result = account.rows["refused"]["result"]["S"]
    assert json.loads(account.pay("refused", "104.50").output) == json.loads(result)
    assert account.status("refused") == "DECLINED"
