"""Test whole deploys on the embedded AWS with tiny nested templates, and what they leave."""

from __future__ import annotations

import io
import json
import threading
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from one_template import deploy_template
from payflow_cfn.config.options import Options
from payflow_cfn.deploy import Diagnosis, diagnose, find_stack, plan_recovery, recover
from payflow_cfn.deploy.cloudformation.events import NothingToChange, ResourceEvent
from payflow_cfn.deploy.preview import Preview
from payflow_cfn.errors import BusyError, DeployError

if TYPE_CHECKING:
    from deploy.conftest import Store
    from payflow_cfn.local.emulator.clients import LocalClients

pytestmark = pytest.mark.local
NAME = "payflow-dev"
STATEMENT = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [STATEMENT]})


def zipped(source: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("m.py", source)
    return buffer.getvalue()


def topics(threshold: str = "5", *, broken: bool = False) -> dict[str, Any]:
    resources: dict[str, Any] = {
        "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": {"Fn::Sub": "sns-${Environment}"}}},
        "Alarm": {
            "Type": "AWS::CloudWatch::Alarm",
            "Properties": {
                "AlarmName": {"Fn::Sub": "alarm-${Environment}"},
                "MetricName": "Errors",
                "Namespace": "AWS/Lambda",
                "Period": 300,
                "Statistic": "Sum",
                "EvaluationPeriods": 1,
                "Threshold": threshold,
                "ComparisonOperator": "GreaterThanThreshold",
            },
        },
    }
    if broken:
        resources["Broken"] = {
            "Type": "AWS::Logs::MetricFilter",
            "DependsOn": "Alarm",
            "Properties": {
                "LogGroupName": "no-such-group",
                "FilterPattern": "",
                "MetricTransformations": [{"MetricName": "m", "MetricNamespace": "n", "MetricValue": "1"}],
            },
        }
    return {
        "Parameters": {"Environment": {"Type": "String"}},
        "Resources": resources,
        "Outputs": {"TopicArn": {"Value": {"Ref": "Topic"}}},
    }


def root(store: Store, child: dict[str, Any], *, environment: str = "dev") -> str:
    digest = abs(hash(json.dumps(child, sort_keys=True)))
    nested = {
        "Type": "AWS::CloudFormation::Stack",
        "Properties": {
            "TemplateURL": store.put(f"child-{digest}.json", child),
            "Parameters": {"Environment": {"Ref": "Environment"}},
        },
    }
    return json.dumps(
        {
            "Parameters": {"Environment": {"Type": "String", "Default": environment}},
            "Resources": {"Notifications": nested},
            "Outputs": {"TopicArn": {"Value": {"Fn::GetAtt": ["Notifications", "Outputs.TopicArn"]}}},
        }
    )


def go(clients: LocalClients, template: str, **more: Any) -> Any:
    return deploy_template(
        clients("cloudformation"), stack_name=NAME, root_template=template, parameters={"Environment": "dev"}, **more
    )


def test_a_first_deploy_creates_the_stack_and_returns_its_outputs(clients: LocalClients, store: Store) -> None:
    done = go(clients, root(store, topics()))
    assert (done.status, done.changed) == ("CREATE_COMPLETE", True)
    assert done.outputs == {"TopicArn": "arn:aws:sns:us-east-1:123456789012:sns-dev"}


@pytest.mark.parametrize("update", [False, True])
def test_a_validation_that_fails_is_shown_with_its_place(clients: LocalClients, store: Store, update: bool) -> None:
    if update:
        go(clients, root(store, topics()))
    body = json.loads(root(store, topics()))
    body["Resources"]["Bucket"] = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": store.bucket}}
    with pytest.raises(DeployError) as caught:
        go(clients, json.dumps(body))
    diagnosis = caught.value.data["diagnosis"]
    assert isinstance(diagnosis, Diagnosis)
    (found,) = diagnosis.failures
    assert (found.path, found.check, diagnosis.notes) == (("Bucket",), "NAME_CONFLICT_VALIDATION", ())
    assert found.reason == "Resource of type 'AWS::S3::Bucket' with identifier 'templates' already exists."
    assert diagnose(clients("cloudformation"), stack_name=NAME).failures == diagnosis.failures


