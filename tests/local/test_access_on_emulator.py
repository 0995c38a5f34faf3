"""Test users with the policies of `policy` on an emulator that enforces IAM: allowed and refused calls.

A whole set is deployed, left alone, changed, looked at and destroyed by a user that has the deployer's documents. Each
of its calls is on record, and asked of the documents once more by an evaluator of our own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from iam_evaluator import Asked, allowed, asked_by
from one_template import deploy_template
from payflow_cfn.cli.main import main
from payflow_cfn.config.options import Options
from payflow_cfn.config.settings import Settings
from payflow_cfn.deploy import detect_drift, find_collisions
from payflow_cfn.deploy.bootstrap import bootstrap, bootstrap_template
from payflow_cfn.iam import Access, Document, Scope, access_for, children_of
from payflow_cfn.local.emulator.admin import reset
from payflow_cfn.local.emulator.clients import LocalClients, local_clients
from payflow_cfn.local.emulator.emulator import ACCOUNT, Emulator
from payflow_cfn.local.records.cloudtrail import recorded_calls
from payflow_cfn.stacks.render import build_set
from payflow_cfn.workflow.run import run_payment
from sessions import Given, always
from team_extension import write_screening

if TYPE_CHECKING:
    from payflow_cfn.artifacts.template_set import TemplateSet
    from payflow_cfn.iam import Role

pytestmark = [pytest.mark.local, pytest.mark.slow]

BUCKET = "artifacts"
STACK = "payflow-dev"
CHANGE_SET = f"arn:aws:cloudformation:us-east-1:{ACCOUNT}:changeSet/payflow-1/2"
SERVICE_ROLE = f"arn:aws:iam::{ACCOUNT}:role/role-cloudformation-payflow-dev"
VALUES = ["--env", "dev", "--bucket", BUCKET, "--parameter", "ResourceCoverage=core"]
DEPLOY = ["deploy", "--yes", *VALUES]

# What MiniStack 1.5.33 asks otherwise than AWS (docs/emulator/gaps.md has the row): of a change set
# that is named by its own ARN it knows no stack, of a key by its alias it asks the ARN of the alias, and of a dashboard
# it asks no ARN.
GAPS: list[dict[str, Any]] = [
    {
        "Effect": "Allow",
        "Action": [f"cloudformation:{each}ChangeSet" for each in ("Describe", "Execute", "Delete")],
        "Resource": "*",
    },
    {"Effect": "Allow", "Action": ["cloudwatch:GetDashboard"], "Resource": "*"},
    {"Effect": "Allow", "Action": ["kms:DescribeKey"], "Resource": f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/*"},
]


def statements(found: Access) -> list[dict[str, Any]]:
    return [each for document in found.documents for each in document.body["Statement"]]


def access(role: Role, *, service_role: str = "", templates: TemplateSet | None = None) -> Access:
    templates = templates or build_set(Settings())
    scope = Scope("dev", ACCOUNT, "us-east-1", children_of(templates), bucket=BUCKET)
    return access_for(role, scope, templates, service_role=service_role)


@dataclass
class User:
    """An IAM user of the emulator: its clients, and what each of their calls asks of IAM."""

    key: str
    own: LocalClients
    root: LocalClients
    asked: list[Asked] = field(default_factory=list)

    def connect(self, *_: str) -> Given:
        return Given(self.clients, self.own.region)

    def clients(self, service: str) -> Any:
        client = self.own(service)
        client.meta.events.register("provide-client-params", self.record, unique_id="asked")
        return client

    def record(self, params: Mapping[str, Any], model: Any, **_: Any) -> None:
        name = model.service_model.signing_name
        self.asked.append(asked_by(name, model.name, params, region="us-east-1", stack_of=self._stack_of))
        if "SSEKMSKeyId" in params:
            aliases = {"kms:ResourceAliases": ("alias/s3-artifacts-dev",)}
            through = {"kms:ViaService": ("s3.us-east-1.amazonaws.com",)}
            self.asked.append(Asked("kms:GenerateDataKey", params["SSEKMSKeyId"], {**aliases, **through}))

        if model.name == "Query":  # DynamoDB decrypts the items for the caller
            used = {
                "kms:ResourceAliases": ("alias/dynamodb-transactions-dev",),
                "kms:ViaService": ("dynamodb.us-east-1.amazonaws.com",),
                "kms:EncryptionContext:aws:dynamodb:tableName": (params["TableName"],),
            }
            self.asked.append(Asked("kms:Decrypt", f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1", used))

    def _stack_of(self, text: str) -> str:
        cloudformation = self.root("cloudformation")
        if ":changeSet/" in text:
            return str(cloudformation.describe_change_set(ChangeSetName=text)["StackId"])
        return text if text.startswith("arn:") else f"arn:aws:cloudformation:us-east-1:{ACCOUNT}:stack/{text}/new"


def gaps_of(found: Access) -> list[dict[str, Any]]:
    """The gaps for the actions that the documents grant, and no others."""
    granted = {action for each in statements(found) for action in each.get("Action", ())}
    kept = [{**each, "Action": sorted(granted & set(each["Action"]))} for each in GAPS]
    return [each for each in kept if each["Action"]]


def user_with(root: LocalClients, cloud: Emulator, found: Access, *, name: str) -> User:
    """Make the user with these documents as managed policies, and the emulator's gaps filled."""
    iam = root("iam")
    iam.create_user(UserName=name)
    for each in found.documents:
        made = iam.create_policy(PolicyName=each.name, PolicyDocument=json.dumps(each.body))
        iam.attach_user_policy(UserName=name, PolicyArn=made["Policy"]["Arn"])
    if gaps := gaps_of(found):
        document = json.dumps({"Version": "2012-10-17", "Statement": gaps})
        iam.put_user_policy(UserName=name, PolicyName="gaps", PolicyDocument=document)
    keys = iam.create_access_key(UserName=name)["AccessKey"]
    clients = LocalClients(
        endpoint=cloud.endpoint,
        ca_bundle=cloud.ca_bundle,
        region=cloud.region,
        keys=(keys["AccessKeyId"], keys["SecretAccessKey"]),
    )
    return User(keys["AccessKeyId"], clients, root)


