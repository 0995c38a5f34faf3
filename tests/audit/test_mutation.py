"""Every weakened copy is noticed, and the count is honest: a blind judge lets mutants survive."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from payflow_cfn.audit.cases import CASES, WIDEST
from payflow_cfn.audit.compare import set_of
from payflow_cfn.audit.equivalents import EQUIVALENT
from payflow_cfn.audit.grants import grants_of, policies_of
from payflow_cfn.audit.kill import Tally, judge, tally
from payflow_cfn.audit.mutant import Mutant, drop, leaves, put
from payflow_cfn.audit.mutate_policies import policy_mutants
from payflow_cfn.audit.report import mutation
from payflow_cfn.check.templates import TemplateSet
from payflow_cfn.cli import main


@pytest.fixture(scope="module")
def result() -> Tally:
    return mutation()


def test_no_mutant_survives(result: Tally) -> None:
    assert result.survivors == ()
    assert result.killed == result.total == sum(each.total for each in result.by_kind.values()) > 500


def test_every_equivalent_mutant_is_still_one_that_is_made(result: Tally) -> None:
    assert dict(result.equivalent) == dict(EQUIVALENT)


def test_every_action_condition_and_statement_of_every_policy_has_a_mutant() -> None:
    templates = set_of(WIDEST)
    made = {each.where for each in policy_mutants(templates)}
    for policy in policies_of(templates):
        for statement in policy.document(templates)["Statement"]:
            place = f"{policy.name} {statement['Sid']}"
            assert place in made
            many = len(statement["Action"]) > 1
            assert all(f"{place}/Action/{n}" in made for n, _ in enumerate(statement["Action"]) if many)
            assert f"{place}/Condition" in made or "Condition" not in statement


def test_what_any_case_grants_the_mutated_case_grants_too() -> None:
    widest = set(grants_of(set_of(WIDEST)))
    assert [each for case in CASES for each in grants_of(set_of(case)) if each not in widest] == []


def test_a_mutant_that_nobody_notices_survives_and_an_equivalent_one_is_not_counted() -> None:
    empty = TemplateSet({}, {})
    mutants = [Mutant("kind", "here", each, lambda: empty) for each in ("seen", "unseen", "same")]
    seen = iter((True, False, False))
    found = tally(judge(mutants, {"eye": lambda _: next(seen)}), {"kind: here: same": "it is"})
    assert (found.total, found.killed, found.survivors) == (2, 1, ("kind: here: unseen",))
    assert found.equivalent == {"kind: here: same": "it is"}
    assert found.by_killer == {"eye": 1}


def test_a_mutant_leaves_the_set_as_it_was() -> None:
    templates = set_of(WIDEST)
    before = json.dumps(templates.templates, sort_keys=True)
    for each in policy_mutants(templates):
        assert json.dumps(each.make().templates, sort_keys=True) != before
    assert json.dumps(templates.templates, sort_keys=True) == before


def test_values_are_put_and_dropped_in_copies() -> None:
    value = {"a": [1, {"b": 2}], "c": 3}
    assert put(value, ("a", 1, "b"), 5) == {"a": [1, {"b": 5}], "c": 3}
    assert drop(value, ("a", 0)) == {"a": [{"b": 2}], "c": 3}
    assert drop(value, ("a", 1, "b")) == {"a": [1, {}], "c": 3}
    assert value == {"a": [1, {"b": 2}], "c": 3}
    assert dict(leaves({"a": [1, {"Ref": "X"}]})) == {("a", 0): 1, ("a", 1): {"Ref": "X"}}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_command_prints_one_object_and_ends_with_0(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["missing"], found["unused"], found["mutants"]["survivors"]) == ([], [], [])
    assert found["mutants"]["killed"] == found["mutants"]["total"] > 0


@pytest.mark.parametrize(
    ("where", "blind", "title"),
    [
        ("compare_case", lambda _: Broken, "missing: gone [as described"),
        ("compares", lambda _: lambda _: False, "survived: identity policy, action removed"),
    ],
)
def test_the_command_ends_with_3_where_a_list_is_not_empty(
    folder: Path,
    where: str,
    blind: Callable[..., Any],
    title: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(f"payflow_cfn.audit.report.{where}", blind)
    assert main(["audit"]) == 3
    assert title in capsys.readouterr().out


class Broken:
    """A difference that is not empty."""

    missing = ("gone",)
    unused = ()


def test_the_page_is_printed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "--page"]) == 0
    assert capsys.readouterr().out.startswith("# Permissions\n")
