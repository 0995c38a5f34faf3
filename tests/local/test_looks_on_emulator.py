"""Test the commands that read a deployed set: missing, in order, changed by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from botocore.exceptions import WaiterError

from payflow_cfn.cli import session
from payflow_cfn.cli.main import main
from payflow_cfn.local.emulator.clients import LocalClients

pytestmark = pytest.mark.local
DEPLOY = ["deploy", "--env", "look", "--bucket", "look-artifacts", "--yes", "--parameter", "ResourceCoverage=core"]


@pytest.fixture
def look(
    clients: LocalClients, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(session, "client", lambda service, *_, **__: clients(service))
    clients("s3").create_bucket(Bucket="look-artifacts")

    def run(*arguments: str) -> tuple[int, str]:
        capsys.readouterr()
        status = main([*arguments[:1], "--env", "look", *arguments[1:]])
        return status, capsys.readouterr().out

    return run


def test_a_set_is_not_there_then_in_order_then_changed_by_hand(
    look: Callable[..., tuple[int, str]], clients: LocalClients
) -> None:
    assert look("status")[0] == 1
    assert main(DEPLOY) == 0
    ended, out = look("status", "--json")
    found = json.loads(out)
    assert (ended, found["health"], found["version"], len(found["nested"])) == (0, "healthy", "1.0.0", 6)
    assert look("outputs", "--env-file")[1].count("\n") == len(json.loads(look("outputs", "--json")[1]))
    assert look("diagnose")[0] == 0
    assert look("drift") == (0, "payflow-look: resources changed outside of it: 0\n")

    url = clients("sqs").get_queue_url(QueueName="sqs-payment-notifications-dlq-look")["QueueUrl"]
    clients("sqs").set_queue_attributes(QueueUrl=url, Attributes={"MessageRetentionPeriod": "60"})
    ended, out = look("drift")
    assert ended == 3
    assert "MODIFIED Notifications/NotificationsDeadLetterQueue (AWS::SQS::Queue)" in out


BROKEN = {
    "Type": "AWS::Logs::MetricFilter",
    "Properties": {
        "LogGroupName": "no-such-group",
        "FilterPattern": "",
        "MetricTransformations": [{"MetricName": "m", "MetricNamespace": "n", "MetricValue": "1"}],
    },
}


def test_a_failed_first_deploy_is_diagnosed_long_after_it(
    look: Callable[..., tuple[int, str]], clients: LocalClients
) -> None:
    s3, cloudformation = clients("s3"), clients("cloudformation")
    child = json.dumps({"Resources": {"Filter": BROKEN}})
    s3.put_object(Bucket="look-artifacts", Key="child.json", Body=child.encode())
    nested = {
        "Type": "AWS::CloudFormation::Stack",
        "Properties": {"TemplateURL": f"{clients.endpoint}/look-artifacts/child.json"},
    }
    root = json.dumps({"Resources": {"Monitoring": nested}})
    cloudformation.create_stack(StackName="payflow-look", TemplateBody=root)
    with pytest.raises(WaiterError):
        cloudformation.get_waiter("stack_create_complete").wait(StackName="payflow-look", WaiterConfig={"Delay": 0.05})
    ended, out = look("status", "--json")
    found = json.loads(out)
    assert (ended, found["status"], found["health"]) == (1, "ROLLBACK_COMPLETE", "failed")
    assert "recover --remove" in found["remedy"]
    ended, out = look("diagnose")
    assert ended == 1
    # The emulator gives a nested stack that failed at once no id, so its parent's event is the deepest there is.
    assert "first cause: Monitoring" in out
    assert "AWS::Logs::MetricFilter" in out
    assert look("outputs", "--json") == (0, "{}\n")
