"""The rules of meaning on other people's sets: what they find there, and what cannot be known."""

from __future__ import annotations

import json
from typing import Any

import pytest

from payflow_cfn.aws.parsed_set import parse_set
from payflow_cfn.lint.findings import Finding
from payflow_cfn.lint.rules import apply_rules

UPDATE = "arn:aws:states:::dynamodb:updateItem"


def found(rule: str, resources: dict[str, Any], **sections: Any) -> list[Finding]:
    return apply_rules(parse_set({"root.json": json.dumps({**sections, "Resources": resources})}), [rule])


def told(rule: str, resources: dict[str, Any], **sections: Any) -> list[str]:
    return [each.message for each in found(rule, resources, **sections)]


def machine(states: dict[str, Any], language: str = "JSONata", **more: Any) -> dict[str, Any]:
    definition = {"QueryLanguage": language, "StartAt": next(iter(states)), "States": states, **more}
    return {"Type": "AWS::StepFunctions::StateMachine", "Properties": {"Definition": definition}}


def task(resource: str, **more: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": resource, "End": True, **more}


def alarm(metric: str, namespace: str = "AWS/SQS", **more: Any) -> dict[str, Any]:
    given = {"Namespace": namespace, "MetricName": metric, "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1}
    limit = {"Threshold": 1, "ComparisonOperator": "GreaterThanThreshold"}
    return {"Type": "AWS::CloudWatch::Alarm", "Properties": {**given, **limit, **more}}


def function(code: str, **more: Any) -> dict[str, Any]:
    given = {"Runtime": "python3.13", "Handler": "index.main", "Code": {"ZipFile": code}, "FunctionName": "shop"}
    return {"Type": "AWS::Lambda::Function", "Properties": {**given, **more}}


def test_two_versions_of_one_function_are_found_in_any_set() -> None:
    version = {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": {"Ref": "Shop"}}}
    other = {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": {"Ref": "Till"}}}
    shop = {"Shop": function("def main(e, c): pass"), "Till": function("def main(e, c): pass"), "A": version}
    assert told("PF080", {**shop, "B": other}) == []
    assert told("PF080", {**shop, "B": version}) == ["A is a version of Shop, too"]


def test_messages_in_flight_are_watched_where_something_receives_them() -> None:
    queue, letters = {"Type": "AWS::SQS::Queue"}, {"Type": "AWS::SQS::Queue"}
    redrive = {"RedrivePolicy": {"deadLetterTargetArn": {"Fn::GetAtt": ["Letters", "Arn"]}}}
    queues = {"Orders": {**queue, "Properties": redrive}, "Letters": letters}

    def watching(name: str) -> list[str]:
        dimension = {"Name": "QueueName", "Value": {"Fn::GetAtt": [name, "QueueName"]}}
        given = alarm("ApproximateNumberOfMessagesNotVisible", Statistic="Maximum", Dimensions=[dimension])
        return told("PF081", {**queues, "Alarm": given})

    assert watching("Orders") == []
    assert watching("Letters") == ["nothing receives from Letters, so none of its messages is in flight"]


@pytest.mark.parametrize(
    ("metric", "statistic", "finds"),
    [
        ("Duration", "Average", False),
        ("Duration", "Sum", True),
        ("ConcurrentExecutions", "Sum", True),
        ("Invocations", "Sum", False),
        ("Throttles", "Sum", False),
        ("Throttles", "p90", True),
        ("Throttles", "Minimum", True),
    ],
)
def test_a_statistic_has_to_say_something_of_its_metric(metric: str, statistic: str, finds: bool) -> None:
    key = "Statistic" if statistic.istitle() else "ExtendedStatistic"
    assert bool(told("PF081", {"Alarm": alarm(metric, "AWS/Lambda", **{key: statistic})})) is finds


def test_a_name_that_says_nothing_of_faults_is_left_alone() -> None:
    assert told("PF082", {"OrdersAlarm": alarm("Errors", "AWS/Lambda")}) == []
    assert told("PF082", {"OrderFailures": alarm("Errors", "AWS/Lambda")}) == []
    assert told("PF082", {"OrderTimeouts": alarm("Errors", "AWS/Lambda")}) == [
        "the name is about timeouts, and the alarm watches Errors"
    ]


@pytest.mark.parametrize(("count", "finds"), [(2, False), (3, True)])
def test_an_alarm_of_two_alarms_at_once_may_be_meant(count: int, finds: bool) -> None:
    alarms = {f"A{each}": alarm("Errors", "AWS/Lambda", AlarmName=f"a{each}", Threshold=each) for each in range(count)}
    rule = " AND ".join(f"ALARM(a{each})" for each in range(count))
    every = {"Type": "AWS::CloudWatch::CompositeAlarm", "Properties": {"AlarmRule": rule}}
    assert bool(told("PF081", {**alarms, "Every": every})) is finds


def test_placeholders_are_compared_in_a_transaction_and_in_a_json_path() -> None:
    put = {"TableName": "t", "Item": {}, "ConditionExpression": "a = :a", "ExpressionAttributeValues": {":b": {}}}
    states = {"Pay": task("arn:aws:states:::aws-sdk:dynamodb:transactWriteItems")}
    states["Pay"]["Arguments"] = {"TransactItems": [{"Put": put}]}
    both = [
        "an expression names :a, which is not in ExpressionAttributeValues",
        "no expression names :b of ExpressionAttributeValues",
    ]
    assert told("PF083", {"M": machine(states)}) == both
    values = {":a.$": "$.a", ":b": {"S": "b"}}
    given = {"UpdateExpression": "SET a = :a, b = :b", "ExpressionAttributeValues": values}
    assert told("PF083", {"M": machine({"Pay": task(UPDATE, Parameters=given)}, "JSONPath")}) == []
    open_values = {"UpdateExpression": "SET a = :a", "ExpressionAttributeValues.$": "$.values"}
    assert told("PF083", {"M": machine({"Pay": task(UPDATE, Parameters=open_values)}, "JSONPath")}) == []
    put_together = {**given, "UpdateExpression": {"Fn::Sub": "SET ${Column} = :x"}}
    assert told("PF083", {"M": machine({"Pay": task(UPDATE, Parameters=put_together)}, "JSONPath")}) == []


@pytest.mark.parametrize(
    ("condition", "now", "finds"),
    [
        ("until < :now", {"S": "2026"}, []),
        ("until < :now", {"N": "2026"}, ["until is of type N here, and of type S elsewhere"]),
        ("#u < :now", {"N.$": "$.now"}, ["until is of type N here, and of type S elsewhere"]),
        ("attribute_exists(until) AND other < :now", {"N": "2026"}, []),
    ],
)
def test_an_attribute_is_compared_with_its_own_type(condition: str, now: dict[str, str], finds: list[str]) -> None:
    first = {"TableName": "t", "UpdateExpression": "SET until = :u", "ExpressionAttributeValues": {":u": {"S": "x"}}}
    then = {"TableName": "t", "ConditionExpression": condition, "ExpressionAttributeValues": {":now": now}}
    if "#u" in condition:
        then["ExpressionAttributeNames"] = {"#u": "until"}
    states = {"First": {"Type": "Task", "Resource": UPDATE, "Parameters": first, "Next": "Then"}}
    states["Then"] = task(UPDATE, Parameters=then)
    assert told("PF083", {"M": machine(states, "JSONPath")}) == finds


def test_errors_of_a_function_that_is_called_by_its_arn_are_its_own() -> None:
    retry = [{"ErrorEquals": ["Lambda.Unknown", "DynamoDB.Other"]}]
    assert told("PF084", {"M": machine({"Pay": task("arn:aws:lambda:eu-west-2:1:function:f", Retry=retry)})}) == []
    assert told("PF084", {"M": machine({"Pay": task("arn:aws:states:::lambda:invoke", Retry=retry)})}) == [
        "lambda:invoke does not raise DynamoDB.Other"
    ]
    sdk = [{"ErrorEquals": ["DynamoDb.ConditionalCheckFailedException"]}]
    name = "arn:aws:states:::aws-sdk:dynamodb:updateItem"
    assert told("PF084", {"M": machine({"Pay": task(name, Retry=sdk)})}) == []


def test_a_filter_on_a_topic_is_judged_by_all_that_is_published_to_it() -> None:
    subscription = {"TopicArn": {"Ref": "Topic"}, "FilterPolicy": {"kind": ["late"]}}
    topic = {
        "Topic": {"Type": "AWS::SNS::Topic"},
        "Mail": {"Type": "AWS::SNS::Subscription", "Properties": subscription},
    }

    def publishing(value: str, topic_arn: Any = None, **assigned: Any) -> list[str]:
        attributes = {"kind": {"DataType": "String", "StringValue": value}}
        arguments = {"TopicArn": topic_arn or {"Ref": "Topic"}, "Message": "m", "MessageAttributes": attributes}
        states = {
            "First": {"Type": "Pass", "Assign": assigned, "Next": "Tell"},
            "Tell": task("arn:aws:states:::sns:publish", Arguments=arguments),
        }
        return told("PF085", {**topic, "M": machine(states)})

    nothing = ["nothing that is published to Topic passes the filter"]
    assert told("PF085", topic) == []
    assert publishing("late") == []
    assert publishing("early") == nothing
    assert publishing("{% $kind %}", kind="{% $states.input.hour > 9 ? 'late' : 'early' %}") == []
    assert publishing("{% $kind %}", kind="{% $states.input.hour > 9 ? 'noon' : 'early' %}") == nothing
    assert publishing("{% $kind %}", kind="{% $states.input.kind %}") == []
    assert publishing("{% $lowercase('LATE') %}") == []
    assert publishing("early", "{% $states.input.topic %}") == []


IS_EMPTY = {"Fn::Equals": [{"Ref": "Mail"}, ""]}


@pytest.mark.parametrize(
    ("condition", "finds"),
    [
        (IS_EMPTY, True),
        ({"Fn::Not": [IS_EMPTY]}, False),
        ({"Fn::And": [IS_EMPTY, {"Fn::Equals": [{"Ref": "Stage"}, "x"]}]}, True),
        ({"Fn::Not": [{"Fn::Or": [{"Fn::Not": [IS_EMPTY]}, IS_EMPTY]}]}, True),
        ({"Fn::Or": [IS_EMPTY, {"Fn::Equals": [{"Ref": "Stage"}, "x"]}]}, False),
        ({"Condition": "Other"}, True),
        ({"Condition": "Asked"}, False),
    ],
)
def test_a_parameter_that_is_empty_under_a_condition_is_not_used_there(condition: Any, finds: bool) -> None:
    properties = {"Protocol": "email", "Endpoint": {"Fn::Sub": ["${Mail}@${Host}", {"Host": "h"}]}}
    resources = {"Mail1": {"Type": "AWS::SNS::Subscription", "Condition": "Asked", "Properties": properties}}
    parameters = {"Mail": {"Type": "String"}, "Stage": {"Type": "String"}}
    conditions = {"Asked": condition, "Other": IS_EMPTY}
    assert bool(found("PF086", resources, Parameters=parameters, Conditions=conditions)) is finds


@pytest.mark.parametrize(
    ("parameter", "finds"),
    [
        ({"Type": "String"}, False),
        ({"Type": "String", "AllowedValues": ["prod"]}, True),
        ({"Type": "String", "AllowedPattern": "[a-z]+"}, False),
    ],
)
def test_an_assertion_has_to_refuse_an_allowed_value(parameter: Any, finds: bool) -> None:
    rule = {"Assertions": [{"Assert": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]}}]}
    assert bool(found("PF087", {}, Parameters={"Stage": parameter}, Rules={"R": rule})) is finds


def counting(code: str, group: str = "/aws/lambda/shop", **more: Any) -> list[str]:
    """What PF088 finds of a function with this code, where a filter of a group counts the orders."""
    made = [{"MetricName": "Orders", "MetricNamespace": "Shop", "MetricValue": "1"}]
    given = {"FilterPattern": '{ $.message = "order_taken" }', "LogGroupName": group}
    logs = {"Type": "AWS::Logs::MetricFilter", "Properties": {**given, "MetricTransformations": made}}
    return told("PF088", {"Shop": function(code, **more), "Filter": logs})


@pytest.mark.parametrize(
    ("line", "level", "finds"),
    [
        ("log.info('order_taken')", "ERROR", True),
        ("log.info('order_taken')", "INFO", False),
        ("log.error('order_taken')", "ERROR", False),
        ("log.info(f'order_{event}')", "ERROR", False),
        ("print('order_taken')", "ERROR", False),
    ],
)
def test_a_level_hides_the_lines_below_it(line: str, level: str, finds: bool) -> None:
    code = f"import logging\nlog = logging.getLogger()\ndef main(event, context):\n    {line}\n"
    logging = {"LogFormat": "JSON", "ApplicationLogLevel": level}
    assert bool(counting(code, LoggingConfig=logging)) is finds
    assert counting(code, "/aws/lambda/till", LoggingConfig=logging) == []


@pytest.mark.parametrize(
    ("start", "finds"),
    [
        ("from aws_lambda_powertools import Logger\nlog = Logger()", True),
        ("import logging\nlog = logging.getLogger()", False),
        ("import logging, os\nlog = logging.getLogger()\nlog.setLevel(os.environ['LOG_LEVEL'])", True),
    ],
)
def test_a_variable_hides_lines_where_the_code_or_its_library_reads_it(start: str, finds: bool) -> None:
    code = f"{start}\ndef main(event, context):\n    log.info('order_taken')\n"
    assert bool(counting(code, Environment={"Variables": {"LOG_LEVEL": "ERROR"}})) is finds


@pytest.mark.parametrize(
    ("states", "needed"),
    [
        ({"A": {"Type": "Wait", "Seconds": 100, "End": True}}, 100),
        ({"A": task("x", TimeoutSeconds=50)}, 50),
        ({"A": task("x", TimeoutSeconds=50, Retry=[{"ErrorEquals": ["a"], "MaxAttempts": 2}])}, 153),
        ({"A": task("x", TimeoutSeconds=50, Retry=[{"ErrorEquals": ["a"], "MaxAttempts": 0}])}, 50),
        (
            {
                "A": {"Type": "Choice", "Choices": [{"Next": "B"}], "Default": "C"},
                "B": {"Type": "Wait", "Seconds": 10, "Next": "C"},
                "C": {"Type": "Wait", "Seconds": 30, "Next": "A"},
            },
            40,
        ),
        (
            {"A": {"Type": "Parallel", "End": True, "Branches": [
                {"StartAt": "B", "States": {"B": {"Type": "Wait", "Seconds": 7, "End": True}}},
                {"StartAt": "C", "States": {"C": {"Type": "Wait", "Seconds": 9, "End": True}}},
            ]}},
            9,
        ),
        ({"A": {"Type": "Wait", "Seconds": "{% [5, 6][$n] %}", "End": True}}, 5),
        (
            {
                "A": {"Type": "Wait", "Seconds": "{% [5, 6][$n] %}", "Next": "B"},
                "B": {"Type": "Choice", "Choices": [{"Next": "A"}], "Default": "C"},
                "C": {"Type": "Succeed"},
            },
            11,
        ),
        ({"A": {"Type": "Wait", "Seconds": "{% $n %}", "End": True}}, 0),
    ],
)  # fmt: skip
def test_the_longest_way_is_counted_as_far_as_it_is_known(states: dict[str, Any], needed: int) -> None:
    def is_too_short(timeout: int) -> bool:
        return bool(told("PF019", {"M": machine(states, TimeoutSeconds=timeout)}))

    assert (is_too_short(needed - 1), is_too_short(needed)) == (True, False)


def test_a_variable_has_a_kind_where_every_assignment_gives_it_that_kind() -> None:
    def comparing(*values: Any, by: str = "$n < 'a'") -> list[str]:
        states = {
            str(number): {"Type": "Pass", "Assign": {"n": value}, "Next": str(number + 1)}
            for number, value in enumerate(values)
        }
        last = {"Type": "Pass", "Output": f"{{% {by} %}}", "End": True}
        return told("PF036", {"M": machine({**states, str(len(values)): last})})

    assert comparing(1, "{% $n + 1 %}") == ["< takes two numbers or two strings, not a number and a string"]
    assert comparing("b", "{% $uppercase($n) %}") == []
    assert comparing(1, "b") == comparing(1, "b", by="$n + 1") == []
    assert comparing(1, "{% $states.input.n %}") == []
    assert comparing(1, None) == []


def test_a_variable_that_nothing_reads_is_a_slip_of_another_name() -> None:
    def assigning(name: str) -> list[str]:
        states = {
            "First": {"Type": "Pass", "Assign": {"total": 1}, "Next": "Then"},
            "Then": {"Type": "Pass", "Assign": {name: 2}, "Next": "Last"},
            "Last": {"Type": "Pass", "Output": {"Fn::Sub": "{% $total & '${AWS::Region}' %}"}, "End": True},
        }
        return [f"{each.severity}: {each.message}" for each in found("PF034", {"M": machine(states)})]

    assert assigning("total") == []
    assert assigning("totl") == ["warning: $totl is assigned, and nothing reads it"]


def test_a_token_is_asked_of_each_task_that_waits_for_one() -> None:
    waiting = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"

    def sending(resource: str, body: Any) -> list[str]:
        return told("PF036", {"M": machine({"Ask": task(resource, Arguments={"QueueUrl": "q", "MessageBody": body})})})

    token = "{% $states.context.Task.Token %}"
    assert sending(waiting, {"token": token}) == []
    assert sending(waiting, "{% $string($states.context) %}") == []
    assert sending(waiting, "hello") == [
        "sqs:sendMessage.waitForTaskToken waits for its token, and does not hand it over"
    ]
    assert sending("arn:aws:states:::sqs:sendMessage", token) == [
        "sqs:sendMessage has no task token: only .waitForTaskToken gives one"
    ]


def test_a_variable_without_its_fields_is_one_finding() -> None:
    reading = {"Type": "Pass", "Output": {"a": "{% $row.one %}", "b": "{% $row.two & $row.one %}"}, "End": True}
    first = {"Type": "Pass", "Assign": {"row": {"uno": 1}}, "Next": "Then"}
    assert told("PF039", {"M": machine({"First": first, "Then": reading})}) == [
        "$row: the answer has no field one, two, and 2 more expressions read such fields"
    ]


def test_code_that_is_newer_than_its_runtime_is_found() -> None:
    code = "def main(event, context):\n    match event:\n        case _: return 1\n"
    assert told("PF052", {"Shop": function(code)}) == []
    (message,) = told("PF052", {"Shop": function(code, Runtime="python3.9")})
    assert message.startswith("python3.9 cannot read the code")


def test_what_only_ours_have_is_asked_of_no_other_set() -> None:
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "orders", "Tags": [{"Key": "Team", "Value": "a"}]}}
    watching = alarm("ApproximateAgeOfOldestMessage", Dimensions=[{"Name": "QueueName", "Value": "orders"}])
    resources = {"Orders": queue, "Late": watching}
    for rule in ("PF030", "PF041", "PF042"):
        assert told(rule, resources) == []
        assert told(rule, resources, Description="payflow 1.0.0 root: orders"), rule