def test_the_events_of_nested_stacks_have_their_path(clients: LocalClients, store: Store) -> None:
    seen: list[Any] = []
    go(clients, root(store, topics()), on_event=seen.append)
    told = {("/".join(each.path), each.status) for each in seen if isinstance(each, ResourceEvent)}
    assert {
        ("Notifications/Topic", "CREATE_COMPLETE"),
        ("Notifications", "CREATE_COMPLETE"),
        ("", "CREATE_COMPLETE"),
    } <= told


def test_a_second_deploy_changes_nothing_leaves_nothing_and_needs_few_requests(
    clients: LocalClients, store: Store
) -> None:
    template = root(store, topics())
    first = go(clients, template)
    cloudformation, asked, seen = clients("cloudformation"), [], []  # type: ignore[var-annotated]
    cloudformation.meta.events.register("before-call.*", lambda model, **_: asked.append(model.name))
    second = go(clients, template, on_event=seen.append)
    assert (second.changed, second.outputs, second.stack_id) == (False, first.outputs, first.stack_id)
    assert NothingToChange(NAME) in seen
    assert asked == ["DescribeStacks", "CreateChangeSet", "DescribeChangeSet", "DeleteChangeSet"]
    left = cloudformation.list_change_sets(StackName=NAME)["Summaries"]
    assert [each["ChangeSetId"] for each in left if each["ExecutionStatus"] != "EXECUTE_COMPLETE"] == []


def test_a_changed_child_is_updated(clients: LocalClients, store: Store) -> None:
    go(clients, root(store, topics("5")))
    done = go(clients, root(store, topics("7")))
    assert (done.status, done.changed) == ("UPDATE_COMPLETE", True)
    alarm = clients("cloudwatch").describe_alarms(AlarmNames=["alarm-dev"])["MetricAlarms"][0]
    assert alarm["Threshold"] == 7


def test_a_changed_default_reaches_the_stack_although_nobody_named_the_parameter(
    clients: LocalClients, store: Store
) -> None:
    cloudformation = clients("cloudformation")
    for environment in ("one", "two"):
        deploy_template(
            cloudformation, stack_name=NAME, root_template=root(store, topics(), environment=environment), parameters={}
        )
    stack = find_stack(cloudformation, NAME)
    assert stack is not None
    assert stack.parameters == {"Environment": "two"}


def test_a_declined_proposal_changes_nothing_and_its_change_set_is_deleted(clients: LocalClients, store: Store) -> None:
    go(clients, root(store, topics("5")))
    shown: list[Preview] = []

    def decline(seen: Preview) -> bool:
        shown.append(seen)
        return False

    done = go(clients, root(store, topics("7")), confirm=decline)
    assert (done.changed, done.declined, done.status) == (False, True, "CREATE_COMPLETE")
    assert next(each.path for each in shown[0].proposal.changes) == ("Notifications",)
    left = clients("cloudformation").list_change_sets(StackName=NAME)["Summaries"]
    assert [each["ChangeSetId"] for each in left if each["ExecutionStatus"] == "AVAILABLE"] == []


def test_an_aborted_first_deploy_does_not_hinder_the_next(clients: LocalClients, store: Store) -> None:
    template = root(store, topics())
    assert go(clients, template, confirm=lambda _: False).status == "DOES_NOT_EXIST"
    assert find_stack(clients("cloudformation"), NAME) is None
    assert go(clients, template).status == "CREATE_COMPLETE"


