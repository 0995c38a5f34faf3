"""`local demo`: the rendered templates and the packaged functions on the embedded AWS, checked by their effects."""

from __future__ import annotations

import json
import shlex
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from decimal import Decimal

from payflow_cfn.deployment import deploy_set
from payflow_cfn.local.clients import LocalClients, child_environment, local_clients
from payflow_cfn.local.differences import DIFFERENCES
from payflow_cfn.local.emulator import emulator
from payflow_cfn.local.metrics import MetricPoint, log_metrics, put_metrics
from payflow_cfn.local.notices import listen, payment_notices, received
from payflow_cfn.local.scenarios import SCENARIOS, Effects, Scenario
from payflow_cfn.run import run_payment
from payflow_cfn.settings import Settings

Print = Callable[[str], None]

PARAMETERS = {"Environment": "demo", "ResourceCoverage": "core"}


def demo(out: Print = print) -> bool:
    """Run every scenario on a fresh emulator, print what was expected and what was seen; True when all agree."""
    out("start the embedded AWS ...")
    with emulator() as cloud:
        clients = local_clients(cloud)
        outputs = deployed(clients, out)
        queue = listen(clients, outputs["NotificationsTopicArn"], queue="demo-notices")
        wrong = [each for each in SCENARIOS if not _shown(out, each, observe(clients, outputs, queue, each))]
        problems = [each.name for each in wrong] + _monitoring_problems(clients, outputs, queue, out)
    _show_differences(out)
    out(f"mismatches: {', '.join(problems)}" if problems else "every payment had exactly its effects")
    return not problems


def up(out: Print = print, *, wait: Callable[[], object]) -> None:
    """Deploy the set to a fresh emulator, print how the AWS CLI reaches it, and keep it until `wait` returns.

    Ctrl-C (KeyboardInterrupt) in `wait` is the ordinary end; nothing is left running whichever way it ends.
    """
    out("start the embedded AWS ...")
    with emulator() as cloud:
        outputs = deployed(local_clients(cloud), out)
        for name, value in sorted(child_environment(cloud).items()):
            if name.startswith("AWS_"):
                out(f"export {name}={shlex.quote(value)}")
        out(f"the state machine is {outputs['StateMachineArn']}; Ctrl-C ends it all")
        with suppress(KeyboardInterrupt):
            wait()


def deployed(clients: LocalClients, out: Print) -> Mapping[str, str]:
    """Make the bucket, render, package and deploy the set; the root stack's outputs."""
    clients("s3").create_bucket(Bucket="demo-artifacts")
    with _step(out, "render, package and deploy seven templates"):
        return deploy_set(
            clients("cloudformation"),
            clients("s3"),
            Settings(),
            bucket="demo-artifacts",
            prefix="payflow",
            parameters=PARAMETERS,
            on_event=lambda _: None,
        ).outputs


def observe(clients: LocalClients, outputs: Mapping[str, str], queue: str, scenario: Scenario) -> Effects:
    """Send the scenario's payment and read what it did: its execution, its row, its notices."""
    execution = run_payment(clients("stepfunctions"), outputs["StateMachineArn"], dict(scenario.payment))
    key = {"transaction_id": {"S": scenario.payment["transaction_id"]}}
    row = clients("dynamodb").get_item(TableName=outputs["TransactionsTableName"], Key=key, ConsistentRead=True)
    item = row.get("Item", {})
    notices = payment_notices(received(clients, queue))
    ours = [each for each in notices if each["transaction_id"] == scenario.payment["transaction_id"]]
    return Effects(
        execution=execution.status,
        result=json.loads(execution.output)["status"] if execution.status == "SUCCEEDED" else str(execution.error),
        row=item.get("status", {}).get("S", ""),
        amount=f"{Decimal(item['amount']['N']):.2f}" if "amount" in item else "",
        notices=len(ours) if len(ours) == len(notices) else -1,
        charged="gateway_reference" in item and item["status"]["S"] == "COMPLETED",
    )


def _shown(out: Print, scenario: Scenario, seen: Effects) -> bool:
    right = seen == scenario.expected
    out(f"{'ok   ' if right else 'WRONG'} {scenario.name:<20} {seen.text()}")
    if not right:
        out(f"      {'expected':<20} {scenario.expected.text()}")
    return right


def _monitoring_problems(clients: LocalClients, outputs: Mapping[str, str], queue: str, out: Print) -> list[str]:
    """Each processed payment's duration becomes a metric, an alarm's notice reaches the topic, a lost answer rings."""
    points = log_metrics(clients, outputs["ProcessingLogGroupName"])
    durations = [each for each in points if each.name == "PaymentDuration-demo"]
    processed = sum(each.expected.row in ("COMPLETED", "DECLINED", "FAILED") for each in SCENARIOS) - 1
    put_metrics(clients, [_failures(outputs)])
    alarms = [each for each in received(clients, queue) if "alarm-sfn-failures-demo" in each.message]
    unknown = _alarm_state(clients, outputs["PaymentUnknownAlarmName"])
    checks = {
        f"{processed} payment durations as a metric ({len(durations)})": len(durations) == processed,
        f"a failures alarm reaches the topic ({len(alarms)})": len(alarms) == 1,
        f"the alarm for unknown payments rings ({unknown})": unknown == "ALARM",
    }
    for name, right in checks.items():
        out(f"{'ok   ' if right else 'WRONG'} {name}")
    return [name for name, right in checks.items() if not right]


def _alarm_state(clients: LocalClients, name: str) -> str:
    (alarm,) = clients("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]
    return str(alarm["StateValue"])


def _failures(outputs: Mapping[str, str]) -> MetricPoint:
    """What CloudWatch would count after three failed executions; the emulator has no metrics of Step Functions."""
    dimensions = (("StateMachineArn", outputs["StateMachineArn"]),)
    return MetricPoint("AWS/States", "ExecutionsFailed", 3.0, "Count", dimensions)


def _show_differences(out: Print) -> None:
    out("not covered by the embedded AWS:")
    for each in DIFFERENCES:
        out(f"  - {each.what}")


@contextmanager
def _step(out: Print, what: str) -> Iterator[None]:
    started = time.monotonic()
    out(f"{what} ...")
    yield
    out(f"{what}: {time.monotonic() - started:.1f} s")
