"""Shared by the deploy tests: a clock without real waits, a stubbed client, tiny nested templates."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.config import Config
from botocore.session import Session
from botocore.stub import Stubber

from payflow_cfn.deploy import Pace
from payflow_cfn.local.emulator.clients import LocalClients

OFFLINE: dict[str, Any] = {"retries": {"total_max_attempts": 1}, "ignore_configured_endpoint_urls": True}


@dataclass
class FakeClock:
    """Time that passes only by sleeping."""

    now: float = 1000.0
    slept: list[float] = field(default_factory=list)

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def pace(self, **more: Any) -> Pace:
        """How to wait by this clock."""
        return Pace(**more, clock=self.clock, sleep=self.sleep)


@pytest.fixture
def time_machine() -> FakeClock:
    return FakeClock()


SESSION = Session()  # reads each service's model once


def offline_client(service: str) -> Any:
    """A client that could reach nothing: a stub answers for it."""
    return SESSION.create_client(
        service,
        region_name="eu-west-2",
        aws_access_key_id="x",
        aws_secret_access_key="y",
        config=Config(**OFFLINE),
    )


Stubbed = Callable[[str], tuple[Any, Stubber]]


@pytest.fixture
def stubbed() -> Iterator[Stubbed]:
    """Make a client with a stub; every answer that was queued must have been asked for."""
    made: list[Stubber] = []

    def make(service: str) -> tuple[Any, Stubber]:
        client = offline_client(service)
        stub = Stubber(client)
        stub.activate()
        made.append(stub)
        return client, stub

    yield make
    for stub in made:
        stub.assert_no_pending_responses()


@dataclass
class Store:
    """A bucket of the emulator with templates in it."""

    clients: LocalClients
    bucket: str = "templates"

    def put(self, name: str, template: dict[str, Any]) -> str:
        self.clients("s3").put_object(Bucket=self.bucket, Key=name, Body=json.dumps(template).encode())
        return f"{self.clients.endpoint}/{self.bucket}/{name}"


@pytest.fixture
def store(clients: LocalClients) -> Store:
    found = Store(clients)
    clients("s3").create_bucket(Bucket=found.bucket)
    return found
