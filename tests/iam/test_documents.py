"""Documents within IAM's limits, the same each time."""

from __future__ import annotations

import pytest

from payflow_cfn.errors import SettingsError
from payflow_cfn.iam.documents import LIMIT, counted, documents
from payflow_cfn.iam.grants import Grant, grant


def big(sid: str, characters: int) -> Grant:
    return grant(sid, "s3:GetObject", "x" * characters)


def test_white_space_is_not_counted() -> None:
    assert counted({"a": ["b  c", "d"]}) == len('{"a":["bc","d"]}')


def test_a_statement_is_in_the_first_document_with_room_for_it() -> None:
    found = documents("p", [big("A", 2000), big("B", 3500), big("C", 5000), big("D", 300)])
    assert [each.name for each in found] == ["p-1", "p-2"]
    assert [[text["Sid"] for text in each.body["Statement"]] for each in found] == [["A", "B", "D"], ["C"]]
    assert all(each.characters <= LIMIT for each in found)


def test_a_statement_that_fits_nowhere_is_refused() -> None:
    with pytest.raises(SettingsError, match="the statement A is longer than 6144"):
        documents("p", [big("A", LIMIT)])


def test_more_policies_than_a_role_has_are_refused() -> None:
    with pytest.raises(SettingsError, match="needs 11 policies"):
        documents("p", [big(f"S{number}", 4000) for number in range(11)])
