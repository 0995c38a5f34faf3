"""Test `outputs`: its forms and its exit status."""

from __future__ import annotations

import json
from typing import Any

from one_stack import OUTPUTS, cloud_with


def test_outputs_in_three_forms(ask: Any) -> None:
    assert (
        ask(cloud_with("CREATE_COMPLETE"), "outputs")[1] == "Note=two words [2J\nTopicArn=arn:aws:sns:eu-west-1:1:t\n"
    )
    assert json.loads(ask(cloud_with("CREATE_COMPLETE"), "outputs", "--json")[1]) == dict(OUTPUTS)
    values = [("TopicArn", "arn:t"), ("Note", "two words")]
    ended, out, err = ask(cloud_with("CREATE_COMPLETE", outputs=values), "outputs", "--env-file")
    assert (ended, out) == (0, "NOTE='two words'\nTOPIC_ARN=arn:t\n")
    assert err == "quoted for shells, and `docker run` takes the quotes as they are: Note\n"


def test_an_output_is_printed_in_full_on_one_line(ask: Any) -> None:
    long = "two  spaces" * 400
    values = [("Long", long), ("Two", "a\nLong=b")]
    assert ask(cloud_with("CREATE_COMPLETE", outputs=values), "outputs")[1] == f"Long={long}\nTwo=a Long=b\n"


def test_outputs_writes_no_line_that_holds_an_escape_and_takes_one_form_only(ask: Any) -> None:
    assert ask(cloud_with("CREATE_COMPLETE"), "outputs", "--env-file")[0] == 1
    assert ask(cloud_with("CREATE_COMPLETE"), "outputs", "--env-file", "--json")[0] == 2
    assert ask(cloud_with(""), "outputs")[::2] == (
        1, "error: there is no stack payflow-dev in eu-west-2: check the environment and the region, or deploy it\n"
    )  # fmt: skip
