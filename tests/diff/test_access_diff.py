"""What two sets allow differently, in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from payflow_cfn.diff import AccessChange, Change, diff_sets

from .conftest import Templates, one_stack, properties

After = Callable[..., list[Change]]


def access(changes: list[Change]) -> list[tuple[bool, bool, str]]:
    """(alarming, wider, sentence) of each."""
    return [(each.alarming, each.wider, each.text) for each in changes if isinstance(each, AccessChange)]


def statement(action: Any = "s:Do", resource: Any = "arn:x", effect: str = "Allow", **more: Any) -> dict[str, Any]:
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


def role(*statements: dict[str, Any], **more: Any) -> Templates:
    policy = {"PolicyName": "p", "PolicyDocument": {"Statement": list(statements)}}
    return one_stack(Role=("AWS::IAM::Role", {"RoleName": "worker", "Policies": [policy], **more}))


def topic(*statements: dict[str, Any]) -> Templates:
    return one_stack(
        Topic=("AWS::SNS::Topic", {"TopicName": "news"}),
        Policy=(
            "AWS::SNS::TopicPolicy",
            {"Topics": [{"Ref": "Topic"}], "PolicyDocument": {"Statement": list(statements)}},
        ),
    )


def test_a_dropped_action_is_told_with_the_role_and_the_table(after: After) -> None:
    def edit(templates: Templates) -> None:
        made = properties(templates, "functions", "ValidationRole")["Policies"][0]["PolicyDocument"]["Statement"]
        made[:] = [each for each in made if "dynamodb:PutItem" not in each["Action"]]

    text = "role-lambda-validation-dev may no longer dynamodb:PutItem on the table dynamodb-transactions-dev"
    assert access(after(edit)) == [(False, False, text)]


def test_a_key_that_admits_anyone_is_alarming(after: After) -> None:
    def edit(templates: Templates) -> None:
        made = properties(templates, "encryption", "SnsKey")["KeyPolicy"]["Statement"]
        made.append(statement("kms:Decrypt", "*", Principal="*"))

    assert access(after(edit)) == [(True, True, "anyone may now kms:Decrypt on the key Encryption/SnsKey")]


@pytest.mark.parametrize("principal", ["*", {"AWS": "*"}, {"AWS": ["*"]}])
def test_every_spelling_of_anyone_is_anyone(principal: Any) -> None:
    found = access(diff_sets(topic(), topic(statement("sns:Publish", "*", Principal=principal))))
    assert found == [(True, True, "anyone may now sns:Publish on the topic news")]


@pytest.mark.parametrize(
    ("principal", "wanted"),
    [
        ({"Service": "cloudwatch.amazonaws.com"}, "cloudwatch.amazonaws.com"),
        ({"AWS": "123456789012"}, "the account 123456789012"),
        ({"AWS": "arn:aws:iam::123456789012:root"}, "the account 123456789012"),
        (
            {"AWS": {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}},
            "this account (whom its IAM policies allow)",
        ),
        ({"AWS": {"Ref": "AWS::AccountId"}}, "this account (whom its IAM policies allow)"),
    ],
)
def test_a_party_is_named(principal: Any, wanted: str) -> None:
    found = access(diff_sets(one_stack(), topic(statement("sns:Publish", "*", Principal=principal))))
    assert [text for _, _, text in found] == [f"{wanted} may now sns:Publish on the topic news"]
    assert found[0][0] is wanted.startswith("the account")


def test_the_whole_key_for_our_own_account_is_not_alarming_and_for_another_it_is() -> None:
    def key(account: str) -> Templates:
        own = statement("kms:*", "*", Principal={"AWS": {"Fn::Sub": f"arn:${{AWS::Partition}}:iam::{account}:root"}})
        return one_stack(Key=("AWS::KMS::Key", {"KeyPolicy": {"Statement": [own]}}))

    assert [each[0] for each in access(diff_sets(one_stack(), key("${AWS::AccountId}")))] == [False]
    assert [each[0] for each in access(diff_sets(one_stack(), key("123456789012")))] == [True]


def test_a_renamed_thing_is_called_by_its_new_name() -> None:
    def table(name: str, *statements: dict[str, Any]) -> Templates:
        found = role(*statements)
        found["root.json"]["Resources"]["Table"] = {"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": name}}
        return found

    read, write = (statement(f"dynamodb:{each}", {"Fn::GetAtt": ["Table", "Arn"]}) for each in ("GetItem", "PutItem"))
    found = access(diff_sets(table("old", read), table("new", read, write)))
    assert found == [(True, True, "worker may now dynamodb:PutItem on the table new")]


def test_what_is_within_a_thing_is_told_with_it() -> None:
    new = role(statement("s:Do", {"Fn::Sub": "${Table.Arn}/index/*"}), statement("s:Do", {"Fn::Sub": "${Table.Arn}"}))
    new["root.json"]["Resources"]["Table"] = {"Type": "AWS::DynamoDB::Table"}
    assert [text for _, _, text in access(diff_sets(one_stack(), new))] == [
        "worker may now s:Do on the table Table",
        "worker may now s:Do on the table Table (/index/*)",
    ]


def test_everyone_but_somebody_is_alarming() -> None:
    found = access(diff_sets(topic(), topic(statement("sns:Publish", "*", NotPrincipal={"AWS": "arn:x"}))))
    assert found == [(True, True, "everyone but arn:x may now sns:Publish on the topic news")]


@pytest.mark.parametrize(
    ("new", "text"),
    [
        (statement("*"), "worker may now * on arn:x"),
        (statement("s3:*"), "worker may now s3:* on arn:x"),
        (statement("s3:Get", "*"), "worker may now s3:Get on everything"),
        (
            {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"},
            "worker may now do everything but iam:* on everything",
        ),
        ({"Effect": "Allow", "Action": "s:X", "NotResource": "arn:y"}, "worker may now s:X on everything but arn:y"),
    ],
)
def test_a_wildcard_is_alarming(new: dict[str, Any], text: str) -> None:
    assert access(diff_sets(role(), role(new))) == [(True, True, text)]


def test_a_denial_takes_and_its_end_gives() -> None:
    denied = role(statement(effect="Deny"))
    assert access(diff_sets(role(), denied)) == [(False, False, "worker is now denied s:Do on arn:x")]
    assert access(diff_sets(denied, role())) == [(True, True, "worker is no longer denied s:Do on arn:x")]


def test_a_condition_that_goes_gives_more_and_one_that_comes_less() -> None:
    free = topic(statement("sns:Publish", "*", Principal="*"))
    bound = topic(statement("sns:Publish", "*", Principal="*", Condition={"Bool": {"aws:SecureTransport": "true"}}))
    other = topic(statement("sns:Publish", "*", Principal="*", Condition={"Bool": {"aws:SecureTransport": "false"}}))
    ((alarming, wider, text),) = access(diff_sets(bound, free))
    assert (alarming, wider) == (True, True)
    assert text.endswith("without the condition aws:SecureTransport Bool true")
    ((alarming, wider, text),) = access(diff_sets(free, bound))
    assert (alarming, wider) == (False, False)
    assert text.endswith("on the topic news only if aws:SecureTransport Bool true")
    ((_, wider, text),) = access(diff_sets(bound, other))
    assert wider
    assert "under another condition" in text


def test_a_changed_condition_shows_only_what_changed_for_all_its_actions() -> None:
    def limited(*arns: str, **more: str) -> Any:
        condition = {"ArnLike": {"aws:SourceArn": list(arns)}, "StringEquals": {"aws:SourceAccount": "1", **more}}
        return topic(statement(["sns:Publish", "sns:Subscribe"], "*", Principal="*", Condition=condition))

    start = "anyone may sns:Publish, sns:Subscribe on the topic news under another condition: "
    for before, after, tests in (
        (limited("a", "b"), limited("a", "b", "c"), "aws:SourceArn ArnLike also c"),
        (limited("a", "b"), limited("b", "d"), "aws:SourceArn ArnLike also d, no longer a"),
        (limited("a"), limited("b"), "aws:SourceArn ArnLike a -> b"),
        (limited("a", x="1"), limited("a"), "without x StringEquals 1"),
        (limited("a"), limited("a", x="1"), "only x StringEquals 1"),
    ):
        assert [text for *_, text in access(diff_sets(before, after))] == [f"{start}{tests}"]


def test_a_denial_under_a_condition_is_told_as_one() -> None:
    bound = role(statement(effect="Deny", Condition={"Bool": {"a": "true"}}))
    ((_, wider, text),) = access(diff_sets(role(statement(effect="Deny")), bound))
    assert (wider, text) == (True, "worker is denied s:Do on arn:x only if a Bool true")


def test_the_same_grants_written_differently_are_no_change() -> None:
    one = role(statement(["s:A", "s:B"], ["arn:x", "arn:y"]))
    other = role(statement("s:A", ["arn:y", "arn:x"]), statement("s:B", "arn:x"), statement("s:B", "arn:y"))
    assert access(diff_sets(one, other)) == []


def test_a_policy_of_its_own_counts_for_its_role() -> None:
    held = {"Roles": [{"Ref": "Role"}], "PolicyDocument": {"Statement": statement()}}
    kinds = ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy")
    for kind in kinds:
        new = role()
        new["root.json"]["Resources"]["P"] = {"Type": kind, "Properties": {"PolicyName": "p", **held}}
        assert access(diff_sets(role(), new)) == [(True, True, "worker may now s:Do on arn:x")]


def test_trust_permissions_boundaries_and_managed_policies_are_told() -> None:
    trust = {
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "x.amazonaws.com"}, "Action": "sts:AssumeRole"}]
    }
    bare = role()
    assert access(diff_sets(bare, role(AssumeRolePolicyDocument=trust))) == [
        (True, True, "x.amazonaws.com may now sts:AssumeRole on the role worker")
    ]
    assert access(diff_sets(role(PermissionsBoundary="arn:b"), bare)) == [
        (True, True, "worker has no permissions boundary any more (arn:b)")
    ]
    assert access(diff_sets(bare, role(ManagedPolicyArns=["arn:m"]))) == [
        (True, True, "worker now has the managed policy arn:m")
    ]
    assert access(diff_sets(role(ManagedPolicyArns=["arn:m"]), bare)) == [
        (False, False, "worker no longer has the managed policy arn:m")
    ]


def test_a_function_that_anyone_may_invoke_is_alarming() -> None:
    given = {"Action": "lambda:InvokeFunction", "Principal": "*", "FunctionName": "f"}
    old, new = one_stack(), one_stack(P=("AWS::Lambda::Permission", given))
    assert access(diff_sets(old, new)) == [(True, True, "anyone may now lambda:InvokeFunction on f")]
    bound = {**given, "SourceAccount": "1", "FunctionName": {"Ref": "F"}}
    function = ("AWS::Lambda::Function", {"FunctionName": "f"})
    with_new, with_old = one_stack(P=("AWS::Lambda::Permission", bound), F=function), one_stack(F=function)
    assert [each[0] for each in access(diff_sets(old, with_new))] == [False]
    assert [each[0] for each in access(diff_sets(with_old, with_new))] == [True]


@pytest.mark.parametrize(("policy", "wanted"), [("Retain", 0), ("Delete", 1)])
def test_a_key_that_is_removed_and_kept_keeps_its_policy(policy: str, wanted: int) -> None:
    given = {"KeyPolicy": {"Statement": [statement("kms:Decrypt", "*", Principal={"Service": "s"})]}}
    old = one_stack(Key=("AWS::KMS::Key", given))
    old["root.json"]["Resources"]["Key"]["DeletionPolicy"] = policy
    assert len(access(diff_sets(old, one_stack()))) == wanted


def test_a_policy_given_as_text_is_read() -> None:
    text = (
        '{"Statement": {"Effect": "Allow", "Principal": {"Service": "s"}, "Action": "logs:Put", "Resource": "arn:l"}}'
    )
    new = one_stack(P=("AWS::Logs::ResourcePolicy", {"PolicyName": "p", "PolicyDocument": text}))
    assert access(diff_sets(one_stack(), new)) == [(True, True, "s may now logs:Put on arn:l")]


def test_a_condition_is_read_in_one_order() -> None:
    condition = {"StringEquals": {"b": ["y", "x"], "a": "z"}}
    new = role(statement(Condition=condition))
    assert access(diff_sets(role(), new)) == [
        (True, True, "worker may now s:Do on arn:x if a StringEquals z and b StringEquals x or y")
    ]
    for same in ({"a": "z", "b": ["x", "y"]}, {"a": ["z"], "b": ["x", "y"]}):
        assert access(diff_sets(new, role(statement(Condition={"StringEquals": same})))) == []


def test_the_most_alarming_comes_first() -> None:
    new = role(statement("s:B"))
    policy = {"PolicyName": "p", "PolicyDocument": {"Statement": statement("s:C")}}
    new["root.json"]["Resources"]["New"] = {
        "Type": "AWS::IAM::Role",
        "Properties": {"RoleName": "new", "Policies": [policy]},
    }
    found = access(diff_sets(role(statement("s:A")), new))
    assert [(alarming, wider) for alarming, wider, _ in found] == [(True, True), (False, True), (False, False)]


def test_a_narrow_grant_is_marked_if_it_is_about_a_resource_that_exists() -> None:
    read = statement("dynamodb:GetItem", {"Fn::GetAtt": ["Table", "Arn"]})
    worker = {"Policies": [{"PolicyName": "p", "PolicyDocument": {"Statement": read}}]}
    table: tuple[str, dict[str, Any]] = ("AWS::DynamoDB::Table", {})
    bare: tuple[str, dict[str, Any]] = ("AWS::IAM::Role", {})
    reader = ("AWS::IAM::Role", worker)
    both = one_stack(Table=table, Role=reader)
    for before, marked in (
        (one_stack(), False),
        (one_stack(Table=table), True),
        (one_stack(Role=bare), True),
        (one_stack(Table=table, Role=bare), True),
    ):
        assert access(diff_sets(before, both)) == [(marked, True, "Role may now dynamodb:GetItem on the table Table")]


# (type, properties, whether it is alarming, sentence)
SHARES: list[tuple[str, dict[str, Any], bool, str]] = [
    (
        "AWS::Lambda::Url",
        {"AuthType": "NONE", "TargetFunctionArn": "f"},
        True,
        "anyone may now lambda:InvokeFunctionUrl on f",
    ),
    (
        "AWS::Lambda::Url",
        {"AuthType": "AWS_IAM", "TargetFunctionArn": "f"},
        True,
        "a caller whom IAM allows may now lambda:InvokeFunctionUrl on f",
    ),
    (
        "AWS::Lambda::LayerVersionPermission",
        {"Action": "lambda:GetLayerVersion", "Principal": "*", "LayerVersionArn": "l"},
        True,
        "anyone may now lambda:GetLayerVersion on l",
    ),
    (
        "AWS::Lambda::EventSourceMapping",
        {"FunctionName": "f", "EventSourceArn": "q"},
        True,
        "f may now take every message on q",
    ),
    (
        "AWS::Lambda::EventInvokeConfig",
        {"FunctionName": "f", "DestinationConfig": {"OnSuccess": {"Destination": "arn:aws:sns:x:444455556666:t"}}},
        True,
        "arn:aws:sns:x:444455556666:t may now receive every answer on f",
    ),
    (
        "AWS::DynamoDB::Table",
        {"KinesisStreamSpecification": {"StreamArn": "arn:aws:kinesis:x:444455556666:stream/s"}},
        True,
        "arn:aws:kinesis:x:444455556666:stream/s may now receive every change on the table Added",
    ),
    (
        "AWS::SQS::Queue",
        {"RedrivePolicy": {"deadLetterTargetArn": "arn:aws:sqs:x:444455556666:q"}},
        True,
        "arn:aws:sqs:x:444455556666:q may now receive every message that fails on the queue Added",
    ),
    (
        "AWS::SecretsManager::Secret",
        {"ReplicaRegions": [{"Region": "us-west-1"}]},
        False,
        "Secrets Manager in us-west-1 may now receive every version on the secret Added",
    ),
    (
        "AWS::SNS::Topic",
        {"TopicName": "t", "Subscription": [{"Protocol": "sqs", "Endpoint": "arn:aws:sqs:x:444455556666:q"}]},
        True,
        "arn:aws:sqs:x:444455556666:q may now receive every message on the topic t",
    ),
    (
        "AWS::IAM::User",
        {"LoginProfile": {"Password": "p"}},
        True,
        "a person with the password may now act on the User Added",
    ),
    ("AWS::IAM::User", {"Groups": ["admins"]}, True, "the user may now use every permission on admins"),
    (
        "AWS::ApiGateway::Method",
        {"Integration": {"Credentials": "r"}},
        False,
        "apigateway.amazonaws.com may now call as r on the Method Added",
    ),
    ("X", {"RoleArn": "r"}, False, "x.amazonaws.com may now call as r on the X Added"),
    (
        "AWS::Events::EventBus",
        {"Policy": {"Statement": {"Effect": "Allow", "Principal": "*", "Action": "events:PutEvents"}}},
        True,
        "anyone may now events:PutEvents on the EventBus Added",
    ),
    (
        "AWS::XRay::ResourcePolicy",
        {"PolicyDocument": '{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "xray:Put"}}'},
        True,
        "anyone may now xray:Put on the ResourcePolicy Added",
    ),
    (
        "AWS::SNS::Subscription",
        {"TopicArn": "t", "Endpoint": "a@b.example"},
        True,
        "a@b.example may now receive every message on t",
    ),
    (
        "AWS::Events::Rule",
        {"Targets": [{"Arn": "m", "RoleArn": "r"}]},
        True,
        "events.amazonaws.com may now call as r on m",
    ),
    (
        "AWS::Scheduler::Schedule",
        {"Target": {"Arn": "m", "RoleArn": "r"}},
        True,
        "scheduler.amazonaws.com may now call as r on m",
    ),
    ("AWS::Pipes::Pipe", {"RoleArn": "r", "Target": "m"}, True, "pipes.amazonaws.com may now call as r on m"),
    (
        "AWS::IAM::UserToGroupAddition",
        {"GroupName": "admins", "Users": ["eve"]},
        True,
        "eve may now use every permission on admins",
    ),
    ("AWS::IAM::AccessKey", {"UserName": "eve"}, True, "a person with the access key may now act on eve"),
    (
        "AWS::IAM::InstanceProfile",
        {"Roles": ["r"]},
        True,
        "ec2.amazonaws.com may now act as an instance on r",
    ),
    (
        "AWS::Logs::SubscriptionFilter",
        {"LogGroupName": "g", "DestinationArn": "d"},
        True,
        "d may now receive every log event on g",
    ),
    (
        "AWS::Events::EventBusPolicy",
        {"StatementId": "s"},
        True,
        "whom it names may now do whatever it grants on the EventBusPolicy Added",
    ),
]


@pytest.mark.parametrize(("kind", "given", "alarming", "text"), SHARES, ids=[f"{a} {d}" for a, _, _, d in SHARES])
def test_what_grants_without_a_document_is_told(kind: str, given: dict[str, Any], alarming: bool, text: str) -> None:
    found = access(diff_sets(one_stack(), one_stack(Added=(kind, given))))
    assert found == [(alarming, True, text)]


@pytest.mark.parametrize(
    ("kind", "properties", "thing"),
    [
        ("AWS::SNS::TopicInlinePolicy", {"TopicArn": "t"}, "t"),
        ("AWS::SQS::QueueInlinePolicy", {"Queue": "q"}, "q"),
        ("AWS::S3::BucketPolicy", {"Bucket": "b"}, "b"),
    ],
)
def test_an_attached_policy_is_read(kind: str, properties: dict[str, Any], thing: str) -> None:
    document = {"Statement": statement("s:Do", "*", Principal="*")}
    found = access(diff_sets(one_stack(), one_stack(Added=(kind, {**properties, "PolicyDocument": document}))))
    assert found == [(True, True, f"anyone may now s:Do on {thing}")]


def test_a_replica_key_has_a_policy_like_a_key() -> None:
    policy = {"Statement": statement("kms:Decrypt", "*", Principal="*")}
    (found,) = access(diff_sets(one_stack(), one_stack(Added=("AWS::KMS::ReplicaKey", {"KeyPolicy": policy}))))
    assert found == (True, True, "anyone may now kms:Decrypt on the ReplicaKey Added")


@pytest.mark.parametrize(
    ("new", "alarming"),
    [
        (statement("s3:Get*"), True),
        (statement("kms:GenerateDataKey*"), False),
        (statement("s3:GetObject", "arn:aws:s3:::b/*"), True),
        ({"Effect": "Allow", "NotAction": "iam:*", "Resource": "arn:x"}, True),
        (statement("s3:*", Condition={"Bool": {"aws:SecureTransport": "true"}}), True),
        (statement("s3:*", Condition={"StringEquals": {"aws:PrincipalOrgID": "o"}}), False),
    ],
)
def test_a_wide_grant_is_alarming(new: dict[str, Any], alarming: bool) -> None:
    assert [each[0] for each in access(diff_sets(one_stack(), role(new)))] == [alarming]


@pytest.mark.parametrize(
    "principal", [{"AWS": "arn:aws:iam::444455556666:role/x"}, {"AWS": "arn:aws:iam::*:role/x"}], ids=str
)
def test_a_role_of_another_account_is_alarming(principal: Any) -> None:
    trusted = {"Statement": statement("sts:AssumeRole", Principal=principal)}
    assert [each[0] for each in access(diff_sets(role(), role(AssumeRolePolicyDocument=trusted)))] == [True]


@pytest.mark.parametrize(
    ("before", "after", "alarming"),
    [
        ({"a": "1", "b": "2"}, {"a": "1"}, True),
        ({"a": "1"}, {"a": ["1", "2"]}, True),
        ({"a": ["1", "2"]}, {"a": "1", "b": "2"}, False),
    ],
)
def test_a_condition_that_lets_more_through_is_alarming(
    before: dict[str, Any], after: dict[str, Any], alarming: bool
) -> None:
    def sets(test: dict[str, Any], effect: str) -> Templates:
        return role(statement(effect=effect, Condition={"StringEquals": test}))

    allowed = access(diff_sets(sets(before, "Allow"), sets(after, "Allow")))
    denied = access(diff_sets(sets(after, "Deny"), sets(before, "Deny")))
    assert [each[0] for each in (*allowed, *denied)] == [alarming, alarming]


def test_another_boundary_and_an_administrator_are_alarming() -> None:
    bound, other, admin = (
        role(PermissionsBoundary="arn:b"),
        role(PermissionsBoundary="arn:c"),
        role(ManagedPolicyArns=["arn:aws:iam::aws:policy/AdministratorAccess"]),
    )
    assert [each[0] for each in access(diff_sets(bound, other))] == [True]
    assert [each[0] for each in access(diff_sets(role(), admin))] == [True]


def test_a_user_s_boundary_and_managed_policies_are_told() -> None:
    def user(**given: Any) -> Templates:
        return one_stack(User=("AWS::IAM::User", {"UserName": "eve", **given}))

    gone = access(diff_sets(user(PermissionsBoundary="arn:b"), user()))
    assert gone == [(True, True, "eve has no permissions boundary any more (arn:b)")]
    assert access(diff_sets(user(), user(ManagedPolicyArns=["arn:m"]))) == [
        (True, True, "eve now has the managed policy arn:m")
    ]
