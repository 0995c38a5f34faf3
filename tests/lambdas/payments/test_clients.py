"""Tests for payments.clients: made at the first call, once, for whatever place the environment names."""

from __future__ import annotations

import importlib
from collections.abc import Iterator

import pytest

from payments import clients
from payments.dynamodb import DirectDynamoDB


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in (
        "AWS_PROFILE",
        "AWS_ENDPOINT_URL",
        "AWS_CA_BUNDLE",
        "HTTPS_PROXY",
        "https_proxy",
        "HTTP_PROXY",
        "http_proxy",
    ):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    importlib.reload(clients)  # whose clients and session are made once
    yield
    importlib.reload(clients)


def test_in_a_plain_region_the_direct_client_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-west-2")
    assert isinstance(clients.dynamodb(), DirectDynamoDB)
    assert clients.dynamodb() is clients.dynamodb()


def test_elsewhere_the_official_client_finds_its_own_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "cn-north-1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "cn-north-1")
    client = clients.dynamodb()
    assert client.meta.endpoint_url == "https://dynamodb.cn-north-1.amazonaws.com.cn"  # type: ignore[attr-defined]
    config = client.meta.config  # type: ignore[attr-defined]
    assert (config.retries["mode"], config.retries["total_max_attempts"]) == ("standard", 3)
    assert (config.connect_timeout, config.read_timeout) == (2, 4)


def test_secrets_manager_has_the_same_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-2")
    config = clients.secrets().meta.config
    assert (config.connect_timeout, config.read_timeout, config.retries["mode"]) == (2, 4, "standard")