def test_an_item_has_the_key_of_its_table() -> None:
    table = {
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    }

    def putting(item: dict[str, Any]) -> list[str]:
        states = {"Keep": task("arn:aws:states:::dynamodb:putItem")}
        states["Keep"]["Parameters"] = {"TableName": {"Ref": "Orders"}, "Item": item}
        orders = {"Type": "AWS::DynamoDB::Table", "Properties": table}
        return told("PF073", {"Orders": orders, "M": machine(states, "JSONPath")})

    assert putting({"id": {"S.$": "$.id"}, "more": {"N": "1"}}) == []
    assert putting({"id.$": "$.id"}) == []
    assert putting({"id": {"N.$": "$.id"}}) == ["id is of type S, and a Task gives N"]
    assert putting({"order": {"S.$": "$.id"}}) == ["the key is id, and a Task names "]


def test_a_topic_of_a_foreign_key_is_not_judged_and_one_of_the_services_key_is() -> None:
    def ringing(key: dict[str, Any]) -> list[str]:
        allowed = {"Effect": "Allow", "Principal": {"Service": "cloudwatch.amazonaws.com"}, "Action": "sns:Publish"}
        policy = {"Topics": [{"Ref": "Bell"}], "PolicyDocument": {"Statement": [{**allowed, "Resource": "*"}]}}
        resources = {
            "Bell": {"Type": "AWS::SNS::Topic", "Properties": key},
            "May": {"Type": "AWS::SNS::TopicPolicy", "Properties": policy},
            "Late": alarm("Errors", AlarmActions=[{"Ref": "Bell"}]),
        }
        return told("PF020", resources, Parameters={"Key": {"Type": "String"}})

    assert ringing({}) == []
    assert ringing({"KmsMasterKeyId": {"Ref": "Key"}}) == []
    assert ringing({"KmsMasterKeyId": "alias/aws/sns"}) == [
        "the topic has the service's own key, which admits no alarm"
    ]


