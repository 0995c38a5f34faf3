"""override and remove."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from payflow_cfn.config.settings import Settings
from payflow_cfn.errors import ExtensionError
from payflow_cfn.extensions import Draft, override, remove
from payflow_cfn.stacks.render import build_set


def templates(*changes: Callable[[Draft], Draft]) -> dict[str, Any]:
    return {name: json.loads(text) for name, text in build_set(Settings(), changes).templates.items()}


def test_no_extension_leaves_every_byte() -> None:
    assert build_set(Settings(), [lambda payments: payments]).templates == build_set(Settings()).templates


@pytest.mark.parametrize(
    ("path", "value", "where"),
    [
        ("Storage/TransactionsTable/TableClass", "STANDARD", ("Properties", "TableClass")),
        ("Storage/TransactionsTable/DeletionPolicy", "Delete", ("DeletionPolicy",)),
        ("Storage/TransactionsTable/PointInTimeRecoverySpecification/RecoveryPeriodInDays", 7,
         ("Properties", "PointInTimeRecoverySpecification", "RecoveryPeriodInDays")),
        ("storage/TransactionsTable/KeySchema/0/KeyType", "RANGE", ("Properties", "KeySchema", 0, "KeyType")),
    ],
)  # fmt: skip
def test_a_path_is_set_and_nothing_else(path: str, value: Any, where: tuple[Any, ...]) -> None:
    plain, changed = templates(), templates(lambda payments: override(payments, path, value))
    inner = plain["storage.json"]["Resources"]["TransactionsTable"]
    for step in where[:-1]:
        inner = inner[step]
    inner[where[-1]] = value
    assert changed == plain


def test_a_value_may_follow_from_the_old_one() -> None:
    found = templates(lambda payments: override(payments, "Functions/ProcessingFunction/Timeout", lambda old: old * 2))
    assert found["functions.json"]["Resources"]["ProcessingFunction"]["Properties"]["Timeout"] == 600


def test_a_default_of_root_is_set() -> None:
    found = templates(lambda payments: override(payments, "Root/Parameters/RiskThreshold/Default", "40"))
    assert found["root.json"]["Parameters"]["RiskThreshold"]["Default"] == "40"


def test_a_constraint_of_root_holds_in_each_stack_that_has_the_parameter() -> None:
    pattern = "org/[a-z]+"
    found = templates(
        lambda payments: override(payments, "Root/Parameters/PermissionsBoundary/AllowedPattern", pattern)
    )
    parts = [each["Parameters"].get("PermissionsBoundary") for each in found.values() if "Parameters" in each]
    assert [each["AllowedPattern"] for each in parts if each] == [pattern] * 3
    assert "Default" not in found["workflow.json"]["Parameters"]["PermissionsBoundary"]


@pytest.mark.parametrize(
    ("path", "nearest"),
    [
        ("Storag/TransactionsTable/TableClass", "did you mean 'storage'?"),
        ("Storage/TransactionTable/TableClass", "did you mean 'TransactionsTable'?"),
        ("Storage/TransactionsTable/TableClas", "did you mean 'TableClass'?"),
        ("Storage/TransactionsTable/SSESpecification/SSEEnable", "did you mean 'SSEEnabled'?"),
        ("Storage/TransactionsTable/KeySchema/4/KeyType", "it has items 0 to 0"),
        ("Functions/ProcessingFunction/Layers/3", "there is no list Layers: set Layers to a list"),
        ("Storage/TransactionsTable/DependsOn/0", "there is no list DependsOn: set DependsOn to a list"),
        ("Root/Parameters/RiskTreshold/Default", "did you mean 'RiskThreshold'?"),
    ],
)
def test_a_path_that_is_not_there_names_the_nearest(path: str, nearest: str) -> None:
    with pytest.raises(ExtensionError) as failure:
        templates(lambda payments: override(payments, path, 1))
    assert path.partition("/")[0] in str(failure.value)
    assert nearest in str(failure.value)
    assert "test_change.py, line " in str(failure.value)


def test_a_removed_resource_takes_its_outputs_along() -> None:
    found = templates(lambda payments: remove(payments, "Monitoring/PaymentHealthAlarm"))
    assert "PaymentHealthAlarm" not in found["monitoring.json"]["Resources"]


def test_a_removed_resource_that_is_needed_is_refused() -> None:
    with pytest.raises(ExtensionError, match="refers to TransactionsTableArn"):
        templates(lambda payments: remove(payments, "Storage/TransactionsTable"))


def test_two_extensions_do_not_set_one_path() -> None:
    def one(payments: Draft) -> Draft:
        return override(payments, "Functions/ProcessingFunction/MemorySize", 512)

    def other(payments: Draft) -> Draft:
        return override(payments, "functions/ProcessingFunction/MemorySize", 1024)

    with pytest.raises(ExtensionError, match=r"extension \S+other .*MemorySize was set by \S+one"):
        templates(one, other)


def test_a_changed_function_gets_another_version_and_its_alias_moves() -> None:
    def version(found: dict[str, Any]) -> str:
        resources = found["functions.json"]["Resources"]
        (name,) = (each for each in resources if each.startswith("ProcessingVersion"))
        assert resources["ProcessingAlias"]["Properties"]["FunctionVersion"] == {"Fn::GetAtt": [name, "Version"]}
        assert name.removeprefix("ProcessingVersion") in resources[name]["Properties"]["Description"]
        return str(name)

    changed = templates(lambda payments: override(payments, "Functions/ProcessingFunction/MemorySize", 512))
    assert version(changed) == version(
        {name: json.loads(text) for name, text in build_set(Settings(function_memory=512)).templates.items()}
    ), "as with the setting"
    assert version(changed) != version(templates())
