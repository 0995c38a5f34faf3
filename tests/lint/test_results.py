"""A field that an expression reads of an answer is in that answer."""

from __future__ import annotations

import pytest

from one_machine import Fields, machine, told, told_of

FUNCTION: Fields = {
    "Type": "AWS::Lambda::Function",
    "Properties": {"Handler": "validation.handler.handle"},
}
ALIAS: Fields = {"Type": "AWS::Lambda::Alias", "Properties": {"FunctionName": {"Ref": "Validation"}}}


def read(expression: str, *, handler: str = "validation.handler.handle") -> list[str]:
    """What is said of an Output, and of what later states read of variables."""
    task: Fields = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {"FunctionName": {"Ref": "Alias"}},
        "Assign": {
            "facts": "{% $states.result.Payload.facts %}",
            "own": {"a": 1, "b": {"c": "{% $states.input %}"}},
            "any": "{% $states.result.Payload.result %}",
            "later": None,
            "word": "two",
        },
        "Output": f"{{% {expression} %}}" if "$states" in expression else None,
        "Next": "Read",
    }
    states = {
        "Begin": {
            "Type": "Pass",
            "Assign": {"facts": {"note": ""}, "later": {"a": 1}, "word": "one", "own": {"b": {"e": 1}}},
            "Next": "Work",
        },
        "Work": task,
        "Read": {"Type": "Succeed", "Output": f"{{% {expression} %}}" if "$states" not in expression else None},
    }
    function = {**FUNCTION, "Properties": {"Handler": handler}}
    return told("PF039", machine(states, Validation=function, Alias=ALIAS))


@pytest.mark.parametrize(
    ("expression", "missing"),
    [
        ("$states.result.Payload.resultt", "resultt"),
        ("$states.result.payload.outcome", "payload"),
        ("$states.result.Payload.facts.id", "id"),
        ("$facts.amuont", "amuont"),
        ("$own.b.d", "d"),
        ("$later.b", "b"),
        ("$word.two", "two"),
    ],
)
def test_a_field_that_the_answer_does_not_have_is_found(expression: str, missing: str) -> None:
    assert [each.rpartition(" ")[2] for each in read(expression)] == [missing]


@pytest.mark.parametrize(
    "expression",
    [
        "$states.result.Payload.outcome",
        "$states.result.Payload.result.anything",
        "$states.result.SdkHttpMetadata.HttpStatusCode",
        "$facts.transaction_id & $facts.note",
        "$own.a & $own.b.c.d & $own.b.e",
        "$any.thing",
        "$later.a",
    ],
)
def test_a_field_that_may_be_there_is_left_alone(expression: str) -> None:
    assert read(expression) == []


@pytest.mark.parametrize(
    ("expression", "never"),
    [
        ("$states.result.Payload.outcome = 'COMPLETE'", ["'COMPLETE'"]),
        ("'COMPLETE' != $states.result.Payload.outcome", ["'COMPLETE'"]),
        ("$states.result.Payload.outcome in ['FAILED', 'FAILURE', 'DENIED']", ["'FAILURE'", "'DENIED'"]),
        ("$states.result.Payload.outcome = 'COMPLETED'", []),
        ("$states.result.Payload.error = 'Anything'", []),
        ("$word = 'three'", ["'three'"]),
        ("$word = 'one' or $word = 'two'", []),
        ("$any = 'anything'", []),
    ],
)
def test_a_text_that_the_answer_cannot_be_is_found(expression: str, never: list[str]) -> None:
    assert [each.rpartition(" ")[2] for each in read(expression)] == never


def test_a_function_of_somebody_else_may_answer_anything() -> None:
    assert read("$states.result.Payload.anything", handler="app.handle") == []


@pytest.mark.parametrize(
    ("resource", "field", "there"),
    [
        ("dynamodb:updateItem", "Attributes.id.S", True),
        ("dynamodb:updateItem", "Item", False),
        ("aws-sdk:dynamodb:query", "Items", True),
        ("aws-sdk:dynamodb:query", "items", False),
        ("aws-sdk:rds:describeDBInstances", "DbInstances", True),
        ("sns:publish", "MessageId", True),
        ("sns:publish", "SdkHttpMetadata.HttpStatusCode", True),
        # Whoever has the token answers, and a job's end is not the answer of its start.
        ("sns:publish.waitForTaskToken", "anything", True),
        ("glue:startJobRun.sync", "anything", True),
        ("http:invoke", "anything", True),
    ],
)
def test_the_answer_of_a_service_is_known_by_its_model(resource: str, field: str, there: bool) -> None:
    output = f"{{% $states.result.{field} %}}"
    task = {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "Output": output, "Next": "Done"}
    assert (told_of("PF039", task) == []) is there
