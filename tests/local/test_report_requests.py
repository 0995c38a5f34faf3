"""The report's requests of each outcome are those that the embedded AWS counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

import pytest

from payflow_cfn.config.settings import Settings
from payflow_cfn.local.demo.effects import observe
from payflow_cfn.local.demo.local_deploy import PARAMETERS, deployed
from payflow_cfn.local.demo.scenarios import SCENARIOS
from payflow_cfn.local.emulator.clients import LocalClients, local_clients
from payflow_cfn.local.emulator.emulator import emulator
from payflow_cfn.local.records.cloudtrail import recorded_calls
from payflow_cfn.local.records.notices import listen
from payflow_cfn.report import Request, subject_of
from payflow_cfn.report.cost import predicted
from payflow_cfn.report.ways import Requests
from payflow_cfn.stacks.render import build_set

pytestmark = [pytest.mark.local, pytest.mark.slow]

# The demo's payment that goes each way.
SCENARIO_OF = {
    "COMPLETED": "completed",
    "DECLINED": "declined",
    "REJECTED": "rejected",
    "CONFLICT": "conflict",
    "COMPLETED after a question": "unknown, then found",
    "FAILED": "broken",
    "UNKNOWN": "never answered",
}
SUBJECT = subject_of(build_set(Settings()), Request(PARAMETERS["Environment"]), values=PARAMETERS)
PREDICTED = {way.outcome: requests for way, requests in predicted(SUBJECT)}


def history(clients: LocalClients, arn: str) -> Iterator[tuple[str, str]]:
    """(kind of event, its resource) of an execution."""
    for found in clients("stepfunctions").get_paginator("get_execution_history").paginate(executionArn=arn):
        for event in found["events"]:
            yield event["type"], event.get("taskScheduledEventDetails", {}).get("resource", "").rpartition(":::")[2]


def counted(clients: LocalClients, arn: str, calls: Mapping[str, int]) -> Requests:
    """What an execution asked for: its history, and the calls of the functions on record."""
    events = list(history(clients, arn))
    tasks = Counter(resource for kind, resource in events if kind == "TaskScheduled")
    entered = [kind for kind, _ in events if kind.endswith("StateEntered")]
    repeated = tasks.total() - entered.count("TaskStateEntered")
    assert set(calls) <= {"dynamodb:PutItem", "dynamodb:UpdateItem"}
    return Requests(
        transitions=len(entered) + repeated,
        invocations=tasks["lambda:invoke"],
        writes=tasks["dynamodb:updateItem"] + sum(calls.values()),
        notices=tasks["sns:publish"],
        metrics=tasks["aws-sdk:cloudwatch:putMetricData"],
    )


@pytest.fixture(scope="module")
def found() -> Mapping[str, Requests]:
    """What each scenario of the demo asked for, one after the other."""
    seen: dict[str, Requests] = {}
    with emulator() as cloud:
        clients = local_clients(cloud)
        outputs = deployed(clients)
        queue = listen(clients, outputs["NotificationsTopicArn"], queue="report-notices")
        done, ended = 0, set[str]()
        for scenario in SCENARIOS:
            observe(clients, outputs, queue, scenario)
            calls = recorded_calls(clients)
            ours = Counter(each.action for each in calls[done:] if each.role != "root")
            done = len(calls)
            listed = clients("stepfunctions").list_executions(stateMachineArn=outputs["StateMachineArn"])["executions"]
            new = [each["executionArn"] for each in listed if each["executionArn"] not in ended]
            ended.update(new)
            if new:  # a payment that is sent again gets its first result
                seen[scenario.name] = counted(clients, new[0], ours)
    return seen


@pytest.mark.parametrize("outcome", SCENARIO_OF)
def test_the_predicted_requests_are_the_counted_ones(found: Mapping[str, Requests], outcome: str) -> None:
    assert PREDICTED[outcome] == found[SCENARIO_OF[outcome]]


def test_every_outcome_of_the_report_is_counted() -> None:
    assert PREDICTED.keys() == SCENARIO_OF.keys()
