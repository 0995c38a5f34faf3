"""Tests for payments.gateways.secrets: a key is read once in five minutes and never told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from payments.gateways.protocol import GatewayUnavailable
from payments.gateways.secrets import CACHE_SIZE, forget_secrets, read_secret


class Vault:
    """Secrets Manager with one text, or an error."""

    def __init__(self, text: str | Exception) -> None:
        self.text = text
        self.calls = 0

    def get_secret_value(self, **request: Any) -> dict[str, Any]:
        self.calls += 1
        if isinstance(self.text, Exception):
            raise self.text
        return {"SecretString": self.text, "ARN": request["SecretId"]}


@pytest.fixture(autouse=True)
def _no_kept_keys() -> Iterator[None]:
    forget_secrets()
    yield
    forget_secrets()


@pytest.mark.parametrize("text", ["sk_1", " sk_1\n", '{"api_key": "sk_1", "other": 1}'])
def test_a_secret_is_the_key_or_an_object_that_has_it(text: str) -> None:
    assert read_secret(Vault(text), arn="arn") == "sk_1"


def test_a_key_of_one_gateway_is_given_to_no_other_also_when_it_is_kept() -> None:
    vault = Vault('{"api_key": "sk_1", "only_for": "http https://gateway.example"}')
    for _ in range(2):
        assert read_secret(vault, arn="arn", gateway="http https://gateway.example") == "sk_1"
        for other in ("http https://gateway.example.evil", "http", "stripe", ""):
            with pytest.raises(GatewayUnavailable, match="only for another gateway") as caught:
                read_secret(vault, arn="arn", gateway=other)
            assert "sk_1" not in str(caught.value)
    assert vault.calls == 1


def test_a_key_is_kept_for_five_minutes_and_not_longer() -> None:
    vault, now = Vault("sk_1"), [0.0]
    for now[0], calls in ((0.0, 1), (299.9, 1), (300.0, 2)):
        read_secret(vault, arn="arn", clock=lambda: now[0])
        assert vault.calls == calls
    forget_secrets()
    read_secret(vault, arn="arn", clock=lambda: now[0])
    assert vault.calls == 3


def is_kept(arn: str) -> bool:
    """Whether the key is known without a question."""
    try:
        read_secret(Vault(RuntimeError("asked")), arn=arn)
    except GatewayUnavailable:
        return False
    return True


def test_two_secrets_are_two_and_the_cache_stays_small() -> None:
    for number in range(50):
        assert read_secret(Vault(f"sk_{number}"), arn=f"arn-{number}") == f"sk_{number}"
    kept = [number for number in range(50) if is_kept(f"arn-{number}")]
    assert 49 in kept
    assert len(kept) <= CACHE_SIZE


@pytest.mark.parametrize(
    "text", ["", "{}", "{", '{"api_key": 5}', "sk 1", "sk\r\nX: y", "s\u00e9cret", '{"api_key": ""}']
)
def test_a_secret_that_is_no_key_is_refused_without_being_told(text: str) -> None:
    with pytest.raises(GatewayUnavailable, match="holds no API key") as caught:
        read_secret(Vault(text), arn="arn")
    assert "sk" not in str(caught.value)


def test_a_vault_that_fails_means_that_nothing_was_sent_and_its_text_is_not_passed_on() -> None:
    with pytest.raises(GatewayUnavailable, match="RuntimeError") as caught:
        read_secret(Vault(RuntimeError("sk_1 leaked")), arn="arn")
    assert "sk_1" not in str(caught.value)
    assert caught.value.__cause__ is None
