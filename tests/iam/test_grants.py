"""Grants of one purpose add up."""

from __future__ import annotations

import pytest

from payflow_cfn.iam.grants import both, grant, merged, parse_actions, under

WHEN = {"StringEquals": {"a": "1"}}


def test_actions_are_written_service_by_service() -> None:
    assert parse_actions("s3:GetObject PutObject; kms:Decrypt") == ["s3:GetObject", "s3:PutObject", "kms:Decrypt"]


def test_grants_of_one_sid_are_one_statement_and_empty_ones_are_none() -> None:
    grants = [grant("A", "s3:GetObject", "one"), grant("B", "", "x"), grant("A", "s3:PutObject", ["one", "two"])]
    assert [each.statement() for each in merged(grants)] == [
        {
            "Sid": "A",
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:PutObject"],
            "Resource": ["one", "two"],
        }
    ]


def test_one_sid_has_one_condition() -> None:
    with pytest.raises(ValueError, match="A is used for two conditions"):
        merged([grant("A", "s3:GetObject", "one"), grant("A", "s3:GetObject", "one", WHEN)])


def test_a_further_condition_is_added_to_those_there_are() -> None:
    (found,) = under({"StringEquals": {"b": "2"}, "Bool": {"c": "true"}}, [grant("A", "s3:GetObject", "one", WHEN)])
    assert found.conditions == {"StringEquals": {"a": "1", "b": "2"}, "Bool": {"c": "true"}}
    assert both({}, WHEN) == WHEN
