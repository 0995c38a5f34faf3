"""Test what a deploy of the whole set refuses before anything is sent."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import pytest

from asked_bucket import Sent, Storage
from fake_cloudformation import FakeCloudFormation
from payflow_cfn.config.options import DEFAULTS, Options
from payflow_cfn.config.settings import Settings
from payflow_cfn.deploy.deploy_set import deploy_set, plan_set
from payflow_cfn.deploy.manual_steps import deploy_lines
from payflow_cfn.errors import SettingsError
from payflow_cfn.stacks.render import build_set

NAMES = {"Environment": "prod"}
BUCKET: Any = Storage()
SET = build_set(Settings())


def cloud(status: str = "") -> Any:
    """One stack (or none), with one parameter of old."""
    found = FakeCloudFormation()
    if status:
        found.put("payflow-prod", status, Parameters={"Former": "1"})
    return found


def go(cloud: Any, parameters: dict[str, str], options: Options = DEFAULTS) -> Any:
    return deploy_set(
        cloud, BUCKET, SET, bucket="b", prefix="p", parameters={**NAMES, **parameters},
        on_event=lambda _: None, options=options,
    )  # fmt: skip


@pytest.mark.parametrize("status", ["", "CREATE_COMPLETE"])
def test_an_unknown_parameter_is_refused_with_the_nearest_before_anything_is_sent(status: str) -> None:
    with pytest.raises(SettingsError, match=r"no parameter ErrorThreshold: did you mean ErrorsThreshold\?"):
        go(cloud(status), {"ErrorThreshold": "1"})


def test_a_value_that_the_template_refuses_is_refused_before_anything_is_sent() -> None:
    with pytest.raises(SettingsError, match=r"ErrorsThreshold is 'many': it takes a number$"):
        go(cloud(), {"ErrorsThreshold": "many"})


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({}, "the parameters have no Environment"),
        ({**NAMES, "RiskThreshold": 5}, "RiskThreshold is 5: give it as a text"),
    ],
)
def test_what_a_program_without_types_may_pass_is_a_settings_error(parameters: Any, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        deploy_set(cloud(), BUCKET, SET, bucket="b", parameters=parameters)


def test_a_parameter_that_the_template_no_longer_has_is_no_mistake() -> None:
    with pytest.raises(Sent):
        go(cloud("CREATE_COMPLETE"), {"Former": "1"})


def test_real_money_needs_a_real_gateway() -> None:
    with pytest.raises(SettingsError, match=r"moves no money.*--allow-simulated-gateway"):
        go(cloud(), {}, Options(production=True))


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("10000", "PaymentLimits is '10000': it takes rows of currency, limit and high-risk step, such as USD 10000"),
        ("", "PaymentLimits is '': it takes rows of currency"),
        ("USD 10 5, USX 10 5", "PaymentLimits has the row 'USX 10 5': USX is not an ISO 4217 currency"),
        ("JPY 10.5 5", "PaymentLimits has the row 'JPY 10.5 5': amounts in JPY have at most 0 decimal places"),
        ("USD 10 11", "PaymentLimits has the row 'USD 10 11': the high-risk step is more than zero and at most the"),
        ("USD 10 5, USD 20 5", "PaymentLimits has the row 'USD 20 5': keep one row for USD"),
    ],
)
def test_limits_that_would_fail_every_payment_are_refused_before_anything_is_sent(table: str, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        go(cloud(), {"PaymentLimits": table})
    assert str(caught.value).startswith(f"the parameter {said}")
    assert "\n" not in str(caught.value)


def test_a_callers_own_package_called_payments_does_not_hinder_a_deploy(monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = {name: ModuleType(name) for name in ("payments", "validation")}
    for name in [each for each in sys.modules if each.partition(".")[0] in theirs]:
        monkeypatch.delitem(sys.modules, name)
    for name, module in theirs.items():
        monkeypatch.setitem(sys.modules, name, module)
    with pytest.raises(Sent):
        go(cloud(), {"PaymentLimits": "EUR 9000 4500, JPY 1500000 750000"})
    assert {name: each for name, each in sys.modules.items() if name.partition(".")[0] in theirs} == theirs


def test_the_former_limit_is_answered_with_the_table() -> None:
    with pytest.raises(SettingsError, match=r"no parameter PaymentLimit: did you mean PaymentLimits\?"):
        go(cloud(), {"PaymentLimit": "10000"})


def test_a_gateway_without_its_address_is_refused_before_anything_is_sent() -> None:
    with pytest.raises(SettingsError, match="GatewayUrl is ''"):
        go(cloud(), {"GatewayAdapter": "http"})


@pytest.mark.parametrize(
    ("parameters", "options"),
    [
        ({"GatewayAdapter": "http", "GatewayUrl": "https://g.example"}, Options(production=True)),
        ({"AllowSimulatedGateway": "true"}, Options(production=True)),
        ({}, Options(production=True, allow_simulated_gateway=True)),
        ({}, Options()),
    ],
)
def test_another_gateway_or_the_option_is_accepted(parameters: dict[str, str], options: Options) -> None:
    with pytest.raises(Sent):
        go(cloud(), parameters, options)


def deployed(cloud: Any, **what: Any) -> Any:
    return deploy_set(cloud, BUCKET, SET, on_event=lambda _: None, **what)


def planned(cloud: Any, **what: Any) -> Any:
    return plan_set(cloud, BUCKET, SET, **what)


def told(cloud: Any, **what: Any) -> Any:
    return deploy_lines(cloud, BUCKET, SET, **what)


@pytest.mark.parametrize("way", [deployed, planned, told])
def test_a_tag_that_a_service_refuses_is_refused_before_anything_is_sent(way: Any) -> None:
    with pytest.raises(SettingsError, match="tag 'Owner': the value may hold"):
        way(cloud(), bucket="b", prefix="p", parameters=NAMES, tags={"Owner": "A, B"})
