"""Test a deploy call by call: its requests, its reaction to each answer, and what it leaves behind."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.stub import ANY

from fake_cloudformation import FakeCloudFormation, change, refused, stack_id
from fake_cloudformation import nested as nested_change
from payflow_cfn.config.options import Options
from payflow_cfn.deploy import resume
from payflow_cfn.deploy.changeset.stack_policy import stack_policy
from payflow_cfn.deploy.cloudformation.events import (
    ChangeSetMade,
    DeployEvent,
    EventsUnreadable,
    Explained,
    LeftBehind,
    ParametersDropped,
    Proposed,
    StatusUnreadable,
    Waiting,
    ignore,
)
from payflow_cfn.deploy.cloudformation.request import Request
from payflow_cfn.deploy.cloudformation.template import read_root
from payflow_cfn.deploy.deploy_set import deploy
from payflow_cfn.deploy.preview import Preview
from payflow_cfn.errors import BusyError, DeployError, SettingsError, UnknownOutcomeError

if TYPE_CHECKING:
    from deploy.conftest import FakeClock, Stubbed

NAME = "payflow-dev"
ID = "arn:aws:cloudformation:eu-west-2:1:stack/payflow-dev/u"
SET = "arn:aws:cloudformation:eu-west-2:1:changeSet/payflow-1/u"
CHILD_SET = "arn:aws:cloudformation:eu-west-2:1:changeSet/payflow-1-Storage/u"
OLD, NEW = datetime(2026, 11, 25, 9, tzinfo=UTC), datetime(2026, 11, 25, 10, tzinfo=UTC)
ROOT = json.dumps({"Parameters": {"Environment": {"Type": "String", "Default": "dev"}}, "Resources": {}})
EMPTY = "The submitted information didn't contain changes. Submit different information to create a change set."
NESTED_FAILED = f"Nested change set {CHILD_SET} was not successfully created: Currently in FAILED."


class Script:
    """The answers of CloudFormation, in the order that they are asked for."""

    def __init__(self, stubbed: Stubbed) -> None:
        self.client, self.stub = stubbed("cloudformation")
        self.asked: list[str] = []
        self.client.meta.events.register_first(
            "before-parameter-build.*.*", lambda model, **_: self.asked.append(model.name)
        )

    def error(self, operation: str, code: str, message: str = "m") -> Script:
        self.stub.add_client_error(operation, code, message)
        return self

    def stack(self, status: str | None, *, at: datetime = OLD, **more: Any) -> Script:
        if status is None:
            return self.error("describe_stacks", "ValidationError", f"Stack with id {NAME} does not exist")
        found = {
            "StackId": ID,
            "StackName": NAME,
            "StackStatus": status,
            "CreationTime": OLD,
            "LastUpdatedTime": at,
            **more,
        }
        self.stub.add_response("describe_stacks", {"Stacks": [found]})
        return self

    def make(self, kind: str, **more: Any) -> Script:
        expected = {
            "StackName": NAME,
            "ChangeSetName": ANY,
            "ClientToken": ANY,
            "ChangeSetType": kind,
            "IncludeNestedStacks": True,
            "TemplateBody": ROOT,
            "Capabilities": ["CAPABILITY_NAMED_IAM"],
            "Parameters": [{"ParameterKey": "Environment", "ParameterValue": "dev"}],
            **more,
        }
        expected = {key: value for key, value in expected.items() if value is not None}
        self.stub.add_response("create_change_set", {"Id": SET, "StackId": ID}, expected)
        return self

    def change_set(
        self,
        status: str,
        reason: str = "",
        *,
        arn: str = SET,
        execution: str = "AVAILABLE",
        changes: list[dict[str, Any]] | None = None,
    ) -> Script:
        self.stub.add_response(
            "describe_change_set",
            {
                "ChangeSetId": arn,
                "StackId": ID,
                "StackName": arn.split("/")[1],
                "Status": status,
                "StatusReason": reason,
                "ExecutionStatus": execution,
                "CreationTime": NEW,
                "Changes": changes or [],
            },
            {"ChangeSetName": arn, "IncludePropertyValues": ANY},
        )
        return self

    def both_readings(self) -> Script:
        """A change set without changes, read with property values and then without."""
        return self.change_set("CREATE_COMPLETE").change_set("CREATE_COMPLETE")

    def execute(self) -> Script:
        given = {"ChangeSetName": SET, "ClientRequestToken": "payflow-1", "DisableRollback": False}
        self.stub.add_response("execute_change_set", {}, given)
        return self

    def remove(self) -> Script:
        self.stub.add_response("delete_change_set", {}, {"StackName": NAME, "ChangeSetName": ANY})
        return self

    def events(self, *events: dict[str, Any]) -> Script:
        self.stub.add_response("describe_stack_events", {"StackEvents": list(events)})
        return self

    def go(self, clock: FakeClock, **more: Any) -> Any:
        asked = {key: more.pop(key) for key in ("rendered", "tags", "options") if key in more}
        root = more.pop("root", None) or read_root(self.client, ROOT, stack_name=NAME)
        request = Request(NAME, root, more.pop("parameters", {}), **asked)
        return deploy(self.client, request, **{"pace": clock.pace(), "on_event": lambda _: None, **more})


@pytest.fixture
def script(stubbed: Stubbed) -> Script:
    return Script(stubbed)


@pytest.mark.parametrize("status", [None, "REVIEW_IN_PROGRESS"])
def test_a_stack_that_was_never_deployed_is_created(
    script: Script, time_machine: FakeClock, status: str | None
) -> None:
    script.stack(status).make("CREATE").change_set("CREATE_IN_PROGRESS").change_set("CREATE_COMPLETE").execute()
    script.stack("CREATE_IN_PROGRESS").events().stack("CREATE_COMPLETE").events()
    assert script.go(time_machine).status == "CREATE_COMPLETE"


def test_without_a_listener_no_events_are_read(script: Script, time_machine: FakeClock) -> None:
    script.stack(None).make("CREATE").change_set("CREATE_COMPLETE").execute()
    script.stack("CREATE_IN_PROGRESS").stack("CREATE_COMPLETE")
    assert script.go(time_machine, on_event=ignore).status == "CREATE_COMPLETE"


@pytest.mark.parametrize("reason", [EMPTY, "No updates are to be performed."])
def test_nothing_to_change_is_recognised_by_two_texts_and_leaves_nothing(
    script: Script, time_machine: FakeClock, reason: str
) -> None:
    script.stack("UPDATE_COMPLETE", Outputs=[{"OutputKey": "A", "OutputValue": "1"}]).make("UPDATE")
    script.change_set("FAILED", reason).remove()
    done = script.go(time_machine)
    assert (done.changed, done.status, done.outputs) == (False, "UPDATE_COMPLETE", {"A": "1"})


@pytest.mark.parametrize("reason", [
    "Transform AWS::Include failed with: no changes", "Access Denied", "", f"Nothing: {EMPTY}",
    "No updates are to be performed. But an error was.",
])  # fmt: skip
def test_any_other_failure_of_a_change_set_is_a_failure(script: Script, time_machine: FakeClock, reason: str) -> None:
    script.stack("UPDATE_COMPLETE").make("UPDATE").change_set("FAILED", reason).remove()
    with pytest.raises(DeployError) as caught:
        script.go(time_machine)
    assert caught.value.data["reason"] == reason
    assert caught.value.exit_status == 1


def nested(action: str = "Modify", arn: str = CHILD_SET) -> dict[str, Any]:
    return {
        "Type": "Resource",
        "ResourceChange": {
            "Action": action,
            "LogicalResourceId": "Storage",
            "ResourceType": "AWS::CloudFormation::Stack",
            "ChangeSetId": arn,
        },
    }


def test_a_nested_set_in_which_nothing_changes_is_no_change(script: Script, time_machine: FakeClock) -> None:
    script.stack("UPDATE_COMPLETE").make("UPDATE").change_set("CREATE_COMPLETE", changes=[nested()])
    script.change_set("FAILED", EMPTY, arn=CHILD_SET).remove()
    assert script.go(time_machine).changed is False


def test_a_change_set_without_changes_that_was_made_is_executed_for_its_outputs(
    script: Script, time_machine: FakeClock
) -> None:
    script.stack("UPDATE_COMPLETE").make("UPDATE").both_readings().execute()
    script.stack("UPDATE_COMPLETE", at=NEW).events()
    assert script.go(time_machine).changed is True


@pytest.mark.parametrize("changes", [[nested()], []])
def test_the_reason_of_a_failed_nested_change_set_is_in_the_error(
    script: Script, time_machine: FakeClock, changes: list[dict[str, Any]]
) -> None:
    script.stack("UPDATE_COMPLETE").make("UPDATE").change_set("FAILED", NESTED_FAILED, changes=changes)
    for _ in range(2 if changes else 1):
        script.change_set("FAILED", "Template error: Fn::GetAtt references undefined resource X", arn=CHILD_SET)
    script.remove()
    with pytest.raises(DeployError, match="Template error: Fn::GetAtt") as caught:
        script.go(time_machine)
    assert "Storage" in str(caught.value.data["path"])


def test_the_capabilities_are_computed_from_all_templates(script: Script, time_machine: FakeClock) -> None:
    script.stack(None).make("CREATE", Capabilities=["CAPABILITY_AUTO_EXPAND", "CAPABILITY_NAMED_IAM"])
    script.change_set("CREATE_COMPLETE").remove()
    child = json.dumps({"Transform": "AWS::LanguageExtensions", "Resources": {}})
    assert (
        script.go(time_machine, rendered={"root.json": ROOT, "child.json": child}, confirm=lambda _: False).declined
        is True
    )


def test_all_that_is_asked_for_is_sent(script: Script, time_machine: FakeClock) -> None:
    arn = "arn:aws:cloudwatch:eu-west-2:1:alarm:alarm-sfn-failures-dev"
    script.stack(None).make(
        "CREATE",
        Tags=[{"Key": "Team", "Value": "x"}],
        RoleARN="arn:role:of:the:deployer",
        NotificationARNs=["arn:topic"],
        RollbackConfiguration={
            "RollbackTriggers": [{"Arn": arn, "Type": "AWS::CloudWatch::Alarm"}],
            "MonitoringTimeInMinutes": 5,
        },
    )
    script.change_set("CREATE_COMPLETE").remove()
    script.go(
        time_machine,
        tags={"Team": "x"},
        options=Options(
            role_arn="arn:role:of:the:deployer",
            notification_arns=("arn:topic",),
            rollback_alarms=(arn,),
            monitoring_minutes=5,
        ),
        confirm=lambda _: False,
    )


def test_a_parameter_that_the_template_lost_is_dropped_and_reported(script: Script, time_machine: FakeClock) -> None:
    seen: list[Any] = []
    script.stack("UPDATE_COMPLETE", Parameters=[{"ParameterKey": "Gone", "ParameterValue": "1"}]).make("UPDATE")
    script.change_set("FAILED", EMPTY).remove()
    script.go(time_machine, parameters={"Gone": "1"}, on_event=seen.append)
    assert ParametersDropped(NAME, ("Gone",)) in seen


def test_an_unknown_parameter_is_refused_with_the_nearest(script: Script, time_machine: FakeClock) -> None:
    script.stack("UPDATE_COMPLETE")
    with pytest.raises(SettingsError, match="did you mean Environment"):
        script.go(time_machine, parameters={"Enviroment": "dev"})


def event(number: str, logical_id: str, status: str, reason: str = "") -> dict[str, Any]:
    itself = logical_id == NAME
    return {
        "StackId": ID, "EventId": number, "StackName": NAME, "LogicalResourceId": logical_id,
        "PhysicalResourceId": ID if itself else "t", "Timestamp": OLD, "ResourceStatus": status,
        "ResourceStatusReason": reason,
        "ResourceType": "AWS::CloudFormation::Stack" if itself else "AWS::DynamoDB::Table",
    }  # fmt: skip


@pytest.mark.parametrize(
    "status",
    [
        "ROLLBACK_COMPLETE",
        "ROLLBACK_FAILED",
        "CREATE_FAILED",
        "DELETE_FAILED",
        "UPDATE_ROLLBACK_FAILED",
        "UPDATE_FAILED",
    ],
)
def test_a_stack_that_cannot_be_updated_is_left_alone_and_its_reason_shown(
    script: Script, time_machine: FakeClock, status: str
) -> None:
    script.stack(status).stack(status).events(
        event("2", "Table", "CREATE_FAILED", "t already exists"), event("1", NAME, "CREATE_IN_PROGRESS")
    )
    with pytest.raises(DeployError, match=r"Table .*: t already exists") as caught:
        script.go(time_machine, options=Options(recreate=status.startswith(("UPDATE_", "DELETE_"))))
    assert caught.value.exit_status == 1
    assert set(script.asked) == {"DescribeStacks", "DescribeStackEvents"}


def test_a_failed_first_create_is_deleted_by_id_and_made_again_when_asked(
    script: Script, time_machine: FakeClock
) -> None:
    script.stack("ROLLBACK_COMPLETE")
    script.stub.add_response("delete_stack", {}, {"StackName": ID})
    script.stack("DELETE_IN_PROGRESS").events().stack("DELETE_COMPLETE").events()
    script.make("CREATE").change_set("CREATE_COMPLETE").execute().stack("CREATE_COMPLETE").events()
    assert script.go(time_machine, options=Options(recreate=True)).status == "CREATE_COMPLETE"


def test_a_busy_stack_stops_a_deploy_before_any_write(script: Script, time_machine: FakeClock) -> None:
    script.stack("UPDATE_IN_PROGRESS")
    with pytest.raises(BusyError) as caught:
        script.go(time_machine)
    assert (caught.value.exit_status, script.asked) == (4, ["DescribeStacks"])


def test_a_busy_stack_is_waited_for_and_then_one_change_set_is_made(script: Script, time_machine: FakeClock) -> None:
    seen: list[Any] = []
    script.stack("UPDATE_IN_PROGRESS").stack("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS").stack("UPDATE_COMPLETE").make(
        "UPDATE"
    )
    script.change_set("FAILED", EMPTY).remove()
    assert script.go(time_machine, options=Options(wait_when_busy=60), on_event=seen.append).changed is False
    assert [each.status for each in seen if isinstance(each, Waiting)] == [
        "UPDATE_IN_PROGRESS",
        "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
    ]


def test_the_wait_for_a_busy_stack_ends(script: Script, time_machine: FakeClock) -> None:
    for _ in range(22):
        script.stack("UPDATE_IN_PROGRESS")
    with pytest.raises(BusyError):
        script.go(time_machine, options=Options(wait_when_busy=60))
    assert sum(time_machine.slept) == pytest.approx(60)


@pytest.mark.parametrize("lost", ["create", "execute"])
def test_a_change_set_that_another_run_made_useless_is_made_again(
    script: Script, time_machine: FakeClock, lost: str
) -> None:
    script.stack("UPDATE_COMPLETE")
    if lost == "create":
        script.error("create_change_set", "ValidationError", "is in UPDATE_IN_PROGRESS state").stack(
            "UPDATE_IN_PROGRESS"
        )
    else:
        script.make("UPDATE").both_readings().error("execute_change_set", "InvalidChangeSetStatus")
        script.change_set("CREATE_COMPLETE", execution="OBSOLETE").remove()
    script.stack("UPDATE_COMPLETE").make("UPDATE").change_set("FAILED", EMPTY).remove()
    assert script.go(time_machine, options=Options(wait_when_busy=10)).changed is False


def test_after_a_lost_answer_the_change_set_shows_that_it_was_executed(script: Script, time_machine: FakeClock) -> None:
    script.stack("UPDATE_COMPLETE").make("UPDATE").both_readings()
    script.error("execute_change_set", "ServiceUnavailable").change_set(
        "CREATE_COMPLETE", execution="EXECUTE_IN_PROGRESS"
    )
    script.stack("UPDATE_IN_PROGRESS").events().stack("UPDATE_COMPLETE", at=NEW).events()
    assert script.go(time_machine).status == "UPDATE_COMPLETE"
    assert Counter(script.asked)["ExecuteChangeSet"] == 1


def test_an_execution_that_did_not_arrive_is_sent_again(script: Script, time_machine: FakeClock) -> None:
    script.stack("UPDATE_COMPLETE").make("UPDATE").both_readings()
    script.error("execute_change_set", "Throttling").change_set("CREATE_COMPLETE", execution="AVAILABLE").execute()
    script.stack("UPDATE_COMPLETE", at=NEW).events()
    assert script.go(time_machine).status == "UPDATE_COMPLETE"


def test_a_status_from_before_the_execution_is_not_the_end(script: Script, time_machine: FakeClock) -> None:
    script.stack("UPDATE_COMPLETE").make("UPDATE").both_readings().execute()
    script.stack("UPDATE_COMPLETE").change_set("CREATE_COMPLETE", execution="EXECUTE_IN_PROGRESS").events()
    script.stack("UPDATE_COMPLETE", at=NEW).events()
    assert script.go(time_machine).changed is True


def test_an_end_is_taken_once_the_operation_was_seen_to_run(script: Script, time_machine: FakeClock) -> None:
    script.stack("UPDATE_COMPLETE").make("UPDATE").both_readings().execute()
    script.stack("UPDATE_IN_PROGRESS").events().stack("UPDATE_COMPLETE").events()
    assert script.go(time_machine).changed is True


def test_throttled_events_do_not_change_the_outcome(script: Script, time_machine: FakeClock) -> None:
    seen: list[Any] = []
    script.stack("UPDATE_COMPLETE").make("UPDATE").both_readings().execute()
    script.stack("UPDATE_IN_PROGRESS").error("describe_stack_events", "Throttling", "Rate exceeded")
    script.stack("UPDATE_COMPLETE", at=NEW).error("describe_stack_events", "Throttling", "Rate exceeded")
    assert script.go(time_machine, on_event=seen.append).status == "UPDATE_COMPLETE"
    assert seen.count(EventsUnreadable(NAME, "Rate exceeded")) == 2


def test_a_throttled_status_is_read_again(script: Script, time_machine: FakeClock) -> None:
    seen: list[Any] = []
    script.stack("UPDATE_COMPLETE").make("UPDATE").both_readings().execute()
    script.error("describe_stacks", "Throttling", "Rate exceeded").events()
    for _ in range(4):
        script.error("describe_stacks", "Throttling", "Rate exceeded")
    script.stack("UPDATE_COMPLETE", at=NEW).events()
    pace = time_machine.pace(events_every=100)
    assert script.go(time_machine, on_event=seen.append, pace=pace).status == "UPDATE_COMPLETE"
    assert len([each for each in seen if isinstance(each, StatusUnreadable)]) == 5


def test_expired_credentials_end_in_an_unknown_outcome(script: Script, time_machine: FakeClock) -> None:
    script.stack("UPDATE_COMPLETE").make("UPDATE").both_readings().execute()
    script.error("describe_stacks", "ExpiredToken", "The security token included in the request is expired")
    with pytest.raises(
        UnknownOutcomeError, match=r"still in progress.*token included in the request is expired"
    ) as caught:
        script.go(time_machine)
    assert caught.value.exit_status == 5
    assert "DeleteChangeSet" not in script.asked


def test_a_lost_network_ends_in_an_unknown_outcome(
    script: Script, time_machine: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    script.stack("UPDATE_COMPLETE").make("UPDATE").both_readings().execute()
    script.stack("UPDATE_IN_PROGRESS").events()
    begun = time_machine.now

    real = script.client.describe_stacks

    def cut(**more: Any) -> Any:
        if time_machine.slept:
            raise EndpointConnectionError(endpoint_url="https://cloudformation")
        return real(**more)

    monkeypatch.setattr(script.client, "describe_stacks", cut)
    with pytest.raises(UnknownOutcomeError, match="Could not connect"):
        script.go(time_machine, pace=time_machine.pace(patience=30, events_every=100))
    assert 30 <= time_machine.now - begun <= 40


def test_an_interrupted_question_deletes_the_change_set(script: Script, time_machine: FakeClock) -> None:
    def interrupt(_: Preview) -> bool:
        raise KeyboardInterrupt

    script.stack("UPDATE_COMPLETE").make("UPDATE").both_readings().remove()
    with pytest.raises(KeyboardInterrupt):
        script.go(time_machine, confirm=interrupt)


@pytest.mark.parametrize("stack", ["UPDATE_COMPLETE", None])
def test_an_interrupted_execution_may_go_on_and_nothing_is_deleted(
    script: Script, time_machine: FakeClock, monkeypatch: pytest.MonkeyPatch, stack: str | None
) -> None:
    def interrupt(**_: Any) -> None:
        raise KeyboardInterrupt

    taken: list[Any] = []
    monkeypatch.setattr(script.client, "delete_change_set", lambda **given: taken.append(given))
    monkeypatch.setattr(script.client, "execute_change_set", interrupt)
    script.stack(stack).make("UPDATE" if stack else "CREATE").change_set("CREATE_COMPLETE")
    script = script.change_set("CREATE_COMPLETE") if stack else script
    with pytest.raises(UnknownOutcomeError, match=r"may be in progress: `payflow deploy --resume`"):
        script.go(time_machine)
    assert taken == []


def test_an_execution_without_an_answer_may_go_on_and_nothing_is_deleted(
    script: Script, time_machine: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(**_: Any) -> None:
        raise EndpointConnectionError(endpoint_url="https://cloudformation")

    script.stack("UPDATE_COMPLETE").make("UPDATE").both_readings()
    script.error("describe_change_set", "ExpiredToken", "expired")
    taken: list[Any] = []
    monkeypatch.setattr(script.client, "delete_change_set", lambda **given: taken.append(given))
    monkeypatch.setattr(script.client, "execute_change_set", cut)
    with pytest.raises(UnknownOutcomeError, match="Could not connect"):
        script.go(time_machine)
    assert taken == []


def test_losing_data_stops_a_deploy_unless_it_is_allowed_by_name(script: Script, time_machine: FakeClock) -> None:
    table = {
        "Type": "Resource",
        "ResourceChange": {
            "Action": "Modify",
            "LogicalResourceId": "TransactionsTable",
            "ResourceType": "AWS::DynamoDB::Table",
            "Replacement": "True",
            "PolicyAction": "ReplaceAndRetain",
            "Details": [
                {
                    "Target": {
                        "Attribute": "Properties",
                        "Name": "KeySchema",
                        "Path": "/Properties/KeySchema",
                        "RequiresRecreation": "Always",
                        "BeforeValue": "id",
                        "AfterValue": "transaction_id",
                    }
                }
            ],
        },
    }
    for _ in range(2):
        script.stack("UPDATE_COMPLETE").make("UPDATE").change_set("CREATE_COMPLETE", changes=[nested()])
        script.change_set("CREATE_COMPLETE", arn=CHILD_SET, changes=[table])  # whether there is anything to do
        script.change_set("CREATE_COMPLETE", changes=[nested()])
        script.change_set("CREATE_COMPLETE", arn=CHILD_SET, changes=[table])
        script.change_set("CREATE_COMPLETE", arn=CHILD_SET, changes=[table]).remove()
    with pytest.raises(
        DeployError, match=r"Storage/TransactionsTable .*would be replaced.*--allow-replace TransactionsTable"
    ):
        script.go(time_machine)
    assert script.go(
        time_machine, options=Options(allow_replace=("TransactionsTable",)), confirm=lambda _: False
    ).declined


def test_protection_is_set_after_a_create_and_not_asked_for_when_it_is_there(
    script: Script, time_machine: FakeClock
) -> None:
    script.stack(None).make("CREATE").change_set("CREATE_COMPLETE").execute().stack("CREATE_COMPLETE").events()
    script.stub.add_response(
        "update_termination_protection", {"StackId": ID}, {"StackName": ID, "EnableTerminationProtection": True}
    )
    script.go(time_machine, options=Options(termination_protection=True))
    script.stack("CREATE_COMPLETE", EnableTerminationProtection=True).make("UPDATE").change_set(
        "FAILED", EMPTY
    ).remove()
    script.go(time_machine, options=Options(termination_protection=True))


def test_an_interrupted_deploy_is_followed_to_its_end(script: Script, time_machine: FakeClock) -> None:
    script.stack("UPDATE_IN_PROGRESS", at=NEW).stack("UPDATE_IN_PROGRESS", at=NEW).events().stack(
        "UPDATE_COMPLETE", at=NEW
    ).events()
    done = resume(script.client, stack_name=NAME, pace=time_machine.pace())
    assert (done.status, done.changed) == ("UPDATE_COMPLETE", True)


def test_an_operation_that_was_rolled_back_meanwhile_is_a_failure_on_resuming(script: Script) -> None:
    script.stack("UPDATE_ROLLBACK_COMPLETE").stack("UPDATE_ROLLBACK_COMPLETE").events()
    with pytest.raises(DeployError, match="ended in UPDATE_ROLLBACK_COMPLETE"):
        resume(script.client, stack_name=NAME)


def test_a_refused_call_is_an_error_with_the_call_and_a_remedy(script: Script, time_machine: FakeClock) -> None:
    script.stack("UPDATE_COMPLETE")
    script.error(
        "create_change_set",
        "AccessDenied",
        "User: u is not authorized to perform: cloudformation:CreateChangeSet on resource: r",
    )
    script.stack("UPDATE_COMPLETE")
    with pytest.raises(DeployError, match=r"lacks cloudformation:CreateChangeSet on r"):
        script.go(time_machine)


POLICY = stack_policy()


def policies(script: Script, *policy: str) -> Script:
    """SetStackPolicy on a stack that has nothing nested."""
    for each in policy:
        script.stub.add_response("list_stack_resources", {"StackResourceSummaries": []})
        script.stub.add_response("set_stack_policy", {}, {"StackName": ID, "StackPolicyBody": each})
    return script


def test_what_may_be_replaced_is_left_out_of_the_policy_for_this_update_alone(
    script: Script, time_machine: FakeClock
) -> None:
    script.stack("UPDATE_COMPLETE").make("UPDATE").both_readings()
    policies(script, stack_policy(allow_replace=["T"])).execute().stack("UPDATE_COMPLETE", at=NEW).events()
    policies(script, POLICY)
    assert script.go(time_machine, options=Options(protect_stateful=True, allow_replace=("T",))).changed


def test_after_a_failed_update_the_policy_is_complete_again(script: Script, time_machine: FakeClock) -> None:
    script.stack("UPDATE_COMPLETE").make("UPDATE").both_readings()
    policies(script, stack_policy(allow_replace=["T"])).execute().stack("UPDATE_ROLLBACK_COMPLETE", at=NEW).events()
    script.stack("UPDATE_ROLLBACK_COMPLETE", at=NEW).events()
    policies(script, POLICY)
    with pytest.raises(DeployError, match="UPDATE_ROLLBACK_COMPLETE"):
        script.go(time_machine, options=Options(protect_stateful=True, allow_replace=("T",)))


@pytest.mark.parametrize("found", ["", POLICY])
def test_an_unchanged_stack_gets_the_policy_only_if_it_is_missing(
    script: Script, time_machine: FakeClock, found: str
) -> None:
    script.stack("UPDATE_COMPLETE").make("UPDATE").change_set("FAILED", EMPTY)
    script.stub.add_response("get_stack_policy", {"StackPolicyBody": found} if found else {}, {"StackName": ID})
    policies(script, *([] if found else [POLICY])).remove()
    assert not script.go(time_machine, options=Options(protect_stateful=True)).changed


def test_a_missing_guard_is_not_reported_as_a_failed_deploy(script: Script, time_machine: FakeClock) -> None:
    script.stack(None).make("CREATE").change_set("CREATE_COMPLETE").execute().stack("CREATE_COMPLETE").events()
    script.error("update_termination_protection", "AccessDenied")
    with pytest.raises(DeployError, match=r"is deployed, but not guarded: .*the same deploy again"):
        script.go(time_machine, options=Options(termination_protection=True))


def test_names_are_looked_up_before_a_first_deploy_alone(script: Script, time_machine: FakeClock) -> None:
    asked: list[str] = []

    def clients(service: str) -> Any:
        asked.append(service)
        raise DeployError("taken")

    script.stack(None)
    with pytest.raises(DeployError, match="taken"):
        script.go(time_machine, clients=clients, parameters={"Environment": "dev"})
    assert asked == ["sts"]
    script.stack("UPDATE_COMPLETE").make("UPDATE").change_set("FAILED", EMPTY).remove()
    assert not script.go(time_machine, clients=clients, parameters={"Environment": "dev"}).changed
    assert asked == ["sts"]


def test_resuming_puts_on_the_guards_that_the_lost_deploy_could_not(script: Script) -> None:
    script.stack("CREATE_COMPLETE")
    script.stub.add_response(
        "update_termination_protection", {"StackId": ID}, {"StackName": ID, "EnableTerminationProtection": True}
    )
    policies(script, POLICY)
    resume(script.client, stack_name=NAME, options=Options(termination_protection=True, protect_stateful=True))


@pytest.mark.parametrize("code", ["ExpiredToken", "Throttling"])
def test_resuming_without_a_readable_status_is_still_unknown(script: Script, code: str) -> None:
    script.error("describe_stacks", code)
    with pytest.raises(UnknownOutcomeError, match="still in progress"):
        resume(script.client, stack_name=NAME)


def test_the_text_at_the_url_saves_the_request_for_its_parameters(script: Script, time_machine: FakeClock) -> None:
    url = "https://b.s3.eu-west-2.amazonaws.com/root.json"
    script.stack("UPDATE_COMPLETE")
    sent = {"TemplateBody": None, "TemplateURL": url}
    script.make("UPDATE", **sent).change_set("FAILED", EMPTY).remove()
    script.go(time_machine, root=read_root(script.client, url, stack_name=NAME, text=ROOT))
    assert "GetTemplateSummary" not in script.asked


def steps(cloud: FakeCloudFormation, clock: FakeClock, **more: Any) -> tuple[Any, list[DeployEvent]]:
    """A deploy to the fake: how it ended, and what was reported."""
    told: list[DeployEvent] = []
    pace = clock.pace()
    request = Request(NAME, read_root(cloud.client, ROOT, stack_name=NAME), {}, options=more.pop("options", Options()))
    return deploy(cloud.client, request, **{"pace": pace, "on_event": told.append, **more}), told


def first_deploy() -> FakeCloudFormation:
    return FakeCloudFormation(
        "", nested_change("Storage", change("Table", "AWS::DynamoDB::Table", "Add"), action="Add")
    )


@pytest.mark.parametrize("other", ["", "another"])
def test_a_declined_first_deploy_leaves_no_empty_stack_but_that_of_another_run(
    time_machine: FakeClock, other: str
) -> None:
    cloud = first_deploy()

    def joined() -> None:
        for name in cloud.stacks if other else ():
            cloud.preview(other, name)

    cloud.then["delete_change_set"] = joined
    done, told = steps(cloud, time_machine, confirm=lambda _: False)
    assert (done.declined, done.status) == (True, "DOES_NOT_EXIST")
    kept = [NAME, f"{NAME}-Storage"] if other else []
    assert sorted(cloud.statuses) == kept
    assert [each for each in told if isinstance(each, LeftBehind)] == []


def test_a_change_set_that_lingers_below_ours_keeps_no_stack(time_machine: FakeClock) -> None:
    cloud = first_deploy()
    cloud.lingers = True
    steps(cloud, time_machine, confirm=lambda _: False)
    assert cloud.statuses == {}


def test_what_a_declined_deploy_cannot_take_back_yet_is_tried_again_and_then_reported(time_machine: FakeClock) -> None:
    cloud = first_deploy()
    cloud.fail["delete_change_set"] = [refused("InvalidChangeSetStatus"), refused("AccessDenied", "not allowed")]
    cloud.fail["list_change_sets"] = [refused("AccessDenied", "not allowed")]
    _, told = steps(cloud, time_machine, confirm=lambda _: False)
    left = [each.text for each in told if isinstance(each, LeftBehind)]
    name = cloud.sent["ChangeSetName"]
    assert left == [
        f"the change set {name} of {NAME} is still there: not allowed",
        f"the empty stack {stack_id(f'{NAME}-Storage')} is still there: not allowed",
    ]
    assert cloud.asked.count("delete_change_set") == 2


@pytest.mark.parametrize("status", ["", "UPDATE_COMPLETE"])
def test_an_interruption_while_the_change_set_is_made_leaves_nothing(time_machine: FakeClock, status: str) -> None:
    cloud = FakeCloudFormation(status, change("A", "AWS::SNS::Topic", "Add"))
    cloud.lose["create_change_set"] = [KeyboardInterrupt()]
    with pytest.raises(KeyboardInterrupt):
        steps(cloud, time_machine)
    assert cloud.change_sets == {}
    assert cloud.statuses == ({NAME: status} if status else {})


def test_a_first_deploy_without_a_question_reads_no_nested_change_set(time_machine: FakeClock) -> None:
    cloud = first_deploy()
    assert steps(cloud, time_machine, on_event=ignore)[0].status == "CREATE_COMPLETE"
    assert cloud.asked == [
        "describe_stacks", "create_change_set", "describe_change_set", "execute_change_set", "describe_stacks"
    ]  # fmt: skip


def test_a_loss_is_refused_after_it_was_shown_and_before_anybody_is_asked(time_machine: FakeClock) -> None:
    cloud = FakeCloudFormation("UPDATE_COMPLETE", nested_change("Storage", action="Remove"))
    told: list[Any] = []
    with pytest.raises(DeployError, match=r"Storage \(AWS::CloudFormation::Stack\) would be removed"):
        steps(cloud, time_machine, on_event=told.append, confirm=lambda _: pytest.fail("asked after a refusal"))
    assert [type(each) for each in told] == [ChangeSetMade, Proposed, Explained]
    assert cloud.change_sets == {}
    allowed = Options(allow_replace=("Storage",))
    assert steps(cloud, time_machine, options=allowed, confirm=lambda _: True)[0].status == "UPDATE_COMPLETE"
