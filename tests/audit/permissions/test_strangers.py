"""No policy of one environment reaches a resource of another one in the same account and region."""

from __future__ import annotations

import pytest

from payflow_cfn.audit.permissions.configurations import WIDEST
from payflow_cfn.audit.permissions.grants import grants_of
from payflow_cfn.audit.permissions.needs_vs_grants import set_of
from payflow_cfn.aws.worlds import World
from payflow_cfn.config.names import ALL_NAMES
from payflow_cfn.lint.iam import like

SET = set_of(WIDEST)
HOME = World(environment="a")
# Our name is the end, the beginning or the middle of another's; the rest is as long as a secret's suffix.
STRANGERS = ("b-a", "a-b", "b-a-b", "aa", "a-bcdefg", "a-bcdef", "bcdefg-a")

# Left out: services that know no resource, the network, the service that a key is used through, and an encryption
# context, which is no pattern.
_PLACE = f"{HOME.region}:{HOME.account}"
KINDS = {
    "table": "dynamodb:{}:table/{}",
    "topic": "sns:{}:{}",
    "queue": "sqs:{}:{}",
    "function": "lambda:{}:function:{}",
    "state machine": "states:{}:stateMachine:{}",
    "alarm": "cloudwatch:{}:alarm:{}",
    "secret": "secretsmanager:{}:secret:{}-AbCdEf",
    "function log group": "logs:{}:log-group:{}",
    "workflow log group": "logs:{}:log-group:{}",
}


def arns(environment: str) -> set[str]:
    found = {(each.purpose, each.pattern.replace("{env}", environment)) for each in ALL_NAMES.values()}
    return {
        f"arn:aws:{form.format(_PLACE, name)}"
        for purpose, name in found
        for kind, form in KINDS.items()
        if purpose.startswith(f"{kind} ")
    }


def reached() -> set[str]:
    """Every resource and every condition's value of every grant, as a pattern, if it can belong to an environment."""
    grants = grants_of(SET, HOME)
    values = {
        value for each in grants for _, key, values in each.conditions for value in values if key != "kms:ViaService"
    }
    every = {each.resource for each in grants} | values
    boundless = {"*", f"arn:aws:logs:{_PLACE}:*"}
    return {each for each in every - boundless if not each.startswith("arn:aws:ec2:")}


def test_our_own_resources_are_reached() -> None:
    ours = {each for each in arns("a") if any(like(each, pattern) for pattern in reached())}
    assert len(ours) >= 18


@pytest.mark.parametrize("stranger", STRANGERS)
def test_nothing_of_another_environment_is(stranger: str) -> None:
    assert [
        (pattern, each) for pattern in reached() for each in arns(stranger) - arns("a") if like(each, pattern)
    ] == []


def test_every_pattern_with_a_wildcard_is_known() -> None:
    wild = {each for each in reached() if "*" in each or "?" in each}
    assert wild == {f"arn:aws:secretsmanager:{_PLACE}:secret:secret-payment-gateway-a-??????"}
