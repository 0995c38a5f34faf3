"""Test a kept plan against CloudFormation's answers: what it compares, and what it leaves behind."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from fake_cloudformation import AT, NAME, STACK, FakeCloudFormation, change, nested, refused, stack_id
from payflow_cfn.aws.s3_urls import template_key
from payflow_cfn.config.options import Options
from payflow_cfn.deploy import Pace
from payflow_cfn.deploy.cloudformation.events import ChangeSetMade, DeployEvent, LeftBehind
from payflow_cfn.deploy.cloudformation.request import Request
from payflow_cfn.deploy.cloudformation.template import parse_root
from payflow_cfn.deploy.planned import discard_planned, execute_planned
from payflow_cfn.deploy.preview import Preview, preview_change
from payflow_cfn.errors import BusyError, DeployError

ROLE = "arn:aws:iam::1:role/service"
PACE = Pace(sleep=lambda _: None)
TOPIC = {"Action": "Modify", "LogicalResourceId": "Topic", "ResourceType": "AWS::SNS::Topic", "Replacement": "False"}


def rendered(name: str = "news") -> dict[str, str]:
    """A packaged set: a root that names its nested stack by the URL of its content."""
    child = json.dumps({"Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": name}}}})
    url = f"https://b.s3.eu-west-2.amazonaws.com/{template_key('payflow/', 'a.json', child.encode())}"
    root = {
        "Parameters": {
            "Environment": {"Type": "String"},
            "Limit": {"Type": "String", "Default": "5"},
            "Key": {"Type": "String", "NoEcho": True, "Default": "k"},
        },
        "Resources": {"A": {"Type": STACK, "Properties": {"TemplateURL": url}}},
    }
    return {"root.json": json.dumps(root), "a.json": child}


def request(name: str = "news", *, limit: str = "7", **options: Any) -> Request:
    files = rendered(name)
    parameters = {"Environment": "dev", "Limit": limit, "Key": "secret"}
    return Request(NAME, parse_root(files["root.json"]), parameters, files, options=Options(**options))


@dataclass
class Kept:
    """A kept plan of a deployed stack, or of a first deploy."""

    cloud: FakeCloudFormation
    name: str
    events: list[DeployEvent]

    def execute(self, wanted: Request | None = None, **more: Any) -> Any:
        return execute_planned(
            self.cloud.client,
            wanted or request(),
            change_set=more.pop("change_set", self.name),
            on_event=self.events.append,
            pace=PACE,
            **more,
        )

    def refusal(self, wanted: Request | None = None, **more: Any) -> str:
        """The error of an execution that is refused; nothing was executed and the plan stays."""
        with pytest.raises(DeployError) as stop:
            self.execute(wanted, **more)
        assert "execute_change_set" not in self.cloud.asked
        assert any(f"/{self.name}/" in each for each in self.cloud.change_sets)
        return str(stop.value)


def kept(*, deployed: bool = True, wanted: Request | None = None, topic: dict[str, Any] = TOPIC) -> Kept:
    wanted = wanted or request()
    below = [topic] if deployed else [change("Topic", "AWS::SNS::Topic", "Add")]
    cloud = FakeCloudFormation("", nested("A", *below, action="Modify" if deployed else "Add"))
    if deployed:
        cloud.put(NAME, "UPDATE_COMPLETE", Parameters={"Environment": "dev", "Limit": "5", "Key": "****"})
        child = cloud.put(f"{NAME}-A", "UPDATE_COMPLETE")
        cloud.templates = {
            NAME: json.loads(rendered("olds")["root.json"]),
            f"{NAME}-A": json.loads(rendered("olds")["a.json"]),
        }
        cloud.resources[NAME] = [
            {
                "LogicalResourceId": "A",
                "PhysicalResourceId": child["StackId"],
                "ResourceType": STACK,
                "ResourceStatus": "CREATE_COMPLETE",
            }
        ]
    cloud.new_templates = {
        NAME: json.loads(wanted.rendered["root.json"]),
        f"{NAME}-A": json.loads(wanted.rendered["a.json"]),
    }
    events: list[DeployEvent] = []
    seen = preview_change(cloud.client, wanted, keep=True, on_event=events.append, pace=PACE)
    assert [each for each in events if isinstance(each, LeftBehind)] == []
    name = seen.proposal.change_set_id.split("/")[1]
    assert name.startswith("payflow-plan-")
    events.clear()
    return Kept(cloud, name, events)


LOST = f"the plan of {NAME} no longer holds, nothing was changed: "
AGAIN = ": `payflow plan --keep` makes a new plan"


def test_exactly_the_kept_change_set_is_executed() -> None:
    plan = kept()
    made = plan.cloud.asked.count("create_change_set")
    assert plan.execute().changed
    assert plan.cloud.asked.count("create_change_set") == made
    assert [each for each in plan.events if isinstance(each, ChangeSetMade)] == []
    assert plan.cloud.statuses[NAME] == "UPDATE_COMPLETE"


def test_the_kept_plan_of_a_first_deploy_is_executed() -> None:
    plan = kept(deployed=False)
    assert plan.cloud.statuses[NAME] == "REVIEW_IN_PROGRESS"
    assert plan.execute().changed
    assert plan.cloud.statuses[NAME] == "CREATE_COMPLETE"


def test_the_names_are_looked_up_again_before_a_first_deploy() -> None:
    plan = kept(deployed=False)
    clients: Any = lambda _: plan.cloud  # noqa: E731
    assert "no names here" in plan.refusal(clients=clients)


def test_another_value_is_named_and_a_secret_is_not_compared() -> None:
    plan = kept()
    assert plan.refusal(request(limit="8")) == f"{LOST}the parameter Limit is '8', and '7' in the plan{AGAIN}"
    secret = replace(request(), parameters={**request().parameters, "Key": "other"})
    assert plan.execute(secret).changed


def test_another_root_or_nested_template_is_named() -> None:
    plan = kept()
    assert plan.refusal(request("others")) == f"{LOST}root.json is not that of the plan{AGAIN}"
    # As if somebody had put another text below the address that the root names.
    plan.cloud.new_templates[f"{NAME}-A"] = json.loads(rendered("forged")["a.json"])
    assert plan.refusal() == f"{LOST}a.json is not that of the plan{AGAIN}"


@pytest.mark.parametrize(
    "options",
    [
        {"role_arn": ROLE},
        {"notification_arns": ("arn:aws:sns:eu-west-2:1:t",)},
        {"rollback_alarms": ("arn:aws:cloudwatch:eu-west-2:1:alarm:a",)},
    ],
)
def test_another_role_topic_or_alarm_is_refused(options: dict[str, Any]) -> None:
    why = "tags, roles, topics or alarms differ from those of the plan, or no plan made the change set"
    assert kept().refusal(request(**options)) == f"{LOST}{why}{AGAIN}"
    assert kept(wanted=request(**options)).refusal() == f"{LOST}{why}{AGAIN}"
    assert kept(wanted=request(**options)).execute(request(**options)).changed


def test_a_change_set_that_no_plan_made_is_refused() -> None:
    plan = kept()
    for each in plan.cloud.change_sets.values():
        each["Description"] = ""
    assert plan.refusal().endswith(f"or no plan made the change set{AGAIN}")


@pytest.mark.parametrize("name", [NAME, f"{NAME}-A"])
def test_a_stack_that_changed_since_is_named(name: str) -> None:
    plan = kept()
    plan.cloud.stacks[name]["LastUpdatedTime"] = AT + timedelta(seconds=1)
    why = f"the stack {name} was changed after the plan, at 2026-11-25 10:00:01 UTC"
    assert plan.refusal() == f"{LOST}{why}{AGAIN}"


@pytest.mark.parametrize(
    ("facts", "status"),
    [
        ({"ExecutionStatus": "OBSOLETE"}, "OBSOLETE"),
        ({"ExecutionStatus": "EXECUTE_FAILED"}, "EXECUTE_FAILED"),
        ({"Status": "DELETE_FAILED", "ExecutionStatus": "UNAVAILABLE"}, "DELETE_FAILED"),
    ],
)
def test_a_change_set_that_cannot_be_executed_is_refused(facts: dict[str, str], status: str) -> None:
    plan = kept()
    for each in plan.cloud.change_sets.values():
        each |= facts
    assert plan.refusal() == f"the change set {plan.name} of {NAME} is {status} and cannot be executed{AGAIN}"


@pytest.mark.parametrize(
    "change_set",
    [
        "payflow-plan-0",
        "arn:aws:cloudformation:eu-west-2:2:changeSet/{}/u",
        "arn:aws:cloudformation:eu-west-1:1:changeSet/{}/u",
    ],
)
def test_a_change_set_of_another_place_is_not_found(change_set: str) -> None:
    plan = kept()
    name = change_set.format(plan.name)
    plan.cloud.asked.clear()
    assert plan.refusal(change_set=name).startswith(f"{NAME} in 1, eu-west-2 has no change set {name}: ")
    assert ("describe_change_set" in plan.cloud.asked) is (not name.startswith("arn:"))


def test_a_change_set_of_another_stack_is_not_found() -> None:
    plan = kept()
    plan.cloud.put("payflow-prod", "UPDATE_COMPLETE")
    plan.cloud.preview("payflow-plan-1", "payflow-prod")
    foreign = "arn:aws:cloudformation:eu-west-2:1:changeSet/payflow-plan-1/payflow-prod"
    assert "has no change set" in plan.refusal(change_set=foreign)
    with pytest.raises(DeployError, match="has no change set"):
        discard_planned(plan.cloud.client, stack_name=NAME, change_set=foreign, pace=PACE)


def test_a_planned_resource_that_was_changed_outside_cloudformation_is_named() -> None:
    plan = kept()
    drift = {
        "LogicalResourceId": "Topic",
        "ResourceType": "AWS::SNS::Topic",
        "StackResourceDriftStatus": "MODIFIED",
        "PropertyDifferences": [
            {"PropertyPath": "/DisplayName", "DifferenceType": "NOT_EQUAL", "ExpectedValue": "a", "ActualValue": "b"}
        ],
    }
    plan.cloud.drifts = [drift]
    assert plan.refusal() == f"{LOST}A/Topic was changed outside CloudFormation (MODIFIED){AGAIN}"
    plan.cloud.drifts = [{**drift, "LogicalResourceId": "Other"}]
    assert plan.execute().changed


def test_a_drift_that_the_plan_shows_is_no_change_since() -> None:
    plan = kept(topic={**TOPIC, "ResourceDriftStatus": "MODIFIED"})
    plan.cloud.drifts = [
        {"LogicalResourceId": "Topic", "ResourceType": "AWS::SNS::Topic", "StackResourceDriftStatus": "DELETED"}
    ]
    assert plan.execute().changed


def test_a_drift_that_could_not_be_checked_is_a_note_of_the_plan() -> None:
    plan = kept()
    plan.cloud.detection = {"DetectionStatus": "DETECTION_FAILED", "DetectionStatusReason": "denied"}
    seen: list[str] = []

    def decline(preview: Preview) -> bool:
        seen.append(preview.text)
        return False

    plan.execute(confirm=decline)
    assert f"note: it is not known whether {NAME} was changed outside CloudFormation: denied" in seen[0]


def test_a_loss_has_to_be_allowed_at_the_execution() -> None:
    plan = kept(topic={**TOPIC, "Replacement": "True"})
    assert "A/Topic (AWS::SNS::Topic) would be replaced" in plan.refusal()
    assert plan.execute(request(allow_replace=("Topic",))).changed


def test_a_declined_plan_stays_and_nothing_is_written() -> None:
    plan = kept()
    assert plan.execute(confirm=lambda _: False).declined
    assert plan.cloud.written == []
    assert plan.execute().changed


def test_another_operation_and_another_run_are_busy() -> None:
    plan = kept()
    plan.cloud.stacks[NAME]["StackStatus"] = "UPDATE_IN_PROGRESS"
    with pytest.raises(BusyError):
        plan.execute()
    plan.cloud.stacks[NAME]["StackStatus"] = "UPDATE_COMPLETE"
    plan.cloud.fail["execute_change_set"] = [refused("InvalidChangeSetStatus")]
    with pytest.raises(BusyError, match="another run changed it meanwhile: `payflow plan --keep` makes a new plan"):
        plan.execute()


def test_a_stack_that_cannot_be_deployed_to_is_refused() -> None:
    plan = kept()
    plan.cloud.stacks[NAME]["StackStatus"] = "UPDATE_ROLLBACK_FAILED"
    assert "is in UPDATE_ROLLBACK_FAILED" in plan.refusal()


def test_an_interrupted_plan_is_not_kept() -> None:
    cloud = FakeCloudFormation("UPDATE_COMPLETE", TOPIC)
    cloud.templates = {NAME: {"Resources": {}}}

    def stop() -> None:
        raise KeyboardInterrupt

    cloud.then["get_template"] = stop
    with pytest.raises(KeyboardInterrupt):
        preview_change(cloud.client, request(), keep=True, pace=PACE)
    assert cloud.change_sets == {}


def test_a_discarded_first_plan_takes_its_empty_stacks_away() -> None:
    plan = kept(deployed=False)
    assert sorted(plan.cloud.statuses) == [NAME, f"{NAME}-A"]
    assert discard_planned(plan.cloud.client, stack_name=NAME, change_set=plan.name, pace=PACE) == plan.name
    assert (plan.cloud.statuses, plan.cloud.change_sets) == ({}, {})


def test_a_person_who_may_not_delete_stacks_discards_the_change_set_alone() -> None:
    plan = kept(deployed=False)
    plan.cloud.fail["delete_stack"] = [refused("AccessDenied", "no")] * 2
    discard_planned(plan.cloud.client, stack_name=NAME, change_set=plan.name, on_event=plan.events.append, pace=PACE)
    assert plan.cloud.change_sets == {}
    left = [each.text for each in plan.events if isinstance(each, LeftBehind)]
    assert left == [
        f"the empty stack {stack_id(f'{NAME}-A')} is still there: no",
        f"the empty stack {NAME} is still there: no",
    ]


def test_an_executed_change_set_is_not_discarded() -> None:
    plan = kept()
    plan.execute()
    with pytest.raises(DeployError, match="is EXECUTE_COMPLETE"):
        discard_planned(plan.cloud.client, stack_name=NAME, change_set=plan.name, pace=PACE)
