"""Test that production takes the simulated gateway, or customers' data in logs, only with an option."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from payflow_cfn.config.names import GATEWAY_SECRET
from payflow_cfn.config.settings import Settings
from payflow_cfn.deploy.cloudformation.template import RootTemplate, parse_root
from payflow_cfn.deploy.production_guard import (
    check_gateway,
    check_rules,
    guard_production,
    is_gateway_address,
    log_notice,
)
from payflow_cfn.errors import SettingsError
from payflow_cfn.stacks.render import build_set
from payflow_cfn.stacks.root import ALLOW_EXECUTION_DATA
from payments.errors import ConfigurationError
from payments.gateways.transport import parse_url

REAL = {"Environment": "eu-prod", "GatewayAdapter": "stripe"}


def root(**defaults: str) -> RootTemplate:
    return parse_root(json.dumps({"Parameters": {name: {"Default": each} for name, each in defaults.items()}}))


def test_the_default_of_the_template_counts_as_given() -> None:
    with pytest.raises(SettingsError, match="eu-prod is production-like, and the simulated gateway"):
        guard_production(root(GatewayAdapter="simulated"), {"Environment": "eu-prod"})


def test_the_option_also_sets_the_parameter_of_the_templates_rule() -> None:
    template = root(GatewayAdapter="simulated", AllowSimulatedGateway="false")
    sent = guard_production(template, {"Environment": "eu-prod"}, allow_simulated_gateway=True)
    assert sent == {"Environment": "eu-prod", "AllowSimulatedGateway": "true"}


def test_customers_data_in_the_logs_is_refused_without_the_parameter() -> None:
    template = root(GatewayAdapter="simulated", **{ALLOW_EXECUTION_DATA: "false"})
    with pytest.raises(SettingsError, match=ALLOW_EXECUTION_DATA):
        guard_production(template, REAL)
    assert guard_production(template, {**REAL, ALLOW_EXECUTION_DATA: "true"})[ALLOW_EXECUTION_DATA] == "true"


def test_a_set_that_logs_no_data_is_not_asked() -> None:
    assert guard_production(root(GatewayAdapter="simulated"), REAL) == REAL


@pytest.mark.parametrize(
    ("parameters", "days"),
    [
        ({}, "30"),
        ({"LogRetentionDays": "180"}, "180"),
        ({"LogRetentionDays": "365"}, ""),
        ({"LogRetentionDays": "x"}, ""),
    ],
)
def test_logs_that_are_kept_less_than_a_year_print_a_notice(parameters: dict[str, str], days: str) -> None:
    notice = log_notice("eu-prod", parameters)
    assert notice.startswith(f"eu-prod is production-like and keeps its logs for {days} days" if days else "")
    assert ("set LogRetentionDays to 365 or more" in notice) is bool(days)


@pytest.mark.parametrize(
    ("parameters", "stripe", "said"),
    [
        ({}, False, ""),
        ({"GatewayAdapter": "http", "GatewayUrl": "https://gateway.example"}, False, ""),
        ({"GatewayAdapter": "stripe"}, True, ""),
        ({"GatewayAdapter": "http"}, False, "GatewayUrl is '': no payment could be charged"),
        ({"GatewayAdapter": "http", "GatewayUrl": "http://gateway.example"}, False, "https://host"),
        ({"GatewayAdapter": "stripe"}, False, "no Stripe SDK: .*set stripe = true"),
    ],
)
def test_a_gateway_that_no_payment_could_reach_is_refused(parameters: dict[str, str], stripe: bool, said: str) -> None:
    made = build_set(Settings(stripe=stripe))
    root = parse_root(made.templates["root.json"])
    if not said:
        check_gateway(root, parameters, made.distributions)
        return
    with pytest.raises(SettingsError, match=said):
        check_gateway(root, parameters, made.distributions)


@pytest.mark.parametrize(
    "address",
    [
        "https://gateway.example", "https://gateway.example:8443/v1", "http://127.0.0.1:9", "http://localhost", "http://[::1]:9",
        "", "gateway.example", "http://gateway.example", "https://", "https://u:p@g.example", "https://g.example?a=b",
        "https://g.example#a", "https://g.example:0", "https://g.example:x", "ftp://g.example", "https://[::1",
    ],
)  # fmt: skip
def test_an_address_is_accepted_exactly_if_the_function_accepts_it(address: str) -> None:
    try:
        parse_url(address)
    except ConfigurationError:
        assert not is_gateway_address(address)
    else:
        assert is_gateway_address(address)


def test_the_page_names_the_secret_for_the_key_of_a_real_gateway() -> None:
    page = (Path(__file__).parents[2] / "docs" / "deploying" / "gateway.md").read_text()
    assert f"--secret-id {GATEWAY_SECRET.text('prod')} " in page


def test_exemptions_that_the_function_would_refuse_are_refused_with_its_rule() -> None:
    template = root(CardSearchExemptions="")
    check_rules(template, {})
    check_rules(template, {"CardSearchExemptions": "metadata.kid=[0-9]{16}"})
    check_rules(root(), {"CardSearchExemptions": "transaction_id=[0-9]{16}"})
    with pytest.raises(
        SettingsError, match=r"CardSearchExemptions has the entry 'transaction_id=\[0-9\]\{16\}'"
    ) as raised:
        check_rules(template, {"CardSearchExemptions": "metadata.kid=[0-9]{16}; transaction_id=[0-9]{16}"})
    assert "has a letter" in raised.value.remedy