@pytest.fixture
def make_user(clients: LocalClients, cloud: Emulator) -> Callable[..., User]:
    clients("s3").create_bucket(Bucket=BUCKET)
    return lambda found, name="person": user_with(clients, cloud, found, name=name)


@dataclass(frozen=True)
class Journey:
    """What the deployer's documents say, what was asked of them, and what the emulator has on record for the user."""

    statements: list[dict[str, Any]]
    asked: list[Asked]
    recorded: set[str]
    statuses: list[int]


@pytest.fixture(scope="module")
def journey(shared_emulator: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Journey:
    """Deploy, deploy again, change, guard, look and destroy as a user with the deployer's documents.

    The bucket is made by `bootstrap` as the account's root, and once found through its stack, with its key.
    """
    reset(shared_emulator)
    root = local_clients(shared_emulator)
    bootstrap(root("cloudformation"), Settings(), environment="dev", bucket_name=BUCKET)
    found = access("deployer")
    user = user_with(root, shared_emulator, found, name="deployer")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("project"))
        find_collisions(user.clients, environment="dev", stack_name=STACK).require_free(environment="dev")
        changed = [*DEPLOY, "--parameter", "FailuresThreshold=3"]
        found_bucket = ["package", "--env", "dev"]
        statuses = [main(each, user.connect) for each in (found_bucket, DEPLOY, DEPLOY, changed, ["plan", *VALUES])]
        _guard(user)
        detect_drift(user.clients("cloudformation"), stack_name=STACK)
        looked = find_collisions(user.clients, environment="dev", stack_name=STACK)
        assert (looked.collisions, looked.unchecked) == ((), ())
        statuses += [main([each, "--env", "dev"], user.connect) for each in ("status", "outputs", "diagnose")]
        statuses.append(main(["destroy", "--env", "dev", "--yes"], user.connect))
    recorded = {each.action for each in recorded_calls(root) if each.role == user.key}
    return Journey(statements(found), user.asked, recorded, statuses)


def _guard(user: User) -> None:
    """Protection and stack policies on and off again, which the command does for environments with real money."""
    cloudformation = user.clients("cloudformation")
    template = user.root("cloudformation").get_template(StackName=STACK, TemplateStage="Original")["TemplateBody"]
    body = template if isinstance(template, str) else json.dumps(template)
    for protection, threshold in ((True, "4"), (False, "5")):
        deploy_template(
            cloudformation,
            stack_name=STACK,
            root_template=body,
            parameters={"Environment": "dev", "ResourceCoverage": "core", "FailuresThreshold": threshold},
            options=Options(termination_protection=protection, protect_stateful=True),
        )


