"""An expression is written as Step Functions reads it, and reads what is there at its place."""

from __future__ import annotations

from typing import Any

import pytest

from one_machine import Fields, told_of

TASK: Fields = {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "Next": "Done"}
PASS: Fields = {"Type": "Pass", "Next": "Done"}
WAIT: Fields = {"Type": "Wait", "Next": "Done"}
CHOICE: Fields = {"Type": "Choice", "Choices": [{"Condition": "{% true %}", "Next": "Done"}]}
CATCH: Fields = {"ErrorEquals": ["States.ALL"], "Next": "Done"}


@pytest.mark.parametrize(
    ("state", "where"),
    [
        ({**PASS, "Output": "{% $states.input.a < %}"}, "Output"),
        ({**PASS, "Output": {"a": ["{% ( %}"]}}, "Output/a/0"),
        ({**PASS, "Output": "{%%}"}, "Output"),
        ({**PASS, "Output": "{% $states.input"}, "Output"),
        ({**PASS, "Output": "$states.input %}"}, "Output"),
        ({**PASS, "Output": "{ % $states.input % }"}, "Output"),
        ({**PASS, "Output": "{% $states.input % }"}, "Output"),
        ({**PASS, "Output": " {% $states.input %}"}, "Output"),
        ({**PASS, "Output": "{% $states.input %} "}, "Output"),
        ({**PASS, "Output": "id {% $states.input %} of"}, "Output"),
        ({**PASS, "Output": "$.input"}, "Output"),
        ({**PASS, "Assign": {"a": "$$.Execution.Id"}}, "Assign/a"),
        ({**TASK, "Arguments": {"MessageBody": {"a.$": "$.a"}}}, "Arguments/MessageBody/a.$"),
        ({**WAIT, "Seconds": "$wait"}, "Seconds"),
        ({**TASK, "TimeoutSeconds": "60"}, "TimeoutSeconds"),
        ({**CHOICE, "Choices": [{"Condition": "$a = 1", "Next": "Done"}]}, "Choices/0/Condition"),
        ({**TASK, "Catch": [{**CATCH, "Output": "{% ( %}"}]}, "Catch/0/Output"),
        ({"Type": "Fail", "Cause": "{% 'a' & %}"}, "Cause"),
        ({**PASS, "Output": {"Fn::Sub": "{% ( %}"}}, "Output/Fn::Sub"),
    ],
)
def test_a_miswritten_expression_is_found(state: Fields, where: str) -> None:
    assert [each.partition(": ")[0] for each in told_of("PF035", state)] == [f"State/{where}"]


@pytest.mark.parametrize(
    "state",
    [
        {**PASS, "Output": "{% $states.input %}"},
        {**PASS, "Output": "{%$states.input%}"},
        {**PASS, "Output": "100 %", "Comment": "{% ( %}"},
        {**PASS, "Output": {"a": "$name", "b": "id {%s} of", "c": 5, "d": None}},
        {**WAIT, "Timestamp": "2030-01-01T00:00:00Z"},
        {**TASK, "Arguments": {"MessageBody": "$.path of somebody"}},
        {**TASK, "Resource": "arn:aws:states:::sqs:sendMessage %}"},
        # What an intrinsic function completes is not known.
        {**PASS, "Output": {"Fn::Sub": "{% ${Limit} < %}"}},
        {**PASS, "Output": {"Fn::Join": ["", ["{% '", {"Ref": "Name"}, "' %}"]]}},
    ],
)
def test_a_well_written_one_and_plain_text_are_left_alone(state: Fields) -> None:
    assert told_of("PF035", state) == []


def test_an_expression_in_a_state_of_the_other_language_is_plain_text() -> None:
    state = {**PASS, "Parameters": {"a": "{% $states.input %}", "b": "100 %}"}}
    assert told_of("PF035", state, language="JSONPath") == [
        "State/Parameters/a: a JSONata expression in a JSONPath state is plain text"
    ]
    mixed = {**PASS, "QueryLanguage": "JSONata", "Output": "{% ( %}"}
    (found,) = told_of("PF035", mixed, language="JSONPath")
    assert "does not parse" in found


@pytest.mark.parametrize("kind", ["Branches", "ItemProcessor"])
def test_a_state_inside_has_the_language_of_the_machine(kind: str) -> None:
    graph = {"StartAt": "Inner", "States": {"Inner": {"Type": "Succeed", "Output": "{% ( %}"}}}
    state = {"Type": "Map", "Next": "Done", kind: [graph] if kind == "Branches" else graph}
    assert len(told_of("PF035", state)) == 1


