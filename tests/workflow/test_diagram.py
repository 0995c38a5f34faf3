"""The picture shows every state and every way between them."""

from __future__ import annotations

import re
from typing import Any

import pytest

from payflow_cfn.cli.main import main
from payflow_cfn.workflow.diagram import diagram

MACHINE: dict[str, Any] = {
    "StartAt": "Ask",
    "States": {
        "Ask": {"Type": "Task", "Next": "Route", "Catch": [{"ErrorEquals": ["A"], "Next": "No"}, {"Next": "No"}]},
        "Route": {
            "Type": "Choice",
            "Choices": [
                {"Condition": "{% $outcome in ['A', 'B'] %}", "Next": "Yes"},
                {"Condition": "{% $told and $status = 'C' %}", "Next": "Yes"},
                {"Condition": "{% $asks < 5 %}", "Next": "Ask"},
            ],
            "Default": "No",
        },
        "Yes": {"Type": "Succeed"},
        "No": {"Type": "Fail"},
    },
}


def test_each_way_is_one_arrow_with_its_words() -> None:
    assert diagram(MACHINE).splitlines() == [
        "flowchart TD",
        "  Start(( )) --> Ask",
        "  Ask[Ask]",
        "  Route{Route}",
        "  Yes((Yes))",
        "  No((No))",
        "  Ask --> Route",
        "  Ask -. error .-> No",
        '  Route -- "a, b" --> Yes',
        '  Route -- "c, told before" --> Yes',
        '  Route -- "asks below 5" --> Ask',
        "  Route -- otherwise --> No",
    ]


def test_the_command_draws_the_rendered_workflow(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diagram"]) == 0
    drawn = capsys.readouterr().out
    assert "  ProcessPayment -. error .-> WaitForOutcome" in drawn
    nodes = set(re.findall(r"^  (\w+)[\[({]", drawn, re.MULTILINE)) - {"Start"}
    arrows = re.findall(r"^  (\w+)(?:\(\( \)\))? [-.].*> (\w+)$", drawn, re.MULTILINE)
    assert {target for _, target in arrows} == nodes
