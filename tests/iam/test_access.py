"""The documents of every role: valid, scoped, within the limits, and each `*` with its reason."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from iam_evaluator import Asked, allowed
from payflow_cfn.artifacts.template_set import TemplateSet
from payflow_cfn.config.names import ALL_NAMES, ENVIRONMENT_LIMIT
from payflow_cfn.config.settings import Settings
from payflow_cfn.errors import SettingsError
from payflow_cfn.extensions import Draft, add_resource
from payflow_cfn.iam import ROLES, WILDCARDS, Access, Scope, access_for
from payflow_cfn.iam.documents import LIMIT
from payflow_cfn.iam.handlers import permissions
from payflow_cfn.stacks.render import build_set

Make = Callable[..., Scope]
SERVICE_ROLE = "arn:aws:iam::111122223333:role/role-cloudformation-payflow-dev"
LONGEST = {
    "environment": "e" * ENVIRONMENT_LIMIT,
    "region": "ap-southeast-2",
    "bucket": "b" * 63,
    "owner": "o" * 256,
    "role_path": f"/{'p' * 510}/",
    "boundary": "b" * 128,
}


@cache
def known_actions() -> Mapping[str, Any]:
    """cfn-lint's copy of AWS's authorization reference: {service: {Actions, Resources}}, actions in lower case."""
    from cfnlint.data import AdditionalSpecs
    from cfnlint.helpers import load_resource

    found: Mapping[str, Any] = load_resource(AdditionalSpecs, "Policies.json")
    return found


def every_access(scope: Scope, templates: TemplateSet) -> list[Access]:
    service_role = scope.role("/role-cloudformation-payflow-dev")
    return [access_for(role, scope, templates, service_role=each) for role in ROLES for each in ("", service_role)]


def statements(found: Access) -> list[dict[str, Any]]:
    return [each for document in (*found.documents, *found.service) for each in document.body["Statement"]]


@pytest.mark.slow
@pytest.mark.parametrize("given", [{}, {"region": "cn-north-1"}, {"boundary": "limits"}, LONGEST])
def test_each_document_fits_and_nothing_is_left_out(given: dict[str, str], scope: Make, templates: TemplateSet) -> None:
    for found in every_access(scope(**given), templates):
        assert 1 <= len(found.documents) <= 6
        assert all(each.characters <= LIMIT for each in (*found.documents, *found.service))
        assert found.left_out == ()
        sids = [each["Sid"] for each in statements(found)]
        assert all(re.fullmatch("[A-Za-z0-9]+", each) for each in sids)
        assert len(set(sids)) == len(sids)


@pytest.mark.slow
def test_the_same_environment_gives_the_same_documents(scope: Make, templates: TemplateSet) -> None:
    first, second = (json.dumps([each.body for each in _all(scope(), templates)]) for _ in range(2))
    assert first == second


def _all(scope: Scope, templates: TemplateSet) -> list[Any]:
    return [each for found in every_access(scope, templates) for each in (*found.documents, *found.service)]


def test_every_action_exists(scope: Make, templates: TemplateSet) -> None:
    actions = {action for each in every_access(scope(boundary="b"), templates) for text in statements(each)
               for action in text["Action"]}  # fmt: skip
    assert len(actions) > 150
    missing = [each for each in actions if _known(each) is None]
    assert missing == []


def _known(action: str) -> Any:
    service, _, name = action.partition(":")
    return known_actions()[service]["Actions"].get(name.lower())


def sourced(payments: Draft) -> Draft:
    """The set whose validation is called for the messages of a queue, too."""
    facts = {"EventSourceArn": {"Ref": "NotificationsDeadLetterQueueArn"}, "FunctionName": {"Ref": "ValidationAlias"}}
    source = {"Type": "AWS::Lambda::EventSourceMapping", "Properties": facts}
    return add_resource(payments, "functions", source, name="Source", why="a test calls it")


@pytest.mark.slow
def test_a_wildcard_stands_only_where_the_table_has_a_reason(scope: Make) -> None:
    used: set[str] = set()
    every = (build_set(Settings()), build_set(Settings(vpc=True)), build_set(Settings(), [sourced]))
    for found in (found for each in every for found in every_access(scope(), each)):
        for each in statements(found):
            assert "*" not in "".join(each["Action"])
            if "*" in each["Resource"]:
                assert each["Resource"] == ["*"]
                used.update(each["Action"])
        assert set(found.wildcards()) <= used
    assert used == set(WILDCARDS)


def test_the_service_offers_no_resource_level_where_the_table_says_so() -> None:
    says_none = {action for action, reason in WILDCARDS.items() if reason.startswith("the service offers no")}
    assert says_none == {action for action in WILDCARDS if not _known(action).get("Resources")}
    assert all("https://" in WILDCARDS[each] or ":" in WILDCARDS[each] or "," in WILDCARDS[each]
               for each in WILDCARDS.keys() - says_none)  # fmt: skip


@pytest.mark.parametrize("region", ["eu-west-2", "cn-north-1", "us-gov-west-1", "eusc-de-east-1"])
def test_every_action_is_on_a_resource_that_it_takes(region: str, scope: Make, templates: TemplateSet) -> None:
    here = scope(region=region, boundary="b")
    wrong = [
        (each["Sid"], action)
        for found in every_access(here, templates)
        for each in statements(found)
        if each["Resource"] != ["*"]
        for action in each["Action"]
        if not any(_takes(action, resource, here) for resource in each["Resource"])
    ]
    assert wrong == []


def _takes(action: str, resource: str, here: Scope) -> bool:
    kinds = {key.lower(): each for key, each in known_actions()[action.partition(":")[0]]["Resources"].items()}
    formats = [text for kind in _known(action).get("Resources", []) for text in kinds[kind.lower()]["ARNFormats"]]
    facts = {"Partition": here.partition, "Region": here.region, "Account": here.account}
    return any(
        re.fullmatch(re.sub(r"\$\{(\w+)\}", lambda found: facts.get(found[1], ".*"), text), resource)
        for text in formats
    )


def test_every_name_that_an_arn_can_have_is_meant(scope: Make, templates: TemplateSet) -> None:
    text = json.dumps([each.body for each in access_for("deployer", scope(), templates).documents])
    # An inline policy, a metric filter and a query have no ARN of their own.
    nameless = ("policy ", "metric filter ", "query ")
    wanted = [each.text("dev") for each in ALL_NAMES.values() if not each.purpose.startswith(nameless)]
    assert len(wanted) > 25
    assert [each for each in wanted if not re.search(rf'[:/"]{re.escape(each)}[-/:"]', text)] == []


def in_whole(given: dict[str, str]) -> Any:
    return pytest.param(given, marks=pytest.mark.whole)


@pytest.mark.slow
@pytest.mark.parametrize("given", [{"boundary": "limits/pay"}, *map(in_whole, ({}, {"region": "cn-north-1"}))])
def test_cfn_lint_finds_nothing_in_them(
    given: dict[str, str], scope: Make, templates: TemplateSet, tmp_path: Path
) -> None:
    from cfnlint.config import ConfigMixIn, ManualArgs
    from cfnlint.runner import Runner

    resources: dict[str, Any] = {
        f"Policy{number}": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": each.body}}
        for number, each in enumerate(_all(scope(**given), templates))
    }
    trust = access_for("deployer", scope(), templates, service_role=SERVICE_ROLE).trust
    resources["Role"] = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": trust}}
    (tmp_path / "t.json").write_text(json.dumps({"Resources": resources}))
    config = ConfigMixIn(**ManualArgs(templates=[str(tmp_path / "t.json")], regions=["us-east-1"]))
    found = [f"{each.rule.id} {each.path} {each.message}" for each in Runner(config).run()]
    # A document in one partition is what these are for.
    assert [each for each in found if not each.startswith("I3042")] == []


PHYSICAL = {
    "cloudformation": ["cloudformation:eu-west-2:111122223333:stack/payflow-dev-Storage-1AB/2"],
    "cloudwatch": [
        f"cloudwatch:eu-west-2:111122223333:alarm:alarm-{each}-dev" for each in ("sfn-failures", "payment-health")
    ],
    "AWS::CloudWatch::Dashboard": ["cloudwatch::111122223333:dashboard/dashboard-payments-dev"],
    "dynamodb": ["dynamodb:eu-west-2:111122223333:table/dynamodb-transactions-dev"],
    "iam": [f"iam::111122223333:role/role-{each}-dev" for each in ("lambda-validation", "sfn-payment-workflow")],
    "kms": ["kms:eu-west-2:111122223333:key/1"],
    "lambda": [
        f"lambda:eu-west-2:111122223333:function:lambda-payment-processing-dev{each}" for each in ("", ":1", ":live")
    ],
    "logs": ["logs:eu-west-2:111122223333:log-group:/aws/lambda/lambda-payment-validation-dev:*"],
    "s3": ["s3:::artifacts/payflow/artifacts/validation-1.zip"],
    "secretsmanager": [
        f"secretsmanager:eu-west-2:111122223333:secret:secret-payment-gateway-dev{each}" for each in ("", "-aB3dE6")
    ],
    "sns": [f"sns:eu-west-2:111122223333:sns-payment-notifications-dev{each}" for each in ("", ":0-1")],
    "sqs": ["sqs:eu-west-2:111122223333:sqs-payment-notifications-dlq-dev"],
    "states": ["states:eu-west-2:111122223333:stateMachine:sfn-payment-workflow-dev"],
}
KEY_OF = {
    "AWS::DynamoDB::Table": "dynamodb",
    "AWS::Lambda::Function": "lambda",
    "AWS::SecretsManager::Secret": "secretsmanager",
}
TRUSTED = {"AWS::Lambda::Function": "lambda", "AWS::StepFunctions::StateMachine": "states"}


@pytest.mark.parametrize("service_role", ["", SERVICE_ROLE])
def test_every_permission_of_every_handler_is_granted_for_what_it_is_used_on(
    service_role: str, scope: Make, templates: TemplateSet
) -> None:
    found = access_for("deployer", scope(), templates, service_role=service_role)
    given = [each for document in found.service or found.documents for each in document.body["Statement"]]
    refused = [
        (kind, action, resource)
        for kind, actions in permissions(templates).items()
        for action in actions - {"iam:PutRolePermissionsBoundary"}
        for resource in _used_on(kind, action)
        if not allowed(given, Asked(action, resource, _context(kind)))
    ]
    assert refused == []


def test_a_mute_rule_is_made_on_itself_and_on_the_alarms_that_it_names(scope: Make) -> None:
    windows = build_set(Settings(mute_windows=("cron(0 2 * * SUN) PT2H",)))
    given = statements(access_for("deployer", scope(), windows))
    via = {"aws:CalledVia": ("cloudformation.amazonaws.com",)}
    here = "arn:aws:cloudwatch:eu-west-2:111122223333"
    for resource in ("alarm-mute-rule:mute-window-1-dev", "alarm:alarm-sfn-failures-dev"):
        assert allowed(given, Asked("cloudwatch:PutAlarmMuteRule", f"{here}:{resource}", via))
    for resource in ("alarm-mute-rule:mute-window-1-prod", "alarm:alarm-sfn-failures-prod"):
        assert not allowed(given, Asked("cloudwatch:PutAlarmMuteRule", f"{here}:{resource}", via))


def _used_on(kind: str, action: str) -> list[str]:
    if action in WILDCARDS and kind != "AWS::CloudFormation::Stack":
        return ["*"]
    resources = PHYSICAL.get(kind) or PHYSICAL[action.partition(":")[0]]
    if action == "iam:PassRole":
        resources = [each for each in resources if TRUSTED[kind] == ("lambda" if "lambda" in each else "states")]
    aliases = ["kms:eu-west-2:111122223333:alias/lambda-payments-dev"] if kind == "AWS::KMS::Alias" else []
    return [f"arn:aws:{each}" for each in [*resources, *aliases]]


def _context(kind: str) -> dict[str, tuple[str, ...]]:
    return {
        "aws:CalledVia": ("cloudformation.amazonaws.com", "lambda.amazonaws.com"),
        "aws:RequestTag/Environment": ("dev",),
        "aws:RequestTag/Owner": ("PaymentTeam",),
        "aws:ResourceTag/Environment": ("dev",),
        "aws:ResourceTag/Owner": ("PaymentTeam",),
        "iam:PassedToService": (f"{TRUSTED.get(kind, '')}.amazonaws.com",),
        "kms:ViaService": (f"{KEY_OF.get(kind, 'states')}.eu-west-2.amazonaws.com",),
    }


def test_what_cloudformation_does_holds_for_cloudformation_alone(scope: Make, templates: TemplateSet) -> None:
    direct = statements(access_for("deployer", scope(), templates))
    alarm = "arn:aws:cloudwatch:eu-west-2:111122223333:alarm:alarm-sfn-failures-dev"
    via = {"aws:CalledVia": ("cloudformation.amazonaws.com",)}
    assert allowed(direct, Asked("cloudwatch:PutMetricAlarm", alarm, via))
    assert not allowed(direct, Asked("cloudwatch:PutMetricAlarm", alarm))
    assert not allowed(direct, Asked("cloudwatch:PutMetricAlarm", alarm.replace("-dev", "-prod"), via))


def test_with_a_service_role_the_person_may_hand_it_over_and_little_else(scope: Make, templates: TemplateSet) -> None:
    found = access_for("deployer", scope(), templates, service_role=SERVICE_ROLE)
    person = [each for document in found.documents for each in document.body["Statement"]]
    to_cloudformation = {"iam:PassedToService": ("cloudformation.amazonaws.com",)}
    assert allowed(person, Asked("iam:PassRole", SERVICE_ROLE, to_cloudformation))
    assert not allowed(person, Asked("iam:PassRole", SERVICE_ROLE, {"iam:PassedToService": ("lambda.amazonaws.com",)}))
    assert not any("aws:CalledVia" in json.dumps(each) for each in person)
    service = [each for document in found.service for each in document.body["Statement"]]
    role = "arn:aws:iam::111122223333:role/role-lambda-validation-dev"
    assert allowed(service, Asked("iam:CreateRole", role))
    assert not allowed(person, Asked("iam:CreateRole", role))
    assert allowed(service, Asked("s3:GetObject", "arn:aws:s3:::artifacts/payflow/root.json"))


def test_a_bounded_role_is_made_and_given_policies_with_its_boundary_only(scope: Make, templates: TemplateSet) -> None:
    found = statements(access_for("deployer", scope(boundary="limits"), templates, service_role=SERVICE_ROLE))
    role = "arn:aws:iam::111122223333:role/role-lambda-validation-dev"
    within = {"iam:PermissionsBoundary": ("arn:aws:iam::111122223333:policy/limits",)}
    for action in ("iam:CreateRole", "iam:PutRolePolicy", "iam:PutRolePermissionsBoundary"):
        assert allowed(found, Asked(action, role, within))
        assert not allowed(found, Asked(action, role))
    assert allowed(found, Asked("iam:DeleteRolePolicy", role))


def test_keys_are_told_by_our_tags_or_aliases(scope: Make, templates: TemplateSet) -> None:
    found = statements(access_for("deployer", scope(), templates, service_role=SERVICE_ROLE))
    key = "arn:aws:kms:eu-west-2:111122223333:key/1"
    tags = {"aws:ResourceTag/Environment": ("dev",), "aws:ResourceTag/Owner": ("PaymentTeam",)}
    wanted = {"aws:RequestTag/Environment": ("dev",), "aws:RequestTag/Owner": ("PaymentTeam",)}
    assert allowed(found, Asked("kms:PutKeyPolicy", key, tags))
    assert allowed(found, Asked("kms:PutKeyPolicy", key, {"kms:ResourceAliases": ("alias/lambda-payments-dev",)}))
    assert not allowed(found, Asked("kms:PutKeyPolicy", key, {**tags, "aws:ResourceTag/Owner": ("Others",)}))
    assert not allowed(found, Asked("kms:PutKeyPolicy", key, {"kms:ResourceAliases": ("alias/lambda-payments-dev2",)}))
    assert allowed(found, Asked("kms:TagResource", key, wanted))
    for foreign in (
        {"aws:ResourceTag/Environment": ("prod",)},
        {"aws:ResourceTag/Owner": ("PaymentTeam",)},
        {"kms:ResourceAliases": ("alias/payroll",)},
    ):
        assert not allowed(found, Asked("kms:TagResource", key, {**wanted, **foreign}))
    assert allowed(found, Asked("kms:TagResource", key, {**wanted, **tags}))
    assert allowed(found, Asked("kms:CreateKey", "*", wanted))
    assert not allowed(found, Asked("kms:CreateKey", "*"))


@pytest.mark.parametrize(
    ("bucket_key", "used", "alias"),
    [
        ("", "key/1", "alias/s3-artifacts-dev"),
        ("arn:aws:kms:eu-west-2:111122223333:alias/ours", "key/1", "alias/ours"),
        ("arn:aws:kms:eu-west-2:111122223333:key/7", "key/7", "alias/any"),
    ],
)
def test_the_buckets_key_is_used_through_s3_alone(
    bucket_key: str, used: str, alias: str, scope: Make, templates: TemplateSet
) -> None:
    found = access_for("deployer", scope(bucket_key=bucket_key), templates, service_role=SERVICE_ROLE)
    key = f"arn:aws:kms:eu-west-2:111122223333:{used}"
    by = {"kms:ResourceAliases": (alias,)}
    through = {**by, "kms:ViaService": ("s3.eu-west-2.amazonaws.com",)}
    for documents, storing in ((found.documents, True), (found.service, False)):
        given = [each for document in documents for each in document.body["Statement"]]
        assert allowed(given, Asked("kms:Decrypt", key, through))
        assert allowed(given, Asked("kms:GenerateDataKey", key, through)) is storing
        assert not allowed(given, Asked("kms:Decrypt", key, by))
        assert not allowed(given, Asked("kms:Decrypt", f"{key}0", {**through, "kms:ResourceAliases": ("alias/x",)}))


@pytest.mark.parametrize(
    "wrong", ["role-x", SERVICE_ROLE.replace("1", "2"), SERVICE_ROLE.replace("aws", "aws-cn"), f"{SERVICE_ROLE} "]
)
def test_what_is_no_role_of_the_account_is_refused(wrong: str, scope: Make, templates: TemplateSet) -> None:
    with pytest.raises(SettingsError, match="is not the ARN of a role of 111122223333"):
        access_for("deployer", scope(), templates, service_role=wrong)


WRITES = re.compile(":(Create|Put|Update|Delete|Set|Execute|Start|Stop|Redrive|Continue|Publish|Tag|Untag|Detect)")
PAYMENTS = {
    *("states:DescribeExecution", "states:GetExecutionHistory", "dynamodb:GetItem", "sqs:ReceiveMessage"),
    *("kms:Decrypt", "s3:GetObject", "lambda:GetFunction", "secretsmanager:GetSecretValue"),
}


def test_a_reader_changes_nothing_and_sees_no_payment(scope: Make, templates: TemplateSet) -> None:
    found = statements(access_for("reader", scope(), templates))
    actions = {action for each in found for action in each["Action"]}
    assert {each for each in actions if WRITES.search(each)} == {"logs:StartQuery"}
    assert actions & PAYMENTS == {"kms:Decrypt"}
    used = {
        "kms:ResourceAliases": ("alias/dynamodb-transactions-dev",),
        "kms:EncryptionContext:aws:dynamodb:tableName": ("dynamodb-transactions-dev",),
    }
    key = "arn:aws:kms:eu-west-2:111122223333:key/1"
    through = {"kms:ViaService": ("dynamodb.eu-west-2.amazonaws.com",)}
    assert allowed(found, Asked("kms:Decrypt", key, {**used, **through}))
    assert not allowed(found, Asked("kms:Decrypt", key, used))
    group = "arn:aws:logs:eu-west-2:111122223333:log-group:/aws/{}-dev:*"
    assert allowed(found, Asked("logs:FilterLogEvents", group.format("vendedlogs/states/sfn-payment-workflow")))
    assert not allowed(found, Asked("logs:FilterLogEvents", group.format("lambda/lambda-payment-processing")))


@pytest.mark.parametrize("role", ["reader", "planner"])
@pytest.mark.parametrize(
    ("attributes", "select", "is_allowed"),
    [
        (("open_shard", "open_since"), "SPECIFIC_ATTRIBUTES", True),
        (("open_shard", "open_since", "amount"), "SPECIFIC_ATTRIBUTES", False),
        (("open_shard",), "ALL_PROJECTED_ATTRIBUTES", False),
    ],
)
def test_open_payments_are_counted_by_their_times_alone(
    role: Any, attributes: tuple[str, ...], select: str, is_allowed: bool, scope: Make, templates: TemplateSet
) -> None:
    found = statements(access_for(role, scope(), templates))
    table = "arn:aws:dynamodb:eu-west-2:111122223333:table/dynamodb-transactions-dev"
    asked = {"dynamodb:Attributes": attributes, "dynamodb:Select": (select,)}
    assert allowed(found, Asked("dynamodb:Query", f"{table}/index/open-payments", asked)) is is_allowed
    assert not allowed(found, Asked("dynamodb:Query", table, asked))


def test_a_reader_does_not_see_the_workflows_log_where_it_holds_payments(scope: Make, templates: TemplateSet) -> None:
    found = statements(access_for("reader", scope(), build_set(Settings(log_execution_data=True))))
    assert not any("logs:FilterLogEvents" in each["Action"] for each in found)


def test_a_keeper_changes_rows_and_neither_deletes_one_nor_pays(scope: Make, templates: TemplateSet) -> None:
    found = statements(access_for("keeper", scope(), templates))
    actions = {action for each in found for action in each["Action"]}
    rows = {"dynamodb:GetItem", "dynamodb:UpdateItem", "dynamodb:PutItem", "dynamodb:Query"}
    assert {each for each in actions if each.startswith("dynamodb:")} == rows
    assert {each for each in actions if each.startswith("states:")} == {
        "states:ListExecutions",
        "states:DescribeExecution",
    }
    table = "arn:aws:dynamodb:eu-west-2:111122223333:table/dynamodb-transactions-dev"
    assert allowed(found, Asked("dynamodb:Query", f"{table}/index/open-payments"))
    assert not allowed(found, Asked("dynamodb:Query", table))
    assert not allowed(found, Asked("dynamodb:UpdateItem", f"{table}-2"))


def test_a_planner_makes_change_sets_and_stores_templates_alone(scope: Make, templates: TemplateSet) -> None:
    for service_role in ("", SERVICE_ROLE):
        found = statements(access_for("planner", scope(), templates, service_role=service_role))
        actions = {action for each in found for action in each["Action"]}
        assert {each for each in actions if WRITES.search(each)} == {
            *(
                f"cloudformation:{each}"
                for each in ("CreateChangeSet", "DeleteChangeSet", "TagResource", "UntagResource")
            ),
            "s3:PutObject",
        }
        assert not actions & (PAYMENTS - {"s3:GetObject", "kms:Decrypt"})
        stored = "arn:aws:s3:::artifacts/payflow/{}"
        assert allowed(found, Asked("s3:PutObject", stored.format("root-1.json")))
        assert not allowed(found, Asked("s3:PutObject", stored.format("artifacts/processing-1.zip")))
        nested = "arn:aws:cloudformation:eu-west-2:111122223333:stack/payflow-dev-Storage-1AB/2"
        via = {"aws:CalledVia": ("cloudformation.amazonaws.com",)}
        assert allowed(found, Asked("cloudformation:CreateChangeSet", nested, via)) is (not service_role)
        assert not allowed(found, Asked("cloudformation:CreateChangeSet", nested))
        for service, is_passed in (("cloudformation", bool(service_role)), ("lambda", False)):
            passed = Asked("iam:PassRole", SERVICE_ROLE, {"iam:PassedToService": (f"{service}.amazonaws.com",)})
            assert allowed(found, passed) is is_passed


def test_a_caller_starts_and_reads_executions_under_the_workflows_key_alone(
    scope: Make, templates: TemplateSet
) -> None:
    found = statements(access_for("caller", scope(), templates))
    assert {action for each in found for action in each["Action"]} == {
        *("states:StartExecution", "states:DescribeExecution", "kms:Decrypt", "kms:GenerateDataKey"),
    }
    machine = "arn:aws:states:eu-west-2:111122223333:stateMachine:sfn-payment-workflow-dev"
    assert not allowed(found, Asked("states:StartExecution", f"{machine}-2"))
    key = "arn:aws:kms:eu-west-2:111122223333:key/1"
    used = {"kms:ResourceAliases": ("alias/sfn-payment-workflow-dev",)}
    context = {"kms:EncryptionContext:aws:states:stateMachineArn": (machine,)}
    for action in ("kms:Decrypt", "kms:GenerateDataKey"):
        assert allowed(found, Asked(action, key, {**used, **context}))
        assert not allowed(found, Asked(action, key, used))
        assert not allowed(found, Asked(action, key, {**context, "kms:ResourceAliases": ("alias/other",)}))


def test_an_operator_writes_no_row_and_invokes_only_what_asks_and_settles(scope: Make, templates: TemplateSet) -> None:
    found = statements(access_for("operator", scope(), templates))
    actions = {action for each in found for action in each["Action"]}
    assert {each for each in actions if each.startswith("dynamodb:")} == {
        "dynamodb:GetItem",
        "dynamodb:DescribeTable",
        "dynamodb:Query",
    }
    assert {each for each in actions if each.startswith("lambda:")} == {"lambda:InvokeFunction"}
    assert {"states:RedriveExecution", "sns:Publish", "sqs:DeleteMessage"} <= actions
    assert "cloudformation:ContinueUpdateRollback" not in actions
    recovering = statements(access_for("operator", scope(), templates, service_role=SERVICE_ROLE))
    stack = "arn:aws:cloudformation:eu-west-2:111122223333:stack/payflow-dev/1"
    assert allowed(recovering, Asked("cloudformation:ContinueUpdateRollback", stack))