def test_a_count_of_lines_grows_and_an_average_of_them_does_not() -> None:
    made = [{"MetricName": "Orders", "MetricNamespace": "Shop", "MetricValue": "1"}]
    logs = {"Type": "AWS::Logs::MetricFilter", "Properties": {"LogGroupName": "g", "MetricTransformations": made}}
    assert told("PF046", {"Logs": logs, "Many": alarm("Orders", "Shop", Threshold=5)}) == []
    assert told("PF046", {"Logs": logs, "Many": alarm("Orders", "Shop", Threshold=5, Statistic="Average")}) == [
        "Orders is never more than 1, so its Average never rings"
    ]


@pytest.mark.parametrize(("service", "finds"), [("ec2", False), ("states", True)])
def test_a_service_that_sends_no_account_is_not_asked_for_it(service: str, finds: bool) -> None:
    trusted = {"Effect": "Allow", "Principal": {"Service": f"{service}.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {"Statement": [trusted]}}}
    assert bool(told("PF024", {"Worker": role}, Description="payflow 1.1 shop")) is finds


def test_a_function_of_sam_is_a_function() -> None:
    dimension = {"Name": "FunctionName", "Value": {"Ref": "Shop"}}
    late = alarm("Errors", "AWS/Lambda", Dimensions=[dimension])
    assert told("PF045", {"Shop": {"Type": "AWS::Serverless::Function"}, "Late": late}) == []
    assert told("PF045", {"Shop": {"Type": "AWS::SNS::Topic"}, "Late": late}) == [
        "FunctionName is Shop, which is of type AWS::SNS::Topic"
    ]


DEFAULT = {
    "Effect": "Allow",
    "Principal": {"AWS": "*"},
    "Action": ["SNS:Publish", "SNS:Subscribe"],
    "Resource": {"Ref": "Bell"},
    "Condition": {"StringEquals": {"AWS:SourceOwner": {"Ref": "AWS::AccountId"}}},
}
ELSEWHERE = {"Condition": {"StringEquals": {"AWS:SourceOwner": "210987654321"}}}
DENIED = {"Effect": "Deny", "Principal": "*", "Action": "sns:*", "Resource": "*"}


@pytest.mark.parametrize(
    ("statements", "finds"),
    [([], False), ([DEFAULT], False), ([{**DEFAULT, **ELSEWHERE}], True), ([DEFAULT, DENIED], True), ([DENIED], True)],
)
def test_a_topic_admits_the_alarms_of_its_account_as_by_default(statements: list[Any], finds: bool) -> None:
    policy = {"Topics": [{"Ref": "Bell"}], "PolicyDocument": {"Statement": statements}}
    made = {"May": {"Type": "AWS::SNS::TopicPolicy", "Properties": policy}} if statements else {}
    late = alarm("Errors", AlarmActions=[{"Ref": "Bell"}])
    assert bool(found("PF020", {"Bell": {"Type": "AWS::SNS::Topic"}, "Late": late, **made})) is finds


@pytest.mark.parametrize(
    ("action", "finds"),
    [
        ({"Ref": "Topic"}, False),
        ({"Fn::ImportValue": "alerts"}, False),
        ({"Fn::If": ["Asked", {"Fn::ImportValue": "alerts"}, {"Ref": "AWS::NoValue"}]}, False),
        ({"Fn::If": ["Asked", {"Fn::GetAtt": ["Orders", "Arn"]}, {"Ref": "AWS::NoValue"}]}, True),
        ("arn:aws:sqs:eu-west-2:1:orders", True),
    ],
)
def test_an_action_that_is_given_by_somebody_else_is_not_judged(action: Any, finds: bool) -> None:
    resources = {"Late": alarm("Errors", AlarmActions=[action]), "Orders": {"Type": "AWS::SQS::Queue"}}
    assert bool(found("PF020", resources, Parameters={"Topic": {"Type": "String"}})) is finds


def test_an_output_without_a_value_is_no_text() -> None:
    child = {"Resources": {"T": {"Type": "AWS::SNS::Topic"}}, "Outputs": {"Name": {"Description": "no value"}}}
    stack = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "./child.json"}}
    group = {"LogGroupName": {"Fn::Sub": "/x/${Child.Outputs.Name}"}}
    root = {"Resources": {"Child": stack, "G": {"Type": "AWS::Logs::LogGroup", "Properties": group}}}
    templates = parse_set({"root.json": json.dumps(root), "child.json": json.dumps(child)})
    assert "None" not in repr(templates.scope("root").value(group))
