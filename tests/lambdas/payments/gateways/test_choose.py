"""Tests for payments.gateways.choose: the payload names the adapter, and a wrong name stops before any claim."""

from __future__ import annotations

import json

import pytest

from payments import clients
from payments.errors import ConfigurationError
from payments.gateways.choose import choose_gateway
from payments.gateways.http import HttpGateway
from payments.gateways.protocol import ChargeRequest, GatewayUnavailable
from payments.gateways.records import GATEWAYS
from payments.gateways.secrets import forget_secrets
from payments.gateways.simulated import SimulatedGateway
from payments.gateways.stripe import StripeGateway

REQUEST = ChargeRequest(
    transaction_id="t-1", amount_minor=1050, currency="USD", payment_method="credit_card", customer_id="C-1"
)
LOCAL = {"adapter": "http", "url": "http://127.0.0.1:1"}


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


UNUSABLE: list[object] = [None, {}, {"adapter": "paypal"}, {"adapter": "http"}, {"adapter": ["http"]}]
LIFETIMES: list[object] = [0, -1, "60", True, [], float("inf"), float("nan")]


@pytest.mark.parametrize(
    "gateway",
    UNUSABLE
    + [{"adapter": name, "url": "https://gateway.example"} for name in ("http", "stripe")]
    + [{**LOCAL, "key_lifetime_seconds": seconds} for seconds in LIFETIMES],
)
def test_an_unusable_gateway_is_a_technical_error(gateway: object) -> None:
    with pytest.raises(ConfigurationError):
        choose_gateway(gateway, time_left=lambda: 1.0)


def test_a_gateway_on_this_machine_needs_no_key() -> None:
    assert isinstance(choose_gateway(LOCAL, time_left=lambda: 1.0), HttpGateway)


@pytest.mark.parametrize(
    ("gateway", "seconds"),
    [
        ({"adapter": "simulated"}, None),
        ({"adapter": "stripe", "secret_arn": "arn"}, 86400.0),
        # Stripe's own lifetime is not a setting.
        ({"adapter": "stripe", "secret_arn": "arn", "key_lifetime_seconds": 9}, 86400.0),
        (LOCAL, None),
        ({**LOCAL, "key_lifetime_seconds": None}, None),
        ({**LOCAL, "key_lifetime_seconds": 3600}, 3600.0),
    ],
)
def test_each_gateway_says_how_long_it_remembers_a_key(gateway: dict[str, object], seconds: float | None) -> None:
    assert choose_gateway(gateway, time_left=lambda: 1.0).key_lifetime == seconds


def test_a_key_is_sent_only_to_the_gateway_that_its_secret_names(monkeypatch: pytest.MonkeyPatch) -> None:
    class Vault:
        def get_secret_value(self, **_: str) -> dict[str, str]:
            return {"SecretString": json.dumps({"api_key": "k", "only_for": "http https://gateway.example"})}

    forget_secrets()
    monkeypatch.setattr(clients, "secrets", Vault)
    for gateway in ({**LOCAL, "secret_arn": "arn"}, {"adapter": "stripe", "url": "", "secret_arn": "arn"}):
        made = choose_gateway(gateway, time_left=lambda: 60.0)
        for call in (made.charge, made.find):
            with pytest.raises(GatewayUnavailable, match="only for another gateway"):
                call(REQUEST, idempotency_key="k")
    forget_secrets()


def test_every_row_of_the_table_has_an_adapter() -> None:
    local = {"url": LOCAL["url"]}
    made = {name: choose_gateway({"adapter": name, **local}, time_left=lambda: 1.0) for name in GATEWAYS}
    assert {name: type(gateway).__name__ for name, gateway in made.items()} == {
        name: record.adapter for name, record in GATEWAYS.items()
    }
    assert {name: gateway.key_lifetime or 0.0 for name, gateway in made.items()} == {
        name: record.key_lifetime for name, record in GATEWAYS.items()
    }
