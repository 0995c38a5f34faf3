"""The weakenings of access that are put into the shipped set, one at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

Template = dict[str, Any]
Make = Callable[[Template], object]


@dataclass(frozen=True, slots=True)
class Weakening:
    """One wider access in one template; `make` changes the parsed template in place."""

    area: str
    name: str
    template: str
    make: Make


def _arn(service: str, rest: str, account: str = "${AWS::AccountId}") -> dict[str, Any]:
    return {"Fn::Sub": f"arn:${{AWS::Partition}}:{service}:${{AWS::Region}}:{account}:{rest}"}


def _iam(rest: str, account: str = "${AWS::AccountId}") -> dict[str, Any]:
    return {"Fn::Sub": f"arn:${{AWS::Partition}}:iam::{account}:{rest}"}


STRANGER = "999988887777"
ROOT_OF_STRANGER = _iam("root", STRANGER)


def _p(template: Template, logical: str) -> dict[str, Any]:
    found: dict[str, Any] = template["Resources"][logical]["Properties"]
    return found


def _allow(action: Any, resource: Any, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def _document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _grants(template: Template, role: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = _p(template, role)["Policies"][0]["PolicyDocument"]["Statement"]
    return found


def _sid(statements: list[dict[str, Any]], sid: str) -> dict[str, Any]:
    return next(each for each in statements if each["Sid"] == sid)


def _grant(template: Template, role: str, sid: str) -> dict[str, Any]:
    return _sid(_grants(template, role), sid)


def _trust(template: Template, role: str) -> dict[str, Any]:
    found: dict[str, Any] = _p(template, role)["AssumeRolePolicyDocument"]["Statement"][0]
    return found


def _key(template: Template, key: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = _p(template, key)["KeyPolicy"]["Statement"]
    return found


def _resource_policy(template: Template, policy: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = _p(template, policy)["PolicyDocument"]["Statement"]
    return found


def _add(template: Template, logical: str, kind: str, **properties: Any) -> None:
    template["Resources"][logical] = {"Type": kind, "Properties": properties}


def _of_roles() -> Iterator[tuple[str, str, Make]]:
    table, validation, workflow = {"Ref": "TransactionsTableArn"}, "ValidationRole", "WorkflowRole"
    yield (
        "functions",
        "an action in other letters",
        lambda t: _grants(t, validation).append(_allow("DYNAMODB:deleteitem", table)),
    )
    yield (
        "functions",
        "an action with a wildcard inside",
        lambda t: _grant(t, validation, "StoreValidation").update(Action=["dynamodb:*Item"]),
    )
    yield (
        "functions",
        "all actions but one",
        lambda t: _grants(t, validation).append(
            {"Effect": "Allow", "NotAction": ["dynamodb:DeleteTable"], "Resource": table}
        ),
    )
    yield (
        "functions",
        "all tables but one",
        lambda t: _grants(t, validation).append(
            {"Effect": "Allow", "Action": ["dynamodb:PutItem"], "NotResource": [_arn("dynamodb", "table/other")]}
        ),
    )
    yield "functions", "a condition dropped", lambda t: _grant(t, validation, "UseTableKey").pop("Condition")
    yield (
        "functions",
        "one key of a condition dropped",
        lambda t: _grant(t, validation, "UseTableKey")["Condition"].pop("StringEquals"),
    )
    yield (
        "functions",
        "a condition that holds without its key",
        lambda t: _rename(
            _grant(t, validation, "UseEnvironmentKey")["Condition"], "StringEquals", "StringEqualsIfExists"
        ),
    )
    yield (
        "functions",
        "a condition over no values",
        lambda t: _rename(
            _grant(t, validation, "UseEnvironmentKey")["Condition"], "StringEquals", "ForAllValues:StringEquals"
        ),
    )
    yield (
        "functions",
        "a condition with a pattern for its value",
        lambda t: _grant(t, validation, "UseTableKey")["Condition"].update({"StringLike": {"kms:ViaService": "*"}}),
    )
    yield "workflow", "metrics of every namespace", lambda t: _grant(t, workflow, "CountUnknown").pop("Condition")
    yield (
        "workflow",
        "functions by a pattern",
        lambda t: _grant(t, workflow, "InvokeFunctions").update(Resource=[_arn("lambda", "function:lambda-payment-*")]),
    )
    yield (
        "functions",
        "every secret",
        lambda t: _p(t, "ProcessingRole")["Policies"][1]["Fn::If"][1]["PolicyDocument"]["Statement"][0].update(
            Resource=[_arn("secretsmanager", "secret:*")]
        ),
    )
    yield "functions", "logs of every group", lambda t: _grant(t, validation, "WriteLogs").update(Resource="*")
    yield (
        "functions",
        "a grant behind a condition",
        lambda t: _grants(t, "ProcessingRole").append(
            {"Fn::If": ["HasGatewaySecret", _allow("dynamodb:Scan", table), {"Ref": "AWS::NoValue"}]}
        ),
    )
    yield "workflow", "a role to pass on", lambda t: _grants(t, workflow).append(_allow("iam:PassRole", "*"))
    yield (
        "workflow",
        "roles to assume",
        lambda t: _grants(t, workflow).append(_allow(["sts:AssumeRole"], [_iam("role/*")])),
    )


def _rename(container: dict[str, Any], old: str, new: str) -> None:
    container[new] = container.pop(old)


def _of_trust() -> Iterator[tuple[str, str, Make]]:
    validation, workflow = "ValidationRole", "WorkflowRole"
    yield (
        "functions",
        "a second service",
        lambda t: _trust(t, validation).update(Principal={"Service": ["lambda.amazonaws.com", "ec2.amazonaws.com"]}),
    )
    yield (
        "functions",
        "everybody in the account",
        lambda t: _trust(t, validation).update(
            Principal={"Service": "lambda.amazonaws.com", "AWS": {"Ref": "AWS::AccountId"}}
        ),
    )
    yield (
        "functions",
        "everybody in an organisation",
        lambda t: _p(t, validation)["AssumeRolePolicyDocument"]["Statement"].append(
            {
                "Effect": "Allow",
                "Principal": {"AWS": "*"},
                "Action": "sts:AssumeRole",
                "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1234567890"}},
            }
        ),
    )
    yield (
        "functions",
        "another account",
        lambda t: _p(t, "ProcessingRole")["AssumeRolePolicyDocument"]["Statement"].append(
            {"Effect": "Allow", "Principal": {"AWS": STRANGER}, "Action": ["sts:AssumeRole"]}
        ),
    )
    yield "workflow", "no source", lambda t: _trust(t, workflow).pop("Condition")
    yield (
        "workflow",
        "every state machine",
        lambda t: _trust(t, workflow)["Condition"].update(ArnLike={"aws:SourceArn": _arn("states", "stateMachine:*")}),
    )
    yield (
        "workflow",
        "tags from the one who assumes",
        lambda t: _trust(t, workflow).update(Action=["sts:AssumeRole", "sts:TagSession"]),
    )
    yield (
        "functions",
        "a web identity",
        lambda t: _p(t, "ProcessingRole")["AssumeRolePolicyDocument"]["Statement"].append(
            {
                "Effect": "Allow",
                "Principal": {"Federated": _iam("oidc-provider/token.actions.githubusercontent.com")},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {"StringLike": {"token.actions.githubusercontent.com:sub": "repo:*"}},
            }
        ),
    )
    yield (
        "functions",
        "all but one account",
        lambda t: _p(t, validation)["AssumeRolePolicyDocument"]["Statement"].append(
            {"Effect": "Allow", "NotPrincipal": {"AWS": ROOT_OF_STRANGER}, "Action": "sts:AssumeRole"}
        ),
    )


def _of_keys() -> Iterator[tuple[str, str, Make]]:
    yield "encryption", "administered by everybody", lambda t: _key(t, "DynamodbKey")[0].update(Principal={"AWS": "*"})
    yield (
        "encryption",
        "read by another account",
        lambda t: _key(t, "DynamodbKey").append(_allow(["kms:Decrypt"], "*", Principal={"AWS": ROOT_OF_STRANGER})),
    )
    yield "encryption", "every log group", lambda t: _sid(_key(t, "CloudwatchKey"), "AllowLogs").pop("Condition")
    yield (
        "encryption",
        "every alarm",
        lambda t: _sid(_key(t, "SnsKey"), "AllowAlarms")["Condition"]["ArnLike"].update(
            {"aws:SourceArn": _arn("cloudwatch", "alarm:*")}
        ),
    )
    yield (
        "encryption",
        "grants to others",
        lambda t: _sid(_key(t, "SnsKey"), "AllowTopicToQueue")["Action"].append("kms:CreateGrant"),
    )
    yield (
        "encryption",
        "topics of every account",
        lambda t: _sid(_key(t, "SnsKey"), "AllowTopicToQueue")["Condition"].pop("StringEquals"),
    )
    yield (
        "encryption",
        "all actions but one of a key",
        lambda t: _key(t, "StatesKey").append(
            {
                "Effect": "Allow",
                "NotAction": "kms:ScheduleKeyDeletion",
                "Resource": "*",
                "Principal": {"Service": "states.amazonaws.com"},
            }
        ),
    )
    yield (
        "encryption",
        "everybody through a service",
        lambda t: _key(t, "LambdaKey").append(
            _allow(
                "kms:Decrypt",
                "*",
                Principal="*",
                Condition={"StringEquals": {"kms:ViaService": {"Fn::Sub": "lambda.${AWS::Region}.amazonaws.com"}}},
            )
        ),
    )
    yield (
        "encryption",
        "all but one principal of a key",
        lambda t: _key(t, "LambdaKey").append(_allow("kms:Decrypt", "*", NotPrincipal={"AWS": ROOT_OF_STRANGER})),
    )


def _of_topic_and_queue() -> Iterator[tuple[str, str, Make]]:
    topic, queue = "NotificationsTopicPolicy", "NotificationsDeadLetterQueuePolicy"
    own_topic = {"Ref": "NotificationsTopic"}
    own_queue = {"Fn::GetAtt": ["NotificationsDeadLetterQueue", "Arn"]}
    yield "notifications", "a topic over plain HTTP", lambda t: _resource_policy(t, topic).pop()
    yield (
        "notifications",
        "subscribers of an organisation",
        lambda t: _resource_policy(t, topic).append(
            _allow(
                "sns:Subscribe",
                own_topic,
                Principal={"AWS": "*"},
                Condition={"StringEquals": {"aws:PrincipalOrgID": "o-1234567890"}},
            )
        ),
    )
    yield (
        "notifications",
        "events without a source",
        lambda t: _resource_policy(t, topic).append(
            _allow(["sns:Publish"], own_topic, Principal={"Service": "events.amazonaws.com"})
        ),
    )
    yield (
        "notifications",
        "alarms of every account",
        lambda t: _sid(_resource_policy(t, topic), "AllowAlarms")["Condition"].pop("StringEquals"),
    )
    yield (
        "notifications",
        "a queue for every topic",
        lambda t: _sid(_resource_policy(t, queue), "AllowTopic").pop("Condition"),
    )
    yield (
        "notifications",
        "a queue that another account reads",
        lambda t: _resource_policy(t, queue).append(
            _allow(["sqs:ReceiveMessage"], own_queue, Principal={"AWS": STRANGER})
        ),
    )
    yield (
        "notifications",
        "one action over plain HTTP",
        lambda t: _sid(_resource_policy(t, queue), "DenyPlainTransport").update(Action=["sqs:SendMessage"]),
    )
    yield (
        "notifications",
        "plain HTTP denied to one",
        lambda t: _sid(_resource_policy(t, queue), "DenyPlainTransport").update(
            Principal={"AWS": {"Ref": "AWS::AccountId"}}
        ),
    )
    yield (
        "notifications",
        "a denial that never holds",
        lambda t: _sid(_resource_policy(t, topic), "DenyPlainTransport")["Condition"]["Bool"].update(
            {"aws:SecureTransport": "true", "aws:MultiFactorAuthPresent": "true"}
        ),
    )
    yield (
        "notifications",
        "a topic's inline policy",
        lambda t: _add(
            t,
            "Inline",
            "AWS::SNS::TopicInlinePolicy",
            TopicArn=own_topic,
            PolicyDocument=_document(_allow("sns:Publish", own_topic, Principal="*")),
        ),
    )
    yield (
        "notifications",
        "a queue's inline policy",
        lambda t: _add(
            t,
            "Inline",
            "AWS::SQS::QueueInlinePolicy",
            Queue={"Ref": "NotificationsDeadLetterQueue"},
            PolicyDocument=_document(_allow("sqs:ReceiveMessage", own_queue, Principal={"AWS": STRANGER})),
        ),
    )


def _of_resource_policies() -> Iterator[tuple[str, str, Make]]:
    invoke = {"Action": "lambda:InvokeFunction", "FunctionName": {"Ref": "ProcessingFunction"}}
    yield (
        "functions",
        "invoked by an organisation",
        lambda t: _add(t, "Invoke", "AWS::Lambda::Permission", Principal="*", PrincipalOrgID="o-1234567890", **invoke),
    )
    yield (
        "functions",
        "invoked by any bucket",
        lambda t: _add(t, "Invoke", "AWS::Lambda::Permission", Principal="s3.amazonaws.com", **invoke),
    )
    yield (
        "functions",
        "invoked by another account",
        lambda t: _add(t, "Invoke", "AWS::Lambda::Permission", Principal=STRANGER, **invoke),
    )
    yield (
        "storage",
        "a table that another account reads",
        lambda t: _p(t, "TransactionsTable").update(
            ResourcePolicy={
                "PolicyDocument": _document(_allow("dynamodb:GetItem", "*", Principal={"AWS": ROOT_OF_STRANGER}))
            }
        ),
    )
    yield (
        "functions",
        "a secret that all roles read",
        lambda t: _p(t, "GatewaySecretPolicy")["ResourcePolicy"]["Statement"][0].update(
            Condition={"ArnNotLike": {"aws:PrincipalArn": _iam("role/*")}}
        ),
    )
    yield (
        "functions",
        "a secret that another account reads",
        lambda t: _p(t, "GatewaySecretPolicy")["ResourcePolicy"]["Statement"].append(
            _allow("secretsmanager:GetSecretValue", "*", Principal={"AWS": ROOT_OF_STRANGER})
        ),
    )
    yield "functions", "a secret without its policy", lambda t: t["Resources"].pop("GatewaySecretPolicy")
    yield (
        "workflow",
        "logs that a service may read",
        lambda t: _add(
            t,
            "LogsPolicy",
            "AWS::Logs::ResourcePolicy",
            PolicyName="read",
            PolicyDocument='{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service":'
            ' "es.amazonaws.com"}, "Action": ["logs:GetLogEvents"], "Resource": "*"}]}',
        ),
    )


def _of_identities() -> Iterator[tuple[str, str, Make]]:
    table, validation, workflow = {"Ref": "TransactionsTableArn"}, "ValidationRole", "WorkflowRole"
    reads = _document(_allow(["dynamodb:Scan"], table))
    to_person = _document({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": _iam("user/eve")}})
    yield "workflow", "no boundary", lambda t: _p(t, workflow).pop("PermissionsBoundary")
    yield (
        "functions",
        "a boundary turned round",
        lambda t: _p(t, validation)["PermissionsBoundary"]["Fn::If"].insert(
            1, _p(t, validation)["PermissionsBoundary"]["Fn::If"].pop()
        ),
    )
    yield (
        "workflow",
        "a boundary that bounds nothing",
        lambda t: _p(t, workflow).update(
            PermissionsBoundary={"Fn::Sub": "arn:${AWS::Partition}:iam::aws:policy/AdministratorAccess"}
        ),
    )
    yield (
        "functions",
        "a managed policy of AWS",
        lambda t: _p(t, "ProcessingRole").update(
            ManagedPolicyArns=[{"Fn::Sub": "arn:${AWS::Partition}:iam::aws:policy/PowerUserAccess"}]
        ),
    )
    yield (
        "functions",
        "a managed policy on a role",
        lambda t: _add(t, "Wide", "AWS::IAM::ManagedPolicy", Roles=[{"Ref": validation}], PolicyDocument=reads),
    )
    yield (
        "functions",
        "a policy of its own on a role",
        lambda t: _add(
            t, "Wide", "AWS::IAM::Policy", PolicyName="wide", Roles=[{"Ref": validation}], PolicyDocument=reads
        ),
    )
    yield (
        "functions",
        "an inline policy of its own",
        lambda t: _add(
            t, "Wide", "AWS::IAM::RolePolicy", PolicyName="wide", RoleName={"Ref": validation}, PolicyDocument=reads
        ),
    )
    yield (
        "functions",
        "a role for a person",
        lambda t: _add(
            t,
            "Wide",
            "AWS::IAM::Role",
            AssumeRolePolicyDocument=to_person,
            Policies=[{"PolicyName": "read", "PolicyDocument": reads}],
        ),
    )
    yield (
        "functions",
        "a user with a key",
        lambda t: (
            _add(t, "Eve", "AWS::IAM::User", Policies=[{"PolicyName": "read", "PolicyDocument": reads}]),
            _add(t, "EveKey", "AWS::IAM::AccessKey", UserName={"Ref": "Eve"}),
        ),
    )
    yield (
        "functions",
        "a group with a policy",
        lambda t: _add(t, "Readers", "AWS::IAM::Group", Policies=[{"PolicyName": "read", "PolicyDocument": reads}]),
    )
    yield (
        "functions",
        "a role for machines",
        lambda t: _add(t, "Machines", "AWS::IAM::InstanceProfile", Roles=[{"Ref": "ProcessingRole"}]),
    )
    yield (
        "functions",
        "a role for certificates",
        lambda t: _add(
            t, "Anywhere", "AWS::RolesAnywhere::Profile", Name="a", RoleArns=[{"Fn::GetAtt": ["ProcessingRole", "Arn"]}]
        ),
    )


def _of_ways_in_and_out() -> Iterator[tuple[str, str, Make]]:
    processing = {"Fn::GetAtt": ["ProcessingFunction", "Arn"]}
    role = {"Fn::GetAtt": ["WorkflowRole", "Arn"]}
    machine = {"Ref": "PaymentWorkflow"}
    yield (
        "functions",
        "an open address",
        lambda t: _add(t, "Url", "AWS::Lambda::Url", AuthType="NONE", TargetFunctionArn=processing),
    )
    yield (
        "functions",
        "an address for all accounts",
        lambda t: (
            _add(t, "Url", "AWS::Lambda::Url", AuthType="AWS_IAM", TargetFunctionArn=processing),
            _add(
                t,
                "Invoke",
                "AWS::Lambda::Permission",
                Action="lambda:InvokeFunctionUrl",
                FunctionName=processing,
                FunctionUrlAuthType="AWS_IAM",
                Principal="*",
            ),
        ),
    )
    yield (
        "functions",
        "events of a foreign queue",
        lambda t: _add(
            t,
            "Source",
            "AWS::Lambda::EventSourceMapping",
            FunctionName=processing,
            EventSourceArn=_arn("sqs", "queue", STRANGER),
        ),
    )
    yield (
        "functions",
        "answers to a foreign topic",
        lambda t: _add(
            t,
            "Answers",
            "AWS::Lambda::EventInvokeConfig",
            FunctionName={"Ref": "ProcessingFunction"},
            Qualifier="live",
            DestinationConfig={"OnSuccess": {"Destination": _arn("sns", "topic", STRANGER)}},
        ),
    )
    yield (
        "workflow",
        "a schedule with the role",
        lambda t: _add(
            t,
            "Daily",
            "AWS::Scheduler::Schedule",
            ScheduleExpression="rate(1 day)",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={"Arn": machine, "RoleArn": role},
        ),
    )
    yield (
        "workflow",
        "a rule with the role",
        lambda t: _add(
            t,
            "OnEvent",
            "AWS::Events::Rule",
            EventPattern={"source": ["aws.s3"]},
            Targets=[{"Id": "1", "Arn": machine, "RoleArn": role}],
        ),
    )
    yield (
        "workflow",
        "a pipe with the role",
        lambda t: _add(
            t,
            "Pipe",
            "AWS::Pipes::Pipe",
            RoleArn=role,
            Source=_arn("sqs", "queue", STRANGER),
            Target=machine,
        ),
    )
    yield (
        "storage",
        "a stream of the payments",
        lambda t: _p(t, "TransactionsTable").update(
            KinesisStreamSpecification={"StreamArn": _arn("kinesis", "stream/payments", STRANGER)}
        ),
    )
    yield (
        "storage",
        "a stream for every reader",
        lambda t: _p(t, "TransactionsTable").update(
            StreamSpecification={
                "StreamViewType": "NEW_AND_OLD_IMAGES",
                "ResourcePolicy": {
                    "PolicyDocument": _document(_allow("dynamodb:GetRecords", "*", Principal={"AWS": ROOT_OF_STRANGER}))
                },
            }
        ),
    )
    yield (
        "notifications",
        "notices to a foreign address",
        lambda t: _add(
            t,
            "Foreign",
            "AWS::SNS::Subscription",
            TopicArn={"Ref": "NotificationsTopic"},
            Protocol="https",
            Endpoint="https://collector.example.com/notices",
        ),
    )
    yield (
        "notifications",
        "notices to a subscription of the topic",
        lambda t: _p(t, "NotificationsTopic").update(
            Subscription=[{"Protocol": "sqs", "Endpoint": _arn("sqs", "queue", STRANGER)}]
        ),
    )
    yield (
        "workflow",
        "logs to another account",
        lambda t: _add(
            t,
            "Filter",
            "AWS::Logs::SubscriptionFilter",
            LogGroupName={"Ref": "WorkflowLogGroup"},
            FilterPattern="",
            DestinationArn=_arn("logs", "destination:collector", STRANGER),
        ),
    )
    yield (
        "encryption",
        "a key's copy for another account",
        lambda t: _add(
            t,
            "Copy",
            "AWS::KMS::ReplicaKey",
            PrimaryKeyArn=_arn("kms", "key/mrk-1", STRANGER),
            KeyPolicy=_document(_allow("kms:*", "*", Principal={"AWS": ROOT_OF_STRANGER})),
        ),
    )
    yield (
        "functions",
        "a secret's copy in another region",
        lambda t: _p(t, "GatewaySecret").update(ReplicaRegions=[{"Region": "us-west-1"}]),
    )
    yield (
        "workflow",
        "an API with the role",
        lambda t: _add(
            t,
            "Start",
            "AWS::ApiGateway::Method",
            RestApiId="api",
            ResourceId="res",
            HttpMethod="POST",
            AuthorizationType="NONE",
            Integration={
                "Type": "AWS",
                "IntegrationHttpMethod": "POST",
                "Credentials": role,
                "Uri": {"Fn::Sub": "arn:${AWS::Partition}:apigateway:${AWS::Region}:states:action/StartExecution"},
            },
        ),
    )


_AREAS = {
    "roles' policies": _of_roles,
    "trust": _of_trust,
    "key policies": _of_keys,
    "topic and queue": _of_topic_and_queue,
    "resource-based": _of_resource_policies,
    "identities": _of_identities,
    "ways in and out": _of_ways_in_and_out,
}
WEAKENINGS = tuple(
    Weakening(area, name, template, make) for area, rows in _AREAS.items() for template, name, make in rows()
)