def test_the_deployers_documents_suffice_for_the_whole_journey(journey: Journey) -> None:
    assert journey.statuses == [0] * len(journey.statuses)


def test_our_own_evaluator_admits_every_call_on_its_own_resource(journey: Journey) -> None:
    assert len(journey.asked) > 60
    assert [each for each in journey.asked if not allowed(journey.statements, each)] == []


# How MiniStack's record names what IAM names otherwise.
RECORDED_AS = {
    "lambda:UpdateFunctionConfiguration": "lambda:GetFunctionConfiguration",
    "monitoring:DescribeAlarms": "cloudwatch:DescribeAlarms",
    "monitoring:GetDashboard": "cloudwatch:GetDashboard",
    "s3:ListObjects": "s3:ListBucket",
}


def test_every_call_that_the_emulator_recorded_was_asked(journey: Journey) -> None:
    recorded = {RECORDED_AS.get(each, each) for each in journey.recorded}
    assert len(recorded) > 20
    assert recorded - {each.action for each in journey.asked} == set()


def test_each_statement_for_our_own_calls_is_needed(journey: Journey) -> None:
    own = [each for each in journey.statements if "aws:CalledVia" not in json.dumps(each)]
    assert len(own) > 10
    for each in own:
        others = [other for other in journey.statements if other is not each]
        assert [ask for ask in journey.asked if not allowed(others, ask)], f"{each['Sid']} is not needed"


def test_each_action_for_our_own_calls_is_used_or_has_a_reason(journey: Journey) -> None:
    own = [each for each in journey.statements if "aws:CalledVia" not in json.dumps(each)]
    granted = {action for each in own for action in each["Action"]}
    assert granted - {each.action for each in journey.asked} == {
        "cloudformation:ContinueUpdateRollback",  # recover
        "cloudformation:RollbackStack",  # recover, of a stack that was made without a rollback
        "cloudformation:GetHookResult",  # of a hook, which the emulator has not
        "cloudformation:ListHookResults",
        "cloudformation:GetTemplateSummary",  # the library's deploy of a template that it only has the address of
        "cloudformation:DescribeStackResources",  # who has a name that is taken
        "cloudformation:TagResource",  # the stack's own tags
        "cloudformation:UntagResource",
        "s3:GetObject",
    }


def test_each_call_is_refused_for_another_environment(journey: Journey) -> None:
    ours = [each for each in journey.asked if "-dev" in each.resource]
    assert len(ours) > 20
    for each in ours:
        foreign = Asked(each.action, each.resource.replace("-dev", "-prod"), each.context)
        assert not allowed(journey.statements, foreign), foreign


def test_the_gaps_are_the_emulators(clients: LocalClients, make_user: Callable[..., User]) -> None:
    user = make_user(access("deployer"))
    clients("iam").delete_user_policy(UserName="person", PolicyName="gaps")
    assert refused(user.own("cloudformation").describe_change_set, ChangeSetName=CHANGE_SET)
    assert not refused(user.own("cloudformation").describe_change_set, ChangeSetName="x", StackName=STACK)
    assert refused(user.own("kms").describe_key, KeyId="alias/lambda-payments-dev")


