"""The policies of a governed organisation: its own keys by their ARNs, its network, its code signing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from governed_sets import EVERYTHING, rendered
from payflow_cfn.artifacts.template_set import TemplateSet
from payflow_cfn.errors import SettingsError
from payflow_cfn.iam import Access, Scope, access_for, children_of

Make = Callable[..., Scope]
SERVICE_ROLE = "arn:aws:iam::111122223333:role/role-cloudformation-payflow-dev"
KEYS = {
    purpose: f"arn:aws:kms:eu-west-2:111122223333:key/{purpose}"
    for purpose in ("dynamodb", "sns", "cloudwatch", "lambda", "states")
}
TEMPLATES = TemplateSet(rendered(EVERYTHING))


@pytest.fixture
def governed(scope: Make) -> Scope:
    return scope(key_arns=KEYS, children=children_of(TEMPLATES))


def by_sid(found: Access) -> dict[str, dict[str, Any]]:
    return {each["Sid"]: each for document in (*found.documents, *found.service) for each in document.body["Statement"]}


@pytest.mark.parametrize("service_role", ["", SERVICE_ROLE])
def test_the_deployer_has_all_that_the_handlers_ask_for(governed: Scope, service_role: str) -> None:
    found = access_for("deployer", governed, TEMPLATES, service_role=service_role)
    assert found.left_out == ()
    assert {each for each in found.wildcards() if each.startswith("ec2:")} == {
        f"ec2:Describe{each}" for each in ("NetworkInterfaces", "SecurityGroups", "Subnets", "Vpcs")
    }
    signing = by_sid(found)["CodeSigning" if service_role else "HandleCodeSigning"]
    assert signing["Action"] == ["lambda:GetCodeSigningConfig", "lambda:PutFunctionCodeSigningConfig"]
    assert signing["Resource"] == ["arn:aws:lambda:eu-west-2:111122223333:code-signing-config:*"]


def test_given_keys_are_named_and_no_tag_is_asked_of_them(governed: Scope) -> None:
    found = by_sid(access_for("deployer", governed, TEMPLATES, service_role=SERVICE_ROLE))
    uses = {sid: each for sid, each in found.items() if sid.startswith("Use")}
    assert {sid: (each["Resource"], each.get("Condition", {})) for sid, each in uses.items()} == {
        "UseTableKey": ([KEYS["dynamodb"]], via("dynamodb")),
        "UseFunctionKey": ([KEYS["lambda"]], via("lambda")),
        "UseSecretKey": ([KEYS["lambda"]], via("secretsmanager")),
        "UseWorkflowKey": ([KEYS["states"]], {}),
    }
    assert "CreateKeys" not in found


def via(service: str) -> dict[str, Any]:
    return {"StringEquals": {"kms:ViaService": f"{service}.eu-west-2.amazonaws.com"}}


def test_the_operator_uses_the_given_keys_too(governed: Scope) -> None:
    found = by_sid(access_for("operator", governed, TEMPLATES))
    assert [found[sid]["Resource"] for sid in ("UseTableKey", "UseTopicKey", "UseWorkflowKey")] == [
        [KEYS[purpose]] for purpose in ("dynamodb", "sns", "states")
    ]
    conditions = [each.get("Condition", {}) for each in found.values()]
    assert not [each for each in conditions if "kms:ResourceAliases" in str(each)]


def test_a_key_that_could_not_stand_in_a_policy_is_refused(scope: Make) -> None:
    with pytest.raises(SettingsError, match="the sns key 'alias/sns' cannot stand in a policy"):
        scope(key_arns={"sns": "alias/sns"})
