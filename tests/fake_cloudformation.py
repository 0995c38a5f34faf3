"""CloudFormation in memory: stacks, change sets and events, as far as this library uses them.

It answers as AWS does where a reader might expect something else:

- a stack that does not exist is a ValidationError; only its text ("does not exist") tells it from all others;
- a deleted stack is gone by its name at once (AWS still finds it by its id, this fake does not);
- a change set of type CREATE brings an empty stack in REVIEW_IN_PROGRESS, and with IncludeNestedStacks one for each
  nested stack that is added; none of them goes away with the change set;
- each nested stack that a change set names has a change set of its own, and its RootChangeSetId is the one above all;
- there is nothing to do where a change set FAILED with one of two texts (NOTHING), also where every nested one did;
- DeleteChangeSet returns before the change sets of the nested stacks are gone (`lingers`: none goes at all);
- a change with `with_values` is listed only in the reading with property values (True), or without them (False);
- executing a change set removes the stack's others;
- events and resources come in pages, events newest first;
- what DescribeEvents reports (`findings`) has the key of its change set's stack, of its stack's id or of its operation;
  a warning is not a failed event.

An error is planned by the operation's name: `fail` is raised before the operation does anything, `lose` after it did
(the answer did not arrive), and `then` is called after it (another run that gets in between). `asked` lists all calls,
`written` those that change a stack for good, `read` the stack of each page of events.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError

NAME = "payflow-dev"
STACK = "AWS::CloudFormation::Stack"
NOTHING = "The submitted information didn't contain changes. Submit different information to create a change set."
AT = datetime(2026, 11, 25, 10, tzinfo=UTC)


def stack_id(name: str) -> str:
    """The id of the stack of this name."""
    return f"arn:aws:cloudformation:eu-west-2:1:stack/{name}/u"


def refused(code: str, message: str = "m") -> ClientError:
    """What boto3 raises where the service answers with an error."""
    return ClientError({"Error": {"Code": code, "Message": message}}, "X")


def change(logical_id: str, kind: str, action: str = "Modify", **more: Any) -> dict[str, Any]:
    """One resource of a change set, as DescribeChangeSet has it."""
    return {"LogicalResourceId": logical_id, "ResourceType": kind, "Action": action, **more}


def nested(logical_id: str, *changes: dict[str, Any], action: str = "Modify", **outcome: Any) -> dict[str, Any]:
    """A nested stack in a change set; its own change set has `changes` and `outcome` (Status, StatusReason)."""
    return change(logical_id, STACK, action, Replacement="False", below={"changes": list(changes), **outcome})


class FakeCloudFormation:
    """An account, with the root stack payflow-dev where `status` is given; the next change set has these changes.

    `client` is the fake itself, for what is typed to take boto3's client.
    """

    def __init__(self, status: str = "", *changes: dict[str, Any], **outcome: Any) -> None:
        self.meta = SimpleNamespace(
            region_name="eu-west-2", endpoint_url="https://cloudformation.eu-west-2.amazonaws.com"
        )
        self.stacks: dict[str, dict[str, Any]] = {}
        self.change_sets: dict[str, dict[str, Any]] = {}
        self.events: dict[str, list[dict[str, Any]]] = {}
        self.resources: dict[str, list[dict[str, Any]]] = {}
        self.templates: dict[str, Any] = {}
        self.new_templates: dict[str, Any] = {}  # of the change sets, by the stack
        self.policies: dict[str, str] = {}
        self.drifts: list[dict[str, Any]] = []
        self.findings: dict[str, list[dict[str, Any]]] = {}
        self.hook_results: dict[str, dict[str, Any]] = {}
        self.detection = {"DetectionStatus": "DETECTION_COMPLETE"}
        self.page = 100
        self.lingers = False
        self.next_changes, self.outcome = list(changes), outcome
        self.fail: dict[str, list[BaseException]] = {}
        self.lose: dict[str, list[BaseException]] = {}
        self.then: dict[str, Callable[[], object]] = {}
        self.asked: list[str] = []
        self.read: list[str] = []
        self.written: list[str] = []
        self.sent: dict[str, Any] = {}
        self.deleted: dict[str, str] = {}
        self.now = AT
        if status:
            self.put(NAME, status)

    @property
    def client(self) -> Any:
        return self

    @property
    def statuses(self) -> dict[str, str]:
        """{name: status} of the stacks that exist."""
        return {name: each["StackStatus"] for name, each in self.stacks.items()}

    def put(self, name: str, status: str, **facts: Any) -> dict[str, Any]:
        """A stack in this status; its `facts` are those of DescribeStacks, Outputs and Parameters as {name: value}."""
        for kind in ("Output", "Parameter"):
            if f"{kind}s" in facts:
                pairs = facts[f"{kind}s"].items()
                facts[f"{kind}s"] = [{f"{kind}Key": key, f"{kind}Value": value} for key, value in pairs]
        made = {"StackId": stack_id(name), "StackName": name, "StackStatus": status, "CreationTime": AT, **facts}
        self.stacks[name] = made
        return made

    def preview(self, name: str, stack_name: str = NAME) -> None:
        """A change set that another run makes for a stack."""
        self._make(stack_name, name, {"changes": []}, root="")

    def describe_stacks(self, *, StackName: str) -> dict[str, Any]:  # noqa: N803
        with_answer = self._begin("describe_stacks")
        return with_answer({"Stacks": [dict(self._stack(StackName))]})

    def create_change_set(self, **call: Any) -> dict[str, Any]:
        with_answer = self._begin("create_change_set")
        self.sent = call
        name = call["StackName"]
        if name not in self.stacks:
            self.put(name, "REVIEW_IN_PROGRESS")
        made = self._make(name, call["ChangeSetName"], {"changes": self.next_changes, **self.outcome}, root="")
        self.change_sets[made] |= {key: call[key] for key in ("Parameters", "Description") if key in call}
        return with_answer({"Id": made, "StackId": self.stacks[name]["StackId"]})

    def describe_change_set(
        self,
        *,
        ChangeSetName: str,  # noqa: N803
        StackName: str = "",  # noqa: N803
        IncludePropertyValues: bool = False,  # noqa: N803
        **_: Any,
    ) -> dict[str, Any]:
        with_answer = self._begin("describe_change_set")
        found = dict(self._change_set(ChangeSetName, StackName))
        changes = [each["ResourceChange"] for each in found.get("Changes", ())]
        listed = [each for each in changes if each.get("with_values", IncludePropertyValues) == IncludePropertyValues]
        return with_answer({**found, "Changes": [{"Type": "Resource", "ResourceChange": each} for each in listed]})

    def delete_change_set(self, *, ChangeSetName: str, StackName: str = "") -> dict[str, Any]:  # noqa: N803
        with_answer = self._begin("delete_change_set")
        gone = self._change_set(ChangeSetName, StackName)["ChangeSetId"]
        if not self.lingers:
            self._keep(lambda each: gone not in (each["ChangeSetId"], each["RootChangeSetId"]))
        return with_answer({})

    def list_change_sets(self, *, StackName: str) -> dict[str, Any]:  # noqa: N803
        with_answer = self._begin("list_change_sets")
        found = self._stack(StackName)["StackId"]
        return with_answer({"Summaries": [each for each in self.change_sets.values() if each["StackId"] == found]})

    def execute_change_set(self, *, ChangeSetName: str, **_: Any) -> dict[str, Any]:  # noqa: N803
        with_answer = self._begin("execute_change_set")
        made = self._change_set(ChangeSetName, "")
        stack = self._stack(made["StackId"])
        self._keep(lambda each: each["StackId"] != made["StackId"] or each is made)
        made["ExecutionStatus"] = "EXECUTE_COMPLETE"
        self.now += timedelta(minutes=1)
        kind = "CREATE" if stack["StackStatus"] == "REVIEW_IN_PROGRESS" else "UPDATE"
        stack |= {"StackStatus": f"{kind}_COMPLETE", "LastUpdatedTime": self.now}
        return with_answer({})

    def delete_stack(self, *, StackName: str, **_: Any) -> dict[str, Any]:  # noqa: N803
        with_answer = self._begin("delete_stack")
        stack = self._stack(StackName)
        self.written.append("delete_stack")
        self.deleted[stack["StackName"]] = stack["StackStatus"]
        del self.stacks[stack["StackName"]]
        return with_answer({})

    def continue_update_rollback(self, *, StackName: str, **_: Any) -> dict[str, Any]:  # noqa: N803
        return self._end("continue_update_rollback", StackName, StackStatus="UPDATE_ROLLBACK_COMPLETE")

    def rollback_stack(self, *, StackName: str, **_: Any) -> dict[str, Any]:  # noqa: N803
        return self._end("rollback_stack", StackName, StackStatus="UPDATE_ROLLBACK_COMPLETE")

    def update_termination_protection(self, *, StackName: str, EnableTerminationProtection: bool) -> Any:  # noqa: N803
        return self._end(
            "update_termination_protection", StackName, EnableTerminationProtection=EnableTerminationProtection
        )

    def set_stack_policy(self, *, StackName: str, StackPolicyBody: str) -> dict[str, Any]:  # noqa: N803
        self.policies[StackName] = StackPolicyBody
        return self._end("set_stack_policy", StackName)

    def get_stack_policy(self, *, StackName: str) -> dict[str, Any]:  # noqa: N803
        with_answer = self._begin("get_stack_policy")
        return with_answer({"StackPolicyBody": self.policies[StackName]} if StackName in self.policies else {})

    def get_template(
        self,
        *,
        TemplateStage: str,  # noqa: N803
        StackName: str = "",  # noqa: N803
        ChangeSetName: str = "",  # noqa: N803
    ) -> dict[str, Any]:
        with_answer = self._begin("get_template")
        assert TemplateStage == "Original", "the template as it was sent, not as macros left it"
        if ChangeSetName:
            return with_answer({"TemplateBody": self.new_templates[self._change_set(ChangeSetName, "")["StackName"]]})
        return with_answer({"TemplateBody": self.templates[self._stack(StackName)["StackName"]]})

    def describe_stack_events(self, *, StackName: str) -> Iterator[dict[str, Any]]:  # noqa: N803
        for page in self._paged("describe_stack_events", "StackEvents", self.events.get(StackName, [])[::-1]):
            self.read.append(StackName)
            yield page

    def describe_events(
        self,
        *,
        ChangeSetName: str = "",  # noqa: N803
        StackName: str = "",  # noqa: N803
        OperationId: str = "",  # noqa: N803
        Filters: dict[str, bool] | None = None,  # noqa: N803
    ) -> Iterator[dict[str, Any]]:
        name = ChangeSetName.split("/")[-1] or StackName or OperationId
        failed = bool(Filters and Filters["FailedEvents"])
        found = [each for each in self.findings.get(name, []) if not failed or each.get("OperationStatus") == "FAILED"]
        yield from self._paged("describe_events", "OperationEvents", found)

    def list_stacks(self, *, StackStatusFilter: list[str]) -> dict[str, Any]:  # noqa: N803
        found = [each for each in self.stacks.values() if each["StackStatus"] in StackStatusFilter]
        return self._begin("list_stacks")({"StackSummaries": found})

    def get_caller_identity(self) -> dict[str, Any]:
        """It stands for every service: names cannot be looked up here."""
        raise refused("AccessDenied", "no names here")

    def list_hook_results(self, *, TargetType: str, TargetId: str) -> dict[str, Any]:  # noqa: N803
        assert TargetType == "CHANGE_SET"
        found = [each for each in self.hook_results.values() if each["of"] == TargetId.split("/")[-1]]
        return self._begin("list_hook_results")({"HookResults": found})

    def get_hook_result(self, *, HookResultId: str) -> dict[str, Any]:  # noqa: N803
        return self._begin("get_hook_result")(self.hook_results[HookResultId])

    def list_stack_resources(self, *, StackName: str) -> Iterator[dict[str, Any]]:  # noqa: N803
        name = self._stack(StackName)["StackName"]
        yield from self._paged("list_stack_resources", "StackResourceSummaries", self.resources.get(name, []))

    def get_paginator(self, operation: str) -> Any:
        def paginate(**call: Any) -> Any:
            answer = getattr(self, operation)(**call)
            return [answer] if isinstance(answer, dict) else answer

        return SimpleNamespace(paginate=paginate)

    def detect_stack_drift(self, **_: Any) -> dict[str, Any]:
        return {"StackDriftDetectionId": "d"}

    def describe_stack_drift_detection_status(self, **_: Any) -> dict[str, Any]:
        return self.detection

    def describe_stack_resource_drifts(self, **_: Any) -> dict[str, Any]:
        return {"StackResourceDrifts": self.drifts}

    def _begin(self, operation: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
        self.asked.append(operation)
        if self.fail.get(operation):
            raise self.fail[operation].pop(0)

        def with_answer(answer: dict[str, Any]) -> dict[str, Any]:
            if operation in self.then:
                self.then[operation]()
            if self.lose.get(operation):
                raise self.lose[operation].pop(0)
            return answer

        return with_answer

    def _end(self, operation: str, stack_name: str, **facts: Any) -> dict[str, Any]:
        with_answer = self._begin(operation)
        self.written.append(operation)
        self._stack(stack_name).update(facts)
        return with_answer({})

    def _paged(self, operation: str, key: str, listed: list[Any]) -> Iterator[dict[str, Any]]:
        for start in range(0, max(len(listed), 1), self.page):
            with_answer = self._begin(operation)
            yield with_answer({key: listed[start : start + self.page]})

    def _stack(self, name: str) -> dict[str, Any]:
        for each in self.stacks.values():
            if name in (each["StackName"], each["StackId"]):
                return each
        raise refused("ValidationError", f"Stack with id {name} does not exist")

    def _change_set(self, name: str, stack_name: str) -> dict[str, Any]:
        for each in self.change_sets.values():
            of_stack = stack_name in (each["StackName"], each["StackId"])
            if name == each["ChangeSetId"] or (of_stack and name == each["ChangeSetName"]):
                return each
        raise refused("ChangeSetNotFound", f"ChangeSet [{name}] does not exist")

    def _keep(self, wanted: Callable[[dict[str, Any]], bool]) -> None:
        self.change_sets = {name: each for name, each in self.change_sets.items() if wanted(each)}

    def _make(self, stack_name: str, name: str, made: dict[str, Any], *, root: str) -> str:
        change_set_id = f"arn:aws:cloudformation:eu-west-2:1:changeSet/{name}/{stack_name}"
        facts = {key: value for key, value in made.items() if key != "changes"}
        changes = [self._below(stack_name, name, each, root or change_set_id) for each in made["changes"]]
        self.change_sets[change_set_id] = {
            "ChangeSetId": change_set_id, "ChangeSetName": name, "StackName": stack_name,
            "StackId": self._stack(stack_name)["StackId"], "RootChangeSetId": root, "CreationTime": self.now,
            "Status": "CREATE_COMPLETE", "StatusReason": "", "ExecutionStatus": "AVAILABLE",
            "Changes": [{"Type": "Resource", "ResourceChange": each} for each in changes], **facts,
        }  # fmt: skip
        return change_set_id

    def _below(self, stack_name: str, name: str, each: dict[str, Any], root: str) -> dict[str, Any]:
        if "below" not in each:
            return each
        child = f"{stack_name}-{each['LogicalResourceId']}"
        if child not in self.stacks:
            self.put(child, "REVIEW_IN_PROGRESS" if each["Action"] == "Add" else "UPDATE_COMPLETE")
        made = self._make(child, f"{name}-{each['LogicalResourceId']}", each["below"], root=root)
        return {**{key: value for key, value in each.items() if key != "below"}, "ChangeSetId": made}