def test_a_failed_update_is_rolled_back_and_its_first_cause_is_shown(clients: LocalClients, store: Store) -> None:
    go(clients, root(store, topics()))
    with pytest.raises(DeployError) as caught:
        go(clients, root(store, topics("9", broken=True)))
    assert caught.value.data["status"] == "UPDATE_ROLLBACK_COMPLETE"
    found = diagnose(clients("cloudformation"), stack_name=NAME)
    assert found == caught.value.data["diagnosis"]
    assert found.cause is not None
    assert found.cause.path == ("Notifications", "Broken")
    assert "Notifications/Broken (AWS::Logs::MetricFilter)" in str(caught.value)
    assert go(clients, root(store, topics())).changed is False


def test_a_failed_first_deploy_stops_the_next_unless_it_may_start_over(clients: LocalClients, store: Store) -> None:
    with pytest.raises(DeployError) as first:
        go(clients, root(store, topics(broken=True)))
    assert first.value.data["status"] == "ROLLBACK_COMPLETE"
    with pytest.raises(DeployError) as second:
        go(clients, root(store, topics()))
    assert "its first create failed" in str(second.value)
    assert "no-such-group" in str(second.value)
    done = go(clients, root(store, topics()), options=Options(recreate=True))
    assert done.status == "CREATE_COMPLETE"


def test_two_at_once_end_well_or_busy(clients: LocalClients, store: Store) -> None:
    go(clients, root(store, topics("5")))
    ends: list[object] = []

    def run(threshold: str) -> None:
        try:
            ends.append(go(clients, root(store, topics(threshold)), options=Options(wait_when_busy=20.0)).status)
        except BusyError:
            ends.append("busy")
        except BaseException as error:
            ends.append(error)

    threads = [threading.Thread(target=run, args=(each,)) for each in ("6", "7")]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert set(ends) <= {"UPDATE_COMPLETE", "busy"}
    stack = find_stack(clients("cloudformation"), NAME)
    assert stack is not None
    assert stack.status == "UPDATE_COMPLETE"


def function(key: str, *, broken: bool = False) -> str:
    code = {"S3Bucket": "templates", "S3Key": key}
    role = "arn:aws:iam::123456789012:role/r"
    properties = {"FunctionName": "f", "Handler": "m.h", "Runtime": "python3.11", "Role": role, "Code": code}
    resources = {"Function": {"Type": "AWS::Lambda::Function", "Properties": properties}}
    if broken:
        resources["Broken"] = topics(broken=True)["Resources"]["Broken"] | {"DependsOn": "Function"}
    return json.dumps({"Resources": resources})


def test_a_stuck_rollback_is_recovered_by_giving_one_resource_up(clients: LocalClients, store: Store) -> None:
    cloudformation, s3 = clients("cloudformation"), clients("s3")
    clients("iam").create_role(RoleName="r", AssumeRolePolicyDocument=TRUST)
    for key in ("old", "new"):
        s3.put_object(Bucket="templates", Key=key, Body=zipped("def h(event, context): pass"))
    deploy_template(cloudformation, stack_name=NAME, root_template=function("old"), parameters={})
    s3.delete_object(Bucket="templates", Key="old")
    with pytest.raises(DeployError) as caught:
        deploy_template(cloudformation, stack_name=NAME, root_template=function("new", broken=True), parameters={})
    assert caught.value.data["status"] == "UPDATE_ROLLBACK_FAILED"
    with pytest.raises(DeployError, match="payflow recover"):
        deploy_template(cloudformation, stack_name=NAME, root_template=function("new"), parameters={})
    plan = plan_recovery(cloudformation, stack_name=NAME)
    assert "stuck: Function: " in plan.text
    with pytest.raises(DeployError, match="--skip"):
        recover(cloudformation, plan)
    recovered = recover(cloudformation, plan_recovery(cloudformation, stack_name=NAME, skip=["Function"]))
    assert recovered is not None
    assert recovered.status == "UPDATE_ROLLBACK_COMPLETE"
    assert (
        deploy_template(cloudformation, stack_name=NAME, root_template=function("new"), parameters={}).changed is True
    )
