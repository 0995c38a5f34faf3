"""The example in docs/plan.md is what the comparison prints."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from payflow_cfn.diff import Change, text

from .conftest import Templates, properties

DOCS = Path(__file__).parents[2] / "docs" / "plan.md"


def _edit(templates: Templates) -> None:
    properties(templates, "storage", "TransactionsTable")["AttributeDefinitions"][0]["AttributeType"] = "N"
    made = properties(templates, "functions", "ValidationRole")["Policies"][0]["PolicyDocument"]["Statement"]
    made[:] = [each for each in made if "dynamodb:PutItem" not in each["Action"]]
    properties(templates, "monitoring", "ValidationErrorsAlarm")["Threshold"] = 9
    del templates["root.json"]["Outputs"]["SnsKeyArn"]


def test_the_example_is_what_is_printed(after: Callable[..., list[Change]]) -> None:
    lines = DOCS.read_text().splitlines()
    start = lines.index("$ payflow diff 1.0.0 ./new") + 1
    assert "\n".join(lines[start : lines.index("```", start)]) == text(after(_edit))
