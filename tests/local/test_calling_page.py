"""Test the examples of docs/calling.md: Python and the AWS CLI pay on the embedded AWS, TypeScript makes names."""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forked_programs import AWS, forked
from payflow_cfn.artifacts.shipped import load_shipped
from payflow_cfn.local.demo.local_deploy import deployed
from payflow_cfn.local.emulator.clients import child_environment
from payflow_cfn.workflow.payment_input import execution_name
from payflow_cfn.workflow.run import run_payment

if TYPE_CHECKING:
    from payflow_cfn.local.emulator.clients import LocalClients
    from payflow_cfn.local.emulator.emulator import Emulator

TOP = Path(__file__).parents[2]
BLOCKS = dict(
    re.findall(r"<!-- a test runs this -->\n```(\w+)\n(.*?)```", (TOP / "docs" / "calling.md").read_text(), re.DOTALL)
)
PAN = "4111111111111111"


@pytest.mark.local
@pytest.mark.slow
def test_python_and_the_aws_cli_pay_once_and_read_the_first_result_again(
    cloud: Emulator, clients: LocalClients, tmp_path: Path
) -> None:
    machine = deployed(clients)["StateMachineArn"]
    environment = {**child_environment(cloud), "PYTHONPATH": str(TOP / "src"), "MACHINE_ARN": machine}
    environment["PATH"] = f"{tmp_path}:{environment['PATH']}"

    def run(*command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True)

    for _ in range(2):
        done = run(sys.executable, "-c", BLOCKS["python"])
        assert (done.stdout, done.stderr) == ("COMPLETED\n", "")
    other = run(sys.executable, "-c", BLOCKS["python"].replace("100.50", "7.00"))
    assert (other.returncode, "exists with other facts" in other.stderr) == (1, True)

    outputs = []
    with forked(tmp_path / "aws", AWS, environment):
        for _ in range(2):
            done = run("sh", "-c", BLOCKS["sh"])
            status, error, output = done.stdout.rstrip("\n").split("\t")
            assert (done.returncode, status, error) == (0, "SUCCEEDED", "None")
            assert json.loads(output)["status"] == "COMPLETED"
            outputs.append(output)
        other = run("sh", "-c", BLOCKS["sh"].replace("100.50", "7.00"))
    assert outputs[0] == outputs[1]
    assert (other.returncode, other.stderr.splitlines()[-1]) == (1, "no execution of this payment has the name T-2")
    listed = clients("stepfunctions").list_executions(stateMachineArn=machine)["executions"]
    assert sorted(each["name"] for each in listed) == ["T-1", "T-2"]


@pytest.mark.local
def test_the_rule_of_the_page_sends_one_event_at_the_end_of_a_payment(clients: LocalClients) -> None:
    machine = deployed(clients)["StateMachineArn"]
    pattern = BLOCKS["json"].replace("MACHINE_ARN", machine)
    sqs, events = clients("sqs"), clients("events")
    url = sqs.create_queue(QueueName="ended")["QueueUrl"]
    queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_rule(Name="ended", EventPattern=pattern)
    events.put_targets(Rule="ended", Targets=[{"Id": "1", "Arn": queue}])
    payment = {"transaction_id": "T-3", "payment_amount": "1.50", "payment_method": "credit_card", "customer_id": "C-1"}
    done = run_payment(clients("stepfunctions"), machine, payment)
    found = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20, MaxNumberOfMessages=10)["Messages"]
    ended = [json.loads(each["Body"])["detail"] for each in found]
    assert [(each["executionArn"], each["status"]) for each in ended] == [(done.arn, "SUCCEEDED")]


def names(ids: list[str]) -> list[str]:
    """The name that the page's TypeScript gives to each id; empty where it throws."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    script = re.sub(r"(\w|\)): string", r"\1", BLOCKS["ts"])  # its only types
    script += """
const ids = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
const name = (id) => { try { return executionName(id); } catch (error) { return ""; } };
console.log(JSON.stringify(ids.map(name)));
"""
    script = script.replace('import { createHash } from "node:crypto"', 'const { createHash } = require("node:crypto")')
    done = subprocess.run(
        [node, "-e", script.replace("export ", "")], input=json.dumps(ids), capture_output=True, text=True, check=True
    )
    return list(json.loads(done.stdout))


def wrong(ids: list[str]) -> list[tuple[str, str]]:
    """The ids whose name differs from Python's, or that are refused without a reason."""
    return [
        (each, name)
        for each, name in zip(ids, names(ids), strict=True)
        if (name != execution_name(each) if name else not re.fullmatch("[A-Za-z0-9_-]{1,80}", each))
    ]


SAME = [
    *(
        "T-1",
        "order_7",
        "A" * 80,
        "A" * 81,
        "x",
        "a.b",
        "a/b",
        "a b",
        "~",
        "sha256-x",
        "no-id-1",
        "again-2-x",
        "again2",
    ),
    *("3f2504e0-4f89-41d3-9a0c-0305e82c3301", "01234567-89ab-4def-8123-456789012345", "ORDER-20261130-00", "sha2567"),
    *("order-12345678901", "!" * 128, f"id.{PAN}", "4111 1111 1111 1111", "sha256", "payment-of-a-customer-in-town"),
]
HIDDEN = [
    *(PAN, f"id-{PAN}", "4111-1111-1111-1111", "4111_1111_1111_1111", "cvv-123", "CVC2-1234", "security-code-123"),
    *("41111111-1111-1111-0000-000000000000", f"B{PAN}D1234567", PAN.encode().hex(), "card-verification-123"),
    *(base64.urlsafe_b64encode(f"{pad}{PAN}".encode()).decode().rstrip("=") for pad in ("", "a", "ab", "abc")),
    f"xyz{base64.urlsafe_b64encode(PAN.encode()).decode().rstrip('=')}",
]


def test_typescript_gives_the_names_of_python() -> None:
    assert names(SAME) == [execution_name(each) for each in SAME]


def test_typescript_refuses_each_id_in_which_python_finds_card_data() -> None:
    assert all(execution_name(each).startswith("sha256-") for each in HIDDEN)
    assert names(HIDDEN) == [""] * len(HIDDEN)


PIECES = st.sampled_from(
    ["4111", "1111", "5500", "0004", "-", "_", "cvv", "code", "NDEx", "MTEx", "A", "b", "7", "sha256-"]
)
PLAIN = st.text("ABCNMOabcz0123456789_-", min_size=1, max_size=128)
ANY = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=128)
PIECED = st.lists(PIECES, min_size=1, max_size=30).map("".join)


@settings(max_examples=3)
@given(st.lists(st.one_of(PLAIN, ANY, PIECED, st.uuids().map(str)), min_size=200, max_size=400))
def test_no_id_gets_another_name_in_typescript(ids: list[str]) -> None:
    assert wrong(ids) == []


def test_an_id_with_eleven_digits_is_never_refused() -> None:
    is_card = load_shipped("payments/card_data.py").holds_card_data
    ids = [f"order-{number:011d}" for number in range(0, 10**11, 10**9 + 7)]
    assert not any(map(is_card, ids))
    assert names(ids) == ids