@pytest.mark.parametrize(
    ("state", "problem"),
    [
        ({**PASS, "Output": "{% $uppercased('a') %}"}, "there is no function $uppercased"),
        ({**PASS, "Output": "{% $eval('1') %}"}, "there is no function $eval; use $parse"),
        ({**PASS, "Output": "{% $contains('a') %}"}, "$contains takes 2 arguments, not 1"),
        ({**PASS, "Output": "{% $substring('a', 1, 2, 3) %}"}, "$substring takes 2 to 3 arguments, not 4"),
        (
            {**PASS, "Output": "{% Payload.a %}"},
            "Payload reads a context, and there is none: use a variable or $states",
        ),
        ({**PASS, "Output": "{% $$.a %}"}, "$$ reads a context, and there is none: use a variable or $states"),
        ({**PASS, "Output": "{% $states.inputs %}"}, "$states has no field inputs"),
        ({**PASS, "Output": "{% $states.context.Execution.Arn %}"}, "$states.context.Execution has no field Arn"),
        ({**PASS, "Output": "{% $states.context.Execution.Id.a %}"}, "$states.context.Execution.Id has no field a"),
        ({**PASS, "Output": "{% '$a' = 'b' %}"}, "= compares two constants"),
        ({**PASS, "Output": "{% $states.input.a + '1' %}"}, "+ takes numbers, not a string"),
        (
            {**CHOICE, "Choices": [{"Condition": "{% $a := 'b' %}", "Next": "Done"}]},
            "Condition is a boolean, not a string",
        ),
        ({**WAIT, "Seconds": "{% $string(5) %}"}, "Seconds is a number, not a string"),
        ({"Type": "Fail", "Cause": "{% {'a': 1} %}"}, "Cause is a string, not a object"),
        ({**PASS, "Output": "{% $states.context.Task.Token %}"}, "$states.context.Task exists in a Task only"),
        (
            {**TASK, "Catch": [{**CATCH, "Output": "{% $states.errorOutput.Message %}"}]},
            "$states.errorOutput has no field Message",
        ),
    ],
)
def test_a_name_that_is_nowhere_is_found(state: Fields, problem: str) -> None:
    assert [each.partition(": ")[2] for each in told_of("PF036", state)] == [problem]


RESULT = "{% $states.result.a %}"
ERROR = "{% $states.errorOutput.Cause %}"


@pytest.mark.parametrize(
    ("state", "exists"),
    [
        ({**TASK, "Output": RESULT}, True),
        ({**TASK, "Assign": {"a": [RESULT]}}, True),
        ({"Type": "Parallel", "Branches": [], "Output": RESULT, "Next": "Done"}, True),
        ({"Type": "Map", "Output": RESULT, "Next": "Done"}, True),
        ({**TASK, "Arguments": {"a": RESULT}}, False),
        ({**TASK, "Catch": [{**CATCH, "Output": RESULT}]}, False),
        ({**PASS, "Output": RESULT}, False),
        ({**CHOICE, "Choices": [{"Condition": RESULT, "Next": "Done"}]}, False),
        ({**TASK, "Catch": [{**CATCH, "Output": ERROR, "Assign": {"a": ERROR}}]}, True),
        ({**TASK, "Output": ERROR}, False),
        ({**TASK, "Assign": {"a": ERROR}}, False),
        ({**CHOICE, "Choices": [{"Condition": "{% true %}", "Output": ERROR, "Next": "Done"}]}, False),
    ],
)
def test_a_result_and_an_error_exist_in_their_fields_only(state: Fields, exists: bool) -> None:
    assert (told_of("PF036", state) == []) is exists


@pytest.mark.parametrize(
    "output",
    [
        "{% $states.input.anything.at.all & $states.context.Execution.Input.a %}",
        "{% $states.context.Map.Item.Value.a & $states.context.State.RetryCount %}",
        "{% $filter($states.input.list, function($v) { $v.a > 1 })[b = 1].(c & $uppercase()) %}",
        "{% ($twice := function($n) { 2 * $n }; $twice(2)) %}",
        "{% $partition($range(1, 9, 2), 2) & $hash('a', 'SHA-256') & $uuid() & $random(7) & $parse('1') %}",
        "{% $states.input.a ~> $split(',') ~> $join('-') %}",
    ],
)
def test_what_is_there_is_left_alone(output: Any) -> None:
    assert told_of("PF036", {**PASS, "Output": output}) == []
