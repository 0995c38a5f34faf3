"""A finding names the root parameters that set its value, through the nested stacks."""

from __future__ import annotations

import json
from typing import Any

import pytest

from payflow_cfn.config.settings import Settings
from payflow_cfn.deploy import Cause, Diagnosis, Request
from payflow_cfn.deploy.changeset.origins import with_origins
from payflow_cfn.deploy.cloudformation.template import parse_root
from payflow_cfn.stacks.render import build_set

RENDERED = dict(build_set(Settings()).templates)
GIVEN = {"Environment": "dev", "ErrorsThreshold": "7"}


def found(path: str, place: str, **more: Any) -> tuple[str, ...]:
    cause = Cause(tuple(path.split("/")), "", "", "FAILED", "r", "", None, place=place)
    rendered = more.get("rendered", RENDERED)
    request = Request("payflow-dev", parse_root(RENDERED["root.json"]), GIVEN, rendered)
    done = with_origins(Diagnosis("payflow-dev", "", "FAILED", cause), request)
    return done.cause.lines if done.cause else ()


@pytest.mark.parametrize(
    ("path", "place", "origin"),
    [
        (
            "Monitoring/ProcessingErrorsAlarm",
            "Properties/Threshold",
            "ErrorsThreshold (parameters of payflow.toml, or --parameter)",
        ),
        ("Monitoring/WorkflowFailuresAlarm", "Properties/Threshold", "FailuresThreshold (the template's default)"),
        (
            "Storage/TransactionsTable",
            "Properties/TableName",
            "Environment (parameters of payflow.toml, or --parameter)",
        ),
        (
            "Storage/TransactionsTable",
            "Properties/Tags/2/Value",
            "Environment (parameters of payflow.toml, or --parameter)",
        ),
    ],
)
def test_the_parameter_and_where_it_is_given_are_named(path: str, place: str, origin: str) -> None:
    assert found(path, place) == (f"set by the root parameter {origin}",)


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("Storage/TransactionsTable", "Properties/KeySchema/0/AttributeName"),  # written in the template
        ("Storage/TransactionsTable", ""),
        ("Storage/TransactionsTable", "Properties/NotThere/9"),
        ("Storage/NotThere", "Properties/A"),
        ("NotThere/X", "Properties/A"),
    ],
)
def test_what_no_parameter_sets_has_no_origin(path: str, place: str) -> None:
    assert found(path, place) == ()


def test_a_set_that_cannot_be_evaluated_hides_no_finding() -> None:
    endless = {"Resources": {"A": {"Type": "T", "Properties": {"P": {"Ref": "X"}}}}}
    assert found("A", "Properties/P", rendered={"a.json": json.dumps(endless), "b.json": json.dumps(endless)}) == ()
