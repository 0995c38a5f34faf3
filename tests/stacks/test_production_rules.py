"""What the rendered rules refuse, evaluated: real money that is not said twice, a gateway out of reach."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from payflow_cfn.config.names import PRODUCTION_NAMES
from payflow_cfn.config.settings import Settings
from payflow_cfn.stacks import build_stacks
from payflow_cfn.stacks.render import render_templates

HTTP = {"GatewayAdapter": "http", "GatewayUrl": "https://gateway.example"}


def root(settings: Settings) -> dict[str, Any]:
    rendered = render_templates(build_stacks(settings, {"validation": "a", "processing": "b"}))
    found: dict[str, Any] = json.loads(rendered["root.json"])
    return found


def value(expression: Any, given: Mapping[str, str]) -> Any:
    """The rule functions that we use; a KeyError for another one."""
    if not isinstance(expression, dict):
        return expression
    ((function, arguments),) = expression.items()
    if function == "Ref":
        return given[arguments]
    found = [value(each, given) for each in arguments]
    computed = {
        "Fn::And": all(found),
        "Fn::Not": not found[0],
        "Fn::Equals": found[0] == found[-1],
        "Fn::Contains": found[-1] in found[0] if isinstance(found[0], list) else False,
    }
    return computed[function]


def refused(settings: Settings, **parameters: str) -> list[str]:
    template = root(settings)
    given = {name: str(each["Default"]) for name, each in template["Parameters"].items()} | parameters
    return [
        assertion["AssertDescription"]
        for rule in template["Rules"].values()
        if value(rule.get("RuleCondition", True), given)
        for assertion in rule["Assertions"]
        if not value(assertion["Assert"], given)
    ]


@pytest.mark.parametrize("environment", sorted(PRODUCTION_NAMES))
def test_production_with_the_simulated_gateway_is_refused_until_it_is_said_twice(environment: str) -> None:
    (why,) = refused(Settings(), Environment=environment)
    assert "AllowSimulatedGateway=true" in why
    assert refused(Settings(), Environment=environment, AllowSimulatedGateway="true") == []
    assert refused(Settings(stripe=True), Environment=environment, GatewayAdapter="stripe") == []


@pytest.mark.parametrize("environment", ["dev", "product", "staging"])
def test_other_environments_may_simulate_and_log_what_they_like(environment: str) -> None:
    assert refused(Settings(log_execution_data=True), Environment=environment) == []


def test_execution_data_in_productions_logs_is_refused_until_it_is_said_twice() -> None:
    settings = Settings(log_execution_data=True)
    given = {"Environment": "prod", **HTTP}
    (why,) = refused(settings, **given)
    assert "AllowExecutionDataLogging=true" in why
    assert refused(settings, **given, AllowExecutionDataLogging="true") == []


def test_a_set_that_logs_no_execution_data_asks_for_no_flag() -> None:
    assert "AllowExecutionDataLogging" not in root(Settings())["Parameters"]
    assert refused(Settings(), Environment="prod", **HTTP) == []


def test_the_http_gateway_needs_its_address() -> None:
    (why,) = refused(Settings(), GatewayAdapter="http")
    assert "GatewayUrl" in why
    assert refused(Settings(), **HTTP) == []


def test_the_stripe_gateway_needs_its_sdk() -> None:
    (why,) = refused(Settings(), GatewayAdapter="stripe")
    assert "stripe" in why
    assert refused(Settings(stripe=True), GatewayAdapter="stripe") == []
