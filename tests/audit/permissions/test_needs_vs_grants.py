"""Nothing that is needed is missing and nothing that is granted is unused, in every structure that changes a policy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

import pytest

from payflow_cfn.audit.permissions.configurations import CASES, FACTS, WIDEST, Case
from payflow_cfn.audit.permissions.grants import Grant, grants_of
from payflow_cfn.audit.permissions.needs import NEEDS
from payflow_cfn.audit.permissions.needs_vs_grants import Deviation, compare, compare_case, needed_grants, set_of
from payflow_cfn.audit.permissions.unneeded import UNNEEDED
from payflow_cfn.aws.parsed_set import ROOT
from payflow_cfn.config.settings import Settings

# Another value of each setting than its default.
OTHERS: Mapping[str, Any] = {
    "runtime": "python3.13",
    "architecture": "arm64",
    "log_level": "DEBUG",
    "workflow_log_level": "OFF",
    "reconcile_after_seconds": (1000,),
    "http_key_lifetime_seconds": 86400,
    "retry_backoff_rate": 3.0,
    "tags": {"Team": "x"},
    "existing_keys": ("sns",),
    "extensions": ("team:extension",),
    "alarms_off": ("sfn-aborts",),
    "mute_windows": ("cron(0 2 * * SUN) PT2H",),
    "runbook_base_url": "https://runbooks.example/",
    "alarm_topics": {"payment-health": "PagerTopicArn"},
    "workflow_log_class": "INFREQUENT_ACCESS",
}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_needed_is_granted_and_granted_is_needed(case: Case) -> None:
    assert compare_case(case) == ()


READ = Grant("identity R", "a:Read", "arn:x:1")
IF_A = (("StringEquals", "aws:A", ("1",)),)


def test_a_need_that_nothing_grants_is_missing_and_a_grant_that_nothing_needs_is_unused() -> None:
    write = replace(READ, action="a:Write")
    assert compare([READ], [write]) == (Deviation("missing", write), Deviation("unused", READ))


def test_a_grant_that_is_there_twice_is_unused_once() -> None:
    assert compare([READ, READ], [READ]) == (Deviation("unused", READ),)


def test_an_action_and_a_condition_key_in_other_letters_are_the_same() -> None:
    asked = replace(READ, conditions=IF_A)
    assert compare([replace(READ, action="A:READ", conditions=(("StringEquals", "AWS:a", ("1",)),))], [asked]) == ()
    again = replace(READ, action="A:READ")
    assert compare([READ, again], [READ]) == (Deviation("unused", again),)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"resource": "*"}, "resource arn:x:1 -> *"),
        ({"resource": "arn:x:?"}, "resource arn:x:1 -> arn:x:?"),
        ({"resource": "not arn:y"}, "resource arn:x:1 -> not arn:y"),
        ({"action": "a:*"}, "action a:Read -> a:*"),
        ({"action": "not b:Do, b:Be"}, "action a:Read -> not b:Do, b:Be"),
        ({"principal": "*"}, "principal Service s -> *"),
        ({"principal": "not AWS x"}, "principal Service s -> not AWS x"),
        ({"conditions": ()}, "condition StringEquals aws:A = 1 -> none"),
        *(
            ({"conditions": (each,)}, f"condition StringEquals aws:A = 1 -> {each[0]} aws:A = {', '.join(each[2])}")
            for each in (
                ("StringEquals", "aws:A", ("1", "2")),
                ("StringEqualsIfExists", "aws:A", ("1",)),
                ("ForAllValues:StringEquals", "aws:A", ("1",)),
                ("StringLike", "aws:A", ("*",)),
            )
        ),
        ({"action": "a:Re*", "resource": "*"}, "action a:Read -> a:Re*, resource arn:x:1 -> *"),
    ],
)
def test_a_grant_that_holds_more_often_is_widened_and_one_that_holds_less_often_narrowed(
    values: dict[str, Any], said: str
) -> None:
    need = replace(READ, principal="Service s", conditions=IF_A)
    wide = replace(need, **values)
    (found,) = compare([wide], [need])
    assert (found.kind, found.grant, found.needed) == ("widened", wide, need)
    assert str(found) == f"{wide}: {said}"
    assert compare([need], [wide]) == (Deviation("narrowed", need, wide),)


@pytest.mark.parametrize(
    "other",
    [
        {"resource": "arn:y"},
        {"resource": "not arn:x:1"},
        {"effect": "Deny"},
        {"conditions": (("StringEquals", "aws:B", ("1",)),)},
        {"conditions": (("StringNotEquals", "aws:A", ("1",)),)},
        {"conditions": (("StringLike", "aws:A", ("2*",)),)},
    ],
)
def test_a_grant_of_something_else_is_neither(other: dict[str, Any]) -> None:
    need = replace(READ, conditions=IF_A)
    found = compare([replace(need, **other)], [need])
    assert [each.kind for each in found] == ["missing", "denied" if "effect" in other else "unused"]


def test_one_wide_grant_is_the_widening_of_each_need_that_it_covers() -> None:
    needs = [READ, replace(READ, action="a:Write")]
    wide = replace(READ, action="a:*")
    assert compare([wide], needs) == tuple(Deviation("widened", wide, each) for each in needs)


def test_a_denial_names_what_it_may_take() -> None:
    denial = replace(READ, action="A:*", resource="*", effect="Deny")
    assert compare([READ, denial], [READ]) == (Deviation("denied", denial, READ),)
    assert str(Deviation("denied", denial, READ)).endswith(f"; it may take what is needed: {READ}")
    for harmless in (replace(denial, action="b:*"), replace(denial, policy="identity S")):
        assert compare([READ, harmless], [READ]) == (Deviation("denied", harmless),)
    of_all = Grant("topic T", "a:Read", "arn:x:1", principal="*", effect="Deny")
    assert compare([READ, of_all], [READ]) == (Deviation("denied", of_all, READ),)


def _other(name: str, value: Any) -> Any:
    if name in OTHERS:
        return OTHERS[name]
    return not value if isinstance(value, bool) else value + 1


@pytest.mark.parametrize("name", [each.name for each in fields(Settings)])
@pytest.mark.slow
def test_a_setting_that_changes_a_policy_has_a_case(name: str) -> None:
    changed = Settings(**{name: _other(name, getattr(Settings(), name))})
    covered = any(getattr(each.settings, name) != getattr(Settings(), name) for each in CASES)
    assert covered or grants_of(set_of(Case("changed", changed))) == grants_of(set_of(Case("default")))


@pytest.mark.slow
def test_a_parameter_that_changes_a_policy_has_a_case() -> None:
    root = set_of(WIDEST).templates[ROOT]["Parameters"]
    plain = grants_of(set_of(Case("default", settings=WIDEST.settings)))
    covered = {name for each in CASES for name in each.parameters}
    for name in root.keys() - covered:
        for value in root[name].get("AllowedValues", []):
            assert plain == grants_of(
                set_of(Case("changed", settings=WIDEST.settings, parameters={name: str(value)}))
            ), name


def test_the_widest_case_has_every_line_of_the_table_and_every_line_is_in_some_case() -> None:
    widest = set_of(WIDEST)
    assert all(FACTS[need.when](widest) for need in NEEDS)


def test_every_line_has_a_reason_and_a_page_of_aws() -> None:
    for need in NEEDS:
        assert need.why
        assert need.source.startswith("https://docs.aws.amazon.com/")


def test_no_line_is_there_twice() -> None:
    grants = needed_grants(set_of(WIDEST), NEEDS)
    assert len(grants) == len(set(grants))


@pytest.mark.slow
def test_what_is_said_not_to_be_needed_is_not_granted() -> None:
    for case in CASES:
        for grant in grants_of(set_of(case)):
            assert not any(grant.policy.startswith(each.policy) and grant.action == each.action for each in UNNEEDED)


def test_tracing_needs_more_of_the_workflow_than_of_a_function() -> None:
    case = replace(CASES[0], settings=Settings(tracing=True))
    found = {each.action for each in grants_of(set_of(case)) if each.policy == "identity WorkflowRole"}
    assert {"xray:GetSamplingRules", "xray:GetSamplingTargets"} <= found
