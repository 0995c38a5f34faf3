"""Tests for payments.gateways.choose: the payload names the adapter, and a wrong name stops before any claim."""

from __future__ import annotations

import pytest

from payments.errors import ConfigurationError
from payments.gateways.choose import choose_gateway
from payments.gateways.http import HttpGateway
from payments.gateways.simulated import SimulatedGateway
from payments.gateways.stripe import StripeGateway


@pytest.mark.parametrize(
    ("gateway", "kind"),
    [
        ({"adapter": "simulated", "url": "", "secret_arn": ""}, SimulatedGateway),
        ({"adapter": "http", "url": "https://gateway.example", "secret_arn": "arn"}, HttpGateway),
        ({"adapter": "stripe", "url": "", "secret_arn": "arn"}, StripeGateway),
    ],
)
def test_each_name_gives_its_adapter(gateway: dict[str, str], kind: type) -> None:
    assert isinstance(choose_gateway(gateway, time_left=lambda: 1.0), kind)


@pytest.mark.parametrize(
    "gateway",
    [None, {}, {"adapter": "paypal"}, {"adapter": "http"}, {"adapter": ["http"]}]
    + [{"adapter": name, "url": "https://gateway.example"} for name in ("http", "stripe")],
)
def test_an_unusable_gateway_is_a_technical_error(gateway: object) -> None:
    with pytest.raises(ConfigurationError):
        choose_gateway(gateway, time_left=lambda: 1.0)


def test_a_gateway_on_this_machine_needs_no_key() -> None:
    assert isinstance(
        choose_gateway({"adapter": "http", "url": "http://127.0.0.1:1"}, time_left=lambda: 1.0), HttpGateway
    )