def test_with_a_service_role_the_persons_own_documents_suffice(
    clients: LocalClients, make_user: Callable[..., User], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = access("deployer", service_role=SERVICE_ROLE)
    name = SERVICE_ROLE.rpartition("/")[2]
    clients("iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(found.trust))
    for each in found.service:
        clients("iam").put_role_policy(RoleName=name, PolicyName=each.name, PolicyDocument=json.dumps(each.body))
    user = make_user(found)
    handed: list[str] = []
    user.own("cloudformation").meta.events.register(
        "provide-client-params.cloudformation.CreateChangeSet", lambda params, **_: handed.append(params["RoleARN"])
    )
    monkeypatch.chdir(tmp_path)
    (tmp_path / "payflow.toml").write_text(f'[environments.dev]\nservice_role_arn = "{SERVICE_ROLE}"\n')
    assert main(DEPLOY, user.connect) == 0
    assert handed == [SERVICE_ROLE]
    assert main(["destroy", "--env", "dev", "--yes"], user.connect) == 0


def refused(call: Callable[..., Any], **arguments: Any) -> bool:
    """Whether IAM refuses the call; any other end is none of its business."""
    try:
        call(**arguments)
    except ClientError as error:
        return "is not authorized to perform" in str(error)
    return False


@pytest.fixture
def deployed(clients: LocalClients, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LocalClients:
    """The environment, deployed by the emulator's root."""
    monkeypatch.chdir(tmp_path)
    clients("s3").create_bucket(Bucket=BUCKET)
    assert main(DEPLOY, always(clients)) == 0
    return clients


TEAM = """from team_extension import screening_in

screening = screening_in({folder!r})
"""
# What CloudFormation creates of each type that the team's extension has, on the ARN of its physical id.
CREATED = {
    "AWS::S3::Bucket": ("s3:CreateBucket", "s3:::{}"),
    "AWS::Lambda::Function": ("lambda:CreateFunction", "lambda:us-east-1:{account}:function:{}"),
    "AWS::Logs::LogGroup": ("logs:CreateLogGroup", "logs:us-east-1:{account}:log-group:{}:*"),
    "AWS::IAM::Role": ("iam:CreateRole", "iam::{account}:role/{}"),
    "AWS::CloudWatch::Alarm": ("cloudwatch:PutMetricAlarm", "cloudwatch:us-east-1:{account}:alarm:{}"),
}


@pytest.fixture
def extended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TemplateSet:
    """A project with the team's extension; the set that it makes."""
    folder = write_screening(tmp_path / "team")
    (tmp_path / "acme_team.py").write_text(TEAM.format(folder=folder))
    (tmp_path / "payflow.toml").write_text('[settings]\nextensions = ["acme_team:screening"]\n')
    monkeypatch.chdir(tmp_path)
    return build_set(Settings(extensions=("acme_team:screening",)))


def test_the_deployers_documents_of_an_extended_set_suffice_for_it(
    clients: LocalClients, make_user: Callable[..., User], extended: TemplateSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = access("deployer", templates=extended)
    assert found.left_out == ()
    user, given = make_user(found), statements(found)
    assert [main(each, user.connect) for each in (DEPLOY, ["status", "--env", "dev"])] == [0, 0]
    assert [each for each in user.asked if not allowed(given, each)] == []
    made = [each for each in _made(clients) if each.action]
    assert {each.action for each in made} == {action for action, _ in CREATED.values()}
    assert any("screeningbucket" in each.resource for each in made)
    assert [each for each in made if not allowed(given, each)] == []
    foreign = [Asked(each.action, re.sub("-dev(?=[-:]|$)", "-prod", each.resource), each.context) for each in made]
    assert [each for each in foreign if allowed(given, each)] == []
    assert main(["destroy", "--env", "dev", "--yes"], user.connect) == 0


def _made(root: LocalClients) -> Iterator[Asked]:
    """What CloudFormation asked for to make each resource of these types."""
    cloudformation, context = root("cloudformation"), {"aws:CalledVia": ("cloudformation.amazonaws.com",)}
    for stack in cloudformation.describe_stacks()["Stacks"]:
        for each in cloudformation.list_stack_resources(StackName=stack["StackId"])["StackResourceSummaries"]:
            action, form = CREATED.get(each["ResourceType"], ("", ""))
            arn = form.format(each["PhysicalResourceId"], account=ACCOUNT)
            yield Asked(action, f"arn:aws:{arn}", context)


def test_an_operator_reads_the_logs_of_an_extension(
    clients: LocalClients, make_user: Callable[..., User], extended: TemplateSet
) -> None:
    clients("logs").create_log_group(logGroupName="/aws/lambda/lambda-screening-dev")
    own = {"logGroupName": "/aws/lambda/lambda-screening-dev"}
    logs = make_user(access("operator", templates=extended)).own("logs")
    assert not refused(logs.filter_log_events, **own)
    assert refused(logs.filter_log_events, logGroupName="/aws/lambda/lambda-screening-prod")


MACHINE = f"arn:aws:states:us-east-1:{ACCOUNT}:stateMachine:sfn-payment-workflow-dev"
TABLE = "dynamodb-transactions-dev"
PAYMENT = {"transaction_id": "t-1", "payment_amount": 10, "payment_method": "credit_card", "customer_id": "c"}
ROW = {"transaction_id": {"S": "t-1"}}
COUNT: dict[str, Any] = {
    "KeyConditionExpression": "open_shard = :shard",
    "ExpressionAttributeValues": {":shard": {"S": "0"}},
    "Select": "SPECIFIC_ATTRIBUTES",
}


def kept(user: User, capsys: pytest.CaptureFixture[str], *more: str) -> str:
    """Keep a plan and return its name."""
    capsys.readouterr()
    assert main(["plan", *VALUES, "--keep", "--json", *more], user.connect) == 0
    return str(json.loads(capsys.readouterr().out)["change_set"]["name"])


def test_a_planner_plans_keeps_and_discards_and_changes_nothing_else(
    deployed: LocalClients, cloud: Emulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given = access("planner")
    user = user_with(deployed, cloud, given, name="planner")
    more = ["--parameter", "ErrorsThreshold=7"]
    name = kept(user, capsys, *more)
    assert [main(each, user.connect) for each in (["status", "--env", "dev"], ["plan", *VALUES, *more])] == [0, 0]
    assert [each for each in user.asked if not allowed(statements(given), each)] == []
    own = user.own("cloudformation")
    assert refused(own.execute_change_set, StackName=STACK, ChangeSetName=name)
    assert main(["deploy", *VALUES, *more, "--change-set", name, "--yes"], user.connect) == 1
    assert main(["plan", "--env", "dev", "--discard", name], user.connect) == 0

    root = deployed("cloudformation")
    assert root.list_change_sets(StackName=STACK)["Summaries"][-1]["ExecutionStatus"] != "AVAILABLE"
    assert root.describe_stacks(StackName=STACK)["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE"
    assert refused(own.delete_stack, StackName=STACK)
    assert refused(own.update_stack, StackName=STACK, UsePreviousTemplate=True)
    assert refused(own.create_stack, StackName="payflow-dev", TemplateBody="{}")
    assert refused(own.set_stack_policy, StackName=STACK, StackPolicyBody="{}")
    assert refused(own.update_termination_protection, StackName=STACK, EnableTerminationProtection=False)
    store = user.own("s3").put_object
    assert refused(store, Bucket=BUCKET, Key="payflow/artifacts/processing-1.zip", Body=b"")
    assert not refused(store, Bucket=BUCKET, Key="payflow/root-1.json", Body=b"{}")
    assert refused(user.own("stepfunctions").start_execution, stateMachineArn=MACHINE, input="{}")


def test_a_planner_plans_a_first_deploy_and_leaves_its_empty_stack(
    make_user: Callable[..., User], clients: LocalClients, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    user = make_user(access("planner"))
    monkeypatch.chdir(tmp_path)
    assert main(["plan", *VALUES], user.connect) == 0
    assert "the empty stack payflow-dev is still there: " in capsys.readouterr().err
    assert (
        clients("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]["StackStatus"] == "REVIEW_IN_PROGRESS"
    )
    given = statements(access("planner"))
    refusals = {each.action for each in user.asked if not allowed(given, each)}
    assert refusals == {"cloudformation:DeleteStack"}


def test_each_statement_of_a_planner_is_needed(
    make_user: Callable[..., User], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Proven here by a first plan, or as the deployer's; nested change sets are CloudFormation's own calls."""
    given = statements(access("planner"))
    user = make_user(access("planner"))
    monkeypatch.chdir(tmp_path)
    name = kept(user, capsys)
    assert main(["plan", "--env", "dev", "--discard", name], user.connect) == 1  # its empty stack stays
    assert main(["plan", *VALUES[:2], *VALUES[4:]], user.connect) == 2  # looks for the bucket that bootstrap made
    asked = [each for each in user.asked if allowed(given, each)]
    needless = {
        each["Sid"]
        for each in given
        if all(allowed([other for other in given if other is not each], ask) for ask in asked)
    }
    counts = {"CountOpenPayments", "CountWithTableKey"}  # of `status`, once there is a table
    assert needless == {"ReadPackages", "NestedChangeSets", "LookAtSecret", "StoreWithBucketKey", *counts}


def test_a_deployer_executes_the_plan_of_a_planner(
    deployed: LocalClients, cloud: Emulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    planner = user_with(deployed, cloud, access("planner"), name="planner")
    deployer = user_with(deployed, cloud, access("deployer"), name="deployer")
    more = ["--parameter", "ErrorsThreshold=7"]
    name = kept(planner, capsys, *more)
    assert main([*DEPLOY, *more, "--change-set", name], deployer.connect) == 0
    given = statements(access("deployer"))
    assert [each for each in deployer.asked if not allowed(given, each)] == []
    assert deployed("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]["StackStatus"] == "UPDATE_COMPLETE"


def test_a_caller_pays_and_reads_results_and_nothing_else(deployed: LocalClients, cloud: Emulator) -> None:
    given = access("caller")
    user = user_with(deployed, cloud, given, name="caller")
    done = run_payment(user.clients("stepfunctions"), MACHINE, PAYMENT)
    again = run_payment(user.clients("stepfunctions"), MACHINE, PAYMENT)
    assert (done.result["status"], again.output, again.replayed) == ("COMPLETED", done.output, True)
    assert [each for each in user.asked if not allowed(statements(given), each)] == []
    assert {each.action for each in user.asked} == {
        action for each in statements(given) for action in each["Action"] if action.startswith("states:")
    }
    states = user.own("stepfunctions")
    assert refused(states.get_execution_history, executionArn=done.arn)
    assert refused(states.stop_execution, executionArn=done.arn)
    assert refused(states.list_executions, stateMachineArn=MACHINE)
    assert refused(states.describe_state_machine, stateMachineArn=MACHINE)
    assert refused(states.start_execution, stateMachineArn=MACHINE.replace("-dev", "-prod"), input="{}")
    assert refused(user.own("dynamodb").get_item, TableName=TABLE, Key=ROW)
    assert refused(user.own("cloudformation").describe_stacks, StackName=STACK)
    assert refused(user.own("lambda").invoke, FunctionName="lambda-payment-processing-dev:live")


def test_a_power_user_can_run_the_first_bootstrap(
    clients: LocalClients, cloud: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The statement of AWS's PowerUserAccess that allows what it allows, without its few exceptions for IAM."""
    power = {"Effect": "Allow", "NotAction": ["iam:*", "organizations:*", "account:*"], "Resource": "*"}
    document = Document("power", {"Version": "2012-10-17", "Statement": [power]})
    user = user_with(clients, cloud, Access((document,)), name="power")
    monkeypatch.chdir(tmp_path)
    assert main(["bootstrap", "--env", "dev", "--bucket", BUCKET, "--yes"], always(user.own)) == 0
    assert refused(user.own("iam").create_user, UserName="another")
    assert "AWS::IAM" not in bootstrap_template(Settings())


def test_a_reader_looks_and_sees_no_payment(
    deployed: LocalClients, cloud: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = user_with(deployed, cloud, access("reader"), name="reader")
    assert [main([each, "--env", "dev"], user.connect) for each in ("status", "outputs", "diagnose")] == [0, 0, 0]
    given = statements(access("reader"))
    assert [each for each in user.asked if not allowed(given, each)] == []
    assert refused(user.own("dynamodb").get_item, TableName=TABLE, Key=ROW)
    count = partial(user.own("dynamodb").query, **COUNT, TableName=TABLE)
    assert not refused(count, IndexName="open-payments", ProjectionExpression="open_since")
    assert refused(count, IndexName="open-payments", ProjectionExpression="open_since, amount")
    assert refused(count, ProjectionExpression="open_since")
    assert refused(count, IndexName="open-payments", Select="ALL_PROJECTED_ATTRIBUTES")
    assert refused(user.own("stepfunctions").start_execution, stateMachineArn=MACHINE, input="{}")
    assert refused(user.own("cloudformation").delete_stack, StackName=STACK)
    assert refused(user.own("cloudformation").detect_stack_drift, StackName=STACK)
    groups = user.own("logs")
    assert refused(groups.filter_log_events, logGroupName="/aws/lambda/lambda-payment-processing-dev")
    assert not refused(groups.filter_log_events, logGroupName="/aws/vendedlogs/states/sfn-payment-workflow-dev")


def test_a_keeper_forgets_and_marks_and_neither_deletes_nor_pays(
    deployed: LocalClients, cloud: Emulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    payment = {**PAYMENT, "transaction_id": "TXN-FORGOTTEN"}
    run_payment(deployed("stepfunctions"), MACHINE, payment)
    user = user_with(deployed, cloud, access("keeper"), name="keeper")
    assert main(["forget", "TXN-FORGOTTEN", "--env", "dev", "--yes"], user.connect) == 0
    since = (datetime.now(UTC) - timedelta(minutes=1)).isoformat()
    assert main(["restored", "--env", "dev", "--since", since, "--yes"], user.connect) == 0
    assert capsys.readouterr().out.endswith("payments are UNKNOWN: the gateway is asked before they are charged\n")
    key = {"transaction_id": {"S": "TXN-FORGOTTEN"}}
    assert refused(user.own("dynamodb").delete_item, TableName=TABLE, Key=key)
    assert refused(user.own("dynamodb").scan, TableName=TABLE)
    assert refused(user.own("stepfunctions").start_execution, stateMachineArn=MACHINE, input="{}")
    row = deployed("dynamodb").get_item(TableName=TABLE, Key=key)["Item"]
    assert row["history"]["L"][-1]["M"]["note"]["S"].endswith(":user/keeper")


def test_an_operator_runs_and_reads_a_payment_and_writes_no_row(
    deployed: LocalClients, cloud: Emulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    user = user_with(deployed, cloud, access("operator"), name="operator")
    assert main(["run", "--machine-arn", MACHINE, json.dumps(PAYMENT)], user.connect) == 0
    table = user.own("dynamodb")
    assert table.get_item(TableName=TABLE, Key=ROW)["Item"]["status"]["S"] == "COMPLETED"
    assert refused(table.put_item, TableName=TABLE, Item=ROW)
    assert refused(table.scan, TableName=TABLE)
    assert [
        main(each, user.connect)
        for each in (["payments", "--open", "--env", "dev"], ["payment", "t-1", "--env", "dev"])
    ] == [
        0,
        0,
    ]
    said = capsys.readouterr().out
    assert ("  log  " in said, "  state  " in said, "not read" in said) == (True, True, False)
    assert [
        main(each, user.connect) for each in (["payment", "t-1", "--env", "dev", "--ask"], ["status", "--env", "dev"])
    ] == [0, 0]
    given = statements(access("operator"))
    assert [each for each in user.asked if not allowed(given, each)] == []
    for each in ("lambda-payment-processing-dev", "lambda-payment-validation-dev:live"):
        assert refused(user.own("lambda").invoke, FunctionName=each)
    assert refused(
        table.query,
        TableName=TABLE,
        KeyConditionExpression="transaction_id = :t",
        ExpressionAttributeValues={":t": ROW["transaction_id"]},
    )
    assert refused(user.own("cloudformation").delete_stack, StackName=STACK)
    logs = user.own("logs").filter_log_events(logGroupName="/aws/lambda/lambda-payment-processing-dev")
    assert logs["events"]
    topic = f"arn:aws:sns:us-east-1:{ACCOUNT}:sns-payment-notifications-dev"
    queue = user.own("sqs").get_queue_url(QueueName="sqs-payment-notifications-dlq-dev")["QueueUrl"]
    assert "Messages" not in user.own("sqs").receive_message(QueueUrl=queue)
    assert user.own("sns").publish(TopicArn=topic, Message="again")["MessageId"]


def test_who_may_not_act_gets_one_line_with_the_role_that_may_and_changes_nothing(
    deployed: LocalClients, cloud: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    payment = {**PAYMENT, "transaction_id": "TXN-OPEN", "payment_amount": "12.95"}
    run_payment(deployed("stepfunctions"), MACHINE, payment)
    key = {"transaction_id": {"S": "TXN-OPEN"}}
    before = deployed("dynamodb").get_item(TableName=TABLE, Key=key)["Item"]
    settle = ["--settle", "not-charged", "--reason", "case 1", "--yes"]
    actions = {
        "operator": (
            ["payment", "TXN-OPEN"], ["payment", "TXN-OPEN", "--ask"], ["payment", "TXN-OPEN", *settle],
            ["payments", "--open"], ["run", "--again", "--id", "TXN-OPEN"],
        ),
        "keeper": (
            ["forget", "TXN-OPEN", "--yes"], ["restored", "--since", "2026-01-01T00:00:00Z", "--yes"],
        ),
    }  # fmt: skip
    capsys.readouterr()
    for name in ("reader", "caller"):
        user = user_with(deployed, cloud, access(name), name=name)
        for role, commands in actions.items():
            for each in commands:
                assert main([*each, "--env", "dev"], user.connect) == 1
                out, err = capsys.readouterr()
                assert (out, err.count("\n"), f"`payflow policy --env dev {role}` prints" in err) == ("", 1, True), err
    assert deployed("dynamodb").get_item(TableName=TABLE, Key=key)["Item"] == before
