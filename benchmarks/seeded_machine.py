"""The defects that are put into the shipped state machine, one at a time; written before the rules that find them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from seeded_edits import Make, Template, at, states, without

Slip = tuple[str, Make]


def _renamed(state: str, before: str, after: str) -> Make:
    def make(template: Template) -> None:
        place = states(template)[state]
        place[after] = place.pop(before)

    return make


def _calls(state: str, integration: str) -> Make:
    return at(state, "Resource", value={"Fn::Sub": f"arn:${{AWS::Partition}}:states:::{integration}"})


def _condition(text: str) -> Make:
    return at("RouteUnknown", "Choices", 0, "Condition", value=text)


def in_expressions() -> Iterator[Slip]:
    """Slips of syntax, names and places in JSONata."""
    yield "an operator without its right side", at("WaitForOutcome", "Seconds", value="{% $asks < %}")
    yield "a parenthesis that is not closed", _condition("{% ($status = 'UNKNOWN' %}")
    yield "a quote that is not closed", _condition("{% $status = 'UNKNOWN %}")
    yield "a text without its closing mark", at("MarkTold", "Output", value="{% $result")
    yield "a text without its opening mark", at("MarkTold", "Output", value="$result %}")
    yield "a blank within the opening mark", at("MarkTold", "Output", value="{ % $result %}")
    yield "a blank before the opening mark", at("NotifyFailure", "Arguments", "Message", value=" {% $status %}")
    yield "a function that JSONata has not", _condition("{% $uppercased($status) = 'UNKNOWN' %}")
    yield "a function that Step Functions refuses", _condition("{% $eval('true') %}")
    yield "a field of no variable", at("ValidatePayment", "Output", value="{% Payload.result %}")
    yield "the root of a document", at("ValidatePayment", "Output", value="{% $$.Payload.result %}")
    yield "a result in a choice", _condition("{% $states.result.Payload.outcome = 'UNKNOWN' %}")
    yield (
        "a result in what is sent",
        at("ValidatePayment", "Arguments", "Payload", "payment", value="{% $states.result.Payload.payment %}"),
    )
    yield "a caught error outside a catch", at("MarkTold", "Output", value="{% $states.errorOutput.Error %}")
    yield "a field that $states has not", at("ReceivePayment", "Assign", "input", value="{% $states.inputs %}")
    yield (
        "a field that the context has not",
        at("RememberFacts", "Assign", "execution", "arn", value="{% $states.context.Execution.Arn %}"),
    )
    yield (
        "a field that the function does not answer",
        at("ValidatePayment", "Output", value="{% $states.result.Payload.resultt %}"),
    )
    yield (
        "a field that the invocation does not answer",
        at("ProcessPayment", "Assign", "outcome", value="{% $states.result.payload.outcome %}"),
    )
    yield "a variable that nothing assigns", _condition("{% $statuss = 'UNKNOWN' %}")
    yield (
        "a path of the other language",
        at("MarkTold", "Arguments", "Key", value={"transaction_id": {"S.$": "$.facts.transaction_id"}}),
    )


def in_fields() -> Iterator[Slip]:
    """Slips in the fields of a state."""
    yield "a result path in JSONata", at("MarkTold", "ResultPath", value="$.marked")
    yield "parameters for arguments", _renamed("MarkTold", "Arguments", "Parameters")
    yield "a misspelt list of retries", _renamed("MarkTold", "Retry", "Retries")
    yield "a wait without a time", without("AwaitNotice", "Seconds")
    yield "a wait with two times", at("AwaitNotice", "Timestamp", value="2030-01-01T00:00:00Z")
    yield "a heartbeat longer than the timeout", at("MarkTold", "HeartbeatSeconds", value=60)
    yield (
        "a longest delay below the first",
        at("MarkTold", "Retry", 1, "MaxDelaySeconds", value=1),
    )
    yield "delays that shrink", at("MarkTold", "Retry", 1, "BackoffRate", value=0.5)
    yield "a failure that goes on", at("PaymentFailed", "Next", value="PaymentComplete")
    yield "a choice that leads nowhere", without("RouteUnknown", "Choices", 0, "Next")
    yield "a state that ends and goes on", at("ReceivePayment", "End", value=True)
    yield "a catch of no error", at("MarkTold", "Catch", 0, "ErrorEquals", value=[])
    yield (
        "an error that States has not",
        at("MarkTold", "Catch", 0, "ErrorEquals", value=["States.DataLimitExceded"]),
    )
    yield (
        "a state's name in a branch, too",
        lambda t: states(t).__setitem__(
            "ReceivePayment",
            {
                "Type": "Parallel",
                "Assign": {"input": "{% $states.input %}"},
                "Branches": [{"StartAt": "MarkTold", "States": {"MarkTold": {"Type": "Pass", "End": True}}}],
                "Next": "RememberFacts",
            },
        ),
    )


def in_integrations() -> Iterator[Slip]:
    """Slips in what a Task calls."""
    yield "an action that the integration has not", _calls("MarkTold", "dynamodb:updateItems")
    yield "a misspelt action of SNS", _calls("NotifyFailure", "sns:publsh")
    yield "a wait that the integration has not", _calls("ValidatePayment", "lambda:invoke.sync")
    yield "an action that the SDK has not", _calls("CountUnknown", "aws-sdk:cloudwatch:putMetric")
    yield "an argument that the action has not", _renamed_argument("MarkTold", "TableName", "Table")
    yield "an action without a required argument", without("CountUnknown", "Arguments", "Namespace")


def _renamed_argument(state: str, before: str, after: str) -> Make:
    def make(template: Template) -> None:
        place = states(template)[state]["Arguments"]
        place[after] = place.pop(before)

    return make


def in_depth() -> Iterator[Slip]:
    """Slips that are hard to see, written after the rules."""
    yield "a variable outside its block", _condition("{% ($last := $status; true) and $last = 'UNKNOWN' %}")
    yield (
        "a field that the variable has not",
        at("MarkTold", "Arguments", "ExpressionAttributeValues", ":me", "S", value="{% $execution.name %}"),
    )
    yield "a map that assigns a variable from around it", _mapped({"Type": "Pass", "Assign": {"tries": 1}, "End": True})
    yield (
        "a distributed map that reads a variable from around it",
        _mapped({"Type": "Pass", "Output": "{% $payment %}", "End": True}, mode="DISTRIBUTED"),
    )
    yield "an operator of a later JSONata", at("NotifyFailure", "Arguments", "Subject", value="{% $error ?: 'None' %}")
    yield (
        "an expression within a text",
        at("NotifyFailure", "Arguments", "Subject", value="Payment {% $status %} in production"),
    )
    yield (
        "a type of an attribute that DynamoDB has not",
        at("MarkTold", "Arguments", "Key", "transaction_id", value={"s": "{% $facts.transaction_id %}"}),
    )
    yield (
        "an argument within a list that the action has not",
        at("CountUnknown", "Arguments", "MetricData", 0, "Dimension", value=[]),
    )
    yield (
        "a field that another action answers",
        at("RecordFailure", "Assign", "status", value="{% $states.result.Item.status.S %}"),
    )
    yield (
        "a misspelt argument of a function",
        at("MarkTold", "Output", value="{% $map([1, 2], function($value) { $vlaue + 1 }) %}"),
    )
    yield (
        "a misspelt action in a branch of a map",
        _mapped(
            {
                "Type": "Parallel",
                "End": True,
                "Branches": [
                    {
                        "StartAt": "Send",
                        "States": {"Send": {"Type": "Task", "Resource": "arn:aws:states:::sqs:send", "End": True}},
                    }
                ],
            }
        ),
    )
    yield "an assignment for a comparison", _condition("{% $status := 'UNKNOWN' %}")
    yield (
        "an outcome that no function answers",
        at("RouteProcessing", "Choices", 0, "Condition", value="{% $outcome = 'COMPLETE' %}"),
    )
    yield "a variable in quotes", _condition("{% '$status' = 'UNKNOWN' %}")
    yield "a sum with a text", at("WaitForOutcome", "Assign", "asks", value="{% $asks + '1' %}")


def _mapped(inner: dict[str, Any], mode: str = "INLINE") -> Make:
    """Put a map in the place of a state that only assigns."""
    graph = {"ProcessorConfig": {"Mode": mode}, "StartAt": "Inner", "States": {"Inner": inner}}
    fields = {"Type": "Map", "Items": [1], "ItemProcessor": graph}

    def make(template: Template) -> None:
        state = states(template)["UnseenRow"]
        states(template)["UnseenRow"] = {**state, **fields}

    return make
