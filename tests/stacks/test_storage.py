"""What holds data outlives its stack, and is replaced by nobody's slip."""

from __future__ import annotations

import pytest

from governed_sets import EVERYTHING, parsed
from payflow_cfn.config.settings import Settings
from payments.rows import open_item

# Types whose loss is the loss of payments, of evidence, or of the key that reads them.
HOLDERS = {"AWS::DynamoDB::Table", "AWS::KMS::Key", "AWS::Logs::LogGroup", "AWS::SecretsManager::Secret"}


@pytest.mark.parametrize("settings", [Settings(), EVERYTHING], ids=["plain", "everything"])
def test_what_holds_data_stays_when_its_stack_goes_or_it_is_replaced(settings: Settings) -> None:
    found = [each for _, _, each in parsed(settings).resources() if each["Type"] in HOLDERS]
    assert found
    for each in found:
        assert (each["DeletionPolicy"], each["UpdateReplacePolicy"]) == ("Retain", "Retain"), each["Type"]


def test_the_table_refuses_to_be_deleted_unless_a_setting_says_otherwise() -> None:
    for protected in (True, False):
        templates = parsed(Settings(table_deletion_protection=protected))
        (table,) = (each["Properties"] for _, _, each in templates.resources("AWS::DynamoDB::Table"))
        assert table["DeletionProtectionEnabled"] is protected


def test_the_index_of_open_payments_reads_what_the_functions_write() -> None:
    (table,) = (each["Properties"] for _, _, each in parsed(Settings()).resources("AWS::DynamoDB::Table"))
    (index,) = table["GlobalSecondaryIndexes"]
    assert [each["AttributeName"] for each in index["KeySchema"]] == list(open_item("0" * 8, since="2026-01-01"))
    assert index["Projection"]["ProjectionType"] == "INCLUDE"
