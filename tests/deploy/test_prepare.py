"""Test that a first deploy looks up exactly the names that the set would create."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from fake_cloudformation import FakeCloudFormation
from payflow_cfn.artifacts.set_folder import ROOT
from payflow_cfn.config.names import ALL_NAMES
from payflow_cfn.config.options import Options
from payflow_cfn.config.settings import Settings
from payflow_cfn.deploy import prepare
from payflow_cfn.deploy.changeset.preflight import created_names
from payflow_cfn.deploy.cloudformation.request import Request
from payflow_cfn.deploy.cloudformation.template import parse_root
from payflow_cfn.errors import SettingsError
from payflow_cfn.stacks.render import build_set


def looked_up(settings: Settings, values: Mapping[str, str]) -> set[str]:
    """The keys of the names that are looked up."""
    rendered = build_set(settings).templates
    return set(created_names(Request("payflow-dev", parse_root(rendered[ROOT]), values, rendered)))


def test_what_the_set_would_not_create_is_not_looked_up() -> None:
    every = looked_up(Settings(), {"GatewayAdapter": "http"})
    assert set(ALL_NAMES) - every == {"ROOT_STACK"}
    given = looked_up(Settings(existing_keys=("sns",)), {"GatewayAdapter": "http"})
    assert every - given == {"SNS_ALIAS"}


@pytest.mark.parametrize(
    ("values", "secret"),
    [
        ({}, False),
        ({"GatewayAdapter": "simulated"}, False),
        ({"GatewayAdapter": "http"}, True),
        ({"GatewayAdapter": "stripe"}, True),
    ],
)
def test_the_gateways_secret_is_looked_up_where_a_gateway_needs_it(values: dict[str, str], secret: bool) -> None:
    assert ("GATEWAY_SECRET" in looked_up(Settings(), values)) is secret


@pytest.mark.parametrize(
    "tags",
    [
        {"Owner": "A, B"},
        {"aws:x": "1"},
        {"environment": "x"},
        {"team": "differs from that of the templates in case"},
        {f"t{number}": "" for number in range(46)},
    ],
    ids=lambda tags: next(iter(tags)),
)
def test_a_tag_of_the_stack_that_a_service_refuses_stops_before_anything_is_asked_or_sent(tags: dict[str, str]) -> None:
    templates, wanted, cloud = build_set(Settings(tags={"Team": "payments"})), Options(), FakeCloudFormation()
    assert prepare.prepare(cloud.client, templates, {"Environment": "dev"}, wanted, tags={"Cost": "ä"}).parameters
    with pytest.raises(SettingsError, match="tag"):
        prepare.prepare(cloud.client, templates, {"Environment": "dev"}, wanted, tags=tags)
    assert cloud.asked == []


@pytest.mark.slow
def test_express_mode_is_refused_where_production_like_before_anything_is_asked() -> None:
    templates, cloud = build_set(Settings()), FakeCloudFormation()
    express = Options(express=True)
    assert prepare.prepare(cloud.client, templates, {"Environment": "dev"}, express).options.express
    with pytest.raises(SettingsError, match="prod is production-like, and express mode"):
        prepare.prepare(cloud.client, templates, {"Environment": "prod"}, Options(express=True, production=True))
    assert cloud.asked == []
